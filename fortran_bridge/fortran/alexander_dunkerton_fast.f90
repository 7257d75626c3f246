module alexander_dunkerton_fast

    !! The drag of many columns at once, by libgwparam: gwparam_drag.h.
    !!
    !! It agrees with the other modules of the scheme, which remain its reference, to rounding.

    use, intrinsic :: iso_c_binding, only: c_double, c_int32_t, c_int64_t, c_loc, c_null_ptr, c_ptr
    use alexander_dunkerton_checks, only: check_shape
    use alexander_dunkerton_setup, only: ad99_setup_t
    use gwparam_c_api, only: array_t
    use gwparam_status, only: gwparam_ok, text
    implicit none(type, external)
    private

    type, bind(c) :: drag_setup_t
        integer(c_int32_t) :: levels, rows, waves, wavelengths, lid_levels
        integer(c_int32_t) :: flag
        integer(c_int32_t) :: mass_weighted_lid, mass_weighted_levels
        integer(c_int32_t) :: launch_full_stress, deposit_reflected
        real(c_double) :: cmax, dc
        real(c_double) :: bw, cw, cwtropics, bn, cn
        real(c_double) :: kelvin_kludge
        real(c_double) :: dphis, dphin
        type(c_ptr) :: source_level, source_amplitude, wavenumber, lid_profile
    end type drag_setup_t

    type, bind(c), public :: drag_columns_t
        !! State of a window: gwparam_drag_columns.
        integer(c_int64_t) :: shape(2)
        type(c_ptr) :: row
        type(array_t) :: latitude
        type(array_t) :: pressure, height, temperature
        type(array_t) :: half_pressure
        type(array_t) :: wind(2)
    end type drag_columns_t

    type, bind(c), public :: drag_results_t
        !! What is wanted: gwparam_drag_results.
        type(array_t) :: tendency(2), diffusivity(2)
        type(array_t) :: buoyancy_frequency
    end type drag_results_t

    interface
        function gwparam_drag_run(setup, columns, results, suspect) result(status) bind(c)

            import :: c_int32_t, c_int64_t, drag_columns_t, drag_results_t, drag_setup_t
            implicit none(type, external)
            type(drag_setup_t), intent(in) :: setup
            type(drag_columns_t), intent(in) :: columns
            type(drag_results_t), intent(in) :: results
            integer(c_int64_t), intent(out) :: suspect(2)
            integer(c_int32_t) :: status

        end function gwparam_drag_run
    end interface

    public :: run_fast

contains

    subroutine run_fast(setup, row_shape, columns, results, suspect, status, message)

        !! Drag of a window, or of columns alone, after a check of shapes; does nothing after an
        !! earlier failure. Results are unchanged on failure.
        type(ad99_setup_t), intent(in), target :: setup
        integer, intent(in) :: row_shape(:)
        type(drag_columns_t), intent(inout) :: columns
        type(drag_results_t), intent(inout) :: results
        integer, intent(out) :: suspect(2)
        !! First and last of columns, from 1, of which one is refused; (1, 0): none
        integer, intent(inout) :: status
        character(len=:), allocatable, intent(inout) :: message

        integer(c_int64_t) :: found(2)

        suspect = [1, 0]
        call check_shape("row", row_shape, int(columns%latitude%shape(:columns%latitude%rank)), &
                         & status, message)
        call check("pressure", columns%pressure, 0)
        call check("height", columns%height, 0)
        call check("temperature", columns%temperature, 0)
        call check("u", columns%wind(1), 0)
        call check("v", columns%wind(2), 0)
        call check("dudt", results%tendency(1), 0)
        call check("dvdt", results%tendency(2), 0)
        call check("kedx", results%diffusivity(1), 0)
        call check("kedy", results%diffusivity(2), 0)
        call check("buoyancy_frequency", results%buoyancy_frequency, 0)
        call check("half_pressure", columns%half_pressure, 1)
        if (status /= gwparam_ok .or. product(columns%shape) == 0) return

        if (columns%latitude%rank == 1) then
            columns%latitude = in_a_row(columns%latitude)
            columns%pressure = in_a_row(columns%pressure)
            columns%height = in_a_row(columns%height)
            columns%temperature = in_a_row(columns%temperature)
            columns%half_pressure = in_a_row(columns%half_pressure)
            columns%wind = in_a_row(columns%wind)
            results%tendency = in_a_row(results%tendency)
            results%diffusivity = in_a_row(results%diffusivity)
            results%buoyancy_frequency = in_a_row(results%buoyancy_frequency)
        end if
        status = gwparam_drag_run(c_setup(setup), columns, results, found)
        if (status == gwparam_ok) return
        suspect = merge(int(found) + 1, [1, 0], found >= 0)
        message = "libgwparam has no drag for these columns, status " // text(status)

    contains

        subroutine check(name, array, more_levels)

            character(len=*), intent(in) :: name
            type(array_t), intent(in) :: array
            integer, intent(in) :: more_levels

            integer :: levels

            if (array%rank == 0) return
            levels = setup%nlev + more_levels
            if (array%rank == 3) then
                call check_shape(name, int(array%shape(:3)), [int(columns%shape), levels], &
                                 & status, message)
            else
                call check_shape(name, int(array%shape(:2)), [levels, int(columns%shape(1))], &
                                 & status, message)
            end if

        end subroutine check

    end subroutine run_fast

    elemental type(array_t) function in_a_row(array)

        !! A view of (column) or (level, column) as one of a window with a single latitude.
        type(array_t), intent(in) :: array

        in_a_row = array
        if (array%rank == 0) return
        in_a_row%rank = array%rank + 1
        in_a_row%stride(:3) = [array%stride(array%rank), 0_c_int64_t, array%stride(1)]
        in_a_row%shape(:3) = [array%shape(array%rank), 1_c_int64_t, array%shape(1)]

    end function in_a_row

    type(drag_setup_t) function c_setup(setup) result(its)

        type(ad99_setup_t), intent(in), target :: setup

        associate (settings => setup%settings)
            its%levels = setup%nlev
            its%rows = size(setup%source_level)
            its%waves = size(setup%phase_speed)
            its%wavelengths = settings%nk
            its%lid_levels = size(setup%lid_profile)
            its%flag = settings%flag
            its%mass_weighted_lid = merge(1, 0, settings%mass_weighted_lid)
            its%mass_weighted_levels = merge(1, 0, settings%mass_weighted_levels)
            its%launch_full_stress = merge(1, 0, settings%launch_full_stress)
            its%deposit_reflected = merge(1, 0, settings%deposit_reflected)
            its%cmax = settings%cmax
            its%dc = settings%dc
            its%bw = settings%bw
            its%cw = settings%cw
            its%cwtropics = settings%cwtropics
            its%bn = settings%bn
            its%cn = settings%cn
            its%kelvin_kludge = settings%kelvin_kludge
            its%dphis = settings%dphis
            its%dphin = settings%dphin
        end associate
        its%source_level = c_loc(setup%source_level)
        its%source_amplitude = c_loc(setup%source_amplitude)
        its%wavenumber = c_loc(setup%wavenumber)
        its%lid_profile = c_null_ptr
        if (its%lid_levels > 0) its%lid_profile = c_loc(setup%lid_profile)

    end function c_setup

end module alexander_dunkerton_fast
