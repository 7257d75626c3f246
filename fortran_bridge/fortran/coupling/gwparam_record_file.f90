module gwparam_record_file

    !! Calls of a network as netCDF files, for `gwparam replay`: beside gwparam_restart_file.
    !!
    !!     call gwparam_record_write(drag, stat, errmsg)
    !!
    !! Each rank calls it after each step, and after an `apply` that failed, before it stops. It
    !! writes where the settings ask for it, a guard gave up a column on any rank, or the call
    !! failed; one file a rank: `record_file.day000012.25000.0003.nc`.

    use, intrinsic :: iso_fortran_env, only: int64
    use gwparam_coupling, only: gwparam_coupling_t
    use gwparam_kinds, only: dp
    use gwparam_netcdf_file, only: netcdf_file_t
    use gwparam_record, only: gwparam_record_field_t, gwparam_record_t
    use gwparam_scheme, only: gwparam_trace_stages
    use gwparam_status, only: fail, gwparam_err_argument, gwparam_ok, text
    use gwparam_versions, only: gwparam_version
    implicit none(type, external)
    private

    public :: gwparam_record_write

    integer, parameter :: format_number = 1
    integer, parameter :: message_length = 1024

    interface gwparam_record_write
        !! Write the last call, if it is one to be written.
        module procedure write_one, write_all
    end interface gwparam_record_write

