submodule (gwparam_coupling) gwparam_coupling_step

    !! One window of a step: whether it can be served, and with what is held.

    implicit none(type, external)

    real(dp), parameter :: seconds_per_day = 86400.0_dp

    interface
        module subroutine recompute(self, i, j, latitude, pressure, height, temperature, u, v, &
                                    & surface_pressure, half_pressure, status, message)

            !! Run what the mode asks for, and hold the drag of the window.
            implicit none(type, external)
            class(gwparam_coupling_t), intent(inout), target :: self
            integer, intent(in) :: i, j
            real(dp), intent(in), target :: latitude(:,:)
            real(dp), intent(in), dimension(:,:,:), target :: pressure, height, temperature, u
            real(dp), intent(in), target, optional :: v(:,:,:)
            real(dp), intent(in), optional :: surface_pressure(:,:), half_pressure(:,:,:)
            integer, intent(inout) :: status
            character(len=*), intent(inout) :: message

        end subroutine recompute
    end interface

contains

    module procedure apply_window

    integer :: status
    character(len=message_length) :: message

    if (present(stat)) stat = gwparam_ok
    call self%begin_call(status, message)
    if (status == gwparam_ok) then
        call check_and_serve(self, i, j, dt, latitude, pressure, height, temperature, u, v, dudt, &
                             & dvdt, surface_pressure, half_pressure, status, message)
        call self%end_call()
    end if
    if (status /= gwparam_ok) call fail(status, trim(message), stat, errmsg)

    end procedure apply_window

    module procedure apply_columns

    ! What is not allocated is an absent argument.
    real(dp), allocatable :: at_half(:,:,:), at_surface(:,:), drag_x(:,:,:), drag_y(:,:,:)
    real(dp), allocatable :: northward(:,:,:)
    integer :: n, shortest, status
    character(len=message_length) :: message

    if (present(stat)) stat = gwparam_ok
    call self%begin_call(status, message)
    if (status /= gwparam_ok) then
        call fail(status, trim(message), stat, errmsg)
        return
    end if
    n = 0
    if (allocated(self%exists)) then
        if (j >= 1 .and. j <= size(self%exists, 2)) n = count(self%exists(:,j))
    end if
    shortest = min(size(latitude), size(pressure, 1), size(height, 1), size(temperature, 1), &
                   & size(u, 1), size(dudt, 1))
    if (present(v)) shortest = min(shortest, size(v, 1))
    if (present(dvdt)) shortest = min(shortest, size(dvdt, 1))
    if (present(surface_pressure)) shortest = min(shortest, size(surface_pressure))
    if (present(half_pressure)) shortest = min(shortest, size(half_pressure, 1))
    if (shortest < n) then
        status = gwparam_err_shape
        message = "an array of the chunk has " // text(shortest) &
            & // " columns, expected at least " // text(n)
    else
        allocate (drag_x(n, 1, size(dudt, 2)), source=0.0_dp)
        if (present(dvdt)) allocate (drag_y(n, 1, size(dvdt, 2)), source=0.0_dp)
        if (present(v)) northward = window_of(v, n)
        if (present(surface_pressure)) at_surface = reshape(surface_pressure(:n), [n, 1])
        if (present(half_pressure)) at_half = window_of(half_pressure, n)
        call check_and_serve(self, 1, j, dt, reshape(latitude(:n), [n, 1]), window_of(pressure, &
                             & n), window_of(height, n), window_of(temperature, n), window_of(u, &
                             & n), northward, drag_x, drag_y, at_surface, at_half, status, message)
    end if
    if (status == gwparam_ok) then
        dudt(:n,:) = drag_x(:,1,:)
        if (present(dvdt)) dvdt(:n,:) = drag_y(:,1,:)
    end if
    call self%end_call()
    if (status /= gwparam_ok) call fail(status, trim(message), stat, errmsg)

    end procedure apply_columns

    subroutine check_and_serve(self, i, j, dt, latitude, pressure, height, temperature, u, v, &
                               & dudt, dvdt, surface_pressure, half_pressure, status, message)

        !! What `apply` does, in a call.
        class(gwparam_coupling_t), intent(inout) :: self
        integer, intent(in) :: i, j
        real(dp), intent(in) :: dt, latitude(:,:)
        real(dp), dimension(:,:,:), intent(in) :: pressure, height, temperature, u
        real(dp), intent(in), optional :: v(:,:,:)
        real(dp), intent(inout) :: dudt(:,:,:)
        real(dp), intent(inout), optional :: dvdt(:,:,:)
        real(dp), intent(in), optional :: surface_pressure(:,:), half_pressure(:,:,:)
        integer, intent(out) :: status
        character(len=*), intent(inout) :: message

        ! What is not allocated is an absent argument.
        real(dp), allocatable, dimension(:,:,:) :: at_half, drag_y, northward
        integer :: n
        logical :: is_served

        n = size(pressure, 3)
        call check_window(self, i, j, [shape(latitude), n], status, message)
        call check_shape("pressure", shape(pressure), [shape(latitude), n], status, message)
        call check_shape("height", shape(height), [shape(latitude), n], status, message)
        call check_shape("temperature", shape(temperature), [shape(latitude), n], status, message)
        call check_shape("u", shape(u), [shape(latitude), n], status, message)
        if (present(v)) call check_shape("v", shape(v), [shape(latitude), n], status, message)
        call check_shape("dudt", shape(dudt), [shape(latitude), n], status, message)
        if (present(dvdt)) call check_shape("dvdt", shape(dvdt), [shape(latitude), n], status, &
            & message)
        call check_winds(self, present(v), present(dvdt), status, message)
        if (present(surface_pressure)) call check_shape("surface_pressure", &
            & shape(surface_pressure), shape(latitude), status, message)
        if (present(half_pressure)) call check_shape("half_pressure", shape(half_pressure), &
            & [shape(latitude), n + 1], status, message)
        call check_values(self, dt, latitude, status, message)
        is_served = status /= gwparam_ok
        ! A rank without any columns goes on: the others wait for it.
        ! Not one condition: before init there is nothing to count, and all of one may be worked
        ! out.
        if (.not. is_served .and. size(latitude) == 0) is_served = any(self%exists)
        if (.not. is_served .and. .not. self%is_bottom_up) then
            call serve(self, i, j, dt, latitude, pressure, height, temperature, u, v, dudt, dvdt, &
                       & surface_pressure, half_pressure, status, message)
        else if (.not. is_served) then
            if (present(half_pressure)) at_half = half_pressure(:,:,size(half_pressure, 3):1:-1)
            if (present(v)) northward = v(:,:,n:1:-1)
            if (present(dvdt)) drag_y = dvdt(:,:,n:1:-1)
            call serve(self, i, j, dt, latitude, pressure(:,:,n:1:-1), height(:,:,n:1:-1), &
                       & temperature(:,:,n:1:-1), u(:,:,n:1:-1), northward, dudt(:,:,n:1:-1), &
                       & drag_y, surface_pressure, at_half, status, message)
            if (present(dvdt)) dvdt = drag_y(:,:,n:1:-1)
        end if

    end subroutine check_and_serve

    pure function window_of(field, n) result(window)

        !! The first columns of a chunk (column, level) as a window.
        real(dp), intent(in) :: field(:,:)
        integer, intent(in) :: n
        real(dp), allocatable :: window(:,:,:)

        window = reshape(field(:n,:), [n, 1, size(field, 2)])

    end function window_of

    subroutine check_shape(name, extents, expected, status, message)

        character(len=*), intent(in) :: name
        integer, intent(in) :: extents(:), expected(:)
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        if (status /= gwparam_ok .or. all(extents == expected)) return
        status = gwparam_err_shape
        message = name // " has shape " // text(extents) // ", expected " // text(expected)

    end subroutine check_shape

    subroutine check_winds(self, has_v, has_dvdt, status, message)

        !! Whether the northward wind is there as `init` was told.
        class(gwparam_coupling_t), intent(in) :: self
        logical, intent(in) :: has_v, has_dvdt
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        if (status /= gwparam_ok) return
        if (.not. self%eastward_only .and. .not. (has_v .and. has_dvdt)) then
            message = "v or dvdt is absent, expected both, or a call of init with eastward_only"
        else if (self%eastward_only .and. has_dvdt) then
            message = "dvdt is given, expected none: init was told eastward_only"
        else if (self%eastward_only .and. .not. has_v .and. self%asked(v_field)) then
            message = "the network sees northward_wind, so v is needed, though init was told" &
                & // " eastward_only"
        else if (.not. has_v .and. .not. associated(self%host_native) &
                 & .and. (self%settings%runs_native() .or. self%settings%falls_back())) then
            message = "the native scheme of Alexander and Dunkerton sees both winds, so v is" &
                & // " needed, though init was told eastward_only"
        else
            return
        end if
        status = gwparam_err_argument

    end subroutine check_winds

    subroutine check_values(self, dt, latitude, status, message)

        !! Whether time goes on by what the alarm counts, and latitudes are radians.
        class(gwparam_coupling_t), intent(in) :: self
        real(dp), intent(in) :: dt, latitude(:,:)
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        if (status /= gwparam_ok) return
        status = gwparam_err_argument
        if (.not. (dt > 0.0_dp .and. dt < huge(1))) then
            message = "dt is " // text(dt) // " s, expected more than 0"
        else if (self%settings%interval > 0 .and. abs(dt - anint(dt)) > 0.0_dp) then
            message = "dt is " // text(dt) // " s, expected whole seconds, as the interval has"
        else if (any(abs(latitude) > pole)) then
            message = "latitude is up to " // text(maxval(abs(latitude))) &
                                                   & // " radians, expected -pi/2 to pi/2"
        else
            status = gwparam_ok
        end if

    end subroutine check_values

    subroutine check_window(self, i, j, extents, status, message)

        !! Whether a window is one of columns that were not served in this step.
        class(gwparam_coupling_t), intent(in) :: self
        integer, intent(in) :: i, j, extents(3)
        integer, intent(out) :: status
        character(len=*), intent(inout) :: message

        integer :: ends(2)

        status = gwparam_err_argument
        if (.not. allocated(self%exists)) then
            message = "the coupling is not set up, expected a call of init before"
            return
        end if
        ends = [i, j] + extents(:2) - 1
        if (extents(3) /= size(self%held_x, 3)) then
            status = gwparam_err_shape
            message = "pressure has " // text(extents(3)) // " levels, expected " &
                                              & // text(size(self%held_x, 3))
        else if (min(i, j) < 1 .or. any(ends > shape(self%exists))) then
            message = "the window is " // text([i, &
                                               & j]) // " to " // text(ends) &
                                               & // ", expected columns within " &
                                               & // text(shape(self%exists))
        else if (any(.not. self%exists(i:ends(1),j:ends(2)))) then
            message = "the window " // text([i, &
                                            & j]) // " to " // text(ends) &
                                            & // " has columns that are not valid"
        else if (any(self%served(i:ends(1),j:ends(2)))) then
            message = "columns of the window " // text([i, &
                & j]) // " to " // text(ends) &
                & // " were served before in this step, and others not yet"
        else
            status = gwparam_ok
        end if

    end subroutine check_window

    subroutine serve(self, i, j, dt, latitude, pressure, height, temperature, u, v, dudt, dvdt, &
                     & surface_pressure, half_pressure, status, message)

        !! Drag of a window, top-down; the last one ends the step.
        class(gwparam_coupling_t), intent(inout) :: self
        integer, intent(in) :: i, j
        real(dp), intent(in) :: dt, latitude(:,:)
        real(dp), intent(in), dimension(:,:,:) :: pressure, height, temperature, u
        real(dp), intent(in), optional :: v(:,:,:)
        real(dp), intent(inout) :: dudt(:,:,:)
        real(dp), intent(inout), optional :: dvdt(:,:,:)
        real(dp), intent(in), optional :: surface_pressure(:,:), half_pressure(:,:,:)
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        integer :: ie, je

        if (self%is_between_steps()) then
            self%is_ringing = self%alarm%rings()
            self%counts%is_log_due = .false.
            self%counts%is_report_due = .false.
            if (self%is_ringing) self%counts%comparison = comparison_t()
            if (self%is_ringing .and. self%settings%records()) call self%begin_record()
        end if
        if (self%is_ringing) then
            call recompute(self, i, j, latitude, pressure, height, temperature, u, v, &
                           & surface_pressure, half_pressure, status, message)
            if (status /= gwparam_ok) return
        end if
        ie = i + size(latitude, 1) - 1
        je = j + size(latitude, 2) - 1
        dudt = self%held_x(i:ie,j:je,:)
        if (present(dvdt)) dvdt = self%held_y(i:ie,j:je,:)
        self%served(i:ie,j:je) = .true.
        if (all(self%served)) call end_step(self, dt)

    end subroutine serve

    subroutine end_step(self, dt)

        !! Lower the alarm, as MiMA does after its one window.
        class(gwparam_coupling_t), intent(inout) :: self
        real(dp), intent(in) :: dt

        self%served = .not. self%exists
        if (self%is_ringing) then
            self%counts%recomputations = self%counts%recomputations + 1
            call self%counts%all%add(self%counts%comparison)
            if (self%settings%records()) call self%end_record()
            if (self%settings%runs_network() .and. self%settings%log_interval > 0) then
                self%counts%is_log_due = mod(self%counts%recomputations - 1, &
                                             & self%settings%log_interval) == 0
            end if
        end if
        call self%alarm%lower(dt)
        if (.not. self%has_time) self%counts%days = self%counts%days + dt/seconds_per_day
        if (self%settings%runs_network() .and. self%settings%report_days > 0.0_dp) then
            self%counts%is_report_due = self%counts%days >= self%next_report
            if (self%counts%is_report_due) self%next_report = self%next_after(self%counts%days)
        end if

    end subroutine end_step

end submodule gwparam_coupling_step
