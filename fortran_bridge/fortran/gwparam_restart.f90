module gwparam_restart

    !! What a network carries from one step to the next, out of it and back.
    !!
    !! One procedure a rank, for the reason that gwparam_array states.

    use, intrinsic :: iso_c_binding, only: c_int32_t, c_null_char, c_sizeof
    use gwparam_array, only: view
    use gwparam_c_api, only: array_t, gwparam_scheme_restore_c, &
        & gwparam_scheme_restore_statistics_c, gwparam_scheme_save_c, &
        & gwparam_scheme_synchronise_c, gwparam_scheme_statistics_c, statistics_t
    use gwparam_fields, only: fields_t
    use gwparam_handle, only: pointer_of, report
    use gwparam_kinds, only: dp
    use gwparam_options, only: counters_from_c, counters_to_c, gwparam_statistics_t
    use gwparam_status, only: gwparam_ok
    implicit none(type, external)
    private

    type, extends(fields_t), abstract, public :: restart_t
        !! A network whose run can be interrupted.

    contains
        procedure, public :: statistics !! Counters
        procedure, public :: restore_statistics !! Go on counting
        procedure, public :: synchronise !! Complete what is pending, so that it can be saved
        procedure, public :: settle => synchronise !! Its name until 0.1
        generic, public :: save => save_1, save_2, save_3
        !! Take one pending field, of rank 1 to 3, for a restart file
        generic, public :: restore => restore_1, restore_2, restore_3
        !! Give one pending field back, of rank 1 to 3
        procedure, private :: save_1, save_2, save_3, restore_1, restore_2, restore_3
    end type restart_t

contains

    subroutine statistics(self, counters, stat, errmsg)

        !! What the network has done since it was loaded.
        class(restart_t), intent(in) :: self
        type(gwparam_statistics_t), intent(inout) :: counters !! Counters; unchanged on failure
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success
        type(statistics_t) :: found
        integer(c_int32_t) :: status

        status = gwparam_scheme_statistics_c(pointer_of(self), found, int(c_sizeof(found), &
                                             & c_int32_t))
        if (status == gwparam_ok) counters = counters_from_c(found)
        call report(status, stat, errmsg)

    end subroutine statistics

    subroutine restore_statistics(self, counters, stat, errmsg)

        !! Go on counting runs, columns and guarded columns from counters that were saved.
        class(restart_t), intent(in) :: self
        type(gwparam_statistics_t), intent(in) :: counters !! Of `statistics`, in the run before
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success
        type(statistics_t) :: given

        given = counters_to_c(counters)
        call report(gwparam_scheme_restore_statistics_c(pointer_of(self), given, &
                    & int(c_sizeof(given), c_int32_t)), stat, errmsg)

    end subroutine restore_statistics

    subroutine synchronise(self, carries, stat, errmsg)

        !! Complete what is pending to the next flush; with lag = 1, wait for the last result.
        class(restart_t), intent(in) :: self
        logical, intent(inout), optional :: carries
        !! Whether there is anything to save; unchanged on failure
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success
        integer(c_int32_t) :: found, status

        found = 0
        status = gwparam_scheme_synchronise_c(pointer_of(self), found)
        if (status == gwparam_ok .and. present(carries)) carries = found /= 0
        call report(status, stat, errmsg)

    end subroutine synchronise

    subroutine save_1(self, name, field, stat, errmsg)

        !! Take one pending field, after `synchronise`.
        class(restart_t), intent(in) :: self
        character(len=*), intent(in) :: name !! Of `field`, gwparam_pending
        real(dp), intent(inout), target :: field(:) !! (horizontal..., level), all columns
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call save_view(self, name, view(field), stat, errmsg)

    end subroutine save_1

    subroutine save_2(self, name, field, stat, errmsg)

        !! Take one pending field, after `synchronise`.
        class(restart_t), intent(in) :: self
        character(len=*), intent(in) :: name !! Of `field`, gwparam_pending
        real(dp), intent(inout), target :: field(:,:) !! (horizontal..., level), all columns
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call save_view(self, name, view(field), stat, errmsg)

    end subroutine save_2

    subroutine save_3(self, name, field, stat, errmsg)

        !! Take one pending field, after `synchronise`.
        class(restart_t), intent(in) :: self
        character(len=*), intent(in) :: name !! Of `field`, gwparam_pending
        real(dp), intent(inout), target :: field(:,:,:) !! (horizontal..., level), all columns
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call save_view(self, name, view(field), stat, errmsg)

    end subroutine save_3

    subroutine save_view(self, name, array, stat, errmsg)

        class(restart_t), intent(in) :: self
        character(len=*), intent(in) :: name
        type(array_t), intent(in) :: array
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg

        call report(gwparam_scheme_save_c(pointer_of(self), trim(name) // c_null_char, array), &
                    & stat, errmsg)

    end subroutine save_view

    subroutine restore_1(self, name, field, stat, errmsg)

        !! Give one pending field back, after `set_levels` and before the first `put`.
        class(restart_t), intent(in) :: self
        character(len=*), intent(in) :: name !! Of `field`, gwparam_pending
        real(dp), intent(in), target :: field(:) !! (horizontal..., level), as `save` gave it
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call restore_view(self, name, view(field), stat, errmsg)

    end subroutine restore_1

    subroutine restore_2(self, name, field, stat, errmsg)

        !! Give one pending field back, after `set_levels` and before the first `put`.
        class(restart_t), intent(in) :: self
        character(len=*), intent(in) :: name !! Of `field`, gwparam_pending
        real(dp), intent(in), target :: field(:,:) !! (horizontal..., level), as `save` gave it
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call restore_view(self, name, view(field), stat, errmsg)

    end subroutine restore_2

    subroutine restore_3(self, name, field, stat, errmsg)

        !! Give one pending field back, after `set_levels` and before the first `put`.
        class(restart_t), intent(in) :: self
        character(len=*), intent(in) :: name !! Of `field`, gwparam_pending
        real(dp), intent(in), target :: field(:,:,:) !! (horizontal..., level), as `save` gave it
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call restore_view(self, name, view(field), stat, errmsg)

    end subroutine restore_3

    subroutine restore_view(self, name, array, stat, errmsg)

        class(restart_t), intent(in) :: self
        character(len=*), intent(in) :: name
        type(array_t), intent(in) :: array
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg

        call report(gwparam_scheme_restore_c(pointer_of(self), trim(name) // c_null_char, array), &
                    & stat, errmsg)

    end subroutine restore_view

end module gwparam_restart
