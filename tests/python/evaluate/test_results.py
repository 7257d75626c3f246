import json

import numpy as np
import pytest
import xarray as xr
from drag_samples import LEVELS, NLAT, NLEV, NLON, NTIME

from gwparam.errors import ModelFileError
from gwparam.evaluate.compare import compare
from gwparam.evaluate.opening import open_fields
from gwparam.evaluate.results import as_dataset, as_dict, write_json, write_netcdf

SIZES = {
    "model": 2,
    "component": 2,
    "region": 9,
    "level": NLEV,
    "latitude": NLAT,
    "longitude": NLON,
    "time": NTIME,
    "bin": 100,
    "edge": 101,
    "wavenumber": NLON // 2 + 1,
}
DIMENSIONS = {
    "bin_edge": ("component", "edge"),
    "histogram": ("component", "region", "bin"),
    "hellinger": ("component", "region"),
    "hellinger_printed": ("component", "region"),
    "correlation": ("component", "region", "level"),
    "r2": ("component", "region", "level"),
    "rmse": ("component", "region", "level"),
    "bias": ("component", "region", "level"),
    "mean": ("component", "level", "latitude", "longitude"),
    "series": ("component", "region", "level", "time"),
    "spectrum": ("component", "level", "wavenumber"),
    "momentum": ("component", "time"),
}
OF_THE_TRUTH = ("histogram", "mean", "series", "spectrum", "momentum")


@pytest.fixture
def data(truth_file, predicted_file):
    with open_fields([truth_file]) as truth, open_fields([predicted_file]) as model:
        found = compare(truth, {"skilled": model, "true": truth})
    return as_dataset(found, ["truth.nc"], "1.2.3")


def test_dataset_has_the_promised_variables(data):
    assert SIZES.items() <= dict(data.sizes).items()
    for name, dims in DIMENSIONS.items():
        expected = dims if name == "bin_edge" else ("model", *dims)
        assert data[name].dims == expected
        assert data[name].dtype == np.float64
        if name in OF_THE_TRUTH:
            assert data[f"{name}_truth"].dims == dims
    assert data.level_pressure.values.tolist() == LEVELS.tolist()
    assert data.attrs["quantity"] == "drag"
    assert data.attrs["units"] == data.rmse.attrs["units"] == "m s-2"
    assert data.date.values[0] == "2001-02-03 12:00:00"


def test_histograms_are_probabilities_and_give_the_distances(data):
    kept = data.histogram_truth.sum("bin")
    # A region without cells on this grid has no distribution.
    empty = (data.region_box[:, 1] == data.region_box[:, 0]).values
    np.testing.assert_allclose(kept.values[:, ~empty], 1.0, rtol=1e-13)

    overlap = np.sqrt(data.histogram_truth * data.histogram).sum("bin", skipna=False)

    np.testing.assert_allclose(
        data.hellinger_printed.sel(model="skilled"),
        1.0 - overlap.sel(model="skilled"),
        atol=1e-14,
    )
    np.testing.assert_allclose(
        data.hellinger**2, data.hellinger_printed, rtol=1e-12, atol=0.0
    )
    assert (data.hellinger.sel(model="true", region="globe") == 0.0).all()
    assert (data.r2.sel(model="true", region="globe") == 1.0).all()


def test_netcdf_file_holds_the_dataset(data, tmp_path):
    path = tmp_path / "evaluation.nc"

    write_netcdf(path, data)

    with xr.open_dataset(path) as read:
        xr.testing.assert_identical(read.load(), data)
    assert [p.name for p in tmp_path.glob(".*")] == []


def test_json_file_holds_the_scores(data, tmp_path):
    path = tmp_path / "evaluation.json"

    write_json(path, data)

    found = json.loads(path.read_text())
    at = data.sel(model="skilled", component="northward", region="globe")
    globe = found["models"]["skilled"]["northward"]["globe"]
    assert globe["hellinger"] == float(at.hellinger)
    assert globe["r2"] == float(at.r2_all_levels)
    assert globe["levels"]["bias"] == at.bias.values.tolist()
    assert found["bins"]["edges"]["eastward"] == data.bin_edge.values[0].tolist()
    assert found["samples"] == NTIME


def test_undefined_scores_are_null(data):
    data.r2_all_levels[0, 0, 0] = np.nan

    found = as_dict(data)["models"]["skilled"]["eastward"]["globe"]

    assert found["r2"] is None


@pytest.mark.parametrize("write", [write_netcdf, write_json])
def test_failed_write_leaves_the_older_file(data, tmp_path, monkeypatch, write):
    path = tmp_path / "result"
    path.write_text("older")

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xr.Dataset, "to_netcdf", full)
    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(ModelFileError, match="result: No space left on device"):
        write(path, data)

    assert path.read_bytes() == b"older"
    assert [p.name for p in tmp_path.glob(".*")] == []
