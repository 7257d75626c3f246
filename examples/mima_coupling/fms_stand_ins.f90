module mpp_mod

    !! Stand-in for the part of FMS's message passing that cg_drag.f90 and the driver use.

    use mpi, only: MPI_COMM_WORLD, MPI_Abort, MPI_Comm_rank, MPI_Comm_size, MPI_Finalize, &
        & MPI_Init, MPI_Wtime
    use, intrinsic :: iso_fortran_env, only: error_unit, output_unit
    implicit none(type, external)
    private

    type :: clock_t
        character(len=32) :: name = ""
        integer :: calls = 0
        real :: seconds = 0.0, begun = 0.0
    end type clock_t

    integer, parameter, public :: NOTE = 0, WARNING = 1, FATAL = 2
    type(clock_t) :: clocks(16)
    integer :: n_clocks = 0
    integer :: pe = 0, npes = 1
    logical :: is_initialized = .false.

    public :: mpp_clock_begin, mpp_clock_end, mpp_clock_id, mpp_error, mpp_exit, &
        & mpp_get_current_pelist, mpp_init, mpp_npes, mpp_pe, mpp_root_pe, stand_in_clock

contains

    subroutine mpp_init

        integer :: ierr

        if (is_initialized) return
        call MPI_Init(ierr)
        call MPI_Comm_rank(MPI_COMM_WORLD, pe, ierr)
        call MPI_Comm_size(MPI_COMM_WORLD, npes, ierr)
        is_initialized = .true.

    end subroutine mpp_init

    subroutine mpp_exit

        integer :: ierr

        call MPI_Finalize(ierr)
        is_initialized = .false.

    end subroutine mpp_exit

    integer function mpp_pe()

        mpp_pe = pe

    end function mpp_pe

    integer function mpp_root_pe()

        mpp_root_pe = 0

    end function mpp_root_pe

    integer function mpp_npes()

        mpp_npes = npes

    end function mpp_npes

    subroutine mpp_get_current_pelist(pelist, name, commID)

        integer, intent(out) :: pelist(:)
        character(len=*), intent(out), optional :: name
        integer, intent(out), optional :: commID

        integer :: i

        pelist = [(i, i=0, size(pelist) - 1)]
        if (present(name)) name = "stand-in"
        if (present(commID)) commID = MPI_COMM_WORLD

    end subroutine mpp_get_current_pelist

    subroutine mpp_error(routine, message, level)

        !! Print; on FATAL end all ranks with exit code 2, as for any bad input to gwparam.
        character(len=*), intent(in) :: routine, message
        integer, intent(in) :: level

        character(len=*), parameter :: word(0:2) = [character(len=7)::"NOTE","WARNING", "FATAL"]
        integer :: ierr, unit

        unit = merge(error_unit, output_unit, level > NOTE)
        write (unit, "(2a, i0, 4a)") trim(word(level)), " from PE ", pe, ": ", trim(routine), &
               & ": ", trim(message)
        flush (unit)
        if (level == FATAL) call MPI_Abort(MPI_COMM_WORLD, 2, ierr)

    end subroutine mpp_error

    integer function mpp_clock_id(name)

        character(len=*), intent(in) :: name

        n_clocks = n_clocks + 1
        clocks(n_clocks)%name = name
        mpp_clock_id = n_clocks

    end function mpp_clock_id

    subroutine mpp_clock_begin(id)

        integer, intent(in) :: id

        clocks(id)%begun = MPI_Wtime()

    end subroutine mpp_clock_begin

    subroutine mpp_clock_end(id)

        integer, intent(in) :: id

        clocks(id)%seconds = clocks(id)%seconds + (MPI_Wtime() - clocks(id)%begun)
        clocks(id)%calls = clocks(id)%calls + 1

    end subroutine mpp_clock_end

    subroutine stand_in_clock(id, name, calls, seconds)

        !! For the driver's report; FMS prints its own at the end. `name` is blank past the last.
        integer, intent(in) :: id
        character(len=*), intent(out) :: name
        integer, intent(out) :: calls
        real, intent(out) :: seconds

        name = clocks(id)%name
        calls = clocks(id)%calls
        seconds = clocks(id)%seconds

    end subroutine stand_in_clock

end module mpp_mod

module fms_mod

    !! Stand-in for FMS's files and messages.

    use mpp_mod, only: FATAL, mpp_error, mpp_exit, mpp_init, mpp_npes, mpp_pe, mpp_root_pe, NOTE, &
        & WARNING
    implicit none(type, external)
    private

    public :: FATAL, NOTE, WARNING, check_nml_error, close_file, error_mesg, file_exist, fms_end, &
        & fms_init, mpp_npes, mpp_pe, mpp_root_pe, open_namelist_file, stdlog, write_version_number

    integer :: log_unit = 0

