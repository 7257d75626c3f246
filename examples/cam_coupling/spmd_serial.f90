module spmd_utils

    !! Stand-in for CAM's processes: one, without MPI.

    implicit none(type, external)
    private

    integer, parameter, public :: mpicom = 0
    integer, parameter, public :: iam = 0, npes = 1
    logical, parameter, public :: masterproc = .true.

    public :: spmd_end, spmd_init, stand_in_sum

contains

    subroutine spmd_init

    end subroutine spmd_init

    subroutine spmd_end

    end subroutine spmd_end

    subroutine stand_in_sum(field)

        !! Of all processes, to the first.
        real, intent(inout) :: field(:,:,:)

    end subroutine stand_in_sum

end module spmd_utils
