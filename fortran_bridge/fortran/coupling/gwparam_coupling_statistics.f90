module gwparam_coupling_statistics

    !! What the drag of a run was like, as numbers that add up over threads, and as text.

    use, intrinsic :: iso_fortran_env, only: int64
    use gwparam_comparison, only: comparison_t, n_comparison_numbers
    use gwparam_guard_report, only: gwparam_guard_t
    use gwparam_kinds, only: dp
    use gwparam_options, only: gwparam_compiled_runs, gwparam_compiled_unfit, &
        & gwparam_guard_native, gwparam_statistics_t
    use gwparam_scheme, only: gwparam_scheme_t
    use gwparam_status, only: gwparam_ok, text
    implicit none(type, external)
    private

    character(len=1), parameter :: component(2) = ["u", "v"] !! Of wind and drag
    integer, parameter, public :: line_length = 240
    !! Of a line for a host to print: FMS cuts at 256 characters

    real(dp), parameter, public :: blend_units = 1.0e6_dp !! In a share of 1, as integers add up

    type, public :: gwparam_coupling_statistics_t
        !! Of one object, or of several after `add`.
        type(gwparam_statistics_t) :: counters !! Of the network
        type(gwparam_guard_t), allocatable :: guard(:) !! What each caught in this run
        type(comparison_t) :: comparison(2) !! Of the last recomputation, in u and v
        type(comparison_t) :: all(2) !! Of all recomputations of this run
        integer :: recomputations = 0 !! Steps that computed drag
        integer(int64) :: blended = 0, blended_values = 0
        !! Shares of the network in the drag of this run, and how many; of values on levels
        integer(int64) :: records = 0, record_bytes = 0 !! Calls that were written, and how much
        integer(int64) :: records_left_out = 0 !! Calls beyond record_gigabytes, or that failed
        character(len=160) :: record_failure = "" !! Why the last that failed did, on this rank
        real(dp) :: momentum_imbalance = 0.0_dp
        !! Of a network with fluxes: a column's gain less what crossed its ends, at worst [1]
        logical :: is_log_due = .false. !! Whether the step that ended is one for the log
        logical :: is_report_due = .false. !! Whether it is one for a report
        logical :: is_restored = .false. !! Whether the run goes on from a restart
        logical :: is_held_only = .false. !! Whether it took the held drag alone from there
        character(len=40) :: restored_date = "" !! Of that restart, as the host gave it
        integer(int64) :: restored_columns = 0 !! Of the counters, from there
        character(len=16) :: mode = "" !! As in gwparam_nml, as are the next two
        character(len=512) :: artefact = "", run_log = ""
        real(dp) :: days = 0.0_dp !! Model time: of the host, else since the start [days]
        character(len=40) :: date = "" !! As the host gave it
        integer :: rank = 0, ranks = 1 !! Whose numbers these are; with `of_all`, the root's
        logical :: of_all = .false. !! Whether they are of all ranks: `reduce`
        logical :: runs_network = .false., runs_native = .false., gives_fluxes = .false.
        integer :: lag = 0
        character(len=16) :: members = "" !! As in gwparam_nml, as are the next two
        integer :: member = 0
        integer(int64) :: member_seed = 0
        character(len=128) :: guards = "" !! As a line names them

    contains
        procedure :: add !! Those of another thread's object
        procedure :: reduce !! Those of all ranks
        procedure :: columns_this_run !! Columns since the start, not since that of a run before
        procedure :: restart_line !! What was restored, and of which date
        procedure :: native_columns !! How many columns guards left to the native drag
        procedure :: native_share !! The same of all columns [1]
        procedure :: network_share !! The network's part of the drag, in the mean over values [1]
        procedure :: log_lines !! What the log says of the last recomputation
        procedure :: summary_lines !! What the end of a run says
    end type gwparam_coupling_statistics_t

    public :: policy_word

