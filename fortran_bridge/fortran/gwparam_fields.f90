module gwparam_fields

    !! Fields in and out of a network, of every kind and rank that a host may have.
    !!
    !! One procedure a kind and rank, for the reason that gwparam_array states.

    use, intrinsic :: iso_c_binding, only: c_char, c_int32_t, c_int64_t, c_null_char
    use gwparam_array, only: view
    use gwparam_c_api, only: array_t, gwparam_scheme_field_c, gwparam_scheme_get_c, &
        & gwparam_scheme_put_c
    use gwparam_handle, only: handle_t, pointer_of, report
    use gwparam_kinds, only: dp, sp
    use gwparam_status, only: gwparam_ok
    use gwparam_text, only: from_c
    implicit none(type, external)
    private

    integer, parameter, public :: gwparam_input = 1 !! A field that the host puts
    integer, parameter, public :: gwparam_output = 2 !! A field that the host can get
    integer, parameter, public :: gwparam_pending = 3 !! A field that a restart file holds
    integer, parameter, public :: gwparam_carried = gwparam_pending !! Its name until 0.1

    integer, parameter :: text_length = 256

    type, extends(handle_t), abstract, public :: fields_t
        !! A network that takes inputs and gives outputs.

    contains
        procedure, public :: field => describe_field !! Name, units and levels of one field
        generic, public :: put => put_sp_1, put_sp_2, put_sp_3, put_dp_1, put_dp_2, put_dp_3
        !! Hand over one input of the window, of rank 1 to 3 in single or double precision
        generic, public :: get => get_sp_1, get_sp_2, get_sp_3, get_dp_1, get_dp_2, get_dp_3
        !! Take one output of a window, of rank 1 to 3 in single or double precision
        procedure, private :: put_sp_1, put_sp_2, put_sp_3, put_dp_1, put_dp_2, put_dp_3
        procedure, private :: get_sp_1, get_sp_2, get_sp_3, get_dp_1, get_dp_2, get_dp_3
    end type fields_t

contains

    subroutine describe_field(self, kind, number, name, units, levels, stat, errmsg)

        !! Name one field that the host puts, can get, or saves; `set_levels` comes before.
        class(fields_t), intent(in) :: self
        integer, intent(in) :: kind !! gwparam_input, gwparam_output or gwparam_pending
        integer, intent(in) :: number !! From 1
        character(len=:), allocatable, intent(inout) :: name
        !! Empty past the last field; unchanged on failure, as are the next two
        character(len=:), allocatable, intent(inout), optional :: units !! Of the contract
        integer, intent(inout), optional :: levels !! Their number; 0: (horizontal...) only
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success
        character(kind=c_char) :: found_name(text_length), found_units(text_length)
        integer(c_int64_t) :: found
        integer(c_int32_t) :: status

        status = gwparam_scheme_field_c(pointer_of(self), int(kind, c_int32_t), int(number, &
                                        & c_int64_t), found_name, int(text_length, c_int64_t), &
                                        & found_units, int(text_length, c_int64_t), found)
        if (status == gwparam_ok) then
            name = from_c(found_name)
            if (present(units)) units = from_c(found_units)
            if (present(levels)) levels = int(found)
        end if
        call report(status, stat, errmsg)

    end subroutine describe_field

    subroutine put_sp_1(self, name, field, units, stat, errmsg)

        !! Hand over one input of the current window; it is copied.
        class(fields_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(sp), intent(in), target :: field(:) !! (horizontal..., level) or (horizontal...)
        character(len=*), intent(in), optional :: units !! Of `field`; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call put_view(self, name, view(field), units, stat, errmsg)

    end subroutine put_sp_1

    subroutine put_sp_2(self, name, field, units, stat, errmsg)

        !! Hand over one input of the current window; it is copied.
        class(fields_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(sp), intent(in), target :: field(:,:) !! (horizontal..., level) or (horizontal...)
        character(len=*), intent(in), optional :: units !! Of `field`; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call put_view(self, name, view(field), units, stat, errmsg)

    end subroutine put_sp_2

    subroutine put_sp_3(self, name, field, units, stat, errmsg)

        !! Hand over one input of the current window; it is copied.
        class(fields_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(sp), intent(in), target :: field(:,:,:) !! (horizontal..., level) or (horizontal...)
        character(len=*), intent(in), optional :: units !! Of `field`; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call put_view(self, name, view(field), units, stat, errmsg)

    end subroutine put_sp_3

    subroutine put_dp_1(self, name, field, units, stat, errmsg)

        !! Hand over one input of the current window; it is copied.
        class(fields_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(dp), intent(in), target :: field(:) !! (horizontal..., level) or (horizontal...)
        character(len=*), intent(in), optional :: units !! Of `field`; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call put_view(self, name, view(field), units, stat, errmsg)

    end subroutine put_dp_1

    subroutine put_dp_2(self, name, field, units, stat, errmsg)

        !! Hand over one input of the current window; it is copied.
        class(fields_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(dp), intent(in), target :: field(:,:) !! (horizontal..., level) or (horizontal...)
        character(len=*), intent(in), optional :: units !! Of `field`; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call put_view(self, name, view(field), units, stat, errmsg)

    end subroutine put_dp_2

    subroutine put_dp_3(self, name, field, units, stat, errmsg)

        !! Hand over one input of the current window; it is copied.
        class(fields_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(dp), intent(in), target :: field(:,:,:) !! (horizontal..., level) or (horizontal...)
        character(len=*), intent(in), optional :: units !! Of `field`; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call put_view(self, name, view(field), units, stat, errmsg)

    end subroutine put_dp_3

    subroutine put_view(self, name, array, units, stat, errmsg)

        class(fields_t), intent(in) :: self
        character(len=*), intent(in) :: name
        type(array_t), intent(in) :: array
        character(len=*), intent(in), optional :: units
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        integer(c_int32_t) :: status

        if (present(units)) then
            status = gwparam_scheme_put_c(pointer_of(self), trim(name) // c_null_char, &
                                          & trim(units) // c_null_char, array)
        else
            status = gwparam_scheme_put_c(pointer_of(self), trim(name) // c_null_char, array=array)
        end if
        call report(status, stat, errmsg)

    end subroutine put_view

    subroutine get_sp_1(self, name, field, window, units, stat, errmsg)

        !! Take one output of a window.
        class(fields_t), intent(in) :: self
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
        class(fields_t), intent(in) :: self
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
        class(fields_t), intent(in) :: self
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
        class(fields_t), intent(in) :: self
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
        class(fields_t), intent(in) :: self
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
        class(fields_t), intent(in) :: self
        character(len=*), intent(in) :: name !! The contract's name of the field
        real(dp), intent(inout), target :: field(:,:,:) !! (horizontal..., level) as the inputs
        integer, intent(in), optional :: window !! From 1; default: the first
        character(len=*), intent(in), optional :: units !! Wanted; default: the contract's
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call get_view(self, name, view(field), window, units, stat, errmsg)

    end subroutine get_dp_3

    subroutine get_view(self, name, array, window, units, stat, errmsg)

        class(fields_t), intent(in) :: self
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
            status = gwparam_scheme_get_c(pointer_of(self), number, trim(name) // c_null_char, &
                                          & trim(units) // c_null_char, array)
        else
            status = gwparam_scheme_get_c(pointer_of(self), number, trim(name) // c_null_char, &
                                          & array=array)
        end if
        call report(status, stat, errmsg)

    end subroutine get_view

end module gwparam_fields
