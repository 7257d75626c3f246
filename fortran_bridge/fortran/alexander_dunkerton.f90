module alexander_dunkerton

    !! Non-orographic gravity-wave drag of Alexander and Dunkerton (1999), as in MiMA's `cg_drag`.
    !!
    !!     type(ad99_t) :: scheme
    !!     call scheme%init(ad99_settings_t(bt_eq=0.0043_dp), latitude, reference_pressure)
    !!     call scheme%drag(1, lat, pfull, zfull, temp, u, v, dudt, dvdt)
    !!
    !! With default switches the result is MiMA's to rounding. Compile without contraction to fused
    !! multiply-adds: the stationary wave must have a phase speed of exactly 0.

    use, intrinsic :: iso_c_binding, only: c_loc
    use alexander_dunkerton_checks, only: check_finite, check_latitude, check_positive, &
        & check_rising, check_shape
    use alexander_dunkerton_column, only: ad99_column_t, allocate_column, column_tendency, &
        & prepare_column
    use alexander_dunkerton_fast, only: drag_columns_t, drag_results_t, run_fast
    use alexander_dunkerton_setup, only: ad99_settings_t, ad99_setup_t, degrees, set_up
    use alexander_dunkerton_waves, only: ad99_breaking, ad99_critical, ad99_lid, ad99_reflected, &
        & ad99_stagnant, sweep_column
    use gwparam_array, only: view
    use gwparam_kinds, only: dp
    use gwparam_status, only: fail, gwparam_err_argument, gwparam_ok, text
    implicit none(type, external)
    private

    public :: ad99_column_t, ad99_settings_t
    public :: ad99_breaking, ad99_critical, ad99_lid, ad99_reflected, ad99_stagnant

    ! Fields of a block of results (level, column, field).
    integer, parameter :: eastward = 1, northward = 2
    integer, parameter :: eastward_diffusion = 3, northward_diffusion = 4, buoyancy = 5

    type, extends(ad99_setup_t), public :: ad99_t
        !! The scheme on the rows of one grid; usable from several threads at once after `init`.
        private
        logical :: ready = .false.

    contains
        procedure :: init !! Set up for a grid
        generic :: drag => drag_of_window, drag_of_cells, drag_of_columns !! Wind tendencies
        procedure :: reference_drag !! The same by Fortran alone: what `drag` is tested against
        procedure :: diagnose !! One column and one wind component in full
        procedure, private :: drag_of_cells
        procedure, private :: drag_of_columns
        procedure, private :: drag_of_window
        procedure, private :: examine
        procedure, private :: meet_state
        procedure, private :: meet_wind
        procedure, private :: require_ready
    end type ad99_t

