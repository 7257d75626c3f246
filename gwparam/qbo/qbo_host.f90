module qbo_host

    !! The host of examples/qbo behind C, for gwparam.qbo.host: one at a time, for its waves are
    !! those of the process.

    use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_double, c_f_pointer, c_int, &
        & c_loc, c_null_char, c_null_ptr, c_ptr
    use alexander_dunkerton, only: ad99_settings_t
    use gwparam, only: dp, gwparam_err_argument, gwparam_ok
    use gwparam_coupling, only: gwparam_coupling_settings_t
    use gwparam_text, only: from_c
    use qbo_testbed, only: column_t, testbed_t
    use qbo_waves, only: waves, waves_t
    implicit none(type, external)
    private

    integer, parameter :: message_length = 1024
    integer, parameter :: most_characters = 8192 !! Of a namelist

    type, bind(c) :: setup_t
        !! gwparam_qbo_setup of host.py; profiles have `levels` values, the bottom first.
        integer(c_int) :: columns, levels, lowest, leaps, has_own_waves
        real(c_double) :: semiannual, step, wind_limit
        real(c_double) :: slowest, fastest, spacing, wavenumber, source_density
        type(c_ptr) :: height, pressure, temperature, wind, upwelling, diffusivity, relaxation
        type(c_ptr) :: half_pressure !! One more; null: unknown
    end type setup_t

    type :: host_t
        type(testbed_t) :: testbed
        type(waves_t) :: waves
    end type host_t

