module qbo_testbed

    !! A column of the equator, whose wind turns under the drag of waves; a gwparam host.
    !!
    !!     du/dt + w du/dz - kappa d2u/dz2 + (u - u_r)/tau = drag + G
    !!
    !! Several columns that differ in their waves step together, so that a network sees them in
    !! one call. One forward Euler step comes first. Then the source leaps over two steps, of
    !! which advection, diffusion and relaxation are implicit; or each step is a forward one, in
    !! which they are. Levels count from the bottom.

    use gwparam, only: dp, gwparam_bottom_up, gwparam_err_argument, gwparam_err_shape, gwparam_ok
    use gwparam_coupling, only: gwparam_coupling_settings_t, gwparam_coupling_t
    use qbo_waves, only: source_flux, spectral_width, wave_drag
    implicit none(type, external)
    private

    real(dp), parameter :: pi = acos(-1.0_dp)
    real(dp), parameter :: gravity = 9.8_dp !! [m s-2]
    real(dp), parameter :: gas_constant = 287.04_dp !! Of dry air [J kg-1 K-1]
    real(dp), parameter :: reference_pressure = 101325.0_dp !! [Pa]
    real(dp), parameter :: seconds_per_day = 86400.0_dp
    real(dp), parameter :: semiannual_bottom = 28.0e3_dp !! Of its forcing [m]
    real(dp), parameter :: semiannual_days = 180.0_dp

    type, public :: column_t
        !! All that does not change; arrays are (level).
        real(dp), allocatable :: height(:), pressure(:), temperature(:) !! [m], [Pa], [K]
        real(dp), allocatable :: half_pressure(:)
        !! Of the boundaries, one more, the lowest that of the surface [Pa]; absent: unknown
        real(dp), allocatable :: wind(:) !! At the start; the first and the last stay [m s-1]
        real(dp), allocatable :: upwelling(:) !! w [m s-1]
        real(dp), allocatable :: diffusivity(:) !! kappa [m2 s-1]
        real(dp), allocatable :: relaxation(:) !! 1/tau, towards the wind at the start [s-1]
        integer :: lowest = 2 !! Level whose wind is free; those below stay
        real(dp) :: semiannual = 0.0_dp !! G_sa, semi-annual forcing above 28 km [m s-1]
        real(dp) :: step = seconds_per_day !! Of time [s]
        logical :: leaps = .true. !! Whether the source leaps over two steps
        real(dp) :: wind_limit = 300.0_dp !! Beyond it a column is not stepped any more [m s-1]
        logical :: has_own_waves = .true. !! Whether the native scheme is qbo_waves
    end type column_t

    type, public :: testbed_t
        !! Columns with their drag.
        type(column_t), private :: column
        type(gwparam_coupling_t), private :: drag
        real(dp), allocatable :: u(:,:) !! Wind now [m s-1] (column, level)
        integer, allocatable :: stopped(:) !! Step that led beyond the limit, 0: none (column)
        integer :: steps = 0 !! Until now
        real(dp), allocatable, private :: before(:,:) !! Wind a step before [m s-1]
        real(dp), allocatable, private :: lower(:), middle(:), upper(:) !! D of a level [1]
        real(dp), allocatable, private, dimension(:,:) :: pressure, height, temperature, &
             & half_pressure, no_wind !! As the coupling takes them (column, level)

    contains
        procedure :: init !! Set up
        procedure :: advance !! One step
        procedure :: needs !! Whether the network has an input
        procedure :: free !! Give all back
    end type testbed_t

    public :: isothermal_column

