program test_coupling_busy

    !! One object of the coupling and two threads: who comes second is refused.

    use coupling_host, only: dudt, dvdt, lat, lon, p, pressure, ps, read_arguments, start, step, &
        & t, u, v, z
    use gwparam, only: dp, gwparam_err_argument, gwparam_err_busy, gwparam_ok, gwparam_top_down
    use gwparam_coupling, only: gwparam_coupling_settings_t, gwparam_coupling_state_t, &
        & gwparam_coupling_statistics_t, gwparam_coupling_t
    use tap, only: done, ok
    implicit none(type, external)

    character(len=*), parameter :: calls(7) = [character(len=10)::"apply","init", "save", &
              & "blank", "restore", "statistics", "free"]
    real(dp), parameter :: patience = 60.0_dp !! [s]
    integer :: c

    call read_arguments()
    do c = 1, size(calls)
        call test_two_threads(trim(calls(c)))
    end do
    call done()

contains

    subroutine test_two_threads(name)

        !! One thread steps until the other was refused in a call, or the time is out.
        character(len=*), intent(in) :: name

        type(gwparam_coupling_t) :: drag
        type(gwparam_coupling_state_t) :: state
        real(dp) :: expected(size(dudt))
        integer :: refused, steps, unforeseen
        logical :: is_over

        call start(drag, "mode = 'native'")
        call drag%blank(state)
        call drag%apply(1, 1, step, lat, p, z, t, u, v, dudt, dvdt, ps)
        expected = pack(dudt, .true.)
        is_over = .false.
        refused = 0
        steps = 0
        unforeseen = 0
        !$omp parallel sections num_threads(2) shared(drag, is_over, refused, steps, unforeseen)
        !$omp section
        call step_until_over(drag, expected, is_over, steps, unforeseen)
        !$omp section
        call call_until_refused(drag, name, state, is_over, refused, unforeseen)
        !$omp end parallel sections
        call ok(refused > 0, name // " beside apply is refused")
        call ok(unforeseen == 0, "all else is done, and right")
        call drag%free()

    end subroutine test_two_threads

    subroutine step_until_over(drag, expected, is_over, steps, unforeseen)

        !! The thread whose object it is.
        type(gwparam_coupling_t), intent(inout) :: drag
        real(dp), intent(in) :: expected(:)
        logical, intent(inout) :: is_over
        integer, intent(inout) :: steps, unforeseen

        real(dp), dimension(size(dudt, 1), size(dudt, 2), size(dudt, 3)) :: x, y
        integer :: status
        logical :: stops

        do
            !$omp atomic read
            stops = is_over
            if (stops) exit
            x = 0.0_dp
            y = 0.0_dp
            call drag%apply(1, 1, step, lat, p, z, t, u, v, x, y, ps, stat=status)
            if (status == gwparam_ok) then
                steps = steps + 1
                if (any(abs(pack(x, .true.) - expected) > 0.0_dp)) status = 1
            end if
            ! The other one may have freed it.
            if (all(status /= [gwparam_ok, gwparam_err_busy, gwparam_err_argument])) then
                !$omp atomic update
                unforeseen = unforeseen + 1
            end if
        end do

    end subroutine step_until_over

    subroutine call_until_refused(drag, name, state, is_over, refused, unforeseen)

        !! The thread that should have had its own.
        type(gwparam_coupling_t), intent(inout) :: drag
        character(len=*), intent(in) :: name
        type(gwparam_coupling_state_t), intent(in) :: state
        logical, intent(inout) :: is_over
        integer, intent(inout) :: refused, unforeseen

        type(gwparam_coupling_settings_t) :: settings
        type(gwparam_coupling_state_t) :: found
        type(gwparam_coupling_statistics_t) :: counts
        real(dp), dimension(size(dudt, 1), size(dudt, 2), size(dudt, 3)) :: x, y
        integer :: status
        integer(kind=selected_int_kind(18)) :: began, now, rate

        call system_clock(began, rate)
        do
            select case (name)
            case ("apply")
                call drag%apply(1, 1, step, lat, p, z, t, u, v, x, y, ps, stat=status)
            case ("init")  ! it is set up
                call drag%init(settings, pressure, gwparam_top_down, lat, lon, stat=status)
                if (status == gwparam_err_argument) status = gwparam_ok
            case ("save")
                call drag%save(found, status)
            case ("blank")
                call drag%blank(found, status)
            case ("restore")
                call drag%restore(state, stat=status)
            case ("statistics")
                call drag%statistics(counts, status)
            case default  ! free
                call drag%free(status)
                if (status == gwparam_ok) call drag%init(settings, pressure, gwparam_top_down, &
                    & lat, lon, stat=status)
            end select
            if (status == gwparam_err_busy) refused = refused + 1
            if (all(status /= [gwparam_ok, gwparam_err_busy])) then
                !$omp atomic update
                unforeseen = unforeseen + 1
            end if
            call system_clock(now)
            if (refused > 0 .or. real(now - began, dp) > patience*real(rate, dp)) exit
        end do
        ! Where another thread came between free and init, it is for this one to end.
        do while (name == "free" .and. status /= gwparam_ok)
            call drag%init(settings, pressure, gwparam_top_down, lat, lon, stat=status)
            if (status == gwparam_err_argument) status = gwparam_ok
        end do
        !$omp atomic write
        is_over = .true.

    end subroutine call_until_refused

end program test_coupling_busy
