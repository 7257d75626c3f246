module gwparam_options

    !! Settings of a scheme, and what it counts.

    use, intrinsic :: iso_fortran_env, only: int64
    use gwparam_kinds, only: dp
    implicit none(type, external)
    private

    integer, parameter, public :: gwparam_guard_error = 0 !! A caught column fails the run
    integer, parameter, public :: gwparam_guard_zero = 1 !! A caught column has outputs of zero
    integer, parameter, public :: gwparam_guard_keep = 2 !! `get` leaves a caught column as it was
    integer, parameter, public :: gwparam_guard_ignore = 3 !! Nothing is caught

    type, public :: gwparam_options_t
        !! Settings of a scheme.
        integer :: threads = 1 !! Threads of one forward pass
        integer :: chunk_columns = 0 !! Columns of one forward pass, a multiple of 16; 0: 512
        integer :: on_limit = gwparam_guard_error !! For outputs beyond the contract's limits
        integer :: on_range = gwparam_guard_ignore !! For inputs far outside the training range
        real(dp) :: range_sigmas = 0.0_dp !! How far: standard deviations from the mean [1]
        character(len=15) :: device = "auto" !! auto, cpu, cuda or cuda:N
    end type gwparam_options_t

    type, public :: gwparam_statistics_t
        !! What a scheme has done since it was loaded.
        logical :: on_cuda = .false. !! Whether the network runs on a CUDA device
        integer(int64) :: runs = 0 !! Successful runs
        integer(int64) :: columns = 0 !! Columns of those runs
        integer(int64) :: guarded_columns = 0 !! Columns that a guard set to zero or kept
        integer(int64) :: guarded_columns_last_run = 0 !! The same in the last run
        integer(int64) :: staging_bytes = 0 !! Memory of the staging buffers [bytes]
    end type gwparam_statistics_t
end module gwparam_options
