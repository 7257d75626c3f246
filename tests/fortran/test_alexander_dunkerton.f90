program test_alexander_dunkerton

    !! The native scheme as a Fortran host meets it: statuses, windows, sections, optional results.

    use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
    use, intrinsic :: iso_fortran_env, only: int64
    use alexander_dunkerton, only: ad99_breaking, ad99_column_t, ad99_settings_t, ad99_stagnant, &
        & ad99_t
    use gwparam_kinds, only: dp
    use gwparam_status, only: gwparam_err_argument, gwparam_err_nonfinite, gwparam_err_shape, &
        & gwparam_ok
    use tap, only: done, ok
    implicit none(type, external)

    integer, parameter :: nlon = 3, nlat = 5, nlev = 12
    real(dp), parameter :: pi = acos(-1.0_dp)
    real(dp), parameter :: untouched = 77
    character(len=*), parameter :: no_message = "none"

    type(ad99_t) :: scheme
    real(dp) :: setup_latitude(nlat), reference_pressure(nlev), latitude(nlon, nlat)
    real(dp), dimension(nlon, nlat, nlev) :: pressure, height, temperature, u, v
    real(dp), dimension(nlon, nlat, nlev) :: dudt_whole, dvdt_whole, kedx_whole, kedy_whole

    call fill()
    call scheme%init(ad99_settings_t(flag=0, bt_eq=0.004_dp, damp_level_pressure=100.0_dp), &
                     & setup_latitude, reference_pressure)
    dudt_whole = untouched
    dvdt_whole = untouched
    call scheme%drag(1, latitude, pressure, height, temperature, u, v, dudt_whole, dvdt_whole, &
                     & kedx_whole, kedy_whole)

    call test_init()
    call test_whole_window()
    call test_windows_with_first_row()
    call test_sections()
    call test_columns()
    call test_cells()
    call test_reference()
    call test_optional_results()
    call test_failures_leave_results()
    call test_diagnose()
    call done()

