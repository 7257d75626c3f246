module all_columns

    !! The columns of all chunks of a process side by side, for networks that see more than one.

    use physics_types, only: physics_ptend, physics_state
    use ppgrid, only: begchunk, endchunk, pver
    use shr_kind_mod, only: r8 => shr_kind_r8
    implicit none(type, external)
    private

    type, public :: all_columns_t
        !! Fields of a process (column), (column, level), and their drag.
        integer, allocatable :: before(:) !! Columns of the chunks before one (chunk)
        real(r8), allocatable, dimension(:) :: lat, lon, ps, phis
        real(r8), allocatable, dimension(:,:) :: pmid, pint, zm, t, u, v
        real(r8), allocatable, dimension(:,:) :: dudt, dvdt !! [m s-2]

    contains
        procedure :: place
        procedure :: gather
        procedure :: hand_out
    end type all_columns_t

contains

    subroutine place(self, state)

        !! Count the columns of the chunks, and take where they are.
        class(all_columns_t), intent(out) :: self
        type(physics_state), intent(in) :: state(begchunk:)

        integer :: c, n

        allocate (self%before(begchunk:endchunk))
        n = 0
        do c = begchunk, endchunk
            self%before(c) = n
            n = n + state(c)%ncol
        end do
        allocate (self%lat(n), self%lon(n), self%ps(n), self%phis(n))
        allocate (self%pmid(n, pver), self%pint(n, pver + 1))
        allocate (self%zm, self%t, self%u, self%v, mold=self%pmid)
        allocate (self%dudt, self%dvdt, mold=self%pmid)
        do c = begchunk, endchunk
            associate (s => state(c), n => state(c)%ncol, i => self%before(c) + 1)
                self%lat(i:i + n - 1) = s%lat(:n)
                self%lon(i:i + n - 1) = s%lon(:n)
                self%phis(i:i + n - 1) = s%phis(:n)
            end associate
        end do

    end subroutine place

    subroutine gather(self, state)

        !! Take the fields of all chunks.
        class(all_columns_t), intent(inout) :: self
        type(physics_state), intent(in) :: state(begchunk:)

        integer :: c

        do c = begchunk, endchunk
            associate (s => state(c), n => state(c)%ncol, i => self%before(c) + 1)
                self%ps(i:i + n - 1) = s%ps(:n)
                self%pmid(i:i + n - 1,:) = s%pmid(:n,:)
                self%pint(i:i + n - 1,:) = s%pint(:n,:)
                self%zm(i:i + n - 1,:) = s%zm(:n,:)
                self%t(i:i + n - 1,:) = s%t(:n,:)
                self%u(i:i + n - 1,:) = s%u(:n,:)
                self%v(i:i + n - 1,:) = s%v(:n,:)
            end associate
        end do

    end subroutine gather

    subroutine hand_out(self, state, ptend)

        !! The drag of a chunk.
        class(all_columns_t), intent(in) :: self
        type(physics_state), intent(in) :: state
        type(physics_ptend), intent(inout) :: ptend

        associate (n => state%ncol, i => self%before(state%lchnk) + 1)
            ptend%u(:n,:) = self%dudt(i:i + n - 1,:)
            ptend%v(:n,:) = self%dvdt(i:i + n - 1,:)
        end associate

    end subroutine hand_out

end module all_columns
