module gwparam_scheme

    !! An exported network as an object that a Fortran host runs each step.
    !!
    !! Every procedure ends in optional `stat`, `errmsg`, which behave as in `allocate`: `stat` is
    !! set when present, `errmsg` changes only on failure, and a failure without `stat` is an
    !! `error stop`. After a failure the host's arrays are as they were.
    !!
    !! An object serves one thread at a time and refuses the others with gwparam_err_busy, whose
    !! calls change nothing. A host whose threads work side by side, over chunks of columns, loads
    !! the artefact once a thread into an array of objects, and each thread uses its own:
    !!
    !!     type(gwparam_scheme_t), allocatable :: schemes(:)
    !!     allocate (schemes(0:omp_get_max_threads() - 1))
    !!     do n = 0, size(schemes) - 1
    !!         call schemes(n)%load(path, options)      the weights are in memory once
    !!         call schemes(n)%set_levels(pressure, gwparam_top_down)
    !!     end do
    !!     !$omp parallel do private(n)
    !!     do chunk = 1, chunks
    !!         n = omp_get_thread_num()
    !!         call schemes(n)%put(...)                 then run and get
    !!     end do
    !!
    !! After a fork, an object that the parent loaded gives gwparam_err_forked in the child.
    !! What it does is in three submodules.

    use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_int32_t, c_int64_t, &
        & c_null_char, c_null_ptr, c_ptr
    use, intrinsic :: iso_fortran_env, only: int64
    use gwparam_c_api, only: gwparam_last_error_c, gwparam_scheme_free_c
    use gwparam_guard_report, only: gwparam_guard_t
    use gwparam_kinds, only: dp, sp
    use gwparam_native, only: gwparam_native_t, native_holder_t
    use gwparam_options, only: gwparam_options_t, gwparam_statistics_t
    use gwparam_status, only: fail, gwparam_ok
    use gwparam_text, only: from_c
    implicit none(type, external)
    private

    integer, parameter, public :: gwparam_top_down = 1 !! Level 1 is the model top
    integer, parameter, public :: gwparam_bottom_up = 2 !! Level 1 is the lowest

    integer, parameter, public :: gwparam_column = 1 !! The network sees a column at a time
    integer, parameter, public :: gwparam_stencil = 2 !! It sees the neighbours, too
    integer, parameter, public :: gwparam_global = 3 !! It sees the whole globe

    integer, parameter, public :: gwparam_input = 1 !! A field that the host puts
    integer, parameter, public :: gwparam_output = 2 !! A field that the host can get
    integer, parameter, public :: gwparam_pending = 3 !! A field that a restart file holds
    integer, parameter, public :: gwparam_carried = gwparam_pending !! Its name until 0.1

    character(len=*), parameter, public :: gwparam_trace_stages(5) = [character(len=15)::"put", &
              & "network_inputs", "network_outputs", "outputs", "guarded"] !! Of which `trace` tells

    integer, parameter :: message_length = 1024

    type, public :: gwparam_scheme_t
        !! An exported network; `load` it, `set_levels` once, then each step `put`, `run`, `get`.
        private
        type(c_ptr) :: pointer = c_null_ptr !! What the C ABI knows it by; this object owns it
        type(native_holder_t), pointer :: native => null() !! What the C ABI calls; the same

    contains
        procedure, public :: load !! Read an artefact and check it against its own probe
        procedure, public :: is_loaded !! Whether there is a network
        procedure, public :: free !! Give everything back; idempotent
        procedure, public :: contract !! What the artefact says of itself
        procedure, public :: description => description_of !! The same in words
        procedure, public :: sha256 => sha256_of_artefact !! Which file it is
        procedure, public :: geometry => geometry_of !! What the network sees at once
        procedure, public :: set_levels !! State the host's levels, once
        generic, public :: set_columns => set_columns_1, set_columns_2
        !! State where the columns are, once, for a network that sees more than one
        generic, public :: set_cells => set_cells_1, set_cells_2
        !! The same for a host that numbers the cells of its grid
        procedure, public :: field => describe_field !! Name, units and levels of one field
        generic, public :: put => put_sp_1, put_sp_2, put_sp_3, put_dp_1, put_dp_2, put_dp_3
        !! Hand over one input of the window, of rank 1 to 3 in single or double precision
        procedure, public :: set_native !! State the host's scheme for columns that guards catch
        procedure, public :: put_place !! Say where and when the columns of the window are
        procedure, public :: add_columns !! Close a window of columns
        procedure, public :: flush => flush_windows !! Run all closed windows
        procedure, public :: run !! Close the window and run it
        procedure, public :: discard !! Drop what was put since the last flush
        generic, public :: get => get_sp_1, get_sp_2, get_sp_3, get_dp_1, get_dp_2, get_dp_3
        !! Take one output of a window, of rank 1 to 3 in single or double precision
        procedure, public :: statistics !! Counters
        procedure, public :: restore_statistics !! Go on counting
        procedure, public :: set_draw !! By which number the next run draws its member
        procedure, public :: member => member_of !! Which of several a run has
        procedure, public :: guard => guard_of !! What one guard caught on this rank
        procedure, public :: trace => trace_of !! Sums of the columns of the last run
        procedure, public :: ranks => ranks_of !! Which of the ranks this is
        procedure, public :: gather !! Numbers of all ranks, for a report
        procedure, public :: synchronise !! Complete what is pending, so that it can be saved
        procedure, public :: settle => synchronise !! Its name until 0.1
        generic, public :: save => save_1, save_2, save_3
        !! Take one pending field, of rank 1 to 3, for a restart file
        generic, public :: restore => restore_1, restore_2, restore_3
        !! Give one pending field back, of rank 1 to 3
        generic, public :: assignment(=) => copy_is_refused
        procedure, private :: copy_is_refused, set_columns_1, set_columns_2, set_cells_1, &
            & set_cells_2
        procedure, private :: put_sp_1, put_sp_2, put_sp_3, put_dp_1, put_dp_2, put_dp_3
        procedure, private :: get_sp_1, get_sp_2, get_sp_3, get_dp_1, get_dp_2, get_dp_3
        procedure, private :: save_1, save_2, save_3, restore_1, restore_2, restore_3
        final :: free_at_end
    end type gwparam_scheme_t

    public :: own, report

    interface  ! In gwparam_scheme_fields

        module subroutine describe_field(self, kind, number, name, units, levels, stat, errmsg)

            !! Name one field that the host puts, can get, or saves; `set_levels` comes before.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            integer, intent(in) :: kind !! gwparam_input, gwparam_output or gwparam_pending
            integer, intent(in) :: number !! From 1
            character(len=:), allocatable, intent(inout) :: name
            !! Empty past the last field; unchanged on failure, as are the next two
            character(len=:), allocatable, intent(inout), optional :: units !! Of the contract
            integer, intent(inout), optional :: levels !! Their number; 0: (horizontal...) only
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine describe_field

        module subroutine put_sp_1(self, name, field, units, stat, errmsg)

            !! Hand over one input of the current window; it is copied.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=*), intent(in) :: name !! The contract's name of the field
            real(sp), intent(in), target :: field(:) !! (horizontal..., level) or (horizontal...)
            character(len=*), intent(in), optional :: units !! Of `field`; default: the contract's
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine put_sp_1

        module subroutine put_sp_2(self, name, field, units, stat, errmsg)

            !! Hand over one input of the current window; it is copied.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=*), intent(in) :: name !! The contract's name of the field
            real(sp), intent(in), target :: field(:,:) !! (horizontal..., level) or (horizontal...)
            character(len=*), intent(in), optional :: units !! Of `field`; default: the contract's
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine put_sp_2

        module subroutine put_sp_3(self, name, field, units, stat, errmsg)

            !! Hand over one input of the current window; it is copied.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=*), intent(in) :: name !! The contract's name of the field
            !! (horizontal..., level) or (horizontal...)
            real(sp), intent(in), target :: field(:,:,:)
            character(len=*), intent(in), optional :: units !! Of `field`; default: the contract's
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine put_sp_3

        module subroutine put_dp_1(self, name, field, units, stat, errmsg)

            !! Hand over one input of the current window; it is copied.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=*), intent(in) :: name !! The contract's name of the field
            real(dp), intent(in), target :: field(:) !! (horizontal..., level) or (horizontal...)
            character(len=*), intent(in), optional :: units !! Of `field`; default: the contract's
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine put_dp_1

        module subroutine put_dp_2(self, name, field, units, stat, errmsg)

            !! Hand over one input of the current window; it is copied.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=*), intent(in) :: name !! The contract's name of the field
            real(dp), intent(in), target :: field(:,:) !! (horizontal..., level) or (horizontal...)
            character(len=*), intent(in), optional :: units !! Of `field`; default: the contract's
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine put_dp_2

        module subroutine put_dp_3(self, name, field, units, stat, errmsg)

            !! Hand over one input of the current window; it is copied.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=*), intent(in) :: name !! The contract's name of the field
            !! (horizontal..., level) or (horizontal...)
            real(dp), intent(in), target :: field(:,:,:)
            character(len=*), intent(in), optional :: units !! Of `field`; default: the contract's
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine put_dp_3

        module subroutine get_sp_1(self, name, field, window, units, stat, errmsg)

            !! Take one output of a window.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=*), intent(in) :: name !! The contract's name of the field
            real(sp), intent(inout), target :: field(:) !! (horizontal..., level) as the inputs
            integer, intent(in), optional :: window !! From 1; default: the first
            character(len=*), intent(in), optional :: units !! Wanted; default: the contract's
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine get_sp_1

        module subroutine get_sp_2(self, name, field, window, units, stat, errmsg)

            !! Take one output of a window.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=*), intent(in) :: name !! The contract's name of the field
            real(sp), intent(inout), target :: field(:,:) !! (horizontal..., level) as the inputs
            integer, intent(in), optional :: window !! From 1; default: the first
            character(len=*), intent(in), optional :: units !! Wanted; default: the contract's
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine get_sp_2

        module subroutine get_sp_3(self, name, field, window, units, stat, errmsg)

            !! Take one output of a window.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=*), intent(in) :: name !! The contract's name of the field
            real(sp), intent(inout), target :: field(:,:,:) !! (horizontal..., level) as the inputs
            integer, intent(in), optional :: window !! From 1; default: the first
            character(len=*), intent(in), optional :: units !! Wanted; default: the contract's
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine get_sp_3

        module subroutine get_dp_1(self, name, field, window, units, stat, errmsg)

            !! Take one output of a window.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=*), intent(in) :: name !! The contract's name of the field
            real(dp), intent(inout), target :: field(:) !! (horizontal..., level) as the inputs
            integer, intent(in), optional :: window !! From 1; default: the first
            character(len=*), intent(in), optional :: units !! Wanted; default: the contract's
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine get_dp_1

        module subroutine get_dp_2(self, name, field, window, units, stat, errmsg)

            !! Take one output of a window.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=*), intent(in) :: name !! The contract's name of the field
            real(dp), intent(inout), target :: field(:,:) !! (horizontal..., level) as the inputs
            integer, intent(in), optional :: window !! From 1; default: the first
            character(len=*), intent(in), optional :: units !! Wanted; default: the contract's
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine get_dp_2

        module subroutine get_dp_3(self, name, field, window, units, stat, errmsg)

            !! Take one output of a window.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=*), intent(in) :: name !! The contract's name of the field
            real(dp), intent(inout), target :: field(:,:,:) !! (horizontal..., level) as the inputs
            integer, intent(in), optional :: window !! From 1; default: the first
            character(len=*), intent(in), optional :: units !! Wanted; default: the contract's
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine get_dp_3
    end interface

    interface  ! In gwparam_scheme_restart

        module subroutine statistics(self, counters, stat, errmsg)

            !! What the network has done since it was loaded.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            type(gwparam_statistics_t), intent(inout) :: counters !! Counters; unchanged on failure
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine statistics

        module subroutine restore_statistics(self, counters, stat, errmsg)

            !! Go on counting runs, columns and guarded columns from counters that were saved.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            type(gwparam_statistics_t), intent(in) :: counters !! Of `statistics`, in the run before
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine restore_statistics

        module subroutine set_draw(self, number, stat, errmsg)

            !! State by which number the next run draws its member; later ones count on from it.
            !! For hosts that run several windows one by one in a step: the number of the step.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            integer(int64), intent(in) :: number !! From 1, the same on all ranks
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine set_draw

        module subroutine member_of(self, run, member, stat, errmsg)

            !! Which member a run of this number has, before it or after.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            integer(int64), intent(in) :: run !! From 1, as `set_draw` was told, or of all runs
            integer, intent(inout) :: member !! From 1; 0: the mean of several
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine member_of

        module subroutine guard_of(self, number, guard, stat, errmsg)

            !! What one guard caught on this rank since the load.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            integer, intent(in) :: number !! From 1
            type(gwparam_guard_t), intent(inout) :: guard
            !! Without a name past the last one; unchanged on failure
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine guard_of

        module subroutine trace_of(self, stage, sums, stat, errmsg)

            !! One number for each column of the last run, made of all its values at a stage.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self !! Loaded with the option `trace`
            integer, intent(in) :: stage !! Its number in gwparam_trace_stages
            integer(int64), intent(inout) :: sums(:) !! (column), in the order of the windows
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine trace_of

        module subroutine ranks_of(self, rank, ranks, stat, errmsg)

            !! Which of the host's ranks this is, and how many there are: 1 after `load`.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            integer, intent(inout) :: rank, ranks !! From 0; unchanged on failure
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine ranks_of

        module subroutine gather(self, mine, all, stat, errmsg)

            !! Give rank 0 the numbers of all ranks, as many on each; collective, between steps.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            integer(int64), intent(in) :: mine(:)
            integer(int64), intent(inout) :: all(:,:)
            !! (number, rank) on rank 0; elsewhere it may have no ranks
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine gather

        module subroutine put_place(self, latitude, longitude, units, date, stat, errmsg)

            !! Say where and when the columns of the window are, before its inputs.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            real(dp), intent(in), target :: latitude(:,:), longitude(:,:) !! As surface fields
            character(len=*), intent(in), optional :: units !! Of both; default: degrees
            character(len=*), intent(in), optional :: date !! As it shall be shown; stays
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine put_place

        module subroutine synchronise(self, carries, stat, errmsg)

            !! Complete what is pending to the next flush; with lag = 1, wait for the last result.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            logical, intent(inout), optional :: carries
            !! Whether there is anything to save; unchanged on failure
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine synchronise

        module subroutine save_1(self, name, field, stat, errmsg)

            !! Take one pending field, after `synchronise`.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=*), intent(in) :: name !! Of `field`, gwparam_pending
            real(dp), intent(inout), target :: field(:) !! (horizontal..., level), all columns
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine save_1

        module subroutine save_2(self, name, field, stat, errmsg)

            !! Take one pending field, after `synchronise`.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=*), intent(in) :: name !! Of `field`, gwparam_pending
            real(dp), intent(inout), target :: field(:,:) !! (horizontal..., level), all columns
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine save_2

        module subroutine save_3(self, name, field, stat, errmsg)

            !! Take one pending field, after `synchronise`.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=*), intent(in) :: name !! Of `field`, gwparam_pending
            real(dp), intent(inout), target :: field(:,:,:) !! (horizontal..., level), all columns
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine save_3

        module subroutine restore_1(self, name, field, stat, errmsg)

            !! Give one pending field back, after `set_levels` and before the first `put`.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=*), intent(in) :: name !! Of `field`, gwparam_pending
            real(dp), intent(in), target :: field(:) !! (horizontal..., level), as `save` gave it
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine restore_1

        module subroutine restore_2(self, name, field, stat, errmsg)

            !! Give one pending field back, after `set_levels` and before the first `put`.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=*), intent(in) :: name !! Of `field`, gwparam_pending
            real(dp), intent(in), target :: field(:,:) !! (horizontal..., level), as `save` gave it
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine restore_2

        module subroutine restore_3(self, name, field, stat, errmsg)

            !! Give one pending field back, after `set_levels` and before the first `put`.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=*), intent(in) :: name !! Of `field`, gwparam_pending
            !! (horizontal..., level), as `save` gave it
            real(dp), intent(in), target :: field(:,:,:)
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine restore_3
    end interface

    interface  ! In gwparam_scheme_step

        module subroutine load(self, path, options, stat, errmsg)

            !! Read an artefact, check it against its own probe, and warm it up. What was
            !! loaded before is freed first: after a failure there is no network.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(inout) :: self
            character(len=*), intent(in) :: path !! File written by `gwparam export`
            type(gwparam_options_t), intent(in), optional :: options !! Settings
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine load

        module subroutine contract(self, json, stat, errmsg)

            !! The contract of the artefact (docs/contract.md).
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=:), allocatable, intent(inout) :: json !! JSON; unchanged on failure
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine contract

        module subroutine description_of(self, lines, stat, errmsg)

            !! What the artefact is, in words: its name, what it sees, levels, limits.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=:), allocatable, intent(inout) :: lines
            !! Parted by new_line("a"); unchanged on failure
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine description_of

        module subroutine sha256_of_artefact(self, digest, stat, errmsg)

            !! SHA-256 of the artefact's file, as it was when it was loaded.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            character(len=64), intent(inout) :: digest !! Hexadecimal; unchanged on failure
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine sha256_of_artefact

        module subroutine geometry_of(self, geometry, stat, errmsg)

            !! What the network sees at once; more than a column needs `set_columns`.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            integer, intent(inout) :: geometry
            !! gwparam_column, gwparam_stencil or gwparam_global; unchanged on failure
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine geometry_of

        module subroutine set_levels(self, pressure, order, stat, errmsg)

            !! State the host's levels, once, before the first `put`.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            !! Reference pressure of full levels [Pa], host's order
            real(dp), intent(in) :: pressure(:)
            integer, intent(in) :: order !! gwparam_top_down or gwparam_bottom_up
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine set_levels

        module subroutine set_columns_1(self, latitude, longitude, units, stat, errmsg)

            !! State where the columns are: all cells of one global latitude-longitude grid.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            real(dp), intent(in), target :: latitude(:) !! In the order in which columns are put
            real(dp), intent(in), target :: longitude(:) !! The same
            character(len=*), intent(in), optional :: units !! Of both; default: degrees
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine set_columns_1

        module subroutine set_columns_2(self, latitude, longitude, units, stat, errmsg)

            !! State where the columns are: all cells of one global latitude-longitude grid.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            real(dp), intent(in), target :: latitude(:,:) !! In the order in which columns are put
            real(dp), intent(in), target :: longitude(:,:) !! The same
            character(len=*), intent(in), optional :: units !! Of both; default: degrees
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine set_columns_2

        module subroutine set_cells_1(self, latitude, longitude, cell, units, stat, errmsg)

            !! State where the columns are in a global grid whose cells are numbered, row after row.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            real(dp), intent(in) :: latitude(:) !! Of the rows of the whole grid
            real(dp), intent(in) :: longitude(:) !! Of the places in a row
            integer, intent(in) :: cell(:)
            !! (row - 1)*size(longitude) + place, both from 1, in the order in which columns are put
            character(len=*), intent(in), optional :: units !! Of both coordinates; default: degrees
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine set_cells_1

        module subroutine set_cells_2(self, latitude, longitude, cell, units, stat, errmsg)

            !! State where the columns are in a global grid whose cells are numbered, row after row.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            real(dp), intent(in) :: latitude(:) !! Of the rows of the whole grid
            real(dp), intent(in) :: longitude(:) !! Of the places in a row
            integer, intent(in) :: cell(:,:)
            !! (row - 1)*size(longitude) + place, both from 1, in the order in which columns are put
            character(len=*), intent(in), optional :: units !! Of both coordinates; default: degrees
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine set_cells_2

        module subroutine add_columns(self, window, stat, errmsg)

            !! Close the current window of columns: all its inputs are there.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            integer, intent(out), optional :: window !! Its number, from 1
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine add_columns

        module subroutine flush_windows(self, stat, errmsg)

            !! Run the network on all windows closed since the last flush.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine flush_windows

        module subroutine run(self, stat, errmsg)

            !! Close the window and run it: `add_columns` and `flush` for a host with one window.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine run

        module subroutine set_native(self, native, stat, errmsg)

            !! State the scheme of gwparam_guard_native, before the first `put`, or another one
            !! between two steps.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(inout) :: self
            class(gwparam_native_t), intent(inout), target, optional :: native
            !! Must live as long as it may be called; absent: none
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine set_native

        module subroutine discard(self, stat, errmsg)

            !! Drop every window and input handed over since the last flush.
            implicit none(type, external)
            class(gwparam_scheme_t), intent(in) :: self
            integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
            character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        end subroutine discard
    end interface

