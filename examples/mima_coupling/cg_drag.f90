module cg_drag_mod

    !! Non-orographic gravity-wave drag: a drop-in for MiMA's module of the same name.
    !!
    !! `mode` in namelist gwparam_nml chooses what drives the winds: 'native', the scheme of
    !! Alexander and Dunkerton (1999, J. Atmos. Sci. 56, 4167-4182) as MiMA computes it; 'ml', a
    !! network exported by gwparam; 'shadow', the native scheme, with the network run beside it.
    !!
    !! Fields are (lon, lat, lev), level 1 is the top, latitude runs from south to north. The drag
    !! is an acceleration: the host adds it to the wind tendencies. Winds are not changed here.
    !! `real` is 8 bytes by compiler flag, as everywhere in MiMA. Windows of columns come one after
    !! another: the module keeps count of them and is not for several threads.

    use alexander_dunkerton, only: ad99_settings_t, ad99_t
    use constants_mod, only: constants_init, RADIAN, SECONDS_PER_DAY
    use diag_manager_mod, only: diag_manager_init, register_diag_field, send_data
    use fms_mod, only: FATAL, NOTE, check_nml_error, close_file, error_mesg, file_exist, &
        & fms_init, mpp_npes, mpp_pe, mpp_root_pe, open_namelist_file, stdlog, write_version_number
    use gwparam, only: gwparam_pending, gwparam_device_error, gwparam_device_fallback, &
        & gwparam_guard_error, gwparam_guard_ignore, gwparam_guard_keep, gwparam_guard_zero, &
        & gwparam_input, gwparam_ok, gwparam_options_t, gwparam_precision_bfloat16, &
        & gwparam_precision_exported, gwparam_precision_tf32, gwparam_scheme_t, &
        & gwparam_statistics_t, gwparam_top_down
    use gwparam_mpi, only: gwparam_mpi_load
    use mpp_mod, only: mpp_clock_begin, mpp_clock_end, mpp_clock_id, mpp_get_current_pelist
    use netcdf, only: NF90_CLOBBER, nf90_close, nf90_create, nf90_def_dim, nf90_def_var, &
        & NF90_DOUBLE, nf90_get_att, nf90_get_var, NF90_GLOBAL, nf90_inq_dimid, nf90_inq_varid, &
        & nf90_inquire_dimension, nf90_inquire_variable, NF90_NETCDF4, NF90_NOERR, NF90_NOWRITE, &
        & nf90_open, nf90_put_att, nf90_put_var, nf90_strerror
    use time_manager_mod, only: time_manager_init, time_type
    implicit none(type, external)
    private

    public :: cg_drag_calc, cg_drag_end, cg_drag_endts, cg_drag_init, cg_drag_time_vary

    character(len=*), parameter :: version = "gwparam cg_drag 0.1.0"
    character(len=*), parameter :: tagname = "restart format 2"
    real, parameter :: missing_value = -999.0

    ! Items of MiMA's cg_drag_nml, with its defaults.
    integer :: cg_drag_freq = 0 !! Interval between recomputations, 0: every call [s]
    integer :: cg_drag_offset = 0 !! Delay of the first one, 0: as the interval [s]
    real :: source_level_pressure = 315.0e+02 !! Of the source at the equator [Pa]
    real :: damp_level_pressure = 0.8e+02 !! What reaches the lid is spread above it [Pa]
    integer :: nk = 1 !! Number of horizontal wavelengths
    real :: cmax = 99.6 !! Largest phase speed [m s-1]
    real :: dc = 1.2 !! Step of the phase speeds [m s-1]
    real :: Bt_0 = 0.004 !! Source stress [Pa]
    real :: Bt_eq = 0.0 !! Source stress in the tropics [Pa]
    real :: Bt_nh = 0.001 !! Added in the north [Pa]
    real :: Bt_sh = -0.001 !! Added in the south [Pa]
    real :: phi0n = 30.0, phi0s = -30.0 !! Where the extratropics begin [degrees_north]
    real :: dphin = 5.0, dphis = -5.0 !! Where the tropics end [degrees_north]
    integer :: flag = 1 !! Spectrum centred on 1: zero phase speed, 0: the source wind
    real :: Bw = 0.4, Bn = 0.0 !! Amplitude of its wide and narrow parts [m2 s-2]
    real :: cw = 40.0, cn = 2.0, cwtropics = 40.0 !! Their half-widths [m s-1]
    real :: kelvin_kludge = 1.0 !! Factor on tropical waves slower than the source wind [1]
    real :: weighttop = 1.0, weightminus1 = 0.0, weightminus2 = 0.0 !! Read; see `use_top_weights`
    real :: Bt_aug = 0.0, Bt_eq_width = 4.0 !! Read and unused, as in MiMA
    logical :: calculate_ked = .false. !! Read and unused, as in MiMA

    namelist /cg_drag_nml/ cg_drag_freq, cg_drag_offset, source_level_pressure, &
        & damp_level_pressure, nk, cmax, dc, Bt_0, Bt_eq, Bt_nh, Bt_sh, phi0n, phi0s, dphin, &
        & dphis, flag, Bw, Bn, cw, cn, cwtropics, kelvin_kludge, weighttop, weightminus1, &
        & weightminus2, Bt_aug, Bt_eq_width, calculate_ked

    ! Our own; input.nml explains them.
    character(len=16) :: mode = "native" !! 'native', 'ml' or 'shadow'
    character(len=512) :: artefact = "" !! What `gwparam export` wrote
    character(len=15) :: device = "cpu" !! 'cpu', 'cuda', 'cuda:N' or 'auto'
    integer :: threads = 0 !! Of a rank's network, 0: the rank's share of the cores
    integer :: ranks_per_device = 0 !! Ranks of a node with one network, 0: the library's choice
    character(len=16) :: on_device_failure = "error" !! 'error', or 'cpu' to go on there
    character(len=16) :: precision = "exported" !! 'exported', 'tf32' or 'bfloat16'
    integer :: lag = 0 !! 1: drag is that of the last recomputation; the network runs meanwhile
    real :: timeout_seconds = 0.0 !! How long ranks wait for each other, 0: the library's [s]
    integer :: chunk_columns = 0 !! Columns of one forward pass, 0: the library's
    character(len=16) :: on_limit = "error" !! Drag beyond the limits: 'error', 'zero' or 'native'
    character(len=16) :: on_range = "ignore" !! Input unlike the training: these or 'ignore'
    real :: range_sigmas = 0.0 !! What is unlike: more than this many standard deviations [1]
    logical :: restart = .true. !! Exact restart through RESTART/ and INPUT/
    character(len=64) :: restart_file = "cg_drag.res.nc" !! Its name there, before the rank
    integer :: log_interval = 8 !! Recomputations between lines in the log, 0: none
    logical :: nearest_source_level = .false. !! This and the next: switches of the native scheme
    logical :: use_top_weights = .false., mass_weighted_lid = .false.
    logical :: mass_weighted_levels = .false., launch_full_stress = .false.
    logical :: deposit_reflected = .false.

    namelist /gwparam_nml/ mode, artefact, device, threads, ranks_per_device, on_device_failure, &
        & precision, lag, timeout_seconds, chunk_columns, on_limit, on_range, range_sigmas, &
        & restart, restart_file, log_interval, nearest_source_level, use_top_weights, &
        & mass_weighted_lid, mass_weighted_levels, launch_full_stress, deposit_reflected

    ! Fields that the host can hand to a network, by their names in an artefact's contract.
    integer, parameter :: half_levels_field = 6, n_levels_fields = 6
    character(len=*), parameter :: offered(8) = [character(len=27)::"eastward_wind", &
              & "northward_wind", "air_temperature", "air_pressure", "geopotential_height", &
              & "air_pressure_at_half_levels", "surface_air_pressure", "latitude"]
    character(len=*), parameter :: offered_units(8) = [character(len=13)::"m s-1","m s-1", "K", &
              & "Pa", "m", "Pa", "Pa", "degrees_north"]
    character(len=*), &
              & parameter :: drag_name(2) = [character(len=59) &
              & ::"tendency_of_eastward_wind_due_to_gravity_wave_drag", &
              & "tendency_of_northward_wind_due_to_gravity_wave_drag"]
    character(len=1), parameter :: component(2) = ["u", "v"] !! Of wind and drag

    type :: comparison_t
        !! Sums over the columns of one recomputation, in one component of the wind.
        real :: native = 0.0, network = 0.0, product = 0.0 !! Of squares and of the product
        integer :: n = 0 !! Number of values
    end type comparison_t

    type :: flux_t
        !! The momentum flux of a network, of which the drag is the divergence.
        character(len=:), allocatable :: name !! Empty where the network gives the drag itself
        real :: factor = 0.0 !! Of the divergence: drag = factor*dF/dp
        real :: imbalance = 0.0 !! Gain of a column less what crossed its ends, at worst [1]
    end type flux_t

    type :: carried_t
        !! What a network carries from one recomputation to the next.
        character(len=:), allocatable :: name
        logical :: on_levels = .true.
        real, allocatable :: values(:,:,:) !! (lon, lat, level)
    end type carried_t

    logical :: module_is_initialized = .false.
    type(ad99_t) :: native
    type(gwparam_scheme_t) :: network
    logical :: asked(size(offered)) = .false. !! Whether the network has it as an input
    character(len=:), allocatable :: geometry !! What the network sees: column, stencil or global
    logical :: places_are_set = .false. !! Whether it knows where the columns are
    type(flux_t) :: flux(2)
    logical :: runs_native = .true., runs_network = .false.
    integer :: alarm = 0 !! Time until the next recomputation [s]
    logical :: ringing = .false. !! Whether this step recomputes
    integer :: columns_done = 0 !! Columns of this step that were served
    integer :: n_recomputed = 0 !! Steps that recomputed
    type(comparison_t) :: comparison(2)
    integer :: nlon, nlat, nlev
    real, allocatable :: reference_pressure(:) !! Full levels, then the surface [Pa]
    real, allocatable :: longitude(:), latitude(:) !! Of this rank's cells [rad]
    real, allocatable :: held_x(:,:,:), held_y(:,:,:) !! Drag of the last recomputation [m s-2]
    integer :: id_bf, id_gwfu, id_gwfv, id_gwfu_ml, id_gwfv_ml, id_kedx, id_kedy
    integer :: native_clock, network_clock