contains

    pure subroutine isothermal_column(column, levels, bottom, spacing, temperature, upwelling, &
                                      & diffusivity, shear_scale)

        !! The column of the testbed: even levels, one temperature, a jet to start with.
        type(column_t), intent(out) :: column
        integer, intent(in) :: levels
        real(dp), intent(in) :: bottom, spacing !! [m]
        real(dp), intent(in) :: temperature !! [K]
        real(dp), intent(in) :: upwelling !! [m s-1]
        real(dp), intent(in) :: diffusivity !! [m2 s-1]
        real(dp), intent(in) :: shear_scale !! Wind at the start in the middle [m s-1]

        real(dp) :: top
        integer :: k

        column%height = [(bottom + spacing*k, k=0, levels - 1)]
        column%pressure = reference_pressure*exp(-gravity*column%height/(gas_constant*temperature))
        column%temperature = spread(temperature, 1, levels)
        top = column%height(levels)
        column%wind = -shear_scale*4.0_dp*(column%height - bottom)*(column%height - top)/(top &
                                           & - bottom)**2
        column%upwelling = spread(upwelling, 1, levels)
        column%diffusivity = spread(diffusivity, 1, levels)
        column%relaxation = spread(0.0_dp, 1, levels)

    end subroutine isothermal_column

    subroutine init(self, column, columns, settings, stat, errmsg)

        !! Set so many columns up, and load the network if the settings ask for one.
        class(testbed_t), intent(inout) :: self
        type(column_t), intent(in) :: column
        integer, intent(in) :: columns
        class(gwparam_coupling_settings_t), intent(in) :: settings
        integer, intent(out) :: stat !! 0, or of the coupling
        character(len=*), intent(inout) :: errmsg

        real(dp), dimension(columns, 1) :: place

        call check(column, columns, stat, errmsg)
        if (stat /= gwparam_ok) return
        self%column = column
        self%u = spread(column%wind, 1, columns)
        self%before = self%u
        self%stopped = spread(0, 1, columns)
        self%steps = 0
        self%pressure = spread(column%pressure, 1, columns)
        if (allocated(column%half_pressure)) then
            self%half_pressure = spread(column%half_pressure, 1, columns)
        end if
        self%height = spread(column%height, 1, columns)
        self%temperature = spread(column%temperature, 1, columns)
        call set_operator(self)
        ! The equator, at longitudes of which nothing depends.
        place = 0.0_dp
        if (column%has_own_waves) then
            call self%drag%offer("source_flux", place, "Pa", stat, errmsg)
            if (stat == gwparam_ok) call self%drag%offer("spectral_width", place, "m s-1", stat, &
                & errmsg)
            if (stat /= gwparam_ok) return
            call self%drag%init(settings, column%pressure, gwparam_bottom_up, place, place, &
                                & stat=stat, errmsg=errmsg, native=wave_drag, eastward_only=.true.)
        else
            ! AD99 and some networks see a northward wind: there is none.
            self%no_wind = 0.0_dp*self%u
            call self%drag%init(settings, column%pressure, gwparam_bottom_up, place, place, &
                                & stat=stat, errmsg=errmsg, eastward_only=.true.)
        end if

    end subroutine init

    subroutine check(column, columns, stat, errmsg)

        !! Whether all is there.
        type(column_t), intent(in) :: column
        integer, intent(in) :: columns
        integer, intent(out) :: stat
        character(len=*), intent(inout) :: errmsg

        integer :: n

        stat = gwparam_err_shape
        n = size(column%height)
        if (any([size(column%pressure), size(column%temperature), size(column%wind), &
            & size(column%upwelling), size(column%diffusivity), &
            & size(column%relaxation)] /= n) .or. n < 3) then
            errmsg = "a profile of the column has another number of levels, or less than 3"
            return
        end if
        if (allocated(column%half_pressure)) then
            if (size(column%half_pressure) /= n + 1) then
                errmsg = "half_pressure has another number of levels, expected one more"
                return
            end if
        end if
        stat = gwparam_err_argument
        if (any(column%height(2:) <= column%height(:n - 1))) then
            errmsg = "height does not increase from the bottom of the column to its top"
        else if (columns < 1 .or. column%lowest < 2 .or. column%lowest >= n) then
            errmsg = "expected a column at least, and a level whose wind is free between others"
        else if (.not. column%step > 0.0_dp) then
            errmsg = "expected a step of time of more than 0 s"
        else
            stat = gwparam_ok
        end if

    end subroutine check

    subroutine set_operator(self)

        !! D = dt (w d/dz - kappa d2/dz2 + 1/tau), centred; 0 where the wind stays.
        type(testbed_t), intent(inout) :: self

        integer :: k, n
        real(dp) :: above, below, both

        n = size(self%column%height)
        self%lower = spread(0.0_dp, 1, n)
        self%middle = self%lower
        self%upper = self%lower
        associate (c => self%column)
            do k = c%lowest, n - 1
                below = c%height(k) - c%height(k - 1)
                above = c%height(k + 1) - c%height(k)
                both = above + below
                self%lower(k) = c%step*(-c%upwelling(k)/both - 2.0_dp*c%diffusivity(k)/(below*both))
                self%upper(k) = c%step*(c%upwelling(k)/both - 2.0_dp*c%diffusivity(k)/(above*both))
                self%middle(k) = -(self%lower(k) + self%upper(k)) + c%step*c%relaxation(k)
            end do
        end associate

    end subroutine set_operator

    subroutine advance(self, flux, width, stat, errmsg)

        !! One step, with the waves of its day.
        class(testbed_t), intent(inout) :: self
        real(dp), intent(in) :: flux(:) !! F_s [Pa] (column)
        real(dp), intent(in) :: width(:) !! c_w [m s-1] (column)
        integer, intent(out) :: stat !! 0, or of the coupling: the wind is as it was
        character(len=*), intent(inout) :: errmsg

        real(dp), dimension(size(self%u, 1), size(self%u, 2)) :: next, tendency
        real(dp) :: span
        integer :: k

        call find_drag(self, flux, width, tendency, stat, errmsg)
        if (stat /= gwparam_ok) return
        associate (c => self%column)
            do k = c%lowest, size(c%height) - 1
                tendency(:,k) = tendency(:,k) + semiannual(c, c%height(k), &
                         & self%steps*c%step) + c%relaxation(k)*c%wind(k)
            end do
            tendency(:,:c%lowest - 1) = 0.0_dp
            tendency(:,size(c%height)) = 0.0_dp
            span = c%step
            if (.not. c%leaps) then
                next = self%u + span*tendency
                call solve(self, next)
            else if (self%steps == 0) then
                next = self%u - applied(self, self%u) + span*tendency
            else
                next = self%before - applied(self, self%before) + 2.0_dp*span*tendency
                call solve(self, next)
            end if
        end associate
        self%steps = self%steps + 1
        call stop_columns(self, next)
        self%before = self%u
        self%u = next

    end subroutine advance

    subroutine find_drag(self, flux, width, tendency, stat, errmsg)

        !! What the coupling gives: the native scheme, or the network, as the namelist says.
        class(testbed_t), intent(inout) :: self
        real(dp), intent(in) :: flux(:), width(:)
        real(dp), intent(inout) :: tendency(:,:) !! [m s-2] (column, level)
        integer, intent(out) :: stat
        character(len=*), intent(inout) :: errmsg

        real(dp) :: latitude(size(self%u, 1)), wind(size(self%u, 1), size(self%u, 2))
        integer :: going, n

        latitude = 0.0_dp
        tendency = 0.0_dp
        source_flux = flux
        spectral_width = width
        wind = self%u
        ! A column that has stopped is as one that goes on, so that it can end no other.
        going = findloc(self%stopped, 0, dim=1)
        do n = 1, size(self%stopped)
            if (self%stopped(n) == 0 .or. going == 0) cycle
            source_flux(n) = flux(going)
            spectral_width(n) = width(going)
            wind(n,:) = wind(going,:)
        end do
        stat = gwparam_ok
        if (self%needs("source_flux")) call self%drag%offer("source_flux", one_row(source_flux), &
            & "Pa", stat, errmsg)
        if (stat == gwparam_ok .and. self%needs("spectral_width")) then
            call self%drag%offer("spectral_width", one_row(spectral_width), "m s-1", stat, errmsg)
        end if
        if (stat /= gwparam_ok) return
        call self%drag%set_time(self%steps*self%column%step/seconds_per_day)
        ! What is not allocated is an absent argument.
        call self%drag%apply(1, self%column%step, latitude, self%pressure, self%height, &
                             & self%temperature, wind, self%no_wind, dudt=tendency, &
                             & half_pressure=self%half_pressure, stat=stat, errmsg=errmsg)

    end subroutine find_drag

    pure function one_row(values) result(field)

        real(dp), intent(in) :: values(:)
        real(dp) :: field(size(values), 1)

        field(:,1) = values

    end function one_row

    pure real(dp) function semiannual(column, height, seconds)
        !! G, the forcing of the semi-annual oscillation [m s-2].
        type(column_t), intent(in) :: column
        real(dp), intent(in) :: height !! [m]
        real(dp), intent(in) :: seconds !! Since the start [s]

        real(dp) :: frequency

        semiannual = 0.0_dp
        if (height <= semiannual_bottom) return
        frequency = 2.0_dp*pi/(semiannual_days*seconds_per_day)
        semiannual = column%semiannual*2.0_dp*(height - semiannual_bottom) &
                                               & /1000.0_dp*frequency*sin(frequency*seconds)

    end function semiannual

    pure function applied(self, wind) result(change)

        !! D of a wind [m s-1] (column, level).
        class(testbed_t), intent(in) :: self
        real(dp), intent(in) :: wind(:,:)
        real(dp) :: change(size(wind, 1), size(wind, 2))

        integer :: k

        change = 0.0_dp
        do k = 2, size(wind, 2) - 1
            change(:,k) = self%lower(k)*wind(:,k - 1) + self%middle(k)*wind(:, &
                   & k) + self%upper(k)*wind(:,k + 1)
        end do

    end function applied

    pure subroutine solve(self, wind)

        !! (1 + D) x = wind, by elimination from the bottom: D has no row at either end.
        class(testbed_t), intent(in) :: self
        real(dp), intent(inout) :: wind(:,:) !! In: right-hand side, out: x (column, level)

        real(dp) :: share(size(wind, 2)), pivot
        integer :: k

        share = 0.0_dp
        do k = 2, size(wind, 2) - 1
            pivot = 1.0_dp + self%middle(k) - self%lower(k)*share(k - 1)
            share(k) = self%upper(k)/pivot
            wind(:,k) = (wind(:,k) - self%lower(k)*wind(:,k - 1))/pivot
        end do
        do k = size(wind, 2) - 1, 2, -1
            wind(:,k) = wind(:,k) - share(k)*wind(:,k + 1)
        end do

    end subroutine solve

    pure subroutine stop_columns(self, next)

        !! A column beyond the limit has its first wind from now on, and counts no more.
        class(testbed_t), intent(inout) :: self
        real(dp), intent(inout) :: next(:,:) !! Wind (column, level)

        integer :: n

        do n = 1, size(next, 1)
            if (self%stopped(n) == 0) then
                if (all(abs(next(n,:)) <= self%column%wind_limit)) cycle
                self%stopped(n) = self%steps
            end if
            next(n,:) = self%column%wind
            self%u(n,:) = self%column%wind
        end do

    end subroutine stop_columns

    logical function needs(self, name)

        !! Whether the network has an input, by its name in a contract.
        class(testbed_t), intent(in) :: self
        character(len=*), intent(in) :: name

        needs = self%drag%needs(name)

    end function needs

    subroutine free(self)

        !! Give the network back.
        class(testbed_t), intent(inout) :: self

        integer :: ignored
        character(len=512) :: unread

        call self%drag%free(ignored, unread)

    end subroutine free

end module qbo_testbed
