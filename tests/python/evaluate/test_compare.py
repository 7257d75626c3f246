from contextlib import ExitStack

import numpy as np
import pytest
from drag_samples import DRAG, NTIME, values

from gwparam.errors import ArgumentError, ContractError, NonFiniteError
from gwparam.evaluate.compare import compare, count_steps
from gwparam.evaluate.hellinger import Binning
from gwparam.evaluate.opening import open_fields

# The same numbers, summed in another order.
ROUNDING = 1e-12
GRAVITY, RADIUS = 9.80665, 6.371e6


def run(truth, *models, **options):
    with ExitStack() as stack:
        right = stack.enter_context(open_fields([truth]))
        found = {
            path.stem: stack.enter_context(open_fields([path], right.quantity))
            for path in models
        }
        return compare(right, found, **options)


def test_scores_are_those_of_whole_arrays(truth, predicted, truth_file, predicted_file):
    _, scores = run(truth_file, predicted_file).models["predicted"]

    p, t = (np.moveaxis(values(x), 0, 2).reshape(2, 3, -1) for x in (predicted, truth))
    r2 = 1.0 - ((p - t) ** 2).mean(-1) / t.var(-1)
    found = [component.levels.r2[0] for component in scores]
    np.testing.assert_allclose(found, r2, rtol=ROUNDING)


def test_a_model_equal_to_the_truth_is_perfect(truth_file, tmp_path):
    same = tmp_path / "same.nc"
    same.write_bytes(truth_file.read_bytes())

    statistics, scores = run(truth_file, same).models["same"]

    for component in scores:
        assert (component.levels.r2[0] == 1.0).all()
        assert component.pooled.rms_error[0] == 0.0
    assert statistics.counts[:, 0].sum() > 0.0


def test_bins_reach_from_the_least_to_the_largest_truth(
    truth, truth_file, predicted_file
):
    found = run(truth_file, predicted_file, binning=Binning(8, "linear"))

    drag = values(truth)
    for c in range(2):
        np.testing.assert_allclose(
            found.edges[c],
            np.linspace(drag[:, c].min(), drag[:, c].max(), 9),
            rtol=ROUNDING,
        )


def test_order_of_levels_rows_and_places_makes_no_difference(
    truth, predicted, truth_file, predicted_file, tmp_path
):
    turned = tmp_path / "predicted_turned.nc"
    other = predicted.isel(lev=slice(None, None, -1), lat=slice(None, None, -1))
    other = other.roll(lon=7, roll_coords=True).transpose("lon", "lev", "time", "lat")
    other.to_netcdf(turned)

    found = run(truth_file, predicted_file, turned)

    straight, twisted = found.models.values()
    np.testing.assert_allclose(twisted[0].mean, straight[0].mean, rtol=ROUNDING)
    for one, other in zip(twisted[1], straight[1], strict=True):
        np.testing.assert_allclose(
            one.levels.correlation, other.levels.correlation, rtol=ROUNDING
        )
    assert found.pressure.tolist() == [1e3, 1e4, 7e4]


def test_other_units_of_the_same_quantity_are_converted(
    predicted, truth_file, predicted_file, tmp_path
):
    daily = tmp_path / "daily.nc"
    for name in DRAG:
        predicted[name] = 86400.0 * predicted[name]
        predicted[name].attrs["units"] = "m s-1 day-1"
    predicted.to_netcdf(daily)

    straight, converted = run(truth_file, predicted_file, daily).models.values()

    for one, other in zip(converted[1], straight[1], strict=True):
        np.testing.assert_allclose(one.levels.bias, other.levels.bias, rtol=1e-9)


def test_momentum_is_the_drag_times_the_mass_of_the_layers(
    truth, truth_file, predicted_file
):
    found = run(truth_file, predicted_file)

    half = truth.pk.values + truth.bk.values * truth.ps.values[..., None]
    thickness = np.moveaxis(np.diff(half), -1, 1)
    _, gauss = np.polynomial.legendre.leggauss(16)
    areas = 4.0 * np.pi * RADIUS**2 * gauss[:, None] / 2.0 / 32.0
    expected = (values(truth) * (thickness * areas / GRAVITY)[:, None]).sum((2, 3, 4))
    np.testing.assert_allclose(found.truth.momentum, expected.T, rtol=1e-9)
    assert "half levels of the files" in found.momentum


def test_momentum_without_half_levels_says_so(truth, predicted_file, tmp_path):
    path = tmp_path / "bare.nc"
    truth.drop_vars(["pk", "bk"]).to_netcdf(path)

    found = run(path, predicted_file)

    half = np.array([0.0, 5.5e3, 4e4, 1e5])
    _, gauss = np.polynomial.legendre.leggauss(16)
    areas = 4.0 * np.pi * RADIUS**2 * gauss[:, None] / 2.0 / 32.0
    mass = np.diff(half)[:, None, None] / GRAVITY * areas
    expected = (values(truth) * mass).sum((2, 3, 4)).T
    np.testing.assert_allclose(found.truth.momentum, expected, rtol=1e-9)
    assert "half way between the nominal pressures" in found.momentum


