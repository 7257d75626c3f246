"""Drag of network and native scheme together: in time, by place, by expected error."""

import json

import netCDF4
import numpy as np
import pytest
import torch
from hosts import PROJECT

from gwparam import load_scheme
from gwparam.contract import read_contract
from gwparam.networks.expected_error import ErrorHead, save_head

SAMPLE = PROJECT / "examples" / "sample" / "wavenet_ad99.safetensors"
DRAG = ("gwfcng_x", "gwfcng_y")


def drag(finished):
    """(component, step, level, latitude, longitude)."""
    assert finished.code == 0, finished.text
    return np.stack([finished.field(name) for name in DRAG])


def end_of(finished):
    lines = (finished.folder / "gwparam_run.jsonl").read_text().splitlines()
    return json.loads(lines[-1])


@pytest.fixture
def driven(run, states, artefact, tmp_path):
    """Run with some settings: driven(name, ranks=..., blend_share=...)."""

    def start(name, ranks=1, *, mode="ml", windows=(1, 1), **items):
        settings = {"artefact": artefact, "restart": "off", "on_range": "ignore"}
        return run(
            ranks,
            folder=tmp_path / name,
            states=states,
            windows=windows,
            gwparam={"mode": mode, **settings, **items},
        )

    return start


def test_a_share_is_the_same_on_any_ranks_and_windows(driven):
    network = drag(driven("network"))
    native = drag(driven("native", mode="native"))

    finished = driven("one", blend_share=0.25)

    blended = drag(finished)
    np.testing.assert_array_equal(blended, 0.25 * network + 0.75 * native)
    assert end_of(finished)["network_share"] == 0.25
    assert "the network's share of the drag is  25.000 %" in finished.text
    two = driven("two", ranks=2, blend_share=0.25)
    np.testing.assert_array_equal(drag(two), blended)
    assert end_of(two)["network_share"] == 0.25
    windows = driven("windows", windows=(2, 4), blend_share=0.25)
    np.testing.assert_array_equal(drag(windows), blended)


def test_masks_leave_each_its_bits(driven, states):
    network = drag(driven("network"))
    native = drag(driven("native", mode="native"))
    with netCDF4.Dataset(states) as file:
        lat = np.asarray(file["lat"][:])
        ps = np.asarray(file["ps"][:])[:, None]
        pressure = ps * np.asarray(file["sigma_full"][:])[None, :, None, None]

    tropics = drag(driven("tropics", blend_latitude=(-30.0, -30.0, 30.0, 30.0)))
    is_network = np.abs(lat)[:, None] <= 30.0
    np.testing.assert_array_equal(tropics, np.where(is_network, network, native))

    below = drag(driven("below", blend_pressure=(1e3, 5e3, 2e5, 2e5)))
    weight = np.clip(np.log(pressure / 1e3) / np.log(5.0), 0.0, 1.0)
    np.testing.assert_allclose(
        below, weight * network + (1.0 - weight) * native, rtol=1e-12, atol=1e-18
    )
    np.testing.assert_array_equal(below[:, pressure <= 1e3], native[:, pressure <= 1e3])
    np.testing.assert_array_equal(below[:, pressure > 5e3], network[:, pressure > 5e3])
    assert (pressure <= 1e3).any()


def test_a_ramp_follows_the_time_of_the_model(driven):
    network = drag(driven("network"))
    native = drag(driven("native", mode="native"))
    minutes = 1.0 / 1440.0

    ramp = {"blend_first_day": 5 * minutes, "blend_days": 20 * minutes}
    found = drag(driven("ramp", **ramp))

    # Steps are at 10, 20 and 30 minutes, or as the host tells the time.
    weight = np.array([0.25, 0.75, 1.0])[None, :, None, None, None]
    expected = weight * network + (1.0 - weight) * native
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-16)
    np.testing.assert_array_equal(found[:, 2], network[:, 2])


