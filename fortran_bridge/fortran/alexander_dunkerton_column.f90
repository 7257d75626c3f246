module alexander_dunkerton_column

    !! One column of the gravity-wave drag of Alexander and Dunkerton (1999): the state that the
    !! waves meet, and the tendency that follows from where they end.

    use alexander_dunkerton_setup, only: ad99_setup_t, degrees
    use gwparam_kinds, only: dp
    implicit none(type, external)
    private

    real(dp), parameter :: gravity = 9.80_dp  ! [m s-2]
    real(dp), parameter :: gas_constant = 287.04_dp  ! Dry air [J kg-1 K-1]
    real(dp), parameter :: heat_capacity = gas_constant/(2.0_dp/7.0_dp)  ! [J kg-1 K-1]
    real(dp), parameter :: least_stability = 2.5e-5_dp  ! Floor of N2 [s-2]

    type, public :: ad99_column_t
        !! Everything that the scheme works out in one column for one wind component.
        !!
        !! Levels run from 1, the top, to the source level; level 0 is the ghost above the top, and
        !! layer k lies between levels k and k + 1. What lies below the source level is undefined.
        integer :: source_level = 0 !! Where the waves start
        logical :: tropical = .false. !! Whether the tropical spectrum is used
        real(dp) :: source_amplitude = 0.0_dp !! Absolute stress at the source [Pa]
        real(dp), allocatable :: density(:) !! [kg m-3] (0:nlev)
        real(dp), allocatable :: height(:) !! [m] (0:nlev)
        real(dp), allocatable :: buoyancy_frequency(:) !! [s-1] (0:nlev)
        real(dp), allocatable :: layer_depth(:) !! [m] (0:nlev - 1)
        real(dp), allocatable :: layer_density(:) !! Geometric mean of the two levels (0:nlev - 1)
        real(dp), allocatable :: level_mass(:) !! Air that belongs to a full level [kg m-2] (nlev)
        real(dp), allocatable :: breaking_threshold(:,:) !! [s m-1] (0:nlev - 1, wavelength)
        real(dp), allocatable :: reflection_frequency(:,:) !! [s-1] (0:nlev - 1, wavelength)
        real(dp), allocatable :: wind(:) !! [m s-1] (0:nlev)
        real(dp), allocatable :: phase_speed(:) !! Ground-relative [m s-1] (wave)
        real(dp), allocatable :: source(:) !! Source spectrum, signed [m2 s-2] (wave)
        real(dp), allocatable :: source_sum(:) !! Of the absolute spectrum [m2 s-2] (wavelength)
        real(dp), allocatable :: intermittency(:) !! Share of time with waves [1] (wavelength)
        integer, allocatable :: fate(:,:) !! ad99_lid ... ad99_stagnant (wave, wavelength)
        integer, allocatable :: fate_level(:,:) !! Level where it ended (wave, wavelength)
        real(dp), allocatable :: deposited(:,:) !! Signed spectrum [m2 s-2] (0:nlev, wavelength)
        real(dp), allocatable :: work(:,:) !! Times intrinsic speed [m3 s-3] (0:nlev, wavelength)
    end type ad99_column_t

    public :: allocate_column, column_tendency, prepare_column

