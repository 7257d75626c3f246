module gwparam_coupling_settings

    !! What a user chooses for the drag in a host: the namelist group gwparam_nml.

    use, intrinsic :: iso_fortran_env, only: int64, iostat_end
    use alexander_dunkerton, only: ad99_settings_t
    use gwparam_blend, only: gwparam_blend_t
    use gwparam_kinds, only: dp
    use gwparam_namelist_groups, only: find_group
    use gwparam_options, only: gwparam_device_error, gwparam_device_fallback, gwparam_guard_clip, &
        & gwparam_guard_count, gwparam_guard_error, gwparam_guard_ignore, gwparam_guard_keep, &
        & gwparam_guard_native, gwparam_guard_zero, gwparam_members_drawn, gwparam_members_mean, &
        & gwparam_members_one, gwparam_options_t, gwparam_precision_bfloat16, &
        & gwparam_precision_exported, gwparam_precision_tf32
    use gwparam_status, only: fail, gwparam_err_argument, gwparam_err_file, gwparam_ok, text
    implicit none(type, external)
    private

    integer, parameter :: word_length = 16
    integer, parameter :: line_length = 1024 !! More than any word of the namelist may have

    ! The words of an item, and what they stand for in the same order.
    character(len=*), parameter :: modes(3) = [character(len=word_length)::"native","ml", "shadow"]
    character(len=*), parameter :: guards(7) = [character(len=word_length)::"error","zero", &
              & "native", "keep", "clip", "count", "ignore"]
    integer, parameter :: guard_codes(7) = [gwparam_guard_error, gwparam_guard_zero, &
                                      & gwparam_guard_native, gwparam_guard_keep, &
                                      & gwparam_guard_clip, gwparam_guard_count, &
                                      & gwparam_guard_ignore]
    character(len=*), parameter :: failures(2) = [character(len=word_length)::"error","cpu"]
    integer, parameter :: failure_codes(2) = [gwparam_device_error, gwparam_device_fallback]
    character(len=*), parameter :: precisions(3) = [character(len=word_length)::"exported", &
              & "tf32", "bfloat16"]
    integer, parameter :: precision_codes(3) = [gwparam_precision_exported, &
                                          & gwparam_precision_tf32, gwparam_precision_bfloat16]

    character(len=*), parameter :: member_words(3) = [character(len=word_length)::"mean","one", &
              & "drawn"]
    integer, parameter :: member_codes(3) = [gwparam_members_mean, gwparam_members_one, &
                                       & gwparam_members_drawn]

    character(len=*), parameter :: restarts(4) = [character(len=word_length)::"exact", &
              & "state_only", "fresh", "off"]

    type, public :: gwparam_coupling_settings_t
        !! Items of gwparam_nml, which `read_namelist` reads, and below them what the host sets.
        character(len=word_length) :: mode = "native"
        !! What drives: 'native', 'ml', or 'shadow': native drives, the network runs beside it
        character(len=512) :: artefact = "" !! What `gwparam export` wrote
        character(len=64) :: artefact_sha256 = ""
        !! The one file that this may be, as sha256sum prints it; '': any
        character(len=15) :: device = "cpu" !! 'cpu', 'cuda', 'cuda:N' or 'auto'
        integer :: threads = 0 !! Of the network, 0: a rank's share of the cores
        integer :: ranks_per_device = 0 !! Ranks of a node with one network, 0: the library's choice
        !! 'error', or 'cpu' to go on there
        character(len=word_length) :: on_device_failure = "error"
        character(len=word_length) :: precision = "exported" !! 'exported', 'tf32' or 'bfloat16'
        character(len=word_length) :: members = "mean"
        !! Of an artefact with several networks: 'mean' of all, 'one', or 'drawn': one a
        !! recomputation
        integer :: member = 0 !! With 'one': which, from 1
        integer(int64) :: member_seed = 0 !! With 'drawn': the same seed draws the same members
        integer :: lag = 0 !! 1: drag is that of the last recomputation; the network runs meanwhile
        real(dp) :: timeout_seconds = 0.0_dp !! How long ranks wait for each other, 0: 600 [s]
        integer :: chunk_columns = 0 !! Columns of one forward pass, 0: the library's
        character(len=word_length) :: on_limit = "error"
        !! Drag beyond the limits: 'error', 'zero', 'native': that of the native scheme, 'keep':
        !! that of the last recomputation, 'clip', 'count' or 'ignore'
        character(len=word_length) :: on_range = "count" !! Input unlike the training: the same
        character(len=word_length) :: on_unphysical = "error"
        !! Input that no atmosphere has, such as a latitude of 120 degrees: the same, but 'clip'
        real(dp) :: range_sigmas = 10.0_dp !! What is unlike: further than so many deviations [1]
        character(len=word_length) :: on_momentum = "ignore"
        !! A column that gains more momentum than momentum_limit: the same, but 'clip'
        real(dp) :: momentum_limit = 0.0_dp !! Drag times mass, summed over the column [Pa]
        real(dp) :: taper_top(2) = 0.0_dp
        !! The network's drag fades from all at the second pressure to nothing at the first [Pa];
        !! 0: it does not
        real(dp) :: taper_surface(2) = 0.0_dp !! The same from all at the first to the second [Pa]
        type(gwparam_blend_t) :: blend = gwparam_blend_t()
        !! How much of the drag is the network's: items blend_*
        character(len=word_length) :: restart = "exact"
        !! 'exact': the next run goes on as if this one had not ended; it is refused with another
        !! artefact, scheme or date. 'state_only' takes the held drag alone, of any. 'fresh' reads
        !! nothing, 'off' neither reads nor writes
        character(len=512) :: restart_file = "cg_drag.res.nc" !! Its name, before the rank
        integer :: log_interval = 8 !! Recomputations between lines in the log, 0: none
        real(dp) :: report_days = 10.0_dp !! Model time between reports, 0: none on the way [days]
        integer :: record = 0
        !! Write what the network got and gave in each so many-th call, and in those in which a
        !! guard gave up a column, or which failed; -1: in the latter alone; 0: none
        character(len=512) :: record_file = "gwparam_record" !! Its name, before day and rank
        real(dp) :: record_gigabytes = 1.0_dp !! Of all ranks of a run, at most [GB]
        character(len=512) :: run_log = "gwparam_run.jsonl" !! Lines of JSON; '' or 'off': none
        !! Of gwparam_nml: its switches; the rest is the host's
        type(ad99_settings_t) :: native = ad99_settings_t()
        integer :: interval = 0 !! Between recomputations, 0: every step [s]
        integer :: first = 0 !! Until the first one, 0: the interval [s]
        logical :: is_given = .false. !! Whether gwparam_nml was there when it was read
        logical :: native_diagnostics = .false.
        !! Whether somebody wants what only the native scheme knows, which then runs

    contains
        procedure :: read_namelist !! From a unit, a file or a text, and check
        procedure :: write_namelist !! To a unit of the host
        procedure :: check !! Whether all can be meant
        procedure :: reads_restart !! Whether a run goes on from another
        procedure :: writes_restart !! Whether another may go on from it
        procedure :: records !! Whether calls of the network are to be written
        procedure :: runs_network !! Whether the mode asks for the network
        !! Whether mode or diagnostics ask for the native scheme in all columns
        procedure :: runs_native
        procedure :: falls_back !! Whether a guard may leave columns to the native scheme
        procedure :: options !! For loading the network
        procedure :: members_text !! Which of several networks run, as a log says it
    end type gwparam_coupling_settings_t

