module cg_drag_mod

    !! Non-orographic gravity-wave drag: a drop-in for the module of that name of MiMA and Isca.
    !!
    !! `mode` in namelist gwparam_nml chooses what drives the winds: 'native', the scheme of
    !! Alexander and Dunkerton (1999, J. Atmos. Sci. 56, 4167-4182) as MiMA computes it; 'ml', a
    !! network exported by gwparam; 'shadow', the native scheme, with the network run beside it.
    !! The library does all of that. Here are MiMA's procedures, namelist, diagnostics and clock.
    !!
    !! Fields are (lon, lat, lev), level 1 is the top, latitude runs from south to north. The drag
    !! is an acceleration: the host adds it to the wind tendencies. Winds are not changed here.
    !! `real` is 8 bytes by compiler flag, as everywhere in MiMA. Windows of columns come one after
    !! another: the module keeps count of them and is not for several threads.

    use alexander_dunkerton, only: ad99_settings_t
    use constants_mod, only: constants_init, SECONDS_PER_DAY
    use diag_manager_mod, only: diag_manager_init, register_diag_field, send_data
    use fms_mod, only: check_nml_error, close_file, error_mesg, FATAL, file_exist, fms_init, &
        & mpp_npes, mpp_pe, mpp_root_pe, NOTE, open_namelist_file, stdlog, write_version_number
    use gwparam, only: gwparam_top_down, gwparam_version
    use gwparam_coupling, only: gwparam_coupling_settings_t, gwparam_coupling_t
    use gwparam_mpi, only: gwparam_mpi_load
    use gwparam_reports, only: gwparam_line_length, gwparam_report, gwparam_report_end, &
        & gwparam_report_start, gwparam_report_step
    use gwparam_record_file, only: gwparam_record_write
    use gwparam_restart_file, only: gwparam_restart_exists, gwparam_restart_is_writable, &
        & gwparam_restart_read, gwparam_restart_write
    use mpp_mod, only: mpp_clock_begin, mpp_clock_end, mpp_clock_id, mpp_get_current_pelist
    use time_manager_mod, only: get_time, time_manager_init, time_type
    implicit none(type, external)
    private

    public :: cg_drag_calc, cg_drag_end, cg_drag_endts, cg_drag_init, cg_drag_time_vary

    interface cg_drag_init
        procedure init_rank !! As MiMA calls it
        procedure init_domain !! As Isca calls it
    end interface cg_drag_init

    real, parameter :: missing_value = -999.0

    ! Items of MiMA's cg_drag_nml, with its defaults.
    integer :: cg_drag_freq = 0 !! Interval between recomputations, 0: every call [s]
    integer :: cg_drag_offset = 0 !! Delay of the first one, 0: as the interval [s]
    real :: source_level_pressure = 315.0e+02 !! Of the source at the equator [Pa]
    real :: damp_level_pressure = 0.8e+02 !! What reaches the lid is spread above it [Pa]
    integer :: nk = 1 !! Number of horizontal wavelengths
    real :: cmax = 99.6 !! Largest phase speed [m s-1]
    real :: dc = 1.2 !! Step of the phase speeds [m s-1]
    real :: Bt_0 = 0.004 !! Source stress [Pa]
    real :: Bt_eq = 0.0 !! Source stress in the tropics [Pa]
    real :: Bt_nh = 0.001 !! Added in the north [Pa]
    real :: Bt_sh = -0.001 !! Added in the south [Pa]
    real :: phi0n = 30.0, phi0s = -30.0 !! Where the extratropics begin [degrees_north]
    real :: dphin = 5.0, dphis = -5.0 !! Where the tropics end [degrees_north]
    integer :: flag = 1 !! Spectrum centred on 1: zero phase speed, 0: the source wind
    real :: Bw = 0.4, Bn = 0.0 !! Amplitude of its wide and narrow parts [m2 s-2]
    real :: cw = 40.0, cn = 2.0, cwtropics = 40.0 !! Their half-widths [m s-1]
    real :: kelvin_kludge = 1.0 !! Factor on tropical waves slower than the source wind [1]
    real :: weighttop = 1.0, weightminus1 = 0.0, weightminus2 = 0.0 !! Read; see `use_top_weights`
    real :: Bt_aug = 0.0, Bt_eq_width = 4.0 !! Read and unused, as in MiMA
    logical :: calculate_ked = .false. !! Read and unused, as in MiMA

    namelist /cg_drag_nml/ cg_drag_freq, cg_drag_offset, source_level_pressure, &
        & damp_level_pressure, nk, cmax, dc, Bt_0, Bt_eq, Bt_nh, Bt_sh, phi0n, phi0s, dphin, &
        & dphis, flag, Bw, Bn, cw, cn, cwtropics, kelvin_kludge, weighttop, weightminus1, &
        & weightminus2, Bt_aug, Bt_eq_width, calculate_ked

    logical :: module_is_initialized = .false.
    type(gwparam_coupling_settings_t) :: chosen !! Of gwparam_nml, which the library reads
    type(gwparam_coupling_t) :: drag
    integer :: nlev
    integer :: first(2) = 1 !! What cg_drag_calc gets as is and js of this rank's first column
    real, allocatable :: reference_pressure(:) !! Full levels, then the surface [Pa]
    integer :: clock, id_bf, id_gwfu, id_gwfv, id_gwfu_ml, id_gwfv_ml, id_kedx, id_kedy
    integer :: stat !! Of the last call of the library
    character(len=512) :: message !! Why it failed

