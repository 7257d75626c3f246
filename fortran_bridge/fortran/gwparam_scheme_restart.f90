submodule (gwparam_scheme) gwparam_scheme_restart

    !! Counters, reports, and what is pending from one step to the next, out of it and back.
    !!
    !! One procedure a rank, for the reason that gwparam_array states.

    use, intrinsic :: iso_c_binding, only: c_sizeof
    use gwparam_array, only: view
    use gwparam_c_api, only: array_t, guard_report_t, gwparam_scheme_gather_c, &
        & gwparam_scheme_guard_c, gwparam_scheme_member_c, gwparam_scheme_put_place_c, &
        & gwparam_scheme_ranks_c, gwparam_scheme_restore_c, gwparam_scheme_restore_statistics_c, &
        & gwparam_scheme_save_c, gwparam_scheme_set_draw_c, gwparam_scheme_statistics_c, &
        & gwparam_scheme_synchronise_c, gwparam_scheme_trace_c, statistics_t
    use gwparam_guard_report, only: guard_from_c
    use gwparam_options, only: counters_from_c, counters_to_c
    implicit none(type, external)

contains

    module procedure statistics

    type(statistics_t) :: found
    integer(c_int32_t) :: status

    status = gwparam_scheme_statistics_c(self%pointer, found, int(c_sizeof(found), c_int32_t))
    if (status == gwparam_ok) counters = counters_from_c(found)
    call report(status, stat, errmsg)

    end procedure statistics

    module procedure restore_statistics

    type(statistics_t) :: given

    given = counters_to_c(counters)
    call report(gwparam_scheme_restore_statistics_c(self%pointer, given, int(c_sizeof(given), &
                & c_int32_t)), stat, errmsg)

    end procedure restore_statistics

    module procedure set_draw

    call report(gwparam_scheme_set_draw_c(self%pointer, number), stat, errmsg)

    end procedure set_draw

    module procedure member_of

    integer(c_int64_t) :: found
    integer(c_int32_t) :: status

    status = gwparam_scheme_member_c(self%pointer, run, found)
    if (status == gwparam_ok) member = int(found)
    call report(status, stat, errmsg)

    end procedure member_of

    module procedure guard_of

    type(guard_report_t) :: found
    integer(int64), allocatable :: levels(:)
    integer(c_int64_t) :: n, needed
    integer(c_int32_t) :: status

    allocate (levels(0))
    status = gwparam_scheme_guard_c(self%pointer, int(number, c_int64_t), found, &
                                    & int(c_sizeof(found), c_int32_t), levels, 0_c_int64_t, needed)
    if (status == gwparam_ok) then
        deallocate (levels)
        n = needed
        allocate (levels(n))
        status = gwparam_scheme_guard_c(self%pointer, int(number, c_int64_t), found, &
                                        & int(c_sizeof(found), c_int32_t), levels, n, needed)
    end if
    if (status == gwparam_ok) guard = guard_from_c(found, levels)
    call report(status, stat, errmsg)

    end procedure guard_of

    module procedure trace_of

    call report(gwparam_scheme_trace_c(self%pointer, int(stage, c_int32_t), sums, size(sums, &
                & kind=c_int64_t)), stat, errmsg)

    end procedure trace_of

    module procedure ranks_of

    integer(c_int32_t) :: found, its, status

    status = gwparam_scheme_ranks_c(self%pointer, its, found)
    if (status == gwparam_ok) then
        rank = its
        ranks = found
    end if
    call report(status, stat, errmsg)

    end procedure ranks_of

    module procedure gather

    integer(c_int64_t), allocatable :: gathered(:)

    allocate (gathered(size(all)))
    call report(gwparam_scheme_gather_c(self%pointer, mine, size(mine, kind=c_int64_t), &
                & gathered), stat, errmsg)
    all = reshape(gathered, shape(all))

    end procedure gather

    module procedure put_place

    integer(c_int32_t) :: status

    ! What is not allocated is an absent argument.
    character(len=:), allocatable :: its_date, its_units

    if (present(units)) its_units = trim(units) // c_null_char
    if (present(date)) its_date = trim(date) // c_null_char
    status = gwparam_scheme_put_place_c(self%pointer, view(latitude), view(longitude), its_units, &
                                        & its_date)
    call report(status, stat, errmsg)

    end procedure put_place

    module procedure synchronise

    integer(c_int32_t) :: found, status

    found = 0
    status = gwparam_scheme_synchronise_c(self%pointer, found)
    if (status == gwparam_ok .and. present(carries)) carries = found /= 0
    call report(status, stat, errmsg)

    end procedure synchronise

    module procedure save_1

    call save_view(self, name, view(field), stat, errmsg)

    end procedure save_1

    module procedure save_2

    call save_view(self, name, view(field), stat, errmsg)

    end procedure save_2

    module procedure save_3

    call save_view(self, name, view(field), stat, errmsg)

    end procedure save_3

    subroutine save_view(self, name, array, stat, errmsg)

        class(gwparam_scheme_t), intent(in) :: self
        character(len=*), intent(in) :: name
        type(array_t), intent(in) :: array
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg

        call report(gwparam_scheme_save_c(self%pointer, trim(name) // c_null_char, array), stat, &
                    & errmsg)

    end subroutine save_view

    module procedure restore_1

    call restore_view(self, name, view(field), stat, errmsg)

    end procedure restore_1

    module procedure restore_2

    call restore_view(self, name, view(field), stat, errmsg)

    end procedure restore_2

    module procedure restore_3

    call restore_view(self, name, view(field), stat, errmsg)

    end procedure restore_3

    subroutine restore_view(self, name, array, stat, errmsg)

        class(gwparam_scheme_t), intent(in) :: self
        character(len=*), intent(in) :: name
        type(array_t), intent(in) :: array
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg

        call report(gwparam_scheme_restore_c(self%pointer, trim(name) // c_null_char, array), &
                    & stat, errmsg)

    end subroutine restore_view

end submodule gwparam_scheme_restart
