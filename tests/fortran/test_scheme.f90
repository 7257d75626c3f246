program test_scheme

    !! The Fortran module: kinds, ranks, sections, windows, statuses, and what is left as found.

    use, intrinsic :: ieee_arithmetic, only: ieee_divide_by_zero, ieee_get_halting_mode, &
        & ieee_invalid, ieee_quiet_nan, ieee_set_flag, ieee_value
    use, intrinsic :: iso_c_binding, only: c_int
    use gwparam, only: dp, gwparam_bottom_up, gwparam_err_argument, gwparam_err_contract, &
        & gwparam_err_file, gwparam_err_nonfinite, gwparam_err_range, gwparam_err_shape, &
        & gwparam_guard_keep, gwparam_input, gwparam_ok, gwparam_output, gwparam_options_t, &
        & gwparam_scheme_t, gwparam_statistics_t, gwparam_top_down, gwparam_version, sp
    use tap, only: done, ok
    implicit none(type, external)

    integer, parameter :: nlon = 3, nlat = 4, nlev = 5
    character(len=*), parameter :: u_name = "eastward_wind", v_name = "northward_wind"
    character(len=*), parameter :: ps_name = "surface_air_pressure", lat_name = "latitude"
    character(len=*), parameter :: dudt_name = "tendency_of_eastward_wind_due_to_gravity_wave_drag"
    character(len=*), parameter :: dvdt_name = "tendency_of_northward_wind_due_to_gravity_wave_drag"
    real(dp), parameter :: pressure(nlev) = [1e3_dp, 1e4_dp, 3e4_dp, 6e4_dp, 9e4_dp]
    real(dp), parameter :: rounding = 1e-17_dp !! Outputs are up to 5e-4 in double precision
    real(dp), parameter :: single_rounding = 1e-10_dp !! The same in single precision
    real(dp), parameter :: untouched = 77

    interface
        integer(c_int) function omp_get_max_threads() bind(c, name="omp_get_max_threads")
            import :: c_int
            implicit none(type, external)

        end function omp_get_max_threads
    end interface

    character(len=512) :: folder
    real(dp) :: u(nlon, nlat, nlev), v(nlon, nlat, nlev), dudt(nlon, nlat, nlev)
    real(dp) :: dvdt(nlon, nlat, nlev), dudt_expected(nlon, nlat, nlev)
    real(dp) :: dvdt_expected(nlon, nlat, nlev), ps(nlon, nlat), lat(nlon, nlat)

    call get_command_argument(1, folder)
    call fill()
    call test_whole_arrays()
    call test_strided_sections()
    call test_bottom_up_columns_of_single_precision()
    call test_windows()
    call test_failures_leave_outputs()
    call test_errmsg_changes_only_on_failure()
    call test_guard_keeps_native_drag()
    call test_options()
    call test_cells()
    call test_fields()
    call test_lifetime()
    call test_host_environment()
    call done()

