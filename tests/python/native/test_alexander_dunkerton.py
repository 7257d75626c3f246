"""The native scheme against MiMA, and how it takes arguments."""

from dataclasses import fields, replace

import netCDF4
import numpy as np
import pytest

from gwparam.errors import ArgumentError, NonFiniteError, ShapeError
from gwparam.native import (
    MIMA_SETTINGS,
    AlexanderDunkerton,
    AlexanderDunkertonSettings,
    Fate,
)

# Float64 round-off gives 1e-15 whatever the compiler does; one wave that ends elsewhere
# gives 1e-3 of a column's maximum.
RMS = 1e-12
COLUMN = 1e-9


def relative_errors(found, expected):
    """Rms error over rms, and each column's largest error over its maximum."""
    rms = np.sqrt(np.sum((found - expected) ** 2) / np.sum(expected**2))
    column = np.abs(found - expected).max(axis=1) / np.abs(expected).max(axis=1)
    return rms, column


def test_setup_is_that_of_mima(mima, reference_data):
    columns, _, _ = mima
    scheme = columns.scheme(MIMA_SETTINGS)
    path = reference_data / "mima" / "mima_t42l40_ad99_onestep_f64.nc"
    with netCDF4.Dataset(path) as file:
        np.testing.assert_array_equal(scheme.source_level, file["source_level"][:])
        np.testing.assert_array_equal(scheme.damp_level, file["damp_level"][:])
        np.testing.assert_array_equal(scheme.source_amplitude, file["source_amp"][:])


def test_drag_is_that_of_mima(mima):
    columns, eastward, northward = mima
    drag = columns.scheme(MIMA_SETTINGS).drag(*columns.state())
    for found, expected in (drag.eastward, eastward), (drag.northward, northward):
        rms, column = relative_errors(found, expected)
        assert rms < RMS
        assert column.max() < COLUMN


def test_drag_of_rounded_states_is_that_of_mima_in_nearly_all_columns(rounded_mima):
    columns, eastward, northward = rounded_mima
    drag = columns.scheme(MIMA_SETTINGS).drag(*columns.state())
    for found, expected in (drag.eastward, eastward), (drag.northward, northward):
        rms, column = relative_errors(found, expected)
        # Rounding to single precision moves a few waves by a level, in one column by a
        # quarter of its maximum.
        assert rms < 1e-3
        assert np.count_nonzero(column > 1e-3) <= 10
        assert np.count_nonzero(column > 1e-2) <= 2


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(MIMA_SETTINGS, id="mima"),
        pytest.param(AlexanderDunkertonSettings(bt_eq=0.004), id="defaults"),
        pytest.param(
            replace(MIMA_SETTINGS, nk=2, bn=0.3, kelvin_kludge=1.5, dc=1.7), id="waves"
        ),
        pytest.param(
            replace(
                MIMA_SETTINGS,
                mass_weighted_lid=True,
                mass_weighted_levels=True,
                launch_full_stress=True,
                deposit_reflected=True,
                use_top_weights=True,
            ),
            id="switches",
        ),
    ],
)
def test_fast_code_is_the_reference_to_rounding(mima, settings):
    columns, _, _ = mima
    scheme = columns.scheme(settings)
    drag = scheme.drag(*columns.state())
    reference = scheme.drag(*columns.state(), by_reference=True)
    for field in fields(drag):
        found, expected = getattr(drag, field.name), getattr(reference, field.name)
        rms, column = relative_errors(found, expected)
        assert rms < RMS, field.name
        # A wave that breaks a level off.
        assert np.count_nonzero(column > COLUMN) <= 2, field.name


def test_columns_have_the_same_bits_in_any_company(mima):
    columns, _, _ = mima
    scheme = columns.scheme(MIMA_SETTINGS)
    row, *state = columns.state()
    whole = scheme.drag(row, *state)
    random = np.random.default_rng(0)
    for n in (1, 2, 7, 8, 9, 100):
        some = random.choice(row.size, n, replace=False)
        part = scheme.drag(row[some], *(field[some] for field in state))
        for field in fields(part):
            np.testing.assert_array_equal(
                getattr(part, field.name), getattr(whole, field.name)[some]
            )


