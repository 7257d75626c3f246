"""Bad input to the stand-in host: a message that says what, exit code 2, no hanging."""

import shutil

import netCDF4
import numpy as np
import pytest


def change(path, states, action):
    """Copy the states and change the copy."""
    shutil.copy(states, path)
    with netCDF4.Dataset(path, "a") as file:
        action(file)
    return path


def assert_refused(finished, *messages):
    assert finished.code == 2, finished.text
    assert "FATAL" in finished.text
    for message in messages:
        assert message in finished.text


@pytest.mark.parametrize(
    ("record", "typo", "items"),
    [
        ("driver_nml", "sates", {"sates": "states.nc"}),
        ("cg_drag_nml", "cg_drag_fre", {"cg_drag": {"cg_drag_fre": 21600}}),
        ("gwparam_nml", "artifact", {"gwparam": {"artifact": "wavenet.pt"}}),
    ],
)
def test_misspelt_namelist_item_is_named(run, states, record, typo, items):
    assert_refused(run(2, states=states, **items), f"namelist {record}", typo)


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ({"mode": "hybrid"}, "mode is hybrid, expected native, ml or shadow"),
        ({"mode": "ml"}, "mode is ml, which needs artefact"),
        ({"mode": "ml", "artefact": "absent.pt"}, "absent.pt"),
        ({"mode": "ml", "artefact": "input.nml"}, "input.nml"),
        (
            {"mode": "ml", "artefact": "absent.pt", "on_limit": "panic"},
            "on_limit is panic, expected error, zero, native, keep, clip, count or "
            "ignore",
        ),
    ],
)
def test_impossible_settings_are_refused(run, states, items, message):
    assert_refused(run(2, states=states, gwparam=items), message)


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ({"cg_drag_freq": 7000}, "cg_drag_freq does not divide a day"),
        ({"cg_drag_freq": -600}, "cg_drag_freq or cg_drag_offset is negative"),
        ({"source_level_pressure": 2.0e5}, "source_level_pressure"),
    ],
)
def test_impossible_settings_of_the_native_scheme_are_refused(
    run, states, items, message
):
    assert_refused(run(states=states, cg_drag=items), message)


def test_missing_states_are_named(run):
    assert_refused(run(2, states="absent.nc"), "there is no file absent.nc")


@pytest.mark.parametrize(
    ("action", "messages"),
    [
        (lambda f: f.renameVariable("temp", "t"), ["variable temp of"]),
        (lambda f: f.renameVariable("sigma_full", "sigma"), ["variable sigma_full of"]),
        (lambda f: f.renameDimension("lev", "level"), ["dimension lev of"]),
        (
            lambda f: f["u"].setncattr("units", "cm s-1"),
            ["u has units cm s-1, expected m s-1"],
        ),
        (
            lambda f: (f.renameVariable("v", "w"), f.renameVariable("ps", "v")),
            ["v has shape (3, 16, 8), expected (3, 40, 16, 8)"],
        ),
        (
            lambda f: f["sigma_full"].__setitem__(slice(None), f["sigma_full"][::-1]),
            ["sigma_full", "expected top first"],
        ),
        (
            lambda f: f["lat"].__setitem__(slice(None), f["lat"][::-1]),
            ["lat 1 is ", "of a Gaussian grid from south to north"],
        ),
    ],
)
def test_unfit_states_are_refused(run, states, tmp_path, action, messages):
    path = change(tmp_path / "unfit.nc", states, action)
    assert_refused(run(2, states=path), *messages)


@pytest.mark.parametrize(
    ("ranks", "items", "message"),
    [
        (3, {}, "16 rows of latitude cannot be shared by 3 ranks equally"),
        (
            2,
            {"windows": (3, 1)},
            "3 x 1 windows cannot share the 8 x 8 columns of a rank equally",
        ),
        (1, {"windows": (0, 1)}, "0 x 1 windows cannot share"),
        (1, {"diagnostics": ("gwfu_ml",)}, "does not offer the diagnostic gwfu_ml"),
    ],
)
def test_impossible_layouts_are_refused(run, states, ranks, items, message):
    assert_refused(run(ranks, states=states, **items), message)


def test_states_with_another_number_of_levels_are_refused(
    run, write_states, artefact, tmp_path
):
    write_states(tmp_path / "coarse.nc", nlev=20)
    finished = run(
        states=tmp_path / "coarse.nc", gwparam={"mode": "ml", "artefact": artefact}
    )
    assert_refused(finished, "the host has 20 levels, expected 40")


@pytest.mark.parametrize("mode", ["native", "ml"])
def test_a_nan_on_one_rank_ends_the_run_on_all(run, states, artefact, tmp_path, mode):
    def put_nan(file):
        file["u"][1, 5, -1, 3] = np.nan

    finished = run(
        4,
        states=change(tmp_path / "nan.nc", states, put_nan),
        gwparam={"mode": mode, "artefact": artefact},
    )
    assert_refused(finished, "FATAL from PE 3")
