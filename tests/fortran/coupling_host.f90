module coupling_host

    !! A small host of the coupling: its grid, its states, and the calls that its tests share.

    use gwparam, only: dp, gwparam_top_down
    use gwparam_coupling, only: gwparam_coupling_settings_t, gwparam_coupling_t
    implicit none(type, external)
    public

    integer, parameter :: nlon = 3, nlat = 4, nlev = 5
    real(dp), parameter :: pressure(nlev) = [1e3_dp, 1e4_dp, 3e4_dp, 6e4_dp, 9e4_dp]
    real(dp), parameter :: step = 1200.0_dp !! [s]
    real(dp), parameter :: untouched = 77.0_dp

    character(len=512) :: errmsg, folder
    real(dp), dimension(nlon, nlat) :: lat, lon, ps
    real(dp), dimension(nlon, nlat, nlev) :: p, z, t, u, v, dudt, dvdt
    integer :: stat

contains

    subroutine read_arguments()

        !! The folder of the artefacts; the host is in its first state.

        call get_command_argument(1, folder)
        call fill(1)

    end subroutine read_arguments

    subroutine fill(number)

        !! Another state for each number, on a quiet isothermal sky.
        integer, intent(in) :: number
        integer :: i, j, k

        do j = 1, nlat
            do i = 1, nlon
                lat(i, j) = -0.6_dp + 0.3_dp*j
                lon(i, j) = 2.0_dp*i
                ps(i, j) = 1e5_dp + 100*i + 10*j
                p(i, j,:) = pressure*ps(i, j)/101325.0_dp
                z(i, j,:) = -7000.0_dp*log(pressure/101325.0_dp)
                t(i, j,:) = 250.0_dp
                u(i, j,:) = [(10.0_dp*k + i + 0.1_dp*j + number, k=1, nlev)]
                v(i, j,:) = [(-3.0_dp*k + i - 0.2_dp*j + number, k=1, nlev)]
            end do
        end do

    end subroutine fill

    type(gwparam_coupling_settings_t) function settings_of(items)

        character(len=*), intent(in) :: items

        call settings_of%read_namelist(record="&gwparam_nml " // items // " /")

    end function settings_of

    function ml() result(items)

        character(len=:), allocatable :: items

        items = "mode = 'ml', artefact = '" // trim(folder) // "/linear.pt'"

    end function ml

    subroutine start(drag, items, interval)

        type(gwparam_coupling_t), intent(inout) :: drag
        character(len=*), intent(in) :: items
        integer, intent(in), optional :: interval
        type(gwparam_coupling_settings_t) :: settings

        settings = settings_of(items)
        if (present(interval)) settings%interval = interval
        call drag%init(settings, pressure, gwparam_top_down, lat, lon)

    end subroutine start

    subroutine apply(drag)

        type(gwparam_coupling_t), intent(inout) :: drag

        call drag%apply(1, 1, step, lat, p, z, t, u, v, dudt, dvdt, ps)

    end subroutine apply

    function network_drag() result(expected)

        !! Of u, in closed form (tests/artefacts.py).
        real(dp) :: expected(nlon, nlat, nlev)
        integer :: k

        do k = 1, nlev
            expected(:,:,k) = 1e-6_dp*u(:,:,k) + 1e-12_dp*k*ps
        end do

    end function network_drag

    logical function is_near(found, expected)

        real(dp), intent(in) :: found(:,:,:), expected(:,:,:)

        is_near = all(abs(found - expected) <= 1e-17_dp)

    end function is_near

    logical function is_same(found, expected)

        real(dp), intent(in) :: found(:,:,:), expected(:,:,:)

        is_same = all(abs(found - expected) <= 0.0_dp)

    end function is_same

    subroutine window(drag, first, last, j)

        !! Columns first to last of row j; beyond the grid those of the last row.
        type(gwparam_coupling_t), intent(inout) :: drag
        integer, intent(in) :: first, last, j
        integer :: r

        r = min(j, nlat)
        call drag%apply(first, j, step, lat(first:last,r:r), p(first:last,r:r,:), z(first:last, &
                        & r:r,:), t(first:last,r:r,:), u(first:last,r:r,:), v(first:last,r:r,:), &
                        & dudt(first:last,r:r,:), dvdt(first:last,r:r,:), ps(first:last,r:r), &
                        & stat=stat, errmsg=errmsg)

    end subroutine window

end module coupling_host
