import json
from contextlib import ExitStack

import numpy as np
import pytest
import xarray as xr
from drag_samples import DRAG, values

from gwparam.evaluate.compare import compare
from gwparam.evaluate.ladder import quantile_ladder, variance_ratio
from gwparam.evaluate.layers import Layer
from gwparam.evaluate.opening import open_fields
from gwparam.evaluate.results import as_dataset, as_dict

LAYERS = (Layer("high", 0.0, 5e4), Layer("low", 5e4, np.inf))
# Samples of a small region are few for a quantile: two neighbours may be 2 % apart.
BINS = 0.02


def evaluated(truth, layers=LAYERS, **models):
    with ExitStack() as stack:
        right = stack.enter_context(open_fields([truth]))
        opened = {
            name: stack.enter_context(open_fields([path], right.quantity))
            for name, path in models.items()
        }
        found = compare(right, opened, layers=lambda pressure: layers)
    return as_dataset(found, [str(truth)], "1.2.3")


@pytest.fixture
def data(truth_file, predicted_file):
    return evaluated(truth_file, it=predicted_file)


@pytest.fixture
def fields(truth, predicted):
    """Model and truth, shape (component, level, sample)."""
    return [np.moveaxis(values(x), 0, 2).reshape(2, 3, -1) for x in (predicted, truth)]


def test_variance_ratio_is_that_of_whole_arrays(data, fields):
    model, truth = fields
    globe = data.sel(model="it", region="globe")
    for c in range(2):
        expected = [variance_ratio(model[c, k], truth[c, k]) for k in range(3)]
        np.testing.assert_allclose(globe.variance_ratio[c], expected, rtol=1e-10)
        np.testing.assert_allclose(
            globe.variance_ratio_all_levels[c], variance_ratio(model[c], truth[c])
        )
        np.testing.assert_allclose(
            globe.layer_variance_ratio[c, 0], variance_ratio(model[c, :2], truth[c, :2])
        )


def test_quantile_ratios_are_those_of_whole_arrays(data, fields):
    model, truth = fields
    globe = data.sel(model="it", region="globe")
    for c in range(2):
        for found, part in (
            (globe.quantile_ratio_all_levels[c], slice(None)),
            (globe.layer_quantile_ratio[c, 0], slice(0, 2)),
            (globe.quantile_ratio[c, 1], slice(1, 2)),
        ):
            expected = quantile_ladder(model[c, part], truth[c, part])
            np.testing.assert_allclose(found, expected, rtol=BINS)
    np.testing.assert_allclose(
        data.quantile_truth.sel(region="globe")[0, :2],
        np.quantile(np.abs(truth[0]), (0.90, 0.99)),
        rtol=BINS,
    )


def test_scores_of_a_region_pool_its_levels(data, fields):
    model, truth = (x[0, :2] for x in fields)
    found = data.sel(model="it", region="globe", component="eastward", layer="high")

    error = ((model - truth) ** 2).mean()
    np.testing.assert_allclose(found.layer_r2, 1.0 - error / truth.var(), rtol=1e-10)
    np.testing.assert_allclose(found.layer_rmse, np.sqrt(error), rtol=1e-10)
    np.testing.assert_allclose(found.layer_bias, (model - truth).mean(), rtol=1e-8)


def test_a_region_of_one_level_has_the_scores_of_that_level(data):
    for name in ("correlation", "r2", "rmse", "bias", "variance_ratio"):
        np.testing.assert_allclose(
            data[f"layer_{name}"].sel(layer="low"), data[name][..., 2], rtol=1e-12
        )


def test_all_levels_as_one_region_have_the_scores_of_all_levels(
    truth_file, predicted_file
):
    data = evaluated(truth_file, [Layer("all", 0.0, np.inf)], it=predicted_file)

    for name in ("hellinger", "r2_all_levels", "quantile_ratio_all_levels"):
        layered = f"layer_{name.removesuffix('_all_levels')}"
        np.testing.assert_allclose(
            data[layered].isel(layer=0), data[name], rtol=1e-9, atol=1e-12
        )


def test_no_region_at_all_is_no_matter(truth_file, predicted_file):
    data = evaluated(truth_file, (), it=predicted_file)

    assert data.sizes["layer"] == 0
    assert data.layer_r2.size == data.layer_hellinger.size == 0


def test_the_document_has_them_under_their_names(data):
    found = as_dict(data)

    json.dumps(found, allow_nan=False)
    assert found["layers_hPa"] == {"high": [0.0, 500.0], "low": [500.0, None]}
    globe = found["models"]["it"]["northward"]["globe"]
    at = data.sel(model="it", component="northward", region="globe")
    assert globe["variance_ratio"] == float(at.variance_ratio_all_levels)
    assert list(globe["quantile_ratio"]) == ["P90", "P99", "P99.9"]
    assert globe["layers"]["low"]["r2"] == float(at.layer_r2[1])
    assert globe["layers"]["low"]["hellinger"] == float(at.layer_hellinger[1])
    assert (
        globe["levels"]["quantile_ratio"]["P90"]
        == at.quantile_ratio[:, 0].values.tolist()
    )
    # By region there is no histogram of a level.
    assert "quantile_ratio" not in found["models"]["it"]["northward"]["Andes"]["levels"]


def test_a_hellinger_distance_does_not_see_that_the_strong_waves_are_lost(tmp_path):
    """A network that is shifted may lose two thirds of its variance, and no distance.

    One model has too strong a background and the events of the truth; the other has a
    background that is a little better, and events of less than half their strength.
    """
    rng = np.random.default_rng(20261130)
    shape = (8, 3, 32, 64)
    events = rng.random(shape) < 2e-3
    truth = 1e-6 * rng.laplace(size=shape) * np.where(events, 60.0, 1.0)
    whole = truth * np.where(events, 1.0, 1.24)
    lost = truth * np.where(events, 0.4, 1.22)
    paths = {}
    for name, field in {"truth": truth, "whole": whole, "lost": lost}.items():
        paths[name] = tmp_path / f"{name}.nc"
        dims = ("time", "lev", "lat", "lon")
        xr.Dataset(
            {drag: (dims, field, {"units": "m s-2"}) for drag in DRAG},
            {
                "lev": ("lev", [10.0, 100.0, 700.0], {"units": "hPa"}),
                "lat": ("lat", np.linspace(-87, 87, 32), {"units": "degrees_north"}),
                "lon": ("lon", np.arange(64) * 5.625, {"units": "degrees_east"}),
            },
        ).to_netcdf(paths[name])

    data = evaluated(paths.pop("truth"), **paths)

    globe = data.sel(region="globe", component="eastward")
    whole, lost = (globe.sel(model=name) for name in ("whole", "lost"))
    assert abs(float(whole.hellinger - lost.hellinger)) < 0.002
    assert 1.0 < whole.variance_ratio_all_levels < 1.2
    assert lost.variance_ratio_all_levels < 0.4
    assert whole.quantile_ratio_all_levels[2] == pytest.approx(1.0, abs=0.1)
    assert lost.quantile_ratio_all_levels[2] < 0.5
