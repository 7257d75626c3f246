program test_coupling_offer

    !! The coupling: fields of the host's own, from before init to records and restarts.

    use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
    use coupling_host, only: dudt, errmsg, fill, folder, is_near, is_same, lat, lon, nlat, nlev, &
        & nlon, p, pressure, ps, read_arguments, settings_of, stat, step, t, u, untouched, z
    use gwparam, only: dp, gwparam_bottom_up, gwparam_err_argument, gwparam_err_contract, &
        & gwparam_err_nonfinite, gwparam_err_shape, gwparam_ok, gwparam_top_down
    use gwparam_coupling, only: gwparam_coupling_settings_t, gwparam_coupling_state_t, &
        & gwparam_coupling_t
    use gwparam_record, only: gwparam_record_t
    use tap, only: done, ok
    implicit none(type, external)

    real(dp) :: flux(nlon, nlat) !! The field [Pa]
    integer :: n

    call read_arguments()
    flux = 1e-3_dp*reshape([(real(n, dp), n=1, size(flux))], shape(flux))
    call test_values_arrive()
    call test_windows_have_theirs()
    call test_bottom_up_host()
    call test_init_refuses()
    call test_offers_are_refused()
    call test_records_hold_it()
    call test_restart_with_lag()
    call done()

contains

    function items() result(text)

        character(len=:), allocatable :: text

        text = "mode = 'ml', artefact = '" // trim(folder) // "/own_field.pt'"

    end function items

    subroutine begin(drag, more)

        !! The network, and a host that has its field.
        type(gwparam_coupling_t), intent(inout) :: drag
        character(len=*), intent(in), optional :: more !! Items

        call drag%offer("source_flux", flux, "Pa")
        if (present(more)) then
            call drag%init(settings_of(items() // more), pressure, gwparam_top_down, lat, lon, &
                           & eastward_only=.true.)
        else
            call drag%init(settings_of(items()), pressure, gwparam_top_down, lat, lon, &
                           & eastward_only=.true.)
        end if

    end subroutine begin

    subroutine go(drag)

        type(gwparam_coupling_t), intent(inout) :: drag

        call drag%apply(1, 1, step, lat, p, z, t, u, dudt=dudt, surface_pressure=ps, stat=stat, &
                        & errmsg=errmsg)

    end subroutine go

    function expected(its_flux) result(drag)

        !! In closed form (tests/artefacts.py).
        real(dp), intent(in) :: its_flux(:,:)
        real(dp) :: drag(nlon, nlat, nlev)
        integer :: k

        do k = 1, nlev
            drag(:,:,k) = 1e-6_dp*u(:,:,k) + 1e-3_dp*k*its_flux
        end do

    end function expected

    subroutine test_values_arrive()

        type(gwparam_coupling_t) :: drag

        call drag%offer("convective_heating_depth", 5e3_dp + flux, "m")
        call begin(drag)
        call ok(drag%needs("source_flux") .and. .not. drag%needs("convective_heating_depth"), &
                & "what the network does not take is passed over")
        call go(drag)
        call ok(stat == gwparam_ok .and. is_near(dudt, expected(flux)), "values before init")
        call drag%offer("source_flux", 2*flux, "Pa")
        call drag%offer("convective_heating_depth", flux, "m", stat, errmsg)
        call ok(stat == gwparam_ok, "new values of what is passed over")
        call go(drag)
        call ok(is_near(dudt, expected(2*flux)), "new values")
        call fill(3)
        call go(drag)
        call ok(is_near(dudt, expected(2*flux)), "which hold until the next")
        call drag%free()
        call drag%offer("source_flux", flux/100, "hPa")
        call drag%init(settings_of(items()), pressure, gwparam_top_down, lat, lon, &
                       & eastward_only=.true.)
        call go(drag)
        call ok(is_near(dudt, expected(flux)), "units are converted")

    end subroutine test_values_arrive

    subroutine test_windows_have_theirs()

        type(gwparam_coupling_t) :: drag
        integer :: i, j

        call begin(drag)
        dudt = 0
        do j = 1, nlat
            do i = 1, nlon
                call drag%apply(i, j, step, lat(i:i,j:j), p(i:i,j:j,:), z(i:i,j:j,:), t(i:i,j:j, &
                                & :), u(i:i,j:j,:), dudt=dudt(i:i,j:j,:), surface_pressure=ps(i:i, &
                                & j:j))
            end do
        end do
        call ok(is_near(dudt, expected(flux)), "each window has its own part")
        dudt = 0
        do j = 1, nlat
            call drag%apply(j, step, lat(:,j), p(:,j,:), z(:,j,:), t(:,j,:), u(:,j,:), &
                            & dudt=dudt(:,j,:))
        end do
        call ok(is_near(dudt, expected(flux)), "and each chunk of columns")

    end subroutine test_windows_have_theirs

    subroutine test_bottom_up_host()

        type(gwparam_coupling_t) :: drag
        real(dp) :: turned(nlon, nlat, nlev)
        integer, parameter :: up(nlev) = [5, 4, 3, 2, 1]

        call drag%offer("source_flux", flux, "Pa")
        call drag%init(settings_of(items()), pressure(up), gwparam_bottom_up, lat, lon, &
                       & eastward_only=.true.)
        turned = 0
        call drag%apply(1, 1, step, lat, p(:,:,up), z(:,:,up), t(:,:,up), u(:,:,up), dudt=turned)
        call ok(is_near(turned(:,:,up), expected(flux)), "a host that counts from the bottom")

    end subroutine test_bottom_up_host

    subroutine test_init_refuses()

        type(gwparam_coupling_settings_t) :: settings
        type(gwparam_coupling_t) :: drag

        settings = settings_of(items())
        call drag%init(settings, pressure, gwparam_top_down, lat, lon, stat=stat, errmsg=errmsg, &
                       & eastward_only=.true.)
        call ok(stat == gwparam_err_contract &
                & .and. errmsg == "the network asks for more than this host gives: source_flux", &
                & "a field that nobody offers is named")
        call drag%offer("source_flux", flux, "K")
        call drag%init(settings, pressure, gwparam_top_down, lat, lon, stat=stat, errmsg=errmsg, &
                       & eastward_only=.true.)
        call ok(stat == gwparam_err_contract .and. index(errmsg, &
                & "source_flux: ") == 1 .and. index(errmsg, "K") > 0, "units of another dimension")
        call drag%offer("source_flux", flux(:,2:), "Pa")
        call drag%init(settings, pressure, gwparam_top_down, lat, lon, stat=stat, errmsg=errmsg, &
                       & eastward_only=.true.)
        call ok(stat == gwparam_err_shape &
                & .and. errmsg == "source_flux has shape (3, 3), expected (3, 4)", "another shape")
        call drag%offer("source_flux", flux, "Pa")
        call drag%init(settings, pressure, gwparam_top_down, lat, lon, stat=stat, errmsg=errmsg, &
                       & eastward_only=.true.)
        call go(drag)
        call ok(stat == gwparam_ok .and. is_near(dudt, expected(flux)), "what is mended goes on")
        call drag%free()
        call drag%init(settings, pressure, gwparam_top_down, lat, lon, stat=stat, errmsg=errmsg, &
                       & eastward_only=.true.)
        call ok(stat == gwparam_err_contract, "free forgets what was offered")

    end subroutine test_init_refuses

    subroutine test_offers_are_refused()

        type(gwparam_coupling_t) :: drag
        real(dp) :: gone(nlon, nlat)

        call refused(drag, "surface_air_pressure", ps, "Pa", gwparam_err_argument, &
                     & "surface_air_pressure is what init or apply hands over, expected a field" &
                     & // " of the host's own")
        call refused(drag, "", flux, "Pa", gwparam_err_argument, "the name '' has 0 characters")
        call refused(drag, repeat("n", 65), flux, "Pa", gwparam_err_argument, "the name 'nnn")
        call refused(drag, "source_flux", flux, "kilograms per metre", gwparam_err_argument, &
                     & "the units of source_flux have 19 characters, expected at most 16")
        call begin(drag)
        call refused(drag, "spectral_width", flux, "m s-1", gwparam_err_argument, &
                     & "spectral_width was not offered before init")
        call refused(drag, "source_flux", flux, "hPa", gwparam_err_argument, &
                     & "the units of source_flux are hPa, expected Pa, as before init")
        call refused(drag, "source_flux", flux(:2,:), "Pa", gwparam_err_shape, &
                     & "source_flux has shape (2, 4), expected (3, 4)")
        call drag%apply(1, 1, step, lat(:,:1), p(:,:1,:), z(:,:1,:), t(:,:1,:), u(:,:1,:), &
                        & dudt=dudt(:,:1,:))
        call refused(drag, "source_flux", flux, "Pa", gwparam_err_argument, &
                     & "source_flux is new though the windows of this step did not hold all")
        call drag%apply(1, 2, step, lat(:,2:), p(:,2:,:), z(:,2:,:), t(:,2:,:), u(:,2:,:), &
                        & dudt=dudt(:,2:,:))
        gone = flux
        gone(2, 3) = ieee_value(1.0_dp, ieee_quiet_nan)
        call drag%offer("source_flux", gone, "Pa")
        dudt = untouched
        call go(drag)
        call ok(stat == gwparam_err_nonfinite .and. index(errmsg, &
                & "source_flux") > 0 .and. all(abs(dudt - untouched) <= 0), &
                & "what is not finite is refused and named")

    end subroutine test_offers_are_refused

    subroutine refused(drag, name, values, units, status, message)

        !! A call of `offer` that ends with a message of which this is the beginning.
        type(gwparam_coupling_t), intent(inout) :: drag
        character(len=*), intent(in) :: name, units, message
        real(dp), intent(in) :: values(:,:)
        integer, intent(in) :: status

        call drag%offer(name, values, units, stat, errmsg)
        call ok(stat == status .and. index(errmsg, message) == 1, message)

    end subroutine refused

    subroutine test_records_hold_it()

        type(gwparam_coupling_t) :: drag
        type(gwparam_record_t) :: record

        call begin(drag, ", record = 1")
        call drag%offer("source_flux", 3*flux, "Pa")
        call go(drag)
        call drag%recorded(record)
        call ok(size(record%inputs) == 2 .and. size(record%outputs) == 1, &
                & "a record has the network's fields")
        associate (field => record%inputs(2))
            call ok(field%name == "source_flux" .and. field%units == "Pa" &
                    & .and. all(abs(field%values(:,1) - pack(3*flux, .true.)) <= 0), &
                    & "the host's own among them")
        end associate

    end subroutine test_records_hold_it

    subroutine test_restart_with_lag()

        !! The network is a step behind: what it saw of the field is on its way.
        type(gwparam_coupling_t) :: resumed, whole
        type(gwparam_coupling_state_t) :: state
        real(dp) :: last(nlon, nlat, nlev)

        call begin(whole, ", lag = 1")
        call go(whole)
        call whole%offer("source_flux", 4*flux, "Pa")
        call go(whole)
        call whole%save(state)
        call whole%offer("source_flux", 5*flux, "Pa")
        call go(whole)
        last = dudt
        call begin(resumed, ", lag = 1")
        call resumed%restore(state, stat=stat, errmsg=errmsg)
        call resumed%offer("source_flux", 5*flux, "Pa")
        dudt = 0
        call go(resumed)
        call ok(stat == gwparam_ok .and. is_same(dudt, last) .and. is_near(last, &
                & expected(4*flux)), "a restart carries what is on its way")

    end subroutine test_restart_with_lag

end program test_coupling_offer
