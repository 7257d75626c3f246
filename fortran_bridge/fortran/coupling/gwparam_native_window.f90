module gwparam_native_window

    !! The native scheme on a window of columns, on all of them or on some.

    use alexander_dunkerton, only: ad99_t
    use gwparam_kinds, only: dp
    use gwparam_native, only: gwparam_native_t
    use gwparam_status, only: gwparam_err_contract, gwparam_ok
    implicit none(type, external)
    private

    character(len=*), parameter, &
              & public :: drag_name(2) = [character(len=51) &
              & ::"tendency_of_eastward_wind_due_to_gravity_wave_drag", &
              & "tendency_of_northward_wind_due_to_gravity_wave_drag"] !! By an artefact's contract

    abstract interface
        subroutine gwparam_native_drag(i, j, latitude, pressure, height, temperature, u, v, dudt, &
                                       & dvdt, stat, errmsg)

            !! A host's own scheme: drag of some columns, each by itself. Levels are in the order
            !! that `init` was told.
            import :: dp
            implicit none(type, external)
            integer, intent(in) :: i(:), j(:) !! Where they are, as in `apply` (column)
            real(dp), intent(in) :: latitude(:) !! [rad] (column)
            real(dp), intent(in) :: pressure(:,:) !! Full levels [Pa] (column, level)
            real(dp), intent(in) :: height(:,:) !! Full levels [m], same shape
            real(dp), intent(in) :: temperature(:,:) !! [K], same shape
            real(dp), intent(in) :: u(:,:), v(:,:) !! Eastward, northward wind [m s-1]
            real(dp), intent(inout) :: dudt(:,:), dvdt(:,:)
            !! Their tendencies, negative against a positive wind; all to be filled [m s-2]
            integer, intent(out) :: stat !! 0; else the step fails, and the host's arrays stay
            character(len=*), intent(inout) :: errmsg !! Reason; unchanged on success

        end subroutine gwparam_native_drag
    end interface

    type, extends(gwparam_native_t), public :: native_window_t
        !! What a window is, top-down, while it is computed.
        type(ad99_t), pointer :: shipped => null()
        procedure(gwparam_native_drag), pointer, nopass :: of_host => null() !! In its place
        logical :: is_bottom_up = .false. !! The order of the host
        integer :: i = 1, j = 1 !! Where the window begins
        integer, pointer :: row(:,:) => null() !! Of the set-up of `shipped` (i, j)
        real(dp), pointer :: latitude(:,:) => null() !! [rad] (i, j)
        real(dp), pointer, dimension(:,:,:) :: pressure => null(), height => null(), &
             & temperature => null(), u => null(), v => null() !! As `apply` (i, j, level)
        real(dp), pointer, dimension(:,:,:) :: drag_x => null(), drag_y => null()
        !! Of all columns, where it was computed already [m s-2]

    contains
        procedure :: drag => drag_of_caught !! What the library asks for
        procedure :: drag_of !! Of columns by their numbers
        procedure :: check !! Whether the host gives what the shipped scheme needs
    end type native_window_t

    public :: gwparam_native_drag

