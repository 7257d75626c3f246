module alexander_dunkerton_waves

    !! The waves of the gravity-wave drag of Alexander and Dunkerton (1999) in one column.
    !!
    !! A wave is launched at the source level and climbs until it breaks, meets a critical level, is
    !! reflected or reaches the lid; there all its stress is deposited at once, or lost.
    !!
    !! Source: Alexander, M. J., and T. J. Dunkerton (1999): A spectral parameterization of
    !! mean-flow forcing due to breaking gravity waves. J. Atmos. Sci. 56, 4167-4182; as in MiMA.

    use alexander_dunkerton_column, only: ad99_column_t
    use alexander_dunkerton_setup, only: ad99_setup_t
    use gwparam_kinds, only: dp
    implicit none(type, external)
    private

    integer, parameter, public :: ad99_lid = 1 !! Reached the lid, deposited there
    integer, parameter, public :: ad99_breaking = 2 !! Broke; lost if at the source level
    integer, parameter, public :: ad99_critical = 3 !! Met a critical level, deposited there
    integer, parameter, public :: ad99_reflected = 4 !! Reflected, lost
    integer, parameter, public :: ad99_stagnant = 5 !! Met a wind of exactly its phase speed, lost

    public :: sweep_column

contains

    pure subroutine sweep_column(column, setup, wind)

        !! Launch the waves into one wind component and follow each to its end.
        !!
        !! `source_sum` is 0 if there is nothing to launch, which the caller must treat as an error.
        type(ad99_column_t), intent(inout) :: column
        type(ad99_setup_t), intent(in) :: setup
        real(dp), intent(in) :: wind(:) !! [m s-1] (level), read down to the source level

        real(dp) :: stress
        integer :: j, n, n_down, s
        logical :: falls_off

        s = column%source_level
        n = size(column%source)
        n_down = count(column%phase_speed <= wind(s))
        falls_off = column%tropical .or. setup%settings%flag == 0
        column%wind(1:s) = wind(:s)
        column%wind(0) = 2.0_dp*wind(1) - wind(2)
        call launch(column, setup, wind(s))

        do j = 1, setup%settings%nk
            call sweep(n_down, -1.0_dp, column%phase_speed, column%source, s, column%wind, &
                       & column%breaking_threshold(:,j), column%reflection_frequency(:,j), &
                       & setup%wavenumber(j), falls_off, column%fate_level(:,j))
            call sweep(n - n_down, 1.0_dp, column%phase_speed(n_down + 1:), &
                       & column%source(n_down + 1:), s, column%wind, column%breaking_threshold(:, &
                       & j), column%reflection_frequency(:,j), setup%wavenumber(j), falls_off, &
                       & column%fate_level(n_down + 1:,j))
            call find_fates(n, n_down, column%phase_speed, s, column%wind, &
                            & column%reflection_frequency(:,j), setup%wavenumber(j), &
                            & column%fate_level(:,j), column%fate(:,j))
            call deposit(n, merge(ad99_stagnant, ad99_critical, &
                         & setup%settings%deposit_reflected), column%phase_speed, column%source, &
                         & s, column%wind, column%fate(:,j), column%fate_level(:,j), &
                         & column%deposited(:,j), column%work(:,j))

            column%intermittency(j) = 0.0_dp
            if (setup%settings%launch_full_stress) then
                column%source_sum(j) = sum(abs(column%source), mask=column%fate_level(:,j) < s)
            else
                column%source_sum(j) = sum(abs(column%source))
            end if
            if (column%source_sum(j) > 0.0_dp) then
                stress = column%source_amplitude/setup%settings%nk
                column%intermittency(j) = stress/column%source_sum(j)/column%density(s)
            end if
        end do

    end subroutine sweep_column

    pure subroutine launch(column, setup, source_wind)

        !! The source spectrum: Gaussians in phase speed, of the sign of the intrinsic one.
        type(ad99_column_t), intent(inout) :: column
        type(ad99_setup_t), intent(in) :: setup
        real(dp), intent(in) :: source_wind !! [m s-1]

        real(dp), parameter :: ln2 = log(2.0_dp)
        real(dp) :: centre, down, width
        integer :: n

        associate (settings => setup%settings, tropical => column%tropical, &
                   & speed => column%phase_speed)
            centre = merge(source_wind, 0.0_dp, tropical .or. settings%flag == 0)
            width = merge(settings%cwtropics, settings%cw, tropical)
            down = merge(-settings%kelvin_kludge, -1.0_dp, tropical)
            do n = 1, size(speed)
                column%source(n) = settings%bw*exp(-ln2*((speed(n) - centre)/width)**2)
            end do
            if (settings%bn > 0.0_dp .and. .not. tropical) then
                do n = 1, size(speed)
                    column%source(n) = column%source(n) + settings%bn*exp(-ln2*((speed(n) &
                                  & - centre)/settings%cn)**2)
                end do
            end if
            do n = 1, size(speed)
                if (speed(n) < source_wind) then
                    column%source(n) = down*column%source(n)
                else if (speed(n) <= source_wind) then
                    column%source(n) = 0.0_dp
                else
                    exit
                end if
            end do
        end associate

    end subroutine launch

    pure subroutine sweep(n_waves, direction, phase_speed, source, s, wind, threshold, frequency, &
                          & wavenumber, falls_off, end_level)

        !! Follow the waves of one sign of intrinsic phase speed from the source level upwards.
        !!
        !! A wave lives on at a level if it still moves through the air as it did at the source,
        !! slowly enough not to be reflected and fast enough not to break. The slowest meet critical
        !! levels and the fastest are reflected, so these tests can stop, from either end, at the
        !! first wave that lives on; so can the test for breaking, if the spectrum falls off with
        !! intrinsic speed.
        integer, intent(in) :: n_waves
        real(dp), intent(in) :: direction !! Sign of the intrinsic phase speed at the source
        real(dp), intent(in) :: phase_speed(n_waves) !! Ascending [m s-1]
        real(dp), intent(in) :: source(n_waves) !! Spectrum [m2 s-2]
        integer, intent(in) :: s !! Source level
        real(dp), intent(in) :: wind(0:s) !! [m s-1]
        real(dp), intent(in) :: threshold(0:s) !! For breaking [s m-1]
        real(dp), intent(in) :: frequency(0:s) !! For reflection [s-1]
        real(dp), intent(in) :: wavenumber !! [rad m-1]
        logical, intent(in) :: falls_off !! Whether the spectrum does so
        integer, intent(out) :: end_level(n_waves) !! Where each wave ends; 0 is the lid

        real(dp) :: speed
        integer :: first, k, last, n

        end_level(:) = 0
        first = 1
        last = n_waves
        do k = s, 1, -1
            do first = first, last
                if (end_level(first) > 0) cycle
                speed = direction*(phase_speed(first) - wind(k))
                if (lives(speed, abs(source(first)))) exit
                end_level(first) = k
            end do
            do last = last, first, -1
                if (end_level(last) > 0) cycle
                speed = direction*(phase_speed(last) - wind(k))
                if (lives(speed, abs(source(last)))) exit
                end_level(last) = k
            end do
            if (first > last) exit
            if (falls_off) cycle
            do n = first + 1, last - 1
                speed = direction*(phase_speed(n) - wind(k))
                if (end_level(n) > 0) cycle
                if (abs(source(n)) >= threshold(k)*(speed*speed*speed)) end_level(n) = k
            end do
        end do

    contains

        pure logical function lives(speed, strength)

            real(dp), intent(in) :: speed, strength

            lives = speed > 0.0_dp .and. speed*wavenumber < frequency(k) &
                & .and. strength < threshold(k)*(speed*speed*speed)

        end function lives

    end subroutine sweep

    pure subroutine find_fates(n_waves, n_down, phase_speed, s, wind, frequency, wavenumber, &
                               & end_level, fate)

        !! Why each wave ended where it did.
        integer, intent(in) :: n_waves
        integer, intent(in) :: n_down !! Number of waves with an intrinsic speed of at most 0
        real(dp), intent(in) :: phase_speed(n_waves) !! Ascending [m s-1]
        integer, intent(in) :: s !! Source level
        real(dp), intent(in) :: wind(0:s) !! [m s-1]
        real(dp), intent(in) :: frequency(0:s) !! For reflection [s-1]
        real(dp), intent(in) :: wavenumber !! [rad m-1]
        integer, intent(in) :: end_level(n_waves)
        integer, intent(out) :: fate(n_waves)

        real(dp) :: speed
        integer :: k, n

        do n = 1, n_waves
            k = end_level(n)
            speed = phase_speed(n) - wind(k)
            if (abs(speed) <= 0.0_dp) then
                fate(n) = ad99_stagnant
            else if (abs(speed)*wavenumber >= frequency(k)) then
                fate(n) = ad99_reflected
            else if (k == 0) then
                fate(n) = ad99_lid
            else if ((speed > 0.0_dp) .eqv. (n <= n_down)) then
                fate(n) = ad99_critical
            else
                fate(n) = ad99_breaking
            end if
        end do

    end subroutine find_fates

    pure subroutine deposit(n_waves, last_fate, phase_speed, source, s, wind, fate, end_level, &
                            & deposited, work)

        !! Add up at each level the waves that give their stress to the flow there.
        integer, intent(in) :: n_waves
        integer, intent(in) :: last_fate !! Largest fate of a wave that is deposited
        real(dp), intent(in) :: phase_speed(n_waves) !! [m s-1]
        real(dp), intent(in) :: source(n_waves) !! Spectrum [m2 s-2]
        integer, intent(in) :: s !! Source level
        real(dp), intent(in) :: wind(0:s) !! [m s-1]
        integer, intent(in) :: fate(n_waves), end_level(n_waves)
        real(dp), intent(out) :: deposited(0:s), work(0:s)

        integer :: k, n

        deposited(:) = 0.0_dp
        work(:) = 0.0_dp
        do n = 1, n_waves
            k = end_level(n)
            if (k == s .or. fate(n) > last_fate) cycle
            deposited(k) = deposited(k) + source(n)
            work(k) = work(k) + (phase_speed(n) - wind(k))*source(n)
        end do

    end subroutine deposit

end module alexander_dunkerton_waves
