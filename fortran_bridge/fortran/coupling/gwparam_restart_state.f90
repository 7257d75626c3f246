module gwparam_restart_state

    !! The state of a run in netCDF files, one a rank; the library of gwparam_restart_file alone
    !! uses it.

    use gwparam_coupling_state, only: gwparam_coupling_state_t
    use gwparam_kinds, only: dp
    use gwparam_options, only: gwparam_statistics_t
    use gwparam_netcdf_file, only: netcdf_file_t, part_path
    use gwparam_status, only: gwparam_err_argument, gwparam_err_shape, gwparam_ok, text
    use netcdf, only: nf90_get_att, nf90_get_var, NF90_GLOBAL, nf90_inq_varid, &
        & nf90_inquire_attribute, nf90_inquire_dimension, nf90_inquire_variable, NF90_NOERR
    implicit none(type, external)
    private

    public :: read_state, write_state

    integer, parameter :: format_number = 4
    !! 1 and 2 were the drop-in's own, on rows of latitude; 3 did not say of what it was

contains

    subroutine write_state(path, state, rank, ranks, status, message)

        !! One file; does nothing if `status` is a failure.
        character(len=*), intent(in) :: path
        type(gwparam_coupling_state_t), intent(in) :: state
        integer, intent(in), optional :: rank, ranks
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        type(netcdf_file_t) :: file
        integer :: f, part, parts

        if (status /= gwparam_ok) return
        part = 0
        parts = 1
        if (present(rank)) part = rank
        if (present(ranks)) parts = ranks
        if (part < 0 .or. part >= parts .or. path == "") then
            status = gwparam_err_argument
            message = "rank is " // text(part) // " of " // text(parts) // ", and path is '" &
                                         & // trim(path) // "', expected one from 0 and a path"
            return
        end if
        call file%create(part_path(path, part))
        call file%note("title", "gravity-wave drag: what a restart needs, in the columns of a rank")
        call file%note("format", format_number*1.0_dp)
        call file%note("part", part*1.0_dp)
        call file%note("parts", parts*1.0_dp)
        call file%note("alarm", state%alarm*1.0_dp)
        call file%note("days", state%days)
        call file%note("step", state%step)
        call file%note("date", state%date)
        call file%note("scheme", state%scheme)
        call file%note("artefact_sha256", state%artefact)
        call file%note("members", state%members)
        call file%note("draws", real(state%draws, dp))
        call file%note("carries", merge(1.0_dp, 0.0_dp, state%carries))
        call file%note("runs", real(state%counters%runs, dp))
        call file%note("columns", real(state%counters%columns, dp))
        call file%note("guarded_columns", real(state%counters%guarded_columns, dp))
        call file%note("member", real(state%counters%member, dp))
        call file%put("lon", reshape(state%longitude, [size(state%longitude), 1]), "degrees_east")
        call file%put("lat", reshape(state%latitude, [size(state%latitude), 1]), "degrees_north")
        do f = 1, state%n_saved()
            call file%put(trim(state%fields(f)%name), state%fields(f)%values)
        end do
        call file%finish()
        status = file%status
        message = file%message

    end subroutine write_state

    subroutine read_state(path, state, status, message)

        !! Fill in the columns of a state from all files; does nothing if `status` is a failure.
        character(len=*), intent(in) :: path
        type(gwparam_coupling_state_t), intent(inout) :: state
        integer, intent(inout) :: status
        character(len=*), intent(inout) :: message

        type(netcdf_file_t) :: file
        logical, allocatable :: covered(:)
        logical :: exists
        integer :: part, parts

        if (status /= gwparam_ok) return
        allocate (covered(size(state%latitude)), source=.false.)
        state%carries = .true.
        state%counters = gwparam_statistics_t()
        parts = 1
        part = 0
        do while (part < parts .and. file%status == gwparam_ok)
            inquire (file=part_path(path, part), exist=exists)
            if (exists) then
                call file%open (part_path(path, part))
                if (file%is_open) call read_part(file, part, parts, state, covered)
                call file%close ("read")
            else
                if (part == 0) call file%give_up("there is no restart file " // part_path(path, &
                    & part))
                if (part > 0) call file%give_up(part_path(path, &
                    & part) // " is missing: the restart was written " // "in " // text(parts) &
                    & // " parts")
            end if
            part = part + 1
        end do
        if (.not. all(covered)) then
            associate (c => findloc(covered, .false., 1))
                if (file%status == gwparam_ok) write (message, "(3a, 2(a, f0.4))") "no part of ", &
                    & trim(path), " holds the cell", " at latitude ", state%latitude(c), &
                    & ", longitude ", state%longitude(c)
                call file%give_up(message)
            end associate
        end if
        status = file%status
        message = file%message

    end subroutine read_state

    subroutine read_part(file, part, parts, state, covered)

        !! Copy the columns that one file has, and check that it belongs to the others.
        type(netcdf_file_t), intent(inout) :: file
        integer, intent(in) :: part !! From 0
        integer, intent(inout) :: parts !! Their number, of the first
        type(gwparam_coupling_state_t), intent(inout) :: state
        logical, intent(inout) :: covered(:)

        integer, allocatable :: place(:)
        real(dp), allocatable :: latitude(:,:), longitude(:,:)
        integer :: f
        character(len=64) :: artefact, members
        character(len=256) :: scheme
        character(len=40) :: date
        real(dp) :: alarm, carries, days, draws, found_format, its_part, its_parts, member

        ! The drop-in of 0.1 wrote no such number.

        found_format = 2.0_dp
        if (nf90_get_att(file%id, NF90_GLOBAL, "format", &
            & found_format) /= NF90_NOERR) found_format = 2.0_dp
        if (nint(found_format) /= format_number) then
            call file%give_up(file%path // " has restart format " // text(nint(found_format)) &
                              & // ", expected " // text(format_number))
            return
        end if
        alarm = file%number("alarm")
        carries = file%number("carries")
        days = file%number("days")
        call file%words("date", date)
        call file%words("scheme", scheme)
        call file%words("artefact_sha256", artefact)
        members = merge("mean", "    ", artefact /= "")
        draws = 0.0_dp
        member = 0.0_dp
        ! Files of 0.2 have none of it: there was one network.
        if (nf90_inquire_attribute(file%id, NF90_GLOBAL, "members") == NF90_NOERR) then
            call file%words("members", members)
            draws = file%number("draws")
            member = file%number("member")
        end if
        its_part = file%number("part")
        its_parts = file%number("parts")
        if (part == 0) then
            parts = nint(its_parts)
            state%alarm = nint(alarm)
            state%days = days
            state%step = file%number("step")
            state%date = date
            state%scheme = scheme
            state%artefact = artefact
            state%members = members
            state%draws = nint(draws, kind(state%draws))
        end if
        if (any(nint([alarm, its_parts, its_part]) /= [state%alarm, parts, &
            & part]) .or. abs(days - state%days) > 0.0_dp .or. date /= state%date &
            & .or. scheme /= state%scheme .or. artefact /= state%artefact &
            & .or. members /= state%members .or. nint(draws, kind(state%draws)) /= state%draws) then
            call file%give_up(file%path // " is of another run than the first part")
        end if
        state%carries = state%carries .and. nint(carries) == 1
        associate (c => state%counters)
            c%runs = nint(file%number("runs"), kind(c%runs))
            c%member = nint(member)
            c%columns = c%columns + nint(file%number("columns"), kind(c%columns))
            c%guarded_columns = c%guarded_columns + nint(file%number("guarded_columns"), &
                & kind(c%guarded_columns))
        end associate
        call get_field(file, "lat", latitude)
        call get_field(file, "lon", longitude)
        if (file%status /= gwparam_ok) return
        place = places_in(latitude(:,1), longitude(:,1), state)
        if (all(place == 0)) return
        covered = covered .or. place > 0
        do f = 1, state%n_saved()
            call copy_field(file, trim(state%fields(f)%name), place, state%fields(f)%values)
        end do

    end subroutine read_part

    function places_in(latitude, longitude, state) result(place)

        !! Where each column of the state is among those of a file, 0 if nowhere; longitudes may
        !! differ by a turn.
        real(dp), intent(in) :: latitude(:), longitude(:) !! Of the file [degrees]
        type(gwparam_coupling_state_t), intent(in) :: state
        integer :: place(size(state%latitude))

        real(dp), parameter :: tolerance = 1.0e-5_dp !! [degrees]
        integer :: bin, c, found, next(size(latitude))
        integer :: last(0:size(latitude) + 1) !! Of the file's columns in a bin of latitude

        ! Bins are chains from their last column, so that no column is compared with all.

        last = 0
        do c = 1, size(latitude)
            bin = bin_of(latitude(c))
            next(c) = last(bin)
            last(bin) = c
        end do
        place = 0
        do c = 1, size(place)
            do bin = bin_of(state%latitude(c) - tolerance), bin_of(state%latitude(c) + tolerance)
                found = last(bin)
                do while (found > 0 .and. place(c) == 0)
                    if (is_near(latitude(found), &
                        & state%latitude(c)) .and. is_near(longitude(found), &
                        & state%longitude(c))) place(c) = found
                    found = next(found)
                end do
            end do
        end do

    contains

        elemental integer function bin_of(degrees_north)

            real(dp), intent(in) :: degrees_north

            bin_of = floor((degrees_north + 90.0_dp)/180.0_dp*size(latitude))
            bin_of = min(max(bin_of, 0), size(latitude) + 1)

        end function bin_of

        elemental logical function is_near(one, other)

            real(dp), intent(in) :: one, other !! [degrees]

            is_near = abs(modulo(one - other + 180.0_dp, 360.0_dp) - 180.0_dp) < tolerance

        end function is_near

    end function places_in

    subroutine copy_field(file, name, place, values)

        !! The columns of a field that a file has.
        type(netcdf_file_t), intent(inout) :: file
        character(len=*), intent(in) :: name
        integer, intent(in) :: place(:) !! In the file, 0: not there (column)
        real(dp), intent(inout) :: values(:,:) !! (column, level)

        real(dp), allocatable :: found(:,:)
        integer :: c

        call get_field(file, name, found)
        if (file%status /= gwparam_ok) return
        if (size(found, 2) /= size(values, 2)) then
            call file%give_up(file%path // " has " // name // " on " // text(size(found, &
                              & 2)) // " levels, expected " // text(size(values, 2)))
            file%status = gwparam_err_shape
            return
        end if
        do c = 1, size(place)
            if (place(c) > 0) values(c,:) = found(place(c),:)
        end do

    end subroutine copy_field

    subroutine get_field(file, name, values)

        !! A whole variable (column) or (column, level).
        type(netcdf_file_t), intent(inout) :: file
        character(len=*), intent(in) :: name
        real(dp), allocatable, intent(out) :: values(:,:)

        integer :: d, dimids(2), extents(2), ndims, varid

        extents = 1
        dimids = 0
        ndims = 0
        call file%check(nf90_inq_varid(file%id, name, varid), "read")
        if (file%status == gwparam_ok) call file%check(nf90_inquire_variable(file%id, varid, &
            & ndims=ndims), "read")
        if (ndims > 2) call file%give_up(file%path // " has " // name // " in " // text(ndims) &
            & // " dimensions, expected at most 2")
        if (file%status == gwparam_ok) call file%check(nf90_inquire_variable(file%id, varid, &
            & dimids=dimids(:ndims)), "read")
        do d = 1, merge(ndims, 0, file%status == gwparam_ok)
            call file%check(nf90_inquire_dimension(file%id, dimids(d), len=extents(d)), "read")
        end do
        allocate (values(extents(1), extents(2)), source=0.0_dp)
        if (file%status /= gwparam_ok) return
        if (ndims == 1) then
            call file%check(nf90_get_var(file%id, varid, values(:,1)), "read")
        else
            call file%check(nf90_get_var(file%id, varid, values), "read")
        end if

    end subroutine get_field

end module gwparam_restart_state
