module plain_file

    !! Drag to netCDF from one process, as a stand-in host without MPI writes it.

    use netcdf, only: NF90_CLOBBER, nf90_close, nf90_create, nf90_def_dim, nf90_def_var, &
        & NF90_DOUBLE, NF90_NETCDF4, nf90_put_att, nf90_put_var
    use states_file, only: states_t, stop_on_netcdf_error
    implicit none(type, external)
    private

    type, public :: plain_file_t
        !! An open file.
        integer :: id
        integer :: drag(2) !! Variables
        character(len=:), allocatable :: path

    contains
        procedure :: create
        procedure :: write_step
        procedure :: close => close_file
    end type plain_file_t

contains

    subroutine create(self, path, states, steps)

        !! Define the file on the grid of the states, top first.
        class(plain_file_t), intent(out) :: self
        character(len=*), intent(in) :: path
        type(states_t), intent(in) :: states
        integer, intent(in) :: steps

        character(len=*), parameter :: name(4) = [character(len=4)::"lon","lat", "lev", "time"]
        integer :: dimensions(4), i, length(4)

        self%path = path
        call check(self, nf90_create(path, ior(NF90_CLOBBER, NF90_NETCDF4), self%id))
        length = [states%nlon, states%nlat, states%nlev, steps]
        do i = 1, 4
            call check(self, nf90_def_dim(self%id, trim(name(i)), length(i), dimensions(i)))
        end do
        call check(self, nf90_def_var(self%id, "gwfcng_x", NF90_DOUBLE, dimensions, self%drag(1)))
        call check(self, nf90_def_var(self%id, "gwfcng_y", NF90_DOUBLE, dimensions, self%drag(2)))
        do i = 1, 2
            call check(self, nf90_put_att(self%id, self%drag(i), "units", "m s-2"))
        end do

    end subroutine create

    subroutine write_step(self, record, drag_x, drag_y)

        !! One step of the whole grid.
        class(plain_file_t), intent(in) :: self
        integer, intent(in) :: record !! From 1
        real, intent(in) :: drag_x(:,:,:), drag_y(:,:,:) !! [m s-2] (lon, lat, lev)

        call check(self, nf90_put_var(self%id, self%drag(1), drag_x, start=[1, 1, 1, record]))
        call check(self, nf90_put_var(self%id, self%drag(2), drag_y, start=[1, 1, 1, record]))

    end subroutine write_step

    subroutine close_file(self)

        class(plain_file_t), intent(in) :: self

        call check(self, nf90_close(self%id))

    end subroutine close_file

    subroutine check(self, status)

        type(plain_file_t), intent(in) :: self
        integer, intent(in) :: status

        call stop_on_netcdf_error(status, self%path)

    end subroutine check

end module plain_file
