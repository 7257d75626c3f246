program test_coupling

    !! The coupling: when drag is computed, what is held, and how it goes on.

    use coupling_host, only: window, apply, dudt, dvdt, errmsg, fill, folder, is_near, is_same, &
        & lat, lon, ml, network_drag, nlat, nlev, nlon, p, pressure, ps, read_arguments, &
        & settings_of, start, stat, step, t, u, untouched, v, z
    use gwparam, only: dp, gwparam_bottom_up, gwparam_compiled_runs, gwparam_compiled_unfit, &
        & gwparam_err_argument, gwparam_err_contract, gwparam_err_shape, gwparam_ok, &
        & gwparam_top_down
    use gwparam_alarm, only: alarm_t
    use gwparam_coupling, only: gwparam_coupling_settings_t, gwparam_coupling_state_t, &
        & gwparam_coupling_statistics_t, gwparam_coupling_t
    use tap, only: done, ok
    implicit none(type, external)

    integer, parameter :: pcols = 5 !! Columns of a chunk

    call read_arguments()
    call test_alarm()
    call test_whole_grid()
    call test_windows()
    call test_held_drag()
    call test_chunks_of_a_bottom_up_host()
    call test_guards_fall_back()
    call test_state_goes_on()
    call test_what_is_pending_goes_on()
    call test_places_as_networks_know_them()
    call done()

contains

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
        character(len=240), allocatable :: lines(:)

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
                & // "on_limit = error, on_range = count, on_unphysical = error, " &
                & // "on_momentum = ignore)") == 1, "what the end of a run says")
        found%counters%lacks_fma = .true.
        deallocate (lines)
        lines = found%summary_lines()
        call ok(any(index(lines, "has no fused multiply-adds") > 0), "and why it was slow")
        found%counters%compiled = gwparam_compiled_runs
        deallocate (lines)
        lines = found%summary_lines()
        call ok(any(index(lines, "ran as compiled for this machine") > 0), "that it was compiled")
        found%counters%compiled = gwparam_compiled_unfit
        deallocate (lines)
        lines = found%summary_lines()
        call ok(any(index(lines, "package beside its artefact does not fit") > 0), &
                & "that a package did not fit")

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

    subroutine test_places_as_networks_know_them()

        !! Heights over the sea, and longitudes from 0 to 360, whatever the host has.
        type(gwparam_coupling_t) :: drag
        type(gwparam_coupling_settings_t) :: settings
        real(dp) :: altitude(nlon, nlat), degrees(nlon, nlat), westward(nlon, nlat)
        integer :: k

        settings = settings_of("mode = 'ml', artefact = '" // trim(folder) // "/places.pt'")
        degrees = lon*180.0_dp/acos(-1.0_dp)
        westward = merge(lon - 2.0_dp*acos(-1.0_dp), lon, degrees > 180.0_dp)
        altitude = spread([0.0_dp, 1500.0_dp, -20.0_dp], 2, nlat)

        call drag%init(settings, pressure, gwparam_top_down, lat, westward)
        call apply(drag)
        call ok(any(westward < 0.0_dp) .and. is_near(dudt, &
                & 1e-9_dp*z) .and. all(abs(dvdt - spread(1e-6_dp*degrees, 3, nlev)) <= 1e-17_dp), &
                & "longitudes to the west of 0, heights over the sea")
        call drag%free()

        call drag%init(settings, pressure, gwparam_top_down, lat, lon, surface_altitude=altitude, &
                       & heights_over_surface=.true.)
        do k = 1, nlat
            call window(drag, 1, nlon, k)
        end do
        call ok(is_near(dudt, 1e-9_dp*(z + spread(altitude, 3, nlev))), &
                & "heights over the surface are raised by it")
        call drag%free()

        call drag%init(settings, pressure, gwparam_top_down, lat, lon, stat=stat, errmsg=errmsg, &
                       & heights_over_surface=.true.)
        call ok(stat == gwparam_err_contract .and. index(errmsg, &
                & "geopotential_height") > 0 .and. index(errmsg, &
                & "init needs surface_altitude") > 0, "or refused, where the surface is not known")
        call drag%init(settings, pressure, gwparam_top_down, lat, degrees, stat=stat, errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, &
                & "longitude is up to ") == 1 .and. index(errmsg, &
                & "radians, expected -2 pi to 2 pi") > 0, "longitudes in degrees")
        call drag%init(settings, pressure, gwparam_top_down, 57.0_dp*lat, lon, stat=stat, &
                       & errmsg=errmsg)
        call ok(stat == gwparam_err_argument .and. index(errmsg, "latitude is up to ") == 1, &
                & "latitudes in degrees")

    end subroutine test_places_as_networks_know_them

end program test_coupling
