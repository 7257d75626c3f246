module gwparam_handle

    !! The one pointer to a network that an object owns, and how its failures are reported.

    use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_int32_t, c_int64_t, &
        & c_null_char, c_null_ptr, c_ptr
    use gwparam_c_api, only: gwparam_last_error_c, gwparam_scheme_free_c
    use gwparam_status, only: fail, gwparam_ok
    use gwparam_text, only: from_c
    implicit none(type, external)
    private

    integer, parameter :: message_length = 1024

    type, public :: handle_t
        !! Owner of a network. What can be done with it is in the types that extend this one.
        private
        type(c_ptr) :: pointer = c_null_ptr

    contains
        procedure, public :: is_loaded !! Whether there is a network
        procedure, public :: free !! Give everything back; idempotent
        generic, public :: assignment(=) => copy_is_refused
        procedure, private :: copy_is_refused
        final :: free_at_end
    end type handle_t

    public :: adopt, pointer_of, report

contains

    subroutine adopt(self, pointer)

        !! Own a network that a C function loaded, in place of the one before.
        class(handle_t), intent(inout) :: self
        type(c_ptr), intent(in) :: pointer

        call self%free()
        self%pointer = pointer

    end subroutine adopt

    pure function pointer_of(self) result(pointer)

        !! What the C ABI knows the network by.
        class(handle_t), intent(in) :: self
        type(c_ptr) :: pointer

        pointer = self%pointer

    end function pointer_of

    pure logical function is_loaded(self)

        !! Whether a network was loaded and not freed.
        class(handle_t), intent(in) :: self

        is_loaded = c_associated(self%pointer)

    end function is_loaded

    subroutine free(self)

        !! Give the network and its memory back; does nothing when there is none.
        class(handle_t), intent(inout) :: self

        call gwparam_scheme_free_c(self%pointer)
        self%pointer = c_null_ptr

    end subroutine free

    impure elemental subroutine free_at_end(self)

        type(handle_t), intent(inout) :: self

        call self%free()

    end subroutine free_at_end

    subroutine copy_is_refused(self, other)

        !! One owner a network: a copy would free it twice.
        class(handle_t), intent(inout) :: self
        class(handle_t), intent(in) :: other

        if (other%is_loaded() .or. self%is_loaded()) then
            error stop "a gwparam_scheme_t cannot be assigned; load the artefact again"
        end if

    end subroutine copy_is_refused

    subroutine report(status, stat, errmsg)

        !! Hand a status of the C ABI on as `allocate` would.
        integer(c_int32_t), intent(in) :: status
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success
        character(kind=c_char) :: message(message_length)
        integer(c_int32_t) :: copied

        if (present(stat)) stat = gwparam_ok
        if (status == gwparam_ok) return
        message = c_null_char
        copied = gwparam_last_error_c(message, size(message, kind=c_int64_t))
        if (copied /= gwparam_ok) message(1) = "?"
        call fail(int(status), from_c(message), stat, errmsg)

    end subroutine report

end module gwparam_handle