@pytest.fixture
def worked_example(mima):
    """Column at 37.673 S, 326.25 E."""
    columns, _, _ = mima
    i = 18 * 128 + 116
    column = columns.scheme(MIMA_SETTINGS).diagnose(
        18,
        columns.latitude[i],
        columns.pressure[i],
        columns.height[i],
        columns.temperature[i],
        columns.eastward_wind[i],
    )
    return i, column


def test_state_of_worked_example(worked_example):
    _, column = worked_example
    assert column.source_level == 32
    assert not column.tropical
    assert column.source_amplitude == 0.0043
    expected = {
        ("wind", 32): 51.791202793169,
        ("wind", 0): -12.390851941014,
        ("density", 32): 0.56073337416893,
        ("density", 1): 2.93998131235e-4,
        ("density", 0): 1.21184492761e-4,
        ("density", 26): 0.2353071207554,
        ("buoyancy_frequency", 32): 1.25193795927e-2,
        ("buoyancy_frequency", 1): 8.15570795654e-3,
        ("buoyancy_frequency", 0): 8.15570795654e-3,
        ("buoyancy_frequency", 26): 2.348512813778e-2,
        ("height", 0): 67469.3041944,
        ("layer_depth", 0): 7352.43773306,
        ("layer_depth", 26): 1080.66997218,
    }
    for (name, level), value in expected.items():
        assert getattr(column, name)[level] == pytest.approx(value, rel=1e-11), name
    depth = -column.layer_depth[26] / np.log(column.density[26] / column.density[27])
    assert depth == pytest.approx(5761.36350325, rel=1e-11)
    assert column.breaking_threshold[26, 0] == pytest.approx(1.871174748901e-4)
    assert column.breaking_threshold[32, 0] == pytest.approx(8.364612187408e-4)
    assert column.reflection_frequency[26, 0] == pytest.approx(5.509530069041e-3)
    assert column.reflection_frequency[32, 0] == pytest.approx(4.211588925055e-3)


@pytest.mark.parametrize(
    ("n", "speed", "source", "fate", "level"),
    [
        (41, -51.6, -9.444439975e-4, Fate.REFLECTED, 29),
        (57, -32.4, -7.248106977e-3, Fate.BREAKING, 3),
        (109, 30.0, -0.3057520189, Fate.BREAKING, 26),
        (119, 42.0, -0.3788799228, Fate.CRITICAL, 26),
        (127, 51.6, -0.3999917257, Fate.BREAKING, 32),
        (134, 60.0, 0.3850357398, Fate.CRITICAL, 31),
        (144, 72.0, 0.3174690457, Fate.BREAKING, 30),
        (154, 84.0, 0.2223970197, Fate.LID, 0),
    ],
)
def test_wave_of_worked_example(worked_example, n, speed, source, fate, level):
    _, column = worked_example
    assert column.phase_speed[n - 1] == pytest.approx(speed, rel=1e-14)
    assert column.source[n - 1] == pytest.approx(source, rel=1e-9)
    assert column.fate[n - 1, 0] == fate
    assert column.fate_level[n - 1, 0] == level


def test_sums_of_worked_example(worked_example):
    _, column = worked_example
    assert column.source_sum[0] == pytest.approx(23.5534765645066, rel=1e-13)
    assert column.intermittency[0] == pytest.approx(3.25579484090e-4, rel=1e-11)
    for level, value in (26, -4.18237477438), (31, 3.58299375901), (0, 2.24422164229):
        assert column.deposited[level, 0] == pytest.approx(value, rel=1e-11)
    launched = column.fate_level[:, 0] < 32
    counts = {
        fate: np.count_nonzero((column.fate[:, 0] == fate) & launched) for fate in Fate
    }
    assert counts == {
        Fate.LID: 26,
        Fate.BREAKING: 78,
        Fate.CRITICAL: 6,
        Fate.REFLECTED: 44,
        Fate.STAGNANT: 0,
    }
    lid = np.flatnonzero(column.fate[:, 0] == Fate.LID) + 1
    np.testing.assert_array_equal(lid, [*range(45, 57), *range(154, 168)])


