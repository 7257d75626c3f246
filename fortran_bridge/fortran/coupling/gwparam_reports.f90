module gwparam_reports

    !! What a run says of itself, of all ranks: at its start, on its way, at its end.
    !!
    !!     call gwparam_report(drag, gwparam_report_start, lines)    after `init` and a restart
    !!     call gwparam_report(drag, gwparam_report_step, lines)     after each step
    !!     call gwparam_report(drag, gwparam_report_end, lines)      before `free`
    !!
    !! All ranks call it, between two steps. The root, rank 0 of those that loaded the network
    !! together, gets lines for the host to print, and appends one to the run log; the others get
    !! none. A step without a report costs nothing; one with a report costs one exchange.

    use, intrinsic :: iso_fortran_env, only: int64
    use gwparam_coupling, only: gwparam_coupling_t
    use gwparam_coupling_statistics, only: gwparam_coupling_statistics_t, line_length, policy_word
    use gwparam_guard_report, only: gwparam_guard_t
    use gwparam_kinds, only: dp
    use gwparam_run_log, only: append_line, report_line, start_line
    use gwparam_scheme, only: gwparam_scheme_t
    use gwparam_status, only: fail, gwparam_err_argument, gwparam_ok, text
    implicit none(type, external)
    private

    integer, parameter, public :: gwparam_report_start = 1 !! Once, before the first step
    integer, parameter, public :: gwparam_report_step = 2 !! After each step
    integer, parameter, public :: gwparam_report_end = 3 !! After the last step

    integer, parameter, public :: gwparam_line_length = line_length !! Of a line
    integer, parameter :: message_length = 1024
    character(len=9), parameter :: component(2) = [character(len=9)::"eastward","northward"]

    interface gwparam_report
        !! Of one object, or of those of several threads of a process.
        module procedure report_one, report_several
    end interface gwparam_report

    public :: gwparam_report

