module gwparam_c_api

    !! The C ABI of gwparam.h as Fortran sees it; private to the library.

    use, intrinsic :: iso_c_binding, only: c_char, c_double, c_funptr, c_int32_t, c_int64_t, &
        & c_null_ptr, c_ptr
    implicit none(type, external)
    private

    integer, parameter, public :: max_rank = 4 !! Largest rank of an array that crosses
    integer(c_int32_t), parameter, public :: float32_code = 1 !! Single precision in `array_t`
    integer(c_int32_t), parameter, public :: float64_code = 2 !! Double precision in `array_t`

    type, bind(c), public :: array_t
        !! An array of the host, borrowed for one call: gwparam_array.
        type(c_ptr) :: data = c_null_ptr
        integer(c_int32_t) :: dtype = 0
        integer(c_int32_t) :: rank = 0
        integer(c_int64_t) :: shape(max_rank) = 1
        integer(c_int64_t) :: stride(max_rank) = 0
    end type array_t

    type, bind(c), public :: options_t
        !! Settings of a scheme: gwparam_options.
        integer(c_int32_t) :: struct_size
        integer(c_int32_t) :: threads
        integer(c_int32_t) :: chunk_columns
        integer(c_int32_t) :: on_limit
        integer(c_int32_t) :: on_range
        integer(c_int32_t) :: on_unphysical
        real(c_double) :: range_sigmas
        character(kind=c_char) :: device(16)
        integer(c_int32_t) :: ranks_per_device
        integer(c_int32_t) :: lag
        integer(c_int32_t) :: on_device_failure
        integer(c_int32_t) :: precision
        real(c_double) :: timeout_seconds
        integer(c_int32_t) :: graphs
        integer(c_int32_t) :: trace
        character(kind=c_char) :: artefact_sha256(72)
        real(c_double) :: taper_top(2)
        real(c_double) :: taper_surface(2)
        real(c_double) :: momentum_limit
        integer(c_int32_t) :: on_momentum
        integer(c_int32_t) :: members
        integer(c_int64_t) :: member_seed
        integer(c_int32_t) :: member
        integer(c_int32_t) :: reserved3
    end type options_t

    type, bind(c), public :: statistics_t
        !! Counters of a scheme: gwparam_statistics.
        integer(c_int32_t) :: struct_size
        integer(c_int32_t) :: on_cuda
        integer(c_int64_t) :: runs
        integer(c_int64_t) :: columns
        integer(c_int64_t) :: guarded_columns
        integer(c_int64_t) :: guarded_columns_last_run
        integer(c_int64_t) :: staging_bytes
        integer(c_int32_t) :: owner
        integer(c_int32_t) :: fell_back
        integer(c_int64_t) :: messages
        integer(c_int64_t) :: message_bytes
        integer(c_int64_t) :: host_to_device_bytes
        integer(c_int64_t) :: device_to_host_bytes
        real(c_double) :: inference_seconds
        real(c_double) :: wait_seconds
        real(c_double) :: exchange_seconds
        integer(c_int32_t) :: on_graphs
        integer(c_int32_t) :: lacks_fma
        real(c_double) :: momentum_imbalance
        integer(c_int32_t) :: compiled
        integer(c_int32_t) :: threads
        real(c_double) :: load_seconds
        real(c_double) :: put_seconds
        real(c_double) :: get_seconds
        real(c_double) :: levels_seconds
        integer(c_int64_t) :: guarded_columns_of_worst_rank
        integer(c_int32_t) :: member
        integer(c_int32_t) :: reserved1
    end type statistics_t

    type, bind(c), public :: place_t
        !! Where and when a value was: gwparam_place.
        real(c_double) :: excess
        real(c_double) :: value
        real(c_double) :: latitude
        real(c_double) :: longitude
        real(c_double) :: pressure
        integer(c_int64_t) :: run
        integer(c_int32_t) :: level
        integer(c_int32_t) :: rank
        character(kind=c_char) :: field(96)
        character(kind=c_char) :: units(24)
        character(kind=c_char) :: date(40)
    end type place_t

    type, bind(c), public :: guard_report_t
        !! What one guard caught: gwparam_guard_report.
        integer(c_int32_t) :: struct_size
        integer(c_int32_t) :: policy
        character(kind=c_char) :: name(32)
        integer(c_int64_t) :: columns
        integer(c_int64_t) :: columns_last_run
        type(place_t) :: worst
    end type guard_report_t

    public :: gwparam_version_c, gwparam_last_error_c, gwparam_options_init_c, &
        & gwparam_units_conversion_c
    public :: gwparam_scheme_load_c, gwparam_scheme_free_c, gwparam_scheme_contract_c, &
        & gwparam_scheme_description_c, gwparam_scheme_sha256_c, gwparam_scheme_guard_c, &
        & gwparam_scheme_ranks_c, gwparam_scheme_gather_c, gwparam_scheme_put_place_c, &
        & gwparam_scheme_set_native_c, gwparam_scheme_trace_c
    public :: gwparam_scheme_geometry_c, gwparam_scheme_statistics_c, gwparam_scheme_set_cells_c, &
        & gwparam_scheme_set_columns_c, gwparam_scheme_set_levels_c, gwparam_scheme_put_c
    public :: gwparam_scheme_add_columns_c, gwparam_scheme_flush_c, gwparam_scheme_run_c
    public :: gwparam_scheme_discard_c, gwparam_scheme_get_c
    public :: gwparam_scheme_synchronise_c, gwparam_scheme_field_c, gwparam_scheme_save_c, &
        & gwparam_scheme_restore_c, gwparam_scheme_restore_statistics_c, &
        & gwparam_scheme_set_draw_c, gwparam_scheme_member_c

    interface

        function gwparam_version_c(text, capacity) result(status) bind(c, name="gwparam_version")

            import :: c_char, c_int32_t, c_int64_t
            implicit none(type, external)
            character(kind=c_char), intent(out) :: text(*)
            integer(c_int64_t), value, intent(in) :: capacity
            integer(c_int32_t) :: status

        end function gwparam_version_c

        function gwparam_last_error_c(text, capacity) result(status) bind(c, &
                                      & name="gwparam_last_error")

            import :: c_char, c_int32_t, c_int64_t
            implicit none(type, external)
            character(kind=c_char), intent(out) :: text(*)
            integer(c_int64_t), value, intent(in) :: capacity
            integer(c_int32_t) :: status

        end function gwparam_last_error_c

        function gwparam_units_conversion_c(given, wanted, scale, offset) result(status) bind(c, &
                                            & name="gwparam_units_conversion")

            import :: c_char, c_double, c_int32_t
            implicit none(type, external)
            character(kind=c_char), intent(in) :: given(*), wanted(*)
            real(c_double), intent(out) :: scale, offset
            integer(c_int32_t) :: status

        end function gwparam_units_conversion_c

        function gwparam_options_init_c(options, struct_size) result(status) bind(c, &
                                        & name="gwparam_options_init")

            import :: c_int32_t, options_t
            implicit none(type, external)
            type(options_t), intent(out) :: options
            integer(c_int32_t), value, intent(in) :: struct_size
            integer(c_int32_t) :: status

        end function gwparam_options_init_c

        function gwparam_scheme_load_c(scheme, path, options) result(status) bind(c, &
                                       & name="gwparam_scheme_load")

            import :: c_char, c_int32_t, c_ptr, options_t
            implicit none(type, external)
            type(c_ptr), intent(out) :: scheme
            character(kind=c_char), intent(in) :: path(*)
            type(options_t), intent(in) :: options
            integer(c_int32_t) :: status

        end function gwparam_scheme_load_c

        function gwparam_scheme_free_c(scheme) result(status) bind(c, name="gwparam_scheme_free")

            import :: c_int32_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            integer(c_int32_t) :: status

        end function gwparam_scheme_free_c

        function gwparam_scheme_contract_c(scheme, text, capacity, size) result(status) bind(c, &
                                           & name="gwparam_scheme_contract")

            import :: c_char, c_int32_t, c_int64_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            character(kind=c_char), intent(out) :: text(*)
            integer(c_int64_t), value, intent(in) :: capacity
            integer(c_int64_t), intent(out) :: size
            integer(c_int32_t) :: status

        end function gwparam_scheme_contract_c

        function gwparam_scheme_description_c(scheme, text, capacity, &
                                              & size) result(status) bind(c, &
                                              & name="gwparam_scheme_description")

            import :: c_char, c_int32_t, c_int64_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            character(kind=c_char), intent(out) :: text(*)
            integer(c_int64_t), value, intent(in) :: capacity
            integer(c_int64_t), intent(out) :: size
            integer(c_int32_t) :: status

        end function gwparam_scheme_description_c

        function gwparam_scheme_sha256_c(scheme, text, capacity) result(status) bind(c, &
                                         & name="gwparam_scheme_sha256")

            import :: c_char, c_int32_t, c_int64_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            character(kind=c_char), intent(out) :: text(*)
            integer(c_int64_t), value, intent(in) :: capacity
            integer(c_int32_t) :: status

        end function gwparam_scheme_sha256_c

        function gwparam_scheme_guard_c(scheme, number, report, struct_size, levels, capacity, &
                                        & n_levels) result(status) bind(c, &
                                        & name="gwparam_scheme_guard")

            import :: c_int32_t, c_int64_t, c_ptr, guard_report_t
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            integer(c_int64_t), value, intent(in) :: number
            type(guard_report_t), intent(out) :: report
            integer(c_int32_t), value, intent(in) :: struct_size
            integer(c_int64_t), intent(out) :: levels(*)
            integer(c_int64_t), value, intent(in) :: capacity
            integer(c_int64_t), intent(out) :: n_levels
            integer(c_int32_t) :: status

        end function gwparam_scheme_guard_c

        function gwparam_scheme_trace_c(scheme, stage, sums, capacity) result(status) bind(c, &
                                        & name="gwparam_scheme_trace")

            import :: c_int32_t, c_int64_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            integer(c_int32_t), value, intent(in) :: stage
            integer(c_int64_t), intent(inout) :: sums(*) !! The same bits, as signed numbers
            integer(c_int64_t), value, intent(in) :: capacity
            integer(c_int32_t) :: status

        end function gwparam_scheme_trace_c

        function gwparam_scheme_ranks_c(scheme, rank, ranks) result(status) bind(c, &
                                        & name="gwparam_scheme_ranks")

            import :: c_int32_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            integer(c_int32_t), intent(out) :: rank, ranks
            integer(c_int32_t) :: status

        end function gwparam_scheme_ranks_c

        function gwparam_scheme_gather_c(scheme, mine, count, all) result(status) bind(c, &
                                         & name="gwparam_scheme_gather")

            import :: c_int32_t, c_int64_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            integer(c_int64_t), intent(in) :: mine(*)
            integer(c_int64_t), value, intent(in) :: count
            integer(c_int64_t), intent(inout) :: all(*)
            integer(c_int32_t) :: status

        end function gwparam_scheme_gather_c

        function gwparam_scheme_set_native_c(scheme, procedure, context) result(status) bind(c, &
                                             & name="gwparam_scheme_set_native")

            import :: c_funptr, c_int32_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            type(c_funptr), value, intent(in) :: procedure
            type(c_ptr), value, intent(in) :: context
            integer(c_int32_t) :: status

        end function gwparam_scheme_set_native_c

        function gwparam_scheme_put_place_c(scheme, latitude, longitude, units, &
                                            & date) result(status) bind(c, &
                                            & name="gwparam_scheme_put_place")

            import :: array_t, c_char, c_int32_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            type(array_t), intent(in) :: latitude, longitude
            character(kind=c_char), intent(in), optional :: units(*)
            character(kind=c_char), intent(in), optional :: date(*)
            integer(c_int32_t) :: status

        end function gwparam_scheme_put_place_c

        function gwparam_scheme_geometry_c(scheme, geometry) result(status) bind(c, &
                                           & name="gwparam_scheme_geometry")

            import :: c_int32_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            integer(c_int32_t), intent(out) :: geometry
            integer(c_int32_t) :: status

        end function gwparam_scheme_geometry_c

        function gwparam_scheme_statistics_c(scheme, statistics, &
                                             & struct_size) result(status) bind(c, &
                                             & name="gwparam_scheme_statistics")

            import :: c_int32_t, c_ptr, statistics_t
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            type(statistics_t), intent(out) :: statistics
            integer(c_int32_t), value, intent(in) :: struct_size
            integer(c_int32_t) :: status

        end function gwparam_scheme_statistics_c

        function gwparam_scheme_set_levels_c(scheme, order, nlev, &
                                             & pressure) result(status) bind(c, &
                                             & name="gwparam_scheme_set_levels")

            import :: c_double, c_int32_t, c_int64_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            integer(c_int32_t), value, intent(in) :: order
            integer(c_int64_t), value, intent(in) :: nlev
            real(c_double), intent(in) :: pressure(*)
            integer(c_int32_t) :: status

        end function gwparam_scheme_set_levels_c

        function gwparam_scheme_set_columns_c(scheme, latitude, longitude, &
                                              & units) result(status) bind(c, &
                                              & name="gwparam_scheme_set_columns")
            import :: array_t, c_char, c_int32_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            type(array_t), intent(in) :: latitude
            type(array_t), intent(in) :: longitude
            character(kind=c_char), intent(in), optional :: units(*)
            integer(c_int32_t) :: status

        end function gwparam_scheme_set_columns_c

        function gwparam_scheme_set_cells_c(scheme, latitude, n_latitude, longitude, n_longitude, &
                                            & units, cell, columns) result(status) bind(c, &
                                            & name="gwparam_scheme_set_cells")
            import :: c_char, c_double, c_int32_t, c_int64_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            real(c_double), intent(in) :: latitude(*)
            integer(c_int64_t), value, intent(in) :: n_latitude
            real(c_double), intent(in) :: longitude(*)
            integer(c_int64_t), value, intent(in) :: n_longitude
            character(kind=c_char), intent(in), optional :: units(*)
            integer(c_int64_t), intent(in) :: cell(*)
            integer(c_int64_t), value, intent(in) :: columns
            integer(c_int32_t) :: status

        end function gwparam_scheme_set_cells_c

        function gwparam_scheme_field_c(scheme, kind, number, name, name_capacity, units, &
                                        & units_capacity, levels) result(status) bind(c, &
                                        & name="gwparam_scheme_field")
            import :: c_char, c_int32_t, c_int64_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            integer(c_int32_t), value, intent(in) :: kind
            integer(c_int64_t), value, intent(in) :: number
            character(kind=c_char), intent(out) :: name(*)
            integer(c_int64_t), value, intent(in) :: name_capacity
            character(kind=c_char), intent(out) :: units(*)
            integer(c_int64_t), value, intent(in) :: units_capacity
            integer(c_int64_t), intent(out) :: levels
            integer(c_int32_t) :: status

        end function gwparam_scheme_field_c

        function gwparam_scheme_put_c(scheme, name, units, array) result(status) bind(c, &
                                      & name="gwparam_scheme_put")

            import :: array_t, c_char, c_int32_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            character(kind=c_char), intent(in) :: name(*)
            character(kind=c_char), intent(in), optional :: units(*)
            type(array_t), intent(in) :: array
            integer(c_int32_t) :: status

        end function gwparam_scheme_put_c

        function gwparam_scheme_add_columns_c(scheme, window) result(status) bind(c, &
                                              & name="gwparam_scheme_add_columns")

            import :: c_int32_t, c_int64_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            integer(c_int64_t), intent(out) :: window
            integer(c_int32_t) :: status

        end function gwparam_scheme_add_columns_c

        function gwparam_scheme_flush_c(scheme) result(status) bind(c, name="gwparam_scheme_flush")

            import :: c_int32_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            integer(c_int32_t) :: status

        end function gwparam_scheme_flush_c

        function gwparam_scheme_run_c(scheme) result(status) bind(c, name="gwparam_scheme_run")

            import :: c_int32_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            integer(c_int32_t) :: status

        end function gwparam_scheme_run_c

        function gwparam_scheme_discard_c(scheme) result(status) bind(c, &
                                          & name="gwparam_scheme_discard")

            import :: c_int32_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            integer(c_int32_t) :: status

        end function gwparam_scheme_discard_c

        function gwparam_scheme_get_c(scheme, window, name, units, array) result(status) bind(c, &
                                      & name="gwparam_scheme_get")

            import :: array_t, c_char, c_int32_t, c_int64_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            integer(c_int64_t), value, intent(in) :: window
            character(kind=c_char), intent(in) :: name(*)
            character(kind=c_char), intent(in), optional :: units(*)
            type(array_t), intent(in) :: array
            integer(c_int32_t) :: status

        end function gwparam_scheme_get_c

        function gwparam_scheme_synchronise_c(scheme, carries) result(status) bind(c, &
                                              & name="gwparam_scheme_synchronise")

            import :: c_int32_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            integer(c_int32_t), intent(out) :: carries
            integer(c_int32_t) :: status

        end function gwparam_scheme_synchronise_c

        function gwparam_scheme_save_c(scheme, name, array) result(status) bind(c, &
                                       & name="gwparam_scheme_save")

            import :: array_t, c_char, c_int32_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            character(kind=c_char), intent(in) :: name(*)
            type(array_t), intent(in) :: array
            integer(c_int32_t) :: status

        end function gwparam_scheme_save_c

        function gwparam_scheme_restore_c(scheme, name, array) result(status) bind(c, &
                                          & name="gwparam_scheme_restore")

            import :: array_t, c_char, c_int32_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            character(kind=c_char), intent(in) :: name(*)
            type(array_t), intent(in) :: array
            integer(c_int32_t) :: status

        end function gwparam_scheme_restore_c

        function gwparam_scheme_restore_statistics_c(scheme, statistics, &
            & struct_size) result(status) bind(c, name="gwparam_scheme_restore_statistics")
            import :: c_int32_t, c_ptr, statistics_t
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            type(statistics_t), intent(in) :: statistics
            integer(c_int32_t), value, intent(in) :: struct_size
            integer(c_int32_t) :: status

        end function gwparam_scheme_restore_statistics_c

        function gwparam_scheme_set_draw_c(scheme, number) result(status) bind(c, &
                                           & name="gwparam_scheme_set_draw")
            import :: c_int32_t, c_int64_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            integer(c_int64_t), value, intent(in) :: number
            integer(c_int32_t) :: status

        end function gwparam_scheme_set_draw_c

        function gwparam_scheme_member_c(scheme, run, member) result(status) bind(c, &
                                         & name="gwparam_scheme_member")
            import :: c_int32_t, c_int64_t, c_ptr
            implicit none(type, external)
            type(c_ptr), value, intent(in) :: scheme
            integer(c_int64_t), value, intent(in) :: run
            integer(c_int64_t), intent(out) :: member
            integer(c_int32_t) :: status

        end function gwparam_scheme_member_c
    end interface
end module gwparam_c_api
