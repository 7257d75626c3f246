module gwparam_run_log

    !! The run log: a line of JSON for each report, docs/run-log.md.

    use, intrinsic :: iso_c_binding, only: c_char, c_int32_t, c_int64_t, c_null_char
    use gwparam_c_api, only: gwparam_version_c
    use gwparam_comparison, only: comparison_t
    use gwparam_coupling_statistics, only: gwparam_coupling_statistics_t, policy_word
    use gwparam_guard_report, only: gwparam_guard_t, gwparam_place_t
    use gwparam_json, only: json_t
    use gwparam_kinds, only: dp
    use gwparam_options, only: gwparam_compiled_none, gwparam_compiled_runs
    use gwparam_scheme, only: gwparam_scheme_t
    use gwparam_status, only: gwparam_err_file, gwparam_ok, text
    use gwparam_text, only: from_c
    implicit none(type, external)
    private

    public :: append_line, report_line, start_line

    character(len=1), parameter :: component(2) = ["u", "v"]

    interface

        function gwparam_append_c(path, line, bytes) result(failure) bind(c, name="gwparam_append")

            !! Append a whole line to a file, or nothing.
            import :: c_char, c_int32_t, c_int64_t
            implicit none(type, external)
            character(kind=c_char), intent(in) :: path(*)
            character(kind=c_char), intent(in) :: line(*)
            integer(c_int64_t), value, intent(in) :: bytes
            integer(c_int32_t) :: failure

        end function gwparam_append_c
    end interface

