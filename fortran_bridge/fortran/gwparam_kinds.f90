module gwparam_kinds

    !! Kinds of the real numbers that cross the interfaces of gwparam: those of C.

    use, intrinsic :: iso_c_binding, only: c_double, c_float
    implicit none(type, external)
    private

    integer, parameter, public :: sp = c_float !! Single precision
    integer, parameter, public :: dp = c_double !! Double precision
end module gwparam_kinds
