program test_coupling

    !! The coupling: what settings are refused, when drag is computed, and what is held.

    use gwparam, only: dp, gwparam_bottom_up, gwparam_err_argument, gwparam_err_shape, &
        & gwparam_ok, gwparam_top_down
    use gwparam_alarm, only: alarm_t
    use gwparam_coupling, only: gwparam_coupling_settings_t, gwparam_coupling_state_t, &
        & gwparam_coupling_statistics_t, gwparam_coupling_t
    use tap, only: done, ok
    implicit none(type, external)

    integer, parameter :: nlon = 3, nlat = 4, nlev = 5
    integer, parameter :: pcols = 5 !! Columns of a chunk
    real(dp), parameter :: pressure(nlev) = [1e3_dp, 1e4_dp, 3e4_dp, 6e4_dp, 9e4_dp]
    real(dp), parameter :: step = 1200.0_dp !! [s]
    real(dp), parameter :: untouched = 77.0_dp

    character(len=512) :: errmsg, folder
    real(dp), dimension(nlon, nlat) :: lat, lon, ps
    real(dp), dimension(nlon, nlat, nlev) :: p, z, t, u, v, dudt, dvdt
    integer :: stat

    call get_command_argument(1, folder)
    call fill(1)
    call test_settings_are_read()
    call test_settings_are_refused()
    call test_alarm()
    call test_whole_grid()
    call test_windows()
    call test_held_drag()
    call test_chunks_of_a_bottom_up_host()
    call test_guards_fall_back()
    call test_state_goes_on()
    call test_what_is_pending_goes_on()
    call test_calls_are_refused()
    call done()

