submodule (gwparam_scheme) gwparam_scheme_fields

    !! Fields in and out of a network, of every kind and rank that a host may have.
    !!
    !! One procedure a kind and rank, for the reason that gwparam_array states.

    use gwparam_array, only: view
    use gwparam_c_api, only: array_t, gwparam_scheme_field_c, gwparam_scheme_get_c, &
        & gwparam_scheme_put_c
    implicit none(type, external)

    integer, parameter :: text_length = 256

contains

    module procedure describe_field

    character(kind=c_char) :: found_name(text_length), found_units(text_length)
    integer(c_int64_t) :: found
    integer(c_int32_t) :: status

    status = gwparam_scheme_field_c(self%pointer, int(kind, c_int32_t), int(number, c_int64_t), &
                                    & found_name, int(text_length, c_int64_t), found_units, &
                                    & int(text_length, c_int64_t), found)
    if (status == gwparam_ok) then
        call from_c(found_name, name)
        if (present(units)) call from_c(found_units, units)
        if (present(levels)) levels = int(found)
    end if
    call report(status, stat, errmsg)

    end procedure describe_field

    module procedure put_sp_1

    call put_view(self, name, view(field), units, stat, errmsg)

    end procedure put_sp_1

    module procedure put_sp_2

    call put_view(self, name, view(field), units, stat, errmsg)

    end procedure put_sp_2

    module procedure put_sp_3

    call put_view(self, name, view(field), units, stat, errmsg)

    end procedure put_sp_3

    module procedure put_dp_1

    call put_view(self, name, view(field), units, stat, errmsg)

    end procedure put_dp_1

    module procedure put_dp_2

    call put_view(self, name, view(field), units, stat, errmsg)

    end procedure put_dp_2

    module procedure put_dp_3

    call put_view(self, name, view(field), units, stat, errmsg)

    end procedure put_dp_3

    subroutine put_view(self, name, array, units, stat, errmsg)

        class(gwparam_scheme_t), intent(in) :: self
        character(len=*), intent(in) :: name
        type(array_t), intent(in) :: array
        character(len=*), intent(in), optional :: units
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        integer(c_int32_t) :: status

        if (present(units)) then
            status = gwparam_scheme_put_c(self%pointer, trim(name) // c_null_char, &
                                          & trim(units) // c_null_char, array)
        else
            status = gwparam_scheme_put_c(self%pointer, trim(name) // c_null_char, array=array)
        end if
        call report(status, stat, errmsg)

    end subroutine put_view

    module procedure get_sp_1

    call get_view(self, name, view(field), window, units, stat, errmsg)

    end procedure get_sp_1

    module procedure get_sp_2

    call get_view(self, name, view(field), window, units, stat, errmsg)

    end procedure get_sp_2

    module procedure get_sp_3

    call get_view(self, name, view(field), window, units, stat, errmsg)

    end procedure get_sp_3

    module procedure get_dp_1

    call get_view(self, name, view(field), window, units, stat, errmsg)

    end procedure get_dp_1

    module procedure get_dp_2

    call get_view(self, name, view(field), window, units, stat, errmsg)

    end procedure get_dp_2

    module procedure get_dp_3

    call get_view(self, name, view(field), window, units, stat, errmsg)

    end procedure get_dp_3

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
            status = gwparam_scheme_get_c(self%pointer, number, trim(name) // c_null_char, &
                                          & trim(units) // c_null_char, array)
        else
            status = gwparam_scheme_get_c(self%pointer, number, trim(name) // c_null_char, &
                                          & array=array)
        end if
        call report(status, stat, errmsg)

    end subroutine get_view

end submodule gwparam_scheme_fields
