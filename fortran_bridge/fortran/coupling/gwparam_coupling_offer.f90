submodule (gwparam_coupling) gwparam_coupling_offer

    !! Fields of the host's own, and whether all that a network asks for is handed over.

    use, intrinsic :: iso_c_binding, only: c_char, c_double, c_int64_t
    use gwparam_c_api, only: gwparam_last_error_c, gwparam_units_conversion_c
    use gwparam_text, only: from_c, to_c
    implicit none(type, external)

contains

    module procedure offer

    integer :: status
    character(len=message_length) :: message

    if (present(stat)) stat = gwparam_ok
    call self%begin_call(status, message)
    if (status == gwparam_ok) then
        call check_words(name, units, status, message)
        if (status == gwparam_ok .and. allocated(self%exists)) then
            call check_values(self, name, shape(values), units, status, message)
        end if
        if (status == gwparam_ok) call take(self, name, values, units)
        call self%end_call()
    end if
    if (status /= gwparam_ok) call fail(status, trim(message), stat, errmsg)

    end procedure offer

    subroutine check_words(name, units, status, message)

        !! Whether it can be a field of a contract that nobody else hands over.
        character(len=*), intent(in) :: name, units
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        if (name == "" .or. len_trim(name) > name_length) then
            message = "the name '" // trim(name) // "' has " // text(len_trim(name)) &
                                           & // " characters, expected 1 to " // text(name_length)
        else if (len_trim(units) > units_length) then
            message = "the units of " // trim(name) // " have " // text(len_trim(units)) &
                                              & // " characters, expected at most " &
                                              & // text(units_length)
        else if (any(offered%name == name)) then
            message = trim(name) // " is what init or apply hands over, expected a field of the" &
                           & // " host's own"
        else
            return
        end if
        status = gwparam_err_argument

    end subroutine check_words

    subroutine check_values(self, name, extents, units, status, message)

        !! Whether new values are of a field that is known, for a step that has not begun.
        class(gwparam_coupling_t), intent(in) :: self
        character(len=*), intent(in) :: name, units
        integer, intent(in) :: extents(:)
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        integer :: f

        status = gwparam_err_argument
        f = findloc(self%offers%name == name, .true., 1)
        if (f == 0) then
            message = trim(name) // " was not offered before init, expected a field that was"
        else if (self%offers(f)%units /= units) then
            message = "the units of " // trim(name) // " are " // trim(units) // ", expected " &
                                              & // trim(self%offers(f)%units) // ", as before init"
        else if (any(extents /= shape(self%exists))) then
            status = gwparam_err_shape
            message = trim(name) // " has shape " // text(extents) // ", expected " &
                           & // text(shape(self%exists))
        else if (.not. self%is_between_steps()) then
            message = trim(name) // " is new though the windows of this step did not hold all" &
                           & // " columns yet"
        else
            status = gwparam_ok
        end if

    end subroutine check_values

    subroutine take(self, name, values, units)

        class(gwparam_coupling_t), intent(inout) :: self
        character(len=*), intent(in) :: name, units
        real(dp), intent(in) :: values(:,:)

        type(kept_field_t) :: field
        integer :: f

        if (.not. allocated(self%offers)) call self%forget_offers()
        f = findloc(self%offers%name == name, .true., 1) - size(offered)
        if (f <= 0) then
            self%offers = [self%offers, offered_t(name, units)]
            self%own = [self%own, field]
            f = size(self%own)
        end if
        self%offers(size(offered) + f)%units = units
        self%own(f)%values = reshape(values, [shape(values), 1])

    end subroutine take

    module procedure check_offers

    integer :: f

    if (.not. allocated(self%own)) return
    do f = 1, size(self%own)
        associate (found => shape(self%own(f)%values))
            if (all(found(:2) == extents)) cycle
            status = gwparam_err_shape
            message = trim(self%offers(size(offered) + f)%name) // " has shape " // text(found(:2) &
                           & ) // ", expected " // text(extents)
            return
        end associate
    end do

    end procedure check_offers

    module procedure check_input

    real(c_double) :: offset, scale
    character(kind=c_char) :: reason(message_length)
    character(len=:), allocatable :: words
    integer(c_int32_t) :: ignored
    integer :: f

    f = findloc(self%offers%name == name, .true., 1)
    status = gwparam_err_contract
    if (f == 0) then
        message = "the network asks for more than this host gives: " // name
        return
    end if
    if (f > size(offered) .and. levels > 0) then
        message = "the network has " // name // " on levels, expected it at the surface, where" &
            & // " this host has it"
        return
    end if
    ! Those of `apply` are in the units that contracts have.
    if (f > size(offered)) then
        status = gwparam_units_conversion_c(to_c(self%offers(f)%units, units_length + 1), &
                                            & to_c(units, len(units) + 1), scale, offset)
        if (status /= gwparam_ok) then
            ignored = gwparam_last_error_c(reason, size(reason, kind=c_int64_t))
            call from_c(reason, words)
            message = name // ": " // words
            return
        end if
    end if
    status = gwparam_ok
    self%asked(f) = .true.

    end procedure check_input
end submodule gwparam_coupling_offer