contains

    subroutine fms_init

        call mpp_init

    end subroutine fms_init

    subroutine fms_end

        call mpp_exit

    end subroutine fms_end

    logical function file_exist(file_name)

        character(len=*), intent(in) :: file_name

        inquire (file=trim(file_name), exist=file_exist)

    end function file_exist

    integer function open_namelist_file()

        open (newunit=open_namelist_file, file="input.nml", status="old", action="read")

    end function open_namelist_file

    integer function check_nml_error(iostat, nml_name)

        character(len=*), intent(in) :: nml_name
        integer, intent(in) :: iostat

        character(len=80) :: message

        check_nml_error = iostat
        if (iostat <= 0) return
        write (message, "(3a, i0)") "while reading namelist ", nml_name, ", iostat = ", iostat
        call error_mesg("check_nml_error in fms_mod", message, FATAL)

    end function check_nml_error

    subroutine close_file(unit)

        integer, intent(in) :: unit

        close (unit)

    end subroutine close_file

    integer function stdlog()

        !! The root writes logfile.000000.out.
        character(len=*), parameter :: name(2) = [character(len=18)::"logfile.000000.out", &
                  & "/dev/null"]

        if (log_unit == 0) open (newunit=log_unit, action="write", file=trim(name(merge(1, 2, &
            & mpp_pe() == mpp_root_pe()))))
        stdlog = log_unit

    end function stdlog

    subroutine write_version_number(version, tag)

        character(len=*), intent(in) :: version, tag

        write (stdlog(), "(4a)") trim(version), " (", trim(tag), ")"

    end subroutine write_version_number

    subroutine error_mesg(routine, message, level)

        character(len=*), intent(in) :: routine, message
        integer, intent(in) :: level

        call mpp_error(routine, message, level)

    end subroutine error_mesg

end module fms_mod

module time_manager_mod

    !! Stand-in for FMS's calendar: seconds since the start.

    implicit none(type, external)
    private

    type, public :: time_type
        private
        integer :: seconds = 0
    end type time_type

    public :: get_time, set_time, time_manager_init

contains

    subroutine time_manager_init

    end subroutine time_manager_init

    type(time_type) function set_time(seconds)

        integer, intent(in) :: seconds

        set_time%seconds = seconds

    end function set_time

    subroutine get_time(time, seconds, days)

        type(time_type), intent(in) :: time
        integer, intent(out) :: seconds
        integer, intent(out), optional :: days

        integer, parameter :: day = 86400

        seconds = time%seconds
        if (.not. present(days)) return
        days = seconds/day
        seconds = mod(seconds, day)

    end subroutine get_time

end module time_manager_mod

module diag_manager_mod

    !! Stand-in for FMS's diagnostics: keeps the fields that the driver chose, instead of averaging
    !! and writing them.

    use time_manager_mod, only: time_type
    implicit none(type, external)
    private

    type, public :: stand_in_field_t
        character(len=32) :: name = "", units = ""
        character(len=96) :: long_name = ""
        real, allocatable :: values(:,:,:) !! Of this rank, missing where nothing was sent
        logical :: registered = .false.
    end type stand_in_field_t

    real, parameter, public :: missing = -999.0
    type(stand_in_field_t), allocatable, public :: stand_in_fields(:)

    public :: diag_manager_init, register_diag_field, send_data, stand_in_choose, stand_in_forget

contains

    subroutine diag_manager_init

    end subroutine diag_manager_init

    subroutine stand_in_choose(names, nlon, nlat, nlev)

        !! In place of the diag_table: the fields that somebody wants, on this rank's columns.
        character(len=*), intent(in) :: names(:)
        integer, intent(in) :: nlon, nlat, nlev

        integer :: i

        allocate (stand_in_fields(size(names)))
        do i = 1, size(names)
            stand_in_fields(i)%name = names(i)
            allocate (stand_in_fields(i)%values(nlon, nlat, nlev), source=missing)
        end do

    end subroutine stand_in_choose

    subroutine stand_in_forget

        !! A new step: nothing was sent yet.
        integer :: i

        do i = 1, size(stand_in_fields)
            stand_in_fields(i)%values = missing
        end do

    end subroutine stand_in_forget

    integer function register_diag_field(module_name, field_name, axes, init_time, long_name, &
                                         & units, missing_value)

        character(len=*), intent(in) :: module_name, field_name, long_name, units
        integer, intent(in) :: axes(:)
        type(time_type), intent(in) :: init_time
        real, intent(in), optional :: missing_value

        integer :: i

        register_diag_field = -1
        do i = 1, size(stand_in_fields)
            if (stand_in_fields(i)%name /= field_name) cycle
            stand_in_fields(i)%units = units
            stand_in_fields(i)%long_name = long_name
            stand_in_fields(i)%registered = .true.
            register_diag_field = i
        end do

    end function register_diag_field

    logical function send_data(id, field, time, is, js, ks)

        integer, intent(in) :: id
        real, intent(in) :: field(:,:,:)
        type(time_type), intent(in) :: time
        integer, intent(in) :: is, js, ks

        send_data = id > 0
        if (.not. send_data) return
        stand_in_fields(id)%values(is:is + size(field, 1) - 1,js:js + size(field, 2) - 1, &
                        & ks:ks + size(field, 3) - 1) = field

    end function send_data

end module diag_manager_mod

module constants_mod

    !! Stand-in for FMS's constants, with FMS's values.

    implicit none(type, external)
    private

    real, parameter, public :: PI = 3.14159265358979323846
    real, parameter, public :: RADIAN = 180.0/PI !! Degrees per radian
    real, parameter, public :: GRAV = 9.80 !! [m s-2]
    real, parameter, public :: RDGAS = 287.04 !! [J kg-1 K-1]
    real, parameter, public :: CP_AIR = RDGAS/(2.0/7.0) !! [J kg-1 K-1]
    real, parameter, public :: SECONDS_PER_DAY = 86400.0 !! [s]

    public :: constants_init

contains

    subroutine constants_init

    end subroutine constants_init

end module constants_mod
