module gwparam_comparison

    !! A network's drag beside the native one, over any columns: sums without rounding, and places.
    !!
    !! Every value on a level counts once: neither columns nor layers are weighted.

    use, intrinsic :: iso_fortran_env, only: int64
    use gwparam_exact_sum, only: exact_sum_t, n_sum_numbers
    use gwparam_guard_report, only: gwparam_place_t, n_place_numbers
    use gwparam_kinds, only: dp
    implicit none(type, external)
    private

    integer, parameter :: n_sums = 6, n_places = 3
    integer, parameter :: native_sum = 1, network_sum = 2, native_square = 3, network_square = 4, &
        & product_sum = 5, difference_square = 6

    integer, parameter :: n_numbers = 2 + n_sums*n_sum_numbers + n_places*n_place_numbers
    integer, parameter, public :: n_comparison_numbers = n_numbers !! Of a comparison as integers

    type, public :: columns_t
        !! Where and when the columns of a window are.
        real(dp), allocatable :: latitude(:,:), longitude(:,:) !! [degrees] (i, j)
        real(dp), allocatable :: pressure(:,:,:) !! [Pa] (i, j, level)
        integer(int64) :: run = 0 !! From 1
        integer :: rank = 0
        character(len=40) :: date = ""
    end type columns_t

    type, public :: comparison_t
        !! In one component of the wind. Drag is in m s-2.
        type(exact_sum_t) :: sums(n_sums) = exact_sum_t()
        integer(int64) :: n = 0 !! Values of the network
        integer(int64) :: n_native = 0 !! Values with both
        type(gwparam_place_t) :: largest_network = gwparam_place_t()
        type(gwparam_place_t) :: largest_native = gwparam_place_t()
        type(gwparam_place_t) :: largest_difference = gwparam_place_t()
        !! By magnitude; the excess is the magnitude

    contains
        procedure :: compare !! Add a window
        procedure :: add !! Add other columns, or other steps
        procedure :: rms_network, rms_native !! [m s-2]
        procedure :: bias !! Mean of the network less that of the native drag [m s-2]
        procedure :: pattern_correlation !! Of both, means left in [1]
        procedure :: correlation !! Of both, without their means [1]
        procedure :: r2 !! 1 - mean square difference / variance of the native drag [1]
        procedure :: rms_ratio, largest_ratio !! Network over native [1]
        procedure :: numbers !! As integers
        procedure :: set_numbers !! From integers
    end type comparison_t

