program test_reports

    !! What a run says of itself, on one rank, of one object or several.

    use, intrinsic :: iso_fortran_env, only: int64
    use coupling_host, only: apply, errmsg, folder, lat, lon, ml, nlat, nlev, nlon, p, pressure, &
        & ps, read_arguments, settings_of, start, stat, step, t, u, v, z
    use gwparam, only: dp, gwparam_err_argument, gwparam_err_range, gwparam_guard_native, &
        & gwparam_ok, gwparam_top_down
    use gwparam_coupling, only: gwparam_coupling_settings_t, gwparam_coupling_state_t, &
        & gwparam_coupling_statistics_t, gwparam_coupling_t
    use gwparam_guard_report, only: gwparam_guard_t, gwparam_place_t
    use gwparam_reports, only: gwparam_line_length, gwparam_report, gwparam_report_end, &
        & gwparam_report_start, gwparam_report_step
    use tap, only: done, ok
    implicit none(type, external)

    character(len=*), parameter :: log_file = "test_reports.jsonl"
    character(len=gwparam_line_length), allocatable :: lines(:)

    call read_arguments()
    call test_start_and_end()
    call test_several_objects()
    call test_restart()
    call test_worst_of_a_guard()
    call test_place_of_a_refusal()
    call test_long_texts()
    call test_without_a_network()
    call done()