contains

    subroutine append_line(path, line, status, message)

        !! Write a line at the end of a file, whole or not at all.
        character(len=*), intent(in) :: path, line
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        integer(c_int32_t) :: failure

        if (status /= gwparam_ok) return
        failure = gwparam_append_c(trim(path) // c_null_char, line // new_line("a"), len(line, &
                                   & c_int64_t) + 1)
        if (failure == 0) return
        status = gwparam_err_file
        message = "cannot write to run_log = " // trim(path) // ": error " // text(int(failure)) &
            & // " of the system"

    end subroutine append_line

    subroutine start_line(found, network, line, status, message)

        !! What a run begins with.
        type(gwparam_coupling_statistics_t), intent(in) :: found
        type(gwparam_scheme_t), intent(in) :: network
        character(len=:), allocatable, intent(inout) :: line
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        character(len=:), allocatable :: contract, version
        character(kind=c_char) :: chars(32)
        character(len=64) :: digest
        type(json_t) :: json

        if (status == gwparam_ok) call network%contract(contract, status, message)
        if (status == gwparam_ok) call network%sha256(digest, status, message)
        if (status /= gwparam_ok) return
        ! Not by the function, whose result would leave its length in static memory.
        status = gwparam_version_c(chars, size(chars, kind=c_int64_t))
        if (status /= gwparam_ok) return
        call from_c(chars, version)
        call begin(json, "start", found)
        call json%put("gwparam", version)
        call json%put("mode", found%mode)
        call json%put("artefact", found%artefact)
        call json%put("sha256", digest)
        call json%put("ranks", found%ranks)
        call json%put("threads", found%counters%threads)
        call json%put("device", trim(merge("cuda", "cpu ", found%counters%on_cuda)))
        call json%put("compiled", compiled_word(found%counters%compiled))
        call json%put("lag", found%lag)
        call json%put("members", found%members)
        call json%put("member", found%member)
        call json%put("member_seed", found%member_seed)
        call json%put("load_seconds", found%counters%load_seconds)
        call json%put("restored", found%is_restored)
        call json%put("restored_date", found%restored_date)
        call json%put_json("contract", contract)
        call json%close ()
        line = json%text

    end subroutine start_line

    subroutine report_line(kind, found, line)

        !! What was done and seen until now.
        character(len=*), intent(in) :: kind !! recomputation, report or end
        type(gwparam_coupling_statistics_t), intent(in) :: found
        character(len=:), allocatable, intent(inout) :: line

        integer :: g, i
        type(json_t) :: json

        call begin(json, kind, found)
        associate (c => found%counters)
            call json%put("ranks", found%ranks)
            call json%put("recomputations", found%recomputations)
            call json%put("runs", c%runs)
            call json%put("member", c%member)
            call json%put("columns", c%columns)
            call json%put("guarded_columns", c%guarded_columns)
            call json%put("guarded_columns_last_run", c%guarded_columns_last_run)
            call json%put("columns_this_run", found%columns_this_run())
            call json%put("native_columns", found%native_columns())
            call json%put("native_share", found%native_share())
            call json%put("network_share", found%network_share())
            call json%put("fell_back", c%fell_back)
            call json%open ("ms")
            call put_ms("put", c%put_seconds)
            call put_ms("levels", c%levels_seconds)
            call put_ms("network", c%inference_seconds)
            call put_ms("wait", c%wait_seconds)
            call put_ms("exchange", c%exchange_seconds)
            call put_ms("get", c%get_seconds)
            call json%close ()
        end associate
        if (found%records + found%records_left_out > 0) then
            call json%put("records", found%records)
            call json%put("record_bytes", found%record_bytes)
            call json%put("records_left_out", found%records_left_out)
        end if
        if (found%gives_fluxes) call json%put("momentum_imbalance", found%momentum_imbalance)
        call json%open_list("guards")
        if (allocated(found%guard)) then
            do g = 1, size(found%guard)
                call put_guard(json, found%guard(g))
            end do
        end if
        call json%close_list()
        call json%open ("last")
        do i = 1, 2
            call put_comparison(json, component(i), found%comparison(i))
        end do
        call json%close ()
        call json%open ("run")
        do i = 1, 2
            call put_comparison(json, component(i), found%all(i))
        end do
        call json%close ()
        call json%close ()
        line = json%text

    contains

        subroutine put_ms(name, seconds)

            character(len=*), intent(in) :: name
            real(dp), intent(in) :: seconds

            call json%put(name, 1000.0_dp*seconds/max(1, found%recomputations))

        end subroutine put_ms

    end subroutine report_line

    subroutine begin(json, kind, found)

        !! What every line has.
        type(json_t), intent(inout) :: json
        character(len=*), intent(in) :: kind
        type(gwparam_coupling_statistics_t), intent(in) :: found

        character(len=29) :: now
        integer :: v(8)

        call date_and_time(values=v)
        write (now, &
               & "(i4.4, 2('-', i2.2), 'T', 2(i2.2, ':'), i2.2, '.', i3.3, sp, i3.2, ss, ':', " &
               & // "i2.2)") v(1:3), v(5:8), v(4)/60, abs(mod(v(4), 60))
        call json%open ()
        call json%put("kind", kind)
        call json%put("model_days", found%days)
        call json%put("model_date", found%date)
        call json%put("wall_time", now)

    end subroutine begin

    subroutine put_guard(json, guard)

        type(json_t), intent(inout) :: json
        type(gwparam_guard_t), intent(in) :: guard

        call json%open ()
        call json%put("name", guard%name)
        call json%put("policy", policy_word(guard%policy))
        call json%put("columns", guard%columns)
        call json%put("columns_last_run", guard%columns_last_run)
        call json%put("levels", guard%levels)
        call put_place(json, "worst", guard%worst)
        call json%close ()

    end subroutine put_guard

    subroutine put_place(json, name, place)

        !! Null where there is no such value.
        type(json_t), intent(inout) :: json
        character(len=*), intent(in) :: name
        type(gwparam_place_t), intent(in) :: place

        if (.not. place%excess > 0.0_dp) then
            call json%put_json(name, "null")
            return
        end if
        call json%open (name)
        call json%put("field", place%field)
        call json%put("value", place%value)
        call json%put("units", place%units)
        call json%put("excess", place%excess)
        call json%put("latitude", place%latitude)
        call json%put("longitude", place%longitude)
        call json%put("level", place%level)
        call json%put("pressure", place%pressure)
        call json%put("date", place%date)
        call json%put("run", place%run)
        call json%put("rank", place%rank)
        call json%close ()

    end subroutine put_place

    subroutine put_comparison(json, name, its)

        type(json_t), intent(inout) :: json
        character(len=*), intent(in) :: name
        type(comparison_t), intent(in) :: its

        call json%open (name)
        call json%put("values", its%n)
        call json%put("rms_network", its%rms_network())
        call put_place(json, "largest_network", its%largest_network)
        if (its%n_native > 0) then
            call json%put("rms_native", its%rms_native())
            call json%put("rms_ratio", its%rms_ratio())
            call json%put("bias", its%bias())
            call json%put("pattern_correlation", its%pattern_correlation())
            call json%put("correlation", its%correlation())
            call json%put("r2", its%r2())
            call json%put("largest_ratio", its%largest_ratio())
            call put_place(json, "largest_native", its%largest_native)
            call put_place(json, "largest_difference", its%largest_difference)
        end if
        call json%close ()

    end subroutine put_comparison

    pure function compiled_word(compiled) result(word)

        integer, intent(in) :: compiled
        character(len=5) :: word

        word = "unfit"
        if (compiled == gwparam_compiled_none) word = "none"
        if (compiled == gwparam_compiled_runs) word = "runs"

    end function compiled_word

end module gwparam_run_log
