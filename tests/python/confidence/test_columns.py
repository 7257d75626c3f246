"""What a network sees and gives on states, and how wrong it is there."""

import numpy as np
import pytest
import torch
from artefacts import DUDT, DVDT, Linear, changed, contract, write
from wind_states import NLAT, NLEV, NLON, NTIME, PRESSURE, WIND_DIMS, wind_states

from gwparam.confidence.columns import Columns, collect
from gwparam.contract import read_contract
from gwparam.data import open_inputs
from gwparam.errors import ArgumentError, ContractError

NAMES = (DUDT, DVDT)


@pytest.fixture
def artefact(tmp_path):
    document = contract()
    document["vertical"]["nominal_pressure"] = (100.0 * PRESSURE).tolist()
    write(tmp_path / "linear.pt", Linear(), document)
    return tmp_path / "linear.pt"


@pytest.fixture
def states():
    """Winds with a drag that the network misses by a known error."""
    data = wind_states()
    level = np.arange(1.0, NLEV + 1)[:, None, None]
    ps, lat = data.ps.values[:, None], data.lat.values[:, None]
    error = 1e-6 * (1.0 + np.arange(NTIME * NLAT * NLON).reshape(NTIME, 1, NLAT, NLON))
    drag = (
        1e-6 * data.u.values + 1e-12 * level * ps,
        -2e-6 * data.v.values + 1e-7 * lat,
    )
    for name, values in zip(("fx", "fy"), drag, strict=True):
        data[name] = WIND_DIMS, values - error
        data[name].attrs["units"] = "m s-2"
    return data, error


def run(artefact, data, tmp_path, *, lacking=(), **options):
    path = tmp_path / "states.nc"
    data.to_netcdf(path)
    its = read_contract(artefact)
    with open_inputs([path], its, {}, None) as opened:
        variables = dict(zip(NAMES, ("fx", "fy"), strict=True))
        found = {n: v for n, v in variables.items() if n not in lacking}
        for output in its.outputs:
            if output.name in found:
                opened.bind(output, found[output.name])
        times = range(len(opened))
        return collect(
            artefact, its, opened, found, times, **{"columns": 1000, **options}
        )


def test_every_column_has_its_features_and_its_error(artefact, states, tmp_path):
    data, error = states

    found = run(artefact, data, tmp_path)

    assert [len(part) for part in found] == [NLAT * NLON] * NTIME
    u = data.u.values.transpose(0, 2, 3, 1).reshape(NTIME, -1, NLEV)
    ps = data.ps.values.reshape(NTIME, -1)
    for time, part in enumerate(found):
        assert part.features.shape == (NLAT * NLON, 4 * NLEV + 2)
        np.testing.assert_array_equal(part.features[:, :NLEV], u[time])
        np.testing.assert_allclose(part.features[:, 2 * NLEV], ps[time], rtol=1e-7)
        expected = error[time].reshape(-1, 1).repeat(2 * NLEV, axis=1)
        np.testing.assert_allclose(part.error, expected, rtol=2e-3)
        # The drag is among what the head sees, and is the truth and the error.
        drag = part.features[:, 2 * NLEV + 2 :]
        np.testing.assert_allclose(drag, part.truth + part.error, rtol=1e-4, atol=1e-9)


def test_columns_of_a_file_from_below_are_the_same(artefact, states, tmp_path):
    data, _ = states
    one = run(artefact, data, tmp_path)
    turned = run(artefact, data.isel(lev=slice(None, None, -1)), tmp_path)
    for a, b in zip(one, turned, strict=True):
        np.testing.assert_array_equal(a.features, b.features)
        back = b.error.reshape(-1, 2, NLEV)[:, :, ::-1].reshape(b.error.shape)
        np.testing.assert_array_equal(a.error, back)


def test_some_columns_are_drawn_evenly(artefact, states, tmp_path):
    data, _ = states
    found = run(artefact, data, tmp_path, columns=13, seed=5)
    assert [len(part) for part in found] == [4, 4, 4]
    again = run(artefact, data, tmp_path, columns=13, seed=5)
    np.testing.assert_array_equal(found[1].features, again[1].features)
    joined = Columns.of_all(found)
    assert len(joined) == 12
    assert len(np.unique(joined.features[:, 0])) == 12


def test_missing_columns_are_left_out(artefact, states, tmp_path):
    data, _ = states
    data["fx"][1, :, 2, 3] = np.nan
    data["fx"].encoding["_FillValue"] = -9e33
    found = run(artefact, data, tmp_path)
    assert [len(part) for part in found] == [24, 23, 24]
    assert np.isfinite(Columns.of_all(found).error).all()


def test_what_cannot_be_learnt_is_refused(artefact, states, tmp_path):
    data, _ = states
    with pytest.raises(ArgumentError, match=f"the states have no {DVDT}"):
        run(artefact, data, tmp_path, lacking=[DVDT])

    class Tells(Linear):
        def forward(self, u, v, ps, lat):
            k = torch.arange(1, 6, dtype=u.dtype, device=u.device)
            dudt = 1e-6 * u + 1e-12 * k * ps.unsqueeze(1)
            return dudt, -2e-6 * v + 1e-7 * lat.unsqueeze(1), lat + 91.0

    document = changed("vertical.nominal_pressure", (100.0 * PRESSURE).tolist())
    error = {"name": "expected_error", "units": "1", "levels": "surface"}
    document["outputs"].append({**error, "dtype": "float64", "kind": "other"})
    write(tmp_path / "tells.pt", Tells(), document)
    with pytest.raises(ContractError, match="gives expected_error already"):
        run(tmp_path / "tells.pt", data, tmp_path)


def test_the_error_of_a_column_is_over_the_deviation_of_the_drag():
    error = np.array([[3.0, 8.0, 5.0]], np.float32)
    columns = Columns(np.zeros((1, 1)), error, error)
    found = columns.normalised(np.array([1.0, 2.0, 0.0]))
    np.testing.assert_allclose(found, [np.sqrt((9.0 + 16.0) / 2.0)])