contains

    subroutine fill()

        !! A state with a different value in every cell.
        integer :: i, j, k

        do k = 1, nlev
            reference_pressure(k) = 101325.0_dp*exp(-8.0_dp*(1.0_dp - (k - 0.5_dp)/nlev))
        end do
        do j = 1, nlat
            setup_latitude(j) = pi*(j - 0.5_dp*(nlat + 1))/nlat
            do i = 1, nlon
                latitude(i, j) = setup_latitude(j) + 1e-4_dp*i
                pressure(i, j,:) = reference_pressure*(1.0_dp - 0.01_dp*i - 0.003_dp*j)
                temperature(i, j,:) = 235 + i + 0.3_dp*j + [(20*cos(0.7_dp*k), k=1, nlev)]
                height(i, j,:) = -7000.0_dp*log(pressure(i, j,:)/101325.0_dp)
                u(i, j,:) = [(30.0_dp*sin(0.5_dp*k + i + 0.4_dp*j), k=1, nlev)]
                v(i, j,:) = [(15.0_dp*cos(0.6_dp*k - i + 0.8_dp*j), k=1, nlev)]
            end do
        end do

    end subroutine fill

    subroutine test_init()

        type(ad99_t) :: other
        character(len=200) :: errmsg
        integer :: stat

        errmsg = no_message
        call other%init(ad99_settings_t(), setup_latitude, reference_pressure, stat, errmsg)
        call ok(stat == gwparam_ok .and. errmsg == no_message, "errmsg changes only on failure")

        call other%init(ad99_settings_t(nk=0), setup_latitude, reference_pressure, stat, errmsg)
        call ok(stat == gwparam_err_argument .and. errmsg == "nk is 0, expected 1 to 8", &
                & "a setting out of range is refused")
        call ok(other%settings%nk == 1 .and. size(other%source_level) == nlat, &
                & "a failed init leaves the scheme as it was")

        call other%init(ad99_settings_t(), setup_latitude, reference_pressure(:2), stat, errmsg)
        call ok(stat == gwparam_err_shape &
                & .and. errmsg == "reference pressure has 2 levels, expected at least 3", &
                & "too few levels are refused")

        call other%init(ad99_settings_t(), setup_latitude, reference_pressure(nlev:1:-1), stat, &
                        & errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "expected top first") > 0, &
                & "levels from the surface up are refused")

        call other%init(ad99_settings_t(source_level_pressure=1.1e5_dp), setup_latitude, &
                        & reference_pressure, stat)
        call ok(stat == gwparam_err_argument, "a source below the ground is refused")

    end subroutine test_init

    subroutine test_whole_window()

        integer :: j

        call ok(all(abs(dudt_whole) < 1.0_dp) .and. any(abs(dudt_whole) > 1e-6_dp), &
                & "drag is of the size of drag")
        call ok(all([(all(same(dudt_whole(:,j,scheme%source_level(j) + 1:), 0.0_dp)), j=1, &
                & nlat)]), "drag is 0 below the source level")
        call ok(.not. any(same(dudt_whole(1,:,:3), dudt_whole(2,:,:3))), &
                & "every column has a drag of its own")

    end subroutine test_whole_window

    subroutine test_windows_with_first_row()

        real(dp), dimension(nlon, nlat, nlev) :: dudt, dvdt
        integer :: first, last, stat
        logical :: equal

        equal = .true.
        do first = 1, nlat
            do last = first, nlat
                dudt = untouched
                dvdt = untouched
                call scheme%drag(first, latitude(:,first:last), pressure(:,first:last,:), &
                                 & height(:,first:last,:), temperature(:,first:last,:), u(:, &
                                 & first:last,:), v(:,first:last,:), dudt(:,first:last,:), dvdt(:, &
                                 & first:last,:), stat=stat)
                equal = equal .and. stat == gwparam_ok .and. all(same(dudt(:,first:last,:), &
                    & dudt_whole(:,first:last,:))) .and. all(same(dvdt(:,first:last,:), &
                    & dvdt_whole(:,first:last,:))) .and. all(same(dudt(:,:first - 1,:), &
                    & untouched)) .and. all(same(dvdt(:,last + 1:,:), untouched))
            end do
        end do
        call ok(equal, "every window gives the bits of the whole")

        call scheme%drag(3, latitude(:,:1), pressure(:,:1,:), height(:,:1,:), temperature(:,:1, &
                         & :), u(:,:1,:), v(:,:1,:), dudt(:,:1,:), dvdt(:,:1,:))
        call ok(.not. all(same(dudt(:,:1,:), dudt_whole(:,:1,:))), &
                & "first_row chooses the row of the set-up")

    end subroutine test_windows_with_first_row

    subroutine test_sections()

        real(dp), dimension(2*nlon, nlat, nlev) :: dudt, dvdt

        dudt = untouched
        dvdt = untouched
        call scheme%drag(1, latitude, pressure, height, temperature, u, v, dudt(2::2,:,:), &
                         & dvdt(::2,:,:))
        call ok(all(same(dudt(2::2,:,:), dudt_whole)) .and. all(same(dudt(::2,:,:), untouched)), &
                & "a section receives its cells and no other")
        call ok(all(same(dvdt(::2,:,:), dvdt_whole)), "and so does another")

    end subroutine test_sections

    subroutine test_columns()

        real(dp), dimension(nlev, nlon*nlat) :: p, z, t, x, y, dudt, dvdt
        integer :: i, j, row(nlon*nlat)

        do j = 1, nlat
            do i = 1, nlon
                associate (n => i + nlon*(j - 1))
                    row(n) = j
                    p(:,n) = pressure(i, j,:)
                    z(:,n) = height(i, j,:)
                    t(:,n) = temperature(i, j,:)
                    x(:,n) = u(i, j,:)
                    y(:,n) = v(i, j,:)
                end associate
            end do
        end do
        call scheme%drag(row, reshape(latitude, shape(row)), p, z, t, x, y, dudt, dvdt)
        call ok(all(same(reshape(transpose(dudt), shape(u)), &
                & dudt_whole)) .and. all(same(reshape(transpose(dvdt), shape(u)), dvdt_whole)), &
                & "columns of any rows give the bits of the window")

    end subroutine test_columns

    subroutine test_cells()

        real(dp), dimension(nlon, nlat, nlev) :: dudt, dvdt
        integer :: j, row(nlon, nlat)

        row = spread([(j, j=1, nlat)], 1, nlon)
        call scheme%drag(row, latitude, pressure, height, temperature, u, v, dudt, dvdt)
        call ok(all(same(dudt, dudt_whole)) .and. all(same(dvdt, dvdt_whole)), &
                & "a window with a row for each column gives the bits of the window")

    end subroutine test_cells

    subroutine test_reference()

        !! The library's columns against this scheme's own modules, one switch after the other.
        type(ad99_settings_t) :: settings
        real(dp), dimension(nlev, nlon*nlat) :: p, z, t, x, y, dudt, dvdt, kedx, kedy, n2
        real(dp) :: results(nlev, nlon*nlat, 5), half_pressure(nlev + 1, nlon*nlat)
        type(ad99_t) :: other
        integer :: choice, j, row(nlon*nlat)
        logical :: equal

        row = reshape(spread([(j, j=1, nlat)], 1, nlon), shape(row))
        p = transpose(reshape(pressure, [nlon*nlat, nlev]))
        z = transpose(reshape(height, [nlon*nlat, nlev]))
        t = transpose(reshape(temperature, [nlon*nlat, nlev]))
        x = transpose(reshape(u, [nlon*nlat, nlev]))
        y = transpose(reshape(v, [nlon*nlat, nlev]))
        half_pressure(1,:) = 0.0_dp
        half_pressure(2:nlev,:) = 0.4_dp*p(:nlev - 1,:) + 0.6_dp*p(2:,:)
        half_pressure(nlev + 1,:) = p(nlev,:) + 1e3_dp
        equal = .true.
        do choice = 0, 511
            settings = ad99_settings_t(flag=ibits(choice, 0, 1), nk=1 + ibits(choice, 1, 1), &
                                       & bt_eq=0.004_dp, bn=0.2_dp*ibits(choice, 2, 1), &
                                       & kelvin_kludge=1.3_dp, &
                                       & damp_level_pressure=merge(100.0_dp, 0.0_dp, &
                                       & btest(choice, 3)), weightminus1=0.3_dp, &
                                       & use_top_weights=btest(choice, 4), &
                                       & mass_weighted_lid=btest(choice, 5), &
                                       & mass_weighted_levels=btest(choice, 6), &
                                       & launch_full_stress=btest(choice, 7), &
                                       & deposit_reflected=btest(choice, 8))
            call other%init(settings, setup_latitude, reference_pressure)
            if (modulo(choice, 3) == 0) then
                call other%drag(row, reshape(latitude, shape(row)), p, z, t, x, y, dudt, dvdt, &
                                & kedx, kedy, buoyancy_frequency=n2)
                call other%reference_drag(row, reshape(latitude, shape(row)), p, z, t, x, y, &
                                          & results)
            else
                call other%drag(row, reshape(latitude, shape(row)), p, z, t, x, y, dudt, dvdt, &
                                & kedx, kedy, half_pressure, n2)
                call other%reference_drag(row, reshape(latitude, shape(row)), p, z, t, x, y, &
                                          & results, half_pressure)
            end if
            equal = equal .and. near(dudt, results(:,:,1)) .and. near(dvdt, results(:,:, &
                                     & 2)) .and. near(kedx, results(:,:,3)) .and. near(kedy, &
                                     & results(:,:,4)) .and. near(n2, results(:,:,5))
        end do
        call ok(equal, "the drag is that of the reference, with any switches")

    end subroutine test_reference

    pure logical function near(a, b)

        real(dp), intent(in) :: a(:,:), b(:,:)

        near = norm2(a - b) <= 1e-12_dp*norm2(b) .and. norm2(b) > 0.0_dp

    end function near

    subroutine test_optional_results()

        real(dp), dimension(nlon, nlat, nlev) :: dudt, dvdt, kedy, frequency
        real(dp) :: half_pressure(nlon, nlat, nlev + 1)
        type(ad99_t) :: massive
        integer :: j

        call scheme%drag(1, latitude, pressure, height, temperature, u, v, dudt, dvdt, kedy=kedy, &
                         & buoyancy_frequency=frequency)
        call ok(all(same(dudt, dudt_whole)), "diagnostics do not change the drag")
        call ok(all(same(kedy, kedy_whole)) .and. any(kedy > 0.0_dp), "kedy comes alone")
        call ok(all([(all(frequency(:,j,:scheme%source_level(j)) >= sqrt(2.5e-5_dp)), j=1, &
                & nlat)]), "the buoyancy frequency keeps its floor")

        call massive%init(ad99_settings_t(flag=0, bt_eq=0.004_dp, damp_level_pressure=100.0_dp, &
                          & mass_weighted_lid=.true., mass_weighted_levels=.true.), &
                          & setup_latitude, reference_pressure)
        half_pressure(:,:,1) = 0.0_dp
        half_pressure(:,:,2:nlev) = 0.5_dp*(pressure(:,:,:nlev - 1) + pressure(:,:,2:))
        half_pressure(:,:,nlev + 1) = pressure(:,:,nlev) + 1e3_dp
        call massive%drag(1, latitude, pressure, height, temperature, u, v, dudt, dvdt)
        call ok(.not. all(same(dudt, dudt_whole)), "mass weights change the drag")
        frequency(:,:,:) = dudt
        call massive%drag(1, latitude, pressure, height, temperature, u, v, dudt, dvdt, &
                          & half_pressure=half_pressure)
        call ok(all(abs(dudt - frequency) <= 1e-12_dp*abs(dudt)), &
                & "half levels midway are what is taken without half levels")
        half_pressure(:,:,2) = half_pressure(:,:,2)*0.9_dp
        call massive%drag(1, latitude, pressure, height, temperature, u, v, dudt, dvdt, &
                          & half_pressure=half_pressure)
        call ok(.not. all(abs(dudt - frequency) <= 1e-12_dp*abs(dudt)), "half levels matter")

    end subroutine test_optional_results

    subroutine test_failures_leave_results()

        real(dp), dimension(nlon, nlat, nlev) :: dudt, dvdt, spoiled
        type(ad99_t) :: fresh
        character(len=200) :: errmsg
        integer :: stat

        dudt = untouched
        dvdt = untouched
        call fresh%drag(1, latitude, pressure, height, temperature, u, v, dudt, dvdt, stat=stat, &
                        & errmsg=errmsg)
        call ok(stat == gwparam_err_argument &
                & .and. errmsg == "the scheme is not set up, expected a call of init before", &
                & "drag before init is refused")

        call scheme%drag(1, latitude, pressure, height, temperature(:,:,2:), u, v, dudt, dvdt, &
                         & stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_shape &
                & .and. errmsg == "temperature has shape (3, 5, 11), expected (3, 5, 12)", &
                & "another shape is named with the expected one")

        call scheme%drag(1, latitude, pressure, height, temperature, u, v, dudt(:2,:,:), dvdt, &
                         & stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_shape .and. errmsg(:13) == "dudt has shap", &
                & "results of another shape are refused")

        call scheme%drag(2, latitude, pressure, height, temperature, u, v, dudt, dvdt, stat=stat, &
                         & errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, &
                & "row is 6, expected 1 to 5") == 1, "a row beyond the last is refused")

        spoiled = v
        spoiled(2, nlat, 3) = ieee_value(1.0_dp, ieee_quiet_nan)
        call scheme%drag(1, latitude, pressure, height, temperature, u, spoiled, dudt, dvdt, &
                         & stat=stat, errmsg=errmsg)
        call ok(errmsg == "v is NaN at level 3, expected a finite number in column (2, 5)" &
                & .and. stat == gwparam_err_nonfinite, &
                & "NaN is found, under traps, and its place named")

        call scheme%drag(1, latitude, pressure, height(:,:,nlev:1:-1), temperature, u, v, dudt, &
                         & dvdt, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, &
                & "expected level 1 to be the model top") > 0, &
                & "heights from the surface up are refused")

        spoiled = 1e5_dp
        call scheme%drag(1, latitude, pressure, height, temperature, spoiled, v, dudt, dvdt, &
                         & stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "no wave of the spectrum") > 0, &
                & "a wind without any wave is refused")

        call ok(all(same(dudt, untouched)) .and. all(same(dvdt, untouched)), &
                & "failures leave the results as they were")

    end subroutine test_failures_leave_results

    subroutine test_diagnose()

        type(ad99_column_t) :: column
        character(len=200) :: errmsg
        real(dp) :: rest(nlev)
        integer :: n, stat

        call scheme%diagnose(2, latitude(1, 2), pressure(1, 2,:), height(1, 2,:), temperature(1, &
                             & 2,:), u(1, 2,:), column)
        call ok(column%source_level == scheme%source_level(2) &
                & .and. any(column%fate == ad99_breaking) .and. all(column%fate >= 1), &
                & "every wave has a fate")

        call scheme%diagnose(2, latitude(1, 2), pressure(1, 2,:), height(1, 2,:), temperature(1, &
                             & 2,:), u(1, 2,2:), column, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_shape .and. errmsg == "wind has shape (11), expected (12)" &
                & .and. any(column%fate == ad99_breaking), "a failed diagnosis leaves the column")

        rest = 0.0_dp
        call scheme%diagnose(2, latitude(1, 2), pressure(1, 2,:), height(1, 2,:), temperature(1, &
                             & 2,:), rest, column)
        n = size(column%phase_speed)/2 + 1
        call ok(same(column%phase_speed(n), 0.0_dp) .and. column%fate(n, 1) == ad99_stagnant, &
                & "the stationary wave has a phase speed of exactly 0")

    end subroutine test_diagnose

    elemental logical function same(a, b)

        !! The same bits.
        real(dp), intent(in) :: a, b

        same = transfer(a, 1_int64) == transfer(b, 1_int64)

    end function same

end program test_alexander_dunkerton
