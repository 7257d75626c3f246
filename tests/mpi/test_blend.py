"""Drag of network and native scheme together: in time, by latitude and by pressure."""

import json

import netCDF4
import numpy as np
import pytest

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
