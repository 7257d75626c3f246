program layouts

    !! A host that cuts a global grid into the columns of its ranks in many ways.
    !!
    !! Its argument is a file of records &case, which it runs one after the other. Each writes its
    !! drag in the order of the cells, so that the files of any two cuts can be compared.

    use gwparam, only: dp, gwparam_input, gwparam_ok, gwparam_options_t, gwparam_scheme_t, &
        & gwparam_statistics_t, gwparam_top_down
    use gwparam_mpi, only: gwparam_mpi_load
    use layouts_columns, only: layout_t
    use layouts_files, only: states_t, write_results
    use layouts_restart, only: global_counters, read_restart, write_restart
    use mpi_f08, only: MPI_Allreduce, MPI_COMM_WORLD, MPI_Finalize, MPI_IN_PLACE, &
        & MPI_Init_thread, MPI_INTEGER, MPI_SUM, MPI_THREAD_FUNNELED
    implicit none(type, external)

    character(len=*), &
              & parameter :: drag_name(2) = [character(len=59) &
              & ::"tendency_of_eastward_wind_due_to_gravity_wave_drag", &
              & "tendency_of_northward_wind_due_to_gravity_wave_drag"]
    real(dp), parameter :: reference_pressure = 101325.0_dp !! Of the surface [Pa]

    character(len=512) :: artefact, states_path, output, restart_in, restart_out, argument
    character(len=16) :: loader, decomposition, places
    logical :: few
    integer :: windows, threads, lag, ranks_per_device, chunk_columns, first_step, steps, interval

    namelist /case/ artefact, states_path, output, restart_in, restart_out, loader, &
        & decomposition, places, few, windows, threads, lag, ranks_per_device, chunk_columns, &
        & first_step, steps, interval

    type(layout_t) :: layout
    type(states_t) :: states
    type(gwparam_scheme_t) :: network
    character(len=32), allocatable :: asked(:) !! Inputs of the network
    character(len=1024) :: message
    integer :: alarm, io, provided, stat, unit
    real(dp), allocatable :: held(:,:,:) !! Drag of the last recomputation (column, level, 2)

    call MPI_Init_thread(MPI_THREAD_FUNNELED, provided)
    if (provided < MPI_THREAD_FUNNELED) error stop "MPI has no threads"
    call get_command_argument(1, argument)
    open (newunit=unit, file=trim(argument), status="old", action="read")
    do
        call set_defaults()
        read (unit, nml=case, iostat=io, iomsg=message)
        if (is_iostat_end(io)) exit
        if (io /= 0) error stop trim(message)
        call run_case()
    end do
    call MPI_Finalize()