contains

    pure function restart_line(self) result(line)

        !! What was restored, and of which date, or that nothing was.
        class(gwparam_coupling_statistics_t), intent(in) :: self
        character(len=line_length) :: line

        line = "begins anew: no restart was read"
        if (.not. self%is_restored) return
        line = "goes on from a restart"
        if (self%is_held_only) line = "takes the held drag alone from a restart"
        if (self%restored_date /= "") line = trim(line) // " (" // trim(self%restored_date) // ")"

    end function restart_line

    elemental subroutine add(self, other)

        !! Add those of another object that works on other columns of the same steps.
        class(gwparam_coupling_statistics_t), intent(inout) :: self
        class(gwparam_coupling_statistics_t), intent(in) :: other

        call self%counters%add(other%counters)
        if (.not. allocated(self%guard)) then
            if (allocated(other%guard)) self%guard = other%guard
        else if (allocated(other%guard)) then
            call self%guard%add(other%guard)
        end if
        call self%comparison%add(other%comparison)
        call self%all%add(other%all)
        self%recomputations = max(self%recomputations, other%recomputations)
        self%blended = self%blended + other%blended
        self%blended_values = self%blended_values + other%blended_values
        self%records = self%records + other%records
        self%record_bytes = self%record_bytes + other%record_bytes
        self%records_left_out = self%records_left_out + other%records_left_out
        if (self%record_failure == "") self%record_failure = other%record_failure
        self%momentum_imbalance = max(self%momentum_imbalance, other%momentum_imbalance)
        self%is_log_due = self%is_log_due .or. other%is_log_due
        self%is_report_due = self%is_report_due .or. other%is_report_due
        self%is_restored = self%is_restored .or. other%is_restored
        self%is_held_only = self%is_held_only .or. other%is_held_only
        self%restored_columns = self%restored_columns + other%restored_columns
        if (self%restored_date == "") self%restored_date = other%restored_date
        if (self%mode == "") self%mode = other%mode
        if (self%artefact == "") self%artefact = other%artefact
        if (self%run_log == "") self%run_log = other%run_log
        self%days = max(self%days, other%days)
        if (self%date == "") self%date = other%date
        self%rank = max(self%rank, other%rank)
        self%ranks = max(self%ranks, other%ranks)
        self%runs_network = self%runs_network .or. other%runs_network
        self%runs_native = self%runs_native .or. other%runs_native
        self%gives_fluxes = self%gives_fluxes .or. other%gives_fluxes
        self%lag = max(self%lag, other%lag)
        if (self%members == "") self%members = other%members
        self%member = max(self%member, other%member)
        self%member_seed = max(self%member_seed, other%member_seed)
        if (self%guards == "") self%guards = other%guards

    end subroutine add

    subroutine reduce(self, network, stat, errmsg)

        !! Add those of all other ranks: one exchange, by all ranks between two steps. The root,
        !! rank 0, then has the whole; the others have their own.
        class(gwparam_coupling_statistics_t), intent(inout) :: self
        type(gwparam_scheme_t), intent(in) :: network !! Whose ranks they are
        integer, intent(out) :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout) :: errmsg !! Reason; unchanged on success

        type(gwparam_coupling_statistics_t) :: other
        integer(int64), allocatable :: all(:,:), mine(:)
        integer :: r

        call network%ranks(self%rank, self%ranks, stat, errmsg)
        if (stat /= gwparam_ok) return
        if (self%ranks > 1) then
            mine = numbers_of(self)
            allocate (all(size(mine), merge(self%ranks, 0, self%rank == 0)))
            call network%gather(mine, all, stat, errmsg)
            if (stat /= gwparam_ok) return
            ! Sums have no rounding and places an order of their own, so any order will do.
            do r = 2, size(all, 2)
                other = self
                call set_numbers(other, all(:,r))
                call self%add(other)
            end do
        end if
        self%of_all = self%rank == 0

    end subroutine reduce

    pure function numbers_of(self) result(numbers)

        !! What adds up over ranks, as integers.
        type(gwparam_coupling_statistics_t), intent(in) :: self
        integer(int64), allocatable :: numbers(:)

        integer :: g, i

        associate (c => self%counters)
            numbers = [c%runs, c%columns, c%guarded_columns, c%guarded_columns_last_run, &
                & c%staging_bytes, c%messages, c%message_bytes, c%host_to_device_bytes, &
                & c%device_to_host_bytes, int(c%compiled, int64), int(c%threads, int64), &
                & merge(1_int64, 0_int64, [c%on_cuda, c%fell_back, c%on_graphs, c%lacks_fma]), &
                & int(self%recomputations, int64), self%restored_columns, self%records, &
                & self%record_bytes, self%records_left_out, self%blended, self%blended_values, &
                & transfer([c%inference_seconds, c%wait_seconds, c%exchange_seconds, &
                & c%momentum_imbalance, c%load_seconds, c%put_seconds, c%get_seconds, &
                & c%levels_seconds, self%momentum_imbalance], [0_int64])]
        end associate
        numbers = [numbers, (self%comparison(i)%numbers(), i=1, 2), (self%all(i)%numbers(), i=1, 2)]
        if (.not. allocated(self%guard)) return
        do g = 1, size(self%guard)
            numbers = [numbers, self%guard(g)%numbers()]
        end do

    end function numbers_of

    subroutine set_numbers(self, numbers)

        !! What `numbers_of` gave on a rank of the same settings.
        type(gwparam_coupling_statistics_t), intent(inout) :: self
        integer(int64), intent(in) :: numbers(:)

        integer, parameter :: n_integers = 22, n_reals = 9
        integer :: at, g, i
        real(dp) :: reals(n_reals)

        reals = transfer(numbers(n_integers + 1:n_integers + n_reals), reals)
        associate (c => self%counters, n => numbers)
            c%runs = n(1)
            c%columns = n(2)
            c%guarded_columns = n(3)
            c%guarded_columns_last_run = n(4)
            c%staging_bytes = n(5)
            c%messages = n(6)
            c%message_bytes = n(7)
            c%host_to_device_bytes = n(8)
            c%device_to_host_bytes = n(9)
            c%compiled = int(n(10))
            c%threads = int(n(11))
            c%on_cuda = n(12) == 1
            c%fell_back = n(13) == 1
            c%on_graphs = n(14) == 1
            c%lacks_fma = n(15) == 1
            self%recomputations = int(n(16))
            self%restored_columns = n(17)
            self%records = n(18)
            self%record_bytes = n(19)
            self%records_left_out = n(20)
            self%blended = n(21)
            self%blended_values = n(22)
            c%inference_seconds = reals(1)
            c%wait_seconds = reals(2)
            c%exchange_seconds = reals(3)
            c%momentum_imbalance = reals(4)
            c%load_seconds = reals(5)
            c%put_seconds = reals(6)
            c%get_seconds = reals(7)
            c%levels_seconds = reals(8)
            self%momentum_imbalance = reals(9)
        end associate
        at = n_integers + n_reals
        do i = 1, 2
            call self%comparison(i)%set_numbers(numbers(at + 1:at + n_comparison_numbers))
            at = at + n_comparison_numbers
        end do
        do i = 1, 2
            call self%all(i)%set_numbers(numbers(at + 1:at + n_comparison_numbers))
            at = at + n_comparison_numbers
        end do
        if (.not. allocated(self%guard)) return
        do g = 1, size(self%guard)
            associate (n => (size(numbers) - at)/(size(self%guard) - g + 1))
                call self%guard(g)%set_numbers(numbers(at + 1:at + n))
                at = at + n
            end associate
        end do

    end subroutine set_numbers

    elemental integer(int64) function native_columns(self)
        !! How many columns guards left to the native drag in this run.
        class(gwparam_coupling_statistics_t), intent(in) :: self

        native_columns = 0
        if (allocated(self%guard)) native_columns = sum(self%guard%columns, &
            & mask=self%guard%policy == gwparam_guard_native)

    end function native_columns

    elemental real(dp) function network_share(self)
        !! The network's part of the drag, in the mean over levels and columns [1].
        class(gwparam_coupling_statistics_t), intent(in) :: self

        network_share = merge(1.0_dp, 0.0_dp, self%mode == "ml")
        if (self%blended_values > 0) network_share = self%blended/(blend_units*self%blended_values)

    end function network_share

    elemental real(dp) function native_share(self)
        !! The share of all columns of this run that guards left to the native drag [1].
        class(gwparam_coupling_statistics_t), intent(in) :: self

        native_share = real(self%native_columns(), dp)/max(1_int64, self%columns_this_run())

    end function native_share

    elemental integer(int64) function columns_this_run(self)
        !! Columns that the network ran on in this run.
        class(gwparam_coupling_statistics_t), intent(in) :: self

        columns_this_run = self%counters%columns - self%restored_columns

    end function columns_this_run

    pure function log_lines(self) result(lines)

        !! A line for each component of the wind; none unless one is due.
        class(gwparam_coupling_statistics_t), intent(in) :: self
        character(len=line_length), allocatable :: lines(:)

        character(len=line_length) :: native
        integer :: i

        allocate (lines(merge(2, 0, self%is_log_due)))
        do i = 1, size(lines)
            associate (c => self%comparison(i))
                native = ""
                if (self%runs_native) write (native, &
                    & "(a, es9.2, a, f7.3, a, f0.3, a, f0.3)") ", native", c%rms_native(), &
                    & " m s-2, pattern correlation", c%pattern_correlation(), ", R2 ", c%r2(), &
                    & ", largest over largest ", c%largest_ratio()
                write (lines(i), "(a, i0, 3a, es9.2, 2a)") "recomputation ", self%recomputations, &
                       & ", ", component(i), ": rms of the network", c%rms_network(), " m s-2", &
                       & trim(native)
            end associate
        end do

    end function log_lines

    pure function summary_lines(self) result(lines)

        !! What the network did, where there was one: columns, then time, then momentum.
        class(gwparam_coupling_statistics_t), intent(in) :: self
        character(len=line_length), allocatable :: lines(:)

        real(dp) :: hidden

        allocate (lines(0))
        if (.not. self%runs_network) return
        associate (c => self%counters)
            lines = [blank()]
            write (lines(1), "(3(a, i0), 3a)") "the network ran ", c%runs, " times on ", &
                   & c%columns, " columns, of which guards caught ", c%guarded_columns, " (", &
                   & trim(self%guards), ")"
            if (c%inference_seconds > 0.0_dp) then
                hidden = 0.0_dp
                if (self%lag == 1) hidden = max(0.0_dp, 1.0_dp - c%wait_seconds/c%inference_seconds)
                lines = [lines, blank()]
                write (lines(size(lines)), "(7a, f5.1, a)") "the network took ", &
                       & trim(thousandths(c%inference_seconds)), &
                       & " s, waiting for it and other ranks ", &
                       & trim(thousandths(c%wait_seconds)), " s, messages ", &
                       & trim(thousandths(c%exchange_seconds)), " s; hidden behind the host: ", &
                       & 100.0_dp*hidden, " %"
            end if
            if (c%lacks_fma) then
                lines = [lines, blank()]
                lines(size(lines)) = "the network was slow: this processor has no fused " &
                      & // "multiply-adds that its engine knows"
            end if
            if (c%compiled == gwparam_compiled_runs) then
                lines = [lines, blank()]
                lines(size(lines)) = "the network ran as compiled for this machine"
            else if (c%compiled == gwparam_compiled_unfit) then
                lines = [lines, blank()]
                lines(size(lines)) = "the network ran by TorchScript: the compiled package " &
                      & // "beside its artefact does not fit"
            end if
        end associate
        if (.not. self%gives_fluxes) return
        lines = [lines, blank()]
        write (lines(size(lines)), "(a, es8.1, a)") "momentum budget of a column: closed to", &
               & self%momentum_imbalance, " of the largest flux"

    end function summary_lines

    pure function policy_word(policy) result(word)

        !! As gwparam_nml has it.
        integer, intent(in) :: policy !! gwparam_guard_*
        character(len=8) :: word

        character(len=8), parameter :: words(0:6) = [character(len=8)::"error","zero", "keep", &
                  & "ignore", "count", "clip", "native"]

        word = text(policy)
        if (policy >= 0 .and. policy <= ubound(words, 1)) word = words(policy)

    end function policy_word

    pure function thousandths(number) result(text)

        !! With three digits behind the point and one before it, which f0.3 leaves out of 0.011.
        real(dp), intent(in) :: number !! At least 0
        character(len=40) :: text

        write (text, "(f40.3)") number
        text = adjustl(text)

    end function thousandths

    pure function blank() result(line)

        character(len=line_length) :: line

        line = ""

    end function blank

end module gwparam_coupling_statistics
