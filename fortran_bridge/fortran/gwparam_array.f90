module gwparam_array

    !! Descriptions of the host's arrays: where they are and how they lie, without a copy.

    use, intrinsic :: iso_c_binding, only: c_int64_t, c_intptr_t, c_loc, c_null_ptr, c_ptr
    use gwparam_c_api, only: array_t, float32_code, float64_code
    use gwparam_kinds, only: dp, sp
    implicit none(type, external)
    private

    public :: view

    interface view
        !! Describe an array of rank 1 to 4 with any strides.
        module procedure view_sp, view_dp
    end interface view

contains

    function view_sp(field) result(array)

        real(sp), intent(in), target :: field(..)
        type(array_t) :: array

        array = described(shape(field, c_int64_t), float32_code)
        if (size(field) == 0) return
        select rank (field)
        rank (1)
            array%data = c_loc(field(1))
            call set_stride(array, 1, c_loc(field(min(2, size(field, 1)))), 4)
        rank (2)
            array%data = c_loc(field(1, 1))
            call set_stride(array, 1, c_loc(field(min(2, size(field, 1)), 1)), 4)
            call set_stride(array, 2, c_loc(field(1, min(2, size(field, 2)))), 4)
        rank (3)
            array%data = c_loc(field(1, 1, 1))
            call set_stride(array, 1, c_loc(field(min(2, size(field, 1)), 1, 1)), 4)
            call set_stride(array, 2, c_loc(field(1, min(2, size(field, 2)), 1)), 4)
            call set_stride(array, 3, c_loc(field(1, 1, min(2, size(field, 3)))), 4)
        rank (4)
            array%data = c_loc(field(1, 1, 1, 1))
            call set_stride(array, 1, c_loc(field(min(2, size(field, 1)), 1, 1, 1)), 4)
            call set_stride(array, 2, c_loc(field(1, min(2, size(field, 2)), 1, 1)), 4)
            call set_stride(array, 3, c_loc(field(1, 1, min(2, size(field, 3)), 1)), 4)
            call set_stride(array, 4, c_loc(field(1, 1, 1, min(2, size(field, 4)))), 4)
        end select

    end function view_sp

    function view_dp(field) result(array)

        real(dp), intent(in), target :: field(..)
        type(array_t) :: array

        array = described(shape(field, c_int64_t), float64_code)
        if (size(field) == 0) return
        select rank (field)
        rank (1)
            array%data = c_loc(field(1))
            call set_stride(array, 1, c_loc(field(min(2, size(field, 1)))), 8)
        rank (2)
            array%data = c_loc(field(1, 1))
            call set_stride(array, 1, c_loc(field(min(2, size(field, 1)), 1)), 8)
            call set_stride(array, 2, c_loc(field(1, min(2, size(field, 2)))), 8)
        rank (3)
            array%data = c_loc(field(1, 1, 1))
            call set_stride(array, 1, c_loc(field(min(2, size(field, 1)), 1, 1)), 8)
            call set_stride(array, 2, c_loc(field(1, min(2, size(field, 2)), 1)), 8)
            call set_stride(array, 3, c_loc(field(1, 1, min(2, size(field, 3)))), 8)
        rank (4)
            array%data = c_loc(field(1, 1, 1, 1))
            call set_stride(array, 1, c_loc(field(min(2, size(field, 1)), 1, 1, 1)), 8)
            call set_stride(array, 2, c_loc(field(1, min(2, size(field, 2)), 1, 1)), 8)
            call set_stride(array, 3, c_loc(field(1, 1, min(2, size(field, 3)), 1)), 8)
            call set_stride(array, 4, c_loc(field(1, 1, 1, min(2, size(field, 4)))), 8)
        end select

    end function view_dp

    pure function described(extents, dtype) result(array)

        integer(c_int64_t), intent(in) :: extents(:)
        integer, intent(in) :: dtype
        type(array_t) :: array

        array%data = c_null_ptr
        array%dtype = dtype
        array%rank = size(extents)
        array%shape = 1
        array%stride = 0
        array%shape(:size(extents)) = extents

    end function described

    subroutine set_stride(array, dimension, second, bytes)

        !! The distance to the second element; a dimension of one element has none, and needs none.
        type(array_t), intent(inout) :: array
        integer, intent(in) :: dimension
        type(c_ptr), intent(in) :: second
        integer, intent(in) :: bytes

        array%stride(dimension) = &
            (transfer(second, 0_c_intptr_t) - transfer(array%data, 0_c_intptr_t)) / bytes

    end subroutine set_stride

end module gwparam_array
