submodule (gwparam_coupling:gwparam_coupling_step) gwparam_coupling_recompute

    !! Native scheme and network on one window, and what of their drag is held.

    implicit none(type, external)

contains

    module procedure recompute

    type(columns_t) :: columns
    type(gwparam_statistics_t) :: counters
    type(native_window_t), target :: native
    real(dp), allocatable :: over_sea(:,:,:) !! Heights, as the network sees them [m]
    real(dp), allocatable :: altitude(:,:) !! What is not allocated is an absent argument
    real(dp), allocatable, target :: no_wind(:,:,:) !! Northward, of a host that has none
    integer :: n

    n = size(pressure, 3)
    if (any(pressure(:,:,2:) <= pressure(:,:,:n - 1))) then
        status = gwparam_err_argument
        message = "pressure does not increase from the top of the model to its surface"
        return
    end if
    self%window = window_t()
    native = native_window_t(shipped=self%native, of_host=self%host_native, &
                             & is_bottom_up=self%is_bottom_up, i=i, j=j, &
                             & row=self%row(i:i + size(u, 1) - 1,j:j + size(u, 2) - 1), &
                             & latitude=latitude, pressure=pressure, height=height, &
                             & temperature=temperature, u=u)
    if (present(v)) then
        native%v => v
    else
        ! Its own scheme alone looks at it (check_winds), and nobody at what it gives for it.
        no_wind = 0.0_dp*u
        native%v => no_wind
    end if
    if (self%settings%falls_back() .and. self%counts%recomputations == 0) then
        call native%check(status, message)
        if (status /= gwparam_ok) return
    end if
    if (self%settings%runs_native()) then
        call run_native(self, native, status, message)
        if (status /= gwparam_ok) return
        native%drag_x => self%window%native_x
        native%drag_y => self%window%native_y
    end if
    if (self%settings%runs_network()) then
        call prepare_network(self, latitude, present(surface_pressure), present(half_pressure), &
                             & status, message)
        if (status /= gwparam_ok) return
        call self%network%set_native(native, status, message)
        if (status /= gwparam_ok) return
        associate (ie => i + size(u, 1) - 1, je => j + size(u, 2) - 1)
            if (allocated(self%altitude)) altitude = self%altitude(i:ie,j:je)
        end associate
        over_sea = height
        if (self%asked(height_field) .and. self%heights_over_surface) over_sea = over_sea &
            & + spread(altitude, 3, n)
        if (self%settings%records()) then
            call self%keep_inputs(i, j, latitude, pressure, over_sea, temperature, u, v, &
                                  & surface_pressure, half_pressure)
        end if
        associate (ie => i + size(u, 1) - 1, je => j + size(u, 2) - 1)
            allocate (self%window%network_x, mold=u)
            if (.not. self%eastward_only) allocate (self%window%network_y, mold=u)
            ! What a guard keeps stays as it was, and a network gives no NaN.
            self%window%network_x = ieee_value(1.0_dp, ieee_quiet_nan)
            call run_network(self, i, j, latitude, self%longitude(i:ie,j:je), pressure, over_sea, &
                             & temperature, u, v, surface_pressure, half_pressure, altitude, &
                             & counters, status, message)
            if (status == gwparam_ok) call keep_held(self%window, self%held_x(i:ie,j:je,:), &
                & self%held_y(i:ie,j:je,:))
        end associate
        call self%network%set_native(stat=n)
        if (self%settings%records() .and. status == gwparam_ok) then
            call self%keep_results(i, j, counters, status, message)
        else if (self%settings%records()) then
            call self%note_failure(trim(message))
        end if
        if (status /= gwparam_ok) return
    end if
    associate (w => self%window, c => self%counts%comparison, ie => i + size(u, 1) - 1, &
               & je => j + size(u, 2) - 1)
        if (self%settings%runs_network()) then
            columns%latitude = latitude*degrees_per_radian
            columns%longitude = self%longitude(i:ie,j:je)
            columns%pressure = pressure
            columns%run = self%counts%recomputations + 1
            columns%rank = self%counts%rank
            columns%date = self%counts%date
            ! What is not allocated is an absent argument.
            call c(1)%compare("eastward drag", columns, w%network_x, w%native_x)
            if (.not. self%eastward_only) call c(2)%compare("northward drag", columns, &
                & w%network_y, w%native_y)
        end if
        if (self%settings%mode == "ml") then
            call hold_network(self, i, j, latitude, pressure)
        else
            self%held_x(i:ie,j:je,:) = w%native_x
            if (.not. self%eastward_only) self%held_y(i:ie,j:je,:) = w%native_y
        end if
    end associate

    end procedure recompute

    pure subroutine keep_held(window, held_x, held_y)

        !! Fill in the drag that is held where a guard keeps it.
        type(window_t), intent(inout) :: window
        real(dp), intent(in), dimension(:,:,:) :: held_x, held_y

        integer :: k

        window%keeps = ieee_is_nan(window%network_x(:,:,1))
        if (.not. any(window%keeps)) return
        do k = 1, size(held_x, 3)
            where (window%keeps) window%network_x(:,:,k) = held_x(:,:,k)
            if (.not. allocated(window%network_y)) cycle
            where (window%keeps) window%network_y(:,:,k) = held_y(:,:,k)
        end do

    end subroutine keep_held

    subroutine hold_network(self, i, j, latitude, pressure)

        !! Hold the drag of the network, or what it is together with the native one.
        class(gwparam_coupling_t), intent(inout) :: self
        integer, intent(in) :: i, j
        real(dp), intent(in) :: latitude(:,:), pressure(:,:,:)

        real(dp), allocatable :: share(:,:,:)

        associate (w => self%window, ie => i + size(latitude, 1) - 1, je => j + size(latitude, &
                   & 2) - 1)
            if (.not. self%settings%blend%is_on()) then
                self%held_x(i:ie,j:je,:) = w%network_x
                if (.not. self%eastward_only) self%held_y(i:ie,j:je,:) = w%network_y
                return
            end if
            ! What is not allocated is an absent argument.
            share = self%settings%blend%weights(self%counts%days, latitude*degrees_per_radian, &
                                                & pressure, w%expected_error)
            self%counts%blended = self%counts%blended + sum(nint(share*blend_units, int64))
            self%counts%blended_values = self%counts%blended_values + size(share, kind=int64)
            ! What is kept was mixed as it was computed.
            where (spread(w%keeps, 3, size(share, 3))) share = 1.0_dp
            self%held_x(i:ie,j:je,:) = blended(share, w%network_x, w%native_x)
            if (.not. self%eastward_only) self%held_y(i:ie,j:je,:) = blended(share, w%network_y, &
                & w%native_y)
        end associate

    end subroutine hold_network

    subroutine run_native(self, native, status, message)

        !! Drag of the native scheme in all columns of a window.
        class(gwparam_coupling_t), intent(inout), target :: self
        type(native_window_t), intent(in) :: native
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        real(dp), allocatable, dimension(:,:) :: x, y
        integer :: n

        associate (w => self%window, its => native)
            allocate (w%native_x, w%native_y, mold=its%u)
            if (associated(its%of_host)) then
                allocate (x(size(its%u, 3), size(its%latitude)), source=0.0_dp)
                y = x
                call its%drag_of([(n, n=1, size(its%latitude))], x, y, status, message)
                w%native_x = reshape(x, shape(its%u), order=[3, 1, 2])
                w%native_y = reshape(y, shape(its%u), order=[3, 1, 2])
                return
            end if
            if (self%settings%native_diagnostics) then
                allocate (w%buoyancy_frequency, w%diffusivity_x, w%diffusivity_y, mold=its%u)
            end if
            ! What is not allocated is absent.
            call self%native%drag(its%row, its%latitude, its%pressure, its%height, &
                                  & its%temperature, its%u, its%v, w%native_x, w%native_y, &
                                  & w%diffusivity_x, w%diffusivity_y, &
                                  & buoyancy_frequency=w%buoyancy_frequency, stat=status, &
                                  & errmsg=message)
            if (status /= gwparam_ok) message = trim(message) // " of the window"
        end associate

    end subroutine run_native

    subroutine prepare_network(self, latitude, has_surface_pressure, has_half_pressure, status, &
                               & message)

        !! See that the window has all that the network needs, and say where its columns are.
        class(gwparam_coupling_t), intent(inout) :: self
        real(dp), intent(in) :: latitude(:,:)
        logical, intent(in) :: has_surface_pressure, has_half_pressure
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        character(len=*), parameter :: seen(3) = [character(len=7)::"column","stencil", "global"]

        if (self%asked(half_levels_field) .and. .not. has_half_pressure) then
            status = gwparam_err_argument
            message = "the network gives fluxes or has levels of its own, so half_pressure is" &
                & // " needed: the pressure at half levels"
        else if (self%asked(surface_field) .and. .not. (has_surface_pressure &
                 & .or. has_half_pressure)) then
            status = gwparam_err_argument
            message = "the network needs surface_pressure or half_pressure"
        else if ((self%geometry /= gwparam_column .or. self%settings%lag == 1) &
                 & .and. size(latitude) /= count(self%exists)) then
            status = gwparam_err_argument
            message = "the network sees more than single columns (" // trim(seen(self%geometry)) &
                & // "), or lag = 1, so the window must hold all columns of the rank: it has " &
                & // text(size(latitude)) // ", expected " // text(count(self%exists))
        else if (self%geometry /= gwparam_column .and. .not. self%is_placed) then
            call self%network%set_columns(latitude*degrees_per_radian, &
                                          & self%longitude(:size(latitude, 1),:), stat=status, &
                                          & errmsg=message)
            self%is_placed = status == gwparam_ok
        end if

    end subroutine prepare_network

    subroutine run_network(self, i, j, latitude, longitude, pressure, height, temperature, u, v, &
                           & surface_pressure, half_pressure, altitude, counters, status, message)

        !! Drag of the network; columns that a guard keeps have what is in the window.
        class(gwparam_coupling_t), intent(inout) :: self
        integer, intent(in) :: i, j !! Where the window begins
        real(dp), intent(in) :: latitude(:,:) !! [rad]
        real(dp), intent(in) :: longitude(:,:) !! [degrees_east]
        real(dp), intent(in), dimension(:,:,:) :: pressure, height, temperature, u
        real(dp), intent(in), optional :: v(:,:,:)
        real(dp), intent(in), optional :: surface_pressure(:,:), half_pressure(:,:,:)
        real(dp), intent(in), optional :: altitude(:,:) !! Of the surface [m]
        type(gwparam_statistics_t), intent(inout) :: counters !! Of the network, after the run
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        integer :: f

        call self%network%put_place(latitude*degrees_per_radian, longitude, &
                                    & date=self%counts%date, stat=status, errmsg=message)
        call put_levels(u_field, u)
        if (present(v)) call put_levels(v_field, v)
        call put_levels(temperature_field, temperature)
        call put_levels(pressure_field, pressure)
        call put_levels(height_field, height)
        if (present(half_pressure)) call put_levels(half_levels_field, half_pressure)
        if (present(surface_pressure)) then
            call put_surface(surface_field, surface_pressure)
        else if (present(half_pressure)) then
            call put_surface(surface_field, half_pressure(:,:,size(half_pressure, 3)))
        end if
        call put_surface(latitude_field, latitude*degrees_per_radian)
        call put_surface(longitude_field, longitude)
        if (present(altitude)) call put_surface(altitude_field, altitude)
        do f = 1, size(self%own)
            call put_surface(size(offered) + f, self%own(f)%values(i:i + size(u, 1) - 1, &
                             & j:j + size(u, 2) - 1,1))
        end do
        ! Of the recomputation, of which there may be several windows.
        if (status == gwparam_ok) call self%network%set_draw(self%draws &
            & + self%counts%recomputations + 1, status, message)
        if (status /= gwparam_ok) return
        call self%network%run(stat=status, errmsg=message)
        if (status /= gwparam_ok) return
        associate (w => self%window)
            call self%network%get(trim(drag_name(1)), w%network_x, units="m s-2", stat=status, &
                                  & errmsg=message)
            if (status == gwparam_ok .and. .not. self%eastward_only) then
                call self%network%get(trim(drag_name(2)), w%network_y, units="m s-2", &
                                      & stat=status, errmsg=message)
            end if
            if (status /= gwparam_ok) return
            if (self%tells_error) then
                allocate (w%expected_error, mold=latitude)
                w%expected_error = 0.0_dp
                call self%network%get(error_name, w%expected_error, stat=status, errmsg=message)
            end if
            if (status /= gwparam_ok) return
        end associate
        call self%network%statistics(counters, stat=status, errmsg=message)
        self%counts%momentum_imbalance = max(self%counts%momentum_imbalance, &
                                             & counters%momentum_imbalance)

    contains

        subroutine put_levels(n, field)

            integer, intent(in) :: n
            real(dp), intent(in) :: field(:,:,:)

            if (status /= gwparam_ok .or. .not. self%asked(n)) return
            call self%network%put(trim(self%offers(n)%name), field, &
                                  & units=trim(self%offers(n)%units), stat=status, errmsg=message)

        end subroutine put_levels

        subroutine put_surface(n, field)

            integer, intent(in) :: n
            real(dp), intent(in) :: field(:,:)

            if (status /= gwparam_ok .or. .not. self%asked(n)) return
            call self%network%put(trim(self%offers(n)%name), field, &
                                  & units=trim(self%offers(n)%units), stat=status, errmsg=message)

        end subroutine put_surface

    end subroutine run_network

end submodule gwparam_coupling_recompute
