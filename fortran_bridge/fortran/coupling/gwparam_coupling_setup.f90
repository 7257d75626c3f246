submodule (gwparam_coupling) gwparam_coupling_setup

    !! Setting an object up: its columns and the native scheme.

    implicit none(type, external)

contains

    module procedure init

    integer :: status
    character(len=message_length) :: message

    if (present(stat)) stat = gwparam_ok
    call self%begin_call(status, message)
    if (status == gwparam_ok) then
        call set_up(self, settings, pressure, order, latitude, longitude, columns, native, &
                    & surface_altitude, heights_over_surface, eastward_only, status, message)
        call self%end_call()
    end if
    if (status /= gwparam_ok) call fail(status, trim(message), stat, errmsg)

    end procedure init

    subroutine set_up(self, settings, pressure, order, latitude, longitude, columns, native, &
                      & surface_altitude, heights_over_surface, eastward_only, status, message)

        !! What `init` does, in a call.
        class(gwparam_coupling_t), intent(inout) :: self
        class(gwparam_coupling_settings_t), intent(in) :: settings
        real(dp), intent(in) :: pressure(:)
        integer, intent(in) :: order
        real(dp), intent(in) :: latitude(:,:), longitude(:,:)
        integer, intent(in), optional :: columns(:)
        procedure(gwparam_native_drag), optional :: native
        real(dp), intent(in), optional :: surface_altitude(:,:)
        logical, intent(in), optional :: heights_over_surface, eastward_only
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        integer, allocatable :: valid(:)
        logical, allocatable :: exists(:,:)
        real(dp), allocatable :: top_down(:)
        integer :: i, ignored, j
        character(len=message_length) :: unread

        valid = spread(size(latitude, 1), 1, size(latitude, 2))
        if (present(columns)) valid = columns
        call settings%check(status, message)
        exists = reshape([((i <= valid(j), i=1, size(latitude, 1)), j=1, size(valid))], &
                         & shape(latitude), pad=[.false.])
        if (status == gwparam_ok) call check_columns()
        if (status == gwparam_ok) call check_offers(self, shape(latitude), status, message)
        if (status == gwparam_ok) call check_places(latitude, longitude, exists, status, message)
        if (status == gwparam_ok .and. present(native) .and. settings%native_diagnostics) then
            status = gwparam_err_argument
            message = "native_diagnostics are of the shipped scheme, expected no other with them"
        end if
        if (status /= gwparam_ok) return

        self%settings = settings
        self%is_bottom_up = order == gwparam_bottom_up
        top_down = pressure
        if (self%is_bottom_up) top_down = pressure(size(pressure):1:-1)
        self%pressure = top_down
        self%latitude = latitude
        self%longitude = eastward(longitude, exists)
        if (present(surface_altitude)) self%altitude = surface_altitude
        self%heights_over_surface = .false.
        if (present(heights_over_surface)) self%heights_over_surface = heights_over_surface
        self%eastward_only = .false.
        if (present(eastward_only)) self%eastward_only = eastward_only
        if (.not. allocated(self%offers)) call self%forget_offers()
        self%asked = spread(.false., 1, size(self%offers))
        self%exists = exists
        self%served = .not. self%exists
        self%held_x = reshape([real(dp)::], [shape(latitude), size(pressure)], pad=[0.0_dp])
        self%held_y = self%held_x
        self%is_ringing = .false.
        self%is_placed = .false.
        self%has_time = .false.
        self%draws = 0
        call self%alarm%wind(settings%interval, settings%first)
        self%next_report = settings%report_days
        self%counts = gwparam_coupling_statistics_t(counters=gwparam_statistics_t(), &
            & comparison=comparison_t(), all=comparison_t(), mode=settings%mode, &
            & artefact=settings%artefact, run_log=settings%run_log, &
            & runs_network=settings%runs_network(), runs_native=settings%runs_native(), &
            & lag=settings%lag, members=settings%members, member=settings%member, &
            & member_seed=settings%member_seed, &
            & guards="on_limit = " // trim(settings%on_limit) // ", on_range = " &
            & // trim(settings%on_range) // ", on_unphysical = " // trim(settings%on_unphysical) &
            & // ", on_momentum = " // trim(settings%on_momentum))

        self%row = merge(1, 0, self%exists)
        self%host_native => null()
        if (present(native)) then
            self%host_native => native
        else
            call set_up_native(self, top_down, status, message)
        end if
        if (status == gwparam_ok .and. settings%runs_network()) then
            call self%set_up_network(top_down, status, message)
            if (status == gwparam_ok) call self%network%ranks(self%counts%rank, &
                & self%counts%ranks, status, message)
        end if
        if (status /= gwparam_ok) call self%give_back(ignored, unread)

    contains

        subroutine check_columns()

            if (allocated(self%exists)) then
                status = gwparam_err_argument
                message = "the coupling is set up already, expected a call of free before"
            else if (order /= gwparam_top_down .and. order /= gwparam_bottom_up) then
                status = gwparam_err_argument
                message = "order is " // text(order) // ", expected gwparam_top_down or" &
                                              & // " gwparam_bottom_up"
            else if (any(shape(longitude) /= shape(latitude))) then
                status = gwparam_err_shape
                message = "longitude has shape " // text(shape(longitude)) // ", expected " &
                    & // text(shape(latitude))
            else if (.not. fits(surface_altitude)) then
                status = gwparam_err_shape
                message = "surface_altitude has shape " // text(shape(surface_altitude)) &
                    & // ", expected " // text(shape(latitude))
            else if (size(valid) /= size(latitude, 2)) then
                status = gwparam_err_shape
                message = "columns has " // text(size(valid)) // " values, expected " &
                                                 & // text(size(latitude, 2))
            else if (any(valid < 0 .or. valid > size(latitude, 1))) then
                status = gwparam_err_argument
                message = "columns has " // text(minval(valid)) // " to " // text(maxval(valid)) &
                                                 & // ", expected 0 to " // text(size(latitude, 1))
            end if

        end subroutine check_columns

        pure logical function fits(field)

            !! Whether a field has the shape of the columns, or is absent.
            real(dp), intent(in), optional :: field(:,:)

            fits = .true.
            if (present(field)) fits = all(shape(field) == shape(latitude))

        end function fits

    end subroutine set_up

    subroutine check_places(latitude, longitude, exists, status, message)

        !! Degrees in place of radians lead to other places, without a word.
        real(dp), intent(in) :: latitude(:,:), longitude(:,:)
        logical, intent(in) :: exists(:,:) !! The others are not looked at
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        call check_range("latitude", pack(latitude, exists), pole, "-pi/2 to pi/2")
        if (status == gwparam_ok) call check_range("longitude", pack(longitude, exists), 4*pole, &
            & "-2 pi to 2 pi")

    contains

        subroutine check_range(name, places, largest, expected)

            character(len=*), intent(in) :: name, expected
            real(dp), intent(in) :: places(:), largest

            if (all(abs(places) <= largest)) return
            status = gwparam_err_argument
            message = name // " is up to " // text(maxval(abs(places))) // " radians, expected " &
                                                   & // expected

        end subroutine check_range

    end subroutine check_places

    pure function eastward(longitude, exists)

        !! From 0 to 360, whatever the host counts from [degrees_east].
        real(dp), intent(in) :: longitude(:,:) !! [rad]
        logical, intent(in) :: exists(:,:)
        real(dp) :: eastward(size(longitude, 1), size(longitude, 2))

        eastward = 0.0_dp
        where (exists) eastward = modulo(longitude*degrees_per_radian, 360.0_dp)
        ! A little less than 0 is rounded up to a turn.
        where (eastward >= 360.0_dp) eastward = 0.0_dp

    end function eastward

    subroutine set_up_native(self, pressure, status, message)

        !! The native scheme, whose set-up neighbours of one latitude share as a row.
        class(gwparam_coupling_t), intent(inout) :: self
        real(dp), intent(in) :: pressure(:) !! Top-down [Pa]
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        real(dp) :: row_latitude(size(self%latitude))
        integer :: i, j, n

        n = 0
        do j = 1, size(self%exists, 2)
            do i = 1, size(self%exists, 1)
                if (.not. self%exists(i, j)) cycle
                if (n == 0) then
                    n = 1
                else if (abs(self%latitude(i, j) - row_latitude(n)) > 0.0_dp) then
                    n = n + 1
                end if
                row_latitude(n) = self%latitude(i, j)
                self%row(i, j) = n
            end do
        end do
        if (n == 0) return  ! a rank or a thread without columns
        call self%native%init(self%settings%native, row_latitude(:n), pressure, stat=status, &
                              & errmsg=message)

    end subroutine set_up_native

end submodule gwparam_coupling_setup
