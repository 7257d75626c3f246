program driver

    !! A stand-in host for gw_drag.f90: chunks, levels and threads of a physics like CAM's.
    !!
    !! Reads MiMA's states from netCDF and hands each out as one step, the cells dealt like cards
    !! to chunks of `pcols` columns and the levels turned round. Everything is set in atm_in of the
    !! working directory, and OMP_NUM_THREADS.

    use, intrinsic :: iso_fortran_env, only: output_unit
    use cam_abortutils, only: endrun
    use gw_drag, only: gw_drag_end_step, gw_drag_final, gw_drag_init, gw_drag_tend  ! <- gwparam
    use omp_lib, only: omp_get_max_threads
    use physics_types, only: physics_ptend, physics_state
    use plain_file, only: plain_file_t
    use ppgrid, only: begchunk, endchunk, pcols, ppgrid_init, pver
    use states_file, only: states_t
    use time_manager, only: stand_in_set_time
    implicit none(type, external)

    real, parameter :: radian = 180.0/(4.0*atan(1.0)) !! Degrees per radian
    real, parameter :: reference_surface_pressure = 101325.0 !! [Pa]

    ! Items of driver_nml, which atm_in explains.
    character(len=512) :: states = "", output = "tendencies.nc"
    integer :: columns = 16, steps = 0, first_step = 1, dtime = 1200, interval = 0
    namelist /driver_nml/ states, output, columns, steps, first_step, dtime, interval

    type(states_t) :: file
    type(physics_state), allocatable :: state(:)
    type(physics_ptend), allocatable :: ptend(:)
    real, allocatable :: pref(:)
    type(plain_file_t) :: results
    integer :: c, step

    call read_namelist
    call file%open_file(trim(states))
    if (steps == 0) steps = file%ntime
    call ppgrid_init(columns, file%nlev, (file%nlon*file%nlat + columns - 1)/columns)
    call deal_columns
    pref = file%pressure(reference_surface_pressure)
    call gw_drag_init("atm_in", state, pref(pver:1:-1), interval, first_step > 1)  ! <- gwparam
    call results%create(trim(output), file, steps)

    do step = first_step, first_step + steps - 1
        call read_state(1 + mod(step - 1, file%ntime))
        call stand_in_set_time((step - 1)*dtime)
        !$omp parallel do schedule(static)
        do c = begchunk, endchunk
            call gw_drag_tend(state(c), ptend(c), real(dtime))  ! <- gwparam
        end do
        !$omp end parallel do
        call gw_drag_end_step  ! <- gwparam
        call write_step(step - first_step + 1)
    end do

    call results%close
    call gw_drag_final  ! <- gwparam
    write (output_unit, "(3(i0, a))") steps, " steps of ", endchunk, " chunks on ", &
           & omp_get_max_threads(), " threads"

contains

    subroutine read_namelist

        integer :: io, lun
        character(len=256) :: message

        open (newunit=lun, file="atm_in", status="old", action="read", iostat=io, iomsg=message)
        if (io == 0) read (lun, nml=driver_nml, iostat=io, iomsg=message)
        if (io /= 0) call endrun("driver_nml of atm_in: " // message)
        close (lun)
        if (min(columns, first_step, dtime) < 1 .or. steps < 0) then
            call endrun("driver_nml expects columns, first_step and dtime >= 1 and steps >= 0")
        end if

    end subroutine read_namelist

    integer function cell_of(chunk, column)

        !! Neighbours go to different chunks, as a balance of the load wants it.
        integer, intent(in) :: chunk, column

        cell_of = chunk + (column - 1)*endchunk

    end function cell_of

    subroutine deal_columns

        !! Which cells are where; the last chunks have a column less than the others.
        integer :: i

        allocate (state(begchunk:endchunk), ptend(begchunk:endchunk))
        do c = begchunk, endchunk
            call state(c)%allocate (c)
            call ptend(c)%allocate
            state(c)%ncol = count([(cell_of(c, i), i=1, pcols)] <= file%nlon*file%nlat)
            do i = 1, state(c)%ncol
                associate (cell => cell_of(c, i))
                    state(c)%lon(i) = file%lon(1 + mod(cell - 1, file%nlon))/radian
                    state(c)%lat(i) = file%lat(1 + (cell - 1)/file%nlon)/radian
                end associate
            end do
        end do

    end subroutine deal_columns

    subroutine read_state(time)

        !! One state of the file, in chunks.
        integer, intent(in) :: time

        real, dimension(file%nlon, file%nlat, file%nlev) :: u, v, temp, zfull
        real :: ps(file%nlon, file%nlat)
        integer :: i, row, column

        call file%read_levels("u", "m s-1", time, 1, u)
        call file%read_levels("v", "m s-1", time, 1, v)
        call file%read_levels("temp", "K", time, 1, temp)
        call file%read_levels("zfull", "m", time, 1, zfull)
        call file%read_surface("ps", "Pa", time, 1, ps)
        do c = begchunk, endchunk
            do i = 1, state(c)%ncol
                column = 1 + mod(cell_of(c, i) - 1, file%nlon)
                row = 1 + (cell_of(c, i) - 1)/file%nlon
                state(c)%ps(i) = ps(column, row)
                state(c)%u(i,pver:1:-1) = u(column, row,:)
                state(c)%v(i,pver:1:-1) = v(column, row,:)
                state(c)%t(i,pver:1:-1) = temp(column, row,:)
                state(c)%zm(i,pver:1:-1) = zfull(column, row,:)
                state(c)%pmid(i,pver:1:-1) = file%pressure(ps(column, row))
                state(c)%pint(i,pver + 1:1:-1) = file%half_pressure(ps(column, row))
            end do
        end do

    end subroutine read_state

    subroutine write_step(record)

        integer, intent(in) :: record

        real, dimension(file%nlon, file%nlat, file%nlev) :: x, y
        integer :: column, i, row

        do c = begchunk, endchunk
            do i = 1, state(c)%ncol
                column = 1 + mod(cell_of(c, i) - 1, file%nlon)
                row = 1 + (cell_of(c, i) - 1)/file%nlon
                x(column, row,:) = ptend(c)%u(i,pver:1:-1)
                y(column, row,:) = ptend(c)%v(i,pver:1:-1)
            end do
        end do
        call results%write_step(record, x, y)

    end subroutine write_step

end program driver
