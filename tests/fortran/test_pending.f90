program test_pending

    !! A result that comes one step late, and a run that goes on in another scheme.

    use gwparam, only: dp, gwparam_pending, gwparam_err_argument, gwparam_err_contract, &
        & gwparam_err_shape, gwparam_guard_ignore, gwparam_guard_keep, gwparam_ok, &
        & gwparam_options_t, gwparam_scheme_t, gwparam_statistics_t, gwparam_top_down
    use tap, only: done, ok
    implicit none(type, external)

    integer, parameter :: nlon = 3, nlat = 4, nlev = 5
    character(len=*), parameter :: dudt_name = "tendency_of_eastward_wind_due_to_gravity_wave_drag"
    character(len=*), parameter :: dvdt_name = "tendency_of_northward_wind_due_to_gravity_wave_drag"
    real(dp), parameter :: pressure(nlev) = [1e3_dp, 1e4_dp, 3e4_dp, 6e4_dp, 9e4_dp]
    real(dp), parameter :: rounding = 1e-17_dp !! Outputs are up to 5e-4
    real(dp), parameter :: untouched = 77

    character(len=512) :: folder
    character(len=512) :: errmsg
    integer :: stat

    call get_command_argument(1, folder)
    call test_without_lag_nothing_is_pending()
    call test_result_of_the_step_before()
    call test_run_goes_on_in_another_scheme()
    call test_kept_columns_stay_kept()
    call test_counters_go_on()
    call test_wrong_fields_are_refused()
    call done()

