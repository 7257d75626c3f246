module gwparam_coupling_statistics

    !! What the drag of a run was like, as numbers that add up over threads, and as text.

    use gwparam_kinds, only: dp
    use gwparam_options, only: gwparam_compiled_runs, gwparam_compiled_unfit, gwparam_statistics_t
    implicit none(type, external)
    private

    character(len=1), parameter :: component(2) = ["u", "v"] !! Of wind and drag
    integer, parameter, public :: line_length = 200 !! Of a line for a host to print

    type, public :: comparison_t
        !! Sums over the columns of one recomputation, in one component of the wind.
        real(dp) :: native = 0.0_dp, network = 0.0_dp !! Of squares [m2 s-4]
        real(dp) :: product = 0.0_dp !! Of both [m2 s-4]
        integer :: n = 0 !! Number of values

    contains
        procedure :: compare !! Add a window
    end type comparison_t

    type, public :: gwparam_coupling_statistics_t
        !! Of one object, or of several after `add`.
        type(gwparam_statistics_t) :: counters !! Of the network
        type(comparison_t) :: comparison(2) !! Of the last recomputation, in u and v
        integer :: recomputations = 0 !! Steps that computed drag
        real(dp) :: momentum_imbalance = 0.0_dp
        !! Of a network with fluxes: a column's gain less what crossed its ends, at worst [1]
        logical :: is_log_due = .false. !! Whether the step that ended is one for the log
        logical :: runs_network = .false., runs_native = .false., gives_fluxes = .false.
        integer :: lag = 0
        character(len=64) :: guards = "" !! As a line names them

    contains
        procedure :: add !! Those of another thread's object
        procedure :: log_lines !! What the log says of the last recomputation
        procedure :: summary_lines !! What the end of a run says
    end type gwparam_coupling_statistics_t

contains

    pure subroutine compare(self, network_drag, native_drag)

        !! Add a window to the sums.
        class(comparison_t), intent(inout) :: self
        real(dp), intent(in) :: network_drag(:,:,:) !! [m s-2]
        real(dp), intent(in), optional :: native_drag(:,:,:) !! [m s-2]

        self%n = self%n + size(network_drag)
        self%network = self%network + sum(network_drag**2)
        if (.not. present(native_drag)) return
        self%native = self%native + sum(native_drag**2)
        self%product = self%product + sum(native_drag*network_drag)

    end subroutine compare

    elemental subroutine add(self, other)

        !! Add those of another object that works on other columns of the same steps.
        class(gwparam_coupling_statistics_t), intent(inout) :: self
        class(gwparam_coupling_statistics_t), intent(in) :: other

        call self%counters%add(other%counters)
        self%comparison%native = self%comparison%native + other%comparison%native
        self%comparison%network = self%comparison%network + other%comparison%network
        self%comparison%product = self%comparison%product + other%comparison%product
        self%comparison%n = self%comparison%n + other%comparison%n
        self%recomputations = max(self%recomputations, other%recomputations)
        self%momentum_imbalance = max(self%momentum_imbalance, other%momentum_imbalance)
        self%is_log_due = self%is_log_due .or. other%is_log_due
        self%runs_network = self%runs_network .or. other%runs_network
        self%runs_native = self%runs_native .or. other%runs_native
        self%gives_fluxes = self%gives_fluxes .or. other%gives_fluxes
        self%lag = max(self%lag, other%lag)
        if (self%guards == "") self%guards = other%guards

    end subroutine add

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
                if (self%runs_native) write (native, "(a, es9.2, a, f7.3)") ", native", &
                    & sqrt(c%native/max(c%n, 1)), " m s-2, pattern correlation", &
                    & c%product/max(sqrt(c%native*c%network), tiny(1.0_dp))
                write (lines(i), "(a, i0, 3a, es9.2, 2a)") "recomputation ", self%recomputations, &
                       & ", ", component(i), ": rms of the network", sqrt(c%network/max(c%n, 1)), &
                       & " m s-2", trim(native)
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
