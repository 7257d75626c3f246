module shr_kind_mod

    !! Stand-in for CESM's kinds.

    use, intrinsic :: iso_fortran_env, only: real64
    implicit none(type, external)
    private

    integer, parameter, public :: shr_kind_r8 = real64
end module shr_kind_mod

module cam_logfile

    !! Stand-in for CAM's log.

    use, intrinsic :: iso_fortran_env, only: output_unit
    implicit none(type, external)
    private

    integer, parameter, public :: iulog = output_unit
end module cam_logfile

module cam_abortutils

    !! Stand-in for CAM's way to stop: exit code 2, as for any bad input to gwparam.

    use, intrinsic :: iso_fortran_env, only: error_unit
    implicit none(type, external)
    private

    public :: endrun

contains

    subroutine endrun(message)

        character(len=*), intent(in) :: message

        !$omp critical

        write (error_unit, "(2a)") "ENDRUN: ", trim(message)
        flush (error_unit)
        stop 2
        !$omp end critical

    end subroutine endrun

end module cam_abortutils

module ppgrid

    !! Stand-in for the sizes of CAM's physics.

    implicit none(type, external)
    private

    integer, protected, public :: pcols = 0 !! Columns of a chunk, of which the first are valid
    integer, protected, public :: pver = 0 !! Full levels
    integer, protected, public :: begchunk = 1, endchunk = 0 !! Chunks of this process

    public :: ppgrid_init

contains

    subroutine ppgrid_init(columns, levels, chunks)

        integer, intent(in) :: columns, levels, chunks

        pcols = columns
        pver = levels
        endchunk = chunks

    end subroutine ppgrid_init

end module ppgrid

module physconst

    !! Stand-in for CESM's constants.

    use shr_kind_mod, only: r8 => shr_kind_r8
    implicit none(type, external)
    private

    real(r8), parameter, public :: gravit = 9.80616_r8 !! [m s-2]
    real(r8), parameter, public :: rair = 287.04_r8 !! [J kg-1 K-1]
end module physconst

module physics_types

    !! Stand-in for the state of a chunk and what a parameterization does to it.

    use ppgrid, only: pcols, pver
    use shr_kind_mod, only: r8 => shr_kind_r8
    implicit none(type, external)
    private

    type, public :: physics_state
        integer :: lchnk = 0 !! Number of the chunk
        integer :: ncol = 0 !! Valid columns
        real(r8), allocatable, dimension(:) :: lat, lon !! [rad] (pcols)
        real(r8), allocatable, dimension(:) :: ps, phis !! [Pa], [m2 s-2] (pcols)
        real(r8), allocatable, dimension(:,:) :: pmid, zm, t, u, v !! [Pa], [m], [K], [m s-1]
        real(r8), allocatable, dimension(:,:) :: pint !! [Pa] (pcols, pver + 1)

    contains
        procedure :: allocate => physics_state_alloc
    end type physics_state

    type, public :: physics_ptend
        real(r8), allocatable, dimension(:,:) :: u, v !! [m s-2] (pcols, pver)

    contains
        procedure :: allocate => physics_ptend_init
    end type physics_ptend

contains

    subroutine physics_state_alloc(self, lchnk)

        class(physics_state), intent(inout) :: self
        integer, intent(in) :: lchnk

        self%lchnk = lchnk
        allocate (self%lat(pcols), self%lon(pcols), self%ps(pcols), self%phis(pcols), source=0.0_r8)
        allocate (self%pmid(pcols, pver), source=0.0_r8)
        allocate (self%zm, self%t, self%u, self%v, source=self%pmid)
        allocate (self%pint(pcols, pver + 1), source=0.0_r8)

    end subroutine physics_state_alloc

    subroutine physics_ptend_init(self)

        class(physics_ptend), intent(inout) :: self

        allocate (self%u(pcols, pver), self%v(pcols, pver), source=0.0_r8)

    end subroutine physics_ptend_init

end module physics_types

module time_manager

    !! Stand-in for CAM's clock and calendar: days of January, year 1.

    implicit none(type, external)
    private

    integer :: elapsed = 0 !! Since the first of January [s]

    public :: get_curr_date, get_curr_time, stand_in_set_time

contains

    subroutine stand_in_set_time(seconds)

        integer, intent(in) :: seconds

        elapsed = seconds

    end subroutine stand_in_set_time

    subroutine get_curr_date(yr, mon, day, tod)

        integer, intent(out) :: yr, mon, day
        integer, intent(out) :: tod !! Time of the day [s]

        yr = 1
        mon = 1
        call get_curr_time(day, tod)
        day = day + 1

    end subroutine get_curr_date

    subroutine get_curr_time(days, seconds)

        integer, intent(out) :: days, seconds

        days = elapsed/86400
        seconds = mod(elapsed, 86400)

    end subroutine get_curr_time

end module time_manager

module fms_mod

    !! What the reader of MiMA's states says and asks; here it does so in CAM's way.

    use cam_abortutils, only: endrun
    implicit none(type, external)
    private

    integer, parameter, public :: FATAL = 2

    public :: error_mesg, file_exist

contains

    subroutine error_mesg(routine, message, level)

        character(len=*), intent(in) :: routine, message
        integer, intent(in) :: level

        if (level == FATAL) call endrun(routine // ": " // message)

    end subroutine error_mesg

    logical function file_exist(file_name)

        character(len=*), intent(in) :: file_name

        inquire (file=trim(file_name), exist=file_exist)

    end function file_exist

end module fms_mod