contains

    subroutine report_one(drag, when, lines, found, stat, errmsg)

        !! Report of an object and those of the other ranks.
        type(gwparam_coupling_t), intent(inout) :: drag
        integer, intent(in) :: when !! gwparam_report_start, _step or _end
        character(len=line_length), allocatable, intent(out) :: lines(:)
        !! For the host to print, each shorter than 256 characters; none where nothing is due
        type(gwparam_coupling_statistics_t), intent(inout), optional :: found
        !! The numbers, of all ranks on the root; unchanged where nothing is due, and on failure
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        type(gwparam_coupling_statistics_t) :: total
        integer :: status
        character(len=message_length) :: message

        allocate (lines(0))
        if (present(stat)) stat = gwparam_ok
        if (when == gwparam_report_step .and. .not. drag%is_report_due()) return
        call drag%statistics(total, status, message)
        call report_total(total, drag%network, when, lines, status, message)
        if (status /= gwparam_ok) then
            call fail(status, trim(message), stat, errmsg)
        else if (present(found)) then
            found = total
        end if

    end subroutine report_one

    subroutine report_several(drags, when, lines, found, stat, errmsg)

        !! Report of the objects of several threads, between two steps and from one thread; the
        !! other ranks are those of the first one's network.
        type(gwparam_coupling_t), intent(inout) :: drags(:)
        integer, intent(in) :: when !! gwparam_report_start, _step or _end
        character(len=line_length), allocatable, intent(out) :: lines(:)
        !! For the host to print, each shorter than 256 characters; none where nothing is due
        type(gwparam_coupling_statistics_t), intent(inout), optional :: found
        !! The numbers, of all ranks on the root; unchanged where nothing is due, and on failure
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        type(gwparam_coupling_statistics_t) :: part, total
        integer :: i, status
        character(len=message_length) :: message

        allocate (lines(0))
        if (present(stat)) stat = gwparam_ok
        if (when == gwparam_report_step .and. .not. any(drags%is_report_due())) return
        status = gwparam_ok
        if (size(drags) == 0) then
            status = gwparam_err_argument
            message = "there are no objects, expected at least 1"
        end if
        do i = 1, size(drags)
            call drags(i)%statistics(part, status, message)
            if (status /= gwparam_ok) exit
            call total%add(part)
        end do
        if (status == gwparam_ok) then
            call report_total(total, drags(1)%network, when, lines, status, message)
        end if
        if (status /= gwparam_ok) then
            call fail(status, trim(message), stat, errmsg)
        else if (present(found)) then
            found = total
        end if

    end subroutine report_several

    subroutine report_total(total, network, when, lines, status, message)

        !! Make numbers of this process those of all, and say them on the root.
        type(gwparam_coupling_statistics_t), intent(inout) :: total
        type(gwparam_scheme_t), intent(in) :: network
        integer, intent(in) :: when
        character(len=line_length), allocatable, intent(inout) :: lines(:)
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        character(len=:), allocatable :: json

        if (status == gwparam_ok .and. (when < gwparam_report_start &
            & .or. when > gwparam_report_end)) then
            status = gwparam_err_argument
            message = "when is " // text(when) // ", expected gwparam_report_start, _step or _end"
        end if
        if (status /= gwparam_ok) return
        ! Without a network there are no ranks, and nothing to tell but this.
        if (.not. network%is_loaded()) then
            if (when == gwparam_report_start) lines = [total%restart_line()]
            return
        end if
        call total%reduce(network, status, message)
        if (status /= gwparam_ok .or. .not. total%of_all) return
        select case (when)
        case (gwparam_report_start)
            call begin_lines(total, network, lines, status, message)
            if (total%run_log /= "") call start_line(total, network, json, status, message)
        case (gwparam_report_step)
            lines = total%log_lines()
            if (total%is_report_due) lines = [lines, way_lines(total)]
            if (total%run_log /= "") call report_line(trim(merge("report       ", &
                & "recomputation", total%is_report_due)), total, json)
        case default
            lines = [total%summary_lines(), way_lines(total)]
            if (total%run_log /= "") call report_line("end", total, json)
        end select
        if (allocated(json)) call append_line(total%run_log, json, status, message)

    end subroutine report_total

    subroutine begin_lines(total, network, lines, status, message)

        !! What runs, where, and from what it goes on.
        type(gwparam_coupling_statistics_t), intent(in) :: total
        type(gwparam_scheme_t), intent(in) :: network
        character(len=line_length), allocatable, intent(inout) :: lines(:)
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        character(len=:), allocatable :: words
        character(len=64) :: digest
        character(len=line_length) :: line
        integer :: ends, member

        call network%description(words, status, message)
        if (status == gwparam_ok) call network%sha256(digest, status, message)
        if (status /= gwparam_ok) return
        call add_line(lines, "artefact " // last_part(total%artefact, line_length - 9))
        call add_line(lines, "SHA-256 " // digest)
        do while (len(words) > 0)
            ends = index(words // new_line("a"), new_line("a"))
            call add_line(lines, words(:ends - 1))
            words = words(min(ends + 1, len(words) + 1):)
        end do
        associate (c => total%counters)
            write (line, "(6a, f0.3, a)") trim(merge("on CUDA   ", "on the CPU", c%on_cuda)), &
                   & " with ", trim(counted(c%threads, "thread")), ", on ", &
                   & trim(counted(total%ranks, "rank")), ", loaded in ", c%load_seconds, " s"
        end associate
        call add_line(lines, line)
        call network%member(1_int64, member, status, message)
        if (status /= gwparam_ok) return
        ! Of one network there is nothing to say.
        if (member == 0 .or. total%members /= "mean") then
            words = "members = " // trim(total%members)
            if (total%members == "one") words = words // ", member = " // text(total%member)
            if (total%members == "drawn") then
                write (line, "(a, i0)") words // ", member_seed = ", total%member_seed
                words = trim(line)
            end if
            call add_line(lines, words)
        end if
        call add_line(lines, "mode " // trim(total%mode) // ", " // trim(total%guards))
        call add_line(lines, trim(total%restart_line()))

    end subroutine begin_lines

    function way_lines(total) result(lines)

        !! What was done and seen until now.
        type(gwparam_coupling_statistics_t), intent(in) :: total
        character(len=line_length), allocatable :: lines(:)

        integer :: g, i
        character(len=line_length) :: line

        allocate (lines(0))
        associate (c => total%counters)
            write (line, "(a, f0.3, 6a, i0, a, f7.3, a)") "report at day ", total%days, &
                   & trim(in_brackets(total%date)), ": ", trim(counted(total%recomputations, &
                   & "recomputation")), " on ", trim(counted(total%ranks, "rank")), &
                   & ", guards caught ", c%guarded_columns, " columns, native drag in", &
                   & 100*total%native_share(), " %"
            call add_line(lines, line)
            if (total%members == "drawn") call add_line(lines, &
                & "member " // text(c%member) // " was drawn for the last drag")
            line = "ms a recomputation: put " // trim(ms(c%put_seconds)) // ", levels " &
                & // trim(ms(c%levels_seconds)) // ", network " // trim(ms(c%inference_seconds)) &
                & // ", wait " // trim(ms(c%wait_seconds)) // ", messages " &
                & // trim(ms(c%exchange_seconds)) // ", get " // trim(ms(c%get_seconds))
            call add_line(lines, line)
        end associate
        if (total%blended_values > 0) then
            write (line, "(a, f7.3, a)") "blend: the network's share of the drag is ", &
                   & 100*total%network_share(), " % in the mean over levels and columns"
            call add_line(lines, line)
        end if
        if (total%records + total%records_left_out > 0) then
            write (line, "(2(a, i0), a, f0.3, a)") "record: ", total%records, " files, and ", &
                   & total%records_left_out, " left out, in ", 1.0e-9_dp*total%record_bytes, " GB"
            if (total%record_failure /= "") line = trim(line) // "; " // total%record_failure
            call add_line(lines, line)
        end if
        if (allocated(total%guard)) then
            do g = 1, size(total%guard)
                if (total%guard(g)%columns > 0) lines = [lines, guard_lines(total%guard(g))]
            end do
        end if
        do i = 1, 2
            associate (its => total%all(i))
                if (its%largest_network%excess > 0.0_dp) call add_line(lines, &
                    & "largest " // its%largest_network%text())
                if (its%n_native == 0) cycle
                write (line, "(a, 3(a, f7.4), 2(a, es9.2), a, f0.3)") trim(component(i)), &
                       & ": pattern correlation", its%pattern_correlation(), ", correlation", &
                       & its%correlation(), ", R2", its%r2(), ", bias", its%bias(), &
                       & " m s-2, rms over rms", its%rms_ratio(), ", largest over largest ", &
                       & its%largest_ratio()
                call add_line(lines, line)
                if (its%largest_difference%excess > 0.0_dp) call add_line(lines, &
                    & "largest " // its%largest_difference%text())
            end associate
        end do

    contains

        function ms(seconds) result(words)

            real(dp), intent(in) :: seconds
            character(len=24) :: words

            write (words, "(f24.3)") 1000.0_dp*seconds/max(1, total%recomputations)
            words = adjustl(words)

        end function ms

    end function way_lines

    function guard_lines(guard) result(lines)

        !! How much a guard caught, the worst of it, and on which levels.
        type(gwparam_guard_t), intent(in) :: guard
        character(len=line_length), allocatable :: lines(:)

        character(len=line_length) :: line
        integer :: l

        allocate (lines(0))
        write (line, "(4a, i0, a, i0, a)") trim(guard%name), " = ", &
               & trim(policy_word(guard%policy)), " caught ", guard%columns, " columns, ", &
               & guard%columns_last_run, " of them in the last recomputation; the worst:"
        call add_line(lines, line)
        line = "    " // guard%worst%text()
        call add_line(lines, line)
        if (.not. any(guard%levels > 0)) return
        line = "    values on levels from the top:"
        do l = 1, size(guard%levels)
            if (guard%levels(l) == 0) cycle
            if (len_trim(line) > line_length - 40) then
                line = trim(line) // " ..."
                exit
            end if
            write (line(len_trim(line) + 1:), "(1x, i0, a, i0)") l, ": ", guard%levels(l)
            line = trim(line) // ","
        end do
        if (line(len_trim(line):) == ",") line(len_trim(line):) = ""
        call add_line(lines, line)

    end function guard_lines

    pure function counted(n, word) result(words)

        !! "1 rank", "2 ranks".
        integer, intent(in) :: n
        character(len=*), intent(in) :: word
        character(len=32) :: words

        words = text(n) // " " // word // merge(" ", "s", n == 1)

    end function counted

    pure function in_brackets(words) result(bracketed)

        character(len=*), intent(in) :: words
        character(len=len(words) + 3) :: bracketed

        bracketed = ""
        if (words /= "") bracketed = " (" // trim(words) // ")"

    end function in_brackets

    pure function last_part(words, length) result(part)

        !! The end of a text that is too long: of a path what tells it from others.
        character(len=*), intent(in) :: words
        integer, intent(in) :: length
        character(len=length) :: part

        part = words
        if (len_trim(words) > length) part = "..." // words(len_trim(words) - length + 4:)

    end function last_part

    subroutine add_line(lines, line)

        character(len=line_length), allocatable, intent(inout) :: lines(:)
        character(len=*), intent(in) :: line

        character(len=line_length) :: one

        one = line
        lines = [lines, one]

    end subroutine add_line

end module gwparam_reports