def test_drag_of_worked_example(mima, worked_example):
    columns, _, _ = mima
    i, _ = worked_example
    drag = columns.scheme(MIMA_SETTINGS).drag(*columns.state())
    expected = {
        1: 9.840808097497e-5,
        2: 9.840808097497e-5,
        3: 9.777475572481e-5,
        13: -4.238031634752e-7,
        26: -2.086821421575e-6,
        31: 9.100937338147e-7,
        32: 5.843110955833e-7,
    }
    for level, value in expected.items():
        assert drag.eastward[i, level - 1] == pytest.approx(value, rel=1e-11)
    assert drag.eastward[i, 5] == 0.0
    assert not drag.eastward[i, 32:].any()
    diffusion = {
        1: 156.30371269,
        13: 1.0590850402e-2,
        26: 1.9408208529e-2,
        32: 3.3350542833e-3,
    }
    for level, value in diffusion.items():
        found = drag.eastward_diffusion[i, level - 1]
        assert found == pytest.approx(value, rel=1e-9)
    assert not drag.eastward_diffusion[i, 32:].any()


def test_defaults_are_those_of_the_fortran_type():
    from gwparam.native._wrapper import alexander_dunkerton_setup

    fortran = alexander_dunkerton_setup.ad99_settings_t()
    for name, value in vars(AlexanderDunkertonSettings()).items():
        assert getattr(fortran, name) == value, name


def test_layout_and_precision_of_arguments_do_not_matter(random_columns):
    columns = random_columns
    scheme = columns.scheme(MIMA_SETTINGS)
    expected = scheme.drag(*columns.state())
    row, latitude, *profiles = columns.state()
    padded = [np.full((row.size, 3, 40), np.nan) for _ in profiles]
    for slot, profile in zip(padded, profiles, strict=True):
        slot[:, 1] = profile
    strided = scheme.drag(row, latitude, *(slot[:, 1] for slot in padded))
    fortran = scheme.drag(row, latitude, *(np.asfortranarray(p) for p in profiles))
    for found in strided, fortran:
        np.testing.assert_array_equal(found.eastward, expected.eastward)
        np.testing.assert_array_equal(found.northward, expected.northward)
    single = [profile.astype(np.float32) for profile in profiles]
    widened = [profile.astype(np.float64) for profile in single]
    np.testing.assert_array_equal(
        scheme.drag(row, latitude, *single).eastward,
        scheme.drag(row, latitude, *widened).eastward,
    )


def test_components_are_independent_and_alike(random_columns):
    columns = random_columns
    scheme = columns.scheme(MIMA_SETTINGS)
    drag = scheme.drag(*columns.state())
    *state, u, v = columns.state()
    swapped = scheme.drag(*state, v, u)
    np.testing.assert_array_equal(swapped.northward, drag.eastward)
    np.testing.assert_array_equal(swapped.eastward_diffusion, drag.northward_diffusion)


def test_opposite_wind_gives_opposite_drag(random_columns):
    columns = random_columns
    scheme = columns.scheme(MIMA_SETTINGS)
    drag = scheme.drag(*columns.state())
    *state, u, v = columns.state()
    opposite = scheme.drag(*state, -u, -v)
    scale = np.abs(drag.eastward).max()
    np.testing.assert_allclose(opposite.eastward, -drag.eastward, atol=1e-12 * scale)


def test_nothing_below_the_source_level_is_read(random_columns):
    columns = random_columns
    scheme = columns.scheme(MIMA_SETTINGS)
    expected = scheme.drag(*columns.state())
    row, latitude, *profiles = columns.state()
    level = np.arange(40)
    source = scheme.source_level[row][:, np.newaxis]
    state = [np.where(level > source, np.nan, p) for p in profiles[:3]]
    winds = [np.where(level > source - 1, np.nan, p) for p in profiles[3:]]
    found = scheme.drag(row, latitude, *state, *winds)
    np.testing.assert_array_equal(found.eastward, expected.eastward)
    np.testing.assert_array_equal(found.northward, expected.northward)


def test_stationary_wave_stays_at_the_source_of_an_atmosphere_at_rest(random_columns):
    columns = random_columns
    scheme = columns.scheme(MIMA_SETTINGS)
    profiles = (columns.pressure[0], columns.height[0], columns.temperature[0])
    column = scheme.diagnose(0, columns.latitude[0], *profiles, np.zeros(40))
    assert column.phase_speed[83] == 0.0
    assert column.fate[83, 0] == Fate.STAGNANT
    assert column.fate_level[83, 0] == column.source_level


