module layouts_files

    !! States of a model from netCDF, and results to netCDF.

    use netcdf, only: NF90_CLOBBER, nf90_close, nf90_create, nf90_def_dim, nf90_def_var, &
        & NF90_DOUBLE, nf90_enddef, nf90_get_var, NF90_GLOBAL, nf90_inq_dimid, nf90_inq_varid, &
        & nf90_inquire_dimension, NF90_NETCDF4, NF90_NOERR, NF90_NOWRITE, nf90_open, &
        & nf90_put_att, nf90_put_var, nf90_strerror
    use gwparam, only: dp, gwparam_statistics_t
    implicit none(type, external)
    private

    type, public :: states_t
        !! An open file on pure sigma or hybrid levels; every rank reads it.
        integer :: id
        integer :: nlon, nlat, nlev, ntime
        real(dp), allocatable :: lon(:), lat(:) !! [degrees]
        real(dp), allocatable :: sigma_full(:) !! Full-level over surface pressure [1] (lev)
        real(dp), allocatable :: pk(:), bk(:) !! p_half = pk [Pa] + bk*ps (lev + 1)

    contains
        procedure :: open => open_states
        procedure :: on_levels, on_surface, not_in_time
        procedure :: close => close_states
        procedure, private :: vector, length
    end type states_t

    public :: write_results

contains

    subroutine open_states(self, path)

        class(states_t), intent(out) :: self
        character(len=*), intent(in) :: path

        call check(nf90_open(path, NF90_NOWRITE, self%id))
        self%nlon = self%length("lon")
        self%nlat = self%length("lat")
        self%nlev = self%length("lev")
        self%ntime = self%length("time")
        self%lon = self%vector("lon", self%nlon)
        self%lat = self%vector("lat", self%nlat)
        self%sigma_full = self%vector("sigma_full", self%nlev)
        self%pk = self%vector("pk", self%nlev + 1)
        self%bk = self%vector("bk", self%nlev + 1)

    end subroutine open_states

    function on_levels(self, name, time, cell) result(field)

        !! Columns (column, level) of a field at a time.
        class(states_t), intent(in) :: self
        character(len=*), intent(in) :: name
        integer, intent(in) :: time, cell(:) !! From 1
        real(dp), allocatable :: field(:,:), whole(:,:)
        integer :: id

        allocate (whole(self%nlon*self%nlat, self%nlev))
        call check(nf90_inq_varid(self%id, name, id))
        call check(nf90_get_var(self%id, id, whole, start=[1, 1, 1, time], count=[self%nlon, &
                   & self%nlat, self%nlev, 1], map=[1, self%nlon, self%nlon*self%nlat, &
                   & self%nlon*self%nlat*self%nlev]))
        field = whole(cell,:)

    end function on_levels

    function on_surface(self, name, time, cell) result(field)

        !! Columns of a field without levels at a time.
        class(states_t), intent(in) :: self
        character(len=*), intent(in) :: name
        integer, intent(in) :: time, cell(:) !! From 1
        real(dp), allocatable :: field(:), whole(:)
        integer :: id

        allocate (whole(self%nlon*self%nlat))
        call check(nf90_inq_varid(self%id, name, id))
        call check(nf90_get_var(self%id, id, whole, start=[1, 1, time], count=[self%nlon, &
                   & self%nlat, 1], map=[1, self%nlon, self%nlon*self%nlat]))
        field = whole(cell)

    end function on_surface

    function not_in_time(self, name, cell) result(field)

        !! Columns of a field that is always the same.
        class(states_t), intent(in) :: self
        character(len=*), intent(in) :: name
        integer, intent(in) :: cell(:) !! From 1
        real(dp), allocatable :: field(:), whole(:)
        integer :: id

        allocate (whole(self%nlon*self%nlat))
        call check(nf90_inq_varid(self%id, name, id))
        call check(nf90_get_var(self%id, id, whole, start=[1, 1], count=[self%nlon, self%nlat], &
                   & map=[1, self%nlon]))
        field = whole(cell)

    end function not_in_time

    subroutine close_states(self)

        class(states_t), intent(in) :: self

        call check(nf90_close(self%id))

    end subroutine close_states

    function vector(self, name, n) result(values)

        class(states_t), intent(in) :: self
        character(len=*), intent(in) :: name
        integer, intent(in) :: n
        real(dp) :: values(n)
        integer :: id

        call check(nf90_inq_varid(self%id, name, id))
        call check(nf90_get_var(self%id, id, values))

    end function vector

    integer function length(self, name)

        class(states_t), intent(in) :: self
        character(len=*), intent(in) :: name
        integer :: id

        call check(nf90_inq_dimid(self%id, name, id))
        call check(nf90_inquire_dimension(self%id, id, len=length))

    end function length

    subroutine write_results(path, drag, counters, n_owners)

        !! Drag of all steps, and what the network counted.
        character(len=*), intent(in) :: path
        real(dp), intent(in) :: drag(:,:,:,:) !! (cell, level, component, step) [m s-2]
        type(gwparam_statistics_t), intent(in) :: counters !! Columns of all ranks
        integer, intent(in) :: n_owners !! Ranks that ran the network
        character(len=*), parameter :: dimension_names(4) = [character(len=9)::"cell","lev", &
                  & "component", "step"]
        integer :: dimensions(4), file, i, variable

        call check(nf90_create(path, ior(NF90_CLOBBER, NF90_NETCDF4), file))
        do i = 1, 4
            call check(nf90_def_dim(file, trim(dimension_names(i)), size(drag, i), dimensions(i)))
        end do
        call check(nf90_def_var(file, "drag", NF90_DOUBLE, dimensions, variable))
        call check(nf90_put_att(file, variable, "units", "m s-2"))
        call check(nf90_put_att(file, NF90_GLOBAL, "runs", int(counters%runs)))
        call check(nf90_put_att(file, NF90_GLOBAL, "columns", int(counters%columns)))
        call check(nf90_put_att(file, NF90_GLOBAL, "messages", int(counters%messages)))
        call check(nf90_put_att(file, NF90_GLOBAL, "owners", n_owners))
        call check(nf90_enddef(file))
        call check(nf90_put_var(file, variable, drag))
        call check(nf90_close(file))

    end subroutine write_results

    subroutine check(status)

        integer, intent(in) :: status

        if (status /= NF90_NOERR) error stop trim(nf90_strerror(status))

    end subroutine check

end module layouts_files