def test_levels_and_times_choose_what_counts(truth, truth_file, predicted_file):
    found = run(truth_file, predicted_file, levels=range(1, 3), times=range(2, 4))

    assert found.pressure.tolist() == [1e4, 7e4]
    assert found.dates == ["2001-02-05 12:00:00", "2001-02-06 12:00:00"]
    np.testing.assert_allclose(
        found.truth.mean, values(truth)[2:, :, 1:].mean(axis=0), rtol=ROUNDING
    )


@pytest.mark.parametrize("edges", [None, ((-1.0, 0.0, 1.0), (-1.0, 0.0, 1.0))])
def test_progress_advances_once_a_reading(truth_file, predicted_file, edges):
    calls = []
    binning = Binning(2, "linear", edges)

    run(truth_file, predicted_file, binning=binning, advance=lambda: calls.append(1))

    assert len(calls) == count_steps(NTIME, binning) == NTIME * (1 + (edges is None))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.isel(lon=slice(0, 16)), "grid of 16 x 16, expected the 16 x 32"),
        (lambda d: d.assign_coords(lon=d.lon + 2.0), "at other latitudes or longitude"),
        (lambda d: d.isel(lev=[0, 1]), "has 2 levels from 10 to 100 hPa, expected 3"),
        (lambda d: d.assign_coords(lev=d.lev * 1.1), "from 11 to 770 hPa, expected"),
        (lambda d: d.isel(time=[0, 1]), "has 2 times, expected 4"),
        (lambda d: d.assign_coords(time=d.time + 1.0), "is of 2001-02-04 12:00:00"),
        (lambda d: d.drop_vars(DRAG[1]), f"has no {DRAG[0]} and {DRAG[1]}"),
    ],
)
def test_other_samples_are_refused(predicted, truth_file, tmp_path, change, message):
    path = tmp_path / "other.nc"
    changed = change(predicted)
    for name in ("lev", "lat", "lon", "time"):
        changed[name].attrs = predicted[name].attrs
    changed.to_netcdf(path)

    with pytest.raises(ContractError, match=message):
        run(truth_file, path)


def test_nan_in_the_truth_is_named_with_its_place(truth, predicted_file, tmp_path):
    path = tmp_path / "holes.nc"
    truth.drag_1.values[2, 1, 5, 7] = np.nan
    truth.to_netcdf(path, encoding={"drag_1": {"_FillValue": None}})

    place = r"holes.nc\) at time 2 is nan at lev 1, lat 5, lon 7"
    with pytest.raises(NonFiniteError, match=place):
        run(path, predicted_file)


def test_cells_that_a_file_declares_missing_count_nowhere(
    truth, predicted, truth_file, predicted_file, tmp_path
):
    """As if only the other cells were compared; every model by the same."""
    whole = run(truth_file, predicted_file)
    filled = {"_FillValue": 1e20}
    truth.drag_1.values[2, 1, 5, 7] = np.nan
    predicted[DRAG[0]].values[2, 0, 3, 4] = np.nan
    predicted[DRAG[0]].values[1, 2, 6] = np.nan
    holes = [tmp_path / "truth_holes.nc", tmp_path / "predicted_holes.nc"]
    truth.to_netcdf(holes[0], encoding={"drag_1": filled})
    predicted.to_netcdf(holes[1], encoding={DRAG[0]: filled})

    found = run(holes[0], holes[1], predicted_file)

    for one, other in found.models.values(), list(found.models.values())[::-1]:
        np.testing.assert_allclose(one[0].mean, other[0].mean, rtol=ROUNDING)
    left_out = np.zeros((NTIME, *truth.drag_1.shape[2:]), bool)
    left_out[2, 5, 7] = left_out[2, 3, 4] = True
    left_out[1, 6] = True
    n_lon = truth.sizes["lon"]
    assert found.left_out.as_dict() == {
        "columns": left_out.sum(),
        "of": left_out.size,
        "fields": {DRAG[1]: 1, DRAG[0]: 1 + n_lon},
    }
    kept = np.broadcast_to(~left_out[:, None, None], values(truth).shape)
    _, scores = found.models["predicted"]
    for c, component in enumerate(scores):
        for k in range(truth.sizes["lev"]):
            at = (slice(None), c, k)
            p, t = (values(x)[at][kept[at]] for x in (predicted, truth))
            r2 = 1.0 - ((p - t) ** 2).mean() / t.var()
            np.testing.assert_allclose(component.levels.r2[0, k], r2, rtol=ROUNDING)
    mean = np.ma.masked_array(values(truth), ~kept).mean(axis=0)
    np.testing.assert_allclose(found.truth.mean, mean, rtol=ROUNDING)
    # Of times that are whole, nothing changes.
    for name in ("series", "momentum"):
        one, other = (getattr(x.truth, name)[..., [0, 3]] for x in (found, whole))
        np.testing.assert_array_equal(one, other)
    assert {path: lacks.as_dict() for path, lacks in found.lacking.items()} == {
        str(holes[0]): {"columns": 1, "of": left_out.size, "fields": {DRAG[1]: 1}},
        str(holes[1]): {
            "columns": 1 + n_lon,
            "of": left_out.size,
            "fields": {DRAG[0]: 1 + n_lon},
        },
        str(predicted_file): {"columns": 0, "of": left_out.size, "fields": {}},
    }


