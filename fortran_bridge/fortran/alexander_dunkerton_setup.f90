module alexander_dunkerton_setup

    !! Settings and one-time set-up of the gravity-wave drag of Alexander and Dunkerton (1999).
    !!
    !! The scheme is that of MiMA's `cg_drag`. Levels count from the model top, from 1.

    use, intrinsic :: ieee_arithmetic, only: ieee_is_finite
    use gwparam_kinds, only: dp
    use gwparam_status, only: gwparam_err_argument, gwparam_err_nonfinite, gwparam_err_shape, &
        & gwparam_ok, text
    implicit none(type, external)
    private

    type, public :: ad99_settings_t
        !! Settings, with the names and the built-in defaults of MiMA's namelist `cg_drag_nml`.
        !!
        !! Its items `cg_drag_freq` and `cg_drag_offset` are the host's affair; `Bt_aug`,
        !! `Bt_eq_width` and `calculate_ked` have no effect in MiMA. The logical switches are ours:
        !! each replaces a behaviour that looks like a defect, and is off for parity.
        real(dp) :: source_level_pressure = 31500.0_dp !! Sets the source level at the equator [Pa]
        real(dp) :: damp_level_pressure = 80.0_dp !! What reaches the lid is spread above it [Pa]
        integer :: nk = 1 !! Number of horizontal wavelengths: 300 km, 3000 km, ...
        real(dp) :: cmax = 99.6_dp !! Largest phase speed [m s-1]
        real(dp) :: dc = 1.2_dp !! Step of the phase speeds [m s-1]
        real(dp) :: bt_0 = 0.004_dp !! Source stress [Pa]
        real(dp) :: bt_eq = 0.0_dp !! Source stress in the tropics [Pa]
        real(dp) :: bt_nh = 0.001_dp !! Added in the northern extratropics [Pa]
        real(dp) :: bt_sh = -0.001_dp !! Added, tapered by tanh, in the southern ones [Pa]
        real(dp) :: phi0n = 30.0_dp !! Where the northern extratropics begin [degrees_north]
        real(dp) :: phi0s = -30.0_dp !! Where the southern extratropics begin [degrees_north]
        real(dp) :: dphin = 5.0_dp !! Northern edge of the tropics, width of the taper [degrees]
        real(dp) :: dphis = -5.0_dp !! Southern edge of the tropics, width of the taper [degrees]
        integer :: flag = 1 !! Spectrum centred on 1: zero phase speed, 0: the source wind
        real(dp) :: bw = 0.4_dp !! Amplitude of the wide part of the spectrum [m2 s-2]
        real(dp) :: cw = 40.0_dp !! Its half-width [m s-1]
        real(dp) :: cwtropics = 40.0_dp !! Its half-width in the tropics [m s-1]
        real(dp) :: bn = 0.0_dp !! Amplitude of the narrow part, absent in the tropics [m2 s-2]
        real(dp) :: cn = 2.0_dp !! Its half-width [m s-1]
        real(dp) :: kelvin_kludge = 1.0_dp !! Factor on tropical waves slower than the wind [1]
        real(dp) :: weighttop = 1.0_dp !! Weight of level 1 for `use_top_weights` [1]
        real(dp) :: weightminus1 = 0.0_dp !! Weight of level 2 [1]
        real(dp) :: weightminus2 = 0.0_dp !! Weight of level 3 [1]
        logical :: nearest_source_level = .false.
        !! Round the source level to the nearest; off: about half a level higher
        logical :: use_top_weights = .false.
        !! Spread over the top levels by the weights; off: equally down to the damp level
        logical :: mass_weighted_lid = .false.
        !! Levels at the lid gain the momentum that reached it; off: about twice as much
        logical :: mass_weighted_levels = .false.
        !! Full levels gain the momentum that the layers between them lost; off: plain mean
        logical :: launch_full_stress = .false.
        !! Waves that do not leave the source level bear no stress; off: theirs is lost
        logical :: deposit_reflected = .false.
        !! Reflected and stagnant waves are deposited where they end; off: they are lost
    end type ad99_settings_t

    type, public :: ad99_setup_t
        !! What follows from the settings, the latitudes and the reference pressures.
        type(ad99_settings_t) :: settings !! As given
        integer :: nlev = 0 !! Number of full levels
        integer, allocatable :: source_level(:) !! Where the waves start (row)
        integer, allocatable :: damp_level(:) !! Lowest level of the lid, 0: none (row)
        real(dp), allocatable :: source_amplitude(:) !! Absolute stress at the source [Pa] (row)
        real(dp), allocatable :: phase_speed(:) !! Ground-relative, ascending [m s-1] (wave)
        real(dp), allocatable :: wavenumber(:) !! Horizontal [rad m-1] (wavelength)
        real(dp), allocatable :: lid_profile(:) !! Relative acceleration at the lid [1] (level)
    end type ad99_setup_t

    public :: set_up, degrees

