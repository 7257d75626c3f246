module gwparam_coupling

    !! Gravity-wave drag in a host: native scheme, network, or both; when, where and what is held.
    !!
    !!     type(gwparam_coupling_settings_t) :: settings
    !!     type(gwparam_coupling_t) :: drag
    !!     call settings%read_namelist(file="input.nml")
    !!     call drag%init(settings, pressure, gwparam_top_down, latitude, longitude)
    !!     call drag%apply(i, j, dt, lat, p, z, t, u, v, dudt, dvdt)   in each step, each window
    !!
    !! A surface field that only this host has, it makes known by `offer` before `init`, and gives
    !! its new values by `offer` before the first window of a step.
    !!
    !! An object serves one thread at a time and refuses the others with gwparam_err_busy, whose
    !! calls change nothing; what only looks, such as `needs` and `diagnostic`, is for that thread
    !! too. A host of several threads has an object for each, on the columns of
    !! that thread, and their networks share weights. Columns are those of an array (i, j):
    !! longitude and latitude, or place in a chunk and chunk. A step is over when all of them were
    !! served, in windows of any size; it computes in all of its windows or in none. The drag is an
    !! acceleration, which the host adds to the tendencies of its winds. Nothing is printed: what is
    !! to be said is text.

    use, intrinsic :: ieee_arithmetic, only: ieee_is_nan, ieee_quiet_nan, ieee_value
    use, intrinsic :: iso_c_binding, only: c_int32_t
    use, intrinsic :: iso_fortran_env, only: int64
    use alexander_dunkerton, only: ad99_t
    use gwparam_alarm, only: alarm_t
    use gwparam_coupling_settings, only: gwparam_coupling_settings_t
    use gwparam_coupling_state, only: gwparam_coupling_state_t
    use gwparam_blend, only: blended
    use gwparam_comparison, only: columns_t, comparison_t
    use gwparam_coupling_statistics, only: blend_units, gwparam_coupling_statistics_t, line_length
    use gwparam_guard_report, only: gwparam_guard_t
    use gwparam_kinds, only: dp
    use gwparam_native_window, only: drag_name, gwparam_native_drag, native_window_t
    use gwparam_options, only: gwparam_statistics_t
    use gwparam_record, only: gwparam_record_t
    use gwparam_scheme, only: gwparam_bottom_up, gwparam_column, gwparam_input, gwparam_output, &
        & gwparam_pending, gwparam_scheme_t, gwparam_top_down
    use gwparam_status, only: fail, gwparam_err_argument, gwparam_err_busy, gwparam_err_contract, &
        & gwparam_err_shape, gwparam_ok, text
    implicit none(type, external)
    private

    public :: gwparam_coupling_settings_t, gwparam_coupling_state_t, gwparam_coupling_statistics_t
    public :: gwparam_native_drag

    real(dp), parameter :: degrees_per_radian = 180.0_dp/acos(-1.0_dp)
    real(dp), parameter :: pole = 0.5_dp*acos(-1.0_dp)*(1.0_dp + 1.0e-6_dp) !! And rounding [rad]
    integer, parameter :: message_length = 1024
    character(len=*), parameter :: half_levels = "_at_half_levels" !! Ends names of values there
    character(len=*), parameter :: error_name = "expected_error" !! Of the network, in each column

    integer, parameter :: name_length = 64, units_length = 16

    type :: offered_t
        character(len=name_length) :: name !! In an artefact's contract
        character(len=units_length) :: units !! As `apply` takes it, but for the latitude
    end type offered_t

    integer, parameter :: u_field = 1, v_field = 2, temperature_field = 3, pressure_field = 4
    integer, parameter :: height_field = 5, half_levels_field = 6, surface_field = 7
    integer, parameter :: latitude_field = 8, longitude_field = 9, altitude_field = 10
    !! Places in `offered`

    type(offered_t), parameter :: offered(altitude_field) = [offered_t("eastward_wind", "m s-1"), &
         & offered_t("northward_wind", "m s-1"), offered_t("air_temperature", "K"), &
         & offered_t("air_pressure", "Pa"), offered_t("geopotential_height", "m"), &
         & offered_t("air_pressure" // half_levels, "Pa"), offered_t("surface_air_pressure", &
         & "Pa"), offered_t("latitude", "degrees_north"), offered_t("longitude", "degrees_east"), &
         & offered_t("surface_altitude", "m")] !! Fields of `init` and `apply`

    type :: window_t
        !! What the last window that was computed gave, level 1 at the top; absent: not allocated.
        real(dp), allocatable, dimension(:,:,:) :: native_x, native_y, network_x, network_y
        real(dp), allocatable, dimension(:,:,:) :: buoyancy_frequency, diffusivity_x, diffusivity_y
        real(dp), allocatable :: expected_error(:,:) !! Of the network [1]
        logical, allocatable :: keeps(:,:) !! Whether a guard keeps what is held
    end type window_t

    type :: kept_field_t
        real(dp), allocatable :: values(:,:,:) !! (i, j, level), one level for surface fields
    end type kept_field_t

    type :: kept_t
        !! The last call of the network, for a record of it.
        type(kept_field_t) :: outputs(2), native(2)
        type(kept_field_t), allocatable :: inputs(:) !! As `offers` of the object
        type(kept_field_t), allocatable :: earlier(:) !! With lag: inputs of the call before
        integer(int64), allocatable :: sums(:,:,:) !! (i, j, stage)
        logical, allocatable :: is_there(:,:) !! Whether the column was served (i, j)
        logical :: is_due = .false. !! Whether the call is to be written
        logical :: has_tripped = .false. !! Whether a guard gave up a column, on any rank
        logical :: has_earlier = .false., is_restored = .false.
        integer(int64) :: guarded = 0 !! Columns that a guard gave up
        character(len=message_length) :: failure = "" !! Why the call failed
    end type kept_t

    type, public :: gwparam_coupling_t
        !! The drag of some columns of a host, and all that is pending from step to step.
        type(gwparam_scheme_t) :: network
        !! `init` loads it, unless the host has; a host of several ranks does, by gwparam_mpi_load
        type(gwparam_coupling_settings_t), private :: settings
        type(ad99_t), private :: native
        procedure(gwparam_native_drag), pointer, nopass, private :: host_native => null() !! Instead
        type(alarm_t), private :: alarm
        type(gwparam_coupling_statistics_t), private :: counts
        logical, private :: is_bottom_up = .false. !! Arrays of the host; all here are top-down
        type(offered_t), allocatable, private :: offers(:) !! `offered`, then the host's own
        type(kept_field_t), allocatable, private :: own(:) !! Values of the latter
        logical, allocatable, private :: asked(:) !! Whether the network has it as an input (offer)
        logical, private :: eastward_only = .false. !! Whether nothing is given northward
        integer, private :: geometry = gwparam_column !! What the network sees
        logical, private :: tells_error = .false. !! Whether it says how wrong it expects to be
        logical, private :: is_placed = .false. !! Whether it knows where the columns are
        real(dp), allocatable, private :: latitude(:,:) !! [rad] (i, j)
        real(dp), allocatable, private :: longitude(:,:) !! From 0 to 360 [degrees_east] (i, j)
        real(dp), allocatable, private :: altitude(:,:) !! Of the surface, if it is known [m] (i, j)
        logical, private :: heights_over_surface = .false. !! Those of the host, else over the sea
        real(dp), allocatable, private :: pressure(:) !! Of full levels, for reference [Pa]
        logical, allocatable, private :: exists(:,:) !! Whether there is a column (i, j)
        integer, allocatable, private :: row(:,:) !! Of the native scheme's set-up (i, j)
        real(dp), allocatable, private :: held_x(:,:,:), held_y(:,:,:)
        !! Drag of the last recomputation [m s-2] (i, j, level)
        logical, allocatable, private :: served(:,:) !! In this step (i, j)
        logical, private :: is_ringing = .false. !! Whether this step computes
        integer(int64), private :: draws = 0 !! Recomputations of the runs before this one
        type(window_t), private :: window
        type(kept_t), private :: kept
        logical, private :: has_time = .false. !! Whether the host tells the time
        real(dp), private :: last_step = 0.0_dp !! From the time before to that one [days]
        real(dp), private :: next_report = 0.0_dp !! When a report is due [days]
        integer(c_int32_t), private :: calls = 0 !! 1 while a call is under way

    contains
        procedure :: offer !! A field of the host's own
        procedure :: init !! Set up, and load the network
        generic :: apply => apply_window, apply_columns !! Drag of a window of columns
        procedure :: needs !! Whether the network has an input
        procedure :: is_new !! Whether the drag of the last window was computed in this step
        procedure :: is_between_steps !! Whether no window of a step is missing
        procedure :: diagnostic !! A field of the last window
        procedure :: is_report_due !! Whether the step that ended is one for a report
        procedure :: set_time !! What time it is in the model
        procedure :: log_lines !! What to print of the last step
        procedure :: statistics !! Counters and sums, and what to print
        procedure :: save => save_columns !! What a restart needs
        procedure :: blank !! The same without values, for `restore`
        procedure :: restore !! Go on from there
        procedure :: is_record_due !! Whether the last call is to be written
        procedure :: recorded !! That call
        procedure :: note_record !! That it was written, or left out
        procedure :: record_bytes !! What was written until now
        procedure :: free !! Give everything back; idempotent
        procedure, private :: apply_window, apply_columns, begin_call, end_call, give_back
        procedure, private :: forget_offers
        procedure, private :: set_up_network, check_input, next_after
        procedure, private :: begin_record, keep_inputs, keep_results, end_record, note_failure
    end type gwparam_coupling_t

    interface

        integer(c_int32_t) function exchange(place, value) bind(c, name="gwparam_exchange")
            !! Write a number as one operation, and give the one before.
            import :: c_int32_t
            implicit none(type, external)
            integer(c_int32_t), intent(inout) :: place
            integer(c_int32_t), value, intent(in) :: value

        end function exchange
    end interface

    interface

        module subroutine offer(self, name, values, units, stat, errmsg)

            !! Hand over a surface field that only this host has. Before `init` it becomes known;
            !! between two steps it has new values, which hold until the next. One that the
            !! network does not take is passed over, as what `apply` hands over is.
            implicit none(type, external)
            class(gwparam_coupling_t), intent(inout) :: self
            character(len=*), intent(in) :: name !! In an artefact's contract
            real(dp), intent(in) :: values(:,:) !! Of all columns (i, j)
            character(len=*), intent(in) :: units !! Of the values, always the same
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code, all as it was
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine offer

        module subroutine check_offers(self, extents, status, message)

            !! Whether fields of the host's own have the shape of the columns.
            implicit none(type, external)
            class(gwparam_coupling_t), intent(in) :: self
            integer, intent(in) :: extents(:)
            integer, intent(inout) :: status
            character(len=*), intent(inout) :: message

        end subroutine check_offers

        module subroutine check_input(self, name, units, levels, status, message)

            !! Note that the network has an input, and see that this host can give it.
            implicit none(type, external)
            class(gwparam_coupling_t), intent(inout) :: self
            character(len=*), intent(in) :: name, units !! Of the contract
            integer, intent(in) :: levels !! 0: of the surface
            integer, intent(inout) :: status
            character(len=*), intent(inout) :: message

        end subroutine check_input

        module subroutine init(self, settings, pressure, order, latitude, longitude, columns, &
                               & stat, errmsg, native, surface_altitude, heights_over_surface, &
                               & eastward_only)

            !! Set up for columns of a host, and load the network unless the host has.
            implicit none(type, external)
            class(gwparam_coupling_t), intent(inout) :: self
            class(gwparam_coupling_settings_t), intent(in) :: settings
            real(dp), intent(in) :: pressure(:)
            !! Full levels for 101325 Pa at the surface, in the host's order [Pa] (level)
            integer, intent(in) :: order !! gwparam_top_down or gwparam_bottom_up, of all arrays
            real(dp), intent(in) :: latitude(:,:)
            !! Of the columns, midway between the edges of their cells [rad] (i, j)
            real(dp), intent(in) :: longitude(:,:)
            !! The same, within a turn of 0; a network sees it from 0 to 360 degrees
            integer, intent(in), optional :: columns(:)
            !! How many are valid, for each j: the first ones; default: all
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success
            procedure(gwparam_native_drag), optional :: native
            !! The host's own native scheme, in place of the shipped one
            real(dp), intent(in), optional :: surface_altitude(:,:)
            !! Of the columns, for networks that see it [m] (i, j)
            logical, intent(in), optional :: heights_over_surface
            !! Of `apply`, default: over the sea, as a network's geopotential_height is
            logical, intent(in), optional :: eastward_only
            !! Drag of the eastward wind alone, default: of both. A network may be without the
            !! northward one, which is not taken; `apply` has no dvdt, and v where there is one

        end subroutine init

        module subroutine apply_window(self, i, j, dt, latitude, pressure, height, temperature, &
                                       & u, v, dudt, dvdt, surface_pressure, half_pressure, stat, &
                                       & errmsg)

            !! Drag of a window: new when the alarm rings, else that of the last time. Levels are
            !! in the order that `init` was told.
            implicit none(type, external)
            class(gwparam_coupling_t), intent(inout) :: self
            integer, intent(in) :: i, j !! Where the window begins, from 1
            real(dp), intent(in) :: dt !! Time step of the host [s]
            real(dp), intent(in) :: latitude(:,:) !! [rad] (i, j)
            real(dp), intent(in) :: pressure(:,:,:) !! Full levels [Pa] (i, j, level)
            real(dp), intent(in) :: height(:,:,:) !! Full levels, as `init` was told [m], same shape
            real(dp), intent(in) :: temperature(:,:,:) !! [K], same shape
            real(dp), intent(in) :: u(:,:,:) !! Eastward wind [m s-1], same shape
            real(dp), intent(in), optional :: v(:,:,:) !! Northward wind [m s-1]
            real(dp), intent(inout) :: dudt(:,:,:) !! Tendency of u [m s-2]
            real(dp), intent(inout), optional :: dvdt(:,:,:)
            !! Of v [m s-2]; both are there unless `init` was told eastward_only
            real(dp), intent(in), optional :: surface_pressure(:,:)
            !! [Pa] (i, j); absent: the lowest of half_pressure
            real(dp), intent(in), optional :: half_pressure(:,:,:) !! [Pa] (i, j, level + 1)
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code, results unchanged
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine apply_window

        module subroutine apply_columns(self, j, dt, latitude, pressure, height, temperature, u, &
                                        & v, dudt, dvdt, surface_pressure, half_pressure, stat, &
                                        & errmsg)

            !! The same for a chunk of columns, of which the first are valid, as many as `init` was
            !! told: the others are neither read nor written.
            implicit none(type, external)
            class(gwparam_coupling_t), intent(inout) :: self
            integer, intent(in) :: j !! Which of the chunks of this object, from 1
            real(dp), intent(in) :: dt !! Time step of the host [s]
            real(dp), intent(in) :: latitude(:) !! [rad] (column)
            real(dp), intent(in) :: pressure(:,:) !! Full levels [Pa] (column, level)
            real(dp), intent(in) :: height(:,:) !! Full levels, as `init` was told [m], same shape
            real(dp), intent(in) :: temperature(:,:) !! [K], same shape
            real(dp), intent(in) :: u(:,:) !! Eastward wind [m s-1], same shape
            real(dp), intent(in), optional :: v(:,:) !! Northward wind [m s-1]
            real(dp), intent(inout) :: dudt(:,:) !! Tendency of u [m s-2]
            real(dp), intent(inout), optional :: dvdt(:,:)
            !! Of v [m s-2]; both are there unless `init` was told eastward_only
            real(dp), intent(in), optional :: surface_pressure(:)
            !! [Pa] (column); absent: the lowest of half_pressure
            real(dp), intent(in), optional :: half_pressure(:,:) !! [Pa] (column, level + 1)
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code, results unchanged
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine apply_columns

        module subroutine blank(self, state, stat, errmsg)

            !! The columns and fields of a restart, all values 0.
            implicit none(type, external)
            class(gwparam_coupling_t), intent(inout) :: self
            type(gwparam_coupling_state_t), intent(out) :: state
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine blank

        module subroutine save_columns(self, state, stat, errmsg)

            !! What the next run needs to go on as if this one had not ended. Between two steps;
            !! waits for the result of a network with `lag`, with all ranks.
            implicit none(type, external)
            class(gwparam_coupling_t), intent(inout) :: self
            type(gwparam_coupling_state_t), intent(out) :: state
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine save_columns

        module subroutine restore(self, state, first, stat, errmsg)

            !! Go on from what another run saved, before the first step.
            implicit none(type, external)
            class(gwparam_coupling_t), intent(inout) :: self
            type(gwparam_coupling_state_t), intent(in) :: state !! Made by `blank`, and filled in
            integer, intent(in), optional :: first !! This object's first column in it, default 1
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine restore
    end interface

    interface

        module subroutine begin_record(self)

            !! Forget the call before, but for what a network with lag is at.
            implicit none(type, external)
            class(gwparam_coupling_t), intent(inout) :: self

        end subroutine begin_record

        module subroutine keep_inputs(self, i, j, latitude, pressure, height, temperature, u, v, &
                                      & surface_pressure, half_pressure)

            !! Of a window, before they are put: a put may fail.
            implicit none(type, external)
            class(gwparam_coupling_t), intent(inout) :: self
            integer, intent(in) :: i, j
            real(dp), intent(in) :: latitude(:,:)
            real(dp), intent(in), dimension(:,:,:) :: pressure, height, temperature, u
            real(dp), intent(in), optional :: v(:,:,:)
            real(dp), intent(in), optional :: surface_pressure(:,:), half_pressure(:,:,:)

        end subroutine keep_inputs

        module subroutine keep_results(self, i, j, counters, status, message)

            !! Of a window: outputs, what was in their place, and sums of all stages.
            implicit none(type, external)
            class(gwparam_coupling_t), intent(inout) :: self
            integer, intent(in) :: i, j
            type(gwparam_statistics_t), intent(in) :: counters !! Of the network, after the run
            integer, intent(inout) :: status
            character(len=*), intent(inout) :: message

        end subroutine keep_results

        module subroutine note_failure(self, message)

            !! The call failed, which is always worth a record.
            implicit none(type, external)
            class(gwparam_coupling_t), intent(inout) :: self
            character(len=*), intent(in) :: message

        end subroutine note_failure

        module subroutine end_record(self)

            !! All windows of the call are served: is it one to be written?
            implicit none(type, external)
            class(gwparam_coupling_t), intent(inout) :: self

        end subroutine end_record

        elemental module function is_record_due(self)

            !! Whether the last call is to be written: the settings ask for it, a guard gave up a
            !! column of any rank, or the call failed.
            implicit none(type, external)
            class(gwparam_coupling_t), intent(in) :: self
            logical :: is_record_due

        end function is_record_due

        module subroutine recorded(self, record, stat, errmsg)

            !! The last call; without columns if it was none, or the settings keep no record.
            implicit none(type, external)
            class(gwparam_coupling_t), intent(inout) :: self
            type(gwparam_record_t), intent(out) :: record
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine recorded

        module subroutine note_record(self, bytes, failure)

            !! The last call was written, or left out.
            implicit none(type, external)
            class(gwparam_coupling_t), intent(inout) :: self
            integer(int64), intent(in) :: bytes !! Of the file; 0: left out, -1: another's has it
            character(len=*), intent(in), optional :: failure !! Why it was left out; blank: no room

        end subroutine note_record
    end interface

