module gwparam_json

    !! An object of JSON on one line (RFC 8259), written from its first name to its last.

    use, intrinsic :: ieee_arithmetic, only: ieee_is_finite
    use, intrinsic :: iso_fortran_env, only: int64
    use gwparam_kinds, only: dp
    implicit none(type, external)
    private

    type, public :: json_t
        private
        character(len=:), allocatable, public :: text !! What there is so far
        logical :: needs_comma = .false.

    contains
        procedure, public :: open !! Begin an object, by name within another
        procedure, public :: close !! End it
        procedure, public :: open_list
        procedure, public :: close_list
        generic, public :: put => put_text, put_integer, put_long, put_real, put_logical, put_longs
        procedure, public :: put_json !! Text that is JSON
        procedure, private :: put_text, put_integer, put_long, put_real, put_logical, put_longs
        procedure, private :: begin
    end type json_t

contains

    pure subroutine open (self, name)

        class(json_t), intent(inout) :: self
        character(len=*), intent(in), optional :: name !! Absent: the whole, or one of a list

        call self%begin(name)
        self%text = self%text // "{"
        self%needs_comma = .false.

    end subroutine open

    pure subroutine close (self)

        class(json_t), intent(inout) :: self

        self%text = self%text // "}"
        self%needs_comma = .true.

    end subroutine close

    pure subroutine open_list(self, name)

        class(json_t), intent(inout) :: self
        character(len=*), intent(in) :: name

        call self%begin(name)
        self%text = self%text // "["
        self%needs_comma = .false.

    end subroutine open_list

    pure subroutine close_list(self)

        class(json_t), intent(inout) :: self

        self%text = self%text // "]"
        self%needs_comma = .true.

    end subroutine close_list

    pure subroutine put_text(self, name, value)

        !! A text without the blanks at its end; null if it is empty.
        class(json_t), intent(inout) :: self
        character(len=*), intent(in) :: name, value

        integer :: i

        call self%begin(name)
        if (value == "") then
            self%text = self%text // "null"
            return
        end if
        self%text = self%text // '"'
        do i = 1, len_trim(value)
            select case (value(i:i))
            case ('"', "\")
                self%text = self%text // "\" // value(i:i)
            case (achar(0):achar(31))
                self%text = self%text // " "
            case default
                self%text = self%text // value(i:i)
            end select
        end do
        self%text = self%text // '"'

    end subroutine put_text

    pure subroutine put_integer(self, name, value)

        class(json_t), intent(inout) :: self
        character(len=*), intent(in) :: name
        integer, intent(in) :: value

        call self%put_long(name, int(value, int64))

    end subroutine put_integer

    pure subroutine put_long(self, name, value)

        class(json_t), intent(inout) :: self
        character(len=*), intent(in) :: name
        integer(int64), intent(in) :: value

        call self%begin(name)
        self%text = self%text // trim(decimal(value))

    end subroutine put_long

    pure subroutine put_real(self, name, value)

        !! All digits; null for what is no finite number.
        class(json_t), intent(inout) :: self
        character(len=*), intent(in) :: name
        real(dp), intent(in) :: value

        character(len=32) :: buffer

        call self%begin(name)
        buffer = "null"
        if (ieee_is_finite(value)) write (buffer, "(es24.16e3)") value
        self%text = self%text // trim(adjustl(buffer))

    end subroutine put_real

    pure subroutine put_logical(self, name, value)

        class(json_t), intent(inout) :: self
        character(len=*), intent(in) :: name
        logical, intent(in) :: value

        call self%begin(name)
        self%text = self%text // trim(merge("true ", "false", value))

    end subroutine put_logical

    pure subroutine put_longs(self, name, values)

        class(json_t), intent(inout) :: self
        character(len=*), intent(in) :: name
        integer(int64), intent(in) :: values(:)

        integer :: i

        call self%open_list(name)
        do i = 1, size(values)
            if (i > 1) self%text = self%text // ","
            self%text = self%text // trim(decimal(values(i)))
        end do
        call self%close_list()

    end subroutine put_longs

    pure subroutine put_json(self, name, value)

        !! Text that is JSON, of any number of lines.
        class(json_t), intent(inout) :: self
        character(len=*), intent(in) :: name, value

        integer :: i
        character(len=len(value)) :: line

        call self%begin(name)
        ! Within JSON's own texts there are no line breaks.
        line = value
        do i = 1, len(line)
            if (iachar(line(i:i)) < 32) line(i:i) = " "
        end do
        self%text = self%text // line

    end subroutine put_json

    pure subroutine begin(self, name)

        !! What comes before a value.
        class(json_t), intent(inout) :: self
        character(len=*), intent(in), optional :: name

        if (.not. allocated(self%text)) self%text = ""
        if (self%needs_comma) self%text = self%text // ","
        if (present(name)) self%text = self%text // '"' // name // '":'
        self%needs_comma = .true.

    end subroutine begin

    pure function decimal(value) result(buffer)

        integer(int64), intent(in) :: value
        character(len=24) :: buffer

        write (buffer, "(i0)") value

    end function decimal

end module gwparam_json
