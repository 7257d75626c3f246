program test_exact_sum

    !! Sums without rounding: of known values, in any order, over all that reals can hold.

    use, intrinsic :: ieee_arithmetic, only: ieee_is_nan, ieee_positive_inf, ieee_value
    use gwparam_exact_sum, only: exact_sum_t, n_sum_numbers
    use gwparam_kinds, only: dp
    use tap, only: done, ok
    implicit none(type, external)

    integer, parameter :: many = 20000

    call test_known_values()
    call test_order()
    call test_ends_of_the_range()
    call test_carries()
    call done()

contains

    logical function is_bits(sum_of, expected)

        type(exact_sum_t), intent(in) :: sum_of
        real(dp), intent(in) :: expected

        is_bits = .not. abs(sum_of%value() - expected) > 0.0_dp

    end function is_bits

    type(exact_sum_t) function total(values)

        real(dp), intent(in) :: values(:)
        integer :: i

        do i = 1, size(values)
            call total%take(values(i))
        end do

    end function total

    subroutine test_known_values()

        call ok(is_bits(total([real(dp)::]), 0.0_dp), "nothing")

        call ok(is_bits(total([1.0_dp, 2.0_dp, -4.5_dp]), -1.5_dp), "of both signs")
        call ok(is_bits(total([1.0e16_dp, 1.0_dp, -1.0e16_dp]), 1.0_dp), "what rounding would lose")
        call ok(is_bits(total([1.0_dp, -1.0_dp]), 0.0_dp), "to nothing")
        call ok(is_bits(total([0.1_dp]), 0.1_dp) .and. is_bits(total([-0.1_dp]), -0.1_dp), &
                & "a number is its own sum")
        call ok(is_bits(total([3.0_dp, -1.0e-5_dp, 1.0e-5_dp]), 3.0_dp), "small ones go")

    end subroutine test_known_values

    subroutine test_order()

        type(exact_sum_t) :: parts(3), received, whole
        real(dp) :: values(many)
        integer :: i
        logical :: same

        call random_seed(put=spread(7, 1, 64))
        call random_number(values)
        values = (values - 0.5_dp)*10.0_dp**(30*cshift(values, 1) - 20)
        whole = total(values)
        call ok(is_bits(total(values(many:1:-1)), whole%value()), "from the other end")
        do i = 1, 3
            parts(i) = total(values(i::3))
        end do
        call received%set_numbers(parts(3)%numbers())
        call received%add(parts(1))
        call received%add(parts(2))
        same = all(received%numbers() == whole%numbers()) .and. size(whole%numbers()) &
                   & == n_sum_numbers
        call ok(same .and. is_bits(received, whole%value()), "in parts that were sent")
        call ok(abs(whole%value() - sum(values)) <= 1.0e-10_dp*sum(abs(values)), &
                & "near the sum with rounding")

    end subroutine test_order

    subroutine test_ends_of_the_range()

        type(exact_sum_t) :: infinite
        real(dp), parameter :: least = tiny(1.0_dp)*epsilon(1.0_dp)

        call ok(is_bits(total([least]), least) .and. is_bits(total([least, least]), 2*least), &
                & "the least reals")
        call ok(is_bits(total([huge(1.0_dp), 1.0_dp, -huge(1.0_dp)]), 1.0_dp), "the largest")
        call ok(is_bits(total([huge(1.0_dp), huge(1.0_dp), -huge(1.0_dp), -huge(1.0_dp), &
                & -least]), -least), "beyond the largest on the way")
        infinite = total([1.0_dp])
        call infinite%take(ieee_value(1.0_dp, ieee_positive_inf))
        call infinite%take(1.0_dp)
        call ok(ieee_is_nan(infinite%value()), "no sum of what is not finite")

    end subroutine test_ends_of_the_range

    subroutine test_carries()

        !! More additions than a chunk has room for without.
        integer, parameter :: rounds = 30
        integer :: i
        type(exact_sum_t) :: doubled, one

        one = total([0.75_dp])
        doubled = one
        do i = 1, rounds
            call doubled%add(doubled_of(doubled))
        end do
        call ok(is_bits(doubled, 0.75_dp*2.0_dp**rounds), "carried on in sums of sums")
        one = exact_sum_t()
        do i = 1, 1200000
            call one%take(huge(1.0_dp)*2.0_dp**(-100))
        end do
        call ok(is_bits(one, 1200000*(huge(1.0_dp)*2.0_dp**(-100))), "and of many numbers")

    end subroutine test_carries

    type(exact_sum_t) function doubled_of(one)

        !! A copy, since an argument must not be another's alias.
        type(exact_sum_t), intent(in) :: one

        doubled_of = one

    end function doubled_of

end program test_exact_sum