def test_a_time_with_cells_left_out_has_no_global_integral(
    predicted, truth_file, predicted_file, tmp_path
):
    """A part of the globe has none; neither the truth nor any model is spared."""
    whole = run(truth_file, predicted_file)
    path = tmp_path / "holes.nc"
    predicted[DRAG[0]].values[1, 2, 6, 3] = np.nan
    predicted.to_netcdf(path, encoding={DRAG[0]: {"_FillValue": 1e20}})

    found = run(truth_file, path, predicted_file)

    expected = whole.truth.momentum.copy()
    expected[:, 1] = np.nan
    np.testing.assert_array_equal(found.truth.momentum, expected)
    for statistics, _ in found.models.values():
        assert np.isnan(statistics.momentum[:, 1]).all()
        assert np.isfinite(statistics.momentum[:, [0, 2, 3]]).all()


@pytest.mark.parametrize("lacking", ["model", "surface pressure"])
def test_bins_do_not_reach_to_cells_that_count_nowhere(
    truth, predicted, predicted_file, tmp_path, lacking
):
    paths = [tmp_path / "truth.nc", tmp_path / "holes.nc"]
    filled = {"_FillValue": 1e20}
    at = (2, slice(None), 3, 4)
    kept = np.ones(values(truth).shape, bool)
    kept[2, :, :, 3, 4] = False
    expected = [values(truth)[:, c][kept[:, c]] for c in range(2)]
    truth.drag_0.values[at] = 1.0
    truth.drag_1.values[at] = -1.0
    if lacking == "model":
        predicted[DRAG[0]].values[2, 0, 3, 4] = np.nan
    else:
        truth.ps.values[2, 3, 4] = np.nan
    truth.to_netcdf(paths[0], encoding={"ps": filled})
    predicted.to_netcdf(paths[1], encoding={DRAG[0]: filled})

    found = run(*paths, predicted_file, binning=Binning(8, "linear"))

    ends = [[x.min(), x.max()] for x in expected]
    np.testing.assert_allclose(found.edges[:, [0, -1]], ends, rtol=ROUNDING)


def test_what_a_file_of_several_lacks_is_told_of_that_file(
    truth, predicted_file, tmp_path
):
    paths = [tmp_path / "first.nc", tmp_path / "second.nc"]
    truth.drag_0.values[3, 0, 5, 7] = np.nan
    for path, times in zip(paths, (slice(0, 2), slice(2, 4)), strict=True):
        part = truth.isel(time=times)
        part.to_netcdf(path, encoding={"drag_0": {"_FillValue": 1e20}})
    with open_fields(paths) as right, open_fields([predicted_file]) as model:
        found = compare(right, {"model": model})

    first, second, other = (found.lacking[str(p)] for p in (*paths, predicted_file))
    assert (first.columns, second.columns, other.columns) == (0, 1, 0)
    assert second.total == found.left_out.total // 2


def test_cells_without_surface_pressure_count_nowhere(truth, predicted_file, tmp_path):
    path = tmp_path / "holes.nc"
    truth.ps.values[0, 2] = np.nan
    truth.to_netcdf(path, encoding={"ps": {"_FillValue": 1e20}})

    found = run(path, predicted_file)

    n_lon = truth.sizes["lon"]
    assert found.left_out.fields == {"surface_air_pressure": n_lon}
    assert found.left_out.columns == n_lon
    assert found.lacking[str(path)].fields == found.left_out.fields
    assert np.isnan(found.truth.momentum[:, 0]).all()
    assert np.isfinite(found.truth.momentum[:, 1:]).all()


@pytest.mark.parametrize("option", ["levels", "times"])
def test_choices_beyond_the_files_are_refused(truth_file, predicted_file, option):
    with pytest.raises(ArgumentError, match=f"{option} 2:9, expected some of 0:"):
        run(truth_file, predicted_file, **{option: range(2, 9)})


def test_no_model_is_refused(truth_file):
    with pytest.raises(ArgumentError, match="no model"):
        run(truth_file)
