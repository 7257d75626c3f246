module layouts_columns

    !! Which rank has which columns of a global grid, and the whole of a field on the root.

    use, intrinsic :: iso_fortran_env, only: error_unit
    use mpi_f08, only: MPI_Abort, MPI_Comm, MPI_Comm_rank, MPI_Comm_size, MPI_DOUBLE_PRECISION, &
        & MPI_Gather, MPI_Gatherv, MPI_INTEGER
    use gwparam, only: dp, gwparam_ok
    implicit none(type, external)
    private

    type, public :: layout_t
        !! The columns of this rank; cells are counted from 1, row after row.
        type(MPI_Comm) :: communicator
        integer :: rank, n_ranks
        integer :: n_cells !! Of the grid
        integer, allocatable :: cell(:) !! Of each column of this rank
        integer, allocatable :: counts(:) !! Columns of every rank; on the root only
        integer, allocatable :: all_cells(:) !! Cells of all, rank after rank; on the root only

    contains
        procedure :: cut
        procedure :: is_root
        procedure :: gather
        procedure :: check
    end type layout_t

contains

    subroutine cut(self, communicator, decomposition, few, nlon, nlat)

        !! Cut a grid into the columns of the ranks.
        class(layout_t), intent(out) :: self
        type(MPI_Comm), intent(in) :: communicator
        character(len=*), intent(in) :: decomposition !! bands, blocks or scattered
        logical, intent(in) :: few !! Only every other rank has columns
        integer, intent(in) :: nlon, nlat
        integer :: active, cell, i, n

        self%communicator = communicator
        call MPI_Comm_rank(communicator, self%rank)
        call MPI_Comm_size(communicator, self%n_ranks)
        self%n_cells = nlon*nlat
        active = merge((self%n_ranks + 1)/2, self%n_ranks, few)
        allocate (self%cell(0))
        do i = 0, self%n_cells - 1
            cell = i
            ! Any order of a rank's columns is allowed; 7919 is prime.
            if (decomposition == "scattered") cell = modulo(7919*i, self%n_cells)
            if (self%rank == owner(decomposition, cell, nlon, nlat, active)*merge(2, 1, &
                & few)) self%cell = [self%cell, cell + 1]
        end do

        n = merge(self%n_ranks, 0, self%is_root())
        allocate (self%counts(n))
        call MPI_Gather([size(self%cell)], 1, MPI_INTEGER, self%counts, 1, MPI_INTEGER, 0, &
                        & communicator)
        allocate (self%all_cells(sum(self%counts)))
        call MPI_Gatherv(self%cell, size(self%cell), MPI_INTEGER, self%all_cells, self%counts, &
                         & starts(self%counts), MPI_INTEGER, 0, communicator)

    end subroutine cut

    pure integer function owner(decomposition, cell, nlon, nlat, active)

        !! Which of the ranks that have columns owns a cell, both from 0.
        character(len=*), intent(in) :: decomposition
        integer, intent(in) :: cell, nlon, nlat, active
        integer :: across, column, row

        row = cell/nlon
        column = modulo(cell, nlon)
        select case (decomposition)
        case ("bands")
            owner = row*active/nlat
        case ("blocks")
            across = int(sqrt(real(active, dp)))
            do while (modulo(active, across) /= 0)
                across = across - 1
            end do
            owner = (row*(active/across)/nlat)*across + column*across/nlon
        case default
            ! Without any order, and the same in every run.
            owner = modulo(modulo(cell*7841 + 1234, 10007), active)
        end select

    end function owner

    pure logical function is_root(self)

        class(layout_t), intent(in) :: self

        is_root = self%rank == 0

    end function is_root

    subroutine gather(self, field, whole)

        !! A field of all ranks in the order of the cells, on the root.
        class(layout_t), intent(in) :: self
        real(dp), intent(in) :: field(:,:) !! (column, level)
        real(dp), allocatable, intent(out) :: whole(:,:) !! (cell, level); elsewhere empty
        real(dp), allocatable :: columns(:,:), mine(:,:)
        integer :: nlev

        nlev = size(field, 2)
        allocate (columns(nlev, size(self%all_cells)))
        mine = transpose(field)
        call MPI_Gatherv(mine, size(mine), MPI_DOUBLE_PRECISION, columns, nlev*self%counts, &
                         & nlev*starts(self%counts), MPI_DOUBLE_PRECISION, 0, self%communicator)
        allocate (whole(size(self%all_cells), nlev))
        whole(self%all_cells,:) = transpose(columns)

    end subroutine gather

    subroutine check(self, stat, message)

        !! End the run on all ranks unless the library succeeded.
        class(layout_t), intent(in) :: self
        integer, intent(in) :: stat
        character(len=*), intent(in) :: message

        if (stat == gwparam_ok) return
        write (error_unit, "(a, i0, a, i0, a)") "rank ", self%rank, ", status ", stat, &
               & ": " // trim(message)
        call MPI_Abort(self%communicator, 2)

    end subroutine check

    pure function starts(counts)

        !! Where the part of every rank begins.
        integer, intent(in) :: counts(:)
        integer :: starts(size(counts))
        integer :: i

        starts = [(sum(counts(:i - 1)), i=1, size(counts))]

    end function starts

end module layouts_columns
