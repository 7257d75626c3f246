module states_file

    !! Model states from netCDF: variables u, v, temp, zfull (time, lev, lat, lon), ps (time, lat,
    !! lon), lat, lon, lev and sigma_full; with bk and pk the levels may be hybrid.

    use fms_mod, only: error_mesg, FATAL, file_exist
    use netcdf, only: nf90_get_att, nf90_get_var, nf90_inq_dimid, nf90_inq_varid, &
        & nf90_inquire_dimension, nf90_inquire_variable, NF90_MAX_NAME, NF90_MAX_VAR_DIMS, &
        & NF90_NOERR, NF90_NOWRITE, nf90_open, nf90_strerror
    implicit none(type, external)
    private

    type, public :: states_t
        !! An open file. Every rank opens it and reads its own rows.
        character(len=:), allocatable :: path
        integer :: id
        integer :: nlon, nlat, nlev, ntime
        real, allocatable :: lon(:), lat(:) !! [degrees_east], [degrees_north]
        real, allocatable :: lev(:) !! Nominal pressure of the full levels [hPa]
        real, allocatable :: sigma_full(:) !! Full-level over surface pressure [1] (lev)
        real, allocatable :: pk(:), bk(:) !! p_half = pk [Pa] + bk*ps (lev + 1)

    contains
        procedure :: open_file
        procedure :: read_levels, read_surface
        procedure :: half_pressure, pressure
    end type states_t

    public :: stop_on_netcdf_error

