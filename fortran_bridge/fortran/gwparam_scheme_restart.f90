submodule (gwparam_scheme) gwparam_scheme_restart

    !! What is pending from one step to the next, out of it and back.
    !!
    !! One procedure a rank, for the reason that gwparam_array states.

    use, intrinsic :: iso_c_binding, only: c_sizeof
    use gwparam_array, only: view
    use gwparam_c_api, only: array_t, gwparam_scheme_restore_c, &
        & gwparam_scheme_restore_statistics_c, gwparam_scheme_save_c, &
        & gwparam_scheme_statistics_c, gwparam_scheme_synchronise_c, statistics_t
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