contains

    logical function has(words)

        !! Whether a line has them.
        character(len=*), intent(in) :: words

        has = any(index(lines, words) > 0)

    end function has

    integer function lines_of_log()

        integer :: io, unit
        logical :: exists

        lines_of_log = 0
        inquire (file=log_file, exist=exists)
        if (.not. exists) return
        open (newunit=unit, file=log_file, action="read", status="old")
        do
            read (unit, "(a)", iostat=io)
            if (io /= 0) exit
            lines_of_log = lines_of_log + 1
        end do
        close (unit, status="delete")

    end function lines_of_log

    function shadow() result(items)

        character(len=:), allocatable :: items

        items = "mode = 'shadow', artefact = '" // trim(folder) // "/linear.pt', run_log = '" &
            & // log_file // "', log_interval = 2, report_days = 2.5"

    end function shadow

    subroutine test_start_and_end()

        type(gwparam_coupling_t) :: drag
        type(gwparam_coupling_statistics_t) :: found
        integer :: i, said

        call start(drag, shadow())
        call drag%set_time(10.5_dp, "day 10.5")
        call gwparam_report(drag, gwparam_report_start, lines)
        call ok(has("linear (torchscript) sees a column on 5 levels") .and. has("SHA-256 ") &
                & .and. has("linear.pt") &
                & .and. has("on the CPU with 1 thread, on 1 rank, loaded in") &
                & .and. has("mode shadow, on_limit = error") .and. has("no restart was read"), &
                & "what runs")
        said = 0
        do i = 1, 4
            call drag%set_time(10.5_dp + 0.5_dp*i, "any day")
            call apply(drag)
            call gwparam_report(drag, gwparam_report_step, lines, found)
            if (size(lines) > 0) said = said + 10**(4 - i)
        end do
        call ok(said == 1011, "lines in every second recomputation, and when a report is due")
        call ok(has("report at day 12.500 (any day): 4 recomputations on 1 rank, guards caught 0") &
                & .and. .not. has("recomputation 4,"), "at whole multiples of the days")
        call ok(found%recomputations == 4 .and. found%of_all .and. found%ranks == 1, &
                & "the numbers, too")
        call gwparam_report(drag, gwparam_report_end, lines)
        call ok(has("the network ran 4 times on 48 columns") .and. has("pattern correlation") &
                & .and. has("largest eastward drag, network less native ") .and. has(", any day,") &
                & .and. has("ms a recomputation: put "), "what was done")
        call ok(maxval(len_trim(lines)) < 256, "lines that FMS does not cut")
        call ok(lines_of_log() == 5, "a line of the log for each")

    end subroutine test_start_and_end

    subroutine test_several_objects()

        type(gwparam_coupling_settings_t) :: settings
        type(gwparam_coupling_statistics_t) :: alone, found
        type(gwparam_coupling_t) :: drags(2), whole, none(0)
        integer :: j

        call start(whole, shadow())
        call apply(whole)
        call whole%statistics(alone)
        settings = settings_of(shadow())
        call drags(1)%init(settings, pressure, gwparam_top_down, lat(:,:1), lon(:,:1))
        call drags(2)%init(settings, pressure, gwparam_top_down, lat(:,2:), lon(:,2:))
        call serve(drags(1), 1, 1)
        do j = 2, nlat
            call serve(drags(2), j, j - 1)
        end do
        call gwparam_report(drags, gwparam_report_step, lines, found)
        call ok(size(lines) == 2 .and. has("recomputation 1, u"), "lines of several objects")
        call ok(all(found%comparison(1)%numbers() == alone%comparison(1)%numbers()) &
                & .and. all(found%comparison(2)%numbers() == alone%comparison(2)%numbers()), &
                & "the same sums and places as one object has, bit by bit")
        call gwparam_report(none, gwparam_report_end, lines, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "there are no objects") == 1, &
                & "no objects")
        call gwparam_report(whole, 7, lines, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "when is 7") == 1, "no such time")
        call ok(lines_of_log() == 1, "one log of all")

    end subroutine test_several_objects

    subroutine test_restart()

        !! What was restored, and counts that go on.
        type(gwparam_coupling_state_t) :: state
        type(gwparam_coupling_statistics_t) :: found
        type(gwparam_coupling_t) :: first, second

        call start(first, ml() // ", run_log = 'off'")
        call first%set_time(3.0_dp, "the third day")
        call apply(first)
        call first%save(state)
        call start(second, ml() // ", run_log = 'off'")
        call second%restore(state)
        call gwparam_report(second, gwparam_report_start, lines)
        call ok(has("goes on from a restart (the third day)"), "what was restored, of which date")
        call apply(second)
        call gwparam_report(second, gwparam_report_end, lines, found)
        call ok(has("the network ran 2 times on 24 columns") .and. found%columns_this_run() &
                & == nlon*nlat, "counters go on, and those of this run are its own")

    end subroutine test_restart

    subroutine serve(drag, row, j)

        !! A row of the grid, which is row j of an object.
        type(gwparam_coupling_t), intent(inout) :: drag
        integer, intent(in) :: row, j
        real(dp) :: dudt(nlon, 1, nlev), dvdt(nlon, 1, nlev)

        call drag%apply(1, j, step, lat(:,row:row), p(:,row:row,:), z(:,row:row,:), t(:,row:row, &
                        & :), u(:,row:row,:), v(:,row:row,:), dudt, dvdt, ps(:,row:row))

    end subroutine serve

    subroutine test_worst_of_a_guard()

        !! linear.pt's wind in training is around 0, so that the strongest wind is the worst.
        type(gwparam_coupling_t) :: drag
        type(gwparam_coupling_statistics_t) :: found
        real(dp) :: before

        call start(drag, ml() // ", on_limit = 'native', run_log = 'off', report_days = 0")
        before = v(2, 3, 4)
        v(2, 3, 4) = 1.0e9_dp
        call drag%set_time(1.0_dp, "one day")
        call apply(drag)
        v(2, 3, 4) = before
        call gwparam_report(drag, gwparam_report_end, lines, found)
        associate (guard => found%guard(4))
            call ok(guard%name == "on_limit" .and. guard%policy == gwparam_guard_native &
                    & .and. guard%columns == 1 .and. guard%columns_last_run == 1 &
                    & .and. guard%levels(4) == 1 .and. sum(guard%levels) == 1, &
                    & "what a guard caught, by level")
            call ok(guard%worst%level == 4 .and. guard%worst%date == "one day" &
                    & .and. abs(guard%worst%latitude - 0.3_dp*180.0_dp/acos(-1.0_dp)) < 1e-9_dp &
                    & .and. abs(guard%worst%longitude - 4.0_dp*180.0_dp/acos(-1.0_dp)) < 1e-9_dp &
                    & .and. abs(guard%worst%pressure - pressure(4)) < 1e-9_dp &
                    & .and. guard%worst%excess > 1.0_dp, "where and when")
        end associate
        call ok(has("on_limit = native caught 1 columns, 1 of them in the last") &
                & .and. has("level 4 (60000.0 Pa), one day, rank 0") &
                & .and. has("values on levels from the top: 4: 1") &
                & .and. has("native drag in  8.333 %"), "in lines")

    end subroutine test_worst_of_a_guard

    subroutine test_place_of_a_refusal()

        type(gwparam_coupling_t) :: drag
        real(dp) :: before

        call start(drag, ml() // ", run_log = 'off'")
        call drag%set_time(1.0_dp, "1979-01-01 06:00:00")
        before = u(1, 4, 2)
        u(1, 4, 2) = 1.0e20_dp
        call drag%apply(1, 1, step, lat, p, z, t, u, v, dudt=z, dvdt=z, surface_pressure=ps, &
                        & stat=stat, errmsg=errmsg)
        u(1, 4, 2) = before
        call ok(stat == gwparam_err_range .and. index(errmsg, &
                & "(latitude 34.3775, longitude " &
                & // "114.592 degrees, 1979-01-01 06:00:00), expected") > 0 .and. len_trim(errmsg) &
                & < 256, "where and when an input was refused")

    end subroutine test_place_of_a_refusal

    subroutine test_long_texts()

        !! The longest that there are, in one line.
        type(gwparam_place_t) :: place

        place%field = repeat("f", 51)
        place%units = "m s-2"
        place%value = -1.23456e-101_dp
        place%latitude = -89.1234_dp
        place%longitude = 359.123_dp
        place%pressure = 1.23456e-3_dp
        place%level = 1000
        place%rank = 100000
        place%date = repeat("d", 40)
        call ok(len_trim(place%text()) + 12 <= gwparam_line_length .and. index(place%text(), &
                & "rank 100000") > 0, "a place fits a line")

    end subroutine test_long_texts

    subroutine test_without_a_network()

        type(gwparam_coupling_t) :: drag

        call start(drag, "mode = 'native'")
        call apply(drag)
        call gwparam_report(drag, gwparam_report_end, lines, stat=stat)
        call ok(stat == gwparam_ok .and. size(lines) == 0, "without a network nothing is said")

    end subroutine test_without_a_network

end program test_reports
