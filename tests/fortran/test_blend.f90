program test_blend

    !! How much of the drag is the network's.
    use gwparam_blend, only: blended, gwparam_blend_t
    use gwparam_kinds, only: dp
    use gwparam_status, only: text
    use tap, only: done, ok
    implicit none(type, external)

    real(dp), parameter :: nan_like = huge(1.0_dp)
    real(dp), parameter :: latitude(2, 1) = reshape([-30.0_dp, 10.0_dp], [2, 1])
    real(dp), parameter :: pressure(2, 1, 3) = reshape([10.0_dp, 20.0_dp, 1.0e3_dp, 2.0e3_dp, &
         & 9.0e4_dp, 9.5e4_dp], [2, 1, 3])

    call test_default()
    call test_time()
    call test_masks()
    call test_expected_error()
    call test_bits()
    call test_complaints()
    call done()

contains

    subroutine test_default()

        type(gwparam_blend_t) :: blend

        call ok(.not. blend%is_on(), "by default the network has all")
        call ok(all(blend%weights(3.0_dp, latitude, pressure) >= 1.0_dp), "everywhere")

    end subroutine test_default

    subroutine test_time()

        type(gwparam_blend_t) :: blend
        real(dp) :: w(2, 1, 3)
        integer :: day
        logical :: right

        blend = gwparam_blend_t(share=0.8_dp, first_day=10.0_dp, days=20.0_dp)
        right = blend%is_on()
        do day = 0, 40, 5
            w = blend%weights(real(day, dp), latitude, pressure)
            right = right .and. all(abs(w - 0.8_dp*min(max((day - 10)/20.0_dp, 0.0_dp), &
                                    & 1.0_dp)) < 1.0e-15_dp)
        end do
        call ok(right, "a ramp from the first day on")

    end subroutine test_time

    subroutine test_masks()

        type(gwparam_blend_t) :: blend
        real(dp) :: w(2, 1, 3)

        blend%latitude = [-40.0_dp, -20.0_dp, 0.0_dp, 40.0_dp]
        w = blend%weights(0.0_dp, latitude, pressure)
        call ok(all(abs(w(1, 1,:) - 0.5_dp) < 1.0e-15_dp), "halfway in the south")
        call ok(all(abs(w(2, 1,:) - 0.75_dp) < 1.0e-15_dp), "a quarter of the way in the north")
        blend%latitude = [10.0_dp, 10.0_dp, 10.0_dp, 90.0_dp]
        w = blend%weights(0.0_dp, latitude, pressure)
        call ok(all(w(1, 1,:) <= 0.0_dp) .and. all(w(2, 1,:) >= 1.0_dp), "edges may be steps")

        blend = gwparam_blend_t()
        blend%pressure = [10.0_dp, 1.0e3_dp, 2.0e3_dp, 1.0e5_dp]
        w = blend%weights(0.0_dp, latitude, pressure)
        call ok(blend%is_on() .and. all(w(:,:,2) >= 1.0_dp), "all of it between")
        call ok(w(1, 1, 1) <= 0.0_dp .and. abs(w(2, 1, &
                & 1) - log(2.0_dp)/log(100.0_dp)) < 1.0e-15_dp, "by the logarithm above")
        call ok(all(abs(w(:,1, 3) - log(1.0e5_dp/pressure(:,1, 3))/log(50.0_dp)) < 1.0e-15_dp), &
                & "and below")

    end subroutine test_masks

    subroutine test_expected_error()

        type(gwparam_blend_t) :: blend
        real(dp) :: w(2, 1, 3)

        call ok(.not. blend%needs_error(), "by default it does not matter")
        blend%error = [0.5_dp, 1.5_dp]
        call ok(blend%is_on() .and. blend%needs_error(), "it does where it is asked for")
        w = blend%weights(0.0_dp, latitude, pressure, reshape([0.5_dp, 0.75_dp], [2, 1]))
        call ok(all(w(1,:,:) >= 1.0_dp) .and. all(abs(w(2,:,:) - 0.75_dp) < 1.0e-15_dp), &
                & "the less of it the more wrong it may be, on all levels of the column")
        w = blend%weights(0.0_dp, latitude, pressure, reshape([1.5_dp, 100.0_dp], [2, 1]))
        call ok(all(w <= 0.0_dp), "nothing of it from the second error on")

    end subroutine test_expected_error

    subroutine test_bits()

        real(dp), parameter :: network = 0.1_dp, native = -0.7_dp

        call ok(abs(blended(1.0_dp, network, &
                & native) - network) <= 0.0_dp .and. abs(blended(0.0_dp, network, &
                & native) - native) <= 0.0_dp, "one of them alone has its bits")
        call ok(abs(blended(1.0_dp, network, nan_like) - network) <= 0.0_dp, &
                & "whatever the other is")
        call ok(abs(blended(0.25_dp, network, &
                & native) - (0.25_dp*network + 0.75_dp*native)) <= 0.0_dp, "both by their parts")

    end subroutine test_bits

    subroutine test_complaints()

        type(gwparam_blend_t) :: blend

        call ok(blend%complaint() == "", "nothing to complain of")
        call complains(gwparam_blend_t(share=1.5_dp), "blend_share is " // text(1.5_dp))
        call complains(gwparam_blend_t(days=-1.0_dp), "blend_days is -1")
        blend%latitude(3) = -90.0_dp
        blend%latitude(2) = 10.0_dp
        call complains(blend, "blend_latitude does not go north")
        blend = gwparam_blend_t()
        blend%pressure(2) = 100.0_dp
        blend%pressure(1) = 200.0_dp
        call complains(blend, "blend_pressure does not go down")
        blend = gwparam_blend_t(error=[0.5_dp, 0.25_dp])
        call complains(blend, "blend_error does not go up")
        blend = gwparam_blend_t(error=[0.5_dp, huge(1.0_dp)])
        call complains(blend, "blend_error does not go up")

    end subroutine test_complaints

    subroutine complains(blend, words)

        type(gwparam_blend_t), intent(in) :: blend
        character(len=*), intent(in) :: words

        character(len=128) :: message

        message = blend%complaint()
        call ok(index(message, words) == 1, words)

    end subroutine complains

end program test_blend