contains

    integer(c_int) function gwparam_qbo_open(setup, drives, native, host, &
            & message) bind(c) result(status)

        !! Set columns up; `host` is null on failure.
        type(setup_t), intent(in) :: setup
        character(kind=c_char), intent(in) :: drives(most_characters)
        !! Group gwparam_nml, up to a NUL
        character(kind=c_char), intent(in) :: native(most_characters)
        !! Group ad99_nml, of the shipped native scheme
        type(c_ptr), intent(out) :: host
        character(kind=c_char), intent(inout) :: message(message_length)

        character(len=message_length) :: errmsg
        type(column_t) :: column
        type(gwparam_coupling_settings_t) :: settings
        type(host_t), pointer :: made
        integer :: stat

        host = c_null_ptr
        errmsg = ""
        call read_settings(drives, native, settings, stat, errmsg)
        if (stat == gwparam_ok) then
            allocate (made)
            made%waves = waves_t(slowest=setup%slowest, fastest=setup%fastest, &
                                 & spacing=setup%spacing, wavenumber=setup%wavenumber, &
                                 & source_density=setup%source_density)
            call take_column(setup, column)
            call made%testbed%init(column, int(setup%columns), settings, stat, errmsg)
            if (stat == gwparam_ok) then
                host = c_loc(made)
            else
                call made%testbed%free()
                deallocate (made)
            end if
        end if
        status = stat
        call give(errmsg, message)

    end function gwparam_qbo_open

    subroutine read_settings(drives, native, settings, stat, errmsg)

        !! What drives, and how the shipped native scheme is set.
        character(kind=c_char), intent(in) :: drives(:), native(:)
        type(gwparam_coupling_settings_t), intent(inout) :: settings
        integer, intent(out) :: stat
        character(len=*), intent(inout) :: errmsg

        character(len=:), allocatable :: group
        type(ad99_settings_t) :: ad99
        integer :: io

        namelist /ad99_nml/ ad99

        ad99 = ad99_settings_t()
        call from_c(native, group)
        read (group, nml=ad99_nml, iostat=io, iomsg=errmsg)
        stat = gwparam_err_argument
        if (io /= 0) return
        settings%native = ad99
        settings%restart = "off"
        call from_c(drives, group)
        call settings%read_namelist(record=group, stat=stat, errmsg=errmsg)

    end subroutine read_settings

    subroutine take_column(setup, column)

        !! Profiles from C.
        type(setup_t), intent(in) :: setup
        type(column_t), intent(inout) :: column

        column%height = profile(setup%height, setup%levels)
        column%pressure = profile(setup%pressure, setup%levels)
        column%temperature = profile(setup%temperature, setup%levels)
        column%wind = profile(setup%wind, setup%levels)
        column%upwelling = profile(setup%upwelling, setup%levels)
        column%diffusivity = profile(setup%diffusivity, setup%levels)
        column%relaxation = profile(setup%relaxation, setup%levels)
        if (c_associated(setup%half_pressure)) then
            column%half_pressure = profile(setup%half_pressure, setup%levels + 1)
        end if
        column%lowest = setup%lowest
        column%semiannual = setup%semiannual
        column%step = setup%step
        column%leaps = setup%leaps /= 0
        column%wind_limit = setup%wind_limit
        column%has_own_waves = setup%has_own_waves /= 0

    end subroutine take_column

    function profile(values, n) result(copied)

        type(c_ptr), intent(in) :: values
        integer(c_int), intent(in) :: n
        real(dp) :: copied(n)

        real(c_double), pointer :: there(:)

        call c_f_pointer(values, there, [n])
        copied = there

    end function profile

    integer(c_int) function gwparam_qbo_run(host, days, steps, flux, width, wind, done, stopped, &
            & message) bind(c) result(status)

        !! Run on for some days; on failure `done` says how many were whole.
        type(c_ptr), value, intent(in) :: host
        integer(c_int), value, intent(in) :: days
        integer(c_int), value, intent(in) :: steps !! Of time in a day
        type(c_ptr), value, intent(in) :: flux, width !! [Pa], [m s-1] (column, day)
        type(c_ptr), value, intent(in) :: wind
        !! At the end of each day [m s-1] (column, level, day)
        integer(c_int), intent(out) :: done
        type(c_ptr), value, intent(in) :: stopped
        !! Step that led beyond the limit, 0: none (column)
        character(kind=c_char), intent(inout) :: message(message_length)

        character(len=message_length) :: errmsg
        type(host_t), pointer :: its
        integer(c_int), pointer :: limits(:)
        real(c_double), pointer :: fluxes(:,:), widths(:,:), winds(:,:,:)
        integer :: columns, levels, n, stat

        call c_f_pointer(host, its)
        columns = size(its%testbed%u, 1)
        levels = size(its%testbed%u, 2)
        call c_f_pointer(flux, fluxes, [columns, int(days)])
        call c_f_pointer(width, widths, [columns, int(days)])
        call c_f_pointer(wind, winds, [columns, levels, int(days)])
        call c_f_pointer(stopped, limits, [columns])
        waves = its%waves
        errmsg = ""
        stat = gwparam_ok
        done = 0
        do while (done < days .and. stat == gwparam_ok)
            do n = 1, steps
                call its%testbed%advance(fluxes(:,done + 1), widths(:,done + 1), stat, errmsg)
                if (stat /= gwparam_ok) exit
            end do
            if (stat /= gwparam_ok) exit
            done = done + 1
            winds(:,:,done) = its%testbed%u
        end do
        limits = its%testbed%stopped
        status = stat
        call give(errmsg, message)

    end function gwparam_qbo_run

    integer(c_int) function gwparam_qbo_needs(host, name) bind(c) result(needs)
        !! 1 if the network has an input, else 0.
        type(c_ptr), value, intent(in) :: host
        character(kind=c_char), intent(in) :: name(message_length) !! Up to a NUL

        character(len=:), allocatable :: its_name
        type(host_t), pointer :: its

        call c_f_pointer(host, its)
        call from_c(name, its_name)
        needs = merge(1, 0, its%testbed%needs(its_name))

    end function gwparam_qbo_needs

    subroutine gwparam_qbo_close(host) bind(c)

        !! Give all back.
        type(c_ptr), value, intent(in) :: host

        type(host_t), pointer :: its

        call c_f_pointer(host, its)
        call its%testbed%free()
        deallocate (its)

    end subroutine gwparam_qbo_close

    subroutine give(errmsg, message)

        !! A text to C.
        character(len=*), intent(in) :: errmsg
        character(kind=c_char), intent(inout) :: message(:)

        integer :: i

        message = c_null_char
        do i = 1, min(len_trim(errmsg), size(message) - 1)
            message(i) = errmsg(i:i)
        end do

    end subroutine give

end module qbo_host
