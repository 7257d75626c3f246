module gwparam_coupling_state

    !! What a run hands on to the next, column by column, for a restart file of whatever format.

    use, intrinsic :: iso_fortran_env, only: int64
    use gwparam_kinds, only: dp
    use gwparam_options, only: gwparam_statistics_t
    use gwparam_status, only: fail, gwparam_err_argument, gwparam_ok
    implicit none(type, external)
    private

    type, public :: gwparam_state_field_t
        !! Level 1 is the model top.
        character(len=256) :: name = ""
        real(dp), allocatable :: values(:,:) !! (column, level), one level for surface fields
    end type gwparam_state_field_t

    type, public :: gwparam_coupling_state_t
        !! Of one object or, after `add`, of several.
        integer :: alarm = 0 !! Time until the next recomputation [s]
        logical :: held_only = .false. !! Whether the held drag is all that is wanted
        character(len=64) :: artefact = "" !! SHA-256 of its file; none in mode 'native'
        character(len=64) :: members = "" !! Which networks of the artefact; none in mode 'native'
        integer(int64) :: draws = 0 !! Recomputations until now, by which members are drawn
        character(len=256) :: scheme = "" !! Mode, and switches of the native scheme
        real(dp) :: days = 0.0_dp !! Model time of the host, if it tells any [days]
        real(dp) :: step = 0.0_dp !! Of the time before that [days]
        character(len=40) :: date = "" !! As the host gave it; none: it told no time
        logical :: carries = .false. !! Whether results of the network are on their way
        type(gwparam_statistics_t) :: counters
        real(dp), allocatable :: latitude(:) !! [degrees_north] (column)
        real(dp), allocatable :: longitude(:) !! [degrees_east] (column)
        type(gwparam_state_field_t), allocatable :: fields(:)
        !! Held drag in x and y, then what is pending of the network, 0 unless it carries

    contains
        procedure :: add !! Columns of another object
        procedure :: n_saved !! How many of the fields a file holds
    end type gwparam_coupling_state_t

contains

    subroutine add(self, other, stat, errmsg)

        !! Add the columns of another object of the same settings, after those that are here.
        class(gwparam_coupling_state_t), intent(inout) :: self !! Unchanged on failure
        type(gwparam_coupling_state_t), intent(in) :: other
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        integer :: f
        logical :: fits

        if (present(stat)) stat = gwparam_ok
        if (size(other%latitude) == 0 .and. allocated(self%fields)) return  ! it made no steps
        fits = .false.
        if (allocated(self%fields)) fits = size(self%latitude) > 0
        if (.not. fits) then
            self%alarm = other%alarm
            self%carries = other%carries
            self%held_only = other%held_only
            self%artefact = other%artefact
            self%members = other%members
            self%draws = other%draws
            self%scheme = other%scheme
            self%days = other%days
            self%step = other%step
            self%date = other%date
            self%counters = other%counters
            self%latitude = other%latitude
            self%longitude = other%longitude
            self%fields = other%fields
            return
        end if
        fits = self%alarm == other%alarm .and. self%draws == other%draws &
            & .and. self%members == other%members .and. (self%carries .eqv. other%carries) &
            & .and. size(self%fields) == size(other%fields)
        if (fits) fits = all([(size(self%fields(f)%values, 2) == size(other%fields(f)%values, 2), &
            & f=1, size(self%fields))])
        if (.not. fits) then
            call fail(gwparam_err_argument, &
                      & "the objects are not at the same step, or not of the same settings", &
                      & stat, errmsg)
            return
        end if
        call self%counters%add(other%counters)
        self%latitude = [self%latitude, other%latitude]
        self%longitude = [self%longitude, other%longitude]
        do f = 1, size(self%fields)
            self%fields(f)%values = joined(self%fields(f)%values, other%fields(f)%values)
        end do

    end subroutine add

    elemental integer function n_saved(self)

        !! Those that are held, and what is pending if it carries any.
        class(gwparam_coupling_state_t), intent(in) :: self

        n_saved = merge(size(self%fields), min(2, size(self%fields)), &
                        & self%carries .and. .not. self%held_only)

    end function n_saved

    pure function joined(first, second) result(both)

        real(dp), intent(in) :: first(:,:), second(:,:) !! (column, level)
        real(dp), allocatable :: both(:,:)

        allocate (both(size(first, 1) + size(second, 1), size(first, 2)))
        both(:size(first, 1),:) = first
        both(size(first, 1) + 1:,:) = second

    end function joined

end module gwparam_coupling_state
