module gwparam_text

    !! Texts of Fortran and of C.

    use, intrinsic :: iso_c_binding, only: c_char, c_null_char
    implicit none(type, external)
    private

    public :: from_c, to_c

contains

    pure function to_c(text, length) result(chars)

        !! Characters of C, NUL-terminated, cut to fit.
        character(len=*), intent(in) :: text
        integer, intent(in) :: length
        character(kind=c_char) :: chars(length)
        integer :: i

        chars = c_null_char
        do i = 1, min(len_trim(text), length - 1)
            chars(i) = text(i:i)
        end do

    end function to_c

    pure subroutine from_c(chars, text)

        !! Text up to the NUL. No function, for the reason that gwparam_status states.
        character(kind=c_char), intent(in) :: chars(:)
        character(len=:), allocatable, intent(inout) :: text
        integer :: i, length

        length = findloc(chars, c_null_char, dim=1) - 1
        if (length < 0) length = size(chars)
        if (allocated(text)) deallocate (text)
        allocate (character(len=length)::text)
        do i = 1, length
            text(i:i) = chars(i)
        end do

    end subroutine from_c

end module gwparam_text
