module gwparam_scheme

    !! An exported network as an object that a Fortran host runs each step.
    !!
    !! Every procedure ends in optional `stat`, `errmsg`, which behave as in `allocate`: `stat` is
    !! set when present, `errmsg` changes only on failure, and a failure without `stat` is an
    !! `error stop`. After a failure the host's arrays are as they were.

    use, intrinsic :: iso_c_binding, only: c_char, c_int32_t, c_int64_t, c_null_char, c_null_ptr, &
        & c_ptr
    use gwparam_array, only: view
    use gwparam_c_api, only: array_t, gwparam_scheme_add_columns_c, gwparam_scheme_contract_c, &
        & gwparam_scheme_discard_c, gwparam_scheme_flush_c, gwparam_scheme_geometry_c, &
        & gwparam_scheme_load_c, gwparam_scheme_run_c, gwparam_scheme_set_cells_c, &
        & gwparam_scheme_set_columns_c, gwparam_scheme_set_levels_c, options_t
    use gwparam_handle, only: adopt, pointer_of, report
    use gwparam_kinds, only: dp
    use gwparam_options, only: gwparam_options_t, options_to_c
    use gwparam_restart, only: restart_t
    use gwparam_status, only: gwparam_ok
    use gwparam_text, only: from_c
    use gwparam_versions, only: refuse_other_version
    implicit none(type, external)
    private

    integer, parameter, public :: gwparam_top_down = 1 !! Level 1 is the model top
    integer, parameter, public :: gwparam_bottom_up = 2 !! Level 1 is the lowest

    integer, parameter, public :: gwparam_column = 1 !! The network sees a column at a time
    integer, parameter, public :: gwparam_stencil = 2 !! It sees the neighbours, too
    integer, parameter, public :: gwparam_global = 3 !! It sees the whole globe

    type, extends(restart_t), public :: gwparam_scheme_t
        !! An exported network; `load` it, `set_levels` once, then each step `put`, `run`, `get`.
        !!
        !! `field`, `put` and `get` are in gwparam_fields; `statistics`, `synchronise`, `save` and
        !! `restore` in gwparam_restart; `is_loaded` and `free` in gwparam_handle.

    contains
        procedure, public :: load !! Read an artefact and check it against its own probe
        procedure, public :: contract !! What the artefact says of itself
        procedure, public :: geometry => geometry_of !! What the network sees at once
        procedure, public :: set_levels !! State the host's levels, once
        generic, public :: set_columns => set_columns_1, set_columns_2
        !! State where the columns are, once, for a network that sees more than one
        generic, public :: set_cells => set_cells_1, set_cells_2
        !! The same for a host that numbers the cells of its grid
        procedure, public :: add_columns !! Close a window of columns
        procedure, public :: flush => flush_windows !! Run all closed windows
        procedure, public :: run !! Close the window and run it
        procedure, public :: discard !! Drop what was put since the last flush
        procedure, private :: set_columns_1, set_columns_2, set_cells_1, set_cells_2
    end type gwparam_scheme_t

