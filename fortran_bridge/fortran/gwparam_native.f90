module gwparam_native

    !! A native scheme of the host, for the columns that guards leave to it.
    !!
    !!     type, extends(gwparam_native_t) :: mine_t      what its `drag` needs of the host
    !!     type(mine_t), target :: mine
    !!     call network%set_native(mine)

    use, intrinsic :: iso_c_binding, only: c_char, c_double, c_f_pointer, c_int32_t, c_int64_t, &
        & c_null_char, c_ptr
    use gwparam_kinds, only: dp
    use gwparam_text, only: from_c
    implicit none(type, external)
    private

    integer, parameter :: name_length = 128 !! More than any name of a contract has
    integer, parameter :: message_length = 512

    type, abstract, public :: gwparam_native_t
        !! A scheme by itself: gwparam_native_procedure and its context.

    contains
        procedure(drag_of_columns), deferred :: drag !! Of some columns
    end type gwparam_native_t

    abstract interface
        subroutine drag_of_columns(self, column, name, units, drag, stat, errmsg)

            !! Drag of the columns that guards caught in the last run, and of no others; in a call
            !! of `run` or `flush`, of whose network it may use nothing.
            import :: dp, gwparam_native_t
            implicit none(type, external)
            class(gwparam_native_t), intent(inout) :: self
            integer, intent(in) :: column(:)
            !! Numbers from 1, increasing, in the order in which columns were put since the last
            !! flush
            !! Of the tendencies, as of the contract
            character(len=*), intent(in) :: name(:), units(:)
            real(dp), intent(inout) :: drag(:,:,:)
            !! To be filled, all of it (level, column, tendency), in the host's order of levels
            integer, intent(out) :: stat !! 0, or a gwparam_err_* code: `run` fails with it
            character(len=*), intent(inout) :: errmsg !! Reason; unchanged on success

        end subroutine drag_of_columns
    end interface

    type, public :: native_holder_t
        !! What the C ABI carries as its context.
        class(gwparam_native_t), pointer :: its => null()
    end type native_holder_t

    type, bind(c) :: native_columns_t
        !! gwparam_native_columns
        integer(c_int64_t) :: columns
        type(c_ptr) :: column
        integer(c_int64_t) :: levels
        integer(c_int64_t) :: tendencies
        type(c_ptr) :: name, units, drag
    end type native_columns_t

    public :: call_native

contains

    integer(c_int32_t) function call_native(context, asked, message, &
            & capacity) result(status) bind(c)

        !! What the C ABI calls: gwparam_native_procedure.
        type(c_ptr), value, intent(in) :: context !! A native_holder_t
        type(native_columns_t), intent(in) :: asked
        integer(c_int64_t), value, intent(in) :: capacity
        character(kind=c_char), intent(inout) :: message(capacity)

        type(native_holder_t), pointer :: holder
        integer(c_int64_t), pointer :: column(:)
        real(c_double), pointer :: drag(:,:,:)
        character(len=message_length) :: errmsg
        integer :: i, stat

        call c_f_pointer(context, holder)
        call c_f_pointer(asked%column, column, [asked%columns])
        call c_f_pointer(asked%drag, drag, [asked%levels, asked%columns, asked%tendencies])
        errmsg = ""
        call holder%its%drag(int(column) + 1, texts(asked%name, asked%tendencies), &
                             & texts(asked%units, asked%tendencies), drag, stat, errmsg)
        status = stat
        if (stat == 0) return
        message = c_null_char
        do i = 1, min(len_trim(errmsg), int(capacity) - 1)
            message(i) = errmsg(i:i)
        end do

    end function call_native

    function texts(pointers, count) result(found)

        !! NUL-terminated texts.
        type(c_ptr), intent(in) :: pointers
        integer(c_int64_t), intent(in) :: count
        character(len=name_length) :: found(count)

        type(c_ptr), pointer :: each(:)
        character(kind=c_char), pointer :: letters(:)
        character(len=:), allocatable :: text
        integer :: i

        call c_f_pointer(pointers, each, [count])
        do i = 1, int(count)
            call c_f_pointer(each(i), letters, [name_length])
            call from_c(letters, text)
            found(i) = text
        end do

    end function texts

end module gwparam_native
