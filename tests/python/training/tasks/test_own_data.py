from pathlib import Path

import numpy as np
import pytest
import torch
from training_files import NLAT, NLEV, NLON, PRESSURE, state_set, written

from gwparam.errors import ContractError, ShapeError
from gwparam.networks.own import read_own_contract
from gwparam.training.tasks.own_data import OwnData

COLUMNS = NLAT * NLON


def contract(**changes):
    """Both winds and surface pressure to a drag, and to the pressure again."""
    return read_own_contract(
        {
            "name": "own",
            "nlev": NLEV,
            "inputs": {
                "eastward_wind": {"units": "m s-1"},
                "surface_air_pressure": {"units": "hPa", "levels": "surface"},
                "northward_wind": {"units": "m s-1"},
            },
            "outputs": {
                "tendency_of_eastward_wind_due_to_gravity_wave_drag": {
                    "units": "m s-2",
                    "limit": 0.01,
                }
            },
        }
        | changes
    )


def rows(states, name, time):
    """Values of a variable as (column, level), or (column, 1)."""
    values = states[name].values[time]
    return values.reshape(-1, COLUMNS).T


def test_a_row_has_the_fields_in_the_order_of_the_contract(tmp_path) -> None:
    states = state_set()
    with OwnData([written(tmp_path, states)], contract()) as data:
        features, targets = data.samples.read(1)
        assert data.samples.rows == COLUMNS
        assert len(data.samples) == 2
        assert data.pressure == tuple(PRESSURE)
    expected = [rows(states, name, 1) for name in ("ua", "ps", "va")]
    expected[1] = expected[1] / 100.0
    assert np.array_equal(features, np.hstack(expected).astype(np.float32))
    assert np.array_equal(targets, rows(states, "utendnogw", 1).astype(np.float32))


def test_inputs_have_the_order_of_the_contract_and_targets_are_top_first(
    tmp_path,
) -> None:
    states = state_set()
    turned = states.isel(lev=slice(None, None, -1))
    turned["lev"].attrs = states["lev"].attrs
    files = {
        o: written(tmp_path, s, f"{o}.nc")
        for o, s in (("top_down", states), ("bottom_up", turned))
    }
    found = {}
    for of_file, path in files.items():
        for order in files:
            given = contract(
                order=order,
                pressure=list(PRESSURE if order == "top_down" else PRESSURE[::-1]),
            )
            with OwnData([path], given) as data:
                found[of_file, order] = data.samples.read(0)
    down, up = found["top_down", "top_down"], found["top_down", "bottom_up"]
    assert torch.equal(up[0][:, :NLEV], down[0][:, :NLEV].flip(1))
    assert torch.equal(up[0][:, NLEV], down[0][:, NLEV])
    assert torch.equal(up[1], down[1])
    for order in files:
        for part in range(2):
            other = found["bottom_up", order][part]
            assert torch.equal(other, found["top_down", order][part])


def test_targets_are_standardised(tmp_path) -> None:
    with OwnData([written(tmp_path, state_set())], contract()) as data:
        before = data.samples.read(0)[1].double()
        mean, deviation = torch.arange(5.0).double(), torch.full((5,), 4.0).double()
        data.samples.standardise(mean, deviation)
        after = data.samples.read(0)[1].double()
    assert torch.allclose(after * 4.0 + mean, before, atol=1e-6)


def test_a_file_without_a_field_is_refused(tmp_path) -> None:
    path = written(tmp_path, state_set().drop_vars("utendnogw"))
    with pytest.raises(ContractError, match="tendency_of_eastward_wind"):
        OwnData([path], contract())


def test_other_levels_are_refused(tmp_path) -> None:
    path = written(tmp_path, state_set(nlev=4))
    with pytest.raises(ShapeError, match="has 4 levels, expected 5"):
        OwnData([path], contract())
    path = written(tmp_path, state_set(), "five.nc")
    far = list(2.0 * PRESSURE)
    with pytest.raises(ContractError, match=r"Pa as the contract \(from 0, the top\)"):
        OwnData([path], contract(pressure=far))
    other = state_set()
    other["lev"] = ("lev", 1.01 * PRESSURE, other["lev"].attrs)
    paths = [path, written(tmp_path, other, "other.nc")]
    one, another = (OwnData([p], contract()) for p in paths)
    with one, another, pytest.raises(ContractError, match="other levels than"):
        one.check_alike(another)


def test_a_fingerprint_is_of_the_features(tmp_path) -> None:
    paths = [
        written(tmp_path, state_set(seed=seed), f"{at}.nc")
        for at, seed in enumerate((1, 1, 2))
    ]
    found = []
    for path in paths:
        with OwnData([path], contract()) as data:
            found.append(data.fingerprint(0))
            assert Path(dict(data.report())["files"]) == Path(path)
    assert found[0] == found[1] != found[2]
