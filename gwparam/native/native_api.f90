module native_api

    !! The Fortran interfaces of gwparam in a form that f90wrap can wrap: no generics, no type-bound
    !! procedures, no optional arguments.

    use alexander_dunkerton, only: ad99_t
    use alexander_dunkerton_column, only: ad99_column_t
    use alexander_dunkerton_setup, only: ad99_settings_t
    use gwparam, only: gwparam_options_t, gwparam_scheme_t
    use gwparam_kinds, only: dp
    implicit none(type, external)
    private

    type, public :: drag_scheme
        !! The scheme of Alexander and Dunkerton.
        private
        type(ad99_t) :: scheme
    end type drag_scheme

    type, public :: network_scheme
        !! An exported network behind the Fortran facade.
        private
        type(gwparam_scheme_t) :: scheme
    end type network_scheme

    public :: drag_diagnose, drag_rows, drag_run, drag_set_up
    public :: network_discard, network_get, network_get_surface, network_load
    public :: network_put, network_put_surface, network_run, network_set_columns, network_set_levels

contains

    subroutine drag_set_up(self, settings, latitude, reference_pressure, status, message)

        type(drag_scheme), intent(inout) :: self
        type(ad99_settings_t), intent(in) :: settings
        real(dp), intent(in) :: latitude(:), reference_pressure(:)
        integer, intent(out) :: status
        character(len=1024), intent(out) :: message

        message = ""
        call self%scheme%init(settings, latitude, reference_pressure, status, message)

    end subroutine drag_set_up

    subroutine drag_rows(self, source_level, damp_level, source_amplitude)

        type(drag_scheme), intent(in) :: self
        integer, intent(inout) :: source_level(:), damp_level(:)
        real(dp), intent(inout) :: source_amplitude(:)

        source_level(:) = self%scheme%source_level
        damp_level(:) = self%scheme%damp_level
        source_amplitude(:) = self%scheme%source_amplitude

    end subroutine drag_rows

    subroutine drag_run(self, by_reference, row, latitude, pressure, height, temperature, u, v, &
                        & half_pressure, dudt, dvdt, kedx, kedy, status, message)

        !! Arrays are (level, column); an empty half_pressure stands for an absent one.
        type(drag_scheme), intent(in) :: self
        logical, intent(in) :: by_reference
        integer, intent(in) :: row(:)
        real(dp), intent(in) :: latitude(:)
        real(dp), intent(in) :: pressure(:,:), height(:,:), temperature(:,:), u(:,:), v(:,:)
        real(dp), intent(in) :: half_pressure(:,:)
        real(dp), intent(inout) :: dudt(:,:), dvdt(:,:), kedx(:,:), kedy(:,:)
        integer, intent(out) :: status
        character(len=1024), intent(out) :: message

        real(dp), allocatable :: half(:,:), results(:,:,:)

        message = ""
        if (size(half_pressure) > 0) half = half_pressure
        if (.not. by_reference) then
            call self%scheme%drag(row, latitude, pressure, height, temperature, u, v, dudt, dvdt, &
                                  & kedx, kedy, half, stat=status, errmsg=message)
            return
        end if
        allocate (results(size(dudt, 1), size(dudt, 2), 5))
        call self%scheme%reference_drag(row, latitude, pressure, height, temperature, u, v, &
                                        & results, half, status, message)
        dudt(:,:) = results(:,:,1)
        dvdt(:,:) = results(:,:,2)
        kedx(:,:) = results(:,:,3)
        kedy(:,:) = results(:,:,4)

    end subroutine drag_run

    subroutine drag_diagnose(self, row, latitude, pressure, height, temperature, wind, column, &
                             & status, message)

        type(drag_scheme), intent(in) :: self
        integer, intent(in) :: row
        real(dp), intent(in) :: latitude
        real(dp), intent(in) :: pressure(:), height(:), temperature(:), wind(:)
        type(ad99_column_t), intent(inout) :: column
        integer, intent(out) :: status
        character(len=1024), intent(out) :: message

        message = ""
        call self%scheme%diagnose(row, latitude, pressure, height, temperature, wind, column, &
                                  & stat=status, errmsg=message)

    end subroutine drag_diagnose

    subroutine network_load(self, path, threads, status, message)

        type(network_scheme), intent(inout) :: self
        character(len=4096), intent(in) :: path
        integer, intent(in) :: threads
        integer, intent(out) :: status
        character(len=1024), intent(out) :: message

        type(gwparam_options_t) :: options

        message = ""
        options%threads = threads
        call self%scheme%load(trim(path), options, status, message)

    end subroutine network_load

    subroutine network_set_levels(self, pressure, order, status, message)

        type(network_scheme), intent(inout) :: self
        real(dp), intent(in) :: pressure(:)
        integer, intent(in) :: order
        integer, intent(out) :: status
        character(len=1024), intent(out) :: message

        message = ""
        call self%scheme%set_levels(pressure, order, status, message)

    end subroutine network_set_levels

    subroutine network_set_columns(self, latitude, longitude, units, status, message)

        !! Empty units stand for degrees.
        type(network_scheme), intent(inout) :: self
        real(dp), intent(in) :: latitude(:), longitude(:)
        character(len=256), intent(in) :: units
        integer, intent(out) :: status
        character(len=1024), intent(out) :: message

        message = ""
        if (len_trim(units) > 0) then
            call self%scheme%set_columns(latitude, longitude, trim(units), status, message)
        else
            call self%scheme%set_columns(latitude, longitude, stat=status, errmsg=message)
        end if

    end subroutine network_set_columns

    subroutine network_put(self, name, units, field, status, message)

        !! Fields on levels are (column, level); empty units stand for those of the contract.
        type(network_scheme), intent(inout) :: self
        character(len=256), intent(in) :: name, units
        real(dp), intent(in) :: field(:,:)
        integer, intent(out) :: status
        character(len=1024), intent(out) :: message

        message = ""
        if (len_trim(units) > 0) then
            call self%scheme%put(trim(name), field, trim(units), status, message)
        else
            call self%scheme%put(trim(name), field, stat=status, errmsg=message)
        end if

    end subroutine network_put

    subroutine network_put_surface(self, name, units, field, status, message)

        type(network_scheme), intent(inout) :: self
        character(len=256), intent(in) :: name, units
        real(dp), intent(in) :: field(:)
        integer, intent(out) :: status
        character(len=1024), intent(out) :: message

        message = ""
        if (len_trim(units) > 0) then
            call self%scheme%put(trim(name), field, trim(units), status, message)
        else
            call self%scheme%put(trim(name), field, stat=status, errmsg=message)
        end if

    end subroutine network_put_surface

    subroutine network_run(self, status, message)

        type(network_scheme), intent(inout) :: self
        integer, intent(out) :: status
        character(len=1024), intent(out) :: message

        message = ""
        call self%scheme%run(status, message)

    end subroutine network_run

    subroutine network_get(self, name, field, status, message)

        type(network_scheme), intent(inout) :: self
        character(len=256), intent(in) :: name
        real(dp), intent(inout) :: field(:,:)
        integer, intent(out) :: status
        character(len=1024), intent(out) :: message

        message = ""
        call self%scheme%get(trim(name), field, stat=status, errmsg=message)

    end subroutine network_get

    subroutine network_get_surface(self, name, field, status, message)

        type(network_scheme), intent(inout) :: self
        character(len=256), intent(in) :: name
        real(dp), intent(inout) :: field(:)
        integer, intent(out) :: status
        character(len=1024), intent(out) :: message

        message = ""
        call self%scheme%get(trim(name), field, stat=status, errmsg=message)

    end subroutine network_get_surface

    subroutine network_discard(self, status, message)

        type(network_scheme), intent(inout) :: self
        integer, intent(out) :: status
        character(len=1024), intent(out) :: message

        message = ""
        call self%scheme%discard(status, message)

    end subroutine network_discard

end module native_api
