submodule (gwparam_coupling) gwparam_coupling_recording

    !! Calls of the network as they were, kept until the host has them written.

    use gwparam_record, only: gwparam_record_field_t
    use gwparam_scheme, only: gwparam_trace_stages
    implicit none(type, external)

contains

    module procedure begin_record

    integer :: f

    associate (k => self%kept)
        if (.not. allocated(k%is_there)) then
            allocate (k%is_there, mold=self%exists)
            allocate (k%inputs(size(self%offers)), k%earlier(size(self%offers)))
        end if
        k%is_there = .false.
        k%is_due = .false.
        k%guarded = 0
        k%has_tripped = .false.
        k%failure = ""
        ! With lag a result is that of the call before.
        if (self%settings%lag /= 1 .or. .not. allocated(k%inputs(u_field)%values)) return
        k%has_earlier = .true.
        do f = 1, size(k%inputs)
            call move_alloc(k%inputs(f)%values, k%earlier(f)%values)
        end do
    end associate

    end procedure begin_record

    module procedure keep_inputs

    integer :: f

    call keep(self, self%kept%inputs(u_field), i, j, u)
    if (present(v)) call keep(self, self%kept%inputs(v_field), i, j, v)
    call keep(self, self%kept%inputs(temperature_field), i, j, temperature)
    call keep(self, self%kept%inputs(pressure_field), i, j, pressure)
    call keep(self, self%kept%inputs(height_field), i, j, height)
    if (present(half_pressure)) call keep(self, self%kept%inputs(half_levels_field), i, j, &
        & half_pressure)
    if (present(surface_pressure)) then
        call keep_surface(self, self%kept%inputs(surface_field), i, j, surface_pressure)
    else if (present(half_pressure)) then
        call keep_surface(self, self%kept%inputs(surface_field), i, j, half_pressure(:,:, &
                          & size(half_pressure, 3)))
    end if
    call keep_surface(self, self%kept%inputs(latitude_field), i, j, latitude*degrees_per_radian)
    associate (ie => i + size(u, 1) - 1, je => j + size(u, 2) - 1)
        call keep_surface(self, self%kept%inputs(longitude_field), i, j, self%longitude(i:ie,j:je))
        if (allocated(self%altitude)) call keep_surface(self, self%kept%inputs(altitude_field), &
            & i, j, self%altitude(i:ie,j:je))
        do f = 1, size(self%own)
            call keep(self, self%kept%inputs(size(offered) + f), i, j, self%own(f)%values(i:ie, &
                      & j:je,:))
        end do
    end associate
    self%kept%is_there(i:i + size(u, 1) - 1,j:j + size(u, 2) - 1) = .true.

    end procedure keep_inputs

    module procedure keep_results

    integer(int64) :: found(size(self%window%network_x, 1)*size(self%window%network_x, 2))
    integer :: ie, je, ni, nj, stage

    associate (k => self%kept, w => self%window)
        ni = size(w%network_x, 1)
        nj = size(w%network_x, 2)
        ie = i + ni - 1
        je = j + nj - 1
        call keep(self, k%outputs(1), i, j, w%network_x)
        if (allocated(w%network_y)) call keep(self, k%outputs(2), i, j, w%network_y)
        if (allocated(w%native_x)) then
            call keep(self, k%native(1), i, j, w%native_x)
            call keep(self, k%native(2), i, j, w%native_y)
        end if
        if (.not. allocated(k%sums)) then
            allocate (k%sums(size(self%exists, 1), size(self%exists, 2), &
                      & size(gwparam_trace_stages)))
        end if
        do stage = 1, size(gwparam_trace_stages)
            if (status == gwparam_ok) call self%network%trace(stage, found, stat=status, &
                & errmsg=message)
            if (status == gwparam_ok) k%sums(i:ie,j:je,stage) = reshape(found, [ni, nj])
        end do
        k%guarded = k%guarded + counters%guarded_columns_last_run
        k%has_tripped = k%has_tripped .or. counters%guarded_columns_of_worst_rank > 0
    end associate

    end procedure keep_results

    subroutine keep(self, field, i, j, values)

        !! The values of a window, in room for all columns.
        class(gwparam_coupling_t), intent(in) :: self
        type(kept_field_t), intent(inout) :: field
        integer, intent(in) :: i, j
        real(dp), intent(in) :: values(:,:,:)

        if (.not. allocated(field%values)) then
            allocate (field%values(size(self%exists, 1), size(self%exists, 2), size(values, 3)))
        end if
        field%values(i:i + size(values, 1) - 1,j:j + size(values, 2) - 1,:) = values

    end subroutine keep

    subroutine keep_surface(self, field, i, j, values)

        class(gwparam_coupling_t), intent(in) :: self
        type(kept_field_t), intent(inout) :: field
        integer, intent(in) :: i, j
        real(dp), intent(in) :: values(:,:)

        call keep(self, field, i, j, reshape(values, [shape(values), 1]))

    end subroutine keep_surface

    module procedure end_record

    associate (k => self%kept, s => self%settings)
        k%is_due = k%has_tripped
        if (s%record > 0) k%is_due = k%is_due .or. mod(self%counts%recomputations - 1, &
            & s%record) == 0
        ! The inputs of that result were those of the run before.
        if (s%lag == 1 .and. k%is_restored .and. .not. k%has_earlier) k%is_due = .false.
    end associate

    end procedure end_record

    module procedure note_failure

    associate (k => self%kept)
        k%failure = message
        k%is_due = .true.
    end associate

    end procedure note_failure

    module procedure is_record_due

    is_record_due = self%kept%is_due

    end procedure is_record_due

    module procedure recorded

    integer :: status
    character(len=message_length) :: message

    if (present(stat)) stat = gwparam_ok
    call self%begin_call(status, message)
    if (status == gwparam_ok) then
        call take_record(self, record, status, message)
        call self%end_call()
    end if
    if (status /= gwparam_ok) call fail(status, trim(message), stat, errmsg)

    end procedure recorded

    subroutine take_record(self, record, status, message)

        !! What `recorded` does, in a call.
        class(gwparam_coupling_t), intent(inout) :: self
        type(gwparam_record_t), intent(out) :: record
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        type(gwparam_statistics_t) :: counters
        logical, allocatable :: mask(:,:)
        integer :: f, stage
        logical :: has_results

        mask = self%exists
        if (allocated(self%kept%is_there)) mask = self%kept%is_there
        record%settings = self%settings
        record%rank = self%counts%rank
        record%ranks = self%counts%ranks
        record%days = self%counts%days
        record%date = self%counts%date
        record%pressure = self%pressure
        allocate (record%inputs(0), record%native(0), record%outputs(0), record%sums(0, &
                  & size(gwparam_trace_stages)))
        if (.not. allocated(self%kept%is_there)) mask = .false.
        record%latitude = pack(self%latitude, mask)*degrees_per_radian
        record%longitude = pack(self%longitude, mask)
        if (.not. any(mask)) return
        ! What the host gave with the fields may differ in the last digits.
        record%latitude = pack(self%kept%inputs(latitude_field)%values(:,:,1), mask)
        call self%network%sha256(record%artefact_sha256, stat=status, errmsg=message)
        if (status == gwparam_ok) call self%network%statistics(counters, stat=status, &
            & errmsg=message)
        if (status /= gwparam_ok) return
        record%threads = counters%threads
        associate (k => self%kept)
            record%failure = k%failure
            record%guarded = k%guarded
            record%call = self%counts%recomputations + merge(1, 0, k%failure /= "")
            has_results = k%failure == ""
            record%member = counters%member
            if (.not. has_results) call self%network%member(self%draws + record%call - merge(1, &
                & 0, k%has_earlier), record%member, status, message)
            if (status /= gwparam_ok) return
            do f = 1, size(self%offers)
                if (.not. self%asked(f)) cycle
                if (k%has_earlier) then
                    call add_field(record%inputs, self%offers(f)%name, self%offers(f)%units, &
                                   & k%earlier(f), mask)
                else
                    call add_field(record%inputs, self%offers(f)%name, self%offers(f)%units, &
                                   & k%inputs(f), mask)
                end if
            end do
            do f = 1, merge(2, 0, has_results)
                call add_field(record%outputs, drag_name(f), "m s-2", k%outputs(f), mask)
                call add_field(record%native, drag_name(f), "m s-2", k%native(f), mask)
            end do
            if (.not. has_results) return
            deallocate (record%sums)
            allocate (record%sums(count(mask), size(gwparam_trace_stages)))
            do stage = 1, size(gwparam_trace_stages)
                record%sums(:,stage) = pack(k%sums(:,:,stage), mask)
            end do
        end associate

    end subroutine take_record

    subroutine add_field(fields, name, units, kept, mask)

        !! The columns of a mask, if the field is there.
        type(gwparam_record_field_t), allocatable, intent(inout) :: fields(:)
        character(len=*), intent(in) :: name, units
        type(kept_field_t), intent(in) :: kept
        logical, intent(in) :: mask(:,:)

        type(gwparam_record_field_t) :: field
        integer :: k

        if (.not. allocated(kept%values)) return
        field%name = name
        field%units = units
        allocate (field%values(count(mask), size(kept%values, 3)))
        do k = 1, size(kept%values, 3)
            field%values(:,k) = pack(kept%values(:,:,k), mask)
        end do
        fields = [fields, field]

    end subroutine add_field

    module procedure note_record

    self%kept%is_due = .false.
    if (bytes > 0) then
        self%counts%records = self%counts%records + 1
        self%counts%record_bytes = self%counts%record_bytes + bytes
    else if (bytes == 0) then
        self%counts%records_left_out = self%counts%records_left_out + 1
        if (present(failure)) self%counts%record_failure = failure
    end if

    end procedure note_record
end submodule gwparam_coupling_recording
