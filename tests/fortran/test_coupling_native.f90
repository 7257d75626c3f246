module native_schemes

    !! Native schemes whose drag can be recognised, and what they were asked for.

    use coupling_host, only: nlat, nlon
    use gwparam, only: dp, gwparam_native_t, gwparam_ok, gwparam_scheme_t
    implicit none(type, external)
    public

    type, extends(gwparam_native_t) :: counting_t
        !! Fills in the number of the column, of the tendency and of the level.
        type(gwparam_scheme_t), pointer :: caller => null()
        integer :: calls = 0, fails_with = gwparam_ok, status_inside = gwparam_ok

    contains
        procedure :: drag => count_up
    end type counting_t

    integer :: asked_i(nlon*nlat), asked_j(nlon*nlat), asked, fails_with

contains

    subroutine count_up(self, column, name, units, drag, stat, errmsg)

        class(counting_t), intent(inout) :: self
        integer, intent(in) :: column(:)
        character(len=*), intent(in) :: name(:), units(:)
        real(dp), intent(inout) :: drag(:,:,:)
        integer, intent(out) :: stat
        character(len=*), intent(inout) :: errmsg

        integer :: c, k, n

        self%calls = self%calls + 1
        do n = 1, size(name)
            do c = 1, size(column)
                do k = 1, size(drag, 1)
                    drag(k, c, n) = 100*column(c) + 10*n + k
                end do
            end do
        end do
        if (units(1) /= "m s-2" .or. name(1) /= "tendency_of_eastward_wind_due_to_gravity_wave" &
            & // "_drag") drag = 0.0_dp
        call self%caller%discard(self%status_inside)
        stat = self%fails_with
        if (stat /= gwparam_ok) errmsg = "no time"

    end subroutine count_up

    subroutine of_host(i, j, latitude, pressure, height, temperature, u, v, dudt, dvdt, stat, &
                       & errmsg)

        !! Drag from all that a column has, by itself.
        integer, intent(in) :: i(:), j(:)
        real(dp), intent(in) :: latitude(:)
        real(dp), intent(in) :: pressure(:,:), height(:,:), temperature(:,:), u(:,:), v(:,:)
        real(dp), intent(inout) :: dudt(:,:), dvdt(:,:)
        integer, intent(out) :: stat
        character(len=*), intent(inout) :: errmsg

        integer :: k

        stat = fails_with
        if (stat /= gwparam_ok) errmsg = "the host has none"
        asked_i(asked + 1:asked + size(i)) = i
        asked_j(asked + 1:asked + size(i)) = j
        asked = asked + size(i)
        do k = 1, size(u, 2)
            dudt(:,k) = -1e-6_dp*u(:,k)*k + 1e-9_dp*latitude + 1e-12_dp*pressure(:,k)
            dvdt(:,k) = -1e-6_dp*v(:,k)*k + 1e-9_dp*temperature(:,k) + 1e-12_dp*height(:,k)
        end do

    end subroutine of_host

end module native_schemes

program test_coupling_native

    !! Columns that guards leave to a native scheme: the shipped one or the host's, of those columns
    !! alone. Its argument is the folder of artefacts.

    use native_schemes, only: asked, asked_i, asked_j, counting_t, fails_with, of_host
    use coupling_host, only: apply, dp, dudt, dvdt, errmsg, fill, folder, is_same, lat, lon, ml, &
        & nlat, nlev, nlon, p, pressure, ps, read_arguments, settings_of, start, stat, step, t, &
        & u, untouched, v, z
    use gwparam, only: gwparam_bottom_up, gwparam_err_argument, gwparam_err_busy, &
        & gwparam_err_memory, gwparam_guard_native, gwparam_ok, gwparam_options_t, &
        & gwparam_scheme_t, gwparam_top_down
    use gwparam_coupling, only: gwparam_coupling_settings_t, gwparam_coupling_statistics_t, &
        & gwparam_coupling_t
    use gwparam_status, only: text
    use tap, only: done, ok
    implicit none(type, external)

    call read_arguments()
    call test_scheme()
    call test_host_is_asked_for_caught_columns_alone()
    call test_order_of_the_host()
    call test_host_fails()
    call test_host_drives()
    call test_some_columns_have_the_bits_of_all()
    call test_shadow_is_ml()
    call test_keep()
    call test_a_host_without_temperature_or_height()
    call done()

contains

    subroutine test_scheme()

        !! Without a coupling.
        type(gwparam_scheme_t), target :: scheme
        type(counting_t), target :: native
        real(dp), dimension(nlon, nlat, nlev) :: x

        call scheme%load(trim(folder) // "/linear.pt", &
                         & gwparam_options_t(on_limit=gwparam_guard_native))
        call scheme%set_levels(pressure, gwparam_top_down)
        call scheme%put("eastward_wind", u, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, &
                & "on_limit is native, but there is no native scheme") == 1, &
                & "it is missed at the first put")
        native%caller => scheme
        call scheme%set_native(native)
        x = u
        x(2, 3, 4) = 1e5_dp
        call run(scheme, x, gwparam_ok)
        call ok(all(abs(dudt(2, 3,:) - [811, 812, 813, 814, 815]) <= 0.0_dp) .and. abs(dudt(1, 3, &
                & 1)) < 1.0_dp .and. abs(dvdt(2, 3, 5) - 825) <= 0.0_dp, &
                & "the caught column has what it gives")
        call ok(native%calls == 1 .and. native%status_inside == gwparam_err_busy, &
                & "it is called once, and the scheme is in use")
        call run(scheme, u, gwparam_ok)
        call ok(native%calls == 1, "and not where nothing was caught")
        native%fails_with = gwparam_err_memory
        call run(scheme, x, gwparam_err_memory)
        call ok(errmsg == "the native scheme failed: no time" .and. all(abs(dudt - untouched) &
                & <= 0.0_dp), "its failure is that of the run")
        call scheme%set_native()
        call scheme%put("eastward_wind", u, stat=stat)
        call ok(stat == gwparam_err_argument, "it can be taken away")

    end subroutine test_scheme

    subroutine run(scheme, x, expected)

        type(gwparam_scheme_t), intent(inout) :: scheme
        real(dp), intent(in) :: x(:,:,:)
        integer, intent(in) :: expected

        dudt = untouched
        dvdt = untouched
        call scheme%put("eastward_wind", x)
        call scheme%put("northward_wind", v)
        call scheme%put("surface_air_pressure", ps)
        call scheme%put("latitude", lat*180.0_dp/acos(-1.0_dp))
        call scheme%run(stat, errmsg)
        call ok(stat == expected, "the run ends as expected")
        if (stat /= gwparam_ok) return
        call scheme%get("tendency_of_eastward_wind_due_to_gravity_wave_drag", dudt)
        call scheme%get("tendency_of_northward_wind_due_to_gravity_wave_drag", dvdt)

    end subroutine run

    pure function expected_x(k_of) result(x)

        !! What `of_host` gives for u, level by level as it counts them.
        integer, intent(in) :: k_of(nlev)
        real(dp) :: x(nlon, nlat, nlev)
        integer :: k

        do k = 1, nlev
            x(:,:,k) = -1e-6_dp*u(:,:,k)*k_of(k) + 1e-9_dp*lat + 1e-12_dp*p(:,:,k)
        end do

    end function expected_x

    subroutine begin(drag, items)

        type(gwparam_coupling_t), intent(inout) :: drag
        character(len=*), intent(in) :: items

        asked = 0
        fails_with = gwparam_ok
        call drag%init(settings_of(items), pressure, gwparam_top_down, lat, lon, native=of_host)

    end subroutine begin

    subroutine test_host_is_asked_for_caught_columns_alone()

        type(gwparam_coupling_t) :: drag
        type(gwparam_coupling_statistics_t) :: found
        real(dp), dimension(nlon, nlat, nlev) :: network, native
        logical :: caught(nlon, nlat)
        integer :: k

        v(2, 3, 5) = 6000.0_dp
        v(3, 4, 2) = -6000.0_dp
        call start(drag, ml() // ", on_limit = 'count'")
        call apply(drag)
        network = dudt
        call drag%free()
        call begin(drag, ml() // ", on_limit = 'native'")
        call apply(drag)
        caught = .false.
        caught(2, 3) = .true.
        caught(3, 4) = .true.
        native = expected_x([(k, k=1, nlev)])
        call ok(is_same(dudt, merge(native, network, spread(caught, 3, nlev))), &
                & "the columns that are caught have the host's drag, the others the network's")
        call ok(asked == 2 .and. all(asked_i(:2) == [2, 3]) .and. all(asked_j(:2) == [3, 4]), &
                & "of no others is it asked")
        call drag%statistics(found)
        call ok(found%native_columns() == 2, "they are counted")
        call fill(1)

    end subroutine test_host_is_asked_for_caught_columns_alone

    subroutine test_order_of_the_host()

        !! A chunk of the third row, from below.
        type(gwparam_coupling_t) :: drag
        real(dp), dimension(nlon, nlev) :: x, y
        real(dp) :: native(nlon, nlat, nlev)
        integer :: k

        asked = 0
        v(2, 3, 5) = 6000.0_dp
        call drag%init(settings_of(ml() // ", on_limit = 'native'"), pressure(nlev:1:-1), &
                       & gwparam_bottom_up, lat(:,3:3), lon(:,3:3), native=of_host)
        call drag%apply(1, step, lat(:,3), p(:,3,nlev:1:-1), z(:,3,nlev:1:-1), t(:,3,nlev:1:-1), &
                        & u(:,3,nlev:1:-1), v(:,3,nlev:1:-1), x, y, ps(:,3))
        native = expected_x([(nlev + 1 - k, k=1, nlev)])
        call ok(all(abs(x(2,:) - native(2, 3,nlev:1:-1)) <= 0.0_dp), &
                & "levels are in the host's order")
        call ok(asked == 1 .and. asked_i(1) == 2 .and. asked_j(1) == 1, "places are those of apply")
        call fill(1)

    end subroutine test_order_of_the_host

    subroutine test_host_fails()

        type(gwparam_coupling_t) :: drag

        v(2, 3, 5) = 6000.0_dp
        call begin(drag, ml() // ", on_limit = 'native'")
        fails_with = gwparam_err_memory
        dudt = untouched
        dvdt = untouched
        call drag%apply(1, 1, step, lat, p, z, t, u, v, dudt, dvdt, ps, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_memory &
                & .and. errmsg == "the native scheme failed: the host has none", "what it reports")
        call ok(all(abs(dudt - untouched) <= 0.0_dp) .and. all(abs(dvdt - untouched) <= 0.0_dp), &
                & "and the host's arrays stay")
        fails_with = gwparam_ok
        call drag%apply(1, 1, step, lat, p, z, t, u, v, dudt, dvdt, ps, stat=stat)
        call ok(stat == gwparam_ok, "the step can be tried again")
        call fill(1)

    end subroutine test_host_fails

    subroutine test_host_drives()

        type(gwparam_coupling_t) :: drag
        type(gwparam_coupling_settings_t) :: settings
        integer :: k

        call begin(drag, "mode = 'native'")
        call apply(drag)
        call ok(is_same(dudt, expected_x([(k, k=1, nlev)])) .and. asked == nlon*nlat, &
                & "in mode native, the host's scheme drives")
        call ok(all(asked_i == [(modulo(k - 1, nlon) + 1, k=1, nlon*nlat)]), &
                & "all columns, in order")
        call drag%free()
        settings = settings_of("mode = 'native'")
        settings%native_diagnostics = .true.
        call drag%init(settings, pressure, gwparam_top_down, lat, lon, native=of_host, stat=stat, &
                       & errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "native_diagnostics") == 1, &
                & "it has no diagnostics")

    end subroutine test_host_drives

    subroutine test_some_columns_have_the_bits_of_all()

        !! Of the shipped scheme: each number of columns, in one window and in windows of rows.
        type(gwparam_coupling_t) :: drag
        real(dp), dimension(nlon, nlat, nlev) :: native_x, native_y, before
        integer :: caught, j
        logical :: right

        call start(drag, "mode = 'native'")
        call apply(drag)
        native_x = dudt
        native_y = dvdt
        call drag%free()
        right = .true.
        before = v
        do caught = 0, nlon*nlat
            ! The drag of these winds is beyond the limit; native drag sees none at the source.
            call start(drag, ml() // ", on_limit = 'native'")
            v(:,:,nlev) = merge(6000.0_dp, before(:,:,nlev), chosen(caught))
            if (modulo(caught, 2) == 0) then
                call apply(drag)
            else
                do j = 1, nlat
                    call drag%apply(1, j, step, lat(:,j:j), p(:,j:j,:), z(:,j:j,:), t(:,j:j,:), &
                                    & u(:,j:j,:), v(:,j:j,:), dudt(:,j:j,:), dvdt(:,j:j,:), ps(:, &
                                    & j:j))
                end do
            end if
            call drag%free()
            right = right .and. all(all(abs(dudt - native_x) <= 0.0_dp, &
                                    & dim=3) .eqv. chosen(caught)) .and. all(all(abs(dvdt &
                                    & - native_y) <= 0.0_dp, dim=3) .eqv. chosen(caught))
        end do
        call ok(right, "some columns have the bits of all, and the others the network's")
        v = before

    end subroutine test_some_columns_have_the_bits_of_all

    pure function chosen(n)

        !! So many columns, here and there.
        integer, intent(in) :: n
        logical :: chosen(nlon, nlat)
        integer :: i

        chosen = reshape([(modulo(5*i, nlon*nlat) < n, i=1, nlon*nlat)], [nlon, nlat])

    end function chosen

    subroutine test_shadow_is_ml()

        !! The network's drag of a shadow run is what would have been applied.
        type(gwparam_coupling_t) :: drag
        real(dp), dimension(nlon, nlat, nlev) :: x
        real(dp), allocatable :: shown(:,:,:)

        v(2, 3, 5) = 6000.0_dp
        call start(drag, ml() // ", on_limit = 'native'")
        call apply(drag)
        x = dudt
        call drag%free()
        call start(drag, &
                   & "mode = 'shadow', artefact = '" // trim(folder) &
                   & // "/linear.pt', on_limit = 'native'")
        call apply(drag)
        shown = drag%diagnostic("network_x")
        call ok(is_same(shown, x), "the native drag that shadow has is that of the column alone")
        call fill(1)

    end subroutine test_shadow_is_ml

    subroutine test_keep()

        !! A column keeps the drag that it had.
        type(gwparam_coupling_t) :: drag
        real(dp), dimension(nlon, nlat, nlev) :: first

        call start(drag, ml() // ", on_limit = 'keep'")
        call apply(drag)
        first = dudt
        call fill(2)
        v(2, 3, 5) = 6000.0_dp
        call apply(drag)
        call ok(all(abs(dudt(2, 3,:) - first(2, 3,:)) <= 0.0_dp) .and. all(abs(dudt(1, 3, &
                & :) - first(1, 3,:)) > 0.0_dp), "that of the last recomputation")
        call drag%free()
        call start(drag, ml() // ", on_limit = 'keep'")
        call apply(drag)
        call ok(all(abs(dudt(2, 3,:)) <= 0.0_dp), "none before the first")
        call fill(1)

    end subroutine test_keep

    subroutine test_a_host_without_temperature_or_height()

        !! The network needs neither; it is said in the first step, not when a column is caught.
        type(gwparam_coupling_t) :: drag
        real(dp), dimension(nlon, nlat, nlev) :: none

        none = 0.0_dp
        call start(drag, ml())
        call drag%apply(1, 1, step, lat, p, none, none, u, v, dudt, dvdt, ps, stat=stat)
        call ok(stat == gwparam_ok, "no matter where no guard falls back")
        call drag%free()
        call start(drag, ml() // ", on_momentum = 'native', momentum_limit = 1")
        call drag%apply(1, 1, step, lat, p, z, none, u, v, dudt, dvdt, ps, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, &
                & "a guard's policy is native, whose scheme fails: temperature is " &
                & // text(0.0_dp)) == 1, "no temperature")
        call drag%apply(1, 1, step, lat, p, none, t, u, v, dudt, dvdt, ps, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, &
                & "fails: height goes from " // text(0.0_dp)) > 0, "no height")
        call apply(drag)
        call drag%apply(1, 1, step, lat, p, none, none, u, v, dudt, dvdt, ps, stat=stat)
        call ok(stat == gwparam_ok, "only the first step is looked at")

    end subroutine test_a_host_without_temperature_or_height

end program test_coupling_native