contains

    subroutine set_defaults()

        restart_in = ""
        restart_out = ""
        loader = "integer"  ! of the communicator: integer, f08; or serial, without one
        decomposition = "bands"  ! bands, blocks or scattered
        places = "none"  ! none, coordinates or cells
        few = .false.  ! only every other rank has columns
        windows = 1
        threads = 1
        lag = 0
        ranks_per_device = 0
        chunk_columns = 0
        first_step = 1
        steps = 1
        interval = 1  ! steps from one recomputation to the next

    end subroutine set_defaults

    subroutine run_case()

        real(dp), allocatable :: drag(:,:,:,:), whole(:,:)
        integer :: i, step

        call states%open (trim(states_path))
        call layout%cut(MPI_COMM_WORLD, trim(decomposition), few, states%nlon, states%nlat)
        call set_up_network()
        allocate (drag(size(layout%all_cells), states%nlev, 2, steps))
        alarm = 0
        held = spread(spread(spread(0.0_dp, 1, size(layout%cell)), 2, states%nlev), 3, 2)
        if (restart_in /= "") call read_restart(trim(restart_in), network, layout, alarm, held)
        do step = first_step, first_step + steps - 1
            if (alarm == 0) then
                call recompute(modulo(step - 1, states%ntime) + 1)
                alarm = interval
            end if
            alarm = alarm - 1
            do i = 1, 2
                call layout%gather(held(:,:,i), whole)
                drag(:,:,i, step - first_step + 1) = whole
            end do
        end do
        call write_output(drag)
        if (restart_out /= "") call write_restart(trim(restart_out), network, layout, alarm, held)
        call network%free()
        call states%close ()

    end subroutine run_case

    subroutine set_up_network()

        type(gwparam_options_t) :: options
        real(dp), dimension(size(layout%cell)) :: latitude, longitude
        character(len=:), allocatable :: name

        options%device = "cpu"
        options%threads = threads
        options%lag = lag
        options%ranks_per_device = ranks_per_device
        options%chunk_columns = chunk_columns
        options%timeout_seconds = 60.0_dp
        select case (loader)
        case ("serial")
            call network%load(trim(artefact), options, stat, message)
        case ("f08")
            call gwparam_mpi_load(network, trim(artefact), MPI_COMM_WORLD, options, stat, message)
        case default
            call gwparam_mpi_load(network, trim(artefact), MPI_COMM_WORLD%MPI_VAL, options, stat, &
                                  & message)
        end select
        call layout%check(stat, message)
        call network%set_levels(reference_pressure*states%sigma_full, gwparam_top_down, stat, &
                                & message)
        call layout%check(stat, message)
        asked = [character(len=len(asked))::]
        do
            call network%field(gwparam_input, size(asked) + 1, name, stat=stat, errmsg=message)
            call layout%check(stat, message)
            if (name == "") exit
            asked = [character(len=len(asked))::asked,name]
        end do
        select case (places)
        case ("coordinates")
            call place_columns(latitude, longitude)
            call network%set_columns(latitude, longitude, stat=stat, errmsg=message)
        case ("cells")
            call network%set_cells(states%lat, states%lon, layout%cell, stat=stat, errmsg=message)
        case default
            stat = gwparam_ok
        end select
        call layout%check(stat, message)

    end subroutine set_up_network

    subroutine recompute(time)

        !! Hand all windows over, run, and hold what comes back.
        integer, intent(in) :: time
        real(dp), dimension(size(layout%cell), states%nlev) :: p, t, u, v, z
        real(dp), dimension(size(layout%cell)) :: latitude, longitude, ps, zsurf
        real(dp) :: half(size(layout%cell), states%nlev + 1)
        integer :: first, i, last, w, window(windows)

        u = states%on_levels("u", time, layout%cell)
        v = states%on_levels("v", time, layout%cell)
        t = states%on_levels("temp", time, layout%cell)
        z = states%on_levels("zfull", time, layout%cell)
        ps = states%on_surface("ps", time, layout%cell)
        zsurf = states%not_in_time("zsurf", layout%cell)
        call place_columns(latitude, longitude)
        do i = 1, size(ps)
            p(i,:) = states%sigma_full*ps(i)
            half(i,:) = states%pk + states%bk*ps(i)
        end do
        do w = 1, windows
            if (is_silent()) exit
            first = first_of(w)
            last = first_of(w + 1) - 1
            do i = 1, size(asked)
                select case (asked(i))
                case ("eastward_wind")
                    call put_levels(i, u(first:last,:), "m s-1")
                case ("northward_wind")
                    call put_levels(i, v(first:last,:), "m s-1")
                case ("air_temperature")
                    call put_levels(i, t(first:last,:), "K")
                case ("geopotential_height")
                    call put_levels(i, z(first:last,:), "m")
                case ("air_pressure")
                    call put_levels(i, p(first:last,:), "Pa")
                case ("air_pressure_at_half_levels")
                    call put_levels(i, half(first:last,:), "Pa")
                case ("surface_air_pressure")
                    call put_surface(i, ps(first:last), "Pa")
                case ("latitude")
                    call put_surface(i, latitude(first:last), "degrees_north")
                case ("longitude")
                    call put_surface(i, longitude(first:last), "degrees_east")
                case ("surface_altitude")
                    call put_surface(i, zsurf(first:last), "m")
                case default
                    error stop "the network asks for " // asked(i)
                end select
            end do
            call network%add_columns(window(w), stat, message)
            call layout%check(stat, message)
        end do
        call network%flush(stat, message)
        call layout%check(stat, message)
        do w = windows, 1, -1
            if (is_silent()) exit
            do i = 1, 2
                call network%get(trim(drag_name(i)), held(first_of(w):first_of(w + 1) - 1,:,i), &
                                 & window(w), stat=stat, errmsg=message)
                call layout%check(stat, message)
            end do
        end do

    end subroutine recompute

    logical function is_silent()

        !! Of the ranks without columns, some hand nothing over, and others empty arrays.

        is_silent = size(layout%cell) == 0 .and. modulo(layout%rank, 4) == 1

    end function is_silent

    integer function first_of(window)

        !! Where a window begins.
        integer, intent(in) :: window

        first_of = (window - 1)*size(layout%cell)/windows + 1

    end function first_of

    subroutine put_levels(i, field, units)

        integer, intent(in) :: i
        real(dp), intent(in) :: field(:,:)
        character(len=*), intent(in) :: units

        call network%put(trim(asked(i)), field, units, stat, message)
        call layout%check(stat, message)

    end subroutine put_levels

    subroutine put_surface(i, field, units)

        integer, intent(in) :: i
        real(dp), intent(in) :: field(:)
        character(len=*), intent(in) :: units

        call network%put(trim(asked(i)), field, units, stat, message)
        call layout%check(stat, message)

    end subroutine put_surface

    subroutine place_columns(latitude, longitude)

        real(dp), intent(out) :: latitude(:), longitude(:) !! [degrees]

        latitude = states%lat((layout%cell - 1)/states%nlon + 1)
        longitude = states%lon(modulo(layout%cell - 1, states%nlon) + 1)

    end subroutine place_columns

    subroutine write_output(drag)

        real(dp), intent(in) :: drag(:,:,:,:)
        type(gwparam_statistics_t) :: counters
        integer :: n_owners

        counters = global_counters(network, layout)
        n_owners = owners()
        if (layout%is_root()) call write_results(trim(output), drag, counters, n_owners)

    end subroutine write_output

    integer function owners()

        !! How many ranks run the network.
        type(gwparam_statistics_t) :: counters

        call network%statistics(counters, stat, message)
        call layout%check(stat, message)
        owners = merge(1, 0, counters%owner == layout%rank)
        call MPI_Allreduce(MPI_IN_PLACE, owners, 1, MPI_INTEGER, MPI_SUM, MPI_COMM_WORLD)

    end function owners

end program layouts
