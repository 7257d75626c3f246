module ccpp_kinds

    !! Stand-in for what the framework writes: the kinds of a suite.

    use, intrinsic :: iso_fortran_env, only: kind_phys => real64
    implicit none(type, external)
    private

    public :: kind_phys
end module ccpp_kinds

module host_data

    !! Stand-in for the fields of a host, under the CCPP's standard names.

    use ccpp_kinds, only: kind_phys
    implicit none(type, external)
    private

    character(len=64), public :: filename_of_namelist = "ccpp_in"
    integer, public :: log_output_unit = 6
    integer, public :: vertical_index_at_top_adjacent_layer = 1
    real(kind_phys), public :: timestep_for_physics = 1200.0_kind_phys !! [s]
    real(kind_phys), allocatable, public :: reference_pressure_in_atmosphere_layer(:) !! [Pa]
    real(kind_phys), allocatable, dimension(:), public :: latitude, longitude !! [rad] (column)
    real(kind_phys), allocatable, public :: surface_air_pressure(:) !! [Pa] (column)
    real(kind_phys), allocatable, dimension(:,:), public :: eastward_wind, northward_wind
    !! [m s-1] (column, layer)
    real(kind_phys), allocatable, dimension(:,:), public :: air_temperature, air_pressure
    !! [K], [Pa] (column, layer)
    real(kind_phys), allocatable, public :: geopotential_height_wrt_surface(:,:)
    !! [m] (column, layer)
    real(kind_phys), allocatable, public :: air_pressure_at_interface(:,:)
    !! [Pa] (column, interface)
    real(kind_phys), allocatable, dimension(:,:), public :: tendency_of_eastward_wind, &
         & tendency_of_northward_wind
    !! [m s-2] (column, layer)

    public :: allocate_host_data

contains

    subroutine allocate_host_data(columns, layers)

        integer, intent(in) :: columns, layers

        allocate (reference_pressure_in_atmosphere_layer(layers))
        allocate (latitude(columns), longitude(columns), surface_air_pressure(columns))
        allocate (eastward_wind(columns, layers))
        allocate (northward_wind, air_temperature, air_pressure, mold=eastward_wind)
        allocate (geopotential_height_wrt_surface, mold=eastward_wind)
        allocate (tendency_of_eastward_wind, tendency_of_northward_wind, mold=eastward_wind)
        allocate (air_pressure_at_interface(columns, layers + 1))

    end subroutine allocate_host_data

end module host_data

module fms_mod

    !! What the reader of MiMA's states says and asks.

    use, intrinsic :: iso_fortran_env, only: error_unit
    implicit none(type, external)
    private

    integer, parameter, public :: FATAL = 2

    public :: error_mesg, file_exist

contains

    subroutine error_mesg(routine, message, level)

        !! End the run with exit code 2, as for any bad input to gwparam.
        character(len=*), intent(in) :: routine, message
        integer, intent(in) :: level

        if (level /= FATAL) return
        write (error_unit, "(3a)") routine, ": ", trim(message)
        stop 2

    end subroutine error_mesg

    logical function file_exist(file_name)

        character(len=*), intent(in) :: file_name

        inquire (file=trim(file_name), exist=file_exist)

    end function file_exist

end module fms_mod
