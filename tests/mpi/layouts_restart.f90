module layouts_restart

    !! What a run needs to go on as if it had not ended, on any number of ranks.

    use mpi_f08, only: MPI_Allreduce, MPI_IN_PLACE, MPI_INTEGER8, MPI_SUM
    use gwparam, only: dp, gwparam_pending, gwparam_scheme_t, gwparam_statistics_t
    use layouts_columns, only: layout_t
    implicit none(type, external)
    private

    public :: global_counters, read_restart, write_restart

contains

    function global_counters(network, layout) result(counters)

        !! Runs, and columns and messages of all ranks.
        type(gwparam_scheme_t), intent(in) :: network
        type(layout_t), intent(in) :: layout
        type(gwparam_statistics_t) :: counters
        integer :: stat
        character(len=1024) :: message

        call network%statistics(counters, stat, message)
        call layout%check(stat, message)
        call MPI_Allreduce(MPI_IN_PLACE, counters%columns, 1, MPI_INTEGER8, MPI_SUM, &
                           & layout%communicator)
        call MPI_Allreduce(MPI_IN_PLACE, counters%messages, 1, MPI_INTEGER8, MPI_SUM, &
                           & layout%communicator)

    end function global_counters

    subroutine write_restart(path, network, layout, alarm, held)

        !! One file for any number of ranks: everything is in the order of the cells.
        character(len=*), intent(in) :: path
        type(gwparam_scheme_t), intent(in) :: network
        type(layout_t), intent(in) :: layout
        integer, intent(in) :: alarm !! Steps until the next recomputation
        real(dp), intent(in) :: held(:,:,:) !! Its drag (column, level, component)
        integer :: stat
        character(len=1024) :: message
        type(gwparam_statistics_t) :: counters
        character(len=:), allocatable :: name
        character(len=128) :: label
        real(dp), allocatable :: field(:,:), whole(:,:)
        integer :: file, i, levels, n
        logical :: carries

        ! First, since what it completes is counted.

        carries = .false.
        call network%synchronise(carries, stat, message)
        call layout%check(stat, message)
        counters = global_counters(network, layout)
        if (layout%is_root()) then
            open (newunit=file, file=path, access="stream", form="unformatted", status="replace", &
                  & action="write")
            write (file) alarm, counters%runs, counters%columns
        end if
        do i = 1, 2
            call layout%gather(held(:,:,i), whole)
            if (layout%is_root()) write (file) whole
        end do

        n = 0
        do while (carries)
            levels = 0
            call network%field(gwparam_pending, n + 1, name, levels=levels, stat=stat, &
                               & errmsg=message)
            call layout%check(stat, message)
            if (name == "") exit
            n = n + 1
            allocate (field(size(layout%cell), max(levels, 1)), source=0.0_dp)
            if (levels > 0) then
                call network%save(name, field, stat, message)
            else
                call network%save(name, field(:,1), stat, message)
            end if
            call layout%check(stat, message)
            call layout%gather(field, whole)
            label = name
            if (layout%is_root()) write (file) label, levels, whole
            deallocate (field)
        end do
        label = ""
        if (layout%is_root()) then
            write (file) label, 0
            close (file)
        end if

    end subroutine write_restart

    subroutine read_restart(path, network, layout, alarm, held)

        !! Every rank reads the whole file and takes its columns.
        character(len=*), intent(in) :: path
        type(gwparam_scheme_t), intent(in) :: network
        type(layout_t), intent(in) :: layout
        integer, intent(out) :: alarm !! Steps until the next recomputation
        real(dp), intent(inout) :: held(:,:,:) !! Its drag (column, level, component)
        integer :: stat
        character(len=1024) :: message
        type(gwparam_statistics_t) :: counters
        character(len=128) :: label
        real(dp), allocatable :: whole(:,:)
        integer :: file, i, levels

        open (newunit=file, file=path, access="stream", form="unformatted", status="old", &
              & action="read")
        read (file) alarm, counters%runs, counters%columns
        ! The columns are counted once.
        if (.not. layout%is_root()) counters%columns = 0
        call network%restore_statistics(counters, stat, message)
        call layout%check(stat, message)
        allocate (whole(layout%n_cells, size(held, 2)))
        do i = 1, 2
            read (file) whole
            held(:,:,i) = whole(layout%cell,:)
        end do
        do
            read (file) label, levels
            if (label == "") exit
            deallocate (whole)
            allocate (whole(layout%n_cells, max(levels, 1)))
            read (file) whole
            if (levels > 0) then
                call network%restore(trim(label), whole(layout%cell,:), stat, message)
            else
                call network%restore(trim(label), whole(layout%cell, 1), stat, message)
            end if
            call layout%check(stat, message)
        end do
        close (file)

    end subroutine read_restart

end module layouts_restart