contains

    subroutine init_domain(is, ie, js, je, lonb, latb, pref, Time, axes)

        !! Windows are counted on the globe, whose columns (is:ie, js:je) this rank has.
        integer, intent(in) :: is, ie, js, je
        real, intent(in) :: lonb(:), latb(:), pref(:)
        type(time_type), intent(in) :: Time
        integer, intent(in) :: axes(4)

        if (any([size(lonb), size(latb)] - 2 /= [ie - is, &
            & je - js])) call error_mesg("cg_drag_init", &
            & "lonb and latb are not the edges of columns (is:ie, js:je)", FATAL)
        if (.not. module_is_initialized) first = [is, js]
        call init_rank(lonb, latb, pref, Time, axes)

    end subroutine init_domain

    subroutine init_rank(lonb, latb, pref, Time, axes)

        !! Read the namelists, set up the scheme and the network, and restart if there is a file.
        real, intent(in) :: lonb(:) !! Longitudes of this rank's cell edges [rad] (nlon + 1)
        real, intent(in) :: latb(:) !! Latitudes of this rank's cell edges [rad] (nlat + 1)
        real, intent(in) :: pref(:) !! Reference pressures, full levels, surface [Pa] (nlev + 1)
        type(time_type), intent(in) :: Time !! Of the model
        integer, intent(in) :: axes(4) !! Of the diagnostics

        integer :: nlat, nlon

        if (module_is_initialized) return

        call fms_init
        call time_manager_init
        call diag_manager_init
        call constants_init
        call write_version_number("gwparam cg_drag " // gwparam_version(), "restart format 4")

        nlon = size(lonb) - 1
        nlat = size(latb) - 1
        nlev = size(pref) - 1
        reference_pressure = pref
        call read_namelists
        call register_diagnostics(Time, axes)
        chosen%native_diagnostics = any([id_bf, id_kedx, id_kedy] > 0)

        if (chosen%runs_network()) call load_network
        call drag%init(chosen, pref(:nlev), gwparam_top_down, &
                       & spread(0.5*(latb(:nlat) + latb(2:)), 1, nlon), &
                       & spread(0.5*(lonb(:nlon) + lonb(2:)), 2, nlat), stat=stat, errmsg=message)
        call stop_unless_ok("cg_drag_init")
        call tell_time(Time)
        if (chosen%writes_restart()) call start_again
        call say(gwparam_report_start, "cg_drag_init")
        clock = mpp_clock_id("cg_drag: gwparam")
        module_is_initialized = .true.

    end subroutine init_rank

    subroutine cg_drag_time_vary(delt)

        !! Nothing: cg_drag_calc lowers the alarm, as MiMA makes no other call in a step.
        real, intent(in) :: delt !! Physics time step [s]

    end subroutine cg_drag_time_vary

    subroutine cg_drag_calc(is, js, lat, pfull, zfull, temp, uuu, vvv, Time, delt, gwfcng_x, &
                            & gwfcng_y, psurf, phalf)

        !! Drag on one window of columns: new when the alarm rings, else that of the last time.
        integer, intent(in) :: is, js !! Where the window begins: in MiMA among the rank's, from 1
        real, intent(in) :: lat(:,:) !! Latitude [rad]
        real, intent(in) :: pfull(:,:,:), zfull(:,:,:) !! Pressure [Pa], height [m]
        real, intent(in) :: temp(:,:,:) !! Temperature [K]
        real, intent(in) :: uuu(:,:,:), vvv(:,:,:) !! Eastward, northward wind [m s-1]
        type(time_type), intent(in) :: Time !! Of the model
        real, intent(in) :: delt !! Physics time step [s]
        real, intent(out) :: gwfcng_x(:,:,:), gwfcng_y(:,:,:) !! Drag, eastward, northward [m s-2]
        real, intent(in), optional :: psurf(:,:)
        !! Surface pressure [Pa]; absent: from phalf, or from pfull on pure sigma levels
        real, intent(in), optional :: phalf(:,:,:)
        !! Pressure at half levels [Pa] (nlev + 1), for networks with fluxes or levels of their own

        real, allocatable :: at_surface(:,:) !! What is not allocated is an absent argument
        integer :: at(2), its_stat
        character(len=512) :: why

        if (.not. module_is_initialized) then
            call error_mesg("cg_drag_calc", "cg_drag_init has not been called", FATAL)
        end if
        if (drag%needs("air_pressure_at_half_levels") .and. .not. present(phalf)) then
            message = "cg_drag_calc needs its argument phalf: the pressure at half levels"
            call error_mesg("cg_drag_calc", trim(message), FATAL)
        end if
        if (present(psurf)) then
            at_surface = psurf
        else if (drag%needs("surface_air_pressure") .and. .not. present(phalf)) then
            at_surface = surface_pressure(pfull)
        end if
        at = [is, js] - first + 1
        call tell_time(Time)
        call mpp_clock_begin(clock)
        call drag%apply(at(1), at(2), delt, lat, pfull, zfull, temp, uuu, vvv, gwfcng_x, &
                        & gwfcng_y, at_surface, phalf, stat, message)
        call mpp_clock_end(clock)
        call gwparam_record_write(drag, stat=its_stat, errmsg=why)
        if (its_stat /= 0) call error_mesg("cg_drag_calc", trim(why), NOTE)
        call stop_unless_ok("cg_drag_calc")
        if (drag%is_new()) call send_diagnostics(Time, at(1), at(2), gwfcng_x, gwfcng_y)
        if (drag%is_between_steps()) call say(gwparam_report_step, "cg_drag_calc")

    end subroutine cg_drag_calc

    subroutine cg_drag_endts

        !! A step ends with its last window, so nothing is left to do here.
        if (.not. drag%is_between_steps()) then
            call error_mesg("cg_drag_endts", "the windows did not hold all columns", FATAL)
        end if

    end subroutine cg_drag_endts

    subroutine cg_drag_end

        !! Write the restart file, say what the network did, and free everything.
        if (.not. module_is_initialized) return

        if (chosen%writes_restart()) then
            call gwparam_restart_write("RESTART/" // chosen%restart_file, drag, mpp_pe(), &
                                       & mpp_npes(), stat, message)
            call stop_unless_ok("cg_drag_end")
        end if
        call say(gwparam_report_end, "cg_drag_end")
        call drag%free
        deallocate (reference_pressure)
        first = 1
        module_is_initialized = .false.

    end subroutine cg_drag_end

    subroutine send_diagnostics(Time, is, js, drag_x, drag_y)

        !! Send what was asked for of the window that was computed.
        type(time_type), intent(in) :: Time
        integer, intent(in) :: is, js
        real, intent(in) :: drag_x(:,:,:), drag_y(:,:,:)

        logical :: used

        if (id_gwfu > 0) used = send_data(id_gwfu, drag_x, Time, is, js, 1)
        if (id_gwfv > 0) used = send_data(id_gwfv, drag_y, Time, is, js, 1)
        call send(id_bf, "buoyancy_frequency")
        call send(id_kedx, "diffusivity_x")
        call send(id_kedy, "diffusivity_y")
        call send(id_gwfu_ml, "network_x")
        call send(id_gwfv_ml, "network_y")

    contains

        subroutine send(id, name)

            integer, intent(in) :: id
            character(len=*), intent(in) :: name

            if (id > 0) used = send_data(id, drag%diagnostic(name), Time, is, js, 1)

        end subroutine send

    end subroutine send_diagnostics

    subroutine tell_time(Time)

        !! What time it is, for reports and messages; as days, which all calendars of FMS have.
        type(time_type), intent(in) :: Time

        integer :: days, seconds

        call get_time(Time, seconds, days)
        call drag%set_time(days + seconds/SECONDS_PER_DAY)

    end subroutine tell_time

    subroutine say(when, routine)

        !! What the library has to report of all ranks; the root gets lines, the others none.
        integer, intent(in) :: when
        character(len=*), intent(in) :: routine

        character(len=gwparam_line_length), allocatable :: lines(:) !! Shorter than FMS cuts
        integer :: i

        call gwparam_report(drag, when, lines, stat=stat, errmsg=message)
        call stop_unless_ok(routine)
        do i = 1, size(lines)
            write (stdlog(), "(2a)") "cg_drag: ", trim(lines(i))
            if (when /= gwparam_report_step) call error_mesg(routine, trim(lines(i)), NOTE)
        end do

    end subroutine say

    function surface_pressure(pfull) result(psurf)

        !! Surface pressure on pure sigma levels, where pfull/pref is the same at every level.
        real, intent(in) :: pfull(:,:,:) !! Pressure [Pa]
        real :: psurf(size(pfull, 1), size(pfull, 2)) !! Surface pressure [Pa]

        real, parameter :: tolerance = 1.0e-6 !! Rounding gives 1e-15, hybrid levels 1e-2
        real :: deviation, ratio(nlev)
        integer :: k

        ratio = reference_pressure(nlev + 1)/reference_pressure(:nlev)
        psurf = pfull(:,:,nlev)*ratio(nlev)
        deviation = maxval([(abs(ratio(k)*pfull(:,:,k)/psurf - 1.0), k=1, nlev)])
        if (deviation > tolerance) then
            write (message, "(a, es8.1, a, es8.1, a)") "pfull/pref differs between levels by", &
                   & deviation, " of itself, expected at most", tolerance, &
                   & ": not pure sigma levels, so cg_drag_calc needs its argument psurf"
            call error_mesg("cg_drag_calc", trim(message), FATAL)
        end if

    end function surface_pressure

    subroutine read_namelists

        !! Read both records of input.nml; what cannot be meant in ours, the library refuses.
        integer :: ierr, io, unit

        if (file_exist("input.nml")) then
            unit = open_namelist_file()
            ierr = 1
            do while (ierr /= 0)
                read (unit, nml=cg_drag_nml, iostat=io, iomsg=message, end=10)
                ! FMS would say which record; this says which item, too.
                if (io > 0) call error_mesg("cg_drag_init", &
                    & "namelist cg_drag_nml of input.nml: " // trim(message), FATAL)
                ierr = check_nml_error(io, "cg_drag_nml")
            end do
            10 call close_file(unit)
        end if
        if (cg_drag_freq < 0 .or. cg_drag_offset < 0) then
            call error_mesg("cg_drag_init", "cg_drag_freq or cg_drag_offset is negative", FATAL)
        end if
        if (cg_drag_freq > 0) then
            if (mod(int(SECONDS_PER_DAY), cg_drag_freq) /= 0) then
                call error_mesg("cg_drag_init", "cg_drag_freq does not divide a day", FATAL)
            end if
        end if
        chosen%interval = cg_drag_freq
        chosen%first = cg_drag_offset
        chosen%native = native_settings()
        if (file_exist("input.nml")) then
            unit = open_namelist_file()
            call chosen%read_namelist(unit, stat=stat, errmsg=message)
            call stop_unless_ok("cg_drag_init")
            call close_file(unit)
        end if
        if (mpp_pe() == mpp_root_pe()) then
            write (stdlog(), nml=cg_drag_nml)
            call chosen%write_namelist(stdlog())
        end if

    end subroutine read_namelists

    subroutine register_diagnostics(Time, axes)

        !! Register what the modes can give; what only the native scheme knows makes it run.
        type(time_type), intent(in) :: Time
        integer, intent(in) :: axes(4)

        id_bf = register("bf_cgwd", "buoyancy frequency from cg_drag", "/s")
        id_gwfu = register("gwfu_cgwd", "gravity wave forcing on mean flow, eastward", "m/s^2")
        id_gwfv = register("gwfv_cgwd", "gravity wave forcing on mean flow, northward", "m/s^2")
        id_kedx = register("kedx_cgwd", "effective eddy viscosity from cg_drag, eastward", "m^2/s")
        id_kedy = register("kedy_cgwd", "effective eddy viscosity from cg_drag, northward", "m^2/s")
        id_gwfu_ml = -1
        id_gwfv_ml = -1
        if (chosen%runs_network()) then
            id_gwfu_ml = register("gwfu_ml", "gravity wave forcing of the network, eastward", &
                                  & "m/s^2")
            id_gwfv_ml = register("gwfv_ml", "gravity wave forcing of the network, northward", &
                                  & "m/s^2")
        end if

    contains

        integer function register(name, long_name, units)

            character(len=*), intent(in) :: name, long_name, units

            register = register_diag_field("cg_drag", name, axes(1:3), Time, long_name, units, &
                                           & missing_value=missing_value)

        end function register

    end subroutine register_diagnostics

    type(ad99_settings_t) function native_settings() result(native)

        !! MiMA's items under the names of the native scheme.
        native = ad99_settings_t(source_level_pressure=source_level_pressure, &
                                 & damp_level_pressure=damp_level_pressure, nk=nk, cmax=cmax, &
                                 & dc=dc, bt_0=Bt_0, bt_eq=Bt_eq, bt_nh=Bt_nh, bt_sh=Bt_sh, &
                                 & phi0n=phi0n, phi0s=phi0s, dphin=dphin, dphis=dphis, flag=flag, &
                                 & bw=Bw, bn=Bn, cw=cw, cn=cn, cwtropics=cwtropics, &
                                 & kelvin_kludge=kelvin_kludge, weighttop=weighttop, &
                                 & weightminus1=weightminus1, weightminus2=weightminus2)

    end function native_settings

    subroutine load_network

        !! On all ranks of this model.
        integer, allocatable :: pelist(:)
        integer :: communicator

        allocate (pelist(mpp_npes()))
        call mpp_get_current_pelist(pelist, commID=communicator)
        call gwparam_mpi_load(drag%network, chosen%artefact, communicator, chosen%options(), &
                              & stat, message)
        call stop_unless_ok("cg_drag_init")

    end subroutine load_network

    subroutine start_again

        !! Go on where the run before ended; without files the run starts as MiMA's does.
        if (chosen%reads_restart() .and. gwparam_restart_exists("INPUT/" // chosen%restart_file)) &
            & then
            call gwparam_restart_read("INPUT/" // chosen%restart_file, drag, mpp_pe(), stat, &
                                      & message)
            call stop_unless_ok("cg_drag_init")
        end if
        call gwparam_restart_is_writable("RESTART/" // chosen%restart_file, mpp_pe(), stat, message)
        call stop_unless_ok("cg_drag_init")

    end subroutine start_again

    subroutine stop_unless_ok(routine)

        !! End the run on all ranks, in the host's way, with the message of the library.
        character(len=*), intent(in) :: routine

        if (stat /= 0) call error_mesg(routine, trim(message), FATAL)

    end subroutine stop_unless_ok

end module cg_drag_mod
