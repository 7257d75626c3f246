module gwparam_options

    !! Settings of a scheme, and what it counts.

    use, intrinsic :: iso_c_binding, only: c_int32_t, c_sizeof
    use, intrinsic :: iso_fortran_env, only: int64
    use gwparam_c_api, only: gwparam_options_init_c, options_t, statistics_t
    use gwparam_kinds, only: dp
    use gwparam_status, only: gwparam_ok
    use gwparam_text, only: to_c
    implicit none(type, external)
    private

    integer, parameter, public :: gwparam_guard_error = 0 !! A caught column fails the run
    integer, parameter, public :: gwparam_guard_zero = 1 !! A caught column has outputs of zero
    integer, parameter, public :: gwparam_guard_keep = 2 !! `get` leaves a caught column as it was
    integer, parameter, public :: gwparam_guard_ignore = 3 !! Nothing is caught
    integer, parameter, public :: gwparam_guard_count = 4 !! Nothing, but a caught column is counted
    integer, parameter, public :: gwparam_guard_clip = 5
    !! Values of a caught column become the nearest ones that pass; for on_range and on_limit
    integer, parameter, public :: gwparam_guard_native = 6 !! The host's `set_native` gives a column

    integer, parameter, public :: gwparam_device_error = 0 !! A device that fails fails the call
    integer, parameter, public :: gwparam_device_fallback = 1 !! The network goes on on the CPU

    integer, parameter, public :: gwparam_precision_exported = 0 !! Of the artefact's own type
    integer, parameter, public :: gwparam_precision_tf32 = 1 !! Products in TF32, on CUDA devices
    integer, parameter, public :: gwparam_precision_bfloat16 = 2 !! Products in bfloat16

    integer, parameter, public :: gwparam_graphs_auto = 0 !! CUDA graphs where they work
    integer, parameter, public :: gwparam_graphs_off = 1 !! No CUDA graphs

    integer, parameter, public :: gwparam_members_mean = 0 !! Results are the mean of all members
    integer, parameter, public :: gwparam_members_one = 1 !! One member runs, always the same
    integer, parameter, public :: gwparam_members_drawn = 2 !! One is drawn for each run

    integer, parameter, public :: gwparam_compiled_none = 0 !! No package of gwparam compile
    integer, parameter, public :: gwparam_compiled_runs = 1 !! It runs in place of the graph
    integer, parameter, public :: gwparam_compiled_unfit = 2 !! It does not fit: TorchScript runs

    type, public :: gwparam_options_t
        !! Settings of a scheme.
        integer :: threads = 0
        !! Threads, each with chunks of its own (a global network's share its pass); 0: a
        !! rank's share of its cores, 1 where there is one rank
        integer :: chunk_columns = 0 !! Columns of one forward pass, a multiple of 16; 0: 256
        integer :: on_limit = gwparam_guard_error !! For outputs beyond the contract's limits
        integer :: on_range = gwparam_guard_count !! For inputs far outside the training range
        integer :: on_unphysical = gwparam_guard_error !! For inputs that no atmosphere has
        real(dp) :: range_sigmas = 10.0_dp !! How far: standard deviations from the mean [1]
        character(len=15) :: device = "auto" !! auto, cpu, cuda or cuda:N
        integer :: ranks_per_device = 0
        !! Ranks of a node that share a copy of the network; 0: all of a CUDA device, 1 of the CPU
        integer :: lag = 0 !! 1: a flush gives the result of the one before, and computes on
        integer :: on_device_failure = gwparam_device_error !! For a device absent, lost or full
        integer :: precision = gwparam_precision_exported !! Of the network's matrix products
        real(dp) :: timeout_seconds = 0.0_dp !! How long a rank waits for another; 0: 600 [s]
        integer :: graphs = gwparam_graphs_auto !! Whether a CUDA device repeats recorded passes
        logical :: trace = .false. !! Whether runs make sums of columns, for `trace`
        character(len=64) :: artefact_sha256 = "" !! The one file that may be loaded; none: any
        real(dp) :: taper_top(2) = 0.0_dp
        !! Drag fades from all at the second pressure to nothing at the first [Pa]; 0: it does not
        real(dp) :: taper_surface(2) = 0.0_dp
        !! Drag fades from all at the first pressure to nothing at the second [Pa]; 0: it does not
        integer :: on_momentum = gwparam_guard_ignore !! For columns that gain too much momentum
        real(dp) :: momentum_limit = 0.0_dp !! How much is too much [Pa]
        integer :: members = gwparam_members_mean !! Of an artefact with several networks: which run
        integer(int64) :: member_seed = 0 !! Of those that are drawn: the same, the same members
        integer :: member = 0 !! With gwparam_members_one: which, from 1
    end type gwparam_options_t

    type, public :: gwparam_statistics_t
        !! What a scheme has done since it was loaded.
        logical :: on_cuda = .false. !! Whether the network runs on a CUDA device
        integer(int64) :: runs = 0 !! Successful runs
        integer(int64) :: columns = 0 !! Columns of those runs
        integer(int64) :: guarded_columns = 0 !! Columns that guards replaced or kept
        integer(int64) :: guarded_columns_last_run = 0 !! The same in the last run
        integer(int64) :: guarded_columns_of_worst_rank = 0 !! The same on the rank with most
        integer(int64) :: staging_bytes = 0 !! Memory of the staging buffers [bytes]
        integer :: owner = 0 !! The rank that runs the network for this one, from 0
        logical :: fell_back = .false. !! Whether the device failed and the CPU took over
        integer(int64) :: messages = 0 !! Messages that this rank sent
        integer(int64) :: message_bytes = 0 !! Their size [bytes]
        integer(int64) :: host_to_device_bytes = 0 !! Copied to the device [bytes]
        integer(int64) :: device_to_host_bytes = 0 !! Copied back [bytes]
        real(dp) :: inference_seconds = 0.0_dp !! Time in the network on this rank [s]
        real(dp) :: wait_seconds = 0.0_dp !! Time that this rank waited for the network [s]
        real(dp) :: exchange_seconds = 0.0_dp !! Time in the exchange of columns [s]
        logical :: on_graphs = .false. !! Whether the passes are repeated CUDA graphs
        logical :: lacks_fma = .false. !! Whether a column program lacks fused multiply-adds: slow
        real(dp) :: momentum_imbalance = 0.0_dp
        !! Of fluxes in the last run: a column's gain less what crossed its ends, at worst [1]
        integer :: compiled = gwparam_compiled_none !! Whether a compiled package runs
        integer :: threads = 0 !! Of the network on this rank
        real(dp) :: load_seconds = 0.0_dp !! Time to load [s]
        real(dp) :: put_seconds = 0.0_dp !! Time to copy the host's fields in [s]
        real(dp) :: get_seconds = 0.0_dp !! Time to copy results out [s]
        real(dp) :: levels_seconds = 0.0_dp !! Time between levels of host and network [s]
        integer :: member = 0 !! Of the last of these runs, from 1; 0: none, or the mean of several

    contains
        procedure :: add !! Those of a network on other columns
    end type gwparam_statistics_t

    public :: counters_from_c, counters_to_c, options_to_c

contains

    subroutine options_to_c(options, c_options, status)

        !! Settings as the C ABI takes them; absent: the defaults.
        type(gwparam_options_t), intent(in), optional :: options
        type(options_t), intent(out) :: c_options
        integer(c_int32_t), intent(out) :: status
        type(gwparam_options_t) :: chosen

        if (present(options)) chosen = options
        status = gwparam_options_init_c(c_options, int(c_sizeof(c_options), c_int32_t))
        if (status /= gwparam_ok) return
        c_options%threads = chosen%threads
        c_options%chunk_columns = chosen%chunk_columns
        c_options%on_limit = chosen%on_limit
        c_options%on_range = chosen%on_range
        c_options%on_unphysical = chosen%on_unphysical
        c_options%range_sigmas = chosen%range_sigmas
        c_options%device = to_c(chosen%device, size(c_options%device))
        c_options%ranks_per_device = chosen%ranks_per_device
        c_options%lag = chosen%lag
        c_options%on_device_failure = chosen%on_device_failure
        c_options%precision = chosen%precision
        c_options%timeout_seconds = chosen%timeout_seconds
        c_options%graphs = chosen%graphs
        c_options%trace = merge(1, 0, chosen%trace)
        c_options%artefact_sha256 = to_c(chosen%artefact_sha256, size(c_options%artefact_sha256))
        c_options%taper_top = chosen%taper_top
        c_options%taper_surface = chosen%taper_surface
        c_options%momentum_limit = chosen%momentum_limit
        c_options%on_momentum = chosen%on_momentum
        c_options%members = chosen%members
        c_options%member_seed = chosen%member_seed
        c_options%member = chosen%member

    end subroutine options_to_c

    elemental subroutine add(self, other)

        !! Add what another network did in the same steps, side by side: columns, messages and
        !! memory add up; of runs and times, those of the network with more count.
        class(gwparam_statistics_t), intent(inout) :: self
        class(gwparam_statistics_t), intent(in) :: other

        self%on_cuda = self%on_cuda .or. other%on_cuda
        self%runs = max(self%runs, other%runs)
        self%columns = self%columns + other%columns
        self%guarded_columns = self%guarded_columns + other%guarded_columns
        self%guarded_columns_last_run = self%guarded_columns_last_run &
            & + other%guarded_columns_last_run
        self%guarded_columns_of_worst_rank = max(self%guarded_columns_of_worst_rank, &
            & other%guarded_columns_of_worst_rank)
        self%staging_bytes = self%staging_bytes + other%staging_bytes
        self%fell_back = self%fell_back .or. other%fell_back
        self%messages = self%messages + other%messages
        self%message_bytes = self%message_bytes + other%message_bytes
        self%host_to_device_bytes = self%host_to_device_bytes + other%host_to_device_bytes
        self%device_to_host_bytes = self%device_to_host_bytes + other%device_to_host_bytes
        self%inference_seconds = max(self%inference_seconds, other%inference_seconds)
        self%wait_seconds = max(self%wait_seconds, other%wait_seconds)
        self%exchange_seconds = max(self%exchange_seconds, other%exchange_seconds)
        self%on_graphs = self%on_graphs .or. other%on_graphs
        self%lacks_fma = self%lacks_fma .or. other%lacks_fma
        self%momentum_imbalance = max(self%momentum_imbalance, other%momentum_imbalance)
        self%compiled = max(self%compiled, other%compiled)
        self%threads = max(self%threads, other%threads)
        self%load_seconds = max(self%load_seconds, other%load_seconds)
        self%put_seconds = max(self%put_seconds, other%put_seconds)
        self%get_seconds = max(self%get_seconds, other%get_seconds)
        self%levels_seconds = max(self%levels_seconds, other%levels_seconds)
        self%member = max(self%member, other%member)

    end subroutine add

    pure function counters_from_c(found) result(counters)

        !! Counters as a host reads them.
        type(statistics_t), intent(in) :: found
        type(gwparam_statistics_t) :: counters

        counters%on_cuda = found%on_cuda == 1
        counters%runs = found%runs
        counters%columns = found%columns
        counters%guarded_columns = found%guarded_columns
        counters%guarded_columns_last_run = found%guarded_columns_last_run
        counters%staging_bytes = found%staging_bytes
        counters%owner = found%owner
        counters%fell_back = found%fell_back == 1
        counters%messages = found%messages
        counters%message_bytes = found%message_bytes
        counters%host_to_device_bytes = found%host_to_device_bytes
        counters%device_to_host_bytes = found%device_to_host_bytes
        counters%inference_seconds = found%inference_seconds
        counters%wait_seconds = found%wait_seconds
        counters%exchange_seconds = found%exchange_seconds
        counters%on_graphs = found%on_graphs == 1
        counters%lacks_fma = found%lacks_fma == 1
        counters%momentum_imbalance = found%momentum_imbalance
        counters%compiled = found%compiled
        counters%threads = found%threads
        counters%load_seconds = found%load_seconds
        counters%put_seconds = found%put_seconds
        counters%get_seconds = found%get_seconds
        counters%levels_seconds = found%levels_seconds
        counters%guarded_columns_of_worst_rank = found%guarded_columns_of_worst_rank
        counters%member = found%member

    end function counters_from_c

    function counters_to_c(counters) result(given)

        !! Counters as the C ABI takes them.
        type(gwparam_statistics_t), intent(in) :: counters
        type(statistics_t) :: given

        given = statistics_t(struct_size=int(c_sizeof(given), c_int32_t), on_cuda=merge(1, 0, &
                             & counters%on_cuda), runs=counters%runs, columns=counters%columns, &
                             & guarded_columns=counters%guarded_columns, &
                             & guarded_columns_last_run=counters%guarded_columns_last_run, &
                             & staging_bytes=counters%staging_bytes, owner=counters%owner, &
                             & fell_back=merge(1, 0, counters%fell_back), &
                             & messages=counters%messages, message_bytes=counters%message_bytes, &
                             & host_to_device_bytes=counters%host_to_device_bytes, &
                             & device_to_host_bytes=counters%device_to_host_bytes, &
                             & inference_seconds=counters%inference_seconds, &
                             & wait_seconds=counters%wait_seconds, &
                             & exchange_seconds=counters%exchange_seconds, on_graphs=merge(1, 0, &
                             & counters%on_graphs), lacks_fma=merge(1, 0, counters%lacks_fma), &
                             & momentum_imbalance=counters%momentum_imbalance, &
                             & compiled=counters%compiled, threads=counters%threads, &
                             & load_seconds=counters%load_seconds, &
                             & put_seconds=counters%put_seconds, &
                             & get_seconds=counters%get_seconds, &
                             & levels_seconds=counters%levels_seconds, member=counters%member, &
                             & reserved1=0, &
                             & guarded_columns_of_worst_rank=counters%guarded_columns_of_worst_rank)

    end function counters_to_c

end module gwparam_options
