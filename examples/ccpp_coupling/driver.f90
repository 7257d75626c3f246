program driver

    !! A stand-in host for a suite of the CCPP with gwparam_drag.
    !!
    !! Reads MiMA's states from netCDF, gives each to the suite as one step, with the layers as the
    !! host counts them, and writes the tendencies. Everything is set in ccpp_in.

    use fms_mod, only: error_mesg, FATAL
    use suite_cap, only: suite_finalize, suite_initialize, suite_physics
    use host_data, only: air_pressure, air_pressure_at_interface, air_temperature, &
        & allocate_host_data, eastward_wind, filename_of_namelist, &
        & geopotential_height_wrt_surface, latitude, longitude, northward_wind, &
        & reference_pressure_in_atmosphere_layer, surface_air_pressure, &
        & tendency_of_eastward_wind, tendency_of_northward_wind, &
        & vertical_index_at_top_adjacent_layer
    use plain_file, only: plain_file_t
    use states_file, only: states_t
    implicit none(type, external)

    real, parameter :: radian = 180.0/(4.0*atan(1.0)) !! Degrees per radian
    real, parameter :: reference_surface_pressure = 101325.0 !! [Pa]

    ! Items of driver_nml, which ccpp_in explains.
    character(len=512) :: states = "", output = "tendencies.nc"
    logical :: top_first = .true.
    namelist /driver_nml/ states, output, top_first

    type(states_t) :: file
    type(plain_file_t) :: results
    character(len=512) :: errmsg
    integer :: errflg, step
    integer, allocatable :: k(:) !! Layer of the file, of each of the host
    integer, allocatable :: k_half(:) !! The same of the interfaces

    call read_namelist
    call file%open_file(trim(states))
    call set_up
    call suite_initialize(errmsg, errflg)
    call stop_on_error
    call results%create(trim(output), file, file%ntime)
    do step = 1, file%ntime
        call read_state(step)
        call suite_physics(errmsg, errflg)
        call stop_on_error
        call results%write_step(step, on_grid(tendency_of_eastward_wind), &
                                & on_grid(tendency_of_northward_wind))
    end do
    call results%close
    call suite_finalize(errmsg, errflg)
    call stop_on_error

contains

    subroutine read_namelist

        integer :: io, lun
        character(len=256) :: message

        open (newunit=lun, file=filename_of_namelist, status="old", action="read", iostat=io, &
              & iomsg=message)
        if (io == 0) read (lun, nml=driver_nml, iostat=io, iomsg=message)
        if (io /= 0) call error_mesg("driver", "driver_nml of ccpp_in: " // message, FATAL)
        close (lun)

    end subroutine read_namelist

    subroutine set_up

        !! What does not change with time, in the order of the layers of the host.
        integer :: i

        call allocate_host_data(file%nlon*file%nlat, file%nlev)
        k = [(i, i=1, file%nlev)]
        k_half = [(i, i=1, file%nlev + 1)]
        if (.not. top_first) then
            k = k(file%nlev:1:-1)
            k_half = k_half(file%nlev + 1:1:-1)
            vertical_index_at_top_adjacent_layer = file%nlev
        end if
        reference_pressure_in_atmosphere_layer = file%pressure(reference_surface_pressure)
        reference_pressure_in_atmosphere_layer = reference_pressure_in_atmosphere_layer(k)
        latitude = pack(spread(file%lat/radian, 1, file%nlon), .true.)
        longitude = pack(spread(file%lon/radian, 2, file%nlat), .true.)

    end subroutine set_up

    subroutine read_state(time)

        !! One state of the file, as columns.
        integer, intent(in) :: time

        real, dimension(file%nlon, file%nlat, file%nlev) :: u, v, temp, zfull
        real :: ps(file%nlon, file%nlat), full(file%nlev), half(file%nlev + 1)
        integer :: i

        call file%read_levels("u", "m s-1", time, 1, u)
        call file%read_levels("v", "m s-1", time, 1, v)
        call file%read_levels("temp", "K", time, 1, temp)
        call file%read_levels("zfull", "m", time, 1, zfull)
        call file%read_surface("ps", "Pa", time, 1, ps)
        eastward_wind = in_columns(u)
        northward_wind = in_columns(v)
        air_temperature = in_columns(temp)
        geopotential_height_wrt_surface = in_columns(zfull)
        surface_air_pressure = pack(ps, .true.)
        do i = 1, size(surface_air_pressure)
            full = file%pressure(surface_air_pressure(i))
            half = file%half_pressure(surface_air_pressure(i))
            air_pressure(i,:) = full(k)
            air_pressure_at_interface(i,:) = half(k_half)
        end do

    end subroutine read_state

    function in_columns(grid) result(columns)

        real, intent(in) :: grid(:,:,:) !! (lon, lat, level), top first
        real :: columns(size(grid, 1)*size(grid, 2), size(grid, 3)) !! (column, layer)

        columns = reshape(grid, shape(columns))
        columns = columns(:,k)

    end function in_columns

    function on_grid(columns) result(grid)

        real, intent(in) :: columns(:,:) !! (column, layer)
        real :: grid(file%nlon, file%nlat, file%nlev) !! Top first

        ! Turning twice is as it was.

        grid = reshape(columns(:,k), shape(grid))

    end function on_grid

    subroutine stop_on_error

        if (errflg /= 0) call error_mesg("driver", errmsg, FATAL)

    end subroutine stop_on_error

end program driver