contains

    subroutine set_up(setup, settings, latitude, reference_pressure, status, message)

        !! Check the settings and derive what a column needs; `setup` is undefined on failure.
        type(ad99_setup_t), intent(out) :: setup !! The result
        type(ad99_settings_t), intent(in) :: settings !! The settings
        real(dp), intent(in) :: latitude(:) !! Centre between the edges of each row [rad] (row)
        real(dp), intent(in) :: reference_pressure(:) !! For 101325 Pa at the surface [Pa] (level)
        integer, intent(out) :: status !! gwparam_ok, or a gwparam_err_* code
        character(len=:), allocatable, intent(out) :: message !! Reason of a failure

        real(dp), parameter :: pi = 4.0_dp*atan(1.0_dp)
        integer :: j, k_damp, k_source, n

        call check_settings(settings, status, message)
        if (status == gwparam_ok) call check_grid(latitude, reference_pressure, status, message)
        if (status /= gwparam_ok) return

        call find_reference_levels(settings, reference_pressure, k_source, k_damp)
        if (k_source == 0) then
            status = gwparam_err_argument
            message = "source_level_pressure is " // text(settings%source_level_pressure) &
                & // " Pa, expected less than " // text(maxval(reference_pressure)) &
                & // " Pa, the lowest reference pressure"
            return
        end if

        setup%settings = settings
        setup%nlev = size(reference_pressure)
        setup%source_level = source_levels(settings, latitude, k_source, setup%nlev)
        setup%damp_level = spread(min(k_damp, setup%nlev), 1, size(latitude))
        setup%source_amplitude = source_stress(settings, degrees(latitude))
        ! The product is rounded before the difference: a fused multiply-add would move the
        ! stationary wave away from exactly zero.
        setup%phase_speed = [((n - 1)*settings%dc - settings%cmax, n=1, &
                              & int(2.0_dp*settings%cmax/settings%dc + 1.0_dp))]
        setup%wavenumber = [(2.0_dp*pi/((30.0_dp*10.0_dp**j)*1000.0_dp), j=1, settings%nk)]
        if (settings%use_top_weights) then
            setup%lid_profile = [settings%weighttop, settings%weightminus1, settings%weightminus2]
        else
            setup%lid_profile = [(1.0_dp, j=1, min(k_damp, setup%nlev))]
        end if

        if (any(setup%source_level < max(1, size(setup%lid_profile)))) then
            status = gwparam_err_argument
            message = "source level is " // text(minval(setup%source_level)) &
                                                 & // ", expected at least " // text(max(1, &
                                                 & size(setup%lid_profile))) &
                                                 & // ", the lowest level of the lid"
        end if

    end subroutine set_up

    subroutine check_settings(settings, status, message)

        type(ad99_settings_t), intent(in) :: settings
        integer, intent(out) :: status
        character(len=:), allocatable, intent(out) :: message

        status = gwparam_ok
        associate (s => settings)
            call require_above(s%source_level_pressure, "source_level_pressure", .true.)
            call require_above(s%damp_level_pressure, "damp_level_pressure", .false.)
            call require_above(s%cmax, "cmax", .true.)
            call require_above(s%dc, "dc", .true.)
            call require_above(s%bw, "bw", .false.)
            call require_above(s%bn, "bn", .false.)
            call require_above(s%cw, "cw", .true.)
            call require_above(s%cwtropics, "cwtropics", .true.)
            call require_above(s%cn, "cn", .true.)
            call require_above(s%kelvin_kludge, "kelvin_kludge", .false.)
            call require_above(s%dphin, "dphin", .true.)
            call require_above(-s%dphis, "-dphis", .true.)
            call require_above(s%phi0n - s%dphin, "phi0n - dphin", .false.)
            call require_above(s%dphis - s%phi0s, "dphis - phi0s", .false.)
            call require_above(s%weighttop, "weighttop", .false.)
            call require_above(s%weightminus1, "weightminus1", .false.)
            call require_above(s%weightminus2, "weightminus2", .false.)
            call require(all(ieee_is_finite([s%bt_0, s%bt_eq, s%bt_nh, s%bt_sh])), &
                         & "bt_0, bt_eq, bt_nh or bt_sh is not finite")
            call require(s%nk >= 1 .and. s%nk <= 8, "nk is " // text(s%nk) // ", expected 1 to 8")
            call require(s%flag == 0 .or. s%flag == 1, &
                         & "flag is " // text(s%flag) // ", expected 0 or 1")
            if (status /= gwparam_ok) return
            call require(s%cmax >= s%dc .and. s%cmax <= 10000.0_dp*s%dc, &
                         & "cmax is " // text(s%cmax) // " m s-1, expected 1 to 10000 times dc, " &
                         & // text(s%dc) // " m s-1")
            call require(s%bw > 0.0_dp .or. s%bn > 0.0_dp, "bw and bn are both 0")
            call require(.not. s%use_top_weights .or. s%weighttop + s%weightminus1 &
                         & + s%weightminus2 > 0.0_dp, &
                         & "weighttop, weightminus1 and weightminus2 are all 0")
        end associate

    contains

        subroutine require(condition, otherwise)

            logical, intent(in) :: condition
            character(len=*), intent(in) :: otherwise

            if (condition .or. status /= gwparam_ok) return
            status = gwparam_err_argument
            message = otherwise

        end subroutine require

        subroutine require_above(setting, name, strictly)

            real(dp), intent(in) :: setting
            character(len=*), intent(in) :: name
            logical, intent(in) :: strictly

            logical :: met

            met = .false.
            if (ieee_is_finite(setting)) then
                met = setting > 0.0_dp .or. (setting >= 0.0_dp .and. .not. strictly)
            end if
            call require(met, &
                         & name // " is " // text(setting) // ", expected " &
                         & // trim(merge("more than 0", "at least 0 ", strictly)))

        end subroutine require_above

    end subroutine check_settings

    subroutine check_grid(latitude, reference_pressure, status, message)

        real(dp), intent(in) :: latitude(:)
        real(dp), intent(in) :: reference_pressure(:)
        integer, intent(out) :: status
        character(len=:), allocatable, intent(out) :: message

        integer :: k

        status = gwparam_ok
        if (size(latitude) < 1) then
            status = gwparam_err_shape
            message = "set-up latitude has no rows, expected at least 1"
        else if (size(reference_pressure) < 3) then
            status = gwparam_err_shape
            message = "reference pressure has " // text(size(reference_pressure)) &
                & // " levels, expected at least 3"
        else if (.not. all(ieee_is_finite(latitude))) then
            status = gwparam_err_nonfinite
            message = "set-up latitude is not finite"
        else if (.not. all(ieee_is_finite(reference_pressure))) then
            status = gwparam_err_nonfinite
            message = "reference pressure is not finite"
        else if (maxval(abs(degrees(latitude))) > 90.0_dp + 1.0e-6_dp) then
            status = gwparam_err_argument
            message = "set-up latitude reaches " // text(maxval(abs(degrees(latitude)))) &
                & // " degrees, expected at most 90"
        else if (reference_pressure(1) <= 0.0_dp) then
            status = gwparam_err_argument
            message = "reference pressure at level 1 is " // text(reference_pressure(1)) &
                & // " Pa, expected more than 0"
        else
            do k = 2, size(reference_pressure)
                if (reference_pressure(k) > reference_pressure(k - 1)) cycle
                status = gwparam_err_argument
                message = "reference pressure falls from " // text(reference_pressure(k - 1)) &
                    & // " to " // text(reference_pressure(k)) // " Pa at level " // text(k) &
                    & // ", expected top first"
                return
            end do
        end if

    end subroutine check_grid

    pure subroutine find_reference_levels(settings, reference_pressure, k_source, k_damp)

        !! Level of the source at the equator and lowest level of the lid; 0 if there is none.
        type(ad99_settings_t), intent(in) :: settings
        real(dp), intent(in) :: reference_pressure(:)
        integer, intent(out) :: k_source
        integer, intent(out) :: k_damp

        integer :: k

        k_source = 0
        k_damp = 0
        do k = 1, size(reference_pressure)
            if (reference_pressure(k) < settings%damp_level_pressure) k_damp = k
            if (reference_pressure(k) > settings%source_level_pressure) then
                k_source = k
                return
            end if
        end do

    end subroutine find_reference_levels

    elemental integer function source_levels(settings, latitude, k_source, nlev) result(level)

        !! The source sinks from `k_source` at the equator towards the lowest level at the poles.
        type(ad99_settings_t), intent(in) :: settings
        real(dp), intent(in) :: latitude
        integer, intent(in) :: k_source
        integer, intent(in) :: nlev

        if (settings%nearest_source_level) then
            level = nint((nlev + 1) - (nlev + 1 - k_source)*cos(latitude))
        else
            level = int((nlev + 1) - ((nlev + 1 - k_source)*cos(latitude) + 0.5_dp))
        end if
        level = min(level, nlev - 1)

    end function source_levels

    elemental real(dp) function source_stress(settings, phi) result(stress)
        !! Absolute stress of all waves at the source [Pa].
        type(ad99_settings_t), intent(in) :: settings
        real(dp), intent(in) :: phi !! Latitude [degrees_north]

        associate (s => settings)
            if (phi > s%phi0n .or. phi < s%phi0s) then
                stress = s%bt_0 + s%bt_nh*0.5_dp*(1.0_dp + tanh((phi - s%phi0n)/s%dphin)) &
                                                  & + s%bt_sh*0.5_dp*(1.0_dp + tanh((phi &
                                                  & - s%phi0s)/s%dphis))
            else if (s%dphis <= phi .and. phi <= s%dphin) then
                stress = s%bt_eq
            else if (phi > s%dphin) then
                stress = s%bt_0 + (s%bt_eq - s%bt_0)/(s%phi0n - s%dphin)*(s%phi0n - phi)
            else
                stress = s%bt_0 + (s%bt_eq - s%bt_0)/(s%phi0s - s%dphis)*(s%phi0s - phi)
            end if
        end associate

    end function source_stress

    elemental real(dp) function degrees(radians)
        !! With pi cut to 15 digits, as in MiMA.
        real(dp), intent(in) :: radians

        degrees = radians*(180.0_dp/3.14159265358979_dp)

    end function degrees

end module alexander_dunkerton_setup
