module qbo_waves

    !! The native scheme of this host: waves of both signs, damped on their way up.
    !!
    !! Holton and Lindzen (1972), Plumb (1977); with a spectrum as Alexander and Dunkerton (1999).
    !! What leaves the source is the host's to say in each step, for each column: `source_flux` and
    !! `spectral_width`.

    use gwparam, only: dp, gwparam_err_argument, gwparam_ok
    implicit none(type, external)
    private

    real(dp), parameter :: pi = acos(-1.0_dp)
    real(dp), parameter :: equator = 4.0e7_dp !! Length [m]
    real(dp), parameter :: seconds_per_day = 86400.0_dp
    real(dp), parameter :: gas_constant = 287.04_dp !! Of dry air [J kg-1 K-1]
    real(dp), parameter :: damping_bottom = 17.0e3_dp, damping_top = 30.0e3_dp
    !! Between them the damping grows [m]
    real(dp), parameter :: least_damping = 1.0_dp/21.0_dp, most_damping = 1.0_dp/7.0_dp !! [d-1]
    real(dp), parameter :: critical = 1.0e-12_dp !! Where a wave is as slow as the wind [m2 s-2]

    type, public :: waves_t
        !! Which waves there are: as many of one sign as of the other.
        real(dp) :: slowest = 10.0_dp, fastest = 100.0_dp, spacing = 10.0_dp
        !! Phase speeds of one sign [m s-1]
        real(dp) :: wavenumber = 2.0_dp !! Waves around the equator
        real(dp) :: buoyancy_frequency = 2.16e-2_dp !! [s-1]
        real(dp) :: source_density = 0.1006_dp !! Flux [m2 s-2] is that in Pa over it [kg m-3]
    end type waves_t

    type(waves_t), public :: waves = waves_t() !! Of this run
    real(dp), allocatable, public :: source_flux(:) !! Sum over waves of both signs [Pa] (column)
    real(dp), allocatable, public :: spectral_width(:)
    !! Phase speed whose wave has half the flux of a standing one [m s-1] (column)

    public :: wave_drag

contains

    subroutine wave_drag(i, j, latitude, pressure, height, temperature, u, v, dudt, dvdt, stat, &
                         & errmsg)

        !! A gwparam_native_drag: -S = -rho_0/rho dF/dz of columns, the lowest level their source.
        integer, intent(in) :: i(:), j(:)
        real(dp), intent(in) :: latitude(:)
        real(dp), intent(in) :: pressure(:,:), height(:,:), temperature(:,:), u(:,:), v(:,:)
        real(dp), intent(inout) :: dudt(:,:), dvdt(:,:)
        integer, intent(out) :: stat
        character(len=*), intent(inout) :: errmsg

        real(dp), dimension(size(u, 2)) :: density, flux
        real(dp), allocatable :: speed(:)
        integer :: n, top

        stat = gwparam_err_argument
        top = size(u, 2)
        if (any(j /= 1) .or. any(i > size(source_flux)) .or. top < 3) then
            errmsg = "the waves have no source in a column, or the column less than 3 levels"
            return
        end if
        speed = phase_speeds()
        if (size(speed) == 0 .or. size(latitude) == 0) then
            errmsg = "there are no waves, expected slowest <= fastest and spacing > 0"
            return
        end if
        do n = 1, size(i)
            density = pressure(n,:)/(gas_constant*temperature(n,:))
            flux = flux_of(speed, source_flux(i(n)), spectral_width(i(n)), height(n,:), u(n,:))
            ! The wind at both ends is held.
            dudt(n,:) = 0.0_dp
            dudt(n, &
                 & 2:top - 1) = -density(1)/density(2:top - 1)*(flux(3:) - flux(:top - 2)) &
                 & /(height(n,3:) - height(n,:top - 2))
            dvdt(n,:) = 0.0_dp*v(n,:)
        end do
        stat = gwparam_ok

    end subroutine wave_drag

    pure function phase_speeds() result(speed)

        !! Of all waves [m s-1].
        real(dp), allocatable :: speed(:)

        integer :: k, n

        n = 0
        if (waves%spacing > 0.0_dp) n = nint((waves%fastest - waves%slowest)/waves%spacing) + 1
        speed = [(waves%slowest + waves%spacing*k, k=0, n - 1)]
        speed = [-speed, speed]

    end function phase_speeds

    pure function flux_of(speed, total, width, height, u) result(flux)

        !! F, positive upward for eastward momentum [m2 s-2] (level).
        real(dp), intent(in) :: speed(:) !! [m s-1] (wave)
        real(dp), intent(in) :: total !! Of the absolute fluxes at the source [Pa]
        real(dp), intent(in) :: width !! [m s-1]
        real(dp), intent(in) :: height(:), u(:) !! [m], [m s-1] (level)
        real(dp) :: flux(size(u))

        real(dp), dimension(size(u)) :: attenuation, depth
        real(dp) :: amplitude(size(speed)), damping(size(u)), wavenumber
        integer :: k, n

        amplitude = sign(exp(-log(2.0_dp)*(speed/width)**2), speed)
        amplitude = amplitude*total/(waves%source_density*sum(abs(amplitude)))
        wavenumber = 2.0_dp*pi*waves%wavenumber/equator
        damping = waves%buoyancy_frequency*damping_of(height)/wavenumber
        flux = 0.0_dp
        depth(1) = 0.0_dp
        do n = 1, size(speed)
            attenuation = damping/max((speed(n) - u)**2, critical)
            do k = 2, size(u)
                depth(k) = depth(k - 1) + 0.5_dp*(height(k) - height(k - 1))*(attenuation(k - 1) &
                      & + attenuation(k))
            end do
            flux = flux + amplitude(n)*exp(-depth)
        end do

    end function flux_of

    elemental real(dp) function damping_of(height)
        !! Newtonian cooling at a height [s-1].
        real(dp), intent(in) :: height !! [m]

        damping_of = least_damping + (most_damping - least_damping)*(height - damping_bottom) &
                                      & /(damping_top - damping_bottom)
        damping_of = min(damping_of, most_damping)/seconds_per_day

    end function damping_of

end module qbo_waves
