module gw_drag

    !! Gravity-wave drag of gwparam in a physics like CAM's: chunks of columns, and threads.
    !!
    !! Each OpenMP thread has an object of its own, with its own network, on the chunks that it
    !! works on; they run side by side. A network that sees more than single columns has one object
    !! for all chunks, which runs before the loop over them. `mode` in namelist gwparam_nml chooses
    !! what drives the winds. The tendencies are added to the winds by the host.

    use alexander_dunkerton, only: ad99_settings_t
    use all_columns, only: all_columns_t
    use cam_abortutils, only: endrun
    use cam_logfile, only: iulog
    use gwparam, only: gwparam_bottom_up, gwparam_column, gwparam_top_down
    use gwparam_coupling, only: gwparam_coupling_settings_t, gwparam_coupling_t
    use gwparam_reports, only: gwparam_line_length, gwparam_report, gwparam_report_end, &
        & gwparam_report_start, gwparam_report_step
    use gwparam_record_file, only: gwparam_record_write
    use gwparam_restart_file, only: gwparam_restart_read, gwparam_restart_write
    use network_loader, only: load_network
    use omp_lib, only: omp_get_max_threads, omp_get_thread_num
    use physconst, only: gravit
    use physics_types, only: physics_ptend, physics_state
    use ppgrid, only: begchunk, endchunk, pcols
    use shr_kind_mod, only: r8 => shr_kind_r8
    use spmd_utils, only: iam, masterproc, npes
    use time_manager, only: get_curr_date, get_curr_time
    implicit none(type, external)
    private

    public :: gw_drag_end_step, gw_drag_final, gw_drag_init, gw_drag_tend, gw_drag_timestep_init

    integer, parameter :: message_length = 512
    type(gwparam_coupling_settings_t) :: settings !! Of gwparam_nml
    type(gwparam_coupling_t), allocatable :: drag(:) !! (thread)
    type(all_columns_t) :: columns !! Of all chunks
    logical :: sees_more = .false. !! Whether the network sees more than single columns
    integer, allocatable :: owner(:) !! The thread that works on a chunk, from 1 (chunk)
    integer, allocatable :: place(:) !! Of a chunk among those of its thread, from 1 (chunk)

