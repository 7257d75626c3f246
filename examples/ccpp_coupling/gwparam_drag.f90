module gwparam_drag

    !! Gravity-wave drag of gwparam as a scheme of the CCPP; gwparam_drag.meta describes it.
    !!
    !! `mode` in namelist gwparam_nml chooses what drives. The drag is an acceleration, computed in
    !! each call from that call alone: nothing is held from step to step, so there is no restart.
    !! A call takes all columns of the process, which the library shares out to its own threads.

    use alexander_dunkerton, only: ad99_settings_t
    use ccpp_kinds, only: kind_phys
    use gwparam, only: gwparam_bottom_up, gwparam_top_down
    use gwparam_coupling, only: gwparam_coupling_settings_t, gwparam_coupling_t
    use gwparam_reports, only: gwparam_line_length, gwparam_report, gwparam_report_end, &
        & gwparam_report_start
    implicit none(type, external)
    private

    public :: gwparam_drag_finalize, gwparam_drag_init, gwparam_drag_run

    type(gwparam_coupling_t) :: drag
    integer :: log_unit

contains

    !> \section arg_table_gwparam_drag_init Argument Table
    !! \htmlinclude gwparam_drag_init.html
    subroutine gwparam_drag_init(nml_file, iulog, pref, k_top, lat, lon, errmsg, errflg)

        !! Read the namelist and load the network.
        character(len=*), intent(in) :: nml_file !! With gwparam_nml
        integer, intent(in) :: iulog !! Unit of the log
        real(kind_phys), intent(in) :: pref(:) !! Reference pressures of the layers [Pa] (layer)
        integer, intent(in) :: k_top !! Which of the layers is the top: the first or the last
        real(kind_phys), intent(in) :: lat(:) !! [rad] (column)
        real(kind_phys), intent(in) :: lon(:) !! [rad] (column)
        character(len=512), intent(out) :: errmsg
        integer, intent(out) :: errflg

        type(gwparam_coupling_settings_t) :: settings

        errmsg = ""
        log_unit = iulog
        ! The native scheme as in MiMA's reference run.
        settings%native = ad99_settings_t(bt_0=0.0043_kind_phys, bt_eq=0.0043_kind_phys, &
                                          & bt_nh=0.0_kind_phys, bt_sh=0.0_kind_phys, &
                                          & phi0n=15.0_kind_phys, phi0s=-15.0_kind_phys, &
                                          & dphin=10.0_kind_phys, dphis=-10.0_kind_phys, flag=0, &
                                          & cw=35.0_kind_phys, cwtropics=35.0_kind_phys, &
                                          & damp_level_pressure=85.0_kind_phys)
        settings%restart = "off"
        call settings%read_namelist(file=nml_file, stat=errflg, errmsg=errmsg)
        if (errflg /= 0) return
        if (settings%lag /= 0 .or. settings%record /= 0 .or. settings%restart /= "off") then
            errflg = 1
            errmsg = "gwparam_drag: expected lag = 0, record = 0 and restart = 'off': nothing is" &
                & // " kept between calls"
            return
        end if
        call drag%init(settings, pref, merge(gwparam_top_down, gwparam_bottom_up, k_top == 1), &
                       & spread(lat, 2, 1), spread(lon, 2, 1), [size(lat)], errflg, errmsg, &
                       & heights_over_surface=.true.)
        if (errflg == 0) call say(gwparam_report_start, errmsg, errflg)

    end subroutine gwparam_drag_init

    !> \section arg_table_gwparam_drag_run Argument Table
    !! \htmlinclude gwparam_drag_run.html
    subroutine gwparam_drag_run(dt, lat, u, v, t, pmid, pint, zm, ps, tend_u, tend_v, errmsg, &
                                & errflg)

        !! The drag of all columns, as tendencies that the suite adds to the winds.
        real(kind_phys), intent(in) :: dt !! Time step of the physics [s]
        real(kind_phys), intent(in) :: lat(:) !! [rad] (column)
        real(kind_phys), intent(in) :: u(:,:) !! Eastward wind [m s-1] (column, layer)
        real(kind_phys), intent(in) :: v(:,:) !! Northward wind [m s-1] (column, layer)
        real(kind_phys), intent(in) :: t(:,:) !! Temperature [K] (column, layer)
        real(kind_phys), intent(in) :: pmid(:,:) !! Pressure [Pa] (column, layer)
        real(kind_phys), intent(in) :: pint(:,:) !! Pressure [Pa] (column, interface)
        real(kind_phys), intent(in) :: zm(:,:) !! Height over the surface [m] (column, layer)
        real(kind_phys), intent(in) :: ps(:) !! Surface pressure [Pa] (column)
        real(kind_phys), intent(out) :: tend_u(:,:) !! Eastward [m s-2] (column, layer)
        real(kind_phys), intent(out) :: tend_v(:,:) !! Northward [m s-2] (column, layer)
        character(len=512), intent(out) :: errmsg
        integer, intent(out) :: errflg

        errmsg = ""
        tend_u = 0.0_kind_phys
        tend_v = 0.0_kind_phys
        call drag%apply(1, dt, lat, pmid, zm, t, u, v, tend_u, tend_v, ps, pint, errflg, errmsg)

    end subroutine gwparam_drag_run

    !> \section arg_table_gwparam_drag_finalize Argument Table
    !! \htmlinclude gwparam_drag_finalize.html
    subroutine gwparam_drag_finalize(errmsg, errflg)

        !! Say what the network did, and free it.
        character(len=512), intent(out) :: errmsg
        integer, intent(out) :: errflg

        integer :: ignored
        character(len=512) :: unread

        errmsg = ""
        call say(gwparam_report_end, errmsg, errflg)
        if (errflg == 0) then
            call drag%free(errflg, errmsg)
        else
            call drag%free(ignored, unread)  ! the first failure is told
        end if

    end subroutine gwparam_drag_finalize

    subroutine say(when, errmsg, errflg)

        !! What the library has to report.
        integer, intent(in) :: when
        character(len=*), intent(inout) :: errmsg
        integer, intent(out) :: errflg

        character(len=gwparam_line_length), allocatable :: lines(:)
        integer :: i

        call gwparam_report(drag, when, lines, stat=errflg, errmsg=errmsg)
        if (errflg /= 0) return
        if (size(lines) == 0) return  ! which would be an empty line
        write (log_unit, "(2a)") ("gwparam_drag: ", trim(lines(i)), i=1, size(lines))

    end subroutine say

end module gwparam_drag