contains

    subroutine fill()

        !! Distinct values for every cell, and the answer in closed form.
        integer :: i, j, k

        do k = 1, nlev
            do j = 1, nlat
                do i = 1, nlon
                    ps(i, j) = 9e4_dp + 100*i + 1000*j
                    lat(i, j) = -50 + i + 20*j
                    u(i, j, k) = i + 10*j + 100*k
                    v(i, j, k) = 7*i - 5*j + 2*k
                    dudt_expected(i, j, k) = 1e-6_dp*u(i, j, k) + 1e-12_dp*k*ps(i, j)
                    dvdt_expected(i, j, k) = -2e-6_dp*v(i, j, k) + 1e-7_dp*lat(i, j)
                end do
            end do
        end do

    end subroutine fill

    subroutine load(scheme, file, options)

        type(gwparam_scheme_t), intent(inout) :: scheme
        character(len=*), intent(in) :: file
        type(gwparam_options_t), intent(in), optional :: options

        call scheme%load(trim(folder) // "/" // file, options)
        call scheme%set_levels(pressure, gwparam_top_down)

    end subroutine load

    subroutine put_all(scheme)

        type(gwparam_scheme_t), intent(in) :: scheme

        call scheme%put(u_name, u)
        call scheme%put(v_name, v)
        call scheme%put(ps_name, ps)
        call scheme%put(lat_name, lat)

    end subroutine put_all

    subroutine test_whole_arrays()

        type(gwparam_scheme_t) :: scheme
        type(gwparam_statistics_t) :: counters
        character(len=64) :: digest
        character(len=:), allocatable :: json
        integer :: stat

        call load(scheme, "linear.pt")
        call put_all(scheme)
        call scheme%run(stat)
        call scheme%get(dudt_name, dudt)
        call scheme%get(dvdt_name, dvdt, units="m s-1 day-1")
        call ok(stat == gwparam_ok .and. maxval(abs(dudt - dudt_expected)) <= rounding, &
                & "whole arrays")
        call ok(maxval(abs(dvdt/86400 - dvdt_expected)) <= 100*rounding, "units of an output")
        call scheme%statistics(counters)
        call ok(counters%runs == 1 .and. counters%columns == nlon*nlat, "counters")
        call scheme%contract(json)
        call ok(index(json, '"linear"') > 0, "contract")
        call scheme%sha256(digest)
        call ok(verify(digest, "0123456789abcdef") == 0, "checksum of the artefact")
        call ok(len(gwparam_version()) >= 5, "version")

    end subroutine test_whole_arrays

    subroutine test_strided_sections()

        !! Sections of larger arrays, as a host with halos has them; their rest stays as it was.
        type(gwparam_scheme_t) :: scheme
        real(dp) :: wide(2*nlon,0:nlat + 1,nlev), found(nlev, nlon + 2, nlat)
        integer :: j

        call load(scheme, "linear.pt")
        wide = ieee_value(1.0_dp, ieee_quiet_nan)
        wide(1::2,1:nlat,:) = u
        call scheme%put(u_name, wide(1::2,1:nlat,:))
        call scheme%put(v_name, v(:,:,:))
        call scheme%put(ps_name, ps)
        call scheme%put(lat_name, lat*(4*atan(1.0_dp)/180), units="radians")
        call scheme%run()
        wide = untouched
        call scheme%get(dudt_name, wide(2::2,1:nlat,:))
        call ok(maxval(abs(wide(2::2,1:nlat,:) - dudt_expected)) <= rounding, "strided sections")
        call ok(all(abs(wide(1::2,:,:) - untouched) < rounding) .and. all(abs(wide(:,0, &
                & :) - untouched) < rounding), "what is between them stays")

        ! One latitude row at a time, as (column, level).
        found = 0
        do j = 1, nlat
            call scheme%put(u_name, u(:,j,:))
            call scheme%put(v_name, v(:,j,:))
            call scheme%put(ps_name, ps(:,j))
            call scheme%put(lat_name, lat(:,j))
            call scheme%run()
            call scheme%get(dvdt_name, dvdt(:,j,:))
        end do
        call ok(maxval(abs(dvdt - dvdt_expected)) <= rounding, "rows as (column, level)")

    end subroutine test_strided_sections

    subroutine test_bottom_up_columns_of_single_precision()

        type(gwparam_scheme_t) :: scheme
        real(sp) :: found(nlon, nlat, nlev)

        call load(scheme, "linear_float32.pt")
        call scheme%set_levels(pressure(nlev:1:-1), gwparam_bottom_up)
        call scheme%put(u_name, real(u(:,:,nlev:1:-1), sp))
        call scheme%put(v_name, real(v(:,:,nlev:1:-1), sp))
        call scheme%put(ps_name, real(ps, sp))
        call scheme%put(lat_name, real(lat, sp))
        call scheme%run()
        call scheme%get(dudt_name, found(:,:,nlev:1:-1))
        call ok(maxval(abs(found - dudt_expected)) <= single_rounding, &
                & "single precision, bottom up, negative stride")

    end subroutine test_bottom_up_columns_of_single_precision

    subroutine test_windows()

        type(gwparam_scheme_t) :: scheme
        integer :: window(nlat), j

        call load(scheme, "linear.pt")
        do j = 1, nlat
            call scheme%put(u_name, u(:,j:j,:))
            call scheme%put(v_name, v(:,j:j,:))
            call scheme%put(ps_name, ps(:,j:j))
            call scheme%put(lat_name, lat(:,j:j))
            call scheme%add_columns(window(j))
        end do
        call scheme%flush()
        dudt = 0
        do j = nlat, 1, -1
            call scheme%get(dudt_name, dudt(:,j:j,:), window=window(j))
        end do
        call ok(maxval(abs(dudt - dudt_expected)) <= rounding, "windows")

    end subroutine test_windows

    subroutine test_failures_leave_outputs()

        type(gwparam_scheme_t) :: scheme
        character(len=200) :: errmsg
        real(dp) :: bad(nlon, nlat, nlev)
        integer :: stat

        call scheme%load(trim(folder) // "/absent.pt", stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_file .and. index(errmsg, "No such file") > 0, "absent artefact")
        call ok(.not. scheme%is_loaded(), "nothing is loaded then")
        call scheme%run(stat, errmsg)
        call ok(stat == gwparam_err_argument .and. errmsg == "scheme is null", "no network")
        call load(scheme, "linear.pt")
        call scheme%load(trim(folder) // "/absent.pt", stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_file .and. .not. scheme%is_loaded(), "a failed second load")
        call scheme%put(u_name, u, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. errmsg == "scheme is null", &
                & "no older network answers")
        call load(scheme, "linear.pt")
        call scheme%set_levels(pressure, gwparam_bottom_up, stat, errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "decrease (bottom up)") > 0, &
                & "swapped vertical order")
        bad = u
        bad(3, 2, 4) = ieee_value(1.0_dp, ieee_quiet_nan)
        call scheme%put(u_name, bad, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_nonfinite &
                & .and. errmsg == "eastward_wind is nan at (3, 2, 4), counted from 1", &
                & "NaN names its cell")
        call scheme%put(u_name, u(:,:,2:), stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_shape .and. index(errmsg, "expected (3, 4, 5)") > 0, &
                & "wrong level count")
        call scheme%put(lat_name, lat, units="K", stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_contract .and. index(errmsg, 'units "K"') > 0, "wrong units")
        call put_all(scheme)
        call scheme%run()
        dudt = untouched
        call scheme%get(dudt_name, dudt(:2,:,:), stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_shape .and. all(abs(dudt - untouched) < rounding), &
                & "outputs stay as they were")

    end subroutine test_failures_leave_outputs

    subroutine test_errmsg_changes_only_on_failure()

        type(gwparam_scheme_t) :: scheme
        character(len=20) :: errmsg
        integer :: stat

        errmsg = "as it was"
        stat = 1
        call scheme%load(trim(folder) // "/linear.pt", stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_ok .and. errmsg == "as it was", "stat and errmsg on success")

    end subroutine test_errmsg_changes_only_on_failure

    subroutine test_guard_keeps_native_drag()

        type(gwparam_scheme_t) :: scheme
        type(gwparam_options_t) :: options
        type(gwparam_statistics_t) :: counters
        real(dp) :: windy(nlon, nlat, nlev)
        integer :: stat
        logical :: kept(nlon, nlat)

        windy = v
        windy(2, 3, 5) = 6000
        call load(scheme, "linear.pt")
        call scheme%put(u_name, u)
        call scheme%put(v_name, windy)
        call scheme%put(ps_name, ps)
        call scheme%put(lat_name, lat)
        call scheme%run(stat)
        call ok(stat == gwparam_err_range, "a drag beyond the limits")

        options%on_limit = gwparam_guard_keep
        call load(scheme, "linear.pt", options)
        call scheme%put(u_name, u)
        call scheme%put(v_name, windy)
        call scheme%put(ps_name, ps)
        call scheme%put(lat_name, lat)
        call scheme%run()
        dudt = untouched
        call scheme%get(dudt_name, dudt)
        kept = .false.
        kept(2, 3) = .true.
        call ok(all(all(abs(dudt - untouched) < rounding, dim=3) .eqv. kept), &
                & "a kept column is the host's own, all others are the network's")
        call scheme%statistics(counters)
        call ok(counters%guarded_columns_last_run == 1, "kept columns are counted")

    end subroutine test_guard_keeps_native_drag

    subroutine test_options()

        !! Each option arrives as the one that it is.

        call refused(gwparam_options_t(threads=-6), "threads is -6, expected 0 to 1024")
        call refused(gwparam_options_t(lag=2), "lag is 2, expected 0 to 1")
        call refused(gwparam_options_t(ranks_per_device=-3), &
                     & "ranks_per_device is -3, expected at least 0")
        call refused(gwparam_options_t(on_device_failure=4), &
                     & "on_device_failure is 4, expected 0 to 1")
        call refused(gwparam_options_t(precision=5), "precision is 5, expected 0 to 2")
        call refused(gwparam_options_t(timeout_seconds=-1.5_dp), "timeout_seconds is -1.5")
        call refused(gwparam_options_t(graphs=7), "graphs is 7, expected 0 to 1")

    end subroutine test_options

    subroutine refused(options, message)

        type(gwparam_options_t), intent(in) :: options
        character(len=*), intent(in) :: message
        type(gwparam_scheme_t) :: scheme
        character(len=200) :: errmsg
        integer :: stat

        call scheme%load(trim(folder) // "/linear.pt", options, stat, errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, message) == 1, message)

    end subroutine refused

    subroutine test_cells()

        !! Cells are counted from 1; both shapes of their numbers are one list.
        type(gwparam_scheme_t) :: scheme
        real(dp), parameter :: row(nlat) = [-60.0_dp, -20.0_dp, 20.0_dp, 60.0_dp]
        real(dp), parameter :: place(nlon) = [0.0_dp, 120.0_dp, 240.0_dp]
        character(len=200) :: errmsg
        integer :: i, stat
        integer, parameter :: cell(nlon*nlat) = [(i, i=1, nlon*nlat)]

        call load(scheme, "linear.pt")
        call scheme%set_cells(row, place, cell, stat=stat)
        call ok(stat == gwparam_ok, "all cells in a line")
        call scheme%set_cells(row, place, reshape(cell, [nlon, nlat]), stat=stat)
        call ok(stat == gwparam_ok, "all cells as (longitude, latitude)")
        call scheme%set_cells(row, place, cell - 1, stat=stat)
        call ok(stat == gwparam_err_argument, "cell 0 is refused")
        call scheme%set_cells(row, place, cell, "m", stat, errmsg)
        call ok(stat == gwparam_err_contract .and. index(errmsg, 'units "m"') > 0, &
                & "so is a latitude in metres")

    end subroutine test_cells

    subroutine test_fields()

        !! What a host needs to know which fields to hand over.
        type(gwparam_scheme_t) :: scheme
        character(len=:), allocatable :: name, units
        character(len=200) :: errmsg
        integer :: levels, stat

        call scheme%load(trim(folder) // "/linear.pt")
        name = "as it was"
        call scheme%field(gwparam_input, 1, name, stat=stat)
        call ok(stat == gwparam_err_argument .and. name == "as it was", &
                & "fields are not known before the levels")
        call scheme%set_levels(pressure, gwparam_top_down)
        call scheme%field(gwparam_input, 1, name, units, levels)
        call ok(name == u_name .and. units == "m s-1" .and. levels == nlev, "first input")
        call scheme%field(gwparam_input, 4, name, units, levels)
        call ok(name == lat_name .and. units == "degrees_north" .and. levels == 0, "last input")
        call scheme%field(gwparam_input, 5, name, units, levels, stat)
        call ok(stat == gwparam_ok .and. name == "", "past the last, the name is empty")
        call scheme%field(gwparam_output, 2, name, units)
        call ok(name == dvdt_name .and. units == "m s-2", "last output")
        call scheme%field(4, 1, name, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "kind is 4") == 1, "kind 4")

    end subroutine test_fields

    subroutine test_lifetime()

        type(gwparam_scheme_t) :: scheme

        call load(scheme, "linear.pt")
        call load(scheme, "linear.pt")
        call scheme%free()
        call scheme%free()
        call ok(.not. scheme%is_loaded(), "free twice")

    end subroutine test_lifetime

    subroutine test_host_environment()

        !! The library masks traps for its own work only, and leaves OpenMP's setting alone.
        type(gwparam_scheme_t) :: scheme
        type(gwparam_options_t) :: options
        logical :: trap_invalid, trap_division
        integer :: threads

        threads = omp_get_max_threads()
        options%threads = threads + 1
        call load(scheme, "linear.pt", options)
        call put_all(scheme)
        call scheme%run()
        call ok(omp_get_max_threads() == threads, "OpenMP's number of threads is as found")
        call ieee_get_halting_mode(ieee_invalid, trap_invalid)
        call ieee_get_halting_mode(ieee_divide_by_zero, trap_division)
        call ok(trap_invalid .and. trap_division, "floating-point traps are as found")
        call ieee_set_flag(ieee_invalid, .false.)

    end subroutine test_host_environment

end program test_scheme
