module spmd_utils

    !! Stand-in for CAM's processes, with MPI.

    use mpi, only: MPI_Comm_rank, MPI_Comm_size, MPI_COMM_WORLD, MPI_DOUBLE_PRECISION, &
        & MPI_Finalize, MPI_IN_PLACE, MPI_Init_thread, MPI_Reduce, MPI_SUM, MPI_THREAD_FUNNELED
    implicit none(type, external)
    private

    integer, parameter, public :: mpicom = MPI_COMM_WORLD
    integer, protected, public :: iam = 0, npes = 1
    logical, protected, public :: masterproc = .true.

    public :: spmd_end, spmd_init, stand_in_sum

contains

    subroutine spmd_init

        integer :: ierr, provided

        call MPI_Init_thread(MPI_THREAD_FUNNELED, provided, ierr)
        call MPI_Comm_rank(mpicom, iam, ierr)
        call MPI_Comm_size(mpicom, npes, ierr)
        masterproc = iam == 0

    end subroutine spmd_init

    subroutine spmd_end

        integer :: ierr

        call MPI_Finalize(ierr)

    end subroutine spmd_end

    subroutine stand_in_sum(field)

        !! Of all processes, to the first.
        real, intent(inout) :: field(:,:,:)

        integer :: ierr

        if (masterproc) then
            call MPI_Reduce(MPI_IN_PLACE, field, size(field), MPI_DOUBLE_PRECISION, MPI_SUM, 0, &
                            & mpicom, ierr)
        else
            call MPI_Reduce(field, field, size(field), MPI_DOUBLE_PRECISION, MPI_SUM, 0, mpicom, &
                            & ierr)
        end if

    end subroutine stand_in_sum

end module spmd_utils
