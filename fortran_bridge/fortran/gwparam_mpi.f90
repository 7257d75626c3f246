module gwparam_mpi

    !! Networks of a host that runs on several MPI ranks: `use gwparam_mpi` beside `use gwparam`.
    !!
    !! Loading is all that differs. All ranks then call `set_columns` or `set_cells`, `flush`,
    !! `run` and `synchronise` in the same order, and get the same status. A rank without columns
    !! puts arrays without columns, or nothing.

    use, intrinsic :: iso_c_binding, only: c_char, c_int, c_int32_t, c_null_char, c_null_ptr, c_ptr
    use mpi_f08, only: MPI_Comm
    use gwparam_c_api, only: options_t
    use gwparam_scheme, only: gwparam_scheme_t, own, report
    use gwparam_options, only: gwparam_options_t, options_to_c
    use gwparam_status, only: gwparam_ok
    use gwparam_versions, only: refuse_other_version
    implicit none(type, external)
    private

    public :: gwparam_mpi_load

    interface gwparam_mpi_load
        !! Read an artefact on all ranks of a communicator, an integer or a type(MPI_Comm).
        module procedure load_integer, load_mpi_f08
    end interface gwparam_mpi_load

    interface

        function gwparam_mpi_scheme_load_f_c(scheme, path, options, &
                                             & communicator) result(status) bind(c, &
                                             & name="gwparam_mpi_scheme_load_f")
            import :: c_char, c_int, c_int32_t, c_ptr, options_t
            implicit none(type, external)
            type(c_ptr), intent(out) :: scheme
            character(kind=c_char), intent(in) :: path(*)
            type(options_t), intent(in) :: options
            integer(c_int), value, intent(in) :: communicator
            integer(c_int32_t) :: status

        end function gwparam_mpi_scheme_load_f_c
    end interface

contains

    subroutine load_integer(scheme, path, communicator, options, stat, errmsg)

        !! Read an artefact on all ranks of a communicator, which is duplicated.
        class(gwparam_scheme_t), intent(inout) :: scheme
        character(len=*), intent(in) :: path !! File written by `gwparam export`
        integer, intent(in) :: communicator !! All of its ranks call this
        type(gwparam_options_t), intent(in), optional :: options !! The same on all ranks
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code, the same on all ranks
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success
        type(options_t) :: c_options
        type(c_ptr) :: handle
        integer(c_int32_t) :: status
        logical :: refused

        call scheme%free(stat, errmsg)
        if (scheme%is_loaded()) return
        call refuse_other_version(refused, stat, errmsg)
        if (refused) return
        handle = c_null_ptr
        call options_to_c(options, c_options, status)
        if (status == gwparam_ok) then
            status = gwparam_mpi_scheme_load_f_c(handle, trim(path) // c_null_char, c_options, &
                                                 & int(communicator, c_int))
            call own(scheme, handle)
        end if
        call report(status, stat, errmsg)

    end subroutine load_integer

    subroutine load_mpi_f08(scheme, path, communicator, options, stat, errmsg)

        !! Read an artefact on all ranks of a communicator, which is duplicated.
        class(gwparam_scheme_t), intent(inout) :: scheme
        character(len=*), intent(in) :: path !! File written by `gwparam export`
        type(MPI_Comm), intent(in) :: communicator !! All of its ranks call this
        type(gwparam_options_t), intent(in), optional :: options !! The same on all ranks
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code, the same on all ranks
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        call load_integer(scheme, path, communicator%MPI_VAL, options, stat, errmsg)

    end subroutine load_mpi_f08

end module gwparam_mpi
