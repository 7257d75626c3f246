"""Restart of the drop-in for MiMA: the run goes on as if it had not ended."""

import json
import re
import shutil

import hosts
import netCDF4
import numpy as np
import pytest

STEPS = 6
# The alarm rings between the two halves, not at the joint.
ALARM = {"cg_drag_freq": 4800, "cg_drag_offset": 1200}
WINDOWS = (2, 2)
CAUGHT = {"range_sigmas": 2.5}  # some columns of each state
DRAWN = {"members": "drawn", "member_seed": 7}


def drag(finished):
    assert finished.code == 0, finished.text
    return np.stack([finished.field("gwfcng_x"), finished.field("gwfcng_y")])


def without_extremes(contract):
    """So that `range_sigmas` alone decides."""
    for field in contract["training_range"]:
        field["minimum"] = field["maximum"] = None


def hand_over(first, second):
    """What a run script does between two segments."""
    shutil.copytree(first / "RESTART", second / "INPUT")


@pytest.fixture
def halves(run, states, tmp_path):
    """Folder of a first half of 2 x STEPS on two ranks, and how to go on in another."""
    items = {
        "states": states,
        "steps": STEPS,
        "windows": WINDOWS,
        "cg_drag": ALARM,
    }
    first = run(2, folder=tmp_path / "first", **items)
    assert first.code == 0, first.text

    def go_on(folder, ranks=2, **changes):
        return run(
            ranks, folder=folder, **{**items, "first_step": STEPS + 1, **changes}
        )

    hand_over(tmp_path / "first", tmp_path / "second")
    return first, go_on


@pytest.mark.parametrize(
    ("items", "windows"),
    [
        ({"mode": "native"}, WINDOWS),
        ({"mode": "ml"}, WINDOWS),
        ({"mode": "ml", "lag": 1}, (1, 1)),
        ({"mode": "ml", "on_range": "keep", **CAUGHT}, WINDOWS),
        ({"mode": "ml", "on_range": "keep", "blend_share": 0.5, **CAUGHT}, WINDOWS),
        ({"mode": "ml", "on_range": "native", **CAUGHT, "lag": 1}, (1, 1)),
        ({"mode": "ml", **DRAWN}, WINDOWS),
        ({"mode": "ml", **DRAWN, "lag": 1, "threads": 3}, (1, 1)),
    ],
)
def test_a_restarted_run_has_the_bits_of_one_that_went_through(
    run, states, spread_artefact, ensemble, tmp_path, items, windows
):
    """On as many ranks, on fewer and on more."""
    artefact = ensemble if "members" in items else spread_artefact
    given = {
        "states": states,
        "cg_drag": ALARM,
        "gwparam": {"artefact": artefact, **items},
    }
    through = run(2, folder=tmp_path / "through", steps=2 * STEPS, **given)
    first = run(2, folder=tmp_path / "first", steps=STEPS, windows=windows, **given)
    assert first.code == 0, first.text
    for ranks in (2, 1, 4):
        folder = tmp_path / f"second on {ranks}"
        hand_over(tmp_path / "first", folder)
        second = run(ranks, folder=folder, steps=STEPS, first_step=STEPS + 1, **given)
        parts = np.concatenate([drag(first), drag(second)], axis=1)
        np.testing.assert_array_equal(parts, drag(through))
        # The first step of the second half returned drag that the first half computed.
        assert np.ptp(drag(second)[:, 0]) > 0.0


