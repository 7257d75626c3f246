module tendencies_file

    !! Drag to netCDF (CF conventions): the root gathers the latitude bands and writes.

    use diag_manager_mod, only: missing, stand_in_fields
    use fms_mod, only: mpp_npes, mpp_pe, mpp_root_pe
    use mpi, only: MPI_DOUBLE_PRECISION, MPI_Gather
    use netcdf, only: NF90_CLOBBER, nf90_close, nf90_create, nf90_def_dim, nf90_def_var, &
        & NF90_DOUBLE, nf90_enddef, NF90_GLOBAL, NF90_INT, NF90_NETCDF4, nf90_put_att, &
        & nf90_put_var, NF90_UNLIMITED
    use states_file, only: states_t, stop_on_netcdf_error
    implicit none(type, external)
    private

    type, public :: tendencies_t
        !! An open file; only the root has one.
        integer :: communicator !! Of all ranks
        integer :: id
        integer :: time, state, drag(2) !! Variables
        integer, allocatable :: diagnostics(:) !! Variables
        character(len=:), allocatable :: path

    contains
        procedure :: create
        procedure :: write_step
        procedure :: close => close_file
    end type tendencies_t

contains

    subroutine create(self, path, states, communicator)

        !! Define the file on the grid of the states.
        class(tendencies_t), intent(out) :: self
        character(len=*), intent(in) :: path
        type(states_t), intent(in) :: states
        integer, intent(in) :: communicator

        integer :: dimensions(4), i, lat, lev, lon

        self%path = path
        self%communicator = communicator
        self%drag = 0
        allocate (self%diagnostics(size(stand_in_fields)), source=0)
        if (mpp_pe() /= mpp_root_pe()) return

        call check(nf90_create(path, ior(NF90_CLOBBER, NF90_NETCDF4), self%id))
        call check(nf90_def_dim(self%id, "lon", states%nlon, dimensions(1)))
        call check(nf90_def_dim(self%id, "lat", states%nlat, dimensions(2)))
        call check(nf90_def_dim(self%id, "lev", states%nlev, dimensions(3)))
        call check(nf90_def_dim(self%id, "time", NF90_UNLIMITED, dimensions(4)))

        call define("lon", dimensions(1:1), "degrees_east", "longitude", "longitude", lon)
        call define("lat", dimensions(2:2), "degrees_north", "latitude", "latitude", lat)
        call define("lev", dimensions(3:3), "hPa", &
                    & "nominal pressure of the full levels, top first", "", lev)
        call check(nf90_put_att(self%id, lev, "positive", "down"))
        call define("time", dimensions(4:4), "seconds since 0001-01-01 00:00:00", &
                    & "model time at the end of the step", "time", self%time)
        call check(nf90_put_att(self%id, self%time, "calendar", "360_day"))
        call check(nf90_def_var(self%id, "state", NF90_INT, dimensions(4:4), self%state))
        call check(nf90_put_att(self%id, self%state, "long_name", &
                   & "which of the states, from 1, the step was given"))
        call define("gwfcng_x", dimensions, "m s-2", "gravity-wave drag on the eastward wind", &
                    & "tendency_of_eastward_wind_due_to_gravity_wave_drag", self%drag(1))
        call define("gwfcng_y", dimensions, "m s-2", "gravity-wave drag on the northward wind", &
                    & "tendency_of_northward_wind_due_to_gravity_wave_drag", self%drag(2))
        do i = 1, size(stand_in_fields)
            call define(trim(stand_in_fields(i)%name), dimensions, &
                        & trim(stand_in_fields(i)%units), trim(stand_in_fields(i)%long_name), "", &
                        & self%diagnostics(i))
            call check(nf90_put_att(self%id, self%diagnostics(i), "missing_value", missing))
        end do
        call check(nf90_put_att(self%id, NF90_GLOBAL, "Conventions", "CF-1.8"))
        call check(nf90_put_att(self%id, NF90_GLOBAL, "title", &
                   & "Gravity-wave drag of cg_drag_calc in the stand-in host for MiMA"))
        call check(nf90_put_att(self%id, NF90_GLOBAL, "source", "states of " // states%path))
        call check(nf90_enddef(self%id))

        call check(nf90_put_var(self%id, lon, states%lon))
        call check(nf90_put_var(self%id, lat, states%lat))
        call check(nf90_put_var(self%id, lev, states%lev))

    contains

        subroutine define(name, shape, units, long_name, standard_name, variable)

            character(len=*), intent(in) :: name, units, long_name, standard_name
            integer, intent(in) :: shape(:)
            integer, intent(out) :: variable

            call check(nf90_def_var(self%id, name, NF90_DOUBLE, shape, variable))
            call check(nf90_put_att(self%id, variable, "units", units))
            call check(nf90_put_att(self%id, variable, "long_name", long_name))
            if (standard_name /= "") then
                call check(nf90_put_att(self%id, variable, "standard_name", standard_name))
            end if

        end subroutine define

        subroutine check(status)

            integer, intent(in) :: status

            call stop_on_netcdf_error(status, path)

        end subroutine check

    end subroutine create

    subroutine write_step(self, record, seconds, state, drag_x, drag_y)

        !! One record: drag of all ranks, and the diagnostics that were chosen.
        class(tendencies_t), intent(in) :: self
        integer, intent(in) :: record !! From 1
        integer, intent(in) :: seconds !! Model time [s]
        integer, intent(in) :: state !! Which of the states
        real, intent(in) :: drag_x(:,:,:), drag_y(:,:,:) !! Of this rank [m s-2]

        integer :: i

        if (mpp_pe() == mpp_root_pe()) then
            call stop_on_netcdf_error(nf90_put_var(self%id, self%time, seconds, start=[record]), &
                                      & self%path)
            call stop_on_netcdf_error(nf90_put_var(self%id, self%state, state, start=[record]), &
                                      & self%path)
        end if
        call write_field(self, record, self%drag(1), drag_x)
        call write_field(self, record, self%drag(2), drag_y)
        do i = 1, size(stand_in_fields)
            call write_field(self, record, self%diagnostics(i), stand_in_fields(i)%values)
        end do

    end subroutine write_step

    subroutine write_field(self, record, variable, band)

        !! Gather the bands of a field and write them one by one.
        class(tendencies_t), intent(in) :: self
        integer, intent(in) :: record, variable
        real, intent(in) :: band(:,:,:)

        real, allocatable :: bands(:,:,:,:)
        integer :: ierr, pe, rows

        rows = size(band, 2)
        allocate (bands(size(band, 1), rows, size(band, 3), merge(mpp_npes(), 0, &
                  & mpp_pe() == mpp_root_pe())))
        call MPI_Gather(band, size(band), MPI_DOUBLE_PRECISION, bands, size(band), &
                        & MPI_DOUBLE_PRECISION, mpp_root_pe(), self%communicator, ierr)
        do pe = 1, size(bands, 4)
            call stop_on_netcdf_error(nf90_put_var(self%id, variable, bands(:,:,:,pe), start=[1, &
                                      & 1 + (pe - 1)*rows, 1, record]), self%path)
        end do

    end subroutine write_field

    subroutine close_file(self)

        class(tendencies_t), intent(inout) :: self

        if (mpp_pe() == mpp_root_pe()) call stop_on_netcdf_error(nf90_close(self%id), self%path)

    end subroutine close_file

end module tendencies_file
