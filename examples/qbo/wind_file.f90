module wind_file

    !! The wind of each day as netCDF, for `gwparam evaluate --climate` and others.

    use gwparam, only: dp
    use netcdf, only: NF90_CLOBBER, nf90_close, nf90_create, nf90_def_dim, nf90_def_var, &
        & NF90_DOUBLE, nf90_enddef, NF90_FILL_DOUBLE, NF90_NETCDF4, NF90_NOERR, nf90_put_att, &
        & nf90_put_var, nf90_strerror
    implicit none(type, external)
    private

    type, public :: wind_file_t
        !! An open file.
        integer, private :: id, wind
        character(len=:), allocatable, private :: path

    contains
        procedure :: create
        procedure :: write_day
        procedure :: close => close_file
    end type wind_file_t

contains

    subroutine create(self, path, height, columns, days)

        !! Define the file.
        class(wind_file_t), intent(inout) :: self
        character(len=*), intent(in) :: path
        real(dp), intent(in) :: height(:) !! [m] (level)
        integer, intent(in) :: columns, days

        integer :: day, level_id, time_id, dimensions(3)

        self%path = path
        call check(self, nf90_create(path, ior(NF90_CLOBBER, NF90_NETCDF4), self%id))
        call check(self, nf90_def_dim(self%id, "z", size(height), dimensions(1)))
        call check(self, nf90_def_dim(self%id, "column", columns, dimensions(2)))
        call check(self, nf90_def_dim(self%id, "time", days, dimensions(3)))
        call check(self, nf90_def_var(self%id, "z", NF90_DOUBLE, dimensions(1), level_id))
        call check(self, nf90_put_att(self%id, level_id, "units", "m"))
        call check(self, nf90_def_var(self%id, "time", NF90_DOUBLE, dimensions(3), time_id))
        call check(self, nf90_put_att(self%id, time_id, "units", "days since 0001-01-01"))
        call check(self, nf90_put_att(self%id, time_id, "calendar", "360_day"))
        call check(self, nf90_def_var(self%id, "u", NF90_DOUBLE, dimensions, self%wind))
        ! Days that are not written are missing too.
        call check(self, nf90_put_att(self%id, self%wind, "_FillValue", NF90_FILL_DOUBLE))
        call check(self, nf90_put_att(self%id, self%wind, "units", "m s-1"))
        call check(self, nf90_put_att(self%id, self%wind, "standard_name", "eastward_wind"))
        call check(self, nf90_enddef(self%id))
        call check(self, nf90_put_var(self%id, level_id, height))
        call check(self, nf90_put_var(self%id, time_id, [(real(day, dp), day=0, days - 1)]))

    end subroutine create

    subroutine write_day(self, day, u, missing)

        !! The wind at the beginning of a day.
        class(wind_file_t), intent(in) :: self
        integer, intent(in) :: day !! From 1
        real(dp), intent(in) :: u(:,:) !! [m s-1] (column, level)
        logical, intent(in) :: missing(:) !! Columns that have no wind any more (column)

        real(dp) :: values(size(u, 2), size(u, 1))

        values = merge(NF90_FILL_DOUBLE, transpose(u), spread(missing, 1, size(u, 2)))
        call check(self, nf90_put_var(self%id, self%wind, values, start=[1, 1, day], &
                   & count=[size(u, 2), size(u, 1), 1]))

    end subroutine write_day

    subroutine close_file(self)

        class(wind_file_t), intent(in) :: self

        call check(self, nf90_close(self%id))

    end subroutine close_file

    subroutine check(self, status)

        class(wind_file_t), intent(in) :: self
        integer, intent(in) :: status

        if (status == NF90_NOERR) return
        print "(4a)", "qbo: ", self%path, ": ", trim(nf90_strerror(status))
        stop 1

    end subroutine check

end module wind_file