def test_a_run_with_all_of_it_has_the_same_bits_on_any_ranks_and_after_a_restart(
    run, states, ensemble, tmp_path
):
    """Members drawn, every guard, a taper, a blend and records."""
    path = tmp_path / "ensemble.pt"
    hosts.change_contract(ensemble, path, without_extremes)
    items = {
        "artefact": path,
        "mode": "ml",
        **DRAWN,
        **CAUGHT,
        "on_unphysical": "native",
        "on_range": "native",
        "on_limit": "clip",
        "on_momentum": "keep",
        "momentum_limit": 1e-3,
        "taper_top": (5e1, 2e2),
        "taper_surface": (9e4, 1.1e5),
        "blend_share": 0.8,
        "blend_days": 0.1,
        "blend_latitude": (-80.0, -40.0, 30.0, 85.0),
        "blend_pressure": (1e2, 1e3, 2e5, 2e5),
        "record": 1,
    }
    given = {"states": states, "cg_drag": ALARM, "gwparam": items}
    through = run(2, folder=tmp_path / "through", steps=2 * STEPS, **given)
    whole = drag(through)
    guards = json.loads(
        (tmp_path / "through" / "gwparam_run.jsonl").read_text().splitlines()[-1]
    )
    assert guards["guarded_columns"] > 0
    assert 0.0 < guards["network_share"] < 0.8
    assert list((tmp_path / "through").glob("gwparam_record*"))
    for ranks, windows in ((1, (1, 1)), (4, (2, 2))):
        folder = tmp_path / f"on {ranks}"
        other = run(ranks, folder=folder, steps=2 * STEPS, windows=windows, **given)
        np.testing.assert_array_equal(drag(other), whole)
    first = run(2, folder=tmp_path / "first", steps=STEPS, windows=WINDOWS, **given)
    for ranks in (1, 4):
        folder = tmp_path / f"second on {ranks}"
        hand_over(tmp_path / "first", folder)
        second = run(ranks, folder=folder, steps=STEPS, first_step=STEPS + 1, **given)
        parts = np.concatenate([drag(first), drag(second)], axis=1)
        np.testing.assert_array_equal(parts, whole)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (DRAWN, {"members": "mean"}, "members = drawn, member_seed = 7, expected mean"),
        (
            {"members": "one", "member": 2},
            {"members": "one", "member": 3},
            "members = one, member = 2, expected one, member = 3",
        ),
        (
            DRAWN,
            DRAWN | {"member_seed": 8},
            "members = drawn, member_seed = 7, expected drawn, member_seed = 8",
        ),
    ],
)
def test_restart_refuses_other_members(
    run, states, ensemble, tmp_path, before, after, message
):
    given = {"states": states, "steps": 2}
    common = {"mode": "ml", "artefact": ensemble}
    run(folder=tmp_path / "first", gwparam=common | before, **given)
    hand_over(tmp_path / "first", tmp_path / "second")
    items = {"folder": tmp_path / "second", "first_step": 3, **given}
    refused = run(gwparam=common | after, **items)
    assert refused.code == 2
    assert f"the restart is of {message}" in refused.text
    taken = run(gwparam=common | after | {"restart": "state_only"}, **items)
    assert taken.code == 0, taken.text


def test_a_restart_of_before_had_one_network(halves, tmp_path):
    _first, go_on = halves
    for path in (tmp_path / "second" / "INPUT").iterdir():
        with netCDF4.Dataset(path, "a") as file:
            del file.members, file.draws, file.member
    assert go_on(tmp_path / "second").code == 0


def test_counters_go_on(run, states, artefact, tmp_path):
    items = {"states": states, "gwparam": {"mode": "ml", "artefact": artefact}}
    run(2, folder=tmp_path / "first", steps=2, **items)
    hand_over(tmp_path / "first", tmp_path / "second")
    second = run(folder=tmp_path / "second", steps=3, first_step=3, **items)
    assert "the network ran 5 times on 640 columns" in second.text


def test_without_a_file_the_drag_is_zero_until_the_alarm_rings(halves, tmp_path):
    _, go_on = halves
    finished = drag(go_on(tmp_path / "cold"))
    # Offset 1200 s, two time steps a call: the second call recomputes.
    assert np.all(finished[:, 0] == 0.0)
    assert np.ptp(finished[:, 1]) > 0.0


def test_restart_is_ignored_and_not_written_when_switched_off(halves, tmp_path):
    _, go_on = halves
    finished = go_on(tmp_path / "second", gwparam={"restart": "off"})
    assert np.all(drag(finished)[:, 0] == 0.0)
    assert not list((tmp_path / "second" / "RESTART").iterdir())


def test_restart_refuses_a_missing_part(halves, tmp_path):
    _, go_on = halves
    (tmp_path / "second" / "INPUT" / "cg_drag.res.nc.0001").unlink()
    finished = go_on(tmp_path / "second", ranks=1)
    assert finished.code == 2
    assert (
        "INPUT/cg_drag.res.nc.0001 is missing: the restart was written in 2 parts"
        in finished.text
    )


def test_restart_refuses_a_part_of_another_run(halves, tmp_path):
    _, go_on = halves
    folder = tmp_path / "second" / "INPUT"
    shutil.copy(folder / "cg_drag.res.nc.0000", folder / "cg_drag.res.nc.0001")
    finished = go_on(tmp_path / "second")
    assert finished.code == 2
    assert (
        "INPUT/cg_drag.res.nc.0001 is of another run than the first part"
        in finished.text
    )


@pytest.mark.parametrize("change", ["older", "newer"])
def test_restart_refuses_another_format(halves, tmp_path, change):
    """Version 0.1 wrote no number of its format."""
    _, go_on = halves
    with netCDF4.Dataset(
        tmp_path / "second" / "INPUT" / "cg_drag.res.nc.0000", "a"
    ) as file:
        if change == "older":
            del file.format
        else:
            file.format = 5.0
    finished = go_on(tmp_path / "second")
    assert finished.code == 2
    found = {"older": 2, "newer": 5}[change]
    message = f"cg_drag.res.nc.0000 has restart format {found}, expected 4"
    assert message in finished.text


