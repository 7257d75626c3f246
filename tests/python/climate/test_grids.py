import numpy as np
import pytest

from gwparam.climate.grids import Place, Rows, check_circle, find_place, interpolate
from gwparam.errors import ContractError

PRESSURE = np.array([100.0, 1e3, 1e4, 1e5])
LATITUDE = np.array([-80.0, -20.0, 10.0, 70.0])


def test_rows_are_the_means_of_their_columns_from_south_to_north():
    rows = Rows(np.array([30.0, -40.0, 30.00001, -40.0, 0.0]))
    field = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [6.0, 60.0], [7.0, 70.0]])

    found = rows.mean(field)

    np.testing.assert_allclose(rows.latitude, [-40.0, 0.0, 30.0])
    np.testing.assert_array_equal(found, [[4.0, 7.0, 2.0], [40.0, 70.0, 20.0]])


def test_missing_columns_do_not_count():
    rows = Rows(np.array([30.0, -40.0, 30.0, -40.0]))
    field = np.array([[1.0], [np.nan], [np.nan], [np.nan]])

    np.testing.assert_array_equal(rows.mean(field), [[np.nan, 1.0]])


def test_scattered_columns_are_in_rows_of_a_degree():
    latitude = np.linspace(-30.5 + 1e-3, 30.5 - 1e-3, 3000)
    rows = Rows(latitude)

    np.testing.assert_array_equal(rows.latitude, np.arange(-30.0, 31.0))
    np.testing.assert_allclose(
        rows.mean(latitude[:, None])[0], rows.latitude, atol=0.02
    )


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


@pytest.mark.parametrize(
    "longitude",
    [None, [0.0], np.arange(0.0, 360.0, 45.0), np.arange(-180.0, 180.0, 30.0)],
)
def test_a_whole_circle_has_a_zonal_mean(longitude):
    check_circle(None if longitude is None else np.array(longitude), "x.nc")


def test_a_part_of_a_circle_has_none():
    with pytest.raises(ContractError, match=r"x\.nc has longitudes 0 to 85 with a gap"):
        check_circle(np.arange(0.0, 90.0, 5.0), "x.nc")
