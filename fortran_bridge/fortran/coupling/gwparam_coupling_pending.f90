submodule (gwparam_coupling) gwparam_coupling_pending

    !! What is pending from step to step, out of the object and back.

    implicit none(type, external)

    integer, parameter :: n_held = 2 !! Fields before those of the network

contains

    module procedure blank

    integer :: status
    character(len=message_length) :: message

    if (present(stat)) stat = gwparam_ok
    call self%begin_call(status, message)
    if (status == gwparam_ok) then
        call make_blank(self, state, status, message)
        call self%end_call()
    end if
    if (status /= gwparam_ok) call fail(status, trim(message), stat, errmsg)

    end procedure blank

    module procedure save_columns

    integer :: status
    character(len=message_length) :: message

    if (present(stat)) stat = gwparam_ok
    call self%begin_call(status, message)
    if (status == gwparam_ok) then
        call save_all(self, state, status, message)
        call self%end_call()
    end if
    if (status /= gwparam_ok) call fail(status, trim(message), stat, errmsg)

    end procedure save_columns

    module procedure restore

    integer :: status
    character(len=message_length) :: message

    if (present(stat)) stat = gwparam_ok
    call self%begin_call(status, message)
    if (status == gwparam_ok) then
        call restore_all(self, state, first, status, message)
        call self%end_call()
    end if
    if (status /= gwparam_ok) call fail(status, trim(message), stat, errmsg)

    end procedure restore

    subroutine make_blank(self, state, status, message)

        !! What `blank` does, in a call.
        class(gwparam_coupling_t), intent(in) :: self
        type(gwparam_coupling_state_t), intent(out) :: state
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        character(len=:), allocatable :: name
        integer :: columns, f, levels, n_pending

        if (.not. allocated(self%exists)) then
            status = gwparam_err_argument
            message = "the coupling is not set up, expected a call of init before"
            return
        end if
        state%alarm = self%alarm%left
        state%held_only = self%settings%restart == "state_only"
        call identify(self, state, status, message)
        if (status /= gwparam_ok) return
        state%latitude = pack(self%latitude, self%exists)*degrees_per_radian
        state%longitude = pack(self%longitude, self%exists)
        columns = size(state%latitude)

        n_pending = 0
        do while (self%network%is_loaded())
            call self%network%field(gwparam_pending, n_pending + 1, name, stat=status, &
                                    & errmsg=message)
            if (status /= gwparam_ok) return
            if (name == "") exit
            n_pending = n_pending + 1
        end do
        allocate (state%fields(n_held + n_pending))
        state%fields(:n_held)%name = ["drag_x", "drag_y"]
        levels = size(self%held_x, 3)
        do f = 1, size(state%fields)
            if (f > n_held) then
                call self%network%field(gwparam_pending, f - n_held, name, levels=levels, &
                                        & stat=status, errmsg=message)
                if (status /= gwparam_ok) return
                state%fields(f)%name = name
            end if
            allocate (state%fields(f)%values(columns, max(levels, 1)), source=0.0_dp)
        end do

    end subroutine make_blank

    subroutine identify(self, state, status, message)

        !! Say of which artefact, scheme and date a state is.
        class(gwparam_coupling_t), intent(in) :: self
        type(gwparam_coupling_state_t), intent(inout) :: state
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        character(len=64) :: digest

        if (self%network%is_loaded()) then
            digest = ""
            call self%network%sha256(digest, stat=status, errmsg=message)
            state%artefact = digest
            associate (s => self%settings)
                state%members = s%members
                if (s%members == "one") write (state%members, "(a, i0)") "one, member = ", s%member
                if (s%members == "drawn") write (state%members, &
                    & "(a, i0)") "drawn, member_seed = ", s%member_seed
            end associate
        end if
        associate (n => self%settings%native)
            state%scheme = self%settings%mode
            if (self%settings%mode /= "ml") write (state%scheme, &
                & "(2a, 6(1x, l1))") trim(self%settings%mode), ", switches", &
                & n%nearest_source_level, n%use_top_weights, n%mass_weighted_lid, &
                & n%mass_weighted_levels, n%launch_full_stress, n%deposit_reflected
            if (self%settings%mode /= "ml" .and. associated(self%host_native)) then
                state%scheme = trim(self%settings%mode) // ", scheme of the host"
            end if
        end associate
        if (self%eastward_only) state%scheme = trim(state%scheme) // ", eastward alone"
        state%draws = self%draws + self%counts%recomputations
        if (.not. self%has_time) return
        state%days = self%counts%days
        state%step = self%last_step
        state%date = self%counts%date
        if (state%date == "") write (state%date, "(a, f0.5)") "day ", state%days

    end subroutine identify

    subroutine check_identity(mine, state, status, message)

        !! Whether a state is of this artefact and scheme, and ends where this run begins.
        type(gwparam_coupling_state_t), intent(in) :: mine, state
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        real(dp), parameter :: rounding = 1.0e-6_dp !! [days]
        real(dp) :: later

        ! A host says the time of its last step as it begins, or as it ends.

        later = mine%days - state%days
        message = ""
        if (state%scheme /= mine%scheme) then
            message = "scheme " // trim(state%scheme) // ", expected " // trim(mine%scheme)
        else if (state%artefact /= mine%artefact) then
            message = "the artefact with SHA-256 " // trim(state%artefact) // ", expected " &
                & // trim(mine%artefact)
        else if (state%members /= mine%members) then
            message = "members = " // trim(state%members) // ", expected " // trim(mine%members)
        else if (state%date /= "" .and. mine%date /= "" .and. (later < -rounding &
                 & .or. later > state%step + rounding)) then
            message = trim(state%date) // ", expected " // trim(mine%date)
        end if
        if (message == "") return
        status = gwparam_err_argument
        message = "the restart is of " // trim(message) // " (restart = 'state_only' takes " &
                                               & // "its drag alone, 'fresh' begins anew)"

    end subroutine check_identity

    subroutine save_all(self, state, status, message)

        !! What `save` does, in a call.
        class(gwparam_coupling_t), intent(in) :: self
        type(gwparam_coupling_state_t), intent(out) :: state
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        integer :: f, k

        call make_blank(self, state, status, message)
        if (status == gwparam_ok .and. .not. self%is_between_steps()) then
            status = gwparam_err_argument
            message = "the windows of this step did not hold all columns yet"
        end if
        if (status == gwparam_ok .and. self%network%is_loaded()) then
            call self%network%synchronise(state%carries, stat=status, errmsg=message)
            if (status == gwparam_ok) then
                call self%network%statistics(state%counters, stat=status, errmsg=message)
            end if
        end if
        if (status /= gwparam_ok) return
        do k = 1, size(self%held_x, 3)
            state%fields(1)%values(:,k) = pack(self%held_x(:,:,k), self%exists)
            state%fields(2)%values(:,k) = pack(self%held_y(:,:,k), self%exists)
        end do
        do f = n_held + 1, state%n_saved()
            associate (field => state%fields(f))
                if (size(field%values, 2) > 1) then
                    call self%network%save(field%name, field%values, stat=status, errmsg=message)
                else
                    call self%network%save(field%name, field%values(:,1), stat=status, &
                                           & errmsg=message)
                end if
            end associate
            if (status /= gwparam_ok) return
        end do

    end subroutine save_all

    subroutine restore_all(self, state, first, status, message)

        !! What `restore` does, in a call.
        class(gwparam_coupling_t), intent(inout) :: self
        type(gwparam_coupling_state_t), intent(in) :: state
        integer, intent(in), optional :: first
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        type(gwparam_coupling_state_t) :: expected
        integer :: f, from, k, to

        call make_blank(self, expected, status, message)
        if (status == gwparam_ok) call check_fields(expected, state, status, message)
        if (status == gwparam_ok .and. .not. expected%held_only) then
            call check_identity(expected, state, status, message)
        end if
        if (status /= gwparam_ok) return
        from = 1
        if (present(first)) from = first
        to = from + count(self%exists) - 1
        if (from < 1 .or. to > size(state%latitude)) then
            status = gwparam_err_shape
            message = "the state has " // text(size(state%latitude)) &
                                               & // " columns, expected at least " // text(to)
            return
        end if
        self%counts%is_restored = .true.
        self%counts%restored_date = state%date
        self%counts%is_held_only = expected%held_only
        if (.not. expected%held_only) self%counts%restored_columns = state%counters%columns
        ! The interval may be a shorter one now.
        self%alarm%left = min(state%alarm, max(self%alarm%interval, self%settings%first))
        do k = 1, size(self%held_x, 3)
            self%held_x(:,:,k) = unpack(state%fields(1)%values(from:to,k), self%exists, 0.0_dp)
            self%held_y(:,:,k) = unpack(state%fields(2)%values(from:to,k), self%exists, 0.0_dp)
        end do
        if (expected%held_only .or. .not. self%network%is_loaded()) return
        self%kept%is_restored = state%carries
        self%draws = state%draws
        do f = n_held + 1, state%n_saved()
            associate (field => state%fields(f))
                if (size(field%values, 2) > 1) then
                    call self%network%restore(field%name, field%values(from:to,:), stat=status, &
                                              & errmsg=message)
                else
                    call self%network%restore(field%name, field%values(from:to,1), stat=status, &
                                              & errmsg=message)
                end if
            end associate
            if (status /= gwparam_ok) return
        end do
        call self%network%restore_statistics(state%counters, stat=status, errmsg=message)

    end subroutine restore_all

    subroutine check_fields(expected, state, status, message)

        !! Whether a state has the fields and levels of this object.
        type(gwparam_coupling_state_t), intent(in) :: expected, state
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        integer :: f

        status = gwparam_err_shape
        if (.not. (allocated(state%fields) .and. allocated(state%latitude))) then
            message = "the state is empty, expected one of save"
            return
        else if (state%n_saved() > size(expected%fields)) then
            message = "the state has " // text(state%n_saved()) // " fields, expected " &
                                               & // text(size(expected%fields))
            return
        end if
        do f = 1, state%n_saved()
            associate (found => state%fields(f), wanted => expected%fields(f))
                if (found%name /= wanted%name .or. size(found%values, 2) /= size(wanted%values, &
                    & 2)) then
                    message = "the state has " // trim(found%name) // " on " &
                                                       & // text(size(found%values, &
                                                       & 2)) // " levels, expected " &
                                                       & // trim(wanted%name) // " on " &
                                                       & // text(size(wanted%values, 2))
                    return
                end if
            end associate
        end do
        status = gwparam_ok

    end subroutine check_fields

end submodule gwparam_coupling_pending
