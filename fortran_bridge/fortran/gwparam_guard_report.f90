module gwparam_guard_report

    !! What the guards of a network caught: counts that add up, and the worst value.

    use, intrinsic :: ieee_arithmetic, only: ieee_is_nan
    use, intrinsic :: iso_fortran_env, only: int64
    use gwparam_c_api, only: guard_report_t
    use gwparam_kinds, only: dp
    use gwparam_status, only: text
    use gwparam_text, only: from_c
    implicit none(type, external)
    private

    type, public :: gwparam_place_t
        !! A value, and where and when it was.
        real(dp) :: excess = 0.0_dp !! How far beyond: 1 is the bound; 0: there is no such value
        real(dp) :: value = 0.0_dp
        real(dp) :: latitude = 0.0_dp, longitude = 0.0_dp !! [degrees]; NaN: not known
        real(dp) :: pressure = 0.0_dp !! Of its level; NaN: it has none [Pa]
        integer(int64) :: run = 0 !! From 1
        integer :: level = 0 !! From 1 at the top; 0: the field has no levels
        integer :: rank = 0 !! From 0
        character(len=96) :: field = ""
        character(len=24) :: units = ""
        character(len=40) :: date = "" !! As the host gave it

    contains
        procedure :: is_worse_than !! An order of all values
        procedure :: text => place_text !! As a line of a report shows it
        procedure :: numbers => place_numbers !! As integers
        procedure :: set_numbers => set_place_numbers !! From integers
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
        procedure :: numbers => guard_numbers !! As integers, but for name and policy
        procedure :: set_numbers => set_guard_numbers !! From integers
    end type gwparam_guard_t

    integer, parameter :: n_reals = 5, n_integers = 3
    integer, parameter :: n_text = (96 + 24 + 40)/8 !! Of its texts, eight characters in each
    integer, parameter, public :: n_place_numbers = n_reals + n_integers + n_text
    !! Of a place as integers

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

    pure function place_text(self) result(line)

        !! "drag 0.012 m s-2 at latitude -32.4, longitude 10, level 3 (85 Pa), DATE, rank 1".
        class(gwparam_place_t), intent(in) :: self
        character(len=200) :: line

        line = trim(self%field) // " " // text(self%value) // " " // trim(self%units)
        if (.not. ieee_is_nan(self%latitude)) line = trim(line) // " at latitude " &
            & // text(self%latitude)
        if (.not. ieee_is_nan(self%longitude)) line = trim(line) // ", longitude " &
            & // text(self%longitude)
        if (self%level > 0) line = trim(line) // ", level " // text(self%level)
        if (.not. ieee_is_nan(self%pressure)) line = trim(line) // " (" // text(self%pressure) &
            & // " Pa)"
        if (self%date /= "") line = trim(line) // ", " // trim(self%date)
        line = trim(line) // ", rank " // text(self%rank)

    end function place_text

    pure function place_numbers(self) result(numbers)

        !! As integers, to be sent.
        class(gwparam_place_t), intent(in) :: self
        integer(int64) :: numbers(n_place_numbers)

        numbers = [transfer([self%excess, self%value, self%latitude, self%longitude, &
                            & self%pressure], [0_int64]), self%run, int(self%level, int64), &
                            & int(self%rank, int64), &
                            & transfer(self%field // self%units // self%date, [0_int64])]

    end function place_numbers

    pure subroutine set_place_numbers(self, numbers)

        !! What `numbers` gave.
        class(gwparam_place_t), intent(inout) :: self
        integer(int64), intent(in) :: numbers(:)

        real(dp) :: reals(n_reals)
        character(len=8*n_text) :: texts

        reals = transfer(numbers(:n_reals), reals)
        self%excess = reals(1)
        self%value = reals(2)
        self%latitude = reals(3)
        self%longitude = reals(4)
        self%pressure = reals(5)
        self%run = numbers(n_reals + 1)
        self%level = int(numbers(n_reals + 2))
        self%rank = int(numbers(n_reals + 3))
        texts = transfer(numbers(n_reals + n_integers + 1:), texts)
        self%field = texts(:96)
        self%units = texts(97:120)
        self%date = texts(121:)

    end subroutine set_place_numbers

    pure function guard_numbers(self) result(numbers)

        !! As integers, to be sent.
        class(gwparam_guard_t), intent(in) :: self
        integer(int64), allocatable :: numbers(:)

        numbers = [self%columns, self%columns_last_run, self%worst%numbers(), self%levels]

    end function guard_numbers

    pure subroutine set_guard_numbers(self, numbers)

        !! What `numbers` gave.
        class(gwparam_guard_t), intent(inout) :: self
        integer(int64), intent(in) :: numbers(:)

        self%columns = numbers(1)
        self%columns_last_run = numbers(2)
        call self%worst%set_numbers(numbers(3:2 + n_place_numbers))
        self%levels = numbers(3 + n_place_numbers:)

    end subroutine set_guard_numbers

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
            if (size(self%levels) < n) self%levels = [self%levels, spread(0_int64, 1, &
                & n - size(self%levels))]
            self%levels(:n) = self%levels(:n) + other%levels
        end if
        if (other%worst%is_worse_than(self%worst)) self%worst = other%worst

    end subroutine add

    function guard_from_c(found, levels) result(guard)

        !! A report of the C ABI as a host reads it.
        type(guard_report_t), intent(in) :: found
        integer(int64), intent(in) :: levels(:)
        type(gwparam_guard_t) :: guard

        character(len=:), allocatable :: word

        call from_c(found%name, word)
        guard%name = word
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
            call from_c(w%field, word)
            guard%worst%field = word
            call from_c(w%units, word)
            guard%worst%units = word
            call from_c(w%date, word)
            guard%worst%date = word
        end associate

    end function guard_from_c

end module gwparam_guard_report
