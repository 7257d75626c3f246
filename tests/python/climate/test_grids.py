import numpy as np
import pytest

from gwparam.climate.grids import Place, Rows, find_place, interpolate
from gwparam.errors import ContractError

PRESSURE = np.array([100.0, 1e3, 1e4, 1e5])
LATITUDE = np.array([-80.0, -20.0, 10.0, 70.0])


def test_rows_are_the_means_of_their_columns_from_south_to_north():
    rows = Rows(np.array([30.0, -40.0, 30.00001, -40.0, 0.0]))
    field = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [6.0, 60.0], [7.0, 70.0]])

    found = rows.mean(field)

    np.testing.assert_allclose(rows.latitude, [-40.0, 0.0, 30.0])
    np.testing.assert_array_equal(found, [[4.0, 7.0, 2.0], [40.0, 70.0, 20.0]])


@pytest.mark.parametrize(("known", "is_there"), [(9, True), (8, False), (0, False)])
def test_nine_tenths_of_the_columns_make_a_mean(known, is_there):
    longitude = np.arange(10.0) * 36.0
    rows = Rows(np.repeat([-40.0, 30.0], 10), np.tile(longitude, 2))
    field = np.full((20, 1), 3.0)
    field[known:10] = np.nan

    np.testing.assert_array_equal(rows.mean(field), [[3.0 if is_there else np.nan, 3]])


def scattered(columns):
    """Columns evenly over the sphere, no two at one latitude."""
    k = np.arange(columns) + 0.5
    north = np.rad2deg(np.arcsin(1.0 - 2.0 * k / columns))
    return north, np.mod(k * 137.50776405, 360.0)


def tilted():
    """Rows and columns around a pole that lies elsewhere, as on curvilinear grids."""
    north, east = np.meshgrid(np.arange(-88.0, 90.0, 4.0), np.arange(0.0, 360.0, 4.0))
    north, east = np.deg2rad(north.ravel()), np.deg2rad(east.ravel())
    x, y, z = np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)
    x, z = 0.8 * x + 0.6 * z, 0.8 * z - 0.6 * x
    return np.rad2deg(np.arcsin(z)), np.mod(np.rad2deg(np.arctan2(y, x)), 360.0)


@pytest.mark.parametrize(
    "columns",
    [scattered(1200), scattered(20480), tilted()],
    ids=["coarse", "fine", "tilted"],
)
def test_columns_of_other_grids_make_bands_around_the_globe(columns):
    """A wave is not seen in a zonal mean, and a row holds a whole circle."""
    north, east = columns
    rows = Rows(north, east)
    mean = 20.0 * np.cos(np.deg2rad(north))
    wave = 40.0 * np.cos(np.deg2rad(north)) * np.cos(np.deg2rad(east) - 0.3)

    found = rows.mean((mean + wave)[:, None])[0]

    assert rows.latitude.size >= 12
    np.testing.assert_allclose(
        found, 20.0 * np.cos(np.deg2rad(rows.latitude)), atol=1.5
    )


def test_rows_of_a_reduced_grid_stay_as_they_are():
    """Each latitude has longitudes of its own, and a pole has one."""
    sizes = {-90.0: 1, -70.0: 8, -30.0: 16, 0.0: 20, 45.0: 12}
    north = np.repeat(list(sizes), list(sizes.values()))
    east = np.concatenate([np.arange(n) * 360.0 / n for n in sizes.values()])

    np.testing.assert_array_equal(Rows(north, east).latitude, list(sizes))


def test_a_place_between_two_levels_is_by_a_straight_line():
    place = find_place(LATITUDE, -5.0)

    assert place == Place(1, 2, 0.5)
    np.testing.assert_array_equal(place.of(np.arange(4.0) ** 2), 2.5)


@pytest.mark.parametrize("wanted", [-80.0, 10.0, 10.01, 70.0])
def test_a_place_on_a_level_is_that_level(wanted):
    """What is missing beside it does not matter, nor single precision."""
    place = find_place(LATITUDE, wanted)

    at = int(np.abs(LATITUDE - wanted).argmin())
    values = np.where(np.arange(4) == at, 3.0, np.nan)
    assert place.of(values) == 3.0


@pytest.mark.parametrize("wanted", [-81.0, 71.0])
def test_there_is_no_place_beyond_the_ends(wanted):
    assert find_place(LATITUDE, wanted) is None


def test_one_level_is_a_place_of_its_own():
    assert find_place(np.array([np.log(1e3)]), float(np.log(1000.5))) is not None
    assert find_place(np.array([np.log(1e3)]), float(np.log(5e3))) is None


def test_fields_are_linear_in_latitude_and_in_the_logarithm_of_pressure():
    def field(pressure, latitude):
        return np.stack([2.0 * np.log(pressure)[:, None] - 0.1 * latitude] * 3)

    pressure, latitude = np.array([50.0, 250.0, 1e4, 8e4]), np.array([-85.0, 0.0, 70.0])

    found = interpolate(
        field(PRESSURE, LATITUDE), (PRESSURE, LATITUDE), (pressure, latitude)
    )

    expected = field(pressure, latitude)
    expected[:, 0] = np.nan
    expected[:, :, 0] = np.nan
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def grid(latitude, longitude):
    return (x.ravel() for x in np.meshgrid(latitude, longitude, indexing="ij"))


@pytest.mark.parametrize(
    "longitude",
    [[0.0], np.arange(0.0, 360.0, 45.0), np.arange(-180.0, 180.0, 30.0)],
)
def test_a_whole_circle_has_a_zonal_mean(longitude):
    rows = Rows(*grid(LATITUDE, longitude))

    np.testing.assert_array_equal(rows.latitude, LATITUDE)


@pytest.mark.parametrize(
    "part",
    [
        grid(np.arange(-88.0, 89.0, 4.0), np.arange(0.0, 90.0, 5.0)),
        grid(np.arange(60.0, 90.0, 1.0), np.arange(0.0, 341.0, 1.0)),
        grid([-5.0, 0.0, 5.0], [0.0, 90.0, 180.0]),
        (x[scattered(5000)[1] < 250.0] for x in scattered(5000)),
    ],
)
def test_a_part_of_a_circle_has_none(part):
    with pytest.raises(ContractError, match=r"have a gap of .* of longitude, expected"):
        Rows(*part)
