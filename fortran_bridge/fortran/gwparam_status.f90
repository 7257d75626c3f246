module gwparam_status

    !! Status codes, the same numbers as in gwparam.h, and how a procedure reports a failure.

    use gwparam_kinds, only: dp
    implicit none(type, external)
    private

    integer, parameter, public :: gwparam_ok = 0 !! Success
    integer, parameter, public :: gwparam_err_argument = -1 !! Out of range, or wrong order of calls
    integer, parameter, public :: gwparam_err_file = -2 !! Cannot open or read a file
    integer, parameter, public :: gwparam_err_contract = -3 !! No contract, or one the host fails
    integer, parameter, public :: gwparam_err_shape = -4 !! Shape differs from what is expected
    integer, parameter, public :: gwparam_err_device = -5 !! Device absent, lost or full
    integer, parameter, public :: gwparam_err_inference = -6 !! The network raised an error
    integer, parameter, public :: gwparam_err_nonfinite = -7 !! NaN or infinity in a field
    integer, parameter, public :: gwparam_err_range = -8 !! Beyond the training range or limits
    integer, parameter, public :: gwparam_err_rank = -9 !! Another rank failed
    integer, parameter, public :: gwparam_err_memory = -10 !! The host is out of memory
    integer, parameter, public :: gwparam_err_busy = -11 !! In use by another thread
    integer, parameter, public :: gwparam_err_forked = -12 !! Forked after the load
    integer, parameter, public :: gwparam_err_internal = -99 !! A bug in gwparam

    interface text
        !! A number, or the shape of an array, as a message shows it.
        module procedure text_of_integer, text_of_real, text_of_shape
    end interface text

    public :: fail, text

contains

    subroutine fail(status, message, stat, errmsg)

        !! Report a failure as `allocate` does: through `stat`, and without it by an error stop.
        integer, intent(in) :: status !! A gwparam_err_* code
        character(len=*), intent(in) :: message !! What was expected and what came
        integer, intent(out), optional :: stat !! Receives the status
        character(len=*), intent(inout), optional :: errmsg !! Receives the message

        if (present(errmsg)) errmsg = message
        if (.not. present(stat)) error stop message
        stat = status

    end subroutine fail

    ! The lengths of these texts are expressions: with len=: gfortran keeps the length of a result
    ! in static memory, where threads that call side by side overwrite it.

    pure function text_of_integer(number) result(string)

        integer, intent(in) :: number
        character(len=len_trim(integer_buffer(number))) :: string

        string = integer_buffer(number)

    end function text_of_integer

    pure function text_of_real(number) result(string)

        real(dp), intent(in) :: number
        character(len=len_trim(real_buffer(number))) :: string

        string = real_buffer(number)

    end function text_of_real

    pure function text_of_shape(extents) result(string)

        integer, intent(in) :: extents(:)
        character(len=len_trim(shape_buffer(extents))) :: string

        string = shape_buffer(extents)

    end function text_of_shape

    pure function integer_buffer(number) result(buffer)

        integer, intent(in) :: number
        character(len=16) :: buffer

        write (buffer, "(i0)") number

    end function integer_buffer

    pure function real_buffer(number) result(buffer)

        real(dp), intent(in) :: number
        character(len=32) :: buffer

        write (buffer, "(g0.6)") number
        buffer = adjustl(buffer)

    end function real_buffer

    pure function shape_buffer(extents) result(buffer)

        integer, intent(in) :: extents(:)
        character(len=128) :: buffer

        write (buffer, "(a, *(i0, :, "", ""))") "(", extents
        buffer = trim(buffer) // ")"

    end function shape_buffer

end module gwparam_status
