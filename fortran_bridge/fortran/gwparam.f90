module gwparam

    !! All that a host needs: `use gwparam`.

    use gwparam_kinds, only: dp, sp
    use gwparam_native, only: gwparam_native_t
    use gwparam_options, only: gwparam_compiled_none, gwparam_compiled_runs, &
        & gwparam_compiled_unfit, gwparam_device_error, gwparam_device_fallback, &
        & gwparam_graphs_auto, gwparam_graphs_off, gwparam_guard_clip, gwparam_guard_count, &
        & gwparam_guard_error, gwparam_guard_ignore, gwparam_guard_keep, gwparam_guard_native, &
        & gwparam_guard_zero, gwparam_options_t, gwparam_precision_bfloat16, &
        & gwparam_precision_exported, gwparam_precision_tf32, gwparam_statistics_t
    use gwparam_scheme, only: gwparam_bottom_up, gwparam_carried, gwparam_column, gwparam_global, &
        & gwparam_input, gwparam_output, gwparam_pending, gwparam_scheme_t, gwparam_stencil, &
        & gwparam_top_down
    use gwparam_status, only: gwparam_err_argument, gwparam_err_busy, gwparam_err_contract, &
        & gwparam_err_device, gwparam_err_file, gwparam_err_forked, gwparam_err_inference, &
        & gwparam_err_internal, gwparam_err_memory, gwparam_err_nonfinite, gwparam_err_range, &
        & gwparam_err_rank, gwparam_err_shape, gwparam_ok
    use gwparam_versions, only: gwparam_version
    implicit none(type, external)
    private

    public :: dp, sp
    public :: gwparam_native_t, gwparam_options_t, gwparam_scheme_t, gwparam_statistics_t, &
        & gwparam_version
    public :: gwparam_bottom_up, gwparam_top_down
    public :: gwparam_column, gwparam_global, gwparam_stencil
    public :: gwparam_carried, gwparam_input, gwparam_output, gwparam_pending
    public :: gwparam_guard_clip, gwparam_guard_count, gwparam_guard_error, gwparam_guard_ignore
    public :: gwparam_guard_keep, gwparam_guard_native, gwparam_guard_zero
    public :: gwparam_device_error, gwparam_device_fallback
    public :: gwparam_compiled_none, gwparam_compiled_runs, gwparam_compiled_unfit
    public :: gwparam_graphs_auto, gwparam_graphs_off
    public :: gwparam_precision_bfloat16, gwparam_precision_exported, gwparam_precision_tf32
    public :: gwparam_ok, gwparam_err_argument, gwparam_err_busy, gwparam_err_contract, &
        & gwparam_err_device, gwparam_err_file, gwparam_err_forked, gwparam_err_inference, &
        & gwparam_err_internal, gwparam_err_memory, gwparam_err_nonfinite, gwparam_err_range, &
        & gwparam_err_rank, gwparam_err_shape
end module gwparam