contains

    subroutine check(self, status, message)

        !! Whether the shipped scheme has what it needs, before a column needs it: temperature and
        !! height, which a network may do without. Tried in the first column.
        class(native_window_t), intent(in) :: self
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        real(dp), dimension(size(self%u, 3), 1) :: x, y

        if (associated(self%of_host) .or. size(self%u) == 0) return
        x = 0.0_dp
        y = 0.0_dp
        call self%drag_of([1], x, y, status, message)
        if (status /= gwparam_ok) message = "a guard's policy is native, whose scheme fails: " &
            & // message

    end subroutine check

    subroutine drag_of_caught(self, column, name, units, drag, stat, errmsg)

        class(native_window_t), intent(inout) :: self
        integer, intent(in) :: column(:)
        character(len=*), intent(in) :: name(:), units(:)
        real(dp), intent(inout) :: drag(:,:,:)
        integer, intent(out) :: stat
        character(len=*), intent(inout) :: errmsg

        real(dp), dimension(size(drag, 1), size(column)) :: x, y
        integer :: n

        stat = gwparam_ok
        if (associated(self%drag_x)) then
            x = gathered(self%drag_x, column)
            y = gathered(self%drag_y, column)
        else
            call self%drag_of(column, x, y, stat, errmsg)
            if (stat /= gwparam_ok) return
        end if
        do n = 1, size(name)
            if (name(n) == drag_name(1)) then
                drag(:,:,n) = x
            else if (name(n) == drag_name(2)) then
                drag(:,:,n) = y
            else
                stat = gwparam_err_contract
                errmsg = "there is no " // trim(name(n)) // " [" // trim(units(n)) // "] of it"
                return
            end if
        end do

    end subroutine drag_of_caught

    subroutine drag_of(self, column, x, y, stat, errmsg)

        !! Drag of columns, numbered from 1 with i fastest, by the scheme itself.
        class(native_window_t), intent(in) :: self
        integer, intent(in) :: column(:)
        real(dp), intent(inout) :: x(:,:), y(:,:) !! [m s-2] (level, column)
        integer, intent(out) :: stat
        character(len=*), intent(inout) :: errmsg

        integer, target :: row(size(column))
        integer, dimension(size(column)) :: i, j
        real(dp) :: latitude(size(column))
        real(dp), dimension(size(column), size(x, 1)) :: dudt, dvdt
        integer :: n

        i = modulo(column - 1, size(self%latitude, 1)) + 1
        j = (column - 1)/size(self%latitude, 1) + 1
        do n = 1, size(column)
            latitude(n) = self%latitude(i(n), j(n))
        end do
        if (associated(self%of_host)) then
            dudt = 0.0_dp
            dvdt = 0.0_dp
            call self%of_host(self%i + i - 1, self%j + j - 1, latitude, &
                              & in_its_order(self%pressure), in_its_order(self%height), &
                              & in_its_order(self%temperature), in_its_order(self%u), &
                              & in_its_order(self%v), dudt, dvdt, stat, errmsg)
            if (stat /= gwparam_ok) return
            x = transpose(turned(dudt))
            y = transpose(turned(dvdt))
            return
        end if
        do n = 1, size(column)
            row(n) = self%row(i(n), j(n))
        end do
        call self%shipped%drag(row, latitude, gathered(self%pressure, column), &
                               & gathered(self%height, column), gathered(self%temperature, &
                               & column), gathered(self%u, column), gathered(self%v, column), x, &
                               & y, stat=stat, errmsg=errmsg)
        if (stat /= gwparam_ok) errmsg = trim(errmsg) // " of those that guards left to it"

    contains

        function in_its_order(field) result(columns)

            !! (column, level) as the host has its levels.
            real(dp), intent(in) :: field(:,:,:)
            real(dp) :: columns(size(column), size(field, 3))

            columns = turned(transpose(gathered(field, column)))

        end function in_its_order

        pure function turned(columns) result(its)

            real(dp), intent(in) :: columns(:,:)
            real(dp) :: its(size(columns, 1), size(columns, 2))

            its = columns
            if (self%is_bottom_up) its = columns(:,size(columns, 2):1:-1)

        end function turned

    end subroutine drag_of

    pure function gathered(field, column) result(columns)

        !! Some columns of a window (i, j, level) as (level, column).
        real(dp), intent(in) :: field(:,:,:)
        integer, intent(in) :: column(:)
        real(dp) :: columns(size(field, 3), size(column))

        integer :: n

        do n = 1, size(column)
            associate (c => column(n) - 1)
                columns(:,n) = field(modulo(c, size(field, 1)) + 1, c/size(field, 1) + 1,:)
            end associate
        end do

    end function gathered

end module gwparam_native_window
