program driver

    !! A stand-in host for gw_drag.f90: chunks, levels and threads of a physics like CAM's.
    !!
    !! Reads MiMA's states from netCDF and hands each out as one step, the cells dealt like cards
    !! to chunks of `pcols` columns. Everything is set in atm_in of the working directory, and
    !! OMP_NUM_THREADS.

    use, intrinsic :: iso_fortran_env, only: output_unit
    use cam_abortutils, only: endrun
    use gw_drag, only: gw_drag_end_step, gw_drag_final, gw_drag_init  ! <- gwparam
    use gw_drag, only: gw_drag_tend, gw_drag_timestep_init  ! <- gwparam
    use omp_lib, only: omp_get_max_threads
    use physconst, only: gravit, rair
    use physics_types, only: physics_ptend, physics_state
    use plain_file, only: plain_file_t
    use ppgrid, only: begchunk, endchunk, pcols, ppgrid_init, pver
    use spmd_utils, only: iam, masterproc, npes, spmd_end, spmd_init, stand_in_sum
    use states_file, only: states_t
    use time_manager, only: stand_in_set_time
    implicit none(type, external)

    real, parameter :: radian = 180.0/(4.0*atan(1.0)) !! Degrees per radian
    real, parameter :: reference_surface_pressure = 101325.0 !! [Pa]

    ! Items of driver_nml, which atm_in explains.
    character(len=512) :: states = "", output = "tendencies.nc"
    integer :: columns = 16, steps = 0, first_step = 1, dtime = 1200, interval = 0
    logical :: top_first = .true.
    namelist /driver_nml/ states, output, columns, steps, first_step, dtime, interval, top_first

    type(states_t) :: file
    type(physics_state), allocatable :: state(:)
    type(physics_ptend), allocatable :: ptend(:)
    real, allocatable :: pref(:)
    type(plain_file_t) :: results
    integer :: chunks !! Of all processes
    integer :: c, step
    integer, allocatable :: k(:) !! Level of the file, of each of the host
    integer, allocatable :: k_half(:) !! The same of the interfaces

    call spmd_init
    call read_namelist
    call file%open_file(trim(states))
    if (steps == 0) steps = file%ntime
    chunks = (file%nlon*file%nlat + columns - 1)/columns
    call ppgrid_init(columns, file%nlev, (chunks + npes - 1 - iam)/npes)
    call deal_columns
    call order_levels
    call find_surface
    pref = file%pressure(reference_surface_pressure)
    pref = pref(k)
    call gw_drag_init("atm_in", state, pref, interval, first_step > 1)  ! <- gwparam
    if (masterproc) call results%create(trim(output), file, steps)

    do step = first_step, first_step + steps - 1
        call read_state(1 + mod(step - 1, file%ntime))
        call stand_in_set_time((step - 1)*dtime)
        call gw_drag_timestep_init(state, real(dtime))  ! <- gwparam
        !$omp parallel do schedule(static)
        do c = begchunk, endchunk
            call gw_drag_tend(state(c), ptend(c), real(dtime))  ! <- gwparam
        end do
        !$omp end parallel do
        call gw_drag_end_step  ! <- gwparam
        call write_step(step - first_step + 1)
    end do

    if (masterproc) call results%close
    call gw_drag_final  ! <- gwparam
    if (masterproc) write (output_unit, "(3(i0, a))") steps, " steps of ", chunks, " chunks on ", &
        & omp_get_max_threads(), " threads"
    call spmd_end

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

        cell_of = iam + 1 + (chunk - 1)*npes + (column - 1)*chunks

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

    subroutine order_levels

        !! The file has the top first.
        integer :: i

        k = [(i, i=1, pver)]
        k_half = [(i, i=1, pver + 1)]
        if (top_first) return
        k = k(pver:1:-1)
        k_half = k_half(pver + 1:1:-1)

    end subroutine order_levels

    subroutine find_surface

        !! The file has no heights of the surface: they follow from its lowest level.
        integer :: low

        call read_state(1)
        low = merge(pver, 1, top_first)
        do c = begchunk, endchunk
            associate (s => state(c), n => state(c)%ncol)
                s%phis(:n) = gravit*s%zm(:n,low) - rair*s%t(:n,low)*log(s%ps(:n)/s%pmid(:n,low))
            end associate
        end do

    end subroutine find_surface

    subroutine read_state(time)

        !! One state of the file, in chunks.
        integer, intent(in) :: time

        real, dimension(file%nlon, file%nlat, file%nlev) :: u, v, temp, zfull
        real :: ps(file%nlon, file%nlat)
        real :: full(file%nlev), half(file%nlev + 1)
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
                state(c)%u(i,:) = u(column, row, k)
                state(c)%v(i,:) = v(column, row, k)
                state(c)%t(i,:) = temp(column, row, k)
                state(c)%zm(i,:) = zfull(column, row, k)
                full = file%pressure(ps(column, row))
                half = file%half_pressure(ps(column, row))
                state(c)%pmid(i,:) = full(k)
                state(c)%pint(i,:) = half(k_half)
            end do
        end do

    end subroutine read_state

    subroutine write_step(record)

        integer, intent(in) :: record

        real, dimension(file%nlon, file%nlat, file%nlev) :: x, y
        integer :: column, i, row

        x = 0.0
        y = 0.0
        do c = begchunk, endchunk
            do i = 1, state(c)%ncol
                column = 1 + mod(cell_of(c, i) - 1, file%nlon)
                row = 1 + (cell_of(c, i) - 1)/file%nlon
                x(column, row,:) = ptend(c)%u(i, k)
                y(column, row,:) = ptend(c)%v(i, k)
            end do
        end do
        call stand_in_sum(x)
        call stand_in_sum(y)
        if (masterproc) call results%write_step(record, x, y)

    end subroutine write_step

end program driver