contains

    subroutine write_one(coupling, stat, errmsg)

        !! Of one object.
        type(gwparam_coupling_t), intent(inout) :: coupling
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        type(gwparam_record_t) :: record
        integer :: status
        integer(int64) :: bytes
        character(len=message_length) :: message

        if (present(stat)) stat = gwparam_ok
        if (.not. coupling%is_record_due()) return
        call coupling%recorded(record, status, message)
        if (status == gwparam_ok) then
            call write_record(record, coupling%record_bytes(), bytes, status, message)
            call coupling%note_record(bytes, trim(message))
        end if
        if (status /= gwparam_ok) call fail(status, trim(message), stat, errmsg)

    end subroutine write_one

    subroutine write_all(couplings, stat, errmsg)

        !! Of the objects of several threads, in one file.
        type(gwparam_coupling_t), intent(inout) :: couplings(:)
        integer, intent(out), optional :: stat !! 0 or a gwparam_err_* code
        character(len=*), intent(inout), optional :: errmsg !! Reason; unchanged on success

        type(gwparam_record_t) :: part, record
        integer :: i, status
        integer(int64) :: bytes
        character(len=message_length) :: message

        if (present(stat)) stat = gwparam_ok
        if (.not. any(couplings%is_record_due())) return
        status = gwparam_ok
        do i = 1, size(couplings)
            call couplings(i)%recorded(part, status, message)
            if (status == gwparam_ok .and. i > 1) call record%add(part, status, message)
            if (i == 1) record = part
            if (status /= gwparam_ok) exit
        end do
        if (status == gwparam_ok) then
            call write_record(record, sum(couplings%record_bytes()), bytes, status, message)
            call couplings(1)%note_record(bytes, trim(message))
            do i = 2, size(couplings)
                call couplings(i)%note_record(-1_int64)
            end do
        end if
        if (status /= gwparam_ok) call fail(status, trim(message), stat, errmsg)

    end subroutine write_all

    subroutine write_record(record, written, bytes, status, message)

        !! One file, unless there is no room left.
        type(gwparam_record_t), intent(in) :: record
        integer(int64), intent(in) :: written !! By this rank before [bytes]
        integer(int64), intent(out) :: bytes !! Of this one; 0: it was left out
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        type(netcdf_file_t) :: file
        integer :: f, stage

        bytes = record%bytes()
        if (real(written + bytes, dp) > 1.0e9_dp*record%settings%record_gigabytes/record%ranks) then
            bytes = 0
            message = ""
            return
        end if
        call file%create(path_of(record))
        call note_origin(file, record)
        call note_settings(file, record)
        call file%note("reference_pressure", record%pressure)
        call file%put("lat", one_level(record%latitude), "degrees_north", "latitude")
        call file%put("lon", one_level(record%longitude), "degrees_east", "longitude")
        do f = 1, size(record%inputs)
            call put(file, record%inputs(f), "")
        end do
        do f = 1, size(record%outputs)
            call put(file, record%outputs(f), "")
        end do
        do f = 1, size(record%native)
            call put(file, record%native(f), "_of_the_native_scheme")
        end do
        do stage = 1, size(record%sums, 2)
            if (size(record%outputs) > 0) call file%put("sum_" // trim(gwparam_trace_stages(stage) &
                & ), record%sums(:,stage))
        end do
        call file%finish()
        status = file%status
        message = file%message
        if (status /= gwparam_ok) bytes = 0

    end subroutine write_record

    function path_of(record) result(path)

        !! By model time: what runs again over the same days replaces what it wrote before.
        type(gwparam_record_t), intent(in) :: record
        character(len=:), allocatable :: path

        character(len=40) :: suffix

        write (suffix, "(a, f12.5, a, i4.4, a)") ".day", record%days, ".", record%rank, ".nc"
        if (record%rank > 9999) write (suffix, "(a, f12.5, a, i0, a)") ".day", record%days, ".", &
            & record%rank, ".nc"
        suffix = blanks_as_zeros(suffix)
        path = trim(record%settings%record_file) // trim(suffix)

    end function path_of

    pure function blanks_as_zeros(words) result(filled)

        !! Blanks between others.
        character(len=*), intent(in) :: words
        character(len=len(words)) :: filled

        integer :: i

        filled = words
        do i = 1, len_trim(words)
            if (filled(i:i) == " ") filled(i:i) = "0"
        end do

    end function blanks_as_zeros

    subroutine note_origin(file, record)

        !! Of what, when and by whom.
        type(netcdf_file_t), intent(inout) :: file
        type(gwparam_record_t), intent(in) :: record

        call file%note("title", "a call of a network for gravity-wave drag: gwparam replay FILE")
        call file%note("Conventions", "CF-1.11")
        call file%note("source", "gwparam " // gwparam_version())
        call file%note("gwparam_record", format_number*1.0_dp)
        call file%note("artefact", record%settings%artefact)
        call file%note("artefact_sha256", record%artefact_sha256)
        call file%note("model_days", record%days)
        call file%note("model_date", record%date)
        call file%note("call", record%call*1.0_dp)
        call file%note("rank", record%rank*1.0_dp)
        call file%note("ranks", record%ranks*1.0_dp)
        call file%note("guarded_columns", real(record%guarded, dp))
        call file%note("failure", record%failure)

    end subroutine note_origin

    subroutine note_settings(file, record)

        !! What results depend on, under the names of gwparam_nml.
        type(netcdf_file_t), intent(inout) :: file
        type(gwparam_record_t), intent(in) :: record

        associate (s => record%settings)
            call file%note("mode", s%mode)
            call file%note("device", s%device)
            call file%note("threads", record%threads*1.0_dp)
            call file%note("members", s%members)
            call file%note("member", record%member*1.0_dp)
            call file%note("precision", s%precision)
            call file%note("lag", s%lag*1.0_dp)
            call file%note("chunk_columns", s%chunk_columns*1.0_dp)
            call file%note("on_limit", s%on_limit)
            call file%note("on_range", s%on_range)
            call file%note("on_unphysical", s%on_unphysical)
            call file%note("range_sigmas", s%range_sigmas)
            call file%note("on_momentum", s%on_momentum)
            call file%note("momentum_limit", s%momentum_limit)
            call file%note("taper_top", s%taper_top)
            call file%note("taper_surface", s%taper_surface)
        end associate

    end subroutine note_settings

    subroutine put(file, field, suffix)

        !! A field under its name, and what it is.
        type(netcdf_file_t), intent(inout) :: file
        type(gwparam_record_field_t), intent(in) :: field
        character(len=*), intent(in) :: suffix !! Of the variable; one that has none is CF's

        if (suffix == "") then
            call file%put(trim(field%name), field%values, field%units, field%name)
        else
            call file%put(trim(field%name) // suffix, field%values, field%units)
        end if

    end subroutine put

    pure function one_level(values) result(field)

        real(dp), intent(in) :: values(:)
        real(dp) :: field(size(values), 1)

        field(:,1) = values

    end function one_level

end module gwparam_record_file