contains

    subroutine load(self, path, options, stat, errmsg)

        !! Read an artefact, check it against its own probe, and warm it up.
        class(gwparam_scheme_t), intent(inout) :: self
        character(len=*), intent(in) :: path !! File written by `gwparam export`
        type(gwparam_options_t), intent(in), optional :: options !! Settings
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success
        type(options_t) :: c_options
        type(c_ptr) :: handle
        integer(c_int32_t) :: status
        logical :: refused

        call self%free()
        call refuse_other_version(refused, stat, errmsg)
        if (refused) return
        handle = c_null_ptr
        call options_to_c(options, c_options, status)
        if (status == gwparam_ok) then
            status = gwparam_scheme_load_c(handle, trim(path) // c_null_char, c_options)
            call adopt(self, handle)
        end if
        call report(status, stat, errmsg)

    end subroutine load

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
        status = gwparam_scheme_contract_c(pointer_of(self), text, 0_c_int64_t, needed)
        if (status == gwparam_ok) then
            deallocate (text)
            allocate (text(needed))
            status = gwparam_scheme_contract_c(pointer_of(self), text, size(text, &
                                               & kind=c_int64_t), needed)
        end if
        if (status == gwparam_ok) json = from_c(text)
        call report(status, stat, errmsg)

    end subroutine contract

    subroutine geometry_of(self, geometry, stat, errmsg)

        !! What the network sees at once; more than a column needs `set_columns`.
        class(gwparam_scheme_t), intent(in) :: self
        integer, intent(inout) :: geometry
        !! gwparam_column, gwparam_stencil or gwparam_global; unchanged on failure
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success
        integer(c_int32_t) :: found, status

        status = gwparam_scheme_geometry_c(pointer_of(self), found)
        if (status == gwparam_ok) geometry = found
        call report(status, stat, errmsg)

    end subroutine geometry_of

    subroutine set_levels(self, pressure, order, stat, errmsg)

        !! State the host's levels, once, before the first `put`.
        class(gwparam_scheme_t), intent(in) :: self
        real(dp), intent(in) :: pressure(:) !! Reference pressure of full levels [Pa], host's order
        integer, intent(in) :: order !! gwparam_top_down or gwparam_bottom_up
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call report(gwparam_scheme_set_levels_c(pointer_of(self), int(order, c_int32_t), &
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
            status = gwparam_scheme_set_columns_c(pointer_of(self), latitude, longitude, &
                                                  & trim(units) // c_null_char)
        else
            status = gwparam_scheme_set_columns_c(pointer_of(self), latitude, longitude)
        end if
        call report(status, stat, errmsg)

    end subroutine set_columns_view

    subroutine set_cells_1(self, latitude, longitude, cell, units, stat, errmsg)

        !! State where the columns are in a global grid whose cells are numbered, row after row.
        class(gwparam_scheme_t), intent(in) :: self
        real(dp), intent(in) :: latitude(:) !! Of the rows of the whole grid
        real(dp), intent(in) :: longitude(:) !! Of the places in a row
        integer, intent(in) :: cell(:)
        !! (row - 1)*size(longitude) + place, both from 1, in the order in which columns are put
        character(len=*), intent(in), optional :: units !! Of both coordinates; default: degrees
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success
        integer(c_int64_t) :: columns, rows, places
        integer(c_int32_t) :: status

        columns = size(cell, kind=c_int64_t)
        rows = size(latitude, kind=c_int64_t)
        places = size(longitude, kind=c_int64_t)
        if (present(units)) then
            status = gwparam_scheme_set_cells_c(pointer_of(self), latitude, rows, longitude, &
                                                & places, trim(units) // c_null_char, int(cell, &
                                                & c_int64_t) - 1, columns)
        else
            status = gwparam_scheme_set_cells_c(pointer_of(self), latitude, rows, longitude, &
                                                & places, cell=int(cell, c_int64_t) - 1, &
                                                & columns=columns)
        end if
        call report(status, stat, errmsg)

    end subroutine set_cells_1

    subroutine set_cells_2(self, latitude, longitude, cell, units, stat, errmsg)

        !! State where the columns are in a global grid whose cells are numbered, row after row.
        class(gwparam_scheme_t), intent(in) :: self
        real(dp), intent(in) :: latitude(:) !! Of the rows of the whole grid
        real(dp), intent(in) :: longitude(:) !! Of the places in a row
        integer, intent(in) :: cell(:,:)
        !! (row - 1)*size(longitude) + place, both from 1, in the order in which columns are put
        character(len=*), intent(in), optional :: units !! Of both coordinates; default: degrees
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call self%set_cells(latitude, longitude, reshape(cell, [size(cell)]), units, stat, errmsg)

    end subroutine set_cells_2

    subroutine add_columns(self, window, stat, errmsg)

        !! Close the current window of columns: all its inputs are there.
        class(gwparam_scheme_t), intent(in) :: self
        integer, intent(out), optional :: window !! Its number, from 1
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success
        integer(c_int64_t) :: number
        integer(c_int32_t) :: status

        number = 0
        status = gwparam_scheme_add_columns_c(pointer_of(self), number)
        if (present(window)) window = int(number)
        call report(status, stat, errmsg)

    end subroutine add_columns

    subroutine flush_windows(self, stat, errmsg)

        !! Run the network on all windows closed since the last flush.
        class(gwparam_scheme_t), intent(in) :: self
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call report(gwparam_scheme_flush_c(pointer_of(self)), stat, errmsg)

    end subroutine flush_windows

    subroutine run(self, stat, errmsg)

        !! Close the window and run it: `add_columns` and `flush` for a host with one window.
        class(gwparam_scheme_t), intent(in) :: self
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call report(gwparam_scheme_run_c(pointer_of(self)), stat, errmsg)

    end subroutine run

    subroutine discard(self, stat, errmsg)

        !! Drop every window and input handed over since the last flush.
        class(gwparam_scheme_t), intent(in) :: self
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call report(gwparam_scheme_discard_c(pointer_of(self)), stat, errmsg)

    end subroutine discard

end module gwparam_scheme