contains

    subroutine open_file(self, path)

        !! Open and read what does not change with time.
        class(states_t), intent(out) :: self
        character(len=*), intent(in) :: path

        self%path = path
        if (.not. file_exist(path)) then
            call error_mesg("driver", "there is no file " // path // " (item states)", FATAL)
        end if
        call stop_on_netcdf_error(nf90_open(path, NF90_NOWRITE, self%id), path)
        self%ntime = dimension_length("time")
        self%nlev = dimension_length("lev")
        self%nlat = dimension_length("lat")
        self%nlon = dimension_length("lon")
        call read_coordinate("lon", "degrees_east", self%lon, self%nlon)
        call read_coordinate("lat", "degrees_north", self%lat, self%nlat)
        call read_coordinate("lev", "hPa", self%lev, self%nlev)
        call read_coordinate("sigma_full", "1", self%sigma_full, self%nlev)
        call read_coordinate("pk", "Pa", self%pk, self%nlev + 1)
        call read_coordinate("bk", "1", self%bk, self%nlev + 1)
        if (any(self%sigma_full(2:) <= self%sigma_full(:self%nlev - 1))) then
            call error_mesg("driver", &
                            & "sigma_full in " // path &
                            & // " does not increase, expected top first", FATAL)
        end if

    contains

        integer function dimension_length(name) result(length)

            character(len=*), intent(in) :: name
            integer :: dimension_id

            call stop_on_netcdf_error(nf90_inq_dimid(self%id, name, dimension_id), &
                                      & "dimension " // name // " of " // path)
            call stop_on_netcdf_error(nf90_inquire_dimension(self%id, dimension_id, len=length), &
                                      & path)

        end function dimension_length

        subroutine read_coordinate(name, units, values, n)

            character(len=*), intent(in) :: name, units
            real, allocatable, intent(out) :: values(:)
            integer, intent(in) :: n

            integer :: variable

            allocate (values(n))
            variable = variable_id(self, name, units, [n])
            call stop_on_netcdf_error(nf90_get_var(self%id, variable, values), &
                                      & name // " of " // path)

        end subroutine read_coordinate

    end subroutine open_file

    subroutine read_levels(self, name, units, time, first_row, values)

        !! Rows of a field on full levels at one time, as (lon, lat, lev).
        class(states_t), intent(in) :: self
        character(len=*), intent(in) :: name, units
        integer, intent(in) :: time, first_row !! From 1
        real, intent(out) :: values(:,:,:)

        integer :: variable

        variable = variable_id(self, name, units, [self%nlon, self%nlat, self%nlev, self%ntime])
        call stop_on_netcdf_error(nf90_get_var(self%id, variable, values, start=[1, first_row, 1, &
                                  & time], count=[shape(values), 1]), name // " of " // self%path)

    end subroutine read_levels

    subroutine read_surface(self, name, units, time, first_row, values)

        !! Rows of a field without levels at one time, as (lon, lat).
        class(states_t), intent(in) :: self
        character(len=*), intent(in) :: name, units
        integer, intent(in) :: time, first_row !! From 1
        real, intent(out) :: values(:,:)

        integer :: variable

        variable = variable_id(self, name, units, [self%nlon, self%nlat, self%ntime])
        call stop_on_netcdf_error(nf90_get_var(self%id, variable, values, start=[1, first_row, &
                                  & time], count=[shape(values), 1]), name // " of " // self%path)

    end subroutine read_surface

    function half_pressure(self, ps) result(phalf)

        !! Half-level pressure [Pa] for surface pressure [Pa].
        class(states_t), intent(in) :: self
        real, intent(in) :: ps
        real :: phalf(self%nlev + 1)

        phalf = self%pk + self%bk*ps

    end function half_pressure

    function pressure(self, ps) result(pfull)

        !! Full-level pressure [Pa] for surface pressure [Pa].
        class(states_t), intent(in) :: self
        real, intent(in) :: ps
        real :: pfull(self%nlev)

        real :: half(self%nlev + 1), p_ln_p(self%nlev + 1)

        if (all(self%pk == 0.0)) then
            pfull = self%sigma_full*ps
        else
            ! Mean of ln p over the layer: Simmons and Burridge (1981), Mon. Weather Rev. 109, 758.
            half = self%half_pressure(ps)
            p_ln_p = half*log(max(half, tiny(1.0)))
            pfull = exp((p_ln_p(2:) - p_ln_p(:self%nlev))/(half(2:) - half(:self%nlev)) - 1.0)
        end if

    end function pressure

    integer function variable_id(self, name, units, extents)

        !! Find a variable; its units and shape must be those expected.
        class(states_t), intent(in) :: self
        character(len=*), intent(in) :: name, units
        integer, intent(in) :: extents(:) !! Fastest first

        integer :: dimension_ids(NF90_MAX_VAR_DIMS), found(NF90_MAX_VAR_DIMS), i, ndims
        logical :: fits
        character(len=NF90_MAX_NAME) :: found_units
        character(len=160) :: message

        call stop_on_netcdf_error(nf90_inq_varid(self%id, name, variable_id), &
                                  & "variable " // name // " of " // self%path)
        call stop_on_netcdf_error(nf90_inquire_variable(self%id, variable_id, ndims=ndims, &
                                  & dimids=dimension_ids), name // " of " // self%path)
        do i = 1, ndims
            call stop_on_netcdf_error(nf90_inquire_dimension(self%id, dimension_ids(i), &
                                      & len=found(i)), name // " of " // self%path)
        end do
        fits = ndims == size(extents)
        if (fits) fits = all(found(:ndims) == extents)
        if (.not. fits) then
            write (message, "(2a, *(i0, :, ', '))") name, " has shape (", found(ndims:1:-1)
            write (message(len_trim(message) + 1:), "(a, *(i0, :, ', '))") "), expected (", &
                   & extents(size(extents):1:-1)
            call error_mesg("driver", trim(message) // "), in " // self%path, FATAL)
        end if
        found_units = ""
        if (nf90_get_att(self%id, variable_id, "units", found_units) == NF90_NOERR) then
            if (found_units /= units) call error_mesg("driver", &
                & name // " has units " // trim(found_units) // ", expected " // units // ", in " &
                & // self%path, FATAL)
        end if

    end function variable_id

    subroutine stop_on_netcdf_error(status, subject)

        !! End the run on all ranks, saying what could not be done with what.
        integer, intent(in) :: status
        character(len=*), intent(in) :: subject

        if (status /= NF90_NOERR) call error_mesg("driver", &
            & subject // ": " // trim(nf90_strerror(status)), FATAL)

    end subroutine stop_on_netcdf_error

end module states_file
