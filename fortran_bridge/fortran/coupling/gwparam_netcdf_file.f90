module gwparam_netcdf_file

    !! A netCDF file of columns, written whole or not at all, and the first thing that went wrong
    !! with it; for the library of gwparam_restart_file alone.

    use, intrinsic :: iso_c_binding, only: c_char, c_int32_t, c_int64_t, c_null_char
    use, intrinsic :: iso_fortran_env, only: int64
    use gwparam_kinds, only: dp
    use gwparam_status, only: gwparam_err_file, gwparam_ok, text
    use netcdf, only: NF90_CLOBBER, nf90_close, nf90_create, nf90_def_dim, nf90_def_var, &
        & NF90_DOUBLE, nf90_get_att, NF90_GLOBAL, nf90_inq_dimid, nf90_inquire_attribute, &
        & NF90_INT64, NF90_NETCDF4, NF90_NOERR, NF90_NOWRITE, nf90_open, nf90_put_att, &
        & nf90_put_var, nf90_strerror
    implicit none(type, external)
    private

    public :: part_path

    integer, parameter :: message_length = 1024

    type, public :: netcdf_file_t
        !! An open file, or one that was closed.
        character(len=:), allocatable :: path
        integer :: id = 0, status = gwparam_ok
        logical :: is_open = .false.
        character(len=message_length) :: message = ""

    contains
        procedure :: create !! Begin a file beside the one that it replaces
        procedure :: finish !! Put it in its place, or leave nothing of it
        procedure :: open => open_file !! To read
        procedure :: close => close_file
        procedure :: check !! Keep the first failure of netCDF
        procedure :: give_up !! Keep the first failure of ours
        generic :: note => note_number, note_numbers, note_text !! An attribute, of the file
        generic :: put => put_columns, put_whole !! A variable, of columns or by dimension
        procedure :: number !! An attribute that is a number
        procedure :: words !! An attribute that is a text
        procedure, private :: note_number, note_numbers, note_text, put_columns, put_whole
        procedure, private :: find_dimension, define
    end type netcdf_file_t

    interface

        integer(c_int32_t) function replace(partial, target, why, capacity) bind(c, &
                & name="gwparam_replace")
            !! Put a file that is whole in its place; 0, or why not.
            import :: c_char, c_int32_t, c_int64_t
            implicit none(type, external)
            character(kind=c_char), intent(in) :: partial(*), target(*)
            character(kind=c_char), intent(inout) :: why(*)
            integer(c_int64_t), value, intent(in) :: capacity

        end function replace
    end interface