contains

    subroutine cg_drag_init(lonb, latb, pref, Time, axes)

        !! Read the namelists, set up the scheme and the network, and restart if there is a file.
        real, intent(in) :: lonb(:) !! Longitudes of this rank's cell edges [rad] (nlon + 1)
        real, intent(in) :: latb(:) !! Latitudes of this rank's cell edges [rad] (nlat + 1)
        real, intent(in) :: pref(:) !! Reference pressures, full levels, surface [Pa] (nlev + 1)
        type(time_type), intent(in) :: Time !! Of the model
        integer, intent(in) :: axes(4) !! Of the diagnostics

        if (module_is_initialized) return

        call fms_init
        call time_manager_init
        call diag_manager_init
        call constants_init
        call write_version_number(version, tagname)

        nlon = size(lonb) - 1
        nlat = size(latb) - 1
        nlev = size(pref) - 1
        reference_pressure = pref
        longitude = 0.5*(lonb(:nlon) + lonb(2:))
        latitude = 0.5*(latb(:nlat) + latb(2:))

        call read_namelists
        call register_diagnostics(Time, axes)
        call set_up_native
        if (runs_network) call load_network

        allocate (held_x(nlon, nlat, nlev), held_y(nlon, nlat, nlev), source=0.0)
        alarm = merge(cg_drag_offset, cg_drag_freq, cg_drag_offset > 0)
        if (restart) call read_restart
        if (restart) call try_to_write_restart

        native_clock = mpp_clock_id("cg_drag: native")
        network_clock = mpp_clock_id("cg_drag: network")
        ringing = .false.
        columns_done = 0
        n_recomputed = 0
        module_is_initialized = .true.

    end subroutine cg_drag_init

    subroutine cg_drag_time_vary(delt)

        !! Nothing: cg_drag_calc lowers the alarm, as MiMA makes no other call in a step.
        real, intent(in) :: delt !! Physics time step [s]

    end subroutine cg_drag_time_vary

    subroutine cg_drag_calc(is, js, lat, pfull, zfull, temp, uuu, vvv, Time, delt, gwfcng_x, &
                            & gwfcng_y, psurf, phalf)

        !! Drag on one window of columns: new when the alarm rings, else that of the last time.
        integer, intent(in) :: is, js !! Where the window begins among this rank's columns, from 1
        real, intent(in) :: lat(:,:) !! Latitude [rad]
        real, intent(in) :: pfull(:,:,:), zfull(:,:,:) !! Pressure [Pa], height [m]
        real, intent(in) :: temp(:,:,:) !! Temperature [K]
        real, intent(in) :: uuu(:,:,:), vvv(:,:,:) !! Eastward, northward wind [m s-1]
        type(time_type), intent(in) :: Time !! Of the model
        real, intent(in) :: delt !! Physics time step [s]
        real, intent(out) :: gwfcng_x(:,:,:), gwfcng_y(:,:,:) !! Drag, eastward, northward [m s-2]
        real, intent(in), optional :: psurf(:,:)
        !! Surface pressure [Pa]; absent: from phalf, or from pfull on pure sigma levels
        real, intent(in), optional :: phalf(:,:,:)
        !! Pressure at half levels [Pa] (nlev + 1), for networks with fluxes or levels of their own

        integer :: ie, je

        if (.not. module_is_initialized) then
            call error_mesg("cg_drag_calc", "cg_drag_init has not been called", FATAL)
        end if

        ie = is + size(uuu, 1) - 1
        je = js + size(uuu, 2) - 1

        ! A step recomputes in all of its windows or in none.
        if (columns_done == 0) ringing = alarm <= 0
        if (ringing) then
            call recompute(is, js, lat, pfull, zfull, temp, uuu, vvv, Time, psurf, phalf)
        end if
        gwfcng_x = held_x(is:ie,js:je,:)
        gwfcng_y = held_y(is:ie,js:je,:)

        columns_done = columns_done + size(lat)
        if (columns_done >= nlon*nlat) call end_of_step(delt)

    end subroutine cg_drag_calc

    subroutine cg_drag_endts

        !! A step ends with its last window, so nothing is left to do here.

        if (columns_done > 0) then
            call error_mesg("cg_drag_endts", &
                            & "the windows of this step did not hold all columns of this rank", &
                            & FATAL)
        end if

    end subroutine cg_drag_endts

    subroutine cg_drag_end

        !! Write the restart file, say what the network did, and free everything.
        type(gwparam_statistics_t) :: counters
        integer :: i, stat
        character(len=512) :: message

        if (.not. module_is_initialized) return

        if (restart) call write_restart
        if (runs_network) then
            call network%statistics(counters, stat=stat, errmsg=message)
            call stop_unless_ok(stat, message)
            if (mpp_pe() == mpp_root_pe() .or. counters%guarded_columns > 0) then
                write (message, "(a, i0, a, i0, a, i0, a, i0, a)") "rank ", mpp_pe(), &
                       & ": the network ran ", counters%runs, " times on ", counters%columns, &
                       & " columns, of which guards caught ", counters%guarded_columns, &
                       & " (on_limit = " // trim(on_limit) // ", on_range = " // trim(on_range) &
                       & // ")"
                call error_mesg("cg_drag_end", trim(message), NOTE)
            end if
            if (mpp_pe() == mpp_root_pe() .and. counters%inference_seconds > 0.0) then
                write (message, "(3(a, f0.3), a, f5.1, a)") "the network took ", &
                       & counters%inference_seconds, " s, waiting for it and other ranks ", &
                       & counters%wait_seconds, " s, messages ", counters%exchange_seconds, &
                       & " s; hidden behind the host: ", 100.0*hidden_fraction(counters), " %"
                call error_mesg("cg_drag_end", trim(message), NOTE)
            end if
            do i = 1, size(flux)
                if (mpp_pe() /= mpp_root_pe() .or. flux(i)%name == "") cycle
                write (message, "(3a, es8.1, a)") "momentum budget of a column, ", component(i), &
                       & ": closed to", flux(i)%imbalance, &
                       & " of the largest flux (columns of the root)"
                call error_mesg("cg_drag_end", trim(message), NOTE)
            end do
            call network%free
        end if
        deallocate (reference_pressure, longitude, latitude, held_x, held_y)
        module_is_initialized = .false.

    end subroutine cg_drag_end

    real function hidden_fraction(counters)

        !! Part of the time in the network that the host did not wait for.
        type(gwparam_statistics_t), intent(in) :: counters

        hidden_fraction = 0.0
        if (lag == 1) hidden_fraction = max(0.0, &
            & 1.0 - counters%wait_seconds/counters%inference_seconds)

    end function hidden_fraction

    subroutine recompute(is, js, lat, pfull, zfull, temp, uuu, vvv, Time, psurf, phalf)

        !! Run what the mode asks for, hold the drag of the window, and send the diagnostics.
        integer, intent(in) :: is, js
        real, intent(in) :: lat(:,:)
        real, intent(in) :: pfull(:,:,:), zfull(:,:,:), temp(:,:,:), uuu(:,:,:), vvv(:,:,:)
        type(time_type), intent(in) :: Time
        real, intent(in), optional :: psurf(:,:), phalf(:,:,:)

        real, allocatable, dimension(:,:,:) :: native_x, native_y, network_x, network_y
        real, allocatable, dimension(:,:,:) :: bf, kedx, kedy
        integer :: ie, je, stat
        character(len=512) :: message
        logical :: used

        if (runs_native) then
            allocate (native_x, native_y, mold=uuu)
            ! What is not allocated is an absent argument.
            if (id_kedx > 0) allocate (kedx, mold=uuu)
            if (id_kedy > 0) allocate (kedy, mold=uuu)
            if (id_bf > 0) allocate (bf, mold=uuu)
            call mpp_clock_begin(native_clock)
            call native%drag(js, lat, pfull, zfull, temp, uuu, vvv, native_x, native_y, &
                             & kedx=kedx, kedy=kedy, buoyancy_frequency=bf, stat=stat, &
                             & errmsg=message)
            call mpp_clock_end(native_clock)
            call stop_unless_ok(stat, message)
        end if

        if (runs_network) then
            ! Columns that a guard leaves alone keep what is in the arrays.
            if (runs_native) then
                network_x = native_x
                network_y = native_y
            else
                allocate (network_x, network_y, mold=uuu)
            end if
            call mpp_clock_begin(network_clock)
            call run_network(lat, pfull, zfull, temp, uuu, vvv, network_x, network_y, psurf, phalf)
            call mpp_clock_end(network_clock)
            if (runs_native) then
                call compare(comparison(1), network_x, native_x)
                call compare(comparison(2), network_y, native_y)
            else
                call compare(comparison(1), network_x)
                call compare(comparison(2), network_y)
            end if
        end if

        ie = is + size(uuu, 1) - 1
        je = js + size(uuu, 2) - 1
        if (mode == "ml") then
            held_x(is:ie,js:je,:) = network_x
            held_y(is:ie,js:je,:) = network_y
        else
            held_x(is:ie,js:je,:) = native_x
            held_y(is:ie,js:je,:) = native_y
        end if

        if (id_gwfu > 0) used = send_data(id_gwfu, held_x(is:ie,js:je,:), Time, is, js, 1)
        if (id_gwfv > 0) used = send_data(id_gwfv, held_y(is:ie,js:je,:), Time, is, js, 1)
        if (id_bf > 0) used = send_data(id_bf, bf, Time, is, js, 1)
        if (id_kedx > 0) used = send_data(id_kedx, kedx, Time, is, js, 1)
        if (id_kedy > 0) used = send_data(id_kedy, kedy, Time, is, js, 1)
        if (id_gwfu_ml > 0) used = send_data(id_gwfu_ml, network_x, Time, is, js, 1)
        if (id_gwfv_ml > 0) used = send_data(id_gwfv_ml, network_y, Time, is, js, 1)

    end subroutine recompute

    subroutine run_network(lat, pfull, zfull, temp, uuu, vvv, drag_x, drag_y, psurf, phalf)

        !! Drag of the network; columns caught by a `native` guard stay as they are.
        real, intent(in) :: lat(:,:)
        real, intent(in) :: pfull(:,:,:), zfull(:,:,:), temp(:,:,:), uuu(:,:,:), vvv(:,:,:)
        real, intent(inout) :: drag_x(:,:,:), drag_y(:,:,:)
        real, intent(in), optional :: psurf(:,:), phalf(:,:,:)

        integer :: stat
        character(len=512) :: message

        if (geometry /= "column" .or. lag == 1) call check_window(lat)
        if (geometry /= "column" .and. .not. places_are_set) call set_places(lat)
        if (asked(half_levels_field) .and. .not. present(phalf)) call error_mesg("cg_drag_calc", &
            & "the network gives fluxes or has levels of its own, so cg_drag_calc needs its " &
            & // "argument phalf: the pressure at half levels", FATAL)

        call put_levels(1, uuu)
        call put_levels(2, vvv)
        call put_levels(3, temp)
        call put_levels(4, pfull)
        call put_levels(5, zfull)
        if (present(phalf)) call put_levels(6, phalf)
        if (present(psurf)) then
            call put_surface(7, psurf)
        else if (present(phalf)) then
            call put_surface(7, phalf(:,:,nlev + 1))
        else if (asked(7)) then
            call put_surface(7, surface_pressure(pfull))
        end if
        call put_surface(8, lat*RADIAN)

        call network%run(stat=stat, errmsg=message)
        call stop_unless_ok(stat, message)
        call network%get(trim(drag_name(1)), drag_x, units="m s-2", stat=stat, errmsg=message)
        call stop_unless_ok(stat, message)
        call network%get(trim(drag_name(2)), drag_y, units="m s-2", stat=stat, errmsg=message)
        call stop_unless_ok(stat, message)
        ! A lagged drag belongs to the pressures of the recomputation before.
        if (lag == 1) return
        if (flux(1)%name /= "") call check_budget(flux(1), drag_x, phalf)
        if (flux(2)%name /= "") call check_budget(flux(2), drag_y, phalf)

    contains

        subroutine put_levels(i, field)

            integer, intent(in) :: i
            real, intent(in) :: field(:,:,:)

            if (.not. asked(i)) return
            call network%put(trim(offered(i)), field, units=trim(offered_units(i)), stat=stat, &
                             & errmsg=message)
            call stop_unless_ok(stat, message)

        end subroutine put_levels

        subroutine put_surface(i, field)

            integer, intent(in) :: i
            real, intent(in) :: field(:,:)

            if (.not. asked(i)) return
            call network%put(trim(offered(i)), field, units=trim(offered_units(i)), stat=stat, &
                             & errmsg=message)
            call stop_unless_ok(stat, message)

        end subroutine put_surface

    end subroutine run_network

    subroutine check_window(lat)

        !! What needs all columns of a rank at once cannot take them in windows.
        real, intent(in) :: lat(:,:)

        character(len=512) :: message

        if (size(lat) == nlon*nlat) return
        write (message, "(3a, i0, a, i0)") "the network sees more than single columns (", &
               & geometry, &
               & "), or lag = 1, so the window must hold all columns of the rank: it has ", &
               & size(lat), ", expected ", nlon*nlat
        call error_mesg("cg_drag_calc", trim(message), FATAL)

    end subroutine check_window

    subroutine set_places(lat)

        !! Say where the columns are, to a network that sees more than one.
        real, intent(in) :: lat(:,:)

        integer :: stat
        character(len=512) :: message

        call network%set_columns(lat*RADIAN, spread(longitude*RADIAN, 2, nlat), stat=stat, &
                                 & errmsg=message)
        call stop_unless_ok(stat, message)
        places_are_set = .true.

    end subroutine set_places

    subroutine check_budget(flux, drag, phalf)

        !! Compare what each column gained with what crossed its ends.
        type(flux_t), intent(inout) :: flux
        real, intent(in) :: drag(:,:,:) !! Of the network [m s-2]
        real, intent(in) :: phalf(:,:,:)

        real, parameter :: kept = huge(1.0) !! What a guard leaves: such columns do not count
        real, allocatable :: flux_at_half(:,:,:)
        real :: difference, gain, largest
        integer :: i, j, stat
        character(len=512) :: message

        allocate (flux_at_half(size(drag, 1), size(drag, 2), nlev + 1), source=kept)
        call network%get(flux%name // "_at_half_levels", flux_at_half, stat=stat, errmsg=message)
        call stop_unless_ok(stat, message)
        difference = 0.0
        largest = tiny(1.0)
        do j = 1, size(drag, 2)
            do i = 1, size(drag, 1)
                associate (f => flux_at_half(i, j,:), p => phalf(i, j,:))
                    if (f(1) >= kept) cycle
                    gain = sum(drag(i, j,:)*(p(2:) - p(:nlev)))
                    difference = max(difference, abs(gain - flux%factor*(f(nlev + 1) - f(1))))
                    largest = max(largest, maxval(abs(flux%factor*f)))
                end associate
            end do
        end do
        flux%imbalance = max(flux%imbalance, difference/largest)

    end subroutine check_budget

    function surface_pressure(pfull) result(psurf)

        !! Surface pressure on pure sigma levels, where pfull/pref is the same at every level.
        real, intent(in) :: pfull(:,:,:) !! Pressure [Pa]
        real :: psurf(size(pfull, 1), size(pfull, 2)) !! Surface pressure [Pa]

        real, parameter :: tolerance = 1.0e-6 !! Rounding gives 1e-15, hybrid levels 1e-2
        real :: deviation, ratio
        integer :: k
        character(len=200) :: message

        associate (pref => reference_pressure)
            psurf = pfull(:,:,nlev)*(pref(nlev + 1)/pref(nlev))
            deviation = 0.0
            do k = 1, nlev
                ratio = pref(nlev + 1)/pref(k)
                deviation = max(deviation, maxval(abs(ratio*pfull(:,:,k)/psurf - 1.0)))
            end do
        end associate
        if (deviation > tolerance) then
            write (message, "(a, es8.1, a, es8.1, a)") "pfull/pref differs between levels by", &
                   & deviation, " of itself, expected at most", tolerance, &
                   & ": not pure sigma levels, so cg_drag_calc needs its argument psurf"
            call error_mesg("cg_drag_calc", trim(message), FATAL)
        end if

    end function surface_pressure

    subroutine end_of_step(delt)

        !! Lower the alarm as MiMA does after its one window, and write to the log.
        real, intent(in) :: delt

        columns_done = 0
        if (ringing) then
            n_recomputed = n_recomputed + 1
            if (runs_network .and. log_interval > 0) then
                if (mod(n_recomputed - 1, log_interval) == 0) call write_log
            end if
            comparison = comparison_t()
        end if

        ! With no interval the alarm would fall for ever: leave it once it rings.
        if (alarm <= 0 .and. cg_drag_freq == 0) return
        if (alarm <= 0) alarm = alarm + cg_drag_freq
        alarm = int(alarm - delt)

    end subroutine end_of_step

    subroutine compare(sums, network_drag, native_drag)

        !! Add a window to the sums.
        type(comparison_t), intent(inout) :: sums
        real, intent(in) :: network_drag(:,:,:)
        real, intent(in), optional :: native_drag(:,:,:)

        sums%n = sums%n + size(network_drag)
        sums%network = sums%network + sum(network_drag**2)
        if (.not. present(native_drag)) return
        sums%native = sums%native + sum(native_drag**2)
        sums%product = sums%product + sum(native_drag*network_drag)

    end subroutine compare

    subroutine write_log

        !! One line on the drag of the root's columns.
        integer :: i, unit

        if (mpp_pe() /= mpp_root_pe()) return
        unit = stdlog()
        do i = 1, 2
            associate (c => comparison(i))
                write (unit, "(a, i0, 3a, es9.2, a)", advance="no") "cg_drag: recomputation ", &
                       & n_recomputed, ", ", component(i), ": rms of the network", &
                       & sqrt(c%network/c%n), " m s-2"
                if (runs_native) write (unit, "(a, es9.2, a, f7.3)", advance="no") ", native", &
                    & sqrt(c%native/c%n), " m s-2, pattern correlation", &
                    & c%product/max(sqrt(c%native*c%network), tiny(1.0))
                write (unit, "(a)") " (columns of the root)"
            end associate
        end do

    end subroutine write_log

    subroutine read_namelists

        !! Read both records of input.nml and refuse what cannot be meant.
        integer :: ierr, io, unit
        character(len=256) :: message

        if (file_exist("input.nml")) then
            unit = open_namelist_file()
            ierr = 1
            do while (ierr /= 0)
                read (unit, nml=cg_drag_nml, iostat=io, iomsg=message, end=10)
                call stop_on_namelist_error(io, "cg_drag_nml", message)
                ierr = check_nml_error(io, "cg_drag_nml")
            end do
            10 call close_file(unit)

            unit = open_namelist_file()
            ierr = 1
            do while (ierr /= 0)
                read (unit, nml=gwparam_nml, iostat=io, iomsg=message, end=20)
                call stop_on_namelist_error(io, "gwparam_nml", message)
                ierr = check_nml_error(io, "gwparam_nml")
            end do
            20 call close_file(unit)
        end if
        if (mpp_pe() == mpp_root_pe()) then
            write (stdlog(), nml=cg_drag_nml)
            write (stdlog(), nml=gwparam_nml)
        end if

        if (cg_drag_freq < 0 .or. cg_drag_offset < 0) then
            call error_mesg("cg_drag_init", "cg_drag_freq or cg_drag_offset is negative", FATAL)
        end if
        if (cg_drag_freq > 0) then
            if (mod(int(SECONDS_PER_DAY), cg_drag_freq) /= 0) then
                call error_mesg("cg_drag_init", "cg_drag_freq does not divide a day", FATAL)
            end if
        end if
        if (mode /= "native" .and. mode /= "ml" .and. mode /= "shadow") then
            call error_mesg("cg_drag_init", &
                            & "mode is " // trim(mode) // ", expected native, ml or shadow", FATAL)
        end if

        runs_network = mode /= "native"
        runs_native = mode /= "ml" .or. on_limit == "native" .or. on_range == "native"

    end subroutine read_namelists

    subroutine stop_on_namelist_error(io, record, message)

        !! FMS would say which record; this says which item, too.
        integer, intent(in) :: io
        character(len=*), intent(in) :: record, message

        if (io > 0) call error_mesg("cg_drag_init", &
            & "namelist " // record // " of input.nml: " // trim(message), FATAL)

    end subroutine stop_on_namelist_error

    subroutine register_diagnostics(Time, axes)

        !! Register what the modes can give; what only the native scheme knows makes it run.
        type(time_type), intent(in) :: Time
        integer, intent(in) :: axes(4)

        id_bf = register("bf_cgwd", "buoyancy frequency from cg_drag", "/s")
        id_gwfu = register("gwfu_cgwd", "gravity wave forcing on mean flow, eastward", "m/s^2")
        id_gwfv = register("gwfv_cgwd", "gravity wave forcing on mean flow, northward", "m/s^2")
        id_kedx = register("kedx_cgwd", "effective eddy viscosity from cg_drag, eastward", "m^2/s")
        id_kedy = register("kedy_cgwd", "effective eddy viscosity from cg_drag, northward", "m^2/s")
        id_gwfu_ml = -1
        id_gwfv_ml = -1
        if (runs_network) then
            id_gwfu_ml = register("gwfu_ml", "gravity wave forcing of the network, eastward", &
                                  & "m/s^2")
            id_gwfv_ml = register("gwfv_ml", "gravity wave forcing of the network, northward", &
                                  & "m/s^2")
        end if
        runs_native = runs_native .or. id_bf > 0 .or. id_kedx > 0 .or. id_kedy > 0

    contains

        integer function register(name, long_name, units)

            character(len=*), intent(in) :: name, long_name, units

            register = register_diag_field("cg_drag", name, axes(1:3), Time, long_name, units, &
                                           & missing_value=missing_value)

        end function register

    end subroutine register_diagnostics

    subroutine set_up_native

        !! The native scheme, on the latitudes between the edges of the cells.
        type(ad99_settings_t) :: settings
        integer :: stat
        character(len=512) :: message

        settings%source_level_pressure = source_level_pressure
        settings%damp_level_pressure = damp_level_pressure
        settings%nk = nk
        settings%cmax = cmax
        settings%dc = dc
        settings%bt_0 = Bt_0
        settings%bt_eq = Bt_eq
        settings%bt_nh = Bt_nh
        settings%bt_sh = Bt_sh
        settings%phi0n = phi0n
        settings%phi0s = phi0s
        settings%dphin = dphin
        settings%dphis = dphis
        settings%flag = flag
        settings%bw = Bw
        settings%bn = Bn
        settings%cw = cw
        settings%cn = cn
        settings%cwtropics = cwtropics
        settings%kelvin_kludge = kelvin_kludge
        settings%weighttop = weighttop
        settings%weightminus1 = weightminus1
        settings%weightminus2 = weightminus2
        settings%nearest_source_level = nearest_source_level
        settings%use_top_weights = use_top_weights
        settings%mass_weighted_lid = mass_weighted_lid
        settings%mass_weighted_levels = mass_weighted_levels
        settings%launch_full_stress = launch_full_stress
        settings%deposit_reflected = deposit_reflected

        call native%init(settings, latitude, reference_pressure(:nlev), stat=stat, errmsg=message)
        call stop_unless_ok(stat, message)

    end subroutine set_up_native

    subroutine load_network

        !! Load the artefact and see that this host can give every input that it asks for.
        type(gwparam_options_t) :: options
        integer, allocatable :: pelist(:)
        integer :: communicator, i, stat
        character(len=:), allocatable :: contract, name
        character(len=512) :: message

        if (artefact == "") call error_mesg("cg_drag_init", &
            & "mode is " // trim(mode) &
            & // ", which needs artefact in gwparam_nml: the file that gwparam export wrote", FATAL)

        options%device = device
        options%threads = threads
        options%ranks_per_device = ranks_per_device
        options%on_device_failure = choice(on_device_failure, "on_device_failure", ["error", &
                                           & "cpu  "], [gwparam_device_error, &
                                           & gwparam_device_fallback])
        options%precision = choice(precision, "precision", ["exported", "tf32    ", "bfloat16"], &
                                   & [gwparam_precision_exported, gwparam_precision_tf32, &
                                   & gwparam_precision_bfloat16])
        options%lag = lag
        options%timeout_seconds = timeout_seconds
        options%chunk_columns = chunk_columns
        options%on_limit = guard_action(on_limit, "on_limit")
        options%on_range = guard_action(on_range, "on_range")
        options%range_sigmas = range_sigmas
        allocate (pelist(mpp_npes()))
        call mpp_get_current_pelist(pelist, commID=communicator)
        call gwparam_mpi_load(network, trim(artefact), communicator, options, stat=stat, &
                              & errmsg=message)
        call stop_unless_ok(stat, message)
        call network%set_levels(reference_pressure(:nlev), gwparam_top_down, stat=stat, &
                                & errmsg=message)
        call stop_unless_ok(stat, message)

        call network%contract(contract, stat=stat, errmsg=message)
        call stop_unless_ok(stat, message)
        geometry = json_value(contract(index(contract, '"geometry"'):), "kind")
        places_are_set = .false.
        do i = 1, size(flux)
            flux(i) = flux_of(contract, trim(drag_name(i)))
        end do

        asked = .false.
        i = 0
        do
            i = i + 1
            call network%field(gwparam_input, i, name, stat=stat, errmsg=message)
            call stop_unless_ok(stat, message)
            if (name == "") exit
            if (all(offered /= name)) call error_mesg("cg_drag_init", &
                & "the network asks for more than this host gives: " // name, FATAL)
            where (offered == name) asked = .true.
        end do

    end subroutine load_network

    type(flux_t) function flux_of(contract, tendency) result(flux)

        !! The flux that a contract derives a tendency from.
        character(len=*), intent(in) :: contract !! JSON
        character(len=*), intent(in) :: tendency

        real, parameter :: standard_gravity = 9.80665 !! As the library's [m s-2]
        integer :: at, key

        flux%name = ""
        at = 1
        do
            key = index(contract(at:), '"tendency"')
            if (key == 0) return
            at = at + key
            if (json_value(contract(at - 1:), "tendency") == tendency) exit
        end do
        ! The entry nests no other object.
        associate (entry => contract(index(contract(:at), "{", back=.true.):))
            flux%name = json_value(entry, "name")
            flux%factor = merge(-1.0, 1.0, json_value(entry, "sign") == "-1")
            if (json_value(entry, "quantity") == "omega") then
                flux%factor = -flux%factor
            else
                flux%factor = standard_gravity*flux%factor
            end if
        end associate

    end function flux_of

    function json_value(json, key) result(value)

        !! Number or string that follows a key; a string ends at a blank, comma or brace.
        character(len=*), intent(in) :: json, key
        character(len=:), allocatable :: value

        character(len=*), parameter :: delimiters = ' :,"}' // new_line("a")
        integer :: first

        first = index(json, '"' // key // '"') + len(key) + 2
        first = first + verify(json(first:), delimiters) - 1
        value = json(first:first + scan(json(first:), delimiters) - 2)

    end function json_value

    integer function guard_action(word, item) result(action)

        !! What the library is to do with a column that a guard catches.
        character(len=*), intent(in) :: word, item

        action = choice(word, item, ["error ", "zero  ", "native", "ignore"], &
                        & [gwparam_guard_error, gwparam_guard_zero, gwparam_guard_keep, &
                        & gwparam_guard_ignore])

    end function guard_action

    integer function choice(word, item, words, values)

        !! The value that stands for the word of a namelist item.
        character(len=*), intent(in) :: word, item, words(:)
        integer, intent(in) :: values(:)

        integer :: i
        character(len=:), allocatable :: expected

        expected = trim(words(1))
        do i = 2, size(words) - 1
            expected = expected // ", " // trim(words(i))
        end do
        expected = expected // " or " // trim(words(size(words)))
        i = findloc(words == word, .true., 1)
        if (i == 0) call error_mesg("cg_drag_init", &
            & item // " is " // trim(word) // ", expected " // expected, FATAL)
        choice = values(max(i, 1))

    end function choice

    subroutine stop_unless_ok(stat, message)

        !! End the run on all ranks, in the host's way, with the message of the library.
        integer, intent(in) :: stat
        character(len=*), intent(in) :: message

        if (stat /= gwparam_ok) call error_mesg("cg_drag", trim(message), FATAL)

    end subroutine stop_unless_ok

    function restart_path(directory, pe) result(path)

        !! File of one rank: the decomposition is the host's, so each rank writes its own part.
        character(len=*), intent(in) :: directory
        integer, intent(in) :: pe
        character(len=:), allocatable :: path
        character(len=4) :: number

        write (number, "(i4.4)") pe
        path = directory // "/" // trim(restart_file) // "." // number

    end function restart_path

    subroutine read_restart

        !! What the run before held for the cells of this rank, whichever ranks wrote it; without
        !! files the run starts as MiMA's does.
        type(carried_t), allocatable :: carried(:)
        type(gwparam_statistics_t) :: counters
        logical :: carries, covered(nlon, nlat)
        integer :: first_alarm, i, ncid, part, parts, stat
        character(len=:), allocatable :: path
        character(len=512) :: message

        if (.not. file_exist(restart_path("INPUT", 0))) return

        carried = carried_fields()
        carries = size(carried) > 0
        covered = .false.
        parts = 1
        part = 0
        do while (part < parts)
            path = restart_path("INPUT", part)
            if (.not. file_exist(path)) call error_mesg("cg_drag_init", &
                & path // " is missing: the restart was written in more parts", FATAL)
            call check_file(nf90_open(path, NF90_NOWRITE, ncid), "read", path)
            call check_file(nf90_get_att(ncid, NF90_GLOBAL, "alarm", alarm), "read", path)
            call check_file(nf90_get_att(ncid, NF90_GLOBAL, "parts", parts), "read", path)
            if (part == 0) first_alarm = alarm
            if (alarm /= first_alarm .or. attribute("part") /= part) then
                call error_mesg("cg_drag_init", path // " is of another run than the first part", &
                                & FATAL)
            end if
            carries = carries .and. attribute("carries") == 1
            counters%runs = nint(attribute("runs"), kind(counters%runs))
            counters%columns = counters%columns + nint(attribute("columns"), kind(counters%columns))
            counters%guarded_columns = counters%guarded_columns &
                & + nint(attribute("guarded_columns"), kind(counters%guarded_columns))
            call read_part
            call check_file(nf90_close(ncid), "read", path)
            part = part + 1
        end do
        if (.not. all(covered)) then
            associate (at => findloc(covered, .false.))
                write (message, "(3a, 2(a, f0.4))") "no part of INPUT/", trim(restart_file), &
                       & " holds the cell", " at latitude ", latitude(at(2))*RADIAN, &
                       & ", longitude ", longitude(at(1))*RADIAN
            end associate
            call error_mesg("cg_drag_init", trim(message), FATAL)
        end if

        if (.not. runs_network) return
        do i = 1, merge(size(carried), 0, carries)
            if (carried(i)%on_levels) then
                call network%restore(carried(i)%name, carried(i)%values, stat=stat, errmsg=message)
            else
                call network%restore(carried(i)%name, carried(i)%values(:,:,1), stat=stat, &
                                     & errmsg=message)
            end if
            call stop_unless_ok(stat, message)
        end do
        ! Counters are of a rank, whose part may be another one now: the root has them all.
        if (mpp_pe() /= mpp_root_pe()) counters = gwparam_statistics_t(runs=counters%runs)
        call network%restore_statistics(counters, stat=stat, errmsg=message)
        call stop_unless_ok(stat, message)

    contains

        real function attribute(name)

            character(len=*), intent(in) :: name

            call check_file(nf90_get_att(ncid, NF90_GLOBAL, name, attribute), "read", path)

        end function attribute

        subroutine read_part

            !! Copy the cells that are also of this rank.
            real, allocatable :: lon(:), lat(:)
            integer :: column(nlon), row(nlat)
            integer :: i

            call read_axis(ncid, path, "lon", lon)
            call read_axis(ncid, path, "lat", lat)
            column = [(place_in(longitude(i)*RADIAN, lon), i=1, nlon)]
            row = [(place_in(latitude(i)*RADIAN, lat), i=1, nlat)]
            if (all(column == 0) .or. all(row == 0)) return
            do i = 1, nlat
                covered(:,i) = covered(:,i) .or. (column > 0 .and. row(i) > 0)
            end do
            call read_cells(ncid, path, "drag_x", column, row, held_x)
            call read_cells(ncid, path, "drag_y", column, row, held_y)
            if (.not. carries) return
            do i = 1, size(carried)
                call read_cells(ncid, path, carried(i)%name, column, row, carried(i)%values)
            end do

        end subroutine read_part

    end subroutine read_restart

    function carried_fields() result(fields)

        !! What the network carries from one recomputation to the next; with lag = 0, nothing.
        type(carried_t), allocatable :: fields(:)

        type(carried_t) :: field
        integer :: levels, stat
        character(len=512) :: message

        allocate (fields(0))
        if (.not. runs_network) return
        do
            call network%field(gwparam_pending, size(fields) + 1, field%name, levels=levels, &
                               & stat=stat, errmsg=message)
            call stop_unless_ok(stat, message)
            if (field%name == "") return
            field%on_levels = levels > 0
            allocate (field%values(nlon, nlat, max(levels, 1)), source=0.0)
            fields = [fields, field]
            deallocate (field%values)
        end do

    end function carried_fields

    integer function place_in(degrees, axis)

        !! Where a coordinate is on an axis, 0 if nowhere; longitudes may differ by a turn.
        real, intent(in) :: degrees, axis(:)

        real, parameter :: tolerance = 1.0e-5 !! [degrees]

        place_in = findloc(abs(modulo(axis - degrees + 180.0, 360.0) - 180.0) < tolerance, &
                           & .true., 1)

    end function place_in

    subroutine read_axis(ncid, path, name, axis)

        integer, intent(in) :: ncid
        character(len=*), intent(in) :: path, name
        real, allocatable, intent(out) :: axis(:)

        integer :: dimid, length, varid

        call check_file(nf90_inq_dimid(ncid, name, dimid), "read", path)
        call check_file(nf90_inquire_dimension(ncid, dimid, len=length), "read", path)
        allocate (axis(length))
        call check_file(nf90_inq_varid(ncid, name, varid), "read", path)
        call check_file(nf90_get_var(ncid, varid, axis), "read", path)

    end subroutine read_axis

    subroutine read_cells(ncid, path, name, column, row, field)

        !! Copy those cells of a field that the file has.
        integer, intent(in) :: ncid
        character(len=*), intent(in) :: path, name
        integer, intent(in) :: column(:), row(:) !! Places in the file, 0: not there
        real, intent(inout) :: field(:,:,:)

        real, allocatable :: found(:,:,:)
        integer :: extents(3), dimids(3), d, i, j, varid
        character(len=512) :: message

        call check_file(nf90_inq_varid(ncid, name, varid), "read", path)
        call check_file(nf90_inquire_variable(ncid, varid, dimids=dimids), "read", path)
        do d = 1, 3
            call check_file(nf90_inquire_dimension(ncid, dimids(d), len=extents(d)), "read", path)
        end do
        if (extents(3) /= size(field, 3)) then
            write (message, "(4a, 2(i0, a))") path, " has ", name, " on ", extents(3), &
                   & " levels, expected ", size(field, 3)
            call error_mesg("cg_drag_init", trim(message), FATAL)
        end if
        allocate (found(extents(1), extents(2), extents(3)))
        call check_file(nf90_get_var(ncid, varid, found), "read", path)
        do j = 1, size(row)
            do i = 1, size(column)
                if (column(i) > 0 .and. row(j) > 0) field(i, j,:) = found(column(i), row(j),:)
            end do
        end do

    end subroutine read_cells

    subroutine try_to_write_restart

        !! Fail now rather than at the end of a long run; leave no empty file behind.
        integer :: io, unit
        logical :: exists
        character(len=256) :: message

        exists = file_exist(restart_path("RESTART", mpp_pe()))
        open (newunit=unit, file=restart_path("RESTART", mpp_pe()), access="stream", &
              & form="unformatted", position="append", action="write", iostat=io, iomsg=message)
        if (io /= 0) call error_mesg("cg_drag_init", &
            & "cannot write to RESTART (make the " &
            & // "folder, or set restart = .false. in gwparam_nml): " // trim(message), FATAL)
        if (exists) then
            close (unit)
        else
            close (unit, status="delete")
        end if

    end subroutine try_to_write_restart

    subroutine write_restart

        !! Everything that the next run needs to go on as if this one had not ended.
        type(carried_t), allocatable :: carried(:)
        type(gwparam_statistics_t) :: counters
        logical :: carries
        integer :: i, ncid, stat
        character(len=:), allocatable :: path
        character(len=512) :: message

        carries = .false.
        allocate (carried(0))
        if (runs_network) then
            call network%synchronise(carries, stat=stat, errmsg=message)
            call stop_unless_ok(stat, message)
            call network%statistics(counters, stat=stat, errmsg=message)
            call stop_unless_ok(stat, message)
            if (carries) carried = carried_fields()
        end if

        path = restart_path("RESTART", mpp_pe())
        call check_file(nf90_create(path, ior(NF90_NETCDF4, NF90_CLOBBER), ncid), "write", path)
        call note("title", "gravity-wave drag: what a restart needs, in the cells of one rank")
        call note("source", version // ", " // tagname)
        call count("part", real(mpp_pe()))
        call count("parts", real(mpp_npes()))
        call count("alarm", real(alarm))
        call count("carries", merge(1.0, 0.0, carries))
        call count("runs", real(counters%runs))
        call count("columns", real(counters%columns))
        call count("guarded_columns", real(counters%guarded_columns))
        call write_axis("lon", "degrees_east", longitude*RADIAN)
        call write_axis("lat", "degrees_north", latitude*RADIAN)
        call write_cells("drag_x", held_x)
        call write_cells("drag_y", held_y)
        do i = 1, size(carried)
            if (carried(i)%on_levels) then
                call network%save(carried(i)%name, carried(i)%values, stat=stat, errmsg=message)
            else
                call network%save(carried(i)%name, carried(i)%values(:,:,1), stat=stat, &
                                  & errmsg=message)
            end if
            call stop_unless_ok(stat, message)
            call write_cells(carried(i)%name, carried(i)%values)
        end do
        call check_file(nf90_close(ncid), "write", path)

    contains

        subroutine note(name, text)

            character(len=*), intent(in) :: name, text

            call check_file(nf90_put_att(ncid, NF90_GLOBAL, name, text), "write", path)

        end subroutine note

        subroutine count(name, number)

            character(len=*), intent(in) :: name
            real, intent(in) :: number

            call check_file(nf90_put_att(ncid, NF90_GLOBAL, name, number), "write", path)

        end subroutine count

        subroutine write_axis(name, units, values)

            character(len=*), intent(in) :: name, units
            real, intent(in) :: values(:)

            integer :: dimid, varid

            call check_file(nf90_def_dim(ncid, name, size(values), dimid), "write", path)
            call check_file(nf90_def_var(ncid, name, NF90_DOUBLE, [dimid], varid), "write", path)
            call check_file(nf90_put_att(ncid, varid, "units", units), "write", path)
            call check_file(nf90_put_var(ncid, varid, values), "write", path)

        end subroutine write_axis

        subroutine write_cells(name, field)

            character(len=*), intent(in) :: name
            real, intent(in) :: field(:,:,:)

            integer :: dimids(3), varid
            character(len=32) :: levels

            write (levels, "(a, i0)") "levels_", size(field, 3)
            if (nf90_inq_dimid(ncid, trim(levels), dimids(3)) /= NF90_NOERR) then
                call check_file(nf90_def_dim(ncid, trim(levels), size(field, 3), dimids(3)), &
                                & "write", path)
            end if
            call check_file(nf90_inq_dimid(ncid, "lon", dimids(1)), "write", path)
            call check_file(nf90_inq_dimid(ncid, "lat", dimids(2)), "write", path)
            call check_file(nf90_def_var(ncid, name, NF90_DOUBLE, dimids, varid), "write", path)
            call check_file(nf90_put_var(ncid, varid, field), "write", path)

        end subroutine write_cells

    end subroutine write_restart

    subroutine check_file(status, verb, path)

        !! End the run in the host's way if netCDF failed.
        integer, intent(in) :: status
        character(len=*), intent(in) :: verb, path

        if (status /= NF90_NOERR) call error_mesg("cg_drag", &
            & "cannot " // verb // " " // path // ": " // trim(nf90_strerror(status)), FATAL)

    end subroutine check_file

end module cg_drag_mod