def test_restart_refuses_files_of_another_grid(halves, tmp_path):
    _, go_on = halves
    for path in (tmp_path / "second" / "INPUT").iterdir():
        with netCDF4.Dataset(path, "a") as file:
            file["lon"][:] += 1.0
    finished = go_on(tmp_path / "second")
    assert finished.code == 2
    # Of whichever rank says it first.
    missing = r"no part of INPUT/cg_drag.res.nc holds the cell at latitude -?\d+\.\d+,"
    assert re.search(missing, finished.text)


def test_restart_refuses_another_number_of_levels(halves, run, write_states, tmp_path):
    write_states(tmp_path / "few.nc", nlev=20)
    finished = run(folder=tmp_path / "second", states=tmp_path / "few.nc")
    assert finished.code == 2
    assert "0000 has drag_x on 40 levels, expected 20" in finished.text


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-200], lambda data: b"CDF" + data, lambda data: b""],
)
def test_restart_refuses_a_damaged_file(halves, tmp_path, damage):
    _, go_on = halves
    path = tmp_path / "second" / "INPUT" / "cg_drag.res.nc.0001"
    path.write_bytes(damage(path.read_bytes()))
    finished = go_on(tmp_path / "second")
    assert finished.code == 2
    assert "cannot read INPUT/cg_drag.res.nc.0001" in finished.text


def test_a_missing_restart_folder_is_found_at_the_start(run, states, tmp_path):
    finished = run(states=states, gwparam={"restart_file": "absent/cg_drag.res.nc"})
    assert finished.code == 2
    assert "RESTART/absent/cg_drag.res.nc.0000" in finished.text
    assert "(make the folder, or set restart = 'off' in gwparam_nml)" in finished.text
    assert not (tmp_path / "tendencies.nc").exists()


def test_restart_refuses_another_date(halves, tmp_path):
    """As one that was left in INPUT by another run."""
    _, go_on = halves
    finished = go_on(tmp_path / "second", first_step=STEPS + 3)
    assert finished.code == 2
    assert re.search(
        r"the restart is of day \d+ [0-9:]+, expected day \d+ [0-9:]+ \(", finished.text
    )
    assert "restart = 'state_only' takes its drag alone" in finished.text


def test_restart_refuses_another_scheme_and_artefact(halves, artefact, tmp_path):
    _, go_on = halves
    finished = go_on(tmp_path / "second", gwparam={"mode": "ml", "artefact": artefact})
    assert finished.code == 2
    assert "the restart is of scheme native, switches" in finished.text
    file = tmp_path / "second" / "INPUT" / "cg_drag.res.nc.0000"
    for part in (0, 1):
        with netCDF4.Dataset(file.with_suffix(f".000{part}"), "a") as other:
            other.artefact_sha256 = "ab" * 32
    finished = go_on(tmp_path / "second")
    assert finished.code == 2
    assert f"the restart is of the artefact with SHA-256 {'ab' * 32}" in finished.text


def test_state_only_takes_the_held_drag_of_any_run(halves, artefact, tmp_path):
    _, go_on = halves
    for part in (0, 1):
        file = tmp_path / "second" / "INPUT" / f"cg_drag.res.nc.000{part}"
        with netCDF4.Dataset(file, "a") as later:
            later.alarm = 2400.0  # it rings in the third step
    exact = drag(go_on(tmp_path / "second"))
    shutil.rmtree(tmp_path / "second" / "RESTART")
    finished = go_on(
        tmp_path / "second",
        first_step=STEPS + 3,
        gwparam={"mode": "ml", "artefact": artefact, "restart": "state_only"},
    )
    np.testing.assert_array_equal(drag(finished)[:, 0], exact[:, 0])
    assert np.ptp(exact[:, 0]) > 0.0
    assert "takes the held drag alone from a restart (day" in finished.text


def test_fresh_reads_nothing_and_writes(halves, tmp_path):
    _, go_on = halves
    finished = go_on(tmp_path / "second", gwparam={"restart": "fresh"})
    assert np.all(drag(finished)[:, 0] == 0.0)
    assert "begins anew: no restart was read" in finished.text
    assert len(list((tmp_path / "second" / "RESTART").iterdir())) == 2


def test_an_unknown_word(halves, tmp_path):
    _, go_on = halves
    finished = go_on(tmp_path / "second", gwparam={"restart": "maybe"})
    assert finished.code == 2
    expected = "restart is maybe, expected exact, state_only, fresh or off"
    assert expected in finished.text


def test_a_restart_file_is_whole_and_no_device_is_replaced(halves, tmp_path):
    _, go_on = halves
    folder = tmp_path / "second" / "RESTART"
    folder.mkdir()
    (folder / "cg_drag.res.nc.0000").symlink_to("/dev/null")
    finished = go_on(tmp_path / "second", ranks=1)
    assert finished.code == 2
    assert "cg_drag.res.nc.0000: it is no regular file" in finished.text
    assert [path.name for path in folder.iterdir()] == ["cg_drag.res.nc.0000"]
    assert not [p for p in (tmp_path / "first").rglob("*.part")]
