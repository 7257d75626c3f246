module gwparam_guard_report

    !! What the guards of a network caught: counts that add up, and the worst value.

    use, intrinsic :: ieee_arithmetic, only: ieee_is_nan
    use, intrinsic :: iso_fortran_env, only: int64
    use gwparam_c_api, only: guard_report_t
    use gwparam_kinds, only: dp
    use gwparam_text, only: from_c
    implicit none(type, external)
    private

    type, public :: gwparam_place_t
        !! A value, and where and when it was.
        real(dp) :: excess = 0.0_dp !! How far beyond: 1 is the bound; 0: there is no such value
        real(dp) :: value = 0.0_dp
        real(dp) :: latitude = 0.0_dp, longitude = 0.0_dp !! [degrees]; NaN: not known
        real(dp) :: pressure = 0.0_dp !! Of its level where the surface has 101325 Pa; NaN: none [Pa]
        integer(int64) :: run = 0 !! From 1
        integer :: level = 0 !! From 1 at the top; 0: the field has no levels
        integer :: rank = 0 !! From 0
        character(len=96) :: field = ""
        character(len=24) :: units = ""
        character(len=40) :: date = "" !! As the host gave it

    contains
        procedure :: is_worse_than !! An order of all values
    end type gwparam_place_t

    type, public :: gwparam_guard_t
        !! Of one guard.
        character(len=32) :: name = "" !! Of the item that has its policy
        integer :: policy = 0 !! gwparam_guard_*
        integer(int64) :: columns = 0 !! That it caught since the load
        integer(int64) :: columns_last_run = 0
        integer(int64), allocatable :: levels(:) !! Values beyond, from the top
        type(gwparam_place_t) :: worst

    contains
        procedure :: add !! What the same guard caught in other columns
    end type gwparam_guard_t

    public :: guard_from_c

contains

    elemental logical function is_worse_than(self, other)

        !! By excess, then the first run, then from south to north and from west to east: no order
        !! in which ranks or windows come.
        class(gwparam_place_t), intent(in) :: self, other

        real(dp) :: difference(6)
        integer :: first

        is_worse_than = .false.
        if (.not. self%excess > 0.0_dp) return
        is_worse_than = .true.
        if (.not. other%excess > 0.0_dp) return
        difference = [key(other%excess) - key(self%excess), real(self%run - other%run, dp), &
                    & key(self%latitude) - key(other%latitude), &
                    & key(self%longitude) - key(other%longitude), &
                    & real(self%level - other%level, dp), key(self%value) - key(other%value)]
        first = findloc(abs(difference) > 0.0_dp, .true., 1)
        is_worse_than = .false.
        if (first > 0) is_worse_than = difference(first) < 0.0_dp

    end function is_worse_than

    elemental real(dp) function key(value)

        !! What has an order and a difference: NaN before all numbers, infinities after.
        real(dp), intent(in) :: value

        if (ieee_is_nan(value)) then
            key = -0.25_dp*huge(value)
        else
            key = min(max(value, -0.2_dp*huge(value)), 0.25_dp*huge(value))
        end if

    end function key

    elemental subroutine add(self, other)

        !! Add what the same guard caught in other columns.
        class(gwparam_guard_t), intent(inout) :: self
        class(gwparam_guard_t), intent(in) :: other

        integer :: n

        if (self%name == "") then
            self%name = other%name
            self%policy = other%policy
        end if
        self%columns = self%columns + other%columns
        self%columns_last_run = self%columns_last_run + other%columns_last_run
        if (.not. allocated(self%levels)) allocate (self%levels(0))
        if (allocated(other%levels)) then
            n = size(other%levels)
            if (size(self%levels) < n) self%levels = [self%levels, &
                & spread(0_int64, 1, n - size(self%levels))]
            self%levels(:n) = self%levels(:n) + other%levels
        end if
        if (other%worst%is_worse_than(self%worst)) self%worst = other%worst

    end subroutine add

    function guard_from_c(found, levels) result(guard)

        !! A report of the C ABI as a host reads it.
        type(guard_report_t), intent(in) :: found
        integer(int64), intent(in) :: levels(:)
        type(gwparam_guard_t) :: guard

        character(len=:), allocatable :: text

        call from_c(found%name, text)
        guard%name = text
        guard%policy = found%policy
        guard%columns = found%columns
        guard%columns_last_run = found%columns_last_run
        guard%levels = levels
        associate (w => found%worst)
            guard%worst%excess = w%excess
            guard%worst%value = w%value
            guard%worst%latitude = w%latitude
            guard%worst%longitude = w%longitude
            guard%worst%pressure = w%pressure
            guard%worst%run = w%run
            guard%worst%level = w%level
            guard%worst%rank = w%rank
            call from_c(w%field, text)
            guard%worst%field = text
            call from_c(w%units, text)
            guard%worst%units = text
            call from_c(w%date, text)
            guard%worst%date = text
        end associate

    end function guard_from_c

end module gwparam_guard_report
