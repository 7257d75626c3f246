module gwparam_blend

    !! How much of the drag is the network's: in time, by place, and by how wrong it may be.
    !!
    !! drag = w network + (1 - w) native, where w is a product: a share, a ramp in model time,
    !! masks that rise from 0 to 1 and fall again between four latitudes and four pressures, and
    !! one that falls from 1 to 0 between two errors that the network expects of itself (Heuer
    !! et al. 2025, arXiv:2510.08107). Where w is 1 the drag has the network's bits, where it is
    !! 0 the native scheme's.

    use gwparam_kinds, only: dp
    use gwparam_status, only: text
    implicit none(type, external)
    private

    real(dp), parameter :: everywhere = huge(1.0_dp)

    type, public :: gwparam_blend_t
        !! Items of gwparam_nml that begin with blend_; by default the network has all.
        real(dp) :: share = 1.0_dp !! At most [1]
        real(dp) :: first_day = 0.0_dp !! When the ramp begins, in the host's model time [days]
        real(dp) :: days = 0.0_dp !! How long it takes, 0: there is none [days]
        real(dp) :: latitude(4) = [-everywhere, -everywhere, everywhere, everywhere]
        !! None of it up to the first, all from the second to the third, none from the fourth
        !! [degrees_north]
        real(dp) :: pressure(4) = [0.0_dp, 0.0_dp, everywhere, everywhere]
        !! The same, from the top down; linear in the logarithm between two [Pa]
        real(dp) :: error(2) = everywhere
        !! All of it in columns where the network expects an error up to the first, none from the
        !! second; linear between [1]

    contains
        procedure :: is_on !! Whether the native scheme may have a part
        procedure :: needs_error !! Whether it depends on the error that the network expects
        procedure :: weights !! Of the network, in a window
        procedure :: complaint !! What cannot be meant; empty: nothing
    end type gwparam_blend_t

    public :: blended

contains

    elemental logical function is_on(self)

        !! Whether the native scheme may have a part.
        class(gwparam_blend_t), intent(in) :: self

        is_on = self%share < 1.0_dp .or. self%days > 0.0_dp .or. any(abs(self%latitude) &
            & < everywhere) .or. any(self%pressure > 0.0_dp .and. self%pressure < everywhere) &
            & .or. self%needs_error()

    end function is_on

    elemental logical function needs_error(self)

        !! Whether it depends on the error that the network expects.
        class(gwparam_blend_t), intent(in) :: self

        needs_error = any(self%error < everywhere)

    end function needs_error

    pure function weights(self, days, latitude, pressure, expected_error) result(w)

        !! Of the network, 0 to 1.
        class(gwparam_blend_t), intent(in) :: self
        real(dp), intent(in) :: days !! Model time
        real(dp), intent(in) :: latitude(:,:) !! [degrees_north] (i, j)
        real(dp), intent(in) :: pressure(:,:,:) !! [Pa] (i, j, level)
        real(dp), intent(in), optional :: expected_error(:,:)
        !! Of the network, in each column (i, j) [1]; without it, none depends on it
        real(dp) :: w(size(pressure, 1), size(pressure, 2), size(pressure, 3))

        real(dp) :: column(size(pressure, 1), size(pressure, 2))
        real(dp) :: ramp
        integer :: k

        ramp = self%share
        if (self%days > 0.0_dp) then
            ramp = ramp*min(max((days - self%first_day)/self%days, 0.0_dp), 1.0_dp)
        end if
        column = ramp*mask(latitude, self%latitude)
        if (present(expected_error)) then
            column = column*(1.0_dp - rise(expected_error, self%error(1), self%error(2)))
        end if
        do k = 1, size(w, 3)
            w(:,:,k) = column*mask(log(pressure(:,:,k)), log_of(self%pressure))
        end do

    end function weights

    elemental real(dp) function log_of(pressure)
        !! Of 0 what is below all.
        real(dp), intent(in) :: pressure

        log_of = -everywhere
        if (pressure > 0.0_dp) log_of = log(pressure)
        if (.not. pressure < everywhere) log_of = everywhere

    end function log_of

    pure function mask(x, edges)

        !! 0 up to the first edge, 1 from the second to the third, 0 from the fourth.
        real(dp), intent(in) :: x(:,:), edges(4)
        real(dp) :: mask(size(x, 1), size(x, 2))

        mask = rise(x, edges(1), edges(2))*(1.0_dp - rise(x, edges(3), edges(4)))

    end function mask

    elemental real(dp) function rise(x, from, to)
        !! 0 up to the first, 1 from the second; a step if they are the same.
        real(dp), intent(in) :: x, from, to

        if (x >= to) then
            rise = 1.0_dp
        else if (x <= from) then
            rise = 0.0_dp
        else
            rise = (x - from)/(to - from)
        end if

    end function rise

    elemental real(dp) function blended(w, network, native)
        !! A drag of both; where one has all of it, its bits.
        real(dp), intent(in) :: w !! Of the network [1]
        real(dp), intent(in) :: network, native !! [m s-2]

        if (w >= 1.0_dp) then
            blended = network
        else if (w <= 0.0_dp) then
            blended = native
        else
            blended = w*network + (1.0_dp - w)*native
        end if

    end function blended

    pure function complaint(self) result(message)

        !! What cannot be meant; empty: nothing.
        class(gwparam_blend_t), intent(in) :: self
        character(len=128) :: message

        message = ""
        if (.not. (self%share >= 0.0_dp .and. self%share <= 1.0_dp)) then
            message = "blend_share is " // text(self%share) // ", expected 0 to 1"
        else if (.not. (self%days >= 0.0_dp .and. self%days < everywhere)) then
            message = "blend_days is " // text(self%days) // ", expected at least 0"
        else if (.not. abs(self%first_day) < everywhere) then
            message = "blend_first_day is " // text(self%first_day) // ", expected a day"
        else if (.not. all(self%latitude(2:) >= self%latitude(:3))) then
            message = "blend_latitude does not go north: expected four latitudes in their order"
        else if (.not. all(self%pressure(2:) >= self%pressure(:3) .and. self%pressure(:3) &
                 & >= 0.0_dp)) then
            message = "blend_pressure does not go down: expected four pressures in their order"
        else if (self%needs_error() .and. .not. (self%error(1) >= 0.0_dp .and. self%error(2) &
                 & >= self%error(1) .and. self%error(2) < everywhere)) then
            message = "blend_error does not go up: expected two errors from 0 in their order"
        end if

    end function complaint

end module gwparam_blend
