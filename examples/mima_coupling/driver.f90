program driver

    !! A stand-in host for cg_drag.f90: MiMA's shapes, decomposition and order of calls.
    !!
    !! Reads states from netCDF, hands each to cg_drag_calc as one model step, in latitude bands
    !! over the ranks and in windows of columns on each rank, and writes the drag to netCDF.
    !! Everything is set in input.nml of the working directory, as in any FMS model.

    use cg_drag_mod, only: cg_drag_calc, cg_drag_end, cg_drag_endts, cg_drag_init, cg_drag_time_vary
    use diag_manager_mod, only: stand_in_choose, stand_in_fields, stand_in_forget
    use fms_mod, only: close_file, error_mesg, FATAL, file_exist, fms_end, fms_init, mpp_npes, &
        & mpp_pe, mpp_root_pe, open_namelist_file
    use gaussian_grid, only: find_gaussian_grid
    use mpi, only: MPI_DOUBLE_PRECISION, MPI_MAX, MPI_Reduce
    use mpp_mod, only: mpp_clock_begin, mpp_clock_end, mpp_clock_id, mpp_get_current_pelist, &
        & stand_in_clock
    use states_file, only: states_t
    use tendencies_file, only: tendencies_t
    use time_manager_mod, only: set_time, time_type
    implicit none(type, external)

    real, parameter :: radian = 180.0/(4.0*atan(1.0)) !! Degrees per radian
    real, parameter :: reference_surface_pressure = 101325.0 !! [Pa]

    ! Items of driver_nml, which input.nml explains.
    character(len=512) :: states = "", output = "tendencies.nc"
    integer :: windows(2) = 1
    integer :: steps = 0, first_step = 1
    integer :: dt_atmos = 600
    logical :: pass_surface_pressure = .false., pass_half_pressure = .false.
    character(len=32) :: diagnostics(8) = ""
    namelist /driver_nml/ states, output, windows, steps, first_step, dt_atmos, &
        & pass_surface_pressure, pass_half_pressure, diagnostics

    type(states_t) :: file
    type(tendencies_t) :: results
    integer :: communicator, first_row, n_rows, step
    integer :: calc_clock
    real, allocatable, dimension(:,:,:) :: u, v, temp, zfull, pfull, drag_x, drag_y
    real, allocatable :: lat(:,:)
    real, allocatable, target :: ps(:,:), phalf(:,:,:)

    call fms_init
    call read_namelist
    call file%open_file(trim(states))
    if (steps == 0) steps = file%ntime
    call find_communicator
    call decompose
    call stand_in_choose(pack(diagnostics, diagnostics /= ""), file%nlon, n_rows, file%nlev)
    call start_drag
    call results%create(trim(output), file, communicator)

    calc_clock = mpp_clock_id("cg_drag_calc")
    do step = first_step, first_step + steps - 1
        call one_step(step)
        call results%write_step(step - first_step + 1, step*dt_atmos, state_of(step), drag_x, &
                                & drag_y)
    end do

    call results%close
    call cg_drag_end
    call report
    call fms_end