contains

    subroutine own(self, pointer)

        !! Own a network that a C function loaded; there is none before.
        class(gwparam_scheme_t), intent(inout) :: self
        type(c_ptr), intent(in) :: pointer

        self%pointer = pointer

    end subroutine own

    pure logical function is_loaded(self)

        !! Whether a network was loaded and not freed.
        class(gwparam_scheme_t), intent(in) :: self

        is_loaded = c_associated(self%pointer)

    end function is_loaded

    subroutine free(self, stat, errmsg)

        !! Give the network and its memory back; does nothing when there is none.
        class(gwparam_scheme_t), intent(inout) :: self
        integer, intent(out), optional :: stat !! 0, or gwparam_err_busy: it is still there
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success
        integer(c_int32_t) :: status

        status = gwparam_scheme_free_c(self%pointer)
        if (status == gwparam_ok) then
            self%pointer = c_null_ptr
            if (associated(self%native)) deallocate (self%native)
        end if
        call report(status, stat, errmsg)

    end subroutine free

    impure elemental subroutine free_at_end(self)

        type(gwparam_scheme_t), intent(inout) :: self
        integer :: stat

        call self%free(stat)

    end subroutine free_at_end

    subroutine copy_is_refused(self, other)

        !! One owner a network: a copy would free it twice.
        class(gwparam_scheme_t), intent(inout) :: self
        class(gwparam_scheme_t), intent(in) :: other

        if (other%is_loaded() .or. self%is_loaded()) then
            error stop "a gwparam_scheme_t cannot be assigned; load the artefact again"
        end if

    end subroutine copy_is_refused

    subroutine report(status, stat, errmsg)

        !! Hand a status of the C ABI on as `allocate` would.
        integer(c_int32_t), intent(in) :: status
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success
        character(kind=c_char) :: message(message_length)
        character(len=:), allocatable :: text
        integer(c_int32_t) :: copied

        if (present(stat)) stat = gwparam_ok
        if (status == gwparam_ok) return
        message = c_null_char
        copied = gwparam_last_error_c(message, size(message, kind=c_int64_t))
        if (copied /= gwparam_ok) message(1) = "?"
        call from_c(message, text)
        call fail(int(status), text, stat, errmsg)

    end subroutine report

end module gwparam_scheme