contains

    subroutine gw_drag_init(nlfile, state, pref_mid, interval, is_restart)

        !! Read the namelist, share out the chunks, and load a network for each thread.
        character(len=*), intent(in) :: nlfile !! With gwparam_nml
        type(physics_state), intent(in) :: state(begchunk:)
        real(r8), intent(in) :: pref_mid(:) !! Reference pressures, in the order of levels [Pa]
        integer, intent(in) :: interval !! Between recomputations, 0: every step [s]
        logical, intent(in) :: is_restart !! Whether the run goes on from another

        integer :: i, stat
        character(len=message_length) :: message

        ! The native scheme as in MiMA's reference run.

        settings%native = ad99_settings_t(bt_0=0.0043_r8, bt_eq=0.0043_r8, bt_nh=0.0_r8, &
                                          & bt_sh=0.0_r8, phi0n=15.0_r8, phi0s=-15.0_r8, &
                                          & dphin=10.0_r8, dphis=-10.0_r8, flag=0, cw=35.0_r8, &
                                          & cwtropics=35.0_r8, damp_level_pressure=85.0_r8)
        settings%interval = interval
        call settings%read_namelist(file=nlfile, stat=stat, errmsg=message)
        call stop_unless_ok(stat, message)
        if (masterproc) call settings%write_namelist(iulog)
        if (.not. masterproc) settings%run_log = "off"

        call look_at_network
        if (sees_more) then
            call columns%place(state)
            call drag(1)%init(settings, pref_mid, order_of(pref_mid), spread(columns%lat, 2, 1), &
                      & spread(columns%lon, 2, 1), stat=stat, errmsg=message, &
                      & surface_altitude=spread(columns%phis/gravit, 2, 1), &
                      & heights_over_surface=.true.)
            call stop_unless_ok(stat, message)
        else
            call share_out(state, pref_mid)
        end if
        if (is_restart .and. settings%reads_restart()) then
            call gwparam_restart_read(settings%restart_file, drag, iam, stat, message)
            call stop_unless_ok(stat, message)
        end if
        do i = 1, size(drag)
            call tell_time(drag(i))
        end do
        call say(gwparam_report_start)

    end subroutine gw_drag_init

    subroutine look_at_network

        !! What the network sees. One of single columns each thread loads for itself.
        integer :: geometry, stat
        character(len=message_length) :: message

        sees_more = .false.
        if (.not. settings%runs_network()) return
        allocate (drag(1))
        call load_network(drag(1)%network, trim(settings%artefact), settings%options(), stat, &
                          & message)
        if (stat == 0) call drag(1)%network%geometry(geometry, stat, message)
        call stop_unless_ok(stat, message)
        sees_more = geometry /= gwparam_column
        if (.not. sees_more) deallocate (drag)

    end subroutine look_at_network

    pure integer function order_of(pref_mid)

        !! CAM's level 1 is the top; other hosts count from below.
        real(r8), intent(in) :: pref_mid(:)

        order_of = merge(gwparam_top_down, gwparam_bottom_up, &
                         & pref_mid(1) < pref_mid(size(pref_mid)))

    end function order_of

    subroutine share_out(state, pref_mid)

        !! An object for each thread, on its own chunks.
        type(physics_state), intent(in) :: state(begchunk:)
        real(r8), intent(in) :: pref_mid(:)

        integer :: c, i

        allocate (drag(omp_get_max_threads()), owner(begchunk:endchunk), place(begchunk:endchunk))
        ! The loop of the physics has the same schedule, and so gives each thread these chunks.
        !$omp parallel do schedule(static)
        do c = begchunk, endchunk
            owner(c) = omp_get_thread_num() + 1
        end do
        do c = begchunk, endchunk
            place(c) = count(owner(begchunk:c) == owner(c))
        end do
        !$omp parallel do schedule(static)
        do i = 1, size(drag)
            call init_thread(i, state, pref_mid)
        end do

    end subroutine share_out

    subroutine init_thread(i, state, pref_mid)

        !! The object of one thread, on its own chunks.
        integer, intent(in) :: i
        type(physics_state), intent(in) :: state(begchunk:)
        real(r8), intent(in) :: pref_mid(:)

        real(r8), allocatable, dimension(:,:) :: lat, lon, altitude
        integer, allocatable :: ncol(:)
        integer :: c, stat
        character(len=message_length) :: message

        allocate (lat(pcols, count(owner == i)), source=0.0_r8)
        allocate (lon, altitude, source=lat)
        allocate (ncol(size(lat, 2)))
        do c = begchunk, endchunk
            if (owner(c) /= i) cycle
            lat(:,place(c)) = state(c)%lat
            lon(:,place(c)) = state(c)%lon
            altitude(:,place(c)) = state(c)%phis/gravit
            ncol(place(c)) = state(c)%ncol
        end do
        call drag(i)%init(settings, pref_mid, order_of(pref_mid), lat, lon, ncol, stat, message, &
                  & surface_altitude=altitude, heights_over_surface=.true.)
        call stop_unless_ok(stat, message)

    end subroutine init_thread

    subroutine gw_drag_timestep_init(state, dt)

        !! Drag of a network that sees more than single columns, before the loop over chunks.
        type(physics_state), intent(in) :: state(begchunk:)
        real(r8), intent(in) :: dt !! Physics time step [s]

        integer :: stat
        character(len=message_length) :: message

        if (.not. sees_more) return
        call tell_time(drag(1))
        call columns%gather(state)
        associate (all => columns)
            call drag(1)%apply(1, dt, all%lat, all%pmid, all%zm, all%t, all%u, all%v, all%dudt, &
                      & all%dvdt, all%ps, all%pint, stat, message)
        end associate
        call stop_unless_ok(stat, message)

    end subroutine gw_drag_timestep_init

    subroutine gw_drag_tend(state, ptend, dt)

        !! Drag on one chunk, in a loop over chunks that has schedule(static).
        type(physics_state), intent(in) :: state
        type(physics_ptend), intent(inout) :: ptend !! Its u and v [m s-2]
        real(r8), intent(in) :: dt !! Physics time step [s]

        integer :: stat
        character(len=message_length) :: message

        if (sees_more) then
            call columns%hand_out(state, ptend)
            return
        end if
        call tell_time(drag(omp_get_thread_num() + 1))
        associate (c => state%lchnk)
            if (owner(c) /= omp_get_thread_num() + 1) then
                write (message, "(a, i0, a, i0)") "chunk ", c, " came from another thread than ", &
                       & owner(c)
                call endrun("gw_drag_tend: " // message)
            end if
            call drag(owner(c))%apply(place(c), dt, state%lat, state%pmid, state%zm, state%t, &
                      & state%u, state%v, ptend%u, ptend%v, state%ps, state%pint, stat, message)
        end associate
        call stop_unless_ok(stat, message)

    end subroutine gw_drag_tend

    subroutine tell_time(one)

        !! What time it is, for reports and messages.
        type(gwparam_coupling_t), intent(inout) :: one

        character(len=40) :: date
        integer :: day, days, month, seconds, year

        call get_curr_time(days, seconds)
        call get_curr_date(year, month, day, seconds)
        write (date, "(i4.4, 2('-', i2.2), i3.2, 2(':', i2.2))") year, month, day, seconds/3600, &
               & mod(seconds/60, 60), mod(seconds, 60)
        call one%set_time(days + seconds/86400.0_r8, date)

    end subroutine tell_time

    subroutine gw_drag_end_step

        !! After the loop over chunks: a record if one is due, and what the library has to say.
        integer :: stat

        call gwparam_record_write(drag, stat=stat)  ! what cannot be written is reported
        call say(gwparam_report_step)

    end subroutine gw_drag_end_step

    subroutine gw_drag_final

        !! Write the restart file of this process, say what the network did, and free everything.
        integer :: stat
        character(len=message_length) :: message

        if (settings%writes_restart()) then
            call gwparam_restart_write(settings%restart_file, drag, iam, npes, stat, message)
            call stop_unless_ok(stat, message)
        end if
        call say(gwparam_report_end)
        deallocate (drag)  ! which frees the networks
        if (allocated(owner)) deallocate (owner, place)

    end subroutine gw_drag_final

    subroutine say(when)

        !! What the library has to report of all threads.
        integer, intent(in) :: when

        character(len=gwparam_line_length), allocatable :: lines(:)
        integer :: i, stat
        character(len=message_length) :: message

        call gwparam_report(drag, when, lines, stat=stat, errmsg=message)
        call stop_unless_ok(stat, message)
        if (size(lines) == 0) return  ! which would be an empty line
        write (iulog, "(2a)") ("gw_drag: ", trim(lines(i)), i=1, size(lines))

    end subroutine say

    subroutine stop_unless_ok(stat, message)

        !! End the run in the host's way, with the message of the library.
        integer, intent(in) :: stat
        character(len=*), intent(in) :: message

        if (stat /= 0) call endrun("gw_drag: " // message)

    end subroutine stop_unless_ok

end module gw_drag
