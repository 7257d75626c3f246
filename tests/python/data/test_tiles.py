import numpy as np
import pytest
import xarray as xr
from wind_states import NLAT, NLON, NTIME, open_file, wind, wind_states

from gwparam.errors import ArgumentError, ContractError

# Tiles of 1 and 3 rows by 4 and 2 columns, no two alike in both extents.
LAT, LON = ((0, 1), (1, 4)), ((0, 4), (4, 6))


def decomposed(dataset, **ranges):
    """Say as FMS does which part of a dimension this is, counted from 1."""
    for dim, (begin, end) in ranges.items():
        size = {"lat": NLAT, "lon": NLON}[dim]
        dataset[dim].attrs["domain_decomposition"] = np.array([1, size, begin + 1, end])
    return dataset


def tiles(whole, lat=LAT, lon=LON, say=False):
    parts = [(rows, columns) for rows in lat for columns in lon]
    return [
        decomposed(
            whole.isel(lat=slice(*rows), lon=slice(*columns)),
            **({"lat": rows, "lon": columns} if say else {}),
        )
        for rows, columns in parts
    ]


@pytest.fixture
def write_tiles(write):
    """Write tiles as FMS names them; their paths."""

    def write_files(datasets, stem="atmos.nc"):
        return [write(part, f"{stem}.{n:04d}") for n, part in enumerate(datasets)]

    return write_files


def check_globe(states, flip=False):
    assert len(states) == NTIME
    assert states.horizontal == (NLAT, NLON)
    for time in range(NTIME):
        expected = wind(500)[time].transpose(1, 2, 0)
        found = states.read(time)
        np.testing.assert_array_equal(
            found["northward_wind"], expected[::-1] if flip else expected
        )
    latitude, longitude = states.coordinates(0)
    rows = wind_states().lat.values
    np.testing.assert_array_equal(latitude[:, 0], rows[::-1] if flip else rows)
    np.testing.assert_array_equal(longitude[0], wind_states().lon.values)


@pytest.mark.parametrize("say", [False, True])
@pytest.mark.parametrize(
    ("lat", "lon"), [(LAT, ((0, 6),)), (((0, 4),), LON), (LAT, LON)]
)
def test_tiles_are_one_globe(write_tiles, lat, lon, say):
    paths = write_tiles(tiles(wind_states(), lat, lon, say))

    with open_file(*paths) as states:
        check_globe(states)
        assert "domain_decomposition" not in states.dataset.lat.attrs
        assert states.first_path.endswith(f"({len(paths)} tiles)")


@pytest.mark.parametrize("seed", range(3))
def test_order_of_the_tiles_does_not_matter(write_tiles, seed):
    paths = write_tiles(tiles(wind_states()))

    with open_file(*np.random.default_rng(seed).permutation(paths)) as states:
        check_globe(states)


def test_rows_from_north_to_south_stay_so(write_tiles):
    with open_file(
        *write_tiles(tiles(wind_states().isel(lat=slice(None, None, -1))))
    ) as states:
        check_globe(states, flip=True)


def test_tiles_of_single_rows_run_from_south_to_north(write_tiles):
    rows = tuple((n, n + 1) for n in range(NLAT))

    with open_file(*write_tiles(tiles(wind_states(), rows, ((0, 6),)))) as states:
        check_globe(states)


def test_tiles_of_several_runs_come_one_after_the_other(write_tiles):
    later = write_tiles(tiles(wind_states().isel(time=[1, 2])), "feb.nc")
    early = write_tiles(tiles(wind_states().isel(time=[0])), "jan.nc")

    with open_file(*later, *early) as states:
        check_globe(states)


def test_tiles_may_follow_a_whole_file_in_another_order(write, write_tiles):
    flipped = wind_states().isel(time=[1, 2], lat=slice(None, None, -1))
    later = write_tiles(tiles(flipped))

    with open_file(write(wind_states().isel(time=[0]), "jan.nc"), *later) as states:
        check_globe(states)


def test_tiles_without_a_time_are_told_by_their_names(write_tiles):
    still = wind_states().isel(time=1, drop=True)

    with open_file(*write_tiles(tiles(still))) as states:
        assert len(states) == 1
        np.testing.assert_array_equal(
            states.read(0)["eastward_wind"], wind(0)[1].transpose(1, 2, 0)
        )


def test_edges_of_cells_are_left_out(write_tiles):
    parts = tiles(wind_states(), lon=((0, 6),))
    for part, edges in zip(
        parts, ([-80.0, -40.0], [-40.0, 0.0, 40.0, 80.0]), strict=True
    ):
        part["latb"] = ("latb", edges, {"units": "degrees_N"})

    with open_file(*write_tiles(parts)) as states:
        check_globe(states)
        assert "latb" not in states.dataset


@pytest.mark.parametrize("missing", range(4))
def test_missing_tile_is_refused(write_tiles, missing):
    paths = write_tiles(tiles(wind_states()))
    del paths[missing]

    with pytest.raises(ContractError, match=r"are 3 of the 4 parts of one grid"):
        open_file(*paths)


@pytest.mark.parametrize("kept", [[0], [0, 1], [2, 3], [0, 2]])
def test_tiles_that_say_they_are_parts_must_all_be_there(write_tiles, kept):
    paths = write_tiles(tiles(wind_states(), say=True))

    with pytest.raises(ContractError, match=r"expected all tiles of the run"):
        open_file(*(paths[n] for n in kept))


def test_file_of_all_rows_may_say_so(write):
    whole = decomposed(wind_states(), lat=(0, 4), lon=(0, 6))

    with open_file(write(whole)) as states:
        check_globe(states)