contains

    subroutine init(self, settings, setup_latitude, reference_pressure, stat, errmsg)

        !! Set up for the rows of a grid; `self` is as before on failure.
        class(ad99_t), intent(inout) :: self
        type(ad99_settings_t), intent(in) :: settings !! Settings and switches
        real(dp), intent(in) :: setup_latitude(:)
        !! Midpoint between the edges of each row, south to north or not [rad] (row)
        real(dp), intent(in) :: reference_pressure(:)
        !! Full levels for 101325 Pa at the surface, top first [Pa] (level)
        integer, intent(out), optional :: stat !! 0, or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        type(ad99_setup_t) :: setup
        character(len=:), allocatable :: message
        integer :: status

        if (present(stat)) stat = gwparam_ok
        call set_up(setup, settings, setup_latitude, reference_pressure, status, message)
        if (status /= gwparam_ok) then
            call fail(status, message, stat, errmsg)
            return
        end if
        self%ad99_setup_t = setup
        self%ready = .true.

    end subroutine init

    subroutine drag_of_window(self, first_row, latitude, pressure, height, temperature, u, v, &
                              & dudt, dvdt, kedx, kedy, half_pressure, buoyancy_frequency, stat, &
                              & errmsg)

        !! Drag on a window of latitude rows; level 1 is the model top.
        !!
        !! Reads temperature, pressure and height down to one level below the source level, and
        !! winds down to it. All results are 0 below the source level.
        class(ad99_t), intent(in) :: self
        integer, intent(in) :: first_row !! Row of the set-up of the first latitude, from 1
        real(dp), intent(in) :: latitude(:,:) !! [rad] (lon, lat)
        real(dp), intent(in) :: pressure(:,:,:) !! Full levels [Pa] (lon, lat, level)
        real(dp), intent(in) :: height(:,:,:) !! Full levels [m], same shape
        real(dp), intent(in) :: temperature(:,:,:) !! [K], same shape
        real(dp), intent(in) :: u(:,:,:), v(:,:,:) !! Eastward, northward wind [m s-1], same shape
        real(dp), intent(inout) :: dudt(:,:,:), dvdt(:,:,:) !! Their tendencies [m s-2], same shape
        real(dp), intent(inout), optional :: kedx(:,:,:), kedy(:,:,:)
        !! Eddy diffusivity from either component [m2 s-1], same shape
        real(dp), intent(in), optional :: half_pressure(:,:,:)
        !! For the mass-weighted switches [Pa] (lon, lat, level + 1); else midway between levels
        real(dp), intent(inout), optional :: buoyancy_frequency(:,:,:) !! [s-1], same shape
        integer, intent(out), optional :: stat !! 0, or a gwparam_err_* code with results unchanged
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        integer :: j

        call self%drag_of_cells(spread([(first_row + j - 1, j=1, size(latitude, 2))], 1, &
                                & size(latitude, 1)), latitude, pressure, height, temperature, u, &
                                & v, dudt, dvdt, kedx, kedy, half_pressure, buoyancy_frequency, &
                                & stat, errmsg)

    end subroutine drag_of_window

    subroutine drag_of_cells(self, row, latitude, pressure, height, temperature, u, v, dudt, &
                             & dvdt, kedx, kedy, half_pressure, buoyancy_frequency, stat, errmsg)

        !! The same for a window of columns of any rows.
        class(ad99_t), intent(in) :: self
        integer, intent(in), contiguous, target :: row(:,:)
        !! Row of the set-up of each column, from 1 (lon, lat)
        real(dp), intent(in) :: latitude(:,:) !! [rad] (lon, lat)
        real(dp), intent(in) :: pressure(:,:,:) !! Full levels [Pa] (lon, lat, level)
        real(dp), intent(in) :: height(:,:,:) !! Full levels [m], same shape
        real(dp), intent(in) :: temperature(:,:,:) !! [K], same shape
        real(dp), intent(in) :: u(:,:,:), v(:,:,:) !! Eastward, northward wind [m s-1], same shape
        real(dp), intent(inout) :: dudt(:,:,:), dvdt(:,:,:) !! Their tendencies [m s-2], same shape
        real(dp), intent(inout), optional :: kedx(:,:,:), kedy(:,:,:)
        !! Eddy diffusivity from either component [m2 s-1], same shape
        real(dp), intent(in), optional :: half_pressure(:,:,:)
        !! For the mass-weighted switches [Pa] (lon, lat, level + 1); else midway between levels
        real(dp), intent(inout), optional :: buoyancy_frequency(:,:,:) !! [s-1], same shape
        integer, intent(out), optional :: stat !! 0, or a gwparam_err_* code with results unchanged
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        type(drag_columns_t) :: columns
        type(drag_results_t) :: results
        real(dp), allocatable :: half(:)
        character(len=:), allocatable :: message
        integer :: column, i, j, status, suspect(2)

        if (present(stat)) stat = gwparam_ok
        columns%shape = shape(latitude)
        columns%row = c_loc(row)
        columns%latitude = view(latitude)
        columns%pressure = view(pressure)
        columns%height = view(height)
        columns%temperature = view(temperature)
        columns%wind = [view(u), view(v)]
        if (present(half_pressure)) columns%half_pressure = view(half_pressure)
        results%tendency = [view(dudt), view(dvdt)]
        if (present(kedx)) results%diffusivity(1) = view(kedx)
        if (present(kedy)) results%diffusivity(2) = view(kedy)
        if (present(buoyancy_frequency)) results%buoyancy_frequency = view(buoyancy_frequency)
        call self%require_ready(status, message)
        call run_fast(self%ad99_setup_t, shape(row), columns, results, suspect, status, message)
        do column = suspect(1), suspect(2)
            i = modulo(column - 1, size(latitude, 1)) + 1
            j = (column - 1)/size(latitude, 1) + 1
            if (present(half_pressure)) half = half_pressure(i, j,:)
            call self%examine(row(i, j), latitude(i, j), pressure(i, j,:), height(i, j,:), &
                              & temperature(i, j,:), u(i, j,:), v(i, j,:), half, text([i, j]), &
                              & status, message)
            if (status /= gwparam_ok) exit
        end do
        if (status /= gwparam_ok) call fail(status, message, stat, errmsg)

    end subroutine drag_of_cells

    subroutine drag_of_columns(self, row, latitude, pressure, height, temperature, u, v, dudt, &
                               & dvdt, kedx, kedy, half_pressure, buoyancy_frequency, stat, errmsg)

        !! The same for columns of any rows, level fastest.
        class(ad99_t), intent(in) :: self
        !! Row of the set-up of each column, from 1 (column)
        integer, intent(in), contiguous, target :: row(:)
        real(dp), intent(in) :: latitude(:) !! [rad] (column)
        real(dp), intent(in) :: pressure(:,:) !! Full levels [Pa] (level, column)
        real(dp), intent(in) :: height(:,:) !! Full levels [m], same shape
        real(dp), intent(in) :: temperature(:,:) !! [K], same shape
        real(dp), intent(in) :: u(:,:), v(:,:) !! Eastward, northward wind [m s-1], same shape
        real(dp), intent(inout) :: dudt(:,:), dvdt(:,:) !! Their tendencies [m s-2], same shape
        real(dp), intent(inout), optional :: kedx(:,:), kedy(:,:)
        !! Eddy diffusivity from either component [m2 s-1], same shape
        real(dp), intent(in), optional :: half_pressure(:,:) !! [Pa] (level + 1, column)
        real(dp), intent(inout), optional :: buoyancy_frequency(:,:) !! [s-1], same shape
        integer, intent(out), optional :: stat !! 0, or a gwparam_err_* code with results unchanged
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        type(drag_columns_t) :: columns
        type(drag_results_t) :: results
        real(dp), allocatable :: half(:)
        character(len=:), allocatable :: message
        integer :: i, status, suspect(2)

        if (present(stat)) stat = gwparam_ok
        columns%shape = [size(latitude), 1]
        columns%row = c_loc(row)
        columns%latitude = view(latitude)
        columns%pressure = view(pressure)
        columns%height = view(height)
        columns%temperature = view(temperature)
        columns%wind = [view(u), view(v)]
        if (present(half_pressure)) columns%half_pressure = view(half_pressure)
        results%tendency = [view(dudt), view(dvdt)]
        if (present(kedx)) results%diffusivity(1) = view(kedx)
        if (present(kedy)) results%diffusivity(2) = view(kedy)
        if (present(buoyancy_frequency)) results%buoyancy_frequency = view(buoyancy_frequency)
        call self%require_ready(status, message)
        call run_fast(self%ad99_setup_t, shape(row), columns, results, suspect, status, message)
        do i = suspect(1), suspect(2)
            if (present(half_pressure)) half = half_pressure(:,i)
            call self%examine(row(i), latitude(i), pressure(:,i), height(:,i), temperature(:,i), &
                              & u(:,i), v(:,i), half, text(i), status, message)
            if (status /= gwparam_ok) exit
        end do
        if (status /= gwparam_ok) call fail(status, message, stat, errmsg)

    end subroutine drag_of_columns

    subroutine diagnose(self, row, latitude, pressure, height, temperature, wind, column, &
                        & half_pressure, stat, errmsg)

        !! One column and one wind component in full, down to the fate of every wave.
        class(ad99_t), intent(in) :: self
        integer, intent(in) :: row !! Row of the set-up, from 1
        real(dp), intent(in) :: latitude !! [rad]
        real(dp), intent(in) :: pressure(:) !! Full levels [Pa] (level)
        real(dp), intent(in) :: height(:) !! Full levels [m], same shape
        real(dp), intent(in) :: temperature(:) !! [K], same shape
        real(dp), intent(in) :: wind(:) !! Eastward or northward [m s-1], same shape
        type(ad99_column_t), intent(inout) :: column !! The result; unchanged on failure
        real(dp), intent(in), optional :: half_pressure(:) !! [Pa] (level + 1)
        integer, intent(out), optional :: stat !! 0, or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        type(ad99_column_t) :: work
        character(len=:), allocatable :: message
        integer :: expected(1), status

        if (present(stat)) stat = gwparam_ok
        expected = self%nlev
        call self%require_ready(status, message)
        call check_shape("pressure", shape(pressure), expected, status, message)
        call check_shape("height", shape(height), expected, status, message)
        call check_shape("temperature", shape(temperature), expected, status, message)
        call check_shape("wind", shape(wind), expected, status, message)
        if (present(half_pressure)) then
            call check_shape("half_pressure", shape(half_pressure), expected + 1, status, message)
        end if
        if (status == gwparam_ok) then
            call allocate_column(work, self%ad99_setup_t)
            call self%meet_state(work, row, latitude, pressure, height, temperature, &
                                 & half_pressure, status, message)
        end if
        if (status == gwparam_ok) call self%meet_wind(work, "wind", wind, status, message)
        if (status /= gwparam_ok) then
            call fail(status, message, stat, errmsg)
            return
        end if
        column = work

    end subroutine diagnose

    subroutine reference_drag(self, row, latitude, pressure, height, temperature, u, v, results, &
                              & half_pressure, stat, errmsg)

        !! Drag of columns by the modules of this scheme alone, one after the other.
        class(ad99_t), intent(in) :: self
        integer, intent(in) :: row(:) !! As `drag`, whose shapes are not checked (column)
        real(dp), intent(in) :: latitude(:) !! (column)
        real(dp), intent(in) :: pressure(:,:), height(:,:), temperature(:,:) !! (level, column)
        real(dp), intent(in) :: u(:,:), v(:,:) !! (level, column)
        real(dp), intent(out) :: results(:,:,:)
        !! dudt, dvdt or all of dudt, dvdt, kedx, kedy, buoyancy frequency (level, column, field);
        !! undefined on failure
        real(dp), intent(in), optional :: half_pressure(:,:) !! (level + 1, column)
        integer, intent(out), optional :: stat !! 0, or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        type(ad99_column_t) :: work
        character(len=:), allocatable :: message
        real(dp), allocatable :: half(:)
        integer :: column, status
        logical :: diagnostics

        if (present(stat)) stat = gwparam_ok
        diagnostics = size(results, 3) > northward
        call self%require_ready(status, message)
        if (status == gwparam_ok) call allocate_column(work, self%ad99_setup_t)
        do column = 1, size(latitude)
            if (status /= gwparam_ok) exit
            associate (i => column)
                if (present(half_pressure)) half = half_pressure(:,i)
                call self%meet_state(work, row(i), latitude(i), pressure(:,i), height(:,i), &
                                     & temperature(:,i), half, status, message)
                if (status == gwparam_ok) then
                    call run_component("u", u(:,i), eastward, eastward_diffusion)
                end if
                if (status == gwparam_ok) then
                    call run_component("v", v(:,i), northward, northward_diffusion)
                end if
                if (status /= gwparam_ok) then
                    message = message // " in column " // text(i)
                else if (diagnostics) then
                    results(:,i, buoyancy) = 0.0_dp
                    results(:work%source_level,i, &
                            & buoyancy) = work%buoyancy_frequency(1:work%source_level)
                end if
            end associate
        end do
        if (status /= gwparam_ok) call fail(status, message, stat, errmsg)

    contains

        subroutine run_component(name, wind, drag, diffusion)

            character(len=*), intent(in) :: name
            real(dp), intent(in) :: wind(:)
            integer, intent(in) :: drag, diffusion  ! Fields of the result

            call self%meet_wind(work, name, wind, status, message)
            if (status /= gwparam_ok) return
            if (diagnostics) then
                call column_tendency(work, self%ad99_setup_t, results(:,column, drag), results(:, &
                                     & column, diffusion))
            else
                call column_tendency(work, self%ad99_setup_t, results(:,column, drag))
            end if

        end subroutine run_component

    end subroutine reference_drag

    subroutine examine(self, row, latitude, pressure, height, temperature, u, v, half_pressure, &
                       & place, status, message)

        !! What is wrong with a column, if anything is; leaves `message` alone if not.
        class(ad99_t), intent(in) :: self
        integer, intent(in) :: row
        real(dp), intent(in) :: latitude
        real(dp), intent(in) :: pressure(:), height(:), temperature(:), u(:), v(:)
        real(dp), intent(in), optional :: half_pressure(:)
        character(len=*), intent(in) :: place
        integer, intent(out) :: status
        character(len=:), allocatable, intent(inout) :: message

        type(ad99_column_t) :: work
        character(len=:), allocatable :: found

        call allocate_column(work, self%ad99_setup_t)
        call self%meet_state(work, row, latitude, pressure, height, temperature, half_pressure, &
                             & status, found)
        if (status == gwparam_ok) call self%meet_wind(work, "u", u, status, found)
        if (status == gwparam_ok) call self%meet_wind(work, "v", v, status, found)
        if (status /= gwparam_ok) message = found // " in column " // place

    end subroutine examine

    subroutine meet_state(self, column, row, latitude, pressure, height, temperature, &
                          & half_pressure, status, message)

        !! Check the state of one column and prepare it for the waves.
        class(ad99_t), intent(in) :: self
        type(ad99_column_t), intent(inout) :: column
        integer, intent(in) :: row
        real(dp), intent(in) :: latitude
        real(dp), intent(in) :: pressure(:), height(:), temperature(:)
        real(dp), intent(in), optional :: half_pressure(:)
        integer, intent(out) :: status
        character(len=:), allocatable, intent(out) :: message

        status = gwparam_ok
        if (row < 1 .or. row > size(self%source_level)) then
            status = gwparam_err_argument
            message = "row is " // text(row) // ", expected 1 to " // text(size(self%source_level))
            return
        end if
        ! Nothing further down is read, so it may be anything.
        associate (lowest => self%source_level(row) + 1)
            call check_latitude(latitude, status, message)
            call check_rising("pressure", pressure(:lowest), 1.0_dp, status, message)
            call check_rising("height", height(:lowest), -1.0_dp, status, message)
            call check_finite("temperature", temperature(:lowest), status, message)
            call check_positive("pressure", pressure(:1), status, message)
            call check_positive("temperature", temperature(:lowest), status, message)
            if (present(half_pressure)) then
                call check_rising("half_pressure", half_pressure(:lowest), 1.0_dp, status, message)
            end if
        end associate
        if (status /= gwparam_ok) return
        call prepare_column(column, self%ad99_setup_t, row, latitude, pressure, height, &
                            & temperature, half_pressure)

    end subroutine meet_state

    subroutine meet_wind(self, column, name, wind, status, message)

        !! Check one wind component of a prepared column and let the waves loose on it.
        class(ad99_t), intent(in) :: self
        type(ad99_column_t), intent(inout) :: column
        character(len=*), intent(in) :: name
        real(dp), intent(in) :: wind(:)
        integer, intent(out) :: status
        character(len=:), allocatable, intent(out) :: message

        status = gwparam_ok
        call check_finite(name, wind(:column%source_level), status, message)
        if (status /= gwparam_ok) return
        call sweep_column(column, self%ad99_setup_t, wind)
        if (all(column%source > -tiny(1.0_dp) .and. column%source < tiny(1.0_dp))) then
            status = gwparam_err_argument
            message = name // " is " // text(wind(column%source_level)) // " m s-1 at level " &
                                             & // text(column%source_level) &
                                             & // ", where no wave of the spectrum has any stress"
        end if

    end subroutine meet_wind

    subroutine require_ready(self, status, message)

        class(ad99_t), intent(in) :: self
        integer, intent(out) :: status
        character(len=:), allocatable, intent(out) :: message

        status = gwparam_ok
        if (self%ready) return
        status = gwparam_err_argument
        message = "the scheme is not set up, expected a call of init before"

    end subroutine require_ready

end module alexander_dunkerton