contains

    subroutine fill(number)

        !! Another state for each number, on a quiet isothermal sky.
        integer, intent(in) :: number
        integer :: i, j, k

        do j = 1, nlat
            do i = 1, nlon
                lat(i, j) = -0.6_dp + 0.3_dp*j
                lon(i, j) = 2.0_dp*i
                ps(i, j) = 1e5_dp + 100*i + 10*j
                p(i, j,:) = pressure*ps(i, j)/101325.0_dp
                z(i, j,:) = -7000.0_dp*log(pressure/101325.0_dp)
                t(i, j,:) = 250.0_dp
                u(i, j,:) = [(10.0_dp*k + i + 0.1_dp*j + number, k=1, nlev)]
                v(i, j,:) = [(-3.0_dp*k + i - 0.2_dp*j + number, k=1, nlev)]
            end do
        end do

    end subroutine fill

    type(gwparam_coupling_settings_t) function settings_of(items)

        character(len=*), intent(in) :: items

        call settings_of%read_namelist(record="&gwparam_nml " // items // " /")

    end function settings_of

    function ml() result(items)

        character(len=:), allocatable :: items

        items = "mode = 'ml', artefact = '" // trim(folder) // "/linear.pt'"

    end function ml

    subroutine start(drag, items, interval)

        type(gwparam_coupling_t), intent(inout) :: drag
        character(len=*), intent(in) :: items
        integer, intent(in), optional :: interval
        type(gwparam_coupling_settings_t) :: settings

        settings = settings_of(items)
        if (present(interval)) settings%interval = interval
        call drag%init(settings, pressure, gwparam_top_down, lat, lon)

    end subroutine start

    subroutine apply(drag)

        type(gwparam_coupling_t), intent(inout) :: drag

        call drag%apply(1, 1, step, lat, p, z, t, u, v, dudt, dvdt, ps)

    end subroutine apply

    function network_drag() result(expected)

        !! Of u, in closed form (tests/artefacts.py).
        real(dp) :: expected(nlon, nlat, nlev)
        integer :: k

        do k = 1, nlev
            expected(:,:,k) = 1e-6_dp*u(:,:,k) + 1e-12_dp*k*ps
        end do

    end function network_drag

    logical function is_near(found, expected)

        real(dp), intent(in) :: found(:,:,:), expected(:,:,:)

        is_near = all(abs(found - expected) <= 1e-17_dp)

    end function is_near

    logical function is_same(found, expected)

        real(dp), intent(in) :: found(:,:,:), expected(:,:,:)

        is_same = all(abs(found - expected) <= 0.0_dp)

    end function is_same

    subroutine test_settings_are_read()

        type(gwparam_coupling_settings_t) :: settings
        character(len=:), allocatable :: items
        integer :: unit

        call settings%read_namelist(record="&other_nml a = 1 /", stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_ok .and. settings%mode == "native", &
                & "without the group the defaults stay")
        items = "mode = 'shadow', artefact = 'a.pt', lag = 1, range_sigmas = 4.5, on_range = 'zero'"
        settings = settings_of(items // ", restart = .false., mass_weighted_lid = .true.")
        call ok(settings%mode == "shadow" .and. settings%artefact == "a.pt" &
                & .and. settings%lag == 1 .and. abs(settings%range_sigmas - 4.5_dp) <= 0.0_dp &
                & .and. settings%on_range == "zero" .and. .not. settings%restart &
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

        settings = settings_of("mode = 'ml', artefact = 'a.pt'")
        call ok(.not. settings%runs_native(), "ml runs the network alone")
        settings = settings_of("mode = 'ml', artefact = 'a.pt', on_limit = 'native'")
        call ok(settings%runs_native(), "but for guards that fall back")
        call settings%read_namelist(file="absent.nml", stat=stat, errmsg=errmsg)
        call ok(stat /= gwparam_ok .and. index(errmsg, "absent.nml") > 0, "an absent file is named")
        call settings%read_namelist(stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument &
                & .and. errmsg == "expected one of unit, file and record", "nothing to read from")

    end subroutine test_settings_are_read

    subroutine test_settings_are_refused()

        type(gwparam_coupling_settings_t) :: settings

        call refused("mode = 'hybrid'", "mode is hybrid, expected native, ml or shadow")
        call refused("mode = 'ml'", "mode is ml, which needs artefact in gwparam_nml")
        call refused("on_limit = 'panic'", &
                     & "on_limit is panic, expected error, zero, native or ignore")
        call refused("on_range = 'keep'", &
                     & "on_range is keep, expected error, zero, native or ignore")
        call refused("on_device_failure = 'gpu'", "on_device_failure is gpu, expected error or cpu")
        call refused("precision = 'half'", "precision is half, expected exported, tf32 or bfloat16")
        call refused("artifact = 'a.pt'", "namelist gwparam_nml: Cannot match namelist object name")
        call ok(index(errmsg, "artifact") > 0, "a misspelt item is named")
        call settings%read_namelist(record="&GWPARAM_NML mode = 'native'", stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument &
                & .and. errmsg == "namelist gwparam_nml: it has no end, expected a line with /", &
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

    subroutine test_alarm()

        !! As MiMA's: counted down by the step, twice that of the leapfrog.
        type(alarm_t) :: alarm

        call alarm%wind(0, 0)
        call ok(all(rings_of(alarm, 3)), "no interval: every step")
        call alarm%wind(4800, 0)
        call ok(all(rings_of(alarm, 10) .eqv. [.false., .false., .false., .false., .true., &
                & .false., .false., .false., .true., .false.]), &
                & "the first ring comes after an interval")
        call alarm%wind(4800, 1200)
        call ok(all(rings_of(alarm, 6) .eqv. [.false., .true., .false., .false., .false., &
                & .true.]), "or after a delay of its own")
        call alarm%wind(0, 2400)
        call ok(all(rings_of(alarm, 5) .eqv. [.false., .false., .true., .true., .true.]), &
                & "a delay without an interval")
        call alarm%wind(3000, 0)
        call ok(all(rings_of(alarm, 7) .eqv. [.false., .false., .false., .true., .false., .true., &
                & .false.]), "steps that do not divide the interval")
        call alarm%wind(1000, 0)
        call alarm%lower(0.4_dp)
        call ok(alarm%left == 999, "whole seconds, cut as MiMA cuts them")

    end subroutine test_alarm

    function rings_of(alarm, steps) result(rings)

        type(alarm_t), intent(inout) :: alarm
        integer, intent(in) :: steps
        logical :: rings(steps)
        integer :: i

        do i = 1, steps
            rings(i) = alarm%rings()
            call alarm%lower(step)
        end do

    end function rings_of

    subroutine test_whole_grid()

        type(gwparam_coupling_t) :: drag
        type(gwparam_coupling_statistics_t) :: found
        real(dp), dimension(nlon, nlat, nlev) :: native_x
        character(len=200), allocatable :: lines(:)

        call start(drag, "mode = 'native', log_interval = 1")
        call apply(drag)
        native_x = dudt
        call drag%statistics(found)
        call ok(maxval(abs(native_x)) > 0.0_dp .and. size(drag%log_lines()) == 0 &
                & .and. size(found%summary_lines()) == 0, "native: drag, and nothing to say")
        call ok(.not. drag%needs("eastward_wind"), "native: no network needs anything")

        call drag%free()
        call start(drag, ml())
        call ok(drag%needs("eastward_wind") .and. .not. drag%needs("air_pressure"), &
                & "ml: what the network needs")
        call apply(drag)
        call ok(is_near(dudt, network_drag()), "ml: the network drives")

        call drag%free()
        call start(drag, &
                   & "mode = 'shadow', log_interval = 2, artefact = '" // trim(folder) &
                   & // "/linear.pt'")
        call apply(drag)
        call ok(is_same(dudt, native_x) .and. is_same(drag%diagnostic("native_x"), &
                & native_x) .and. is_near(drag%diagnostic("network_x"), network_drag()), &
                & "shadow: native drives, the network is beside it")
        lines = drag%log_lines()
        call ok(size(lines) == 2, "a line for each component")
        call ok(index(lines(1), &
                & "recomputation 1, u: rms of the network ") == 1 .and. index(lines(2), &
                & ", v: ") > 0 .and. index(lines(2), "pattern correlation") > 0, &
                & "what the log says")
        call apply(drag)
        call ok(size(drag%log_lines()) == 0, "not in every recomputation")
        call drag%statistics(found)
        lines = found%summary_lines()
        call ok(index(lines(1), &
                & "the network ran 2 times on 24 columns, of which guards caught 0 (" &
                & // "on_limit = error, on_range = ignore)") == 1, "what the end of a run says")

    end subroutine test_whole_grid

    subroutine test_windows()

        type(gwparam_coupling_t) :: drag
        real(dp), dimension(nlon, nlat, nlev) :: whole_x, whole_y
        integer :: j

        call start(drag, ml())
        call apply(drag)
        whole_x = dudt
        whole_y = dvdt
        call drag%free()
        call start(drag, ml())
        dudt = untouched
        do j = nlat, 1, -1
            call ok(drag%is_between_steps() .eqv. j == nlat, "a step ends with its last window")
            call window(drag, 1, nlon, j)
        end do
        call ok(is_same(dudt, whole_x) .and. is_same(dvdt, whole_y), "windows give the same bits")
        call ok(drag%is_between_steps(), "all windows were served")

        call window(drag, 1, nlon, 2)
        call ok(stat == gwparam_ok .and. .not. drag%is_between_steps(), "the next step has begun")
        call window(drag, 2, nlon, 2)
        call ok(stat == gwparam_err_argument .and. errmsg == "columns of the window (2, 2) to " &
                & // "(3, 2) were served before in this step, and others not yet", &
                & "no column twice in a step")
        call window(drag, 1, nlon, nlat + 1)
        call ok(stat == gwparam_err_argument .and. index(errmsg, &
                & "the window is (1, 5) to (3, 5), " // "expected columns within (3, 4)") == 1, &
                & "no window outside of the grid")

    end subroutine test_windows

    subroutine window(drag, first, last, j)

        !! Columns first to last of row j; beyond the grid those of the last row.
        type(gwparam_coupling_t), intent(inout) :: drag
        integer, intent(in) :: first, last, j
        integer :: r

        r = min(j, nlat)
        call drag%apply(first, j, step, lat(first:last,r:r), p(first:last,r:r,:), z(first:last, &
                        & r:r,:), t(first:last,r:r,:), u(first:last,r:r,:), v(first:last,r:r,:), &
                        & dudt(first:last,r:r,:), dvdt(first:last,r:r,:), ps(first:last,r:r), &
                        & stat=stat, errmsg=errmsg)

    end subroutine window

    subroutine test_held_drag()

        type(gwparam_coupling_t) :: drag
        real(dp), dimension(nlon, nlat, nlev) :: first

        call start(drag, ml(), interval=2400)
        call apply(drag)
        call ok(.not. drag%is_new() .and. maxval(abs(dudt)) <= 0.0_dp, &
                & "zero until the alarm rings first")
        call apply(drag)
        call fill(2)
        call apply(drag)
        first = dudt
        call ok(drag%is_new() .and. is_near(first, network_drag()), "then that of this step")
        call fill(3)
        call apply(drag)
        call ok(.not. drag%is_new() .and. is_same(dudt, first), "which is held")
        call apply(drag)
        call ok(drag%is_new() .and. is_near(dudt, network_drag()), "until the next ring")
        call fill(1)

    end subroutine test_held_drag

    subroutine test_chunks_of_a_bottom_up_host()

        !! Columns in chunks of 5, of which the last has 2: as 12 columns in any order.
        integer, parameter :: n_chunks = 3, ncol(n_chunks) = [5, 5, 2]
        type(gwparam_coupling_t) :: drag
        type(gwparam_coupling_settings_t) :: settings
        real(dp), dimension(pcols, n_chunks) :: chunk_lat, chunk_lon
        real(dp), dimension(pcols, nlev) :: tend_x, tend_y
        real(dp), dimension(nlon, nlat, nlev) :: x, y, whole_x, whole_y
        real(dp), allocatable :: shown(:,:,:)
        integer :: c, k

        call start(drag, ml() // ", on_limit = 'native'")
        call apply(drag)
        whole_x = dudt
        whole_y = dvdt
        call drag%free()

        chunk_lat = 0.0_dp
        chunk_lon = 0.0_dp
        do c = 1, n_chunks
            chunk_lat(:ncol(c),c) = columns_of(lat, c, ncol(c))
            chunk_lon(:ncol(c),c) = columns_of(lon, c, ncol(c))
        end do
        settings = settings_of(ml() // ", on_limit = 'native'")
        call drag%init(settings, pressure(nlev:1:-1), gwparam_bottom_up, chunk_lat, chunk_lon, ncol)
        x = untouched
        y = untouched
        do c = 1, n_chunks
            tend_x = untouched
            tend_y = untouched
            call drag%apply(c, step, chunk_lat(:,c), chunk(p, c, ncol(c)), chunk(z, c, ncol(c)), &
                            & chunk(t, c, ncol(c)), chunk(u, c, ncol(c)), chunk(v, c, ncol(c)), &
                            & tend_x, tend_y, [columns_of(ps, c, ncol(c)), (untouched, k=1, &
                            & pcols - ncol(c))])
            call ok(all(abs(tend_x(ncol(c) + 1:,:) - untouched) <= 0.0_dp), &
                    & "columns that are not valid stay as they were")
            shown = drag%diagnostic("network_x")
            call ok(is_same(shown, reshape(tend_x(:ncol(c),:), [ncol(c), 1, nlev])), &
                    & "diagnostics are in the host's order")
            do k = 1, nlev
                call put_columns(x(:,:,k), c, tend_x(:ncol(c),nlev + 1 - k))
                call put_columns(y(:,:,k), c, tend_y(:ncol(c),nlev + 1 - k))
            end do
        end do
        call ok(drag%is_between_steps(), "the valid columns make a step")
        call drag%apply(1, step, chunk_lat(:,1), chunk(p, 1, 5), chunk(z, 1, 5), chunk(t, 1, 5), &
                        & chunk(u, 1, 5), chunk(v, 1, 5), tend_x(:4,:), tend_y, stat=stat, &
                        & errmsg=errmsg)
        call ok(stat == gwparam_err_shape .and. errmsg == "an array of the chunk has 4 columns, " &
                & // "expected at least 5", "a chunk that is too short")
        call ok(is_same(x, whole_x) .and. is_same(y, whole_y), &
                & "chunks from below give the bits of the grid from above")

    end subroutine test_chunks_of_a_bottom_up_host

    function chunk(field, number, n) result(columns)

        real(dp), intent(in) :: field(nlon, nlat, nlev)
        integer, intent(in) :: number, n
        real(dp) :: columns(pcols, nlev)
        integer :: level

        columns = untouched
        do level = 1, nlev
            columns(:n,level) = columns_of(field(:,:,nlev + 1 - level), number, n)
        end do

    end function chunk

    function columns_of(field, number, n) result(columns)

        !! Every third column, beginning with another one in each chunk, wherever it is.
        real(dp), intent(in) :: field(nlon, nlat)
        integer, intent(in) :: number, n
        real(dp) :: columns(n)
        real(dp) :: line(nlon*nlat)

        line = reshape(field, [nlon*nlat])
        columns = line(cells(number, n))

    end function columns_of

    subroutine put_columns(field, number, columns)

        real(dp), intent(inout) :: field(nlon, nlat)
        integer, intent(in) :: number
        real(dp), intent(in) :: columns(:)
        real(dp) :: line(nlon*nlat)

        line = reshape(field, [nlon*nlat])
        line(cells(number, size(columns))) = columns
        field = reshape(line, [nlon, nlat])

    end subroutine put_columns

    function cells(number, n)

        integer, intent(in) :: number, n
        integer :: cells(n)
        integer :: m

        ! 5 and 12 have no common factor: all cells, each once.

        cells = [(1 + modulo(5*(m + pcols*(number - 1)), nlon*nlat), m=1, n)]

    end function cells

    subroutine test_guards_fall_back()

        type(gwparam_coupling_t) :: drag
        type(gwparam_coupling_statistics_t) :: found
        real(dp), dimension(nlon, nlat, nlev) :: native_x
        logical :: kept(nlon, nlat)

        v(2, 3, 5) = 6000.0_dp
        call start(drag, "mode = 'native'")
        call apply(drag)
        native_x = dudt
        call drag%free()
        call start(drag, ml() // ", on_limit = 'native'")
        call apply(drag)
        kept = .false.
        kept(2, 3) = .true.
        call ok(all(all(abs(dudt - native_x) <= 0.0_dp, dim=3) .eqv. kept), &
                & "a caught column has the native drag, all others the network's")
        call drag%statistics(found)
        call ok(found%counters%guarded_columns == 1, "and is counted")
        call drag%free()
        call start(drag, ml())
        call drag%apply(1, 1, step, lat, p, z, t, u, v, dudt, dvdt, ps, stat=stat, errmsg=errmsg)
        call ok(stat /= gwparam_ok .and. index(errmsg, "expected at most 0.01 in magnitude") > 0, &
                & "without a fall back it is a failure")
        call fill(1)

    end subroutine test_guards_fall_back

    subroutine test_state_goes_on()

        !! One object into two with half of the rows each, in the middle of an interval.
        type(gwparam_coupling_t) :: all_rows, half(2)
        type(gwparam_coupling_state_t) :: merged, part, state
        type(gwparam_coupling_settings_t) :: settings
        type(gwparam_coupling_statistics_t) :: found, total
        real(dp), dimension(nlon, nlat, nlev) :: held
        integer :: from, i

        call start(all_rows, ml(), interval=2400)
        do i = 1, 3
            call apply(all_rows)
        end do
        held = dudt
        call all_rows%save(state)
        call ok(size(state%latitude) == nlon*nlat .and. state%alarm == 1200 &
                & .and. state%counters%columns == 12 .and. .not. state%carries, "what is saved")

        settings = settings_of(ml())
        settings%interval = 2400
        do i = 1, 2
            from = 2*i - 1
            call half(i)%init(settings, pressure, gwparam_top_down, lat(:,from:from + 1), lon(:, &
                      & from:from + 1))
            call half(i)%restore(state, first=1 + 6*(i - 1))
            dudt(:,from:from + 1,:) = untouched
            call half(i)%apply(1, 1, step, lat(:,from:from + 1), p(:,from:from + 1,:), z(:, &
                      & from:from + 1,:), t(:,from:from + 1,:), u(:,from:from + 1,:), v(:, &
                      & from:from + 1,:), dudt(:,from:from + 1,:), dvdt(:,from:from + 1,:), ps(:, &
                      & from:from + 1))
            call ok(.not. half(i)%is_new(), "the alarm goes on")
        end do
        call ok(is_same(dudt, held), "held drag goes to the objects that have its columns")
        do i = 1, 2
            call half(i)%save(part)
            call merged%add(part)
            call half(i)%statistics(found)
            call total%add(found)
        end do
        call apply(all_rows)
        call all_rows%save(state)
        call ok(size(merged%latitude) == nlon*nlat .and. all(abs(merged%fields(1)%values &
                & - state%fields(1)%values) <= 0.0_dp) .and. merged%alarm == state%alarm, &
                & "parts add up to the whole of their step")
        call ok(total%counters%runs == 1 .and. total%counters%columns == 24, "and so do counters")
        call apply(all_rows)
        call all_rows%save(state)
        call merged%add(state, stat, errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "not at the same step") > 0, &
                & "objects of different steps do not add up")
        call all_rows%restore(part, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_shape .and. errmsg == "the state has 6 columns, expected at " &
                & // "least 12", "a part is not the whole")

    end subroutine test_state_goes_on

    subroutine test_what_is_pending_goes_on()

        !! With a lag the result on its way is part of the state.
        type(gwparam_coupling_t) :: first, second
        type(gwparam_coupling_state_t) :: state
        real(dp), dimension(nlon, nlat, nlev) :: expected

        call start(first, ml() // ", lag = 1")
        call apply(first)
        call fill(2)
        expected = network_drag()
        call apply(first)
        call first%save(state)
        call ok(state%carries .and. state%n_saved() == 5, "two tendencies and marks are pending")
        call start(second, ml() // ", lag = 1")
        call second%restore(state)
        call fill(3)
        call apply(second)
        call ok(is_near(dudt, expected), "the result of the run before comes in the next")
        call fill(1)

    end subroutine test_what_is_pending_goes_on

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

end program test_coupling
