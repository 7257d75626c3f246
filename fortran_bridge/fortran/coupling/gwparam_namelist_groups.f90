module gwparam_namelist_groups

    !! Which groups a namelist file holds: the reader of one does not tell a file without it from
    !! one in which it has no end, nor from one in which its name is misspelt.

    implicit none(type, external)
    private

    public :: find_group

    integer, parameter :: line_length = 4096
    integer, parameter :: near = 2 !! Letters that one slip of the keyboard changes

contains

    subroutine find_group(name, is_there, misspelt, unit, record)

        !! Look for a group, from the beginning of a unit or in a text.
        character(len=*), intent(in) :: name !! In lower case
        logical, intent(out) :: is_there
        character(len=:), allocatable, intent(out) :: misspelt !! A group that may be meant, or ""
        integer, intent(in), optional :: unit
        character(len=*), intent(in), optional :: record

        character(len=line_length) :: line
        integer :: io

        is_there = .false.
        misspelt = ""
        if (present(record)) call look_into(record)
        if (present(record) .or. .not. present(unit)) return
        rewind (unit, iostat=io)
        do while (io == 0)
            read (unit, "(a)", iostat=io) line
            if (io == 0) call look_into(line)
        end do

    contains

        subroutine look_into(text)

            character(len=*), intent(in) :: text

            character(len=:), allocatable :: group
            character :: quote
            integer :: i

            quote = " "
            do i = 1, len_trim(text)
                if (quote /= " ") then
                    if (text(i:i) == quote) quote = " "
                else if (text(i:i) == "!") then
                    exit
                else if (scan(text(i:i), "'""") > 0) then
                    quote = text(i:i)
                else if (text(i:i) == "&") then
                    call read_word(text(i + 1:), group)
                    if (group == name) then
                        is_there = .true.
                    else if (may_mean(group, name)) then
                        misspelt = group
                    end if
                end if
            end do

        end subroutine look_into

    end subroutine find_group

    pure subroutine read_word(text, word)

        !! The word that a text begins with, in lower case.
        character(len=*), intent(in) :: text
        character(len=:), allocatable, intent(out) :: word

        integer :: i, code

        word = text(:scan(text // " ", " /,!" // achar(9) // achar(13)) - 1)
        do i = 1, len(word)
            code = iachar(word(i:i))
            if (code >= iachar("A") .and. code <= iachar("Z")) word(i:i) = achar(code + 32)
        end do

    end subroutine read_word

    pure logical function may_mean(group, name)

        !! Whether a group begins as the name does, or differs in few letters.
        character(len=*), intent(in) :: group, name

        may_mean = index(group, name(:scan(name, "_") - 1)) == 1 .or. distance(group, name) <= near

    end function may_mean

    pure integer function distance(a, b)

        !! Letters to insert, leave out or change until one word is the other (Levenshtein, 1966).
        character(len=*), intent(in) :: a, b

        integer :: row(0:len(b)), diagonal, above, i, j

        row = [(j, j=0, len(b))]
        do i = 1, len(a)
            diagonal = row(0)
            row(0) = i
            do j = 1, len(b)
                above = row(j)
                row(j) = min(above + 1, row(j - 1) + 1, diagonal + merge(0, 1, a(i:i) == b(j:j)))
                diagonal = above
            end do
        end do
        distance = row(len(b))

    end function distance

end module gwparam_namelist_groups
