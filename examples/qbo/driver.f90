program driver

    !! The quasi-biennial oscillation in one column: a host of gwparam that runs for a century.
    !!
    !! Everything is set in qbo.nml. The namelist gwparam_nml there says what drives: the waves of
    !! this host (mode = 'native'), or a network in their place.

    use, intrinsic :: ieee_arithmetic, only: ieee_is_finite
    use gwparam, only: dp
    use gwparam_coupling, only: gwparam_coupling_settings_t
    use qbo_forcing, only: drawn_forcing, recorded_forcing
    use qbo_testbed, only: column_t, isothermal_column, testbed_t
    use qbo_waves, only: waves, waves_t
    use wind_file, only: wind_file_t
    implicit none(type, external)

    character(len=*), parameter :: filename_of_namelist = "qbo.nml"
    integer, parameter :: days_per_year = 360
    real(dp), parameter :: largest = 1.0e9_dp !! Of an item that is only to be finite

    ! Items of qbo_nml, which qbo.nml explains.
    integer :: years = 108, columns = 1, seed = 1, levels = 73
    real(dp) :: bottom = 17.0e3_dp, spacing = 250.0_dp, temperature = 204.0_dp
    real(dp) :: upwelling = 3.0e-4_dp, diffusivity = 0.3_dp, first_jet = 14.0_dp
    real(dp) :: semiannual = 0.0_dp, wind_limit = 300.0_dp
    real(dp) :: source_flux = 3.7e-3_dp, source_flux_variance = 1.0e-8_dp
    real(dp) :: spectral_width = 32.0_dp, spectral_width_variance = 225.0_dp
    real(dp) :: correlation = 0.75_dp
    character(len=512) :: forcing = "", output = "wind.nc"
    namelist /qbo_nml/ years, columns, seed, levels, bottom, spacing, temperature, upwelling, &
        & diffusivity, first_jet, semiannual, wind_limit, source_flux, source_flux_variance, &
        & spectral_width, spectral_width_variance, correlation, forcing, output

    type(column_t) :: column
    type(gwparam_coupling_settings_t) :: settings
    type(testbed_t) :: testbed
    type(wind_file_t) :: file
    real(dp), allocatable, dimension(:,:) :: flux, width
    character(len=512) :: errmsg
    integer :: day, days, stat

    call read_namelists
    days = years*days_per_year
    allocate (flux(columns, days), width(columns, days))
    if (forcing == "") then
        call drawn_forcing([source_flux, spectral_width], [source_flux_variance, &
                           & spectral_width_variance], correlation, seed, flux, width)
    else
        call recorded_forcing(trim(forcing), flux, width)
    end if
    call isothermal_column(column, levels, bottom, spacing, temperature, upwelling, diffusivity, &
                           & first_jet)
    column%semiannual = semiannual
    column%wind_limit = wind_limit
    call testbed%init(column, columns, settings, stat, errmsg)
    call stop_on_error
    call file%create(trim(output), column%height, columns, days)
    call file%write_day(1, testbed%u, testbed%stopped > 0)
    do day = 2, days
        call testbed%advance(flux(:,day - 1), width(:,day - 1), stat, errmsg)
        call stop_on_error
        if (all(testbed%stopped > 0)) exit
        call file%write_day(day, testbed%u, testbed%stopped > 0)
    end do
    call file%close
    call say_how_it_ended
    call testbed%free

contains

    subroutine read_namelists

        integer :: io, lun
        character(len=256) :: message
        real(dp) :: slowest, fastest, spacing_of_speeds, wavenumber

        namelist /waves_nml/ slowest, fastest, spacing_of_speeds, wavenumber
        slowest = waves%slowest
        fastest = waves%fastest
        spacing_of_speeds = waves%spacing
        wavenumber = waves%wavenumber
        open (newunit=lun, file=filename_of_namelist, status="old", action="read", iostat=io, &
              & iomsg=message)
        if (io == 0) read (lun, nml=qbo_nml, iostat=io, iomsg=message)
        if (io == 0) rewind (lun)
        if (io == 0) read (lun, nml=waves_nml, iostat=io, iomsg=message)
        if (io /= 0) then
            print "(2a)", "qbo: qbo.nml: ", trim(message)
            stop 1
        end if
        close (lun)
        call check_items
        call check_within("slowest", slowest, tiny(0.0_dp), largest)
        call check_within("fastest", fastest, slowest, 1000.0_dp)
        call check_within("spacing_of_speeds", spacing_of_speeds, 1.0e-3_dp, largest)
        call check_within("wavenumber", wavenumber, tiny(0.0_dp), largest)
        waves = waves_t(slowest=slowest, fastest=fastest, spacing=spacing_of_speeds, &
                        & wavenumber=wavenumber)
        settings%restart = "off"
        call settings%read_namelist(file=filename_of_namelist, stat=stat, errmsg=errmsg)
        call stop_on_error

    end subroutine read_namelists

    subroutine check_items

        !! Whether there can be such a column, and such waves.
        call check_within("years", real(years, dp), 1.0_dp, 10000.0_dp)
        call check_within("columns", real(columns, dp), 1.0_dp, largest)
        call check_within("levels", real(levels, dp), 3.0_dp, largest)
        call check_within("bottom", bottom, 0.0_dp, largest)
        call check_within("spacing", spacing, 1.0_dp, largest)
        call check_within("temperature", temperature, 1.0_dp, 1000.0_dp)
        call check_within("upwelling", upwelling, -largest, largest)
        call check_within("diffusivity", diffusivity, 0.0_dp, largest)
        call check_within("first_jet", first_jet, -largest, largest)
        call check_within("semiannual", semiannual, -largest, largest)
        call check_within("wind_limit", wind_limit, tiny(0.0_dp), largest)
        call check_within("source_flux", source_flux, tiny(0.0_dp), largest)
        call check_within("source_flux_variance", source_flux_variance, 0.0_dp, largest)
        call check_within("spectral_width", spectral_width, tiny(0.0_dp), largest)
        call check_within("spectral_width_variance", spectral_width_variance, 0.0_dp, largest)
        call check_within("correlation", correlation, -1.0_dp, 1.0_dp)

    end subroutine check_items

    subroutine check_within(name, value, low, high)

        !! Stop where an item of qbo.nml is not between two values.
        character(len=*), intent(in) :: name
        real(dp), intent(in) :: value, low, high

        if (ieee_is_finite(value)) then
            if (value >= low .and. value <= high) return
        end if
        print "(3a, g0.6, a, g0.6, a, g0.6)", "qbo: qbo.nml: ", name, " is ", value, &
            & ", expected ", low, " to ", high
        stop 1

    end subroutine check_within

    subroutine say_how_it_ended

        integer :: n

        do n = 1, columns
            if (testbed%stopped(n) > 0) print "(a, i0, a, f0.0, a, i0)", "column ", n, &
                & ": unstable, the wind passed ", wind_limit, " m s-1 on day ", &
                & testbed%stopped(n) + 1
        end do
        print "(i0, a, i0, a)", days, " days of ", columns, " columns"

    end subroutine say_how_it_ended

    subroutine stop_on_error

        if (stat == 0) return
        print "(2a)", "qbo: ", trim(errmsg)
        stop 1

    end subroutine stop_on_error

end program driver