def test_what_cannot_be_meant_is_refused(driven):
    refused = driven("share", blend_share=1.5)
    assert refused.code == 2
    assert "blend_share is 1.5" in refused.text
    refused = driven("order", blend_pressure=(5e3, 1e3, 2e5, 2e5))
    assert refused.code == 2
    assert "blend_pressure does not go down" in refused.text


@pytest.fixture(scope="module")
def sure(export, artefact, tmp_path_factory):
    """The sample's network with a head that nobody has trained: errors that vary."""
    torch.manual_seed(5)
    head = ErrorHead(4 * 40 + 2, 8)
    mean, deviation = torch.zeros(162), torch.full((162,), 20.0)
    mean[80], deviation[80], deviation[82:] = 1e5, 2e3, 1e-5
    head.set_features(mean, deviation)
    head.layers[-1].weight.data *= 20.0
    path = tmp_path_factory.mktemp("head") / "head.safetensors"
    save_head(path, head, read_contract(artefact).source.sha256, [])
    return export(SAMPLE, "--confidence", str(path))


def test_the_network_has_less_where_it_expects_to_be_wrong(driven, sure, states):
    network = drag(driven("network", artefact=sure))
    native = drag(driven("native", mode="native"))
    scheme = load_scheme(sure, on_limit="count", on_range="ignore")
    with netCDF4.Dataset(states) as file:
        scheme.set_levels(read_contract(sure).vertical.nominal_pressure)
        columns = {
            "eastward_wind": np.moveaxis(file["u"][:], 1, -1),
            "northward_wind": np.moveaxis(file["v"][:], 1, -1),
            "surface_air_pressure": file["ps"][:],
            "latitude": np.broadcast_to(file["lat"][:][:, None], file["ps"].shape),
        }
        given = {name: np.ascontiguousarray(x) for name, x in columns.items()}
        error = scheme.predict(given)["expected_error"].astype(float)
    edges = np.quantile(error, [0.3, 0.7])
    weight = 1.0 - np.clip((error - edges[0]) / (edges[1] - edges[0]), 0.0, 1.0)
    weight = weight[None, :, None]
    items = {"artefact": sure, "blend_error": tuple(map(float, edges))}

    finished = driven("one", **items)

    found = drag(finished)
    expected = weight * network + (1.0 - weight) * native
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-18)
    whole = np.broadcast_to(weight >= 1.0, found.shape)
    np.testing.assert_array_equal(found[whole], network[whole])
    nothing = np.broadcast_to(weight <= 0.0, found.shape)
    np.testing.assert_array_equal(found[nothing], native[nothing])
    assert end_of(finished)["network_share"] == pytest.approx(weight.mean(), abs=1e-6)
    for name, ranks, windows in (("two", 2, (1, 1)), ("windows", 1, (2, 4))):
        other = driven(name, ranks=ranks, windows=windows, **items)
        np.testing.assert_array_equal(drag(other), found)


def test_a_network_that_does_not_tell_is_refused(driven):
    refused = driven("none", blend_error=(0.5, 1.0))
    assert refused.code == 2
    assert "blend_error needs a network that gives expected_error" in refused.text
    refused = driven("one", blend_error=(0.5,))
    assert refused.code == 2
    assert "blend_error does not go up" in refused.text


def test_what_a_guard_keeps_is_not_mixed_again(driven, spread_artefact):
    caught = {"artefact": spread_artefact, "range_sigmas": 2.5, "blend_share": 0.25}
    found = drag(driven("keep", on_range="keep", **caught))
    zero = drag(driven("zero", on_range="zero", **{**caught, "blend_share": 1.0}))

    kept = (zero == 0.0).all(axis=(0, 2))  # (step, latitude, longitude)
    assert kept.any()
    assert not kept.all()
    before = np.concatenate([np.zeros_like(found[:, :1]), found[:, :-1]], axis=1)
    where = np.broadcast_to(kept[None, :, None], found.shape)
    np.testing.assert_array_equal(found[where], before[where])
    assert (found != before)[~where].any()
