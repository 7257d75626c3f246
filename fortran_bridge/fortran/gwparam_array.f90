module gwparam_array

    !! Descriptions of the host's arrays: where they are and how they lie, without a copy.
    !!
    !! One procedure a kind and rank. A single one with `field(..)` would do, but gfortran 12 hands
    !! an array expression such as `2*x(:, 2:4)` to an assumed-rank dummy shifted by its lower
    !! bounds, silently; merge them once no supported compiler does.

    use, intrinsic :: iso_c_binding, only: c_int32_t, c_int64_t, c_intptr_t, c_loc, c_ptr
    use gwparam_c_api, only: array_t, float32_code, float64_code
    use gwparam_kinds, only: dp, sp
    implicit none(type, external)
    private

    public :: view

    interface view
        !! Describe an array of rank 1 to 3 with any strides.
        module procedure view_sp_1, view_sp_2, view_sp_3, view_dp_1, view_dp_2, view_dp_3
    end interface view

contains

    function view_sp_1(field) result(array)

        real(sp), intent(in), target :: field(:)
        type(array_t) :: array

        array = described(shape(field, c_int64_t), float32_code)
        if (size(field) == 0) return
        array%data = c_loc(field(1))
        call set_stride(array, 1, c_loc(field(min(2, size(field, 1)))))

    end function view_sp_1

    function view_sp_2(field) result(array)

        real(sp), intent(in), target :: field(:,:)
        type(array_t) :: array

        array = described(shape(field, c_int64_t), float32_code)
        if (size(field) == 0) return
        array%data = c_loc(field(1, 1))
        call set_stride(array, 1, c_loc(field(min(2, size(field, 1)), 1)))
        call set_stride(array, 2, c_loc(field(1, min(2, size(field, 2)))))

    end function view_sp_2

    function view_sp_3(field) result(array)

        real(sp), intent(in), target :: field(:,:,:)
        type(array_t) :: array

        array = described(shape(field, c_int64_t), float32_code)
        if (size(field) == 0) return
        array%data = c_loc(field(1, 1, 1))
        call set_stride(array, 1, c_loc(field(min(2, size(field, 1)), 1, 1)))
        call set_stride(array, 2, c_loc(field(1, min(2, size(field, 2)), 1)))
        call set_stride(array, 3, c_loc(field(1, 1, min(2, size(field, 3)))))

    end function view_sp_3

    function view_dp_1(field) result(array)

        real(dp), intent(in), target :: field(:)
        type(array_t) :: array

        array = described(shape(field, c_int64_t), float64_code)
        if (size(field) == 0) return
        array%data = c_loc(field(1))
        call set_stride(array, 1, c_loc(field(min(2, size(field, 1)))))

    end function view_dp_1

    function view_dp_2(field) result(array)

        real(dp), intent(in), target :: field(:,:)
        type(array_t) :: array

        array = described(shape(field, c_int64_t), float64_code)
        if (size(field) == 0) return
        array%data = c_loc(field(1, 1))
        call set_stride(array, 1, c_loc(field(min(2, size(field, 1)), 1)))
        call set_stride(array, 2, c_loc(field(1, min(2, size(field, 2)))))

    end function view_dp_2

    function view_dp_3(field) result(array)

        real(dp), intent(in), target :: field(:,:,:)
        type(array_t) :: array

        array = described(shape(field, c_int64_t), float64_code)
        if (size(field) == 0) return
        array%data = c_loc(field(1, 1, 1))
        call set_stride(array, 1, c_loc(field(min(2, size(field, 1)), 1, 1)))
        call set_stride(array, 2, c_loc(field(1, min(2, size(field, 2)), 1)))
        call set_stride(array, 3, c_loc(field(1, 1, min(2, size(field, 3)))))

    end function view_dp_3

    pure function described(extents, dtype) result(array)

        integer(c_int64_t), intent(in) :: extents(:)
        integer(c_int32_t), intent(in) :: dtype
        type(array_t) :: array

        array%dtype = dtype
        array%rank = size(extents)
        array%shape(:size(extents)) = extents

    end function described

    subroutine set_stride(array, dimension, second)

        !! The distance to the second element; a dimension of one element has none, and needs none.
        type(array_t), intent(inout) :: array
        integer, intent(in) :: dimension
        type(c_ptr), intent(in) :: second
        integer :: element_bytes

        element_bytes = merge(4, 8, array%dtype == float32_code)
        array%stride(dimension) = (transfer(second, 0_c_intptr_t) - transfer(array%data, &
                     & 0_c_intptr_t))/element_bytes

    end subroutine set_stride

end module gwparam_array
