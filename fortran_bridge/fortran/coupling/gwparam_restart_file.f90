module gwparam_restart_file

    !! Restart of the drag through netCDF: `use gwparam_restart_file` beside `gwparam_coupling`.
    !!
    !! One file a rank, `path.0000`, `path.0001` ..., of whatever objects the rank has. Reading
    !! finds each column by latitude and longitude, whichever rank and object wrote it. Columns are
    !! in a line, and levels top-down, whatever the host's arrays are like.

    use gwparam_coupling, only: gwparam_coupling_state_t, gwparam_coupling_t
    use gwparam_kinds, only: dp
    use gwparam_options, only: gwparam_statistics_t
    use gwparam_netcdf_file, only: part_path
    use gwparam_restart_state, only: read_state, write_state
    use gwparam_status, only: fail, gwparam_err_argument, gwparam_err_file, gwparam_ok
    implicit none(type, external)
    private

    public :: gwparam_restart_exists, gwparam_restart_is_writable, gwparam_restart_read, &
        & gwparam_restart_write

    integer, parameter :: message_length = 1024

    interface gwparam_restart_write
        !! Write what the next run needs, between two steps.
        module procedure write_one, write_all
    end interface gwparam_restart_write

    interface gwparam_restart_read
        !! Go on from what another run wrote, on any number of ranks and objects.
        module procedure read_one, read_all
    end interface gwparam_restart_read

contains

    logical function gwparam_restart_exists(path) result(exists)

        !! Whether there are files of that name.
        character(len=*), intent(in) :: path

        inquire (file=part_path(path, 0), exist=exists)

    end function gwparam_restart_exists

    subroutine gwparam_restart_is_writable(path, rank, stat, errmsg)

        !! Fail now rather than at the end of a long run; leaves no empty file behind.
        character(len=*), intent(in) :: path
        integer, intent(in), optional :: rank !! From 0; default: 0
        integer, intent(out), optional :: stat !! 0 or gwparam_err_file
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        character(len=:), allocatable :: file
        integer :: io, part, unit
        logical :: exists
        character(len=message_length) :: message

        if (present(stat)) stat = gwparam_ok
        part = 0
        if (present(rank)) part = rank
        file = part_path(path, part)
        inquire (file=file, exist=exists)
        open (newunit=unit, file=file, access="stream", form="unformatted", position="append", &
              & action="write", iostat=io, iomsg=message)
        if (io /= 0) then
            call fail(gwparam_err_file, &
                      & trim(message) // " (make the folder, or set restart = 'off'" &
                      & // " in gwparam_nml)", stat, errmsg)
        else if (exists) then
            close (unit)
        else
            close (unit, status="delete")
        end if

    end subroutine gwparam_restart_is_writable

    subroutine write_one(path, coupling, rank, ranks, stat, errmsg)

        !! Of one object.
        character(len=*), intent(in) :: path !! Without the number of the rank
        type(gwparam_coupling_t), intent(inout) :: coupling
        integer, intent(in), optional :: rank, ranks !! From 0, and their number; default: 0 of 1
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        type(gwparam_coupling_state_t) :: state
        integer :: status
        character(len=message_length) :: message

        call coupling%save(state, stat=status, errmsg=message)
        call write_state(path, state, rank, ranks, status, message)
        call report(status, message, stat, errmsg)

    end subroutine write_one

    subroutine write_all(path, couplings, rank, ranks, stat, errmsg)

        !! Of the objects of several threads, in one file.
        character(len=*), intent(in) :: path !! Without the number of the rank
        type(gwparam_coupling_t), intent(inout) :: couplings(:)
        integer, intent(in), optional :: rank, ranks !! From 0, and their number; default: 0 of 1
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        type(gwparam_coupling_state_t) :: part, state
        integer :: i, status
        character(len=message_length) :: message

        call check_objects(size(couplings), status, message)
        do i = 1, size(couplings)
            call couplings(i)%save(part, stat=status, errmsg=message)
            if (status == gwparam_ok) call state%add(part, stat=status, errmsg=message)
            if (status /= gwparam_ok) exit
        end do
        if (status == gwparam_ok) call write_state(path, state, rank, ranks, status, message)
        call report(status, message, stat, errmsg)

    end subroutine write_all

    subroutine read_one(path, coupling, rank, stat, errmsg)

        !! Into one object.
        character(len=*), intent(in) :: path !! Without the number of a rank
        type(gwparam_coupling_t), intent(inout) :: coupling
        integer, intent(in), optional :: rank !! From 0: the first goes on counting; default: 0
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        type(gwparam_coupling_state_t) :: state
        integer :: status
        character(len=message_length) :: message

        call coupling%blank(state, stat=status, errmsg=message)
        call read_state(path, state, status, message)
        if (present(rank)) call count_on(state, rank == 0)
        if (status == gwparam_ok) call coupling%restore(state, stat=status, errmsg=message)
        call report(status, message, stat, errmsg)

    end subroutine read_one

    subroutine read_all(path, couplings, rank, stat, errmsg)

        !! Into the objects of several threads.
        character(len=*), intent(in) :: path !! Without the number of a rank
        type(gwparam_coupling_t), intent(inout) :: couplings(:)
        integer, intent(in), optional :: rank !! From 0: the first goes on counting; default: 0
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        type(gwparam_coupling_state_t) :: part, state
        integer :: first(size(couplings) + 1), i, status
        character(len=message_length) :: message

        call check_objects(size(couplings), status, message)
        first = 1
        do i = 1, size(couplings)
            call couplings(i)%blank(part, stat=status, errmsg=message)
            if (status == gwparam_ok) call state%add(part, stat=status, errmsg=message)
            if (status /= gwparam_ok) exit
            first(i + 1) = first(i) + size(part%latitude)
        end do
        if (status == gwparam_ok) call read_state(path, state, status, message)
        if (present(rank)) call count_on(state, rank == 0)
        do i = 1, size(couplings)
            if (status /= gwparam_ok) exit
            call couplings(i)%restore(state, first(i), stat=status, errmsg=message)
            call count_on(state, .false.)
        end do
        call report(status, message, stat, errmsg)

    end subroutine read_all

    subroutine check_objects(number, status, message)

        integer, intent(in) :: number
        integer, intent(out) :: status
        character(len=*), intent(inout) :: message

        status = gwparam_ok
        if (number > 0) return
        status = gwparam_err_argument
        message = "there are no objects, expected at least 1"

    end subroutine check_objects

    pure subroutine count_on(state, counts)

        !! Counters are of the whole run, so one object of all ranks has them.
        type(gwparam_coupling_state_t), intent(inout) :: state
        logical, intent(in) :: counts

        if (.not. counts) state%counters = gwparam_statistics_t(runs=state%counters%runs)

    end subroutine count_on

    subroutine report(status, message, stat, errmsg)

        integer, intent(in) :: status
        character(len=*), intent(in) :: message
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg

        if (present(stat)) stat = gwparam_ok
        if (status /= gwparam_ok) call fail(status, trim(message), stat, errmsg)

    end subroutine report

end module gwparam_restart_file
