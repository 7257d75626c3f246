module gwparam_record

    !! One call of a network, to be looked at and run again elsewhere: what went in, what came out.

    use, intrinsic :: iso_fortran_env, only: int64
    use gwparam_coupling_settings, only: gwparam_coupling_settings_t
    use gwparam_kinds, only: dp
    use gwparam_status, only: fail, gwparam_err_argument, gwparam_ok
    implicit none(type, external)
    private

    type, public :: gwparam_record_field_t
        !! A field of columns; level 1 is the model top.
        character(len=64) :: name = "" !! As a contract has it
        character(len=16) :: units = ""
        real(dp), allocatable :: values(:,:) !! (column, level), one level for surface fields
    end type gwparam_record_field_t

    type, public :: gwparam_record_t
        !! Of the columns of one object or, after `add`, of several. A call that failed has no
        !! results, and inputs of those columns that were served before.
        type(gwparam_coupling_settings_t) :: settings
        character(len=64) :: artefact_sha256 = ""
        character(len=1024) :: failure = "" !! Why the call failed; blank: it did not
        integer :: call = 0 !! Its number since the start of the run, from 1
        integer :: rank = 0, ranks = 1
        integer :: member = 0 !! Of the network that ran, from 1; 0: the mean of several
        integer :: threads = 0 !! Of the network: the last bits of a global one depend on them
        integer(int64) :: guarded = 0 !! Columns that a guard gave up
        real(dp) :: days = 0.0_dp !! Model time
        character(len=40) :: date = "" !! As the host gave it
        real(dp), allocatable :: pressure(:) !! What the host said of its full levels [Pa]
        real(dp), allocatable :: latitude(:) !! [degrees_north] (column)
        real(dp), allocatable :: longitude(:) !! [degrees_east] (column)
        type(gwparam_record_field_t), allocatable :: inputs(:)
        type(gwparam_record_field_t), allocatable :: native(:)
        !! Drag of the native scheme, where it ran in all columns
        type(gwparam_record_field_t), allocatable :: outputs(:) !! Past the guards
        integer(int64), allocatable :: sums(:,:) !! Of gwparam_trace_stages (column, stage)

    contains
        procedure :: add !! Columns of another object
        procedure :: bytes !! What a file of it takes
    end type gwparam_record_t

contains

    subroutine add(self, other, stat, errmsg)

        !! Add the columns of another object of the same settings, after those that are here.
        class(gwparam_record_t), intent(inout) :: self !! Unchanged on failure
        type(gwparam_record_t), intent(in) :: other
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        if (present(stat)) stat = gwparam_ok
        if (size(other%latitude) == 0) return  ! it made no calls
        if (size(self%latitude) == 0) then
            select type (self)  ! what may be extended cannot be assigned to
            type is (gwparam_record_t)
                self = other
            class default
                call fail(gwparam_err_argument, "a record of another type", stat, errmsg)
            end select
            return
        end if
        if (self%call /= other%call .or. size(self%inputs) /= size(other%inputs) &
            & .or. size(self%native) /= size(other%native)) then
            call fail(gwparam_err_argument, &
                      & "the objects are not at the same call, or not of the same settings", &
                      & stat, errmsg)
            return
        end if
        self%guarded = self%guarded + other%guarded
        if (self%failure == "") self%failure = other%failure
        self%latitude = [self%latitude, other%latitude]
        self%longitude = [self%longitude, other%longitude]
        call append(self%inputs, other%inputs)
        call append(self%native, other%native)
        call append(self%outputs, other%outputs)
        self%sums = transpose(reshape([transpose(self%sums), transpose(other%sums)], &
                              & [size(self%sums, 2), size(self%latitude)]))

    end subroutine add

    pure subroutine append(fields, more)

        type(gwparam_record_field_t), intent(inout) :: fields(:)
        type(gwparam_record_field_t), intent(in) :: more(:)

        real(dp), allocatable :: both(:,:)
        integer :: f, first, second

        do f = 1, size(fields)
            first = size(fields(f)%values, 1)
            second = size(more(f)%values, 1)
            allocate (both(first + second, size(fields(f)%values, 2)))
            both(:first,:) = fields(f)%values
            both(first + 1:,:) = more(f)%values
            call move_alloc(both, fields(f)%values)
        end do

    end subroutine append

    elemental integer(int64) function bytes(self)
        !! Its numbers; what a file needs besides does not count.
        class(gwparam_record_t), intent(in) :: self

        integer, parameter :: bytes_of_number = 8
        integer :: f

        bytes = size(self%latitude, kind=int64)*2 + size(self%sums, kind=int64)
        do f = 1, size(self%inputs)
            bytes = bytes + size(self%inputs(f)%values, kind=int64)
        end do
        do f = 1, size(self%native)
            bytes = bytes + size(self%native(f)%values, kind=int64)
        end do
        do f = 1, size(self%outputs)
            bytes = bytes + size(self%outputs(f)%values, kind=int64)
        end do
        bytes = bytes*bytes_of_number

    end function bytes

end module gwparam_record
