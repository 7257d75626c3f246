program host

    !! Any network of columns, by the names of its fields: `host ARTEFACT NLEV` prints all.

    use gwparam, only: dp, gwparam_input, gwparam_output, gwparam_scheme_t, gwparam_top_down
    implicit none(type, external)

    integer, parameter :: ncol = 7
    type(gwparam_scheme_t) :: network
    character(len=:), allocatable :: name
    character(len=512) :: word
    real(dp), allocatable :: levels(:,:), pressure(:)
    real(dp) :: surface(ncol)
    integer :: i, k, levels_of, nlev, number

    call get_command_argument(2, word)
    read (word, *) nlev
    call get_command_argument(1, word)
    call network%load(trim(word))  ! without stat, a failure ends the program with the reason
    pressure = [(1.0e5_dp*(k - 0.5_dp)/nlev, k=1, nlev)]
    call network%set_levels(pressure, gwparam_top_down)

    number = 1
    do
        call network%field(gwparam_input, number, name, levels=levels_of)
        if (name == "") exit
        if (levels_of > 0) then
            levels = reshape([((state(name, i, k), i=1, ncol), k=1, nlev)], [ncol, nlev])
            call network%put(name, levels)
        else
            surface = [(state(name, i, nlev), i=1, ncol)]
            call network%put(name, surface)
        end if
        number = number + 1
    end do
    call network%run()
    number = 1
    do
        call network%field(gwparam_output, number, name, levels=levels_of)
        if (name == "") exit
        if (levels_of > 0) then
            call network%get(name, levels)
            do i = 1, ncol
                print "(a, 1x, i0, *(1x, es24.16))", name, i, levels(i,:)
            end do
        else
            call network%get(name, surface)
            print "(a, 1x, i0, *(1x, es24.16))", name, 0, surface
        end if
        number = number + 1
    end do

contains

    elemental real(dp) function state(name, i, k)
        !! A made-up atmosphere: column i, level k.
        character(len=*), intent(in) :: name
        integer, intent(in) :: i, k

        select case (name)
        case ("eastward_wind")
            state = 5.0_dp*i - 0.5_dp*k
        case ("northward_wind")
            state = 0.25_dp*k - 2.0_dp*i
        case ("air_temperature")
            state = 210.0_dp + 1.5_dp*k + i
        case ("surface_air_pressure")
            state = 1.0e5_dp + 100.0_dp*i
        case ("latitude")
            state = -80.0_dp + 20.0_dp*i
        case default
            error stop "this host has no such field"
        end select

    end function state

end program host