contains

    subroutine read_namelist

        integer :: io, lun
        character(len=256) :: message

        if (command_argument_count() > 0) call error_mesg("driver", &
            & "takes no arguments: it reads input.nml of the working directory", FATAL)
        if (.not. file_exist("input.nml")) call error_mesg("driver", &
            & "there is no input.nml in the working directory", FATAL)
        lun = open_namelist_file()
        read (lun, nml=driver_nml, iostat=io, iomsg=message)
        if (io /= 0) call error_mesg("driver", &
            & "namelist driver_nml of input.nml: " // trim(message), FATAL)
        call close_file(lun)
        if (states == "") call error_mesg("driver", &
            & "driver_nml needs states: a netCDF file of model states", FATAL)
        if (steps < 0 .or. first_step < 1 .or. dt_atmos < 1) call error_mesg("driver", &
            & "driver_nml expects steps >= 0, first_step >= 1 and dt_atmos >= 1", FATAL)

    end subroutine read_namelist

    subroutine find_communicator

        integer, allocatable :: pelist(:)

        allocate (pelist(mpp_npes()))
        call mpp_get_current_pelist(pelist, commID=communicator)

    end subroutine find_communicator

    subroutine decompose

        !! Equal bands of latitude over the ranks, equal windows on each.
        character(len=120) :: message

        n_rows = file%nlat/mpp_npes()
        first_row = 1 + mpp_pe()*n_rows
        if (n_rows*mpp_npes() /= file%nlat) then
            write (message, "(i0, a, i0, a)") file%nlat, &
                   & " rows of latitude cannot be shared by ", mpp_npes(), " ranks equally"
            call error_mesg("driver", trim(message), FATAL)
        end if
        if (any(windows < 1) .or. any(mod([file%nlon, n_rows], max(windows, 1)) /= 0)) then
            write (message, "(4(i0, a))") windows(1), " x ", windows(2), &
                   & " windows cannot share the ", file%nlon, " x ", n_rows, &
                   & " columns of a rank equally"
            call error_mesg("driver", trim(message), FATAL)
        end if

        allocate (u(file%nlon, n_rows, file%nlev))
        allocate (v, temp, zfull, pfull, drag_x, drag_y, mold=u)
        allocate (phalf(file%nlon, n_rows, file%nlev + 1))
        allocate (ps(file%nlon, n_rows), lat(file%nlon, n_rows))

    end subroutine decompose

    subroutine start_drag

        !! Call cg_drag_init as MiMA's damping driver does.
        real, parameter :: tolerance = 0.001 !! [degrees]
        real :: edges(file%nlat + 1), gaussian(file%nlat), lonb(file%nlon + 1), spacing
        real :: pref(file%nlev + 1)
        integer :: i, j
        character(len=160) :: message

        call find_gaussian_grid(gaussian, edges)
        do j = 1, file%nlat
            if (abs(gaussian(j)*radian - file%lat(j)) > tolerance) then
                write (message, "(a, i0, 2(a, f0.4), a)") "lat ", j, " is ", file%lat(j), &
                       & " degrees_north, expected ", gaussian(j)*radian, &
                       & " of a Gaussian grid from south to north"
                call error_mesg("driver", trim(message) // ", in " // file%path, FATAL)
            end if
        end do
        lat = spread(file%lat(first_row:first_row + n_rows - 1)/radian, 1, file%nlon)
        spacing = 360.0/file%nlon
        lonb = [((file%lon(1) + (i - 1.5)*spacing)/radian, i=1, file%nlon + 1)]

        pref = [file%pressure(reference_surface_pressure), reference_surface_pressure]
        call cg_drag_init(lonb, edges(first_row:first_row + n_rows), pref, &
                          & Time=set_time((first_step - 1)*dt_atmos), axes=[1, 2, 3, 4])
        do i = 1, size(stand_in_fields)
            if (stand_in_fields(i)%registered) cycle
            call error_mesg("driver", &
                            & "cg_drag does not offer the diagnostic " &
                            & // trim(stand_in_fields(i)%name) // " in this mode", FATAL)
        end do

    end subroutine start_drag

    integer function state_of(step)

        !! The states come round again when there are more steps.
        integer, intent(in) :: step

        state_of = 1 + mod(step - 1, file%ntime)

    end function state_of

    subroutine one_step(step)

        !! Read a state and compute its drag, window by window.
        integer, intent(in) :: step

        integer :: i, j
        real :: delt

        associate (state => state_of(step))
            call file%read_levels("u", "m s-1", state, first_row, u)
            call file%read_levels("v", "m s-1", state, first_row, v)
            call file%read_levels("temp", "K", state, first_row, temp)
            call file%read_levels("zfull", "m", state, first_row, zfull)
            call file%read_surface("ps", "Pa", state, first_row, ps)
        end associate
        do j = 1, n_rows
            do i = 1, file%nlon
                pfull(i, j,:) = file%pressure(ps(i, j))
                phalf(i, j,:) = file%half_pressure(ps(i, j))
            end do
        end do

        ! Leapfrog: two time steps, but for the first one after a cold start.
        delt = merge(dt_atmos, 2*dt_atmos, step == 1)
        call stand_in_forget
        call mpp_clock_begin(calc_clock)
        call cg_drag_time_vary(delt)
        do j = 1, windows(2)
            do i = 1, windows(1)
                call one_window(i, j, set_time(step*dt_atmos), delt)
            end do
        end do
        call cg_drag_endts
        call mpp_clock_end(calc_clock)

    end subroutine one_step

    subroutine one_window(i, j, time, delt)

        !! Drag of one window of this rank's columns.
        integer, intent(in) :: i, j !! Number of the window along longitude and latitude
        type(time_type), intent(in) :: time
        real, intent(in) :: delt !! [s]

        integer :: ie, is, je, js
        real, pointer :: psurf(:,:), p_half(:,:,:)

        ie = i*(file%nlon/windows(1))
        is = ie - file%nlon/windows(1) + 1
        je = j*(n_rows/windows(2))
        js = je - n_rows/windows(2) + 1
        ! A pointer to nothing is an absent argument.
        nullify (psurf, p_half)
        if (pass_surface_pressure) psurf => ps(is:ie,js:je)
        if (pass_half_pressure) p_half => phalf(is:ie,js:je,:)
        call cg_drag_calc(is, js, lat(is:ie,js:je), pfull(is:ie,js:je,:), zfull(is:ie,js:je,:), &
                          & temp(is:ie,js:je,:), u(is:ie,js:je,:), v(is:ie,js:je,:), time, delt, &
                          & drag_x(is:ie,js:je,:), drag_y(is:ie,js:je,:), psurf, p_half)

    end subroutine one_window

    subroutine report

        !! What ran and how long it took, the slowest rank counting.
        character(len=32) :: name
        integer :: calls, id, ierr
        real :: seconds, slowest

        if (mpp_pe() == mpp_root_pe()) then
            write (*, "(/, 5(i0, a), i0, a, i0, a)") steps, " steps of ", file%nlon, " x ", &
                   & file%nlat, " columns with ", file%nlev, " levels; ", mpp_npes(), " ranks, ", &
                   & windows(1), " x ", windows(2), " windows each"
            write (*, "(a24, a10, a16, a14)") "clock", "calls", "ms per globe", "columns/s"
        end if
        do id = 1, calc_clock
            call stand_in_clock(id, name, calls, seconds)
            if (calls == 0) cycle
            ! cg_drag's clocks run once a window, ours once a step.
            seconds = seconds*merge(1, product(windows), id == calc_clock)/calls
            call MPI_Reduce(seconds, slowest, 1, MPI_DOUBLE_PRECISION, MPI_MAX, mpp_root_pe(), &
                            & communicator, ierr)
            if (mpp_pe() == mpp_root_pe()) write (*, "(a24, i10, f16.1, i14)") name, calls, &
                & 1000.0*slowest, nint(file%nlon*file%nlat/max(slowest, 1.0e-6))
        end do
        if (mpp_pe() == mpp_root_pe()) write (*, "(3a)") "drag is in ", trim(output)

    end subroutine report

end program driver
