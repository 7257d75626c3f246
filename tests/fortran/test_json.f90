program test_json

    !! Objects of JSON on one line, and lines at the end of a file.

    use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
    use, intrinsic :: iso_fortran_env, only: int64
    use gwparam_json, only: json_t
    use gwparam_kinds, only: dp
    use gwparam_run_log, only: append_line
    use gwparam_status, only: gwparam_err_file, gwparam_ok
    use tap, only: done, ok
    implicit none(type, external)

    call test_values()
    call test_lines()
    call done()

contains

    subroutine test_values()

        type(json_t) :: json

        call json%open ()
        call json%put("text", 'a "word" \ ' // achar(10) // "x")
        call json%put("none", "  ")
        call json%put("whole", 12)
        call json%put("long", 2_int64**40)
        call json%put("real", -0.5_dp)
        call json%put("nan", ieee_value(1.0_dp, ieee_quiet_nan))
        call json%put("yes", .true.)
        call json%put("list", [1_int64, 2_int64])
        call json%put("empty", [integer(int64)::])
        call json%open ("inside")
        call json%put_json("raw", "[1," // achar(10) // "2]")
        call json%close ()
        call json%open_list("objects")
        call json%open ()
        call json%close ()
        call json%open ()
        call json%put("no", .false.)
        call json%close ()
        call json%close_list()
        call json%close ()
        call ok(json%text == '{"text":"a \"word\" \\  x","none":null,"whole":12,' &
                & // '"long":1099511627776,"real":-5.0000000000000000E-001,"nan":null,' &
                & // '"yes":true,"list":[1,2],"empty":[],"inside":{"raw":[1, 2]},' &
                & // '"objects":[{},{"no":false}]}', "values of every kind")

    end subroutine test_values

    subroutine test_lines()

        character(len=*), parameter :: path = "test_json.jsonl"
        character(len=200) :: message
        integer :: stat

        call forget(path)
        stat = gwparam_ok
        call append_line(path, "one", stat, message)
        call append_line(path, "two", stat, message)
        call ok(stat == gwparam_ok, "lines are written")
        call ok(content(path) == "one" // new_line("a") // "two" // new_line("a"), &
                & "line after line")
        call leave_half(path)
        call append_line(path, "three", stat, message)
        call ok(content(path) == "ha" // new_line("a") // "three" // new_line("a"), &
                & "a line that was cut spoils no other")
        call forget(path)
        call append_line("not/there.jsonl", "one", stat, message)
        call ok(stat == gwparam_err_file .and. index(message, &
                & "cannot write to run_log = not/there.jsonl") == 1, "a folder that is not there")
        stat = gwparam_ok
        call append_line("/dev/full", "one", stat, message)
        call ok(stat == gwparam_err_file, "a full disk")

    end subroutine test_lines

    subroutine leave_half(path)

        character(len=*), intent(in) :: path
        integer :: unit

        open (newunit=unit, file=path, access="stream", form="unformatted", status="replace")
        write (unit) "ha"
        close (unit)

    end subroutine leave_half

    subroutine forget(path)

        character(len=*), intent(in) :: path
        integer :: unit

        open (newunit=unit, file=path)
        close (unit, status="delete")

    end subroutine forget

    function content(path)

        character(len=*), intent(in) :: path
        character(len=:), allocatable :: content
        integer :: length, unit

        open (newunit=unit, file=path, access="stream", form="unformatted", action="read")
        inquire (unit, size=length)
        allocate (character(len=length)::content)
        read (unit) content
        close (unit)

    end function content

end program test_json