contains

    pure function part_path(path, rank) result(file)

        !! The name of a rank's file.
        character(len=*), intent(in) :: path
        integer, intent(in) :: rank !! From 0
        character(len=:), allocatable :: file
        character(len=12) :: suffix

        write (suffix, "(a, i4.4)") ".", rank
        if (rank > 9999) write (suffix, "(a, i0)") ".", rank
        file = trim(path) // trim(suffix)

    end function part_path

    subroutine create(self, path)

        !! An older file of that name stays until this one is whole.
        class(netcdf_file_t), intent(inout) :: self
        character(len=*), intent(in) :: path

        self%path = trim(path)
        call self%check(nf90_create(self%path // ".part", ior(NF90_NETCDF4, NF90_CLOBBER), &
                        & self%id), "write")
        self%is_open = self%status == gwparam_ok

    end subroutine create

    subroutine finish(self)

        !! Close it, and put it in its place unless something failed.
        class(netcdf_file_t), intent(inout) :: self

        character(kind=c_char, len=128) :: why
        integer :: end, ignored, unit

        call self%close ("write")
        why = ""
        if (self%status == gwparam_ok) then
            if (replace(self%path // ".part" // c_null_char, self%path // c_null_char, why, &
                & len(why, c_int64_t)) == 0) return
            end = index(why, c_null_char)
            call self%give_up("cannot write " // self%path // ": " // why(:end - 1))
        else
            open (newunit=unit, file=self%path // ".part", status="old", iostat=ignored)
            if (ignored == 0) close (unit, status="delete")
        end if

    end subroutine finish

    subroutine note_number(self, name, value)

        class(netcdf_file_t), intent(inout) :: self
        character(len=*), intent(in) :: name
        real(dp), intent(in) :: value

        call self%note(name, [value])

    end subroutine note_number

    subroutine note_numbers(self, name, values)

        class(netcdf_file_t), intent(inout) :: self
        character(len=*), intent(in) :: name
        real(dp), intent(in) :: values(:)

        if (.not. self%is_open) return
        call self%check(nf90_put_att(self%id, NF90_GLOBAL, name, values), "write")

    end subroutine note_numbers

    subroutine note_text(self, name, words)

        class(netcdf_file_t), intent(inout) :: self
        character(len=*), intent(in) :: name, words

        ! netCDF takes no text of no length.

        if (.not. self%is_open) return
        call self%check(nf90_put_att(self%id, NF90_GLOBAL, name, trim(words) // " "), "write")

    end subroutine note_text

    subroutine put_columns(self, name, values, units, standard_name)

        !! A field of columns, on levels if there are several.
        class(netcdf_file_t), intent(inout) :: self
        character(len=*), intent(in) :: name
        real(dp), intent(in) :: values(:,:) !! (column, level)
        character(len=*), intent(in), optional :: units, standard_name

        integer :: varid

        call self%define(name, NF90_DOUBLE, shape(values), varid, units, standard_name)
        if (.not. self%is_open) return
        if (size(values, 2) == 1) then
            call self%check(nf90_put_var(self%id, varid, values(:,1)), "write")
        else
            call self%check(nf90_put_var(self%id, varid, values), "write")
        end if

    end subroutine put_columns

    subroutine put_whole(self, name, values)

        !! Whole numbers, one a column.
        class(netcdf_file_t), intent(inout) :: self
        character(len=*), intent(in) :: name
        integer(int64), intent(in) :: values(:) !! (column)

        integer :: varid

        call self%define(name, NF90_INT64, [size(values), 1], varid)
        if (.not. self%is_open) return
        call self%check(nf90_put_var(self%id, varid, values), "write")

    end subroutine put_whole

    subroutine define(self, name, kind, extents, varid, units, standard_name)

        !! A variable (column) or (column, level).
        class(netcdf_file_t), intent(inout) :: self
        character(len=*), intent(in) :: name
        integer, intent(in) :: kind, extents(2)
        integer, intent(out) :: varid
        character(len=*), intent(in), optional :: units, standard_name

        integer :: dimids(2), n

        varid = 0
        if (.not. self%is_open) return
        n = merge(1, 2, extents(2) == 1)
        call self%find_dimension("column", extents(1), dimids(1))
        if (n == 2) call self%find_dimension("levels_" // text(extents(2)), extents(2), dimids(2))
        call self%check(nf90_def_var(self%id, name, kind, dimids(:n), varid), "write")
        if (present(units)) call self%check(nf90_put_att(self%id, varid, "units", trim(units)), &
            & "write")
        if (present(standard_name)) call self%check(nf90_put_att(self%id, varid, "standard_name", &
            & trim(standard_name)), "write")

    end subroutine define

    subroutine find_dimension(self, name, length, dimid)

        class(netcdf_file_t), intent(inout) :: self
        character(len=*), intent(in) :: name
        integer, intent(in) :: length
        integer, intent(out) :: dimid

        if (nf90_inq_dimid(self%id, name, dimid) == NF90_NOERR) return
        call self%check(nf90_def_dim(self%id, name, length, dimid), "write")

    end subroutine find_dimension

    subroutine open_file(self, path)

        class(netcdf_file_t), intent(inout) :: self
        character(len=*), intent(in) :: path

        self%path = trim(path)
        call self%check(nf90_open(self%path, NF90_NOWRITE, self%id), "read")
        self%is_open = self%status == gwparam_ok

    end subroutine open_file

    subroutine check(self, status, verb)

        !! Keep the first failure of netCDF.
        class(netcdf_file_t), intent(inout) :: self
        integer, intent(in) :: status
        character(len=*), intent(in) :: verb

        if (status /= NF90_NOERR) call self%give_up("cannot " // verb // " " // self%path // ": " &
            & // trim(nf90_strerror(status)))

    end subroutine check

    subroutine give_up(self, message)

        !! Keep the first failure.
        class(netcdf_file_t), intent(inout) :: self
        character(len=*), intent(in) :: message

        if (self%status /= gwparam_ok) return
        self%status = gwparam_err_file
        self%message = message

    end subroutine give_up

    subroutine close_file(self, verb)

        class(netcdf_file_t), intent(inout) :: self
        character(len=*), intent(in) :: verb

        if (self%is_open) call self%check(nf90_close(self%id), verb)
        self%is_open = .false.

    end subroutine close_file

    real(dp) function number(self, name)
        !! An attribute of the file.
        class(netcdf_file_t), intent(inout) :: self
        character(len=*), intent(in) :: name

        number = 0.0_dp
        call self%check(nf90_get_att(self%id, NF90_GLOBAL, name, number), "read")

    end function number

    subroutine words(self, name, value)

        !! An attribute that is a text.
        class(netcdf_file_t), intent(inout) :: self
        character(len=*), intent(in) :: name
        character(len=*), intent(out) :: value

        integer :: length, status

        value = ""
        length = 0
        status = nf90_inquire_attribute(self%id, NF90_GLOBAL, name, len=length)
        call self%check(status, "read")
        if (status == NF90_NOERR .and. length > len(value) + 1) then
            call self%give_up(self%path // " has " // name // " of " // text(length) &
                              & // " characters, expected at most " // text(len(value)))
        else if (status == NF90_NOERR) then
            call get(length)
        end if

    contains

        subroutine get(length)

            integer, intent(in) :: length

            character(len=length) :: found

            call self%check(nf90_get_att(self%id, NF90_GLOBAL, name, found), "read")
            value = found

        end subroutine get

    end subroutine words

end module gwparam_netcdf_file
