module network_loader

    !! How gw_drag.f90 loads a network that sees more than single columns: one process.

    use gwparam, only: gwparam_options_t, gwparam_scheme_t
    implicit none(type, external)
    private

    public :: load_network

contains

    subroutine load_network(network, artefact, options, stat, errmsg)

        type(gwparam_scheme_t), intent(inout) :: network
        character(len=*), intent(in) :: artefact
        type(gwparam_options_t), intent(in) :: options
        integer, intent(out) :: stat
        character(len=*), intent(inout) :: errmsg

        call network%load(artefact, options, stat, errmsg)

    end subroutine load_network

end module network_loader
