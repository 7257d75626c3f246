module gwparam_exact_sum

    !! Sums of reals without rounding: the same bits in any order, on any ranks and threads.
    !!
    !! A sum is a long integer in steps of 2**-1126, the last bit of the least real, in chunks of
    !! 16 bits. Additions go into the chunks of a number's own exponent, and carries are taken care
    !! of long before a chunk is full. As in R. M. Neal, "Fast exact summation using small and large
    !! superaccumulators", arXiv:1505.05571 (2015).

    use, intrinsic :: ieee_arithmetic, only: ieee_is_finite, ieee_quiet_nan, ieee_value
    use, intrinsic :: iso_fortran_env, only: int64
    use gwparam_kinds, only: dp
    implicit none(type, external)
    private

    integer, parameter :: chunk_bits = 16, half_digits = 27
    integer, parameter :: least_exponent = -1126 !! Of the first chunk's lowest bit
    integer, parameter :: n_chunks = 142 !! Up to 2**1146: 2**122 of the largest reals
    integer(int64), parameter :: full = 2_int64**19 !! Additions until carries are due: a chunk
    !! gains less than 2**43 in each

    integer, parameter, public :: n_sum_numbers = n_chunks + 1 !! Of a sum as integers

    type, public :: exact_sum_t
        private
        integer(int64) :: chunks(0:n_chunks - 1) = 0
        integer(int64) :: n_nonfinite = 0
        integer(int64) :: additions = 0 !! Since carries were taken care of

    contains
        procedure, public :: take !! Add a number
        procedure, public :: add !! Add another sum
        procedure, public :: value => rounded !! The sum, rounded once
        procedure, public :: numbers !! As integers
        procedure, public :: set_numbers !! From integers
        procedure, private :: carry
    end type exact_sum_t

contains

    pure subroutine take(self, number)

        !! Add a number; after one that is not finite the sum is none.
        class(exact_sum_t), intent(inout) :: self
        real(dp), intent(in) :: number

        integer(int64) :: digits, low
        integer :: place

        if (.not. ieee_is_finite(number)) then
            self%n_nonfinite = self%n_nonfinite + 1
            return
        end if
        if (.not. abs(number) > 0.0_dp) return
        digits = int(scale(fraction(number), 53), int64)
        place = exponent(number) - 53 - least_exponent
        low = sign(iand(abs(digits), 2_int64**half_digits - 1), digits)
        call put(self%chunks, low, place)
        call put(self%chunks, shifta(digits - low, half_digits), place + half_digits)
        self%additions = self%additions + 2
        if (self%additions >= full) call self%carry()

    end subroutine take

    pure subroutine put(chunks, part, bit)

        !! Add a few digits from a bit on.
        integer(int64), intent(inout) :: chunks(0:)
        integer(int64), intent(in) :: part !! Less than 2**27
        integer, intent(in) :: bit

        integer :: i

        i = bit/chunk_bits
        chunks(i) = chunks(i) + part*2_int64**mod(bit, chunk_bits)

    end subroutine put

    elemental subroutine add(self, other)

        !! Add another sum.
        class(exact_sum_t), intent(inout) :: self
        class(exact_sum_t), intent(in) :: other

        if (self%additions + other%additions >= full) call self%carry()
        self%chunks = self%chunks + other%chunks
        self%n_nonfinite = self%n_nonfinite + other%n_nonfinite
        self%additions = self%additions + other%additions + 1
        if (self%additions >= full) call self%carry()

    end subroutine add

    elemental real(dp) function rounded(self)
        !! The sum, rounded once or twice, and the same for equal sums; NaN where one of the numbers
        !! was not finite.
        class(exact_sum_t), intent(in) :: self

        type(exact_sum_t) :: whole
        integer :: i
        logical :: is_negative

        rounded = 0.0_dp
        if (self%n_nonfinite > 0) then
            rounded = ieee_value(rounded, ieee_quiet_nan)
            return
        end if
        whole = self
        call whole%carry()
        is_negative = whole%chunks(n_chunks - 1) < 0
        if (is_negative) then
            whole%chunks = -whole%chunks
            call whole%carry()
        end if
        do i = n_chunks - 1, 0, -1
            if (whole%chunks(i) /= 0) rounded = rounded + scale(real(whole%chunks(i), dp), &
                & chunk_bits*i + least_exponent)
        end do
        if (is_negative) rounded = -rounded

    end function rounded

    pure function numbers(self)

        !! As integers, to be sent.
        class(exact_sum_t), intent(in) :: self
        integer(int64) :: numbers(n_sum_numbers)

        type(exact_sum_t) :: whole

        whole = self
        call whole%carry()
        numbers = [whole%chunks, whole%n_nonfinite]

    end function numbers

    pure subroutine set_numbers(self, numbers)

        !! What `numbers` gave.
        class(exact_sum_t), intent(inout) :: self
        integer(int64), intent(in) :: numbers(:)

        self%chunks = numbers(:n_chunks)
        self%n_nonfinite = numbers(n_chunks + 1)
        self%additions = 1

    end subroutine set_numbers

    pure subroutine carry(self)

        !! Leave 0 to 65535 in each chunk but the last, which has the sign.
        class(exact_sum_t), intent(inout) :: self

        integer(int64) :: over
        integer :: i

        do i = 0, n_chunks - 2
            over = shifta(self%chunks(i), chunk_bits)
            self%chunks(i) = self%chunks(i) - over*2_int64**chunk_bits
            self%chunks(i + 1) = self%chunks(i + 1) + over
        end do
        self%additions = 1

    end subroutine carry

end module gwparam_exact_sum