def test_tiles_that_overlap_are_refused(write_tiles):
    paths = write_tiles(tiles(wind_states(), ((0, 3), (2, 4)), ((0, 6),)))

    with pytest.raises(
        ArgumentError, match=r"0000 and .*0001 overlap at 2000-01-01 12"
    ):
        open_file(*paths)


def strided(whole, **strides):
    """Every n-th row or column of a globe is in one tile."""
    parts = [whole]
    for dim, n in strides.items():
        parts = [p.isel({dim: slice(k, None, n)}) for p in parts for k in range(n)]
    return parts


@pytest.mark.parametrize("say", [False, True])
@pytest.mark.parametrize(
    "strides",
    [{"lon": 2}, {"lon": 3}, {"lat": 2}, {"lat": 2, "lon": 3}, {"lat": 4}, {"lon": 6}],
)
def test_tiles_that_take_turns_are_one_globe(write_tiles, strides, say):
    parts = strided(wind_states(), **strides)
    if say:
        parts = [decomposed(p, lat=(0, NLAT), lon=(0, NLON)) for p in parts]

    with open_file(*write_tiles(parts)[::-1]) as states:
        check_globe(states)


def test_tiles_that_take_turns_from_north_to_south_stay_so(write_tiles):
    flipped = wind_states().isel(lat=slice(None, None, -1))

    with open_file(*write_tiles(strided(flipped, lat=2, lon=2))) as states:
        check_globe(states, flip=True)


def test_tiles_of_pairs_of_columns_are_one_globe(write_tiles):
    """As a cyclic decomposition gives them."""
    whole = wind_states()

    with open_file(
        *write_tiles([whole.isel(lon=[0, 1, 4, 5]), whole.isel(lon=[2, 3])])
    ) as states:
        check_globe(states)


def test_tiles_may_lie_beside_each_other_and_take_turns(write_tiles):
    south, north = tiles(wind_states(), ((0, 1), (1, 4)), ((0, 6),))
    parts = [*strided(south, lon=2), *strided(north, lon=2)]

    with open_file(*write_tiles(parts)) as states:
        check_globe(states)


@pytest.mark.parametrize("missing", [1, 2, 4])
def test_a_missing_tile_of_those_that_take_turns_is_refused(write_tiles, missing):
    paths = write_tiles(strided(wind_states(), lat=2, lon=3))
    del paths[missing]

    with pytest.raises(ContractError, match=r"are 5 of the 6 parts of one grid"):
        open_file(*paths)


@pytest.mark.parametrize("turns", [True, False])
def test_a_number_that_is_absent_is_refused_where_the_others_fill_a_grid(
    write_tiles, turns
):
    whole = wind_states()
    if turns:
        parts = strided(whole, lon=6)
    else:
        parts = tiles(whole, ((0, 4),), ((0, 2), (2, 4), (4, 6)))
    paths = write_tiles(parts)
    del paths[1::2]

    with pytest.raises(ContractError, match=r"number 0001 is absent"):
        open_file(*paths)


def test_uneven_turns_are_refused_by_name(write_tiles):
    whole = wind_states()
    whole["lon"] = whole.lon.copy(data=[0.0, 30.0, 120.0, 150.0, 240.0, 270.0])

    with pytest.raises(ContractError, match=r"0001 has .*0000 .* in even steps"):
        open_file(*write_tiles(strided(whole, lon=2)))


def test_turns_without_numbers_in_the_names_are_no_tiles(write):
    west, east = strided(wind_states(), lon=2)

    with pytest.raises(ContractError, match=r"b.nc has .* expected the same places"):
        open_file(write(west, "a.nc"), write(east, "b.nc"))


def test_rows_between_rows_are_no_tiles(write):
    whole = wind_states()
    between = whole.assign_coords(lat=whole.lat.copy(data=whole.lat + 20.0))

    with pytest.raises(
        ContractError, match=r"b.nc has .* at the same times, expected the same places"
    ):
        open_file(write(whole, "a.nc"), write(between, "b.nc"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.assign_coords(lev=d.lev * 2.0), r"lev in .*0001 is not that of"),
        (
            lambda d: d.assign(ps=d.ps.assign_attrs(units="hPa")),
            r"ps in .*0001 is .*hPa",
        ),
        (lambda d: d.transpose("lat", ...), r"u in .*0001 is \('lat', 'time', 'lev'"),
    ],
)
def test_tiles_that_differ_in_more_are_refused(write_tiles, change, message):
    first, second = tiles(wind_states(), lon=((0, 6),))
    with xr.set_options(keep_attrs=True):
        second = change(second)

    with pytest.raises(ContractError, match=message):
        open_file(*write_tiles([first, second]))


def test_columns_of_an_unstructured_grid_are_no_tiles(write_tiles):
    columns = wind_states().stack(ncol=("lat", "lon")).reset_index("ncol")
    parts = [columns.isel(ncol=slice(10)), columns.isel(ncol=slice(10, 24))]

    with pytest.raises(ContractError, match=r"has other columns than .* same times"):
        open_file(*write_tiles(parts))


@pytest.mark.parametrize("value", ["abcd", 5, [1, 4, 1], ["1", "4", "a", "b"]])
def test_decomposition_that_is_no_four_numbers_is_refused(dataset, write, value):
    dataset.lat.attrs["domain_decomposition"] = value

    with pytest.raises(
        ContractError, match=r"domain_decomposition of lat in .* 4 numb"
    ):
        open_file(write(dataset))