@pytest.mark.parametrize(
    "changes",
    [
        {"flag": 1},
        {"bn": 0.3},
        {"flag": 1, "bn": 0.3, "cw": 20.0},
        {"nk": 3, "kelvin_kludge": 0.4},
        {"dc": 0.7, "cmax": 80.0},
    ],
)
def test_waves_end_where_a_direct_sweep_ends_them(random_columns, changes):
    columns = random_columns
    scheme = columns.scheme(replace(MIMA_SETTINGS, **changes))
    for i in range(0, columns.row.size, 7):
        column = scheme.diagnose(
            columns.row[i],
            columns.latitude[i],
            columns.pressure[i],
            columns.height[i],
            columns.temperature[i],
            columns.eastward_wind[i],
        )
        for j in range(column.fate.shape[1]):
            fate, level = direct_sweep(column, j)
            np.testing.assert_array_equal(column.fate[:, j], fate)
            np.testing.assert_array_equal(column.fate_level[:, j], level)


def direct_sweep(column, j):
    """Every wave at every level, in the order of tests of the published scheme."""
    wavenumber = 2 * np.pi / (30e3 * 10.0 ** (j + 1))
    s = column.source_level
    fate = np.zeros(column.source.size, int)
    level = np.zeros(column.source.size, int)
    for n, (c, b) in enumerate(zip(column.phase_speed, column.source, strict=True)):
        for k in range(s, -1, -1):
            e = c - column.wind[k]
            if e == 0:
                fate[n] = Fate.STAGNANT
            elif abs(e) * wavenumber - column.reflection_frequency[k, j] >= 0:
                fate[n] = Fate.REFLECTED
            elif k == 0:
                fate[n] = Fate.LID
            elif b / e**3 - column.breaking_threshold[k, j] >= 0:
                fate[n] = Fate.BREAKING
            elif (c - column.wind[s]) * e <= 0:
                fate[n] = Fate.CRITICAL
            else:
                continue
            level[n] = k
            break
    return fate, level


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nk": 0}, "nk is 0, expected 1 to 8"),
        ({"flag": 2}, "flag is 2, expected 0 or 1"),
        ({"dc": 0.0}, "dc is 0.00000, expected more than 0"),
        ({"cmax": np.inf}, "cmax is Inf, expected more than 0"),
        ({"cmax": 0.5}, "cmax is 0.500000 m s-1, expected 1 to 10000 times dc"),
        ({"bw": -1.0}, "bw is -1.00000, expected at least 0"),
        ({"bw": 0.0, "bn": 0.0}, "bw and bn are both 0"),
        ({"dphis": 5.0}, "-dphis is -5.00000, expected more than 0"),
        ({"bt_0": np.nan}, "bt_0, bt_eq, bt_nh or bt_sh is not finite"),
        (
            {"source_level_pressure": 101400.0},
            "source_level_pressure is 101400. Pa, expected less than",
        ),
        (
            {"damp_level_pressure": 40000.0, "source_level_pressure": 1000.0},
            "source level is 13, expected at least 14, the lowest level of the lid",
        ),
        (
            {
                "use_top_weights": True,
                "weighttop": 0.0,
                "weightminus1": 0.0,
                "weightminus2": 0.0,
            },
            "weighttop, weightminus1 and weightminus2 are all 0",
        ),
    ],
)
def test_settings_out_of_range_are_refused(random_columns, changes, message):
    with pytest.raises(ArgumentError) as caught:
        random_columns.scheme(replace(MIMA_SETTINGS, **changes))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("pressure", "latitude", "error", "message"),
    [
        ([1e3, 5e4], [0.0], ShapeError, "2 levels, expected at least 3"),
        ([1e3, 5e4, 9e4], [], ShapeError, "no rows, expected at least 1"),
        ([9e4, 5e4, 1e3], [0.0], ArgumentError, "expected top first"),
        ([0.0, 5e4, 9e4], [0.0], ArgumentError, "expected more than 0"),
        ([1e3, np.nan, 9e4], [0.0], NonFiniteError, "pressure is not finite"),
        ([1e3, 5e4, 9e4], [np.inf], NonFiniteError, "latitude is not finite"),
        ([1e3, 5e4, 9e4], [91.0], ArgumentError, "reaches 91.0000 degrees"),
        ([[1e3, 5e4, 9e4]], [0.0], ShapeError, "shape (1, 3), expected 1 dimension"),
    ],
)
def test_grids_out_of_range_are_refused(pressure, latitude, error, message):
    with pytest.raises(error) as caught:
        AlexanderDunkerton(pressure, np.array(latitude, float))
    assert message in str(caught.value)
