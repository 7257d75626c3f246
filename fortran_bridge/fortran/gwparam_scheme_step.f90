submodule (gwparam_scheme) gwparam_scheme_step

    !! Loading a network, stating levels and columns, and running it.

    use, intrinsic :: iso_c_binding, only: c_funloc, c_loc, c_null_funptr
    use gwparam_array, only: view
    use gwparam_c_api, only: array_t, gwparam_scheme_add_columns_c, gwparam_scheme_contract_c, &
        & gwparam_scheme_description_c, gwparam_scheme_discard_c, gwparam_scheme_flush_c, &
        & gwparam_scheme_geometry_c, gwparam_scheme_load_c, gwparam_scheme_run_c, &
        & gwparam_scheme_set_cells_c, gwparam_scheme_set_columns_c, gwparam_scheme_set_levels_c, &
        & gwparam_scheme_set_native_c, gwparam_scheme_sha256_c, options_t
    use gwparam_native, only: call_native
    use gwparam_options, only: options_to_c
    use gwparam_versions, only: refuse_other_version
    implicit none(type, external)

contains

    module procedure load

    type(options_t) :: c_options
    type(c_ptr) :: handle
    integer(c_int32_t) :: status
    logical :: refused

    call self%free(stat, errmsg)
    if (self%is_loaded()) return
    call refuse_other_version(refused, stat, errmsg)
    if (refused) return
    handle = c_null_ptr
    call options_to_c(options, c_options, status)
    if (status == gwparam_ok) then
        status = gwparam_scheme_load_c(handle, trim(path) // c_null_char, c_options)
        call own(self, handle)
    end if
    call report(status, stat, errmsg)

    end procedure load

    module procedure set_native

    integer(c_int32_t) :: status

    if (.not. present(native)) then
        status = gwparam_scheme_set_native_c(self%pointer, c_null_funptr, c_null_ptr)
    else
        if (.not. associated(self%native)) allocate (self%native)
        status = gwparam_scheme_set_native_c(self%pointer, c_funloc(call_native), &
                                             & c_loc(self%native))
        if (status == gwparam_ok) self%native%its => native
    end if
    call report(status, stat, errmsg)

    end procedure set_native

    module procedure contract

    character(kind=c_char), allocatable :: text(:)
    integer(c_int64_t) :: needed
    integer(c_int32_t) :: status

    allocate (text(1))
    status = gwparam_scheme_contract_c(self%pointer, text, 0_c_int64_t, needed)
    if (status == gwparam_ok) then
        deallocate (text)
        allocate (text(needed))
        status = gwparam_scheme_contract_c(self%pointer, text, size(text, kind=c_int64_t), needed)
    end if
    if (status == gwparam_ok) call from_c(text, json)
    call report(status, stat, errmsg)

    end procedure contract

    module procedure description_of

    character(kind=c_char), allocatable :: text(:)
    integer(c_int64_t) :: needed
    integer(c_int32_t) :: status

    allocate (text(1))
    status = gwparam_scheme_description_c(self%pointer, text, 0_c_int64_t, needed)
    if (status == gwparam_ok) then
        deallocate (text)
        allocate (text(needed))
        status = gwparam_scheme_description_c(self%pointer, text, size(text, kind=c_int64_t), &
                                              & needed)
    end if
    if (status == gwparam_ok) call from_c(text, lines)
    call report(status, stat, errmsg)

    end procedure description_of

    module procedure sha256_of_artefact

    character(kind=c_char) :: text(len(digest) + 1)
    character(len=:), allocatable :: found
    integer(c_int32_t) :: status

    status = gwparam_scheme_sha256_c(self%pointer, text, size(text, kind=c_int64_t))
    if (status == gwparam_ok) then
        call from_c(text, found)
        digest = found
    end if
    call report(status, stat, errmsg)

    end procedure sha256_of_artefact

    module procedure geometry_of

    integer(c_int32_t) :: found, status

    status = gwparam_scheme_geometry_c(self%pointer, found)
    if (status == gwparam_ok) geometry = found
    call report(status, stat, errmsg)

    end procedure geometry_of

    module procedure set_levels

    call report(gwparam_scheme_set_levels_c(self%pointer, int(order, c_int32_t), size(pressure, &
                & kind=c_int64_t), pressure), stat, errmsg)

    end procedure set_levels

    module procedure set_columns_1

    call set_columns_view(self, view(latitude), view(longitude), units, stat, errmsg)

    end procedure set_columns_1

    module procedure set_columns_2

    call set_columns_view(self, view(latitude), view(longitude), units, stat, errmsg)

    end procedure set_columns_2

    subroutine set_columns_view(self, latitude, longitude, units, stat, errmsg)

        class(gwparam_scheme_t), intent(in) :: self
        type(array_t), intent(in) :: latitude
        type(array_t), intent(in) :: longitude
        character(len=*), intent(in), optional :: units
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        integer(c_int32_t) :: status

        if (present(units)) then
            status = gwparam_scheme_set_columns_c(self%pointer, latitude, longitude, &
                                                  & trim(units) // c_null_char)
        else
            status = gwparam_scheme_set_columns_c(self%pointer, latitude, longitude)
        end if
        call report(status, stat, errmsg)

    end subroutine set_columns_view

    module procedure set_cells_1

    integer(c_int64_t) :: columns, rows, per_row
    integer(c_int32_t) :: status

    columns = size(cell, kind=c_int64_t)
    rows = size(latitude, kind=c_int64_t)
    per_row = size(longitude, kind=c_int64_t)
    if (present(units)) then
        status = gwparam_scheme_set_cells_c(self%pointer, latitude, rows, longitude, per_row, &
                                            & trim(units) // c_null_char, int(cell, &
                                            & c_int64_t) - 1, columns)
    else
        status = gwparam_scheme_set_cells_c(self%pointer, latitude, rows, longitude, per_row, &
                                            & cell=int(cell, c_int64_t) - 1, columns=columns)
    end if
    call report(status, stat, errmsg)

    end procedure set_cells_1

    module procedure set_cells_2

    call self%set_cells(latitude, longitude, reshape(cell, [size(cell)]), units, stat, errmsg)

    end procedure set_cells_2

    module procedure add_columns

    integer(c_int64_t) :: number
    integer(c_int32_t) :: status

    number = 0
    status = gwparam_scheme_add_columns_c(self%pointer, number)
    if (present(window)) window = int(number)
    call report(status, stat, errmsg)

    end procedure add_columns

    module procedure flush_windows

    call report(gwparam_scheme_flush_c(self%pointer), stat, errmsg)

    end procedure flush_windows

    module procedure run

    call report(gwparam_scheme_run_c(self%pointer), stat, errmsg)

    end procedure run

    module procedure discard

    call report(gwparam_scheme_discard_c(self%pointer), stat, errmsg)

    end procedure discard
end submodule gwparam_scheme_step
