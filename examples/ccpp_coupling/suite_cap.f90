module suite_cap

    !! Stand-in for the cap that the framework writes from suite_gwparam.xml and the .meta files.

    use gwparam_drag, only: gwparam_drag_finalize, gwparam_drag_init, gwparam_drag_run
    use host_data, only: air_pressure, air_pressure_at_interface, air_temperature, eastward_wind, &
        & filename_of_namelist, geopotential_height_wrt_surface, latitude, log_output_unit, &
        & longitude, northward_wind, reference_pressure_in_atmosphere_layer, &
        & surface_air_pressure, tendency_of_eastward_wind, tendency_of_northward_wind, &
        & timestep_for_physics, vertical_index_at_top_adjacent_layer
    implicit none(type, external)
    private

    public :: suite_finalize, suite_initialize, suite_physics

contains

    subroutine suite_initialize(errmsg, errflg)

        character(len=512), intent(out) :: errmsg
        integer, intent(out) :: errflg

        call gwparam_drag_init(nml_file=filename_of_namelist, iulog=log_output_unit, &
                               & pref=reference_pressure_in_atmosphere_layer, &
                               & k_top=vertical_index_at_top_adjacent_layer, lat=latitude, &
                               & lon=longitude, errmsg=errmsg, errflg=errflg)

    end subroutine suite_initialize

    subroutine suite_physics(errmsg, errflg)

        character(len=512), intent(out) :: errmsg
        integer, intent(out) :: errflg

        call gwparam_drag_run(dt=timestep_for_physics, lat=latitude, u=eastward_wind, &
                              & v=northward_wind, t=air_temperature, pmid=air_pressure, &
                              & pint=air_pressure_at_interface, &
                              & zm=geopotential_height_wrt_surface, ps=surface_air_pressure, &
                              & tend_u=tendency_of_eastward_wind, &
                              & tend_v=tendency_of_northward_wind, errmsg=errmsg, errflg=errflg)
        if (errflg /= 0) return
        eastward_wind = eastward_wind + timestep_for_physics*tendency_of_eastward_wind
        northward_wind = northward_wind + timestep_for_physics*tendency_of_northward_wind

    end subroutine suite_physics

    subroutine suite_finalize(errmsg, errflg)

        character(len=512), intent(out) :: errmsg
        integer, intent(out) :: errflg

        call gwparam_drag_finalize(errmsg=errmsg, errflg=errflg)

    end subroutine suite_finalize

end module suite_cap