contains

    subroutine set_up_network(self, pressure, status, message)

        !! Load it unless the host has, and see that this host can give all that it asks for.
        class(gwparam_coupling_t), intent(inout) :: self
        real(dp), intent(in) :: pressure(:) !! Top-down [Pa]
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        character(len=:), allocatable :: name, units
        integer :: levels, number
        logical :: gives(2)

        gives = .false.
        self%tells_error = .false.
        if (.not. self%network%is_loaded()) then
            call self%network%load(trim(self%settings%artefact), self%settings%options(), &
                                   & stat=status, errmsg=message)
            if (status /= gwparam_ok) return
        end if
        call self%network%set_levels(pressure, gwparam_top_down, stat=status, errmsg=message)
        if (status /= gwparam_ok) return
        call self%network%geometry(self%geometry, stat=status, errmsg=message)
        if (status /= gwparam_ok) return

        levels = 0
        number = 1
        do
            call self%network%field(gwparam_input, number, name, units, levels, status, message)
            if (status /= gwparam_ok) return
            if (name == "") exit
            call self%check_input(name, units, levels, status, message)
            if (status /= gwparam_ok) return
            number = number + 1
        end do
        call check_altitude(self, status, message)
        if (status /= gwparam_ok) return
        number = 1
        do
            call self%network%field(gwparam_output, number, name, stat=status, errmsg=message)
            if (status /= gwparam_ok) return
            if (name == "") exit
            where (drag_name == name) gives = .true.
            self%tells_error = self%tells_error .or. name == error_name
            if (index(name, half_levels, back=.true.) > 0) self%counts%gives_fluxes = .true.
            number = number + 1
        end do
        gives(2) = gives(2) .or. self%eastward_only
        if (.not. all(gives)) then
            status = gwparam_err_contract
            message = "the network does not give " // trim(drag_name(findloc(gives, .false., 1)))
            if (gives(1)) message = trim(message) // ", and init was not told eastward_only"
        else if (self%settings%blend%needs_error() .and. .not. self%tells_error) then
            status = gwparam_err_contract
            message = "blend_error needs a network that gives " // error_name &
                & // ", and this one does not: expected an artefact of gwparam export --confidence"
        end if

    end subroutine set_up_network

    pure subroutine check_altitude(self, status, message)

        !! See that it is known where the surface is, if the network asks for it or needs it.
        class(gwparam_coupling_t), intent(in) :: self
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        if (allocated(self%altitude)) return
        if (self%asked(altitude_field)) then
            status = gwparam_err_contract
            message = "the network sees surface_altitude, which init was not given"
        else if (self%asked(height_field) .and. self%heights_over_surface) then
            status = gwparam_err_contract
            message = "the network sees geopotential_height, over the sea, and this host has" &
                & // " heights over the surface: init needs surface_altitude"
        end if

    end subroutine check_altitude

    elemental logical function needs(self, name)

        !! Whether the network has an input, by its name in a contract; not in mode 'native'.
        class(gwparam_coupling_t), intent(in) :: self
        character(len=*), intent(in) :: name

        needs = .false.
        if (allocated(self%asked)) needs = any(self%asked .and. self%offers%name == name)

    end function needs

    elemental logical function is_new(self)

        !! Whether the drag of the last window was computed in this step.
        class(gwparam_coupling_t), intent(in) :: self

        is_new = self%is_ringing

    end function is_new

    elemental logical function is_between_steps(self)

        !! Whether the windows of the last step held all columns.
        class(gwparam_coupling_t), intent(in) :: self

        is_between_steps = .not. allocated(self%served)
        if (is_between_steps) return
        is_between_steps = all(self%served .eqv. .not. self%exists)

    end function is_between_steps

    pure function diagnostic(self, name) result(field)

        !! A field of the last window that was computed, in the host's order of levels (i, j,
        !! level); without columns if there is no such field, or the settings do not compute it.
        class(gwparam_coupling_t), intent(in) :: self
        character(len=*), intent(in) :: name
        !! native_x, native_y, network_x, network_y: drag [m s-2]; with native_diagnostics also
        !! buoyancy_frequency [s-1], diffusivity_x, diffusivity_y [m2 s-1]; and expected_error of
        !! a network that tells it [1], of one level
        real(dp), allocatable :: field(:,:,:)

        associate (w => self%window)
            select case (name)
            case ("native_x")
                if (allocated(w%native_x)) field = w%native_x
            case ("native_y")
                if (allocated(w%native_y)) field = w%native_y
            case ("network_x")
                if (allocated(w%network_x)) field = w%network_x
            case ("network_y")
                if (allocated(w%network_y)) field = w%network_y
            case ("buoyancy_frequency")
                if (allocated(w%buoyancy_frequency)) field = w%buoyancy_frequency
            case ("diffusivity_x")
                if (allocated(w%diffusivity_x)) field = w%diffusivity_x
            case ("diffusivity_y")
                if (allocated(w%diffusivity_y)) field = w%diffusivity_y
            case (error_name)
                if (allocated(w%expected_error)) then
                    field = reshape(w%expected_error, [shape(w%expected_error), 1])
                end if
            case default
                allocate (field(0, 0, 0))
            end select
        end associate
        if (.not. allocated(field)) allocate (field(0, 0, 0))
        if (self%is_bottom_up) field = field(:,:,size(field, 3):1:-1)

    end function diagnostic

    elemental logical function is_report_due(self)

        !! Whether the step that ended is one for the log or for a report; the same on all ranks.
        class(gwparam_coupling_t), intent(in) :: self

        is_report_due = self%counts%is_log_due .or. self%counts%is_report_due

    end function is_report_due

    subroutine set_time(self, days, date)

        !! What time it is in the model, for reports and messages; before the windows of a step.
        class(gwparam_coupling_t), intent(inout) :: self
        real(dp), intent(in) :: days !! Since any day of the host's, the same after a restart
        character(len=*), intent(in), optional :: date
        !! As it shall be shown, of 40 characters; default: day and time of the day

        integer :: seconds

        if (.not. self%has_time) self%next_report = self%next_after(days)
        if (self%has_time .and. days > self%counts%days) self%last_step = days - self%counts%days
        self%has_time = .true.
        self%counts%days = days
        if (present(date)) then
            self%counts%date = date
        else
            seconds = nint(86400.0_dp*(days - floor(days)))
            write (self%counts%date, "(a, i0, 3(a, i2.2))") "day ", floor(days) + seconds/86400, &
                   & " ", mod(seconds/3600, 24), ":", mod(seconds/60, 60), ":", mod(seconds, 60)
        end if

    end subroutine set_time

    pure real(dp) function next_after(self, days)
        !! When a report is due next: at whole multiples of the days between two.
        class(gwparam_coupling_t), intent(in) :: self
        real(dp), intent(in) :: days

        next_after = huge(days)
        if (.not. self%settings%report_days > 0.0_dp) return
        ! A time that is a multiple but for rounding has had its report.
        next_after = (floor(days/self%settings%report_days + 1.0e-6_dp, &
                      & int64) + 1)*self%settings%report_days

    end function next_after

    pure function log_lines(self) result(lines)

        !! What the log says of the step that ended, on the columns of this object; none unless
        !! lines are due. Those of all ranks and threads: gwparam_reports.
        class(gwparam_coupling_t), intent(in) :: self
        character(len=line_length), allocatable :: lines(:)

        lines = self%counts%log_lines()

    end function log_lines

    elemental integer(int64) function record_bytes(self)
        !! What was written of calls of this run [bytes].
        class(gwparam_coupling_t), intent(in) :: self

        record_bytes = self%counts%record_bytes

    end function record_bytes

    subroutine statistics(self, found, stat, errmsg)

        !! What was done since the start of the run, and the last recomputation.
        class(gwparam_coupling_t), intent(inout) :: self
        type(gwparam_coupling_statistics_t), intent(inout) :: found !! Unchanged on failure
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        type(gwparam_coupling_statistics_t) :: now
        integer :: status
        character(len=message_length) :: message

        if (present(stat)) stat = gwparam_ok
        call self%begin_call(status, message)
        if (status == gwparam_ok) then
            now = self%counts
            if (self%network%is_loaded()) then
                call self%network%statistics(now%counters, stat=status, errmsg=message)
            end if
            if (status == gwparam_ok .and. self%network%is_loaded()) then
                call find_guards(self%network, now%guard, status, message)
            end if
            if (status == gwparam_ok) found = now
            call self%end_call()
        end if
        if (status /= gwparam_ok) call fail(status, trim(message), stat, errmsg)

    end subroutine statistics

    subroutine find_guards(network, guards, status, message)

        !! What each guard of a network caught.
        type(gwparam_scheme_t), intent(in) :: network
        type(gwparam_guard_t), allocatable, intent(inout) :: guards(:)
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        type(gwparam_guard_t) :: found

        if (allocated(guards)) deallocate (guards)
        allocate (guards(0))
        do
            call network%guard(size(guards) + 1, found, status, message)
            if (status /= gwparam_ok .or. found%name == "") exit
            guards = [guards, found]
        end do

    end subroutine find_guards

    subroutine free(self, stat, errmsg)

        !! Give the network and all that is held back; `init` makes it anew.
        class(gwparam_coupling_t), intent(inout) :: self
        integer, intent(out), optional :: stat !! 0, or gwparam_err_busy: all is still there
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        integer :: status
        character(len=message_length) :: message

        if (present(stat)) stat = gwparam_ok
        call self%begin_call(status, message)
        if (status == gwparam_ok) then
            call self%give_back(status, message)
            if (status == gwparam_ok) call self%forget_offers()
            call self%end_call()
        end if
        if (status /= gwparam_ok) call fail(status, trim(message), stat, errmsg)

    end subroutine free

    subroutine forget_offers(self)

        !! Have fields of `init` and `apply` alone.
        class(gwparam_coupling_t), intent(inout) :: self

        self%offers = offered
        if (allocated(self%own)) deallocate (self%own)
        allocate (self%own(0))

    end subroutine forget_offers

    subroutine give_back(self, status, message)

        !! What `free` does, in a call.
        class(gwparam_coupling_t), intent(inout) :: self
        integer, intent(out) :: status
        character(len=*), intent(inout) :: message

        type(kept_t) :: nothing

        call self%network%free(status, message)
        if (status /= gwparam_ok .or. .not. allocated(self%exists)) return
        deallocate (self%latitude, self%longitude, self%exists, self%row, self%served)
        if (allocated(self%altitude)) deallocate (self%altitude)
        deallocate (self%held_x, self%held_y, self%pressure, self%asked)
        self%window = window_t()
        self%kept = nothing

    end subroutine give_back

    subroutine begin_call(self, status, message)

        !! Keep other threads out of the object until `end_call`, or say that one is in it.
        class(gwparam_coupling_t), intent(inout) :: self
        integer, intent(out) :: status
        character(len=*), intent(inout) :: message

        status = gwparam_ok
        if (exchange(self%calls, 1_c_int32_t) == 0) return
        status = gwparam_err_busy
        message = "the coupling is in use by another thread: expected an object for each thread"

    end subroutine begin_call

    subroutine end_call(self)

        !! Let the next call in.
        class(gwparam_coupling_t), intent(inout) :: self

        integer(c_int32_t) :: before

        before = exchange(self%calls, 0_c_int32_t)

    end subroutine end_call

end module gwparam_coupling