contains

    subroutine compare(self, name, columns, network_drag, native_drag)

        !! Add a window to the sums: the columns one by one, each summed over its levels from the
        !! top, so that the bits do not depend on windows.
        class(comparison_t), intent(inout) :: self
        character(len=*), intent(in) :: name !! Of the drag
        type(columns_t), intent(in) :: columns
        real(dp), intent(in) :: network_drag(:,:,:) !! [m s-2]
        real(dp), intent(in), optional :: native_drag(:,:,:) !! [m s-2]

        real(dp) :: sums(size(network_drag, 1), size(network_drag, 2), n_sums)
        integer :: i, j, k, s

        sums = 0.0_dp
        do k = 1, size(network_drag, 3)
            associate (network => network_drag(:,:,k))
                sums(:,:,network_sum) = sums(:,:,network_sum) + network
                sums(:,:,network_square) = sums(:,:,network_square) + network**2
                if (.not. present(native_drag)) cycle
                associate (native => native_drag(:,:,k))
                    sums(:,:,native_sum) = sums(:,:,native_sum) + native
                    sums(:,:,native_square) = sums(:,:,native_square) + native**2
                    sums(:,:,product_sum) = sums(:,:,product_sum) + network*native
                    sums(:,:,difference_square) = sums(:,:, &
                         & difference_square) + (network - native)**2
                end associate
            end associate
        end do
        do s = 1, n_sums
            do j = 1, size(sums, 2)
                do i = 1, size(sums, 1)
                    call self%sums(s)%take(sums(i, j, s))
                end do
            end do
        end do
        self%n = self%n + size(network_drag)
        call keep_largest(self%largest_network, name // " of the network", columns, network_drag)
        if (.not. present(native_drag)) return
        self%n_native = self%n_native + size(native_drag)
        call keep_largest(self%largest_native, name // ", native", columns, native_drag)
        call keep_largest(self%largest_difference, name // ", network less native", columns, &
                          & network_drag - native_drag)

    end subroutine compare

    subroutine keep_largest(largest, name, columns, values)

        !! The largest magnitude of a window, if it is larger.
        type(gwparam_place_t), intent(inout) :: largest
        character(len=*), intent(in) :: name
        type(columns_t), intent(in) :: columns
        real(dp), intent(in) :: values(:,:,:)

        type(gwparam_place_t) :: found
        integer :: i, j, k
        real(dp) :: most

        most = maxval(abs(values))
        if (size(values) == 0 .or. .not. most > 0.0_dp .or. most < largest%excess) return
        ! All of that magnitude, so that no order of windows decides.
        do k = 1, size(values, 3)
            do j = 1, size(values, 2)
                do i = 1, size(values, 1)
                    if (abs(values(i, j, k)) < most) cycle
                    found = gwparam_place_t(excess=most, value=values(i, j, k), &
                                            & latitude=columns%latitude(i, j), &
                                            & longitude=columns%longitude(i, j), &
                                            & pressure=columns%pressure(i, j, k), &
                                            & run=columns%run, level=k, rank=columns%rank, &
                                            & field=name, units="m s-2", date=columns%date)
                    if (found%is_worse_than(largest)) largest = found
                end do
            end do
        end do

    end subroutine keep_largest

    elemental subroutine add(self, other)

        !! Add other columns, or other steps.
        class(comparison_t), intent(inout) :: self
        class(comparison_t), intent(in) :: other

        call self%sums%add(other%sums)
        self%n = self%n + other%n
        self%n_native = self%n_native + other%n_native
        if (other%largest_network%is_worse_than(self%largest_network)) then
            self%largest_network = other%largest_network
        end if
        if (other%largest_native%is_worse_than(self%largest_native)) then
            self%largest_native = other%largest_native
        end if
        if (other%largest_difference%is_worse_than(self%largest_difference)) then
            self%largest_difference = other%largest_difference
        end if

    end subroutine add

    elemental real(dp) function rms_network(self)
        class(comparison_t), intent(in) :: self

        rms_network = sqrt(self%sums(network_square)%value()/max(self%n, 1_int64))

    end function rms_network

    elemental real(dp) function rms_native(self)
        class(comparison_t), intent(in) :: self

        rms_native = sqrt(self%sums(native_square)%value()/max(self%n_native, 1_int64))

    end function rms_native

    elemental real(dp) function bias(self)
        class(comparison_t), intent(in) :: self

        bias = (self%sums(network_sum)%value() - self%sums(native_sum)%value()) &
                & /max(self%n_native, 1_int64)

    end function bias

    elemental real(dp) function pattern_correlation(self)
        class(comparison_t), intent(in) :: self

        pattern_correlation = ratio(self%sums(product_sum)%value(), &
                                    & sqrt(self%sums(native_square)%value()) &
                                    & *sqrt(self%sums(network_square)%value()))

    end function pattern_correlation

    elemental real(dp) function correlation(self)
        class(comparison_t), intent(in) :: self

        real(dp) :: native, network
        integer(int64) :: n

        n = max(self%n_native, 1_int64)
        native = self%sums(native_sum)%value()/n
        network = self%sums(network_sum)%value()/n
        correlation = ratio(self%sums(product_sum)%value()/n - native*network, &
                            & sqrt(max(self%sums(native_square)%value()/n - native**2, &
                            & 0.0_dp))*sqrt(max(self%sums(network_square)%value()/n - network**2, &
                            & 0.0_dp)))

    end function correlation

    elemental real(dp) function r2(self)
        class(comparison_t), intent(in) :: self

        associate (n => max(self%n_native, 1_int64))
            r2 = 1.0_dp - ratio(self%sums(difference_square)%value()/n, &
                                & self%sums(native_square)%value()/n &
                                & - (self%sums(native_sum)%value()/n)**2)
        end associate

    end function r2

    elemental real(dp) function rms_ratio(self)
        class(comparison_t), intent(in) :: self

        rms_ratio = ratio(self%rms_network(), self%rms_native())

    end function rms_ratio

    elemental real(dp) function largest_ratio(self)
        class(comparison_t), intent(in) :: self

        largest_ratio = ratio(self%largest_network%excess, self%largest_native%excess)

    end function largest_ratio

    elemental real(dp) function ratio(over, under)
        !! 0 where there is nothing to divide by.
        real(dp), intent(in) :: over, under

        ratio = 0.0_dp
        if (abs(under) > tiny(1.0_dp)*max(1.0_dp, abs(over))) ratio = over/under

    end function ratio

    pure function numbers(self)

        !! As integers, to be sent.
        class(comparison_t), intent(in) :: self
        integer(int64) :: numbers(n_comparison_numbers)

        integer :: s

        numbers = [self%n, self%n_native, (self%sums(s)%numbers(), s=1, n_sums), &
                                           & self%largest_network%numbers(), &
                                           & self%largest_native%numbers(), &
                                           & self%largest_difference%numbers()]

    end function numbers

    pure subroutine set_numbers(self, numbers)

        !! What `numbers` gave.
        class(comparison_t), intent(inout) :: self
        integer(int64), intent(in) :: numbers(:)

        integer :: at, s

        self%n = numbers(1)
        self%n_native = numbers(2)
        at = 2
        do s = 1, n_sums
            call self%sums(s)%set_numbers(numbers(at + 1:at + n_sum_numbers))
            at = at + n_sum_numbers
        end do
        call self%largest_network%set_numbers(numbers(at + 1:at + n_place_numbers))
        at = at + n_place_numbers
        call self%largest_native%set_numbers(numbers(at + 1:at + n_place_numbers))
        at = at + n_place_numbers
        call self%largest_difference%set_numbers(numbers(at + 1:at + n_place_numbers))

    end subroutine set_numbers

end module gwparam_comparison
