module qbo_forcing

    !! What leaves the source from day to day: constant, drawn, or recorded.

    use, intrinsic :: ieee_arithmetic, only: ieee_is_finite
    use gwparam, only: dp
    use netcdf, only: nf90_close, NF90_FILL_DOUBLE, nf90_get_att, nf90_get_var, nf90_inq_dimid, &
        & nf90_inq_varid, nf90_inquire_dimension, nf90_inquire_variable, NF90_MAX_VAR_DIMS, &
        & NF90_NOERR, NF90_NOWRITE, nf90_open, nf90_strerror
    implicit none(type, external)
    private

    real(dp), parameter :: pi = acos(-1.0_dp)

    public :: drawn_forcing, recorded_forcing

contains

    subroutine drawn_forcing(mean, variance, correlation, seed, flux, width)

        !! Flux and width of each day, log-normal: their logarithms are correlated normals.
        real(dp), intent(in) :: mean(2) !! [Pa], [m s-1]
        real(dp), intent(in) :: variance(2) !! The same, squared
        real(dp), intent(in) :: correlation !! Of the normals
        integer, intent(in) :: seed
        real(dp), intent(inout) :: flux(:,:), width(:,:) !! (column, day)

        integer, allocatable :: state(:)
        integer :: k, n
        real(dp) :: deviation(2), even(2), normal(2)

        call random_seed(size=n)
        state = [(seed*104729 + 7919*k, k=1, n)]
        call random_seed(put=state)
        deviation = sqrt(log(1.0_dp + variance/mean**2))
        do k = 1, size(flux, 2)
            do n = 1, size(flux, 1)
                call random_number(even)
                ! Box and Muller (1958); 1 less what is less than 1 is not 0.
                normal = sqrt(-2.0_dp*log(1.0_dp - even(1)))*[cos(2.0_dp*pi*even(2)), &
                              & sin(2.0_dp*pi*even(2))]
                normal(2) = correlation*normal(1) + sqrt(1.0_dp - correlation**2)*normal(2)
                normal = mean*exp(deviation*normal - 0.5_dp*deviation**2)
                flux(n, k) = normal(1)
                width(n, k) = normal(2)
            end do
        end do

    end subroutine drawn_forcing

    subroutine recorded_forcing(path, flux, width)

        !! Flux and width of each day of a netCDF file, the same in all columns: of several members
        !! the first.
        character(len=*), intent(in) :: path
        real(dp), intent(inout) :: flux(:,:), width(:,:) !! [Pa], [m s-1] (column, day)

        integer :: dimension_id, id, length, members, n

        call check(nf90_open(path, NF90_NOWRITE, id))
        call check(nf90_inq_dimid(id, "time", dimension_id))
        call check(nf90_inquire_dimension(id, dimension_id, len=length))
        if (length < size(flux, 2)) then
            print "(3a, i0, a, i0)", "qbo: ", path, " has ", length, " days, expected ", &
                & size(flux, 2)
            stop 1
        end if
        members = 1
        call read_one("source_flux", "Pa", flux(1,:))
        call read_one("spectral_width", "m s-1", width(1,:))
        call check(nf90_close(id))
        if (members > 1) print "(3a, i0, a)", "qbo: ", path, ": the first of ", members, &
            & " members drives all columns"
        do n = 2, size(flux, 1)
            flux(n,:) = flux(1,:)
            width(n,:) = width(1,:)
        end do

    contains

        subroutine read_one(name, units, values)

            character(len=*), intent(in) :: name, units
            real(dp), intent(inout) :: values(:)

            character(len=64) :: given
            integer :: dimensions(NF90_MAX_VAR_DIMS), number, variable
            logical :: known

            call check(nf90_inq_varid(id, name, variable))
            given = ""
            call check(nf90_get_att(id, variable, "units", given))
            if (given /= units) call refuse(name, &
                & "has units " // trim(given) // ", expected " // units)
            call check(nf90_inquire_variable(id, variable, ndims=number, dimids=dimensions))
            if (number < 1 .or. number > 2) call refuse(name, "is not one of days, or of members")
            if (dimensions(number) /= dimension_id) call refuse(name, "is not one of days")
            if (number == 1) then
                call check(nf90_get_var(id, variable, values))
            else
                call check(nf90_inquire_dimension(id, dimensions(1), len=members))
                call check(nf90_get_var(id, variable, values, start=[1, 1], count=[1, &
                           & size(values)]))
            end if
            known = all(ieee_is_finite(values))
            ! What is missing is as large as this by default.
            if (known) known = all(values > 0.0_dp .and. values < 0.5_dp*NF90_FILL_DOUBLE)
            if (.not. known) call refuse(name, &
                & "is missing or not above 0 on a day, expected neither")

        end subroutine read_one

        subroutine refuse(name, why)

            character(len=*), intent(in) :: name, why

            print "(6a)", "qbo: ", path, ": ", name, " ", why
            stop 1

        end subroutine refuse

        subroutine check(status)

            integer, intent(in) :: status

            if (status == NF90_NOERR) return
            print "(4a)", "qbo: ", path, ": ", trim(nf90_strerror(status))
            stop 1

        end subroutine check

    end subroutine recorded_forcing

end module qbo_forcing
