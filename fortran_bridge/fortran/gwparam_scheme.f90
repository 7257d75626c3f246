module gwparam_scheme

    !! An exported network as an object that a Fortran host runs each step.
    !!
    !! Every procedure ends in optional `stat`, `errmsg`, which behave as in `allocate`: `stat` is
    !! set when present, `errmsg` changes only on failure, and a failure without `stat` is an
    !! `error stop`. After a failure the host's arrays are as they were.

    use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_int32_t, c_int64_t, &
        & c_null_char, c_null_ptr, c_ptr, c_sizeof
    use gwparam_array, only: view
    use gwparam_c_api, only: array_t, gwparam_last_error_c, gwparam_options_init_c, &
        & gwparam_scheme_add_columns_c, gwparam_scheme_contract_c, gwparam_scheme_discard_c, &
        & gwparam_scheme_flush_c, gwparam_scheme_free_c, gwparam_scheme_get_c, &
        & gwparam_scheme_load_c, gwparam_scheme_put_c, gwparam_scheme_run_c, &
        & gwparam_scheme_set_columns_c, gwparam_scheme_set_levels_c, gwparam_scheme_statistics_c, &
        & gwparam_version_c, options_t, statistics_t
    use gwparam_kinds, only: dp, sp
    use gwparam_options, only: gwparam_options_t, gwparam_statistics_t
    use gwparam_status, only: fail, gwparam_ok
    use gwparam_text, only: from_c, to_c
    implicit none(type, external)
    private

    integer, parameter, public :: gwparam_top_down = 1 !! Level 1 is the model top
    integer, parameter, public :: gwparam_bottom_up = 2 !! Level 1 is the lowest

    integer, parameter :: message_length = 1024

    type, public :: gwparam_scheme_t
        !! An exported network; `load` it, `set_levels` once, then each step `put`, `run`, `get`.
        private
        type(c_ptr) :: handle = c_null_ptr

    contains
        procedure, public :: load !! Read an artefact and check it against its own probe
        procedure, public :: is_loaded !! Whether there is a network
        procedure, public :: contract !! What the artefact says of itself
        procedure, public :: statistics !! Counters
        procedure, public :: set_levels !! State the host's levels, once
        generic, public :: set_columns => set_columns_1, set_columns_2
        !! State where the columns are, once, for a network that sees more than one
        procedure, public :: add_columns !! Close a window of columns
        procedure, public :: flush => flush_windows !! Run all closed windows
        procedure, public :: run !! Close the window and run it
        procedure, public :: discard !! Drop what was put since the last flush
        generic, public :: put => put_sp_1, put_sp_2, put_sp_3, put_dp_1, put_dp_2, put_dp_3
        !! Hand over one input of the window, of rank 1 to 3 in single or double precision
        generic, public :: get => get_sp_1, get_sp_2, get_sp_3, get_dp_1, get_dp_2, get_dp_3
        !! Take one output of a window, of rank 1 to 3 in single or double precision
        procedure, public :: free !! Give everything back; idempotent
        generic, public :: assignment(=) => copy_is_refused
        procedure, private :: put_sp_1, put_sp_2, put_sp_3, put_dp_1, put_dp_2, put_dp_3
        procedure, private :: get_sp_1, get_sp_2, get_sp_3, get_dp_1, get_dp_2, get_dp_3
        procedure, private :: copy_is_refused, set_columns_1, set_columns_2
        final :: free_at_end
    end type gwparam_scheme_t

    public :: gwparam_version

