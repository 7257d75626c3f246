module alexander_dunkerton_checks

    !! Checks of the state that a host hands to the gravity-wave drag.
    !!
    !! Each leaves `status` and `message` alone if the check is passed or an earlier one failed.

    use, intrinsic :: ieee_arithmetic, only: ieee_is_finite
    use alexander_dunkerton_setup, only: degrees
    use gwparam_kinds, only: dp
    use gwparam_status, only: gwparam_err_argument, gwparam_err_nonfinite, gwparam_err_shape, &
        & gwparam_ok, text
    implicit none(type, external)
    private

    public :: check_finite, check_latitude, check_positive, check_rising, check_shape

contains

    pure subroutine check_shape(name, extents, expected, status, message)

        character(len=*), intent(in) :: name
        integer, intent(in) :: extents(:), expected(:)
        integer, intent(inout) :: status
        character(len=:), allocatable, intent(inout) :: message

        if (status /= gwparam_ok) return
        if (all(extents == expected)) return
        status = gwparam_err_shape
        message = name // " has shape " // text(extents) // ", expected " // text(expected)

    end subroutine check_shape

    pure subroutine check_latitude(latitude, status, message)

        real(dp), intent(in) :: latitude !! [rad]
        integer, intent(inout) :: status
        character(len=:), allocatable, intent(inout) :: message

        if (status /= gwparam_ok) return
        if (.not. ieee_is_finite(latitude)) then
            status = gwparam_err_nonfinite
            message = "latitude is " // text(latitude) // ", expected a finite number"
        else if (abs(degrees(latitude)) > 90.0_dp + 1.0e-6_dp) then
            status = gwparam_err_argument
            message = "latitude is " // text(degrees(latitude)) // " degrees, expected -90 to 90"
        end if

    end subroutine check_latitude

    pure subroutine check_finite(name, profile, status, message)

        character(len=*), intent(in) :: name
        real(dp), intent(in) :: profile(:) !! From the model top down
        integer, intent(inout) :: status
        character(len=:), allocatable, intent(inout) :: message

        integer :: k

        if (status /= gwparam_ok) return
        do k = 1, size(profile)
            if (ieee_is_finite(profile(k))) cycle
            status = gwparam_err_nonfinite
            message = name // " is " // text(profile(k)) // " at level " // text(k) &
                                             & // ", expected a finite number"
            return
        end do

    end subroutine check_finite

    pure subroutine check_positive(name, profile, status, message)

        character(len=*), intent(in) :: name
        real(dp), intent(in) :: profile(:) !! Finite, from the model top down
        integer, intent(inout) :: status
        character(len=:), allocatable, intent(inout) :: message

        integer :: k

        if (status /= gwparam_ok) return
        do k = 1, size(profile)
            if (profile(k) > 0.0_dp) cycle
            status = gwparam_err_argument
            message = name // " is " // text(profile(k)) // " at level " // text(k) &
                                             & // ", expected more than 0"
            return
        end do

    end subroutine check_positive

    pure subroutine check_rising(name, profile, downwards, status, message)

        !! Finite, and strictly rising or falling with the level: catches a swapped vertical order.
        character(len=*), intent(in) :: name
        real(dp), intent(in) :: profile(:) !! From the model top down
        real(dp), intent(in) :: downwards !! 1 if it rises from the top down, else -1
        integer, intent(inout) :: status
        character(len=:), allocatable, intent(inout) :: message

        integer :: k

        call check_finite(name, profile, status, message)
        if (status /= gwparam_ok) return
        do k = 2, size(profile)
            if (downwards*(profile(k) - profile(k - 1)) > 0.0_dp) cycle
            status = gwparam_err_argument
            message = name // " goes from " // text(profile(k - 1)) // " to " // text(profile(k)) &
                                                    & // " at level " // text(k) &
                                                    & // ", expected level 1 to be the model top"
            return
        end do

    end subroutine check_rising

end module alexander_dunkerton_checks
