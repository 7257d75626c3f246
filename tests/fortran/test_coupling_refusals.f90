program test_coupling_refusals

    !! The coupling: what settings are read, and which of them and which calls are refused.

    use coupling_host, only: dudt, dvdt, errmsg, lat, lon, ml, nlat, nlev, nlon, p, pressure, ps, &
        & read_arguments, settings_of, start, stat, step, t, u, untouched, v, window, z
    use gwparam, only: dp, gwparam_err_argument, gwparam_err_shape, gwparam_ok, gwparam_top_down
    use gwparam_coupling, only: gwparam_coupling_settings_t, gwparam_coupling_state_t, &
        & gwparam_coupling_t
    use gwparam_status, only: text
    use tap, only: done, ok
    implicit none(type, external)

    call read_arguments()
    call test_settings_are_read()
    call test_settings_are_refused()
    call test_calls_are_refused()
    call done()

contains

    subroutine test_settings_are_read()

        type(gwparam_coupling_settings_t) :: settings
        character(len=:), allocatable :: items
        character(len=80) :: line
        integer :: unit

        call settings%read_namelist(record="&other_nml a = 1 /", stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_ok .and. settings%mode == "native" .and. .not. settings%is_given, &
                & "without the group the defaults stay")
        open (newunit=unit, status="scratch", action="readwrite")
        call settings%write_namelist(unit)
        rewind (unit)
        read (unit, "(a)") line
        close (unit)
        call ok(index(line, "! no namelist group gwparam_nml was read") == 1, "and the log says so")
        items = "mode = 'shadow', artefact = 'a.pt', lag = 1, range_sigmas = 4.5, on_range = 'zero'"
        settings = settings_of(items // ", restart = 'off', mass_weighted_lid = .true.")
        call ok(settings%mode == "shadow" .and. settings%artefact == "a.pt" &
                & .and. settings%lag == 1 .and. abs(settings%range_sigmas - 4.5_dp) <= 0.0_dp &
                & .and. settings%on_range == "zero" .and. .not. settings%writes_restart() &
                & .and. settings%native%mass_weighted_lid &
                & .and. .not. settings%native%use_top_weights, "items go where they belong")
        call ok(settings%runs_network() .and. settings%runs_native(), "shadow runs both")

        open (newunit=unit, status="scratch", action="readwrite")
        call settings%write_namelist(unit)
        rewind (unit)
        settings = gwparam_coupling_settings_t()
        call settings%read_namelist(unit=unit)
        close (unit)
        call ok(settings%mode == "shadow" .and. settings%native%mass_weighted_lid, &
                & "what is written is read back from a unit")

        settings = settings_of("taper_top = 50, 100, taper_surface = 9e4, 1e5, on_momentum = " &
                               & // "'count', momentum_limit = 0.5")
        call ok(all(abs(settings%taper_top - [50, &
                & 100]) <= 0.0_dp) .and. all(abs(settings%taper_surface - [9e4_dp, &
                & 1e5_dp]) <= 0.0_dp) .and. abs(settings%momentum_limit - 0.5_dp) <= 0.0_dp &
                & .and. settings%on_momentum == "count", "pairs of pressures, and a limit")
        settings = settings_of("mode = 'ml', artefact = 'a.pt'")
        call ok(.not. settings%runs_native(), "ml runs the network alone")
        settings = settings_of("mode = 'ml', artefact = 'a.pt', on_limit = 'native'")
        call ok(.not. settings%runs_native(), "also where guards fall back, on some columns")
        call settings%read_namelist(file="absent.nml", stat=stat, errmsg=errmsg)
        call ok(stat /= gwparam_ok .and. index(errmsg, "absent.nml") > 0, "an absent file is named")
        call settings%read_namelist(stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument &
                & .and. errmsg == "expected one of unit, file and record", "nothing to read from")

    end subroutine test_settings_are_read

    subroutine test_settings_are_refused()

        character(len=*), &
                  & parameter :: guards = ", expected error, zero, native, keep, clip, " &
                  & // "count or ignore"
        type(gwparam_coupling_settings_t) :: settings

        call refused("mode = 'hybrid'", "mode is hybrid, expected native, ml or shadow")
        call refused("mode = 'ml'", "mode is ml, which needs artefact in gwparam_nml")
        call refused("on_limit = 'panic'", "on_limit is panic" // guards)
        call refused("on_range = 'kept'", "on_range is kept" // guards)
        call refused("on_momentum = 'often'", "on_momentum is often" // guards)
        call refused("on_device_failure = 'gpu'", "on_device_failure is gpu, expected error or cpu")
        call refused("precision = 'half'", "precision is half, expected exported, tf32 or bfloat16")
        call refused("mode = 'shadow with the native scheme'", &
                     & "namelist gwparam_nml: mode has more " &
                     & // "than 16 characters: shadow with the native scheme")
        call refused("device = 'cuda:0 or cuda:1'", &
                     & "namelist gwparam_nml: device has more than 15 characters: cuda:0 or cuda:1")
        call refused("artefact = '" // repeat("a", 513) // "'", &
                     & "namelist gwparam_nml: artefact has more than 512 characters: aaa")
        call refused("record = -2", "record is -2, expected -1, 0, or calls between records")
        call refused("record = 1, record_file = ''", "record_file is empty, expected a name")
        call refused("record_gigabytes = 0.0", &
                     & "record_gigabytes is " // text(0.0_dp) // ", expected more than 0")
        call refused("restart_file = '" // repeat("r", 2000) // "'", &
                     & "namelist gwparam_nml: restart_file has more than 512 characters: rrr")
        call misspelt("gwparm_nml", is_refused=.true.)
        call misspelt("GWPARAM_NLM", is_refused=.true.)
        call misspelt("gw_param_nml", is_refused=.true.)
        call misspelt("gwparam", is_refused=.true.)
        call misspelt("gwparam_coupling_nml", is_refused=.true.)
        call misspelt("gw_drag_nml", is_refused=.false.)
        call misspelt("cg_drag_nml", is_refused=.false.)
        call misspelt("a_nml text = '&gwparm_nml', & !&gwparm_nml", is_refused=.false.)
        call refused("artifact = 'a.pt'", "namelist gwparam_nml: ")  ! the rest is the compiler's
        call ok(index(errmsg, "artifact") > 0, "a misspelt item is named")
        call settings%read_namelist(record="&GWPARAM_NML mode = 'native'", stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, &
                & "namelist gwparam_nml: ") == 1 .and. index(errmsg, "/") > 0, &
                & "a group without its end")
        call settings%read_namelist(record="&other_nml mode = 'native' /", stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_ok, "no group at all leaves the defaults")
        settings%interval = -3
        call settings%check(stat, errmsg)
        call ok(stat == gwparam_err_argument &
                & .and. errmsg == "interval is -3 s, expected at least 0", "a negative interval")
        settings%interval = 0
        settings%first = -1
        call settings%check(stat, errmsg)
        call ok(stat == gwparam_err_argument &
                & .and. errmsg == "first is -1 s, expected at least 0", "a negative first")

    end subroutine test_settings_are_refused

    subroutine refused(items, message)

        character(len=*), intent(in) :: items, message
        type(gwparam_coupling_settings_t) :: settings

        call settings%read_namelist(record="&gwparam_nml " // items // " /", stat=stat, &
                                    & errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, message) == 1, message)

    end subroutine refused

    subroutine misspelt(group, is_refused)

        !! A text with another group, and a file with it behind one more.
        character(len=*), intent(in) :: group
        logical, intent(in) :: is_refused

        type(gwparam_coupling_settings_t) :: settings
        integer :: unit

        call settings%read_namelist(record="&" // group // " mode = 'ml' /", stat=stat, &
                                    & errmsg=errmsg)
        call ok((stat == gwparam_err_argument) .eqv. is_refused, group)
        open (newunit=unit, status="scratch", action="readwrite")
        write (unit, "(a)") "&other_nml", "  it's = 1", "/", "  &" // group, "  mode = 'ml'", "/"
        rewind (unit)
        errmsg = ""
        call settings%read_namelist(unit=unit, stat=stat, errmsg=errmsg)
        close (unit)
        call ok((stat == gwparam_err_argument) .eqv. is_refused, group // " in a file")
        call ok((index(errmsg, " is, expected gwparam_nml") > 0) .eqv. is_refused, "says so")

    end subroutine misspelt

    subroutine test_calls_are_refused()

        type(gwparam_coupling_t) :: drag
        type(gwparam_coupling_settings_t) :: settings
        type(gwparam_coupling_state_t) :: state

        call drag%apply(1, 1, step, lat, p, z, t, u, v, dudt, dvdt, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "not set up") > 0, &
                & "apply before init")
        call drag%save(state, stat, errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "not set up") > 0, &
                & "save before init")
        call drag%restore(state, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "not set up") > 0, &
                & "restore before init")
        call drag%init(settings, pressure, 7, lat, lon, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "order is 7") == 1, &
                & "no such order")
        call drag%init(settings, pressure, gwparam_top_down, lat, lon(:2,:), stat=stat, &
                       & errmsg=errmsg)
        call ok(stat == gwparam_err_shape &
                & .and. errmsg == "longitude has shape (2, 4), expected (3, 4)", &
                & "another shape of longitudes")
        call drag%init(settings, pressure, gwparam_top_down, lat, lon, stat=stat, errmsg=errmsg, &
                       & surface_altitude=lon(:,3:))
        call ok(stat == gwparam_err_shape &
                & .and. errmsg == "surface_altitude has shape (3, 2), expected (3, 4)", &
                & "a surface of other columns")
        call drag%init(settings, pressure, gwparam_top_down, lat, lon, [3, 3, 4, 3], stat, errmsg)
        call ok(stat == gwparam_err_argument &
                & .and. errmsg == "columns has 3 to 4, expected 0 to 3", &
                & "more valid columns than there are")
        call drag%init(settings, pressure, gwparam_top_down, lat, lon, [3, 3], stat, errmsg)
        call ok(stat == gwparam_err_shape .and. errmsg == "columns has 2 values, expected 4", &
                & "too few counts of columns")

        call start(drag, ml())
        call drag%init(settings, pressure, gwparam_top_down, lat, lon, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "set up already") > 0, &
                & "init twice")
        call drag%apply(1, 1, step, lat, p, z, t, u, v, dudt, dvdt, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument &
                & .and. errmsg == "the network needs surface_pressure or " // "half_pressure", &
                & "a surface pressure that is not there")
        dudt = untouched
        call drag%apply(1, 1, step, lat, p, z, t(:,:,2:), u, v, dudt, dvdt, ps, stat=stat, &
                        & errmsg=errmsg)
        call ok(stat == gwparam_err_shape &
                & .and. errmsg == "temperature has shape (3, 4, 4), expected " // "(3, 4, 5)", &
                & "another number of levels")
        call drag%apply(1, 1, step, lat, p, z, t, u, v, dudt, dvdt, half_pressure=p, stat=stat, &
                        & errmsg=errmsg)
        call ok(stat == gwparam_err_shape &
                & .and. errmsg == "half_pressure has shape (3, 4, 5), expected (3, 4, 6)", &
                & "full levels in place of half levels")
        call drag%apply(1, 1, step, lat, p, z, t, u, v, dudt, dvdt, ps(:,2:), stat=stat, &
                        & errmsg=errmsg)
        call ok(stat == gwparam_err_shape &
                & .and. errmsg == "surface_pressure has shape (3, 3), expected (3, 4)", &
                & "a surface pressure of another shape")
        call drag%apply(1, 1, -step, lat, p, z, t, u, v, dudt, dvdt, ps, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "s, expected more than 0") > 0, &
                & "time that goes backwards")
        call drag%apply(1, 1, step, 90.0_dp + lat, p, z, t, u, v, dudt, dvdt, ps, stat=stat, &
                        & errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, &
                & "radians, expected -pi/2 to pi/2") > 0, "degrees")
        call drag%apply(1, 1, step, lat, p(:,:,nlev:1:-1), z, t, u, v, dudt, dvdt, ps, stat=stat, &
                        & errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, &
                & "pressure does not increase") == 1, "levels upside down")
        call ok(all(abs(dudt - untouched) <= 0.0_dp), "the drag stays as it was")
        call ok(size(drag%diagnostic("colour")) == 0, "a diagnostic that there is not is empty")
        call drag%restore(state, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_shape &
                & .and. errmsg == "the state is empty, expected one of save", "an empty state")
        call drag%blank(state)
        deallocate (state%fields(2)%values)
        allocate (state%fields(2)%values(nlon*nlat, 2))
        call drag%restore(state, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_shape &
                & .and. errmsg == "the state has drag_y on 2 levels, expected drag_y on 5", &
                & "a state of other levels")
        call window(drag, 1, nlon, 1)
        call drag%save(state, stat, errmsg)
        call ok(stat == gwparam_err_argument &
                & .and. errmsg == "the windows of this step did not hold all " // "columns yet", &
                & "save in the middle of a step")
        call drag%free()
        call start(drag, ml() // ", lag = 1")
        call window(drag, 1, nlon, 1)
        call ok(stat == gwparam_err_argument .and. index(errmsg, &
                & "or lag = 1, so the window must hold " &
                & // "all columns of the rank: it has 3, expected 12") > 0, &
                & "a lag wants one window")
        call drag%free()
        call drag%free()

    end subroutine test_calls_are_refused

end program test_coupling_refusals