contains

    subroutine load(scheme, lag, guard)

        type(gwparam_scheme_t), intent(inout) :: scheme
        integer, intent(in) :: lag
        integer, intent(in), optional :: guard
        type(gwparam_options_t) :: options

        options%lag = lag
        options%on_unphysical = gwparam_guard_ignore  ! the surface is at 0 Pa
        if (present(guard)) options%on_limit = guard
        call scheme%load(trim(folder) // "/linear.pt", options)
        call scheme%set_levels(pressure, gwparam_top_down)

    end subroutine load

    function wind(step) result(u)

        !! A different value in every cell of every step.
        integer, intent(in) :: step
        real(dp) :: u(nlon, nlat, nlev)
        integer :: i, j, k

        do k = 1, nlev
            do j = 1, nlat
                u(:,j, k) = [(i + 10*j + 100*k + 0.1_dp*step, i=1, nlon)]
            end do
        end do

    end function wind

    subroutine run(scheme, step, windy)

        type(gwparam_scheme_t), intent(in) :: scheme
        integer, intent(in) :: step
        logical, intent(in), optional :: windy
        real(dp) :: u(nlon, nlat, nlev), surface(nlon, nlat)

        u = wind(step)
        if (present(windy)) u(2, 3, 5) = 60000
        surface = 0.0_dp
        call scheme%put("eastward_wind", u)
        call scheme%put("northward_wind", -2*wind(step))
        call scheme%put("surface_air_pressure", surface)
        call scheme%put("latitude", surface)
        call scheme%run()

    end subroutine run

    logical function gives(scheme, step)

        !! Whether both tendencies are those of the winds of a step.
        type(gwparam_scheme_t), intent(in) :: scheme
        integer, intent(in) :: step
        real(dp) :: dudt(nlon, nlat, nlev), dvdt(nlon, nlat, nlev)

        call scheme%get(dudt_name, dudt)
        call scheme%get(dvdt_name, dvdt)
        gives = all(abs(dudt - 1e-6_dp*wind(step)) <= rounding) .and. all(abs(dvdt &
                    & - 4e-6_dp*wind(step)) <= 10*rounding)

    end function gives

    subroutine hand_over(from, to)

        !! What a host writes to its restart file, and reads.
        type(gwparam_scheme_t), intent(in) :: from, to
        real(dp) :: cube(nlon, nlat, nlev), columns(nlon*nlat, nlev), surface(nlon, nlat)
        real(dp) :: line(nlon*nlat)
        character(len=:), allocatable :: name
        integer :: levels, number

        number = 1
        do
            call from%field(gwparam_pending, number, name, levels=levels)
            if (name == "") exit
            ! Horizontal dimensions are the host's own.
            if (levels > 0 .and. modulo(number, 2) == 1) then
                call from%save(name, cube)
                call to%restore(name, reshape(cube, [nlon*nlat, nlev]))
            else if (levels > 0) then
                call from%save(name, columns)
                call to%restore(name, reshape(columns, [nlon, nlat, nlev]))
            else
                call from%save(name, surface)
                call from%save(name, line)
                call ok(all(abs(line - reshape(surface, [nlon*nlat])) <= 0.0_dp), &
                        & "a field without levels in one and two dimensions")
                call to%restore(name, line)
            end if
            number = number + 1
        end do
        call ok(number == 4, "two tendencies and the guards' marks are pending")

    end subroutine hand_over

    subroutine test_without_lag_nothing_is_pending()

        type(gwparam_scheme_t) :: scheme
        character(len=:), allocatable :: name
        logical :: carries

        call load(scheme, lag=0)
        call run(scheme, 1)
        carries = .true.
        call scheme%synchronise(carries, stat)
        call ok(stat == gwparam_ok .and. .not. carries, "nothing to synchronise without lag")
        call scheme%field(gwparam_pending, 1, name)
        call ok(name == "", "and no field to save")

    end subroutine test_without_lag_nothing_is_pending

    subroutine test_result_of_the_step_before()

        type(gwparam_scheme_t) :: scheme
        logical :: first, again

        call load(scheme, lag=1)
        call run(scheme, 1)
        first = gives(scheme, 1)
        call run(scheme, 2)
        again = gives(scheme, 1)
        call ok(first .and. again, "the first result comes at once, and once more")
        call run(scheme, 3)
        call ok(gives(scheme, 2), "then that of the step before")

    end subroutine test_result_of_the_step_before

    subroutine test_run_goes_on_in_another_scheme()

        type(gwparam_scheme_t) :: first, second
        logical :: carries

        call load(first, lag=1)
        call run(first, 1)
        call run(first, 2)
        call first%synchronise(carries)
        call ok(carries, "a result is on its way")
        call load(second, lag=1)
        call hand_over(first, second)
        call run(second, 3)
        call ok(gives(second, 2), "the result of the run before comes in the next")
        call run(first, 3)
        call ok(gives(first, 2), "saving changes nothing")

    end subroutine test_run_goes_on_in_another_scheme

    subroutine test_kept_columns_stay_kept()

        type(gwparam_scheme_t) :: first, second
        real(dp) :: dudt(nlon, nlat, nlev)
        logical :: kept(nlon, nlat)

        call load(first, lag=1, guard=gwparam_guard_keep)
        call run(first, 1)
        call run(first, 2, windy=.true.)
        call first%synchronise()
        call load(second, lag=1, guard=gwparam_guard_keep)
        call hand_over(first, second)
        call run(second, 3)
        dudt = untouched
        call second%get(dudt_name, dudt)
        kept = .false.
        kept(2, 3) = .true.
        call ok(all(all(abs(dudt - untouched) < rounding, dim=3) .eqv. kept), &
                & "a column that was caught before is the host's own after")

    end subroutine test_kept_columns_stay_kept

    subroutine test_counters_go_on()

        type(gwparam_scheme_t) :: scheme
        type(gwparam_statistics_t) :: counters

        call load(scheme, lag=0)
        counters%runs = 5
        counters%columns = 70
        counters%guarded_columns = 3
        counters%guarded_columns_last_run = 2
        call scheme%restore_statistics(counters)
        call scheme%statistics(counters)
        call ok(counters%guarded_columns_last_run == 2, "the last run is that of the run before")
        call run(scheme, 1)
        call scheme%statistics(counters)
        call ok(counters%runs == 6 .and. counters%columns == 70 + nlon*nlat &
                & .and. counters%guarded_columns == 3 &
                & .and. counters%guarded_columns_last_run == 0, "counters go on")
        call ok(counters%owner == 0 .and. .not. counters%fell_back .and. counters%messages == 0 &
                & .and. counters%message_bytes == 0, "one rank sends no messages")
        call ok(counters%inference_seconds > 0.0_dp, "time in the network is taken")

        counters%columns = -1
        call scheme%restore_statistics(counters, stat, errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "a counter is -1") == 1, &
                & "negative counters are refused")

    end subroutine test_counters_go_on

    subroutine test_wrong_fields_are_refused()

        type(gwparam_scheme_t) :: scheme
        character(len=:), allocatable :: name
        real(dp) :: cube(nlon, nlat, nlev)

        call load(scheme, lag=1)
        cube = untouched
        call scheme%save(dudt_name, cube, stat, errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "nothing is pending") == 1, &
                & "before the first step nothing is pending")
        name = "as it was"
        call scheme%field(gwparam_pending, 0, name, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. name == "as it was", "fields count from 1")
        call run(scheme, 1)
        call scheme%synchronise()
        call scheme%save("latitude", cube, stat, errmsg)
        call ok(stat == gwparam_err_contract .and. index(errmsg, &
                & "latitude is no pending field") == 1, "an input is not pending")
        call scheme%save(dudt_name, cube(:2,:,:), stat, errmsg)
        call ok(stat == gwparam_err_shape .and. index(errmsg, "has 8 columns, expected 12") > 0, &
                & "another number of columns is refused")
        call ok(all(abs(cube - untouched) < rounding), "and the array stays as it was")
        call load(scheme, lag=1)
        call scheme%restore(dudt_name, wind(1), stat, errmsg)
        call scheme%put("eastward_wind", wind(1), stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "was not restored") > 0, &
                & "all fields are restored or none")

    end subroutine test_wrong_fields_are_refused

end program test_pending
