program driver

    !! A stand-in host for cg_drag.f90 as Isca calls it.
    !!
    !! What differs from MiMA: cg_drag_init is told which columns of the globe the rank has, and
    !! cg_drag_calc where its window begins on the globe, as idealized_moist_phys hands both on from
    !! get_grid_domain. A rank has one window. The rest is that of ../mima_coupling.

    use cg_drag_mod, only: cg_drag_calc, cg_drag_end, cg_drag_init
    use diag_manager_mod, only: stand_in_choose, stand_in_fields, stand_in_forget
    use fms_mod, only: close_file, error_mesg, FATAL, fms_end, fms_init, mpp_npes, mpp_pe, &
        & mpp_root_pe, open_namelist_file
    use gaussian_grid, only: find_gaussian_grid
    use mpp_mod, only: mpp_get_current_pelist
    use states_file, only: states_t
    use tendencies_file, only: tendencies_t
    use time_manager_mod, only: set_time
    implicit none(type, external)

    real, parameter :: radian = 180.0/(4.0*atan(1.0)) !! Degrees per radian
    real, parameter :: reference_surface_pressure = 101325.0 !! [Pa]

    ! Items of driver_nml, which input.nml explains.
    character(len=512) :: states = "", output = "tendencies.nc"
    integer :: dt_atmos = 600
    logical :: pass_half_pressure = .false.
    character(len=32) :: diagnostics(8) = ""
    namelist /driver_nml/ states, output, dt_atmos, pass_half_pressure, diagnostics

    type(states_t) :: file
    type(tendencies_t) :: results
    integer :: is, ie, js, je !! Columns of the globe that this rank has
    integer :: step
    real, allocatable, dimension(:,:,:) :: u, v, temp, p_full, p_half, z_full, drag_x, drag_y
    real, allocatable :: ps(:,:), lat(:,:)

    call fms_init
    call read_namelist
    call file%open_file(trim(states))
    call get_grid_domain
    call allocate_fields
    call stand_in_choose(pack(diagnostics, diagnostics /= ""), file%nlon, je - js + 1, file%nlev)
    call start_drag
    call results%create(trim(output), file, communicator())
    do step = 1, file%ntime
        call read_state(step)
        call stand_in_forget
        call physics
        call results%write_step(step, step*dt_atmos, step, drag_x, drag_y)
    end do
    call results%close
    call cg_drag_end
    if (mpp_pe() == mpp_root_pe()) print "(i0, a, i0, a)", file%ntime, " steps on ", mpp_npes(), &
        & " ranks"
    call fms_end

contains

    subroutine read_namelist

        integer :: io, lun
        character(len=256) :: message

        lun = open_namelist_file()
        read (lun, nml=driver_nml, iostat=io, iomsg=message)
        if (io /= 0) call error_mesg("driver", "driver_nml of input.nml: " // message, FATAL)
        call close_file(lun)

    end subroutine read_namelist

    subroutine get_grid_domain

        !! As Isca's: bands of latitude.
        integer :: rows

        rows = file%nlat/mpp_npes()
        if (rows*mpp_npes() /= file%nlat) then
            call error_mesg("driver", "the rows of latitude cannot be shared equally", FATAL)
        end if
        is = 1
        ie = file%nlon
        js = 1 + mpp_pe()*rows
        je = js + rows - 1

    end subroutine get_grid_domain

    subroutine allocate_fields

        allocate (u(is:ie,js:je,file%nlev))
        allocate (v, temp, p_full, z_full, drag_x, drag_y, mold=u)
        allocate (p_half(is:ie,js:je,file%nlev + 1))
        allocate (ps(is:ie,js:je), lat(is:ie,js:je))
        lat = spread(file%lat(js:je)/radian, 1, file%nlon)

    end subroutine allocate_fields

    subroutine start_drag

        !! As damping_driver_init calls it, with the edges that its caller has.
        real :: edges(file%nlat + 1), gaussian(file%nlat), lonb(file%nlon + 1)
        real :: pref(file%nlev + 1)
        integer :: i

        call find_gaussian_grid(gaussian, edges)
        lonb = [((file%lon(1) + (i - 1.5)*360.0/file%nlon)/radian, i=1, file%nlon + 1)]
        pref = [file%pressure(reference_surface_pressure), reference_surface_pressure]
        call cg_drag_init(is, ie, js, je, lonb, edges(js:je + 1), pref, Time=set_time(0), &
                          & axes=[1, 2, 3, 4])
        if (.not. all(stand_in_fields%registered)) then
            call error_mesg("driver", "cg_drag does not offer one of the diagnostics", FATAL)
        end if

    end subroutine start_drag

    integer function communicator()

        integer, allocatable :: pelist(:)

        allocate (pelist(mpp_npes()))
        call mpp_get_current_pelist(pelist, commID=communicator)

    end function communicator

    subroutine read_state(time)

        integer, intent(in) :: time

        integer :: i, j

        call file%read_levels("u", "m s-1", time, js, u)
        call file%read_levels("v", "m s-1", time, js, v)
        call file%read_levels("temp", "K", time, js, temp)
        call file%read_levels("zfull", "m", time, js, z_full)
        call file%read_surface("ps", "Pa", time, js, ps)
        do j = js, je
            do i = is, ie
                p_full(i, j,:) = file%pressure(ps(i, j))
                p_half(i, j,:) = file%half_pressure(ps(i, j))
            end do
        end do

    end subroutine read_state

    subroutine physics

        !! As damping_driver calls it; with the half levels that Isca's does not hand on.
        real :: delta_t

        delta_t = merge(dt_atmos, 2*dt_atmos, step == 1)
        if (pass_half_pressure) then
            call cg_drag_calc(is, js, lat, p_full, z_full, temp, u, v, set_time(step*dt_atmos), &
                              & delta_t, drag_x, drag_y, phalf=p_half)
        else
            call cg_drag_calc(is, js, lat, p_full, z_full, temp, u, v, set_time(step*dt_atmos), &
                              & delta_t, drag_x, drag_y)
        end if

    end subroutine physics

end program driver
