module gwparam_versions

    !! Versions of the library and of these modules, which are compiled apart.

    use, intrinsic :: iso_c_binding, only: c_char, c_int32_t, c_int64_t
    use gwparam_c_api, only: gwparam_version_c
    use gwparam_status, only: fail, gwparam_err_argument, gwparam_ok, text
    use gwparam_text, only: from_c
    implicit none(type, external)
    private

    integer, parameter, public :: gwparam_version_major = 0 !! As in gwparam.h
    integer, parameter, public :: gwparam_version_minor = 1 !! As in gwparam.h

    public :: gwparam_version, refuse_other_version

contains

    function gwparam_version() result(version)

        !! Version of the library, MAJOR.MINOR.PATCH.
        character(len=:), allocatable :: version
        character(kind=c_char) :: chars(32)
        integer(c_int32_t) :: status

        status = gwparam_version_c(chars, size(chars, kind=c_int64_t))
        if (status /= gwparam_ok) error stop "the version does not fit"
        call from_c(chars, version)

    end function gwparam_version

    subroutine refuse_other_version(refused, stat, errmsg)

        !! Find that the host runs with a library of another series than it was compiled for.
        logical, intent(out) :: refused !! Whether it was; then `stat` and `errmsg` say so
        integer, intent(out), optional :: stat !! gwparam_err_argument, or unset
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success
        character(kind=c_char) :: chars(32)
        character(len=:), allocatable :: found
        character(len=32) :: series
        integer(c_int32_t) :: status

        status = gwparam_version_c(chars, size(chars, kind=c_int64_t))
        if (status /= gwparam_ok) error stop "the version does not fit"
        call from_c(chars, found)
        series = text(gwparam_version_major) // "." // text(gwparam_version_minor)
        refused = index(found, trim(series) // ".") /= 1
        if (refused) call fail(gwparam_err_argument, &
            & "libgwparam is version " // found // ", the host was compiled for " // trim(series) &
            & , stat, errmsg)

    end subroutine refuse_other_version

end module gwparam_versions
