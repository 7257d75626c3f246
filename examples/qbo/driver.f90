program driver

    !! The quasi-biennial oscillation in one column: a host of gwparam that runs for a century.
    !!
    !! Everything is set in qbo.nml. The namelist gwparam_nml there says what drives: the waves of
    !! this host (mode = 'native'), or a network in their place.

    use gwparam, only: dp
    use gwparam_coupling, only: gwparam_coupling_settings_t
    use qbo_forcing, only: drawn_forcing, recorded_forcing
    use qbo_testbed, only: column_t, isothermal_column, testbed_t
    use qbo_waves, only: waves, waves_t
    use wind_file, only: wind_file_t
    implicit none(type, external)

    character(len=*), parameter :: filename_of_namelist = "qbo.nml"
    integer, parameter :: days_per_year = 360

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
    call file%write_day(1, testbed%u)
    do day = 2, days
        call testbed%advance(flux(:,day - 1), width(:,day - 1), stat, errmsg)
        call stop_on_error
        if (all(testbed%stopped > 0)) exit
        call file%write_day(day, testbed%u)
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
            error stop
        end if
        close (lun)
        waves = waves_t(slowest=slowest, fastest=fastest, spacing=spacing_of_speeds, &
                        & wavenumber=wavenumber)
        settings%restart = "off"
        call settings%read_namelist(file=filename_of_namelist, stat=stat, errmsg=errmsg)
        call stop_on_error

    end subroutine read_namelists

    subroutine say_how_it_ended

        integer :: n

        do n = 1, columns
            if (testbed%stopped(n) > 0) print "(a, i0, a, f0.0, a, i0)", "column ", n, &
                & ": unstable, the wind passed ", wind_limit, " m s-1 on day ", testbed%stopped(n)
        end do
        print "(i0, a, i0, a)", days, " days of ", columns, " columns"

    end subroutine say_how_it_ended

    subroutine stop_on_error

        if (stat == 0) return
        print "(2a)", "qbo: ", trim(errmsg)
        error stop

    end subroutine stop_on_error

end program driver