contains

    subroutine read_namelist(self, unit, file, record, stat, errmsg)

        !! Read the group from one of the three, and check; without the group all stays.
        class(gwparam_coupling_settings_t), intent(inout) :: self !! Undefined on failure
        integer, intent(in), optional :: unit !! Open, and before the group
        character(len=*), intent(in), optional :: file !! Name of a file
        character(len=*), intent(in), optional :: record !! The text itself
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        integer :: io, lun
        character(len=512) :: message

        if (present(stat)) stat = gwparam_ok
        if (count([present(unit), present(file), present(record)]) /= 1) then
            call fail(gwparam_err_argument, "expected one of unit, file and record", stat, errmsg)
            return
        end if
        if (present(file)) then
            open (newunit=lun, file=file, status="old", action="read", iostat=io, iomsg=message)
            if (io /= 0) then
                call fail(gwparam_err_file, &
                          & "cannot read " // trim(file) // ": " // trim(message), stat, errmsg)
                return
            end if
            call transfer_items(self, .true., io, message, lun)
            close (lun)
        else
            call transfer_items(self, .true., io, message, unit, record)
        end if
        if (io /= 0) then
            call fail(gwparam_err_argument, "namelist gwparam_nml: " // trim(message), stat, errmsg)
            return
        end if
        call self%check(stat, errmsg)

    end subroutine read_namelist

    subroutine write_namelist(self, unit, stat, errmsg)

        !! Write the group to a unit that the host opened, for its log, and whether it was read.
        class(gwparam_coupling_settings_t), intent(inout) :: self !! Unchanged
        integer, intent(in) :: unit
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        integer :: io
        character(len=512) :: message

        if (present(stat)) stat = gwparam_ok
        io = 0
        if (.not. self%is_given) write (unit, "(a)", iostat=io, &
            & iomsg=message) "! no namelist group gwparam_nml was read, so this is the default:"
        if (io == 0) call transfer_items(self, .false., io, message, unit)
        if (io /= 0) call fail(gwparam_err_file, trim(message), stat, errmsg)

    end subroutine write_namelist

    subroutine transfer_items(settings, reading, io, message, unit, words)

        !! The group to or from the components that have its items.
        class(gwparam_coupling_settings_t), intent(inout) :: settings
        logical, intent(in) :: reading
        integer, intent(out) :: io
        character(len=*), intent(inout) :: message
        integer, intent(in), optional :: unit
        character(len=*), intent(in), optional :: words

        character(len=line_length) :: w(15) !! Words as the reader finds them: it cuts what is long
        integer :: n(size(w)) !! Characters to be written, or read

        associate (s => settings, ad => settings%native)
            n = [len(s%mode), len(s%artefact), len(s%device), len(s%on_device_failure), &
                     & len(s%precision), len(s%on_limit), len(s%on_range), len(s%on_unphysical), &
                     & len(s%restart_file), len(s%run_log), len(s%restart), &
                     & len(s%artefact_sha256), len(s%record_file), len(s%on_momentum), &
                     & len(s%members)]
            if (reading) n = line_length
            w = [character(len=line_length)::s%mode,s%artefact, s%device, s%on_device_failure, &
                           & s%precision, s%on_limit, s%on_range, s%on_unphysical, &
                           & s%restart_file, s%run_log, s%restart, s%artefact_sha256, &
                           & s%record_file, s%on_momentum, s%members]
            call transfer_group(w(1)(:n(1)), w(2)(:n(2)), w(12)(:n(12)), w(3)(:n(3)), s%threads, &
                                & s%ranks_per_device, w(4)(:n(4)), w(5)(:n(5)), s%lag, &
                                & s%timeout_seconds, s%chunk_columns, w(6)(:n(6)), w(7)(:n(7)), &
                                & w(8)(:n(8)), s%range_sigmas, w(14)(:n(14)), s%momentum_limit, &
                                & s%taper_top, s%taper_surface, s%blend%share, s%blend%first_day, &
                                & s%blend%days, s%blend%latitude, s%blend%pressure, &
                                & s%blend%error, w(11)(:n(11)), w(9)(:n(9)), s%log_interval, &
                                & s%report_days, w(10)(:n(10)), s%record, w(13)(:n(13)), &
                                & s%record_gigabytes, w(15)(:n(15)), s%member, s%member_seed, &
                                & ad%nearest_source_level, ad%use_top_weights, &
                                & ad%mass_weighted_lid, ad%mass_weighted_levels, &
                                & ad%launch_full_stress, ad%deposit_reflected)
            if (.not. reading .or. io /= 0) return
            call take("mode", w(1), s%mode)
            call take("artefact", w(2), s%artefact)
            call take("device", w(3), s%device)
            call take("on_device_failure", w(4), s%on_device_failure)
            call take("precision", w(5), s%precision)
            call take("on_limit", w(6), s%on_limit)
            call take("on_range", w(7), s%on_range)
            call take("on_unphysical", w(8), s%on_unphysical)
            call take("restart_file", w(9), s%restart_file)
            call take("run_log", w(10), s%run_log)
            call take("restart", w(11), s%restart)
            call take("artefact_sha256", w(12), s%artefact_sha256)
            call take("record_file", w(13), s%record_file)
            call take("on_momentum", w(14), s%on_momentum)
            call take("members", w(15), s%members)
            if (s%run_log == "off") s%run_log = ""
        end associate

    contains

        subroutine transfer_group(mode, artefact, artefact_sha256, device, threads, &
                                  & ranks_per_device, on_device_failure, precision, lag, &
                                  & timeout_seconds, chunk_columns, on_limit, on_range, &
                                  & on_unphysical, range_sigmas, on_momentum, momentum_limit, &
                                  & taper_top, taper_surface, blend_share, blend_first_day, &
                                  & blend_days, blend_latitude, blend_pressure, blend_error, &
                                  & restart, restart_file, log_interval, report_days, run_log, &
                                  & record, record_file, record_gigabytes, members, member, &
                                  & member_seed, nearest_source_level, use_top_weights, &
                                  & mass_weighted_lid, mass_weighted_levels, launch_full_stress, &
                                  & deposit_reflected)

            character(len=*), intent(inout) :: mode, artefact, artefact_sha256, device
            character(len=*), intent(inout) :: on_device_failure, precision
            character(len=*), intent(inout) :: on_limit, on_range, on_unphysical
            character(len=*), intent(inout) :: on_momentum, members
            character(len=*), intent(inout) :: restart, restart_file, run_log, record_file
            integer, intent(inout) :: threads, ranks_per_device, lag, chunk_columns, log_interval
            integer, intent(inout) :: record, member
            integer(int64), intent(inout) :: member_seed
            real(dp), intent(inout) :: timeout_seconds, range_sigmas, report_days, record_gigabytes
            real(dp), intent(inout) :: momentum_limit, taper_top(2), taper_surface(2)
            real(dp), intent(inout) :: blend_share, blend_first_day, blend_days
            real(dp), intent(inout) :: blend_latitude(4), blend_pressure(4), blend_error(2)
            logical, intent(inout) :: nearest_source_level, use_top_weights
            logical, intent(inout) :: mass_weighted_lid, mass_weighted_levels
            logical, intent(inout) :: launch_full_stress, deposit_reflected

            namelist /gwparam_nml/ mode, artefact, artefact_sha256, device, threads, &
                & ranks_per_device, on_device_failure, precision, lag, timeout_seconds, &
                & chunk_columns, on_limit, on_range, on_unphysical, range_sigmas, on_momentum, &
                & momentum_limit, taper_top, taper_surface, blend_share, blend_first_day, &
                & blend_days, blend_latitude, blend_pressure, blend_error, restart, restart_file, &
                & log_interval, report_days, run_log, record, record_file, record_gigabytes, &
                & members, member, member_seed, nearest_source_level, use_top_weights, &
                & mass_weighted_lid, mass_weighted_levels, launch_full_stress, deposit_reflected

            if (.not. reading) then
                write (unit, nml=gwparam_nml, delim="quote", iostat=io, iomsg=message)
            else if (present(words)) then
                read (words, nml=gwparam_nml, iostat=io, iomsg=message)
            else
                read (unit, nml=gwparam_nml, iostat=io, iomsg=message)
            end if
            if (.not. reading) return
            settings%is_given = io == 0
            ! The reader says of a text without the group that all is well.
            if (io == iostat_end .or. (io == 0 .and. present(words))) then
                call look_again(settings%is_given, io, message, unit, words)
            end if

        end subroutine transfer_group

        subroutine take(item, word, component)

            character(len=*), intent(in) :: item, word
            character(len=*), intent(inout) :: component

            if (len_trim(word) > len(component) .and. io == 0) then
                io = 1
                message = item // " has more than " // text(len(component)) // " characters: " &
                    & // word(:80)
            end if
            component = word

        end subroutine take

    end subroutine transfer_items

    subroutine look_again(is_given, io, message, unit, record)

        !! Tell a text without the group, which is none to complain of, from one with half of it.
        logical, intent(out) :: is_given
        integer, intent(inout) :: io !! 0 or iostat_end
        character(len=*), intent(inout) :: message
        integer, intent(in), optional :: unit
        character(len=*), intent(in), optional :: record

        character(len=:), allocatable :: misspelt

        call find_group("gwparam_nml", is_given, misspelt, unit, record)
        if (is_given) then
            if (io == iostat_end) message = "it has no end, expected a line with /"
        else if (misspelt /= "") then
            io = iostat_end
            message = "it is not there, but " // misspelt // " is, expected gwparam_nml"
        else
            io = 0
        end if

    end subroutine look_again

    subroutine check(self, stat, errmsg)

        !! Refuse what cannot be meant; numbers for the network are checked where it is loaded.
        class(gwparam_coupling_settings_t), intent(in) :: self
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        character(len=:), allocatable :: message

        if (present(stat)) stat = gwparam_ok
        message = ""
        call expect_word("mode", self%mode, modes)
        call expect_word("on_limit", self%on_limit, guards)
        call expect_word("on_range", self%on_range, guards)
        call expect_word("on_unphysical", self%on_unphysical, guards)
        call expect_word("on_momentum", self%on_momentum, guards)
        call expect_word("on_device_failure", self%on_device_failure, failures)
        call expect_word("restart", self%restart, restarts)
        call expect_word("precision", self%precision, precisions)
        call expect_word("members", self%members, member_words)
        call expect_time("interval", self%interval)
        call expect_time("first", self%first)
        if (message == "" .and. .not. self%report_days >= 0.0_dp) message = "report_days is " &
            & // text(self%report_days) // ", expected at least 0"
        if (message == "") call expect_record()
        if (message == "") message = trim(self%blend%complaint())
        if (message == "" .and. self%runs_network() .and. self%artefact == "") then
            message = "mode is " // trim(self%mode) &
                                         & // ", which needs artefact in gwparam_nml: the file" &
                                         & // " that gwparam export wrote"
        end if
        if (message /= "") call fail(gwparam_err_argument, message, stat, errmsg)

    contains

        subroutine expect_word(item, word, words)

            character(len=*), intent(in) :: item, word, words(:)

            character(len=:), allocatable :: expected
            integer :: i

            if (message /= "" .or. any(words == word)) return
            expected = trim(words(1))
            do i = 2, size(words)
                expected = expected // trim(merge(" or", ",  ", &
                                            & i == size(words))) // " " // trim(words(i))
            end do
            message = item // " is " // trim(word) // ", expected " // expected

        end subroutine expect_word

        subroutine expect_time(item, seconds)

            character(len=*), intent(in) :: item
            integer, intent(in) :: seconds

            if (message == "" .and. seconds < 0) message = item // " is " // text(seconds) &
                & // " s, expected at least 0"

        end subroutine expect_time

        subroutine expect_record()

            if (self%record < -1) then
                message = "record is " // text(self%record) &
                                               & // ", expected -1, 0, or calls between records"
            else if (self%record /= 0 .and. self%record_file == "") then
                message = "record_file is empty, expected a name, or record = 0"
            else if (.not. self%record_gigabytes > 0.0_dp) then
                message = "record_gigabytes is " // text(self%record_gigabytes) &
                    & // ", expected more than 0"
            end if

        end subroutine expect_record

    end subroutine check

    elemental logical function reads_restart(self)

        !! Whether a run goes on from another, if there is a file.
        class(gwparam_coupling_settings_t), intent(in) :: self

        reads_restart = self%restart == "exact" .or. self%restart == "state_only"

    end function reads_restart

    elemental logical function writes_restart(self)

        !! Whether another may go on from it.
        class(gwparam_coupling_settings_t), intent(in) :: self

        writes_restart = self%restart /= "off"

    end function writes_restart

    elemental logical function records(self)

        !! Whether calls of the network are to be written.
        class(gwparam_coupling_settings_t), intent(in) :: self

        records = self%record /= 0 .and. self%runs_network()

    end function records

    elemental logical function runs_network(self)

        !! Whether the mode asks for the network.
        class(gwparam_coupling_settings_t), intent(in) :: self

        runs_network = self%mode /= "native"

    end function runs_network

    elemental logical function runs_native(self)

        !! Whether mode, blend or diagnostics ask for the native scheme in all columns.
        class(gwparam_coupling_settings_t), intent(in) :: self

        runs_native = self%mode /= "ml" .or. self%native_diagnostics .or. self%blend%is_on()

    end function runs_native

    elemental logical function falls_back(self)

        !! Whether a guard may leave columns to the native scheme.
        class(gwparam_coupling_settings_t), intent(in) :: self

        falls_back = any([self%on_unphysical, self%on_range, self%on_limit, &
                         & self%on_momentum] == "native")

    end function falls_back

    type(gwparam_options_t) function options(self)

        !! What the network is loaded with, of settings that `check` lets pass.
        class(gwparam_coupling_settings_t), intent(in) :: self

        options%device = self%device
        options%artefact_sha256 = self%artefact_sha256
        options%threads = self%threads
        options%ranks_per_device = self%ranks_per_device
        options%on_device_failure = code(self%on_device_failure, failures, failure_codes)
        options%precision = code(self%precision, precisions, precision_codes)
        options%lag = self%lag
        options%timeout_seconds = self%timeout_seconds
        options%chunk_columns = self%chunk_columns
        options%on_limit = code(self%on_limit, guards, guard_codes)
        options%on_range = code(self%on_range, guards, guard_codes)
        options%on_unphysical = code(self%on_unphysical, guards, guard_codes)
        options%range_sigmas = self%range_sigmas
        options%on_momentum = code(self%on_momentum, guards, guard_codes)
        options%momentum_limit = self%momentum_limit
        options%taper_top = self%taper_top
        options%taper_surface = self%taper_surface
        options%trace = self%records()
        options%members = code(self%members, member_words, member_codes)
        options%member = self%member
        options%member_seed = self%member_seed

    end function options

    pure subroutine members_text(self, words)

        !! Which of several networks run, as a log and a restart say it.
        class(gwparam_coupling_settings_t), intent(in) :: self
        character(len=*), intent(out) :: words

        words = self%members
        if (self%members == "one") write (words, "(a, i0)") "one, member = ", self%member
        if (self%members == "drawn") write (words, "(a, i0)") "drawn, member_seed = ", &
            & self%member_seed

    end subroutine members_text

    pure integer function code(word, words, codes)

        character(len=*), intent(in) :: word, words(:)
        integer, intent(in) :: codes(:)

        ! -1 is what no option takes.

        code = sum(pack(codes, words == word))
        if (all(words /= word)) code = -1

    end function code

end module gwparam_coupling_settings