contains

    pure subroutine allocate_column(column, setup)

        !! Make room for the columns of one grid.
        type(ad99_column_t), intent(out) :: column
        type(ad99_setup_t), intent(in) :: setup

        associate (nlev => setup%nlev, nk => setup%settings%nk, n => size(setup%phase_speed))
            allocate (column%density(0:nlev), column%height(0:nlev), column%wind(0:nlev))
            allocate (column%buoyancy_frequency(0:nlev), column%level_mass(nlev))
            allocate (column%layer_depth(0:nlev - 1), column%layer_density(0:nlev - 1))
            allocate (column%breaking_threshold(0:nlev - 1,nk))
            allocate (column%reflection_frequency(0:nlev - 1,nk))
            allocate (column%source(n), column%source_sum(nk), column%intermittency(nk))
            allocate (column%fate(n, nk), column%fate_level(n, nk))
            allocate (column%deposited(0:nlev,nk), column%work(0:nlev,nk))
        end associate
        column%phase_speed = setup%phase_speed

    end subroutine allocate_column

    pure subroutine prepare_column(column, setup, row, latitude, pressure, height, temperature, &
                                   & half_pressure)

        !! Work out what both wind components share. Reads nothing below level source_level + 1.
        type(ad99_column_t), intent(inout) :: column
        type(ad99_setup_t), intent(in) :: setup
        integer, intent(in) :: row !! Row of the set-up that the column belongs to
        real(dp), intent(in) :: latitude !! Of the grid [rad]
        real(dp), intent(in) :: pressure(:), height(:), temperature(:) !! [Pa], [m], [K] (level)
        real(dp), intent(in), optional :: half_pressure(:) !! Between the levels [Pa] (level + 1)

        real(dp) :: lapse, stability
        integer :: j, k, s

        s = setup%source_level(row)
        column%source_level = s
        column%source_amplitude = setup%source_amplitude(row)
        column%tropical = setup%settings%dphis <= degrees(latitude) .and. degrees(latitude) &
            & <= setup%settings%dphin

        associate (rho => column%density, z => column%height, n => column%buoyancy_frequency, &
                   & dz => column%layer_depth)
            do k = 1, s + 1
                z(k) = height(k)
                rho(k) = pressure(k)/(temperature(k)*gas_constant)
            end do
            do k = 1, s
                lapse = (temperature(max(k - 1, 1)) - temperature(k + 1))/(height(max(k - 1, &
                         & 1)) - height(k + 1))
                stability = (gravity/temperature(k))*(lapse + gravity/heat_capacity)
                n(k) = sqrt(max(stability, least_stability))
            end do
            z(0) = z(1) + z(1) - z(2)
            rho(0) = rho(1)*rho(1)/rho(2)
            n(0) = n(1)
            do k = 0, s
                dz(k) = z(k) - z(k + 1)
                column%layer_density(k) = sqrt(rho(k)*rho(k + 1))
            end do
            do j = 1, setup%settings%nk
                call find_thresholds(setup%wavenumber(j), rho(0:s + 1), n(0:s), dz(0:s), &
                                     & column%breaking_threshold(0:s,j), &
                                     & column%reflection_frequency(0:s,j))
            end do
        end associate

        if (present(half_pressure)) then
            column%level_mass(:s) = (half_pressure(2:s + 1) - half_pressure(:s))/gravity
        else
            column%level_mass(1) = 0.5_dp*(pressure(1) + pressure(2))/gravity
            column%level_mass(2:s) = 0.5_dp*(pressure(3:s + 1) - pressure(:s - 1))/gravity
        end if

    end subroutine prepare_column

    pure subroutine find_thresholds(wavenumber, rho, n, dz, threshold, frequency)

        !! Where waves of one wavelength break and where they are reflected.
        real(dp), intent(in) :: wavenumber !! [rad m-1]
        real(dp), intent(in) :: rho(0:), n(0:), dz(0:) !! To the source level, rho to one below
        real(dp), intent(out) :: threshold(0:), frequency(0:) !! [s m-1], [s-1]

        real(dp) :: inverse_depth, square
        integer :: k, s

        s = ubound(n, 1)
        square = wavenumber*wavenumber
        do k = 0, s
            ! Of the density, hence never a division by zero in an isopycnal layer.
            inverse_depth = log(rho(k)/rho(k + 1))/dz(k)
            threshold(k) = 0.5_dp*(rho(k)/rho(s))*wavenumber/n(k)
            frequency(k) = sqrt((n(k)*n(k)*square)/(square + 0.25_dp*inverse_depth*inverse_depth))
        end do

    end subroutine find_thresholds

    pure subroutine column_tendency(column, setup, tendency, diffusivity)

        !! Turn the deposited stress into a wind tendency, and into an eddy diffusivity.
        type(ad99_column_t), intent(in) :: column
        type(ad99_setup_t), intent(in) :: setup
        real(dp), intent(out) :: tendency(:) !! [m s-2] (level), 0 below the source level
        real(dp), intent(out), optional :: diffusivity(:) !! [m2 s-1] (level), likewise

        real(dp) :: layer(0:setup%nlev), n_squared
        integer :: j, k, s

        s = column%source_level
        tendency = 0.0_dp
        if (present(diffusivity)) diffusivity = 0.0_dp
        do j = 1, setup%settings%nk
            do k = 0, s - 1
                layer(k) = (column%density(s)/column%layer_density(k))*column%deposited(k, &
                      & j)*column%intermittency(j)/column%layer_depth(k)
            end do
            call add_to_levels(column, setup, layer, tendency)

            if (.not. present(diffusivity)) cycle
            do k = 0, s - 1
                n_squared = column%buoyancy_frequency(k)*column%buoyancy_frequency(k)
                layer(k) = (column%density(s)/column%layer_density(k))*column%work(k, &
                      & j)*column%intermittency(j)/(column%layer_depth(k)*n_squared)
            end do
            call add_to_levels(column, setup, layer, diffusivity)
        end do

    end subroutine column_tendency

    pure subroutine add_to_levels(column, setup, layer, level)

        !! Add to full levels what happens in the layers between them.
        type(ad99_column_t), intent(in) :: column
        type(ad99_setup_t), intent(in) :: setup
        real(dp), intent(inout) :: layer(0:) !! Per layer; that of the source level becomes 0
        real(dp), intent(inout) :: level(:) !! Per full level

        real(dp) :: lid, mass(0:column%source_level)
        integer :: k, n_lid, s

        s = column%source_level
        n_lid = size(setup%lid_profile)
        layer(s) = 0.0_dp
        lid = 0.0_dp
        mass(:) = column%layer_density(:s)*column%layer_depth(:s)

        if (setup%settings%mass_weighted_levels) then
            level(1) = level(1) + 0.5_dp*mass(1)*layer(1)/column%level_mass(1)
            do k = 2, s
                level(k) = level(k) + 0.5_dp*(mass(k)*layer(k) + mass(k - 1)*layer(k - 1)) &
                      & /column%level_mass(k)
            end do
        else
            level(1) = level(1) + 0.5_dp*layer(1)
            do k = 2, s
                level(k) = level(k) + 0.5_dp*(layer(k) + layer(k - 1))
            end do
        end if

        if (n_lid == 0) return
        if (setup%settings%mass_weighted_lid) then
            lid = mass(0)*layer(0)/sum(setup%lid_profile*column%level_mass(:n_lid))
        else
            lid = layer(0)/sum(setup%lid_profile)
        end if
        level(:n_lid) = level(:n_lid) + lid*setup%lid_profile

    end subroutine add_to_levels

end module alexander_dunkerton_column