contains

    function gwparam_version() result(version)

        !! Version of the library, MAJOR.MINOR.PATCH.
        character(len=:), allocatable :: version
        character(kind=c_char) :: text(32)
        integer(c_int32_t) :: status

        status = gwparam_version_c(text, size(text, kind=c_int64_t))
        if (status /= gwparam_ok) error stop "the version does not fit"
        version = from_c(text)

    end function gwparam_version

    subroutine load(self, path, options, stat, errmsg)

        !! Read an artefact, check it against its own probe, and warm it up.
        class(gwparam_scheme_t), intent(inout) :: self
        character(len=*), intent(in) :: path !! File written by `gwparam export`
        type(gwparam_options_t), intent(in), optional :: options !! Settings
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success
        type(gwparam_options_t) :: chosen
        type(options_t) :: c_options
        integer(c_int32_t) :: status

        if (present(options)) chosen = options
        call self%free()
        status = gwparam_options_init_c(c_options, int(c_sizeof(c_options), c_int32_t))
        if (status == gwparam_ok) then
            c_options%threads = chosen%threads
            c_options%chunk_columns = chosen%chunk_columns
            c_options%on_limit = chosen%on_limit
            c_options%on_range = chosen%on_range
            c_options%range_sigmas = chosen%range_sigmas
            c_options%device = to_c(chosen%device, size(c_options%device))
            status = gwparam_scheme_load_c(self%handle, trim(path) // c_null_char, c_options)
        end if
        call report(status, stat, errmsg)

    end subroutine load

    pure logical function is_loaded(self)

        !! Whether a network was loaded and not freed.
        class(gwparam_scheme_t), intent(in) :: self

        is_loaded = c_associated(self%handle)

    end function is_loaded

    subroutine contract(self, json, stat, errmsg)

        !! The contract of the artefact (docs/contract.md).
        class(gwparam_scheme_t), intent(in) :: self
        character(len=:), allocatable, intent(inout) :: json !! JSON; unchanged on failure
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success
        character(kind=c_char), allocatable :: text(:)
        integer(c_int64_t) :: needed
        integer(c_int32_t) :: status

        allocate (text(1))
        status = gwparam_scheme_contract_c(self%handle, text, 0_c_int64_t, needed)
        if (status == gwparam_ok) then
            deallocate (text)
            allocate (text(needed))
            status = gwparam_scheme_contract_c(self%handle, text, size(text, kind=c_int64_t), &
                                               & needed)
        end if
        if (status == gwparam_ok) json = from_c(text)
        call report(status, stat, errmsg)

    end subroutine contract

    subroutine statistics(self, counters, stat, errmsg)

        !! What the scheme has done since it was loaded.
        class(gwparam_scheme_t), intent(in) :: self
        type(gwparam_statistics_t), intent(inout) :: counters !! Counters; unchanged on failure
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success
        type(statistics_t) :: found
        integer(c_int32_t) :: status

        status = gwparam_scheme_statistics_c(self%handle, found, int(c_sizeof(found), c_int32_t))
        if (status == gwparam_ok) then
            counters = gwparam_statistics_t(found%on_cuda == 1, found%runs, found%columns, &
                                            & found%guarded_columns, &
                                            & found%guarded_columns_last_run, found%staging_bytes)
        end if
        call report(status, stat, errmsg)

    end subroutine statistics

    subroutine set_levels(self, pressure, order, stat, errmsg)

        !! State the host's levels, once, before the first `put`.
        class(gwparam_scheme_t), intent(in) :: self
        real(dp), intent(in) :: pressure(:) !! Reference pressure of full levels [Pa], host's order
        integer, intent(in) :: order !! gwparam_top_down or gwparam_bottom_up
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call report(gwparam_scheme_set_levels_c(self%handle, int(order, c_int32_t), &
                    & size(pressure, kind=c_int64_t), pressure), stat, errmsg)

    end subroutine set_levels

    subroutine set_columns_1(self, latitude, longitude, units, stat, errmsg)

        !! State where the columns are: all cells of one global latitude-longitude grid.
        class(gwparam_scheme_t), intent(in) :: self
        real(dp), intent(in), target :: latitude(:) !! In the order in which columns are put
        real(dp), intent(in), target :: longitude(:) !! The same
        character(len=*), intent(in), optional :: units !! Of both; default: degrees
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call set_columns_view(self, view(latitude), view(longitude), units, stat, errmsg)

    end subroutine set_columns_1

    subroutine set_columns_2(self, latitude, longitude, units, stat, errmsg)

        !! State where the columns are: all cells of one global latitude-longitude grid.
        class(gwparam_scheme_t), intent(in) :: self
        real(dp), intent(in), target :: latitude(:,:) !! In the order in which columns are put
        real(dp), intent(in), target :: longitude(:,:) !! The same
        character(len=*), intent(in), optional :: units !! Of both; default: degrees
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call set_columns_view(self, view(latitude), view(longitude), units, stat, errmsg)

    end subroutine set_columns_2

    subroutine set_columns_view(self, latitude, longitude, units, stat, errmsg)

        class(gwparam_scheme_t), intent(in) :: self
        type(array_t), intent(in) :: latitude
        type(array_t), intent(in) :: longitude
        character(len=*), intent(in), optional :: units
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        integer(c_int32_t) :: status

        if (present(units)) then
            status = gwparam_scheme_set_columns_c(self%handle, latitude, longitude, &
                                                  & trim(units) // c_null_char)
        else
            status = gwparam_scheme_set_columns_c(self%handle, latitude, longitude)
        end if
        call report(status, stat, errmsg)

    end subroutine set_columns_view

    subroutine put_sp_1(self, name, field, units, stat, errmsg)

        !! Hand over one input of the current window; it is copied.
        class(gwparam_scheme_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(sp), intent(in), target :: field(:) !! (horizontal..., level) or (horizontal...)
        character(len=*), intent(in), optional :: units !! Of `field`; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call put_view(self, name, view(field), units, stat, errmsg)

    end subroutine put_sp_1

    subroutine put_sp_2(self, name, field, units, stat, errmsg)

        !! Hand over one input of the current window; it is copied.
        class(gwparam_scheme_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(sp), intent(in), target :: field(:,:) !! (horizontal..., level) or (horizontal...)
        character(len=*), intent(in), optional :: units !! Of `field`; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call put_view(self, name, view(field), units, stat, errmsg)

    end subroutine put_sp_2

    subroutine put_sp_3(self, name, field, units, stat, errmsg)

        !! Hand over one input of the current window; it is copied.
        class(gwparam_scheme_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(sp), intent(in), target :: field(:,:,:) !! (horizontal..., level) or (horizontal...)
        character(len=*), intent(in), optional :: units !! Of `field`; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call put_view(self, name, view(field), units, stat, errmsg)

    end subroutine put_sp_3

    subroutine put_dp_1(self, name, field, units, stat, errmsg)

        !! Hand over one input of the current window; it is copied.
        class(gwparam_scheme_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(dp), intent(in), target :: field(:) !! (horizontal..., level) or (horizontal...)
        character(len=*), intent(in), optional :: units !! Of `field`; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call put_view(self, name, view(field), units, stat, errmsg)

    end subroutine put_dp_1

    subroutine put_dp_2(self, name, field, units, stat, errmsg)

        !! Hand over one input of the current window; it is copied.
        class(gwparam_scheme_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(dp), intent(in), target :: field(:,:) !! (horizontal..., level) or (horizontal...)
        character(len=*), intent(in), optional :: units !! Of `field`; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call put_view(self, name, view(field), units, stat, errmsg)

    end subroutine put_dp_2

    subroutine put_dp_3(self, name, field, units, stat, errmsg)

        !! Hand over one input of the current window; it is copied.
        class(gwparam_scheme_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(dp), intent(in), target :: field(:,:,:) !! (horizontal..., level) or (horizontal...)
        character(len=*), intent(in), optional :: units !! Of `field`; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call put_view(self, name, view(field), units, stat, errmsg)

    end subroutine put_dp_3

    subroutine put_view(self, name, array, units, stat, errmsg)

        class(gwparam_scheme_t), intent(in) :: self
        character(len=*), intent(in) :: name
        type(array_t), intent(in) :: array
        character(len=*), intent(in), optional :: units
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        integer(c_int32_t) :: status

        if (present(units)) then
            status = gwparam_scheme_put_c(self%handle, trim(name) // c_null_char, &
                                          & trim(units) // c_null_char, array)
        else
            status = gwparam_scheme_put_c(self%handle, trim(name) // c_null_char, array=array)
        end if
        call report(status, stat, errmsg)

    end subroutine put_view

    subroutine add_columns(self, window, stat, errmsg)

        !! Close the current window of columns: all its inputs are there.
        class(gwparam_scheme_t), intent(in) :: self
        integer, intent(out), optional :: window !! Its number, from 1
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success
        integer(c_int64_t) :: number
        integer(c_int32_t) :: status

        number = 0
        status = gwparam_scheme_add_columns_c(self%handle, number)
        if (present(window)) window = int(number)
        call report(status, stat, errmsg)

    end subroutine add_columns

    subroutine flush_windows(self, stat, errmsg)

        !! Run the network on all windows closed since the last flush.
        class(gwparam_scheme_t), intent(in) :: self
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call report(gwparam_scheme_flush_c(self%handle), stat, errmsg)

    end subroutine flush_windows

    subroutine run(self, stat, errmsg)

        !! Close the window and run it: `add_columns` and `flush` for a host with one window.
        class(gwparam_scheme_t), intent(in) :: self
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call report(gwparam_scheme_run_c(self%handle), stat, errmsg)

    end subroutine run

    subroutine discard(self, stat, errmsg)

        !! Drop every window and input handed over since the last flush.
        class(gwparam_scheme_t), intent(in) :: self
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call report(gwparam_scheme_discard_c(self%handle), stat, errmsg)

    end subroutine discard

    subroutine get_sp_1(self, name, field, window, units, stat, errmsg)

        !! Take one output of a window.
        class(gwparam_scheme_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(sp), intent(inout), target :: field(:) !! (horizontal..., level) as the inputs
        integer, intent(in), optional :: window !! From 1; default: the first
        character(len=*), intent(in), optional :: units !! Wanted; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call get_view(self, name, view(field), window, units, stat, errmsg)

    end subroutine get_sp_1

    subroutine get_sp_2(self, name, field, window, units, stat, errmsg)

        !! Take one output of a window.
        class(gwparam_scheme_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(sp), intent(inout), target :: field(:,:) !! (horizontal..., level) as the inputs
        integer, intent(in), optional :: window !! From 1; default: the first
        character(len=*), intent(in), optional :: units !! Wanted; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call get_view(self, name, view(field), window, units, stat, errmsg)

    end subroutine get_sp_2

    subroutine get_sp_3(self, name, field, window, units, stat, errmsg)

        !! Take one output of a window.
        class(gwparam_scheme_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(sp), intent(inout), target :: field(:,:,:) !! (horizontal..., level) as the inputs
        integer, intent(in), optional :: window !! From 1; default: the first
        character(len=*), intent(in), optional :: units !! Wanted; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call get_view(self, name, view(field), window, units, stat, errmsg)

    end subroutine get_sp_3

    subroutine get_dp_1(self, name, field, window, units, stat, errmsg)

        !! Take one output of a window.
        class(gwparam_scheme_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(dp), intent(inout), target :: field(:) !! (horizontal..., level) as the inputs
        integer, intent(in), optional :: window !! From 1; default: the first
        character(len=*), intent(in), optional :: units !! Wanted; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call get_view(self, name, view(field), window, units, stat, errmsg)

    end subroutine get_dp_1

    subroutine get_dp_2(self, name, field, window, units, stat, errmsg)

        !! Take one output of a window.
        class(gwparam_scheme_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(dp), intent(inout), target :: field(:,:) !! (horizontal..., level) as the inputs
        integer, intent(in), optional :: window !! From 1; default: the first
        character(len=*), intent(in), optional :: units !! Wanted; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call get_view(self, name, view(field), window, units, stat, errmsg)

    end subroutine get_dp_2

    subroutine get_dp_3(self, name, field, window, units, stat, errmsg)

        !! Take one output of a window.
        class(gwparam_scheme_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(dp), intent(inout), target :: field(:,:,:) !! (horizontal..., level) as the inputs
        integer, intent(in), optional :: window !! From 1; default: the first
        character(len=*), intent(in), optional :: units !! Wanted; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call get_view(self, name, view(field), window, units, stat, errmsg)

    end subroutine get_dp_3

    subroutine get_view(self, name, array, window, units, stat, errmsg)

        class(gwparam_scheme_t), intent(in) :: self
        character(len=*), intent(in) :: name
        type(array_t), intent(in) :: array
        integer, intent(in), optional :: window
        character(len=*), intent(in), optional :: units
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        integer(c_int64_t) :: number
        integer(c_int32_t) :: status

        number = 1
        if (present(window)) number = window
        if (present(units)) then
            status = gwparam_scheme_get_c(self%handle, number, trim(name) // c_null_char, &
                                          & trim(units) // c_null_char, array)
        else
            status = gwparam_scheme_get_c(self%handle, number, trim(name) // c_null_char, &
                                          & array=array)
        end if
        call report(status, stat, errmsg)

    end subroutine get_view

    subroutine free(self)

        !! Give the network and its memory back; does nothing when there is none.
        class(gwparam_scheme_t), intent(inout) :: self

        call gwparam_scheme_free_c(self%handle)
        self%handle = c_null_ptr

    end subroutine free

    subroutine free_at_end(self)

        type(gwparam_scheme_t), intent(inout) :: self

        call self%free()

    end subroutine free_at_end

    subroutine copy_is_refused(self, other)

        !! One owner a network: a copy would free it twice.
        class(gwparam_scheme_t), intent(inout) :: self
        class(gwparam_scheme_t), intent(in) :: other

        if (other%is_loaded() .or. self%is_loaded()) then
            error stop "a gwparam_scheme_t cannot be assigned; load the artefact again"
        end if

    end subroutine copy_is_refused

    subroutine report(status, stat, errmsg)

        !! Hand a status of the C ABI on as `allocate` would.
        integer(c_int32_t), intent(in) :: status
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(kind=c_char) :: message(message_length)
        integer(c_int32_t) :: copied

        if (present(stat)) stat = gwparam_ok
        if (status == gwparam_ok) return
        message = c_null_char
        copied = gwparam_last_error_c(message, size(message, kind=c_int64_t))
        if (copied /= gwparam_ok) message(1) = "?"
        call fail(int(status), from_c(message), stat, errmsg)

    end subroutine report

end module gwparam_scheme
