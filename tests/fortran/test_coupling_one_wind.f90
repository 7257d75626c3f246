program test_coupling_one_wind

    !! The coupling: a host that has drag of the eastward wind alone says so, and nothing else is
    !! taken for granted.

    use coupling_host, only: dudt, dvdt, errmsg, folder, is_near, lat, lon, ml, network_drag, &
        & nlat, nlev, nlon, p, pressure, ps, read_arguments, settings_of, stat, step, t, u, &
        & untouched, v, z
    use gwparam, only: dp, gwparam_err_argument, gwparam_err_contract, gwparam_ok, gwparam_top_down
    use gwparam_coupling, only: gwparam_coupling_state_t, gwparam_coupling_t
    use gwparam_reports, only: gwparam_line_length, gwparam_report, gwparam_report_end
    use tap, only: done, ok
    implicit none(type, external)

    call read_arguments()
    call test_networks_are_told_apart()
    call test_arguments_are_as_told()
    call test_native_schemes()
    call test_shadow_and_keep()
    call test_restart_is_of_the_same()
    call done()

contains

    subroutine begin(drag, items, eastward_only)

        type(gwparam_coupling_t), intent(inout) :: drag
        character(len=*), intent(in) :: items
        logical, intent(in) :: eastward_only

        call drag%free()
        call drag%offer("source_flux", 0*ps, "Pa")
        call drag%init(settings_of(items), pressure, gwparam_top_down, lat, lon, stat=stat, &
                       & errmsg=errmsg, eastward_only=eastward_only)

    end subroutine begin

    subroutine test_networks_are_told_apart()

        type(gwparam_coupling_t) :: drag
        character(len=:), allocatable :: one_wind

        one_wind = "mode = 'ml', artefact = '" // trim(folder) // "/own_field.pt'"
        call begin(drag, one_wind, .false.)
        call ok(stat == gwparam_err_contract .and. errmsg == "the network does not give " &
                & // "tendency_of_northward_wind_due_to_gravity_wave_drag, and init was not " &
                & // "told eastward_only", "one drag is no two")
        call begin(drag, one_wind, .true.)
        call drag%apply(1, 1, step, lat, p, z, t, u, dudt=dudt, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_ok .and. is_near(dudt, 1e-6_dp*u), "unless the host says so")
        call ok(size(drag%diagnostic("network_y")) == 0, "there is no northward drag")
        call drag%apply(1, 1, step, lat, p, z, t, u, v, dudt, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_ok, "a wind that nobody sees may be there")

        call begin(drag, ml(), .true.)
        call drag%apply(1, 1, step, lat, p, z, t, u, v, dudt, surface_pressure=ps, stat=stat, &
                        & errmsg=errmsg)
        call ok(stat == gwparam_ok .and. is_near(dudt, network_drag()), &
                & "of a network with both, one is taken")
        dudt = untouched
        call drag%apply(1, 1, step, lat, p, z, t, u, dudt=dudt, surface_pressure=ps, stat=stat, &
                        & errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. errmsg == "the network sees northward_wind, " &
                & // "so v is needed, though init was told eastward_only" .and. all(abs(dudt &
                & - untouched) <= 0), "a wind that it sees is needed")

    end subroutine test_networks_are_told_apart

    subroutine test_arguments_are_as_told()

        character(len=*), &
                  & parameter :: message = "v or dvdt is absent, expected both, or a call of " &
                  & // "init with eastward_only"
        type(gwparam_coupling_t) :: drag

        call begin(drag, ml(), .false.)
        call drag%apply(1, 1, step, lat, p, z, t, u, dudt=dudt, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. errmsg == message, "no winds")
        call drag%apply(1, 1, step, lat, p, z, t, u, v, dudt, surface_pressure=ps, stat=stat, &
                        & errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. errmsg == message, "no tendency")
        call begin(drag, ml(), .true.)
        call drag%apply(1, 1, step, lat, p, z, t, u, v, dudt, dvdt, ps, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. errmsg == "dvdt is given, expected none: " &
                & // "init was told eastward_only", "a tendency that nobody fills")
        call drag%apply(1, step, lat(:,1), p(:,1,:), z(:,1,:), t(:,1,:), u(:,1,:), v(:,1,:), &
                        & dudt(:,1,:), surface_pressure=ps(:,1), stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_ok, "chunks too have one tendency")

    end subroutine test_arguments_are_as_told

    subroutine test_native_schemes()

        type(gwparam_coupling_t) :: both, one
        real(dp) :: expected(nlon, nlat, nlev)

        call begin(both, "mode = 'native'", .false.)
        call both%apply(1, 1, step, lat, p, z, t, u, v, expected, dvdt, stat=stat, errmsg=errmsg)
        call begin(one, "mode = 'native'", .true.)
        call one%apply(1, 1, step, lat, p, z, t, u, v, dudt, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_ok .and. all(abs(dudt - expected) <= 0), "AD99 with both winds")
        call one%apply(1, 1, step, lat, p, z, t, u, dudt=dudt, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, &
                & "the native scheme of " // "Alexander and Dunkerton sees both winds") == 1, &
                & "and without")
        call begin(one, ml() // ", on_limit = 'native'", .true.)
        call one%apply(1, 1, step, lat, p, z, t, u, dudt=dudt, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "v is needed") > 0, &
                & "also where it is what guards fall back to")

        call one%free()
        call one%init(settings_of("mode = 'native'"), pressure, gwparam_top_down, lat, lon, &
                      & native=halved, eastward_only=.true.)
        call one%apply(1, 1, step, lat, p, z, t, u, dudt=dudt, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_ok .and. is_near(dudt, -0.5e-6_dp*u), &
                & "a scheme of the host's own does without")

    end subroutine test_native_schemes

    subroutine halved(i, j, latitude, pressure, height, temperature, u, v, dudt, dvdt, stat, errmsg)

        !! A scheme of one wind; what it says of the other goes nowhere.
        integer, intent(in) :: i(:), j(:)
        real(dp), intent(in) :: latitude(:)
        real(dp), intent(in) :: pressure(:,:), height(:,:), temperature(:,:), u(:,:), v(:,:)
        real(dp), intent(inout) :: dudt(:,:), dvdt(:,:)
        integer, intent(out) :: stat
        character(len=*), intent(inout) :: errmsg

        dudt = -0.5e-6_dp*u
        dvdt = 1.0_dp + v
        stat = gwparam_ok
        if (size(i) /= size(j) .or. size(pressure) /= size(height) .or. size(temperature) &
            & /= size(u) .or. size(latitude) /= size(i)) then
            stat = gwparam_err_argument
            errmsg = "sizes differ"
        end if

    end subroutine halved

    subroutine test_shadow_and_keep()

        character(len=gwparam_line_length), allocatable :: lines(:)
        type(gwparam_coupling_t) :: drag
        character(len=:), allocatable :: items
        real(dp) :: fast(nlon, nlat, nlev)

        items = "mode = 'shadow', log_interval = 1, run_log = 'off', artefact = '"
        call drag%init(settings_of(items // trim(folder) // "/linear.pt'"), pressure, &
                       & gwparam_top_down, lat, lon, native=halved, eastward_only=.true.)
        call drag%apply(1, 1, step, lat, p, z, t, u, v, dudt, surface_pressure=ps, stat=stat, &
                        & errmsg=errmsg)
        call ok(stat == gwparam_ok .and. is_near(dudt, &
                & -0.5e-6_dp*u) .and. is_near(drag%diagnostic("network_x"), network_drag()), &
                & "shadow")
        call gwparam_report(drag, gwparam_report_end, lines, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_ok .and. any(index(lines, &
                & "eastward") > 0) .and. .not. any(index(lines, "northward drag") > 0), &
                & "a report of one drag")
        ! Beyond the limits the drag stays what it was: none yet, then that of the first step.
        call begin(drag, ml() // ", on_limit = 'keep', on_range = 'ignore'", .true.)
        call drag%apply(1, 1, step, lat, p, z, t, u, v, dudt, surface_pressure=ps)
        fast = u
        fast(2, 2,:) = 1e5_dp
        call drag%apply(1, 1, step, lat, p, z, t, fast, v, dudt, surface_pressure=ps, stat=stat, &
                        & errmsg=errmsg)
        call ok(stat == gwparam_ok .and. is_near(dudt, network_drag()), "keep")

    end subroutine test_shadow_and_keep

    subroutine test_restart_is_of_the_same()

        type(gwparam_coupling_t) :: drag
        type(gwparam_coupling_state_t) :: state

        call begin(drag, ml(), .true.)
        call drag%apply(1, 1, step, lat, p, z, t, u, v, dudt, surface_pressure=ps)
        call drag%save(state)
        call begin(drag, ml(), .false.)
        call drag%restore(state, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, &
                & "the restart is of scheme ml, eastward alone, expected ml ") == 1, &
                & "a restart of one drag is none of two")
        call begin(drag, ml(), .true.)
        call drag%restore(state, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_ok, "but of one")

    end subroutine test_restart_is_of_the_same

end program test_coupling_one_wind
