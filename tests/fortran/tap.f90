module tap

    !! What a test program prints: a line for each check, then their number.

    implicit none(type, external)
    private

    integer :: tests = 0, failures = 0 !! Of the program

    public :: done, ok

contains

    subroutine ok(passed, name)

        !! One check.
        logical, intent(in) :: passed !! Whether it holds
        character(len=*), intent(in) :: name !! What was checked

        tests = tests + 1
        if (.not. passed) failures = failures + 1
        print "(a, i0, a)", trim(merge("ok     ", "not ok ", passed)) // " ", tests, " - " // name

    end subroutine ok

    subroutine done()

        !! The end of the program.

        print "(a, i0)", "1..", tests
        if (failures > 0) error stop

    end subroutine done

end module tap
