module gwparam_alarm

    !! When drag is computed anew: an alarm of whole seconds, as FMS's physics counts them.

    use gwparam_kinds, only: dp
    implicit none(type, external)
    private

    type, public :: alarm_t
        !! Counts down by the time steps of the host.
        integer :: interval = 0 !! Between two rings, 0: it rings in every step [s]
        integer :: left = 0 !! Until the next ring [s]

    contains
        procedure :: wind !! Start to count
        procedure :: rings !! Whether this step computes
        procedure :: lower !! A step has ended
    end type alarm_t

contains

    elemental subroutine wind(self, interval, first)

        !! Start to count; `first` is the delay of the first ring, 0: the interval.
        class(alarm_t), intent(inout) :: self
        integer, intent(in) :: interval, first !! [s]

        self%interval = interval
        self%left = merge(first, interval, first > 0)

    end subroutine wind

    elemental logical function rings(self)

        !! Whether the time is up.
        class(alarm_t), intent(in) :: self

        rings = self%left <= 0

    end function rings

    elemental subroutine lower(self, dt)

        !! Count a step, and begin the next interval where the alarm rang.
        class(alarm_t), intent(inout) :: self
        real(dp), intent(in) :: dt !! [s]

        ! With no interval it would fall for ever: leave it once it rings.

        if (self%rings() .and. self%interval == 0) return
        if (self%rings()) self%left = self%left + self%interval
        self%left = int(self%left - dt)

    end subroutine lower

end module gwparam_alarm
