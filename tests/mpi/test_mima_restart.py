"""Restart of the drop-in for MiMA: the run goes on as if it had not ended."""

import shutil

import numpy as np
import pytest

STEPS = 6
# The alarm rings between the two halves, not at the joint.
ALARM = {"cg_drag_freq": 4800, "cg_drag_offset": 1200}
WINDOWS = (2, 2)


def drag(finished):
    assert finished.code == 0, finished.text
    return np.stack([finished.field("gwfcng_x"), finished.field("gwfcng_y")])


def hand_over(first, second):
    """What a run script does between two segments."""
    shutil.copytree(first / "RESTART", second / "INPUT")


@pytest.fixture
def halves(run, states, tmp_path):
    """Folder of a first half of 2 x STEPS on two ranks, and how to go on in another."""
    items = {"states": states, "steps": STEPS, "windows": WINDOWS, "cg_drag": ALARM}
    first = run(2, folder=tmp_path / "first", **items)
    assert first.code == 0, first.text

    def go_on(folder, ranks=2, **changes):
        return run(
            ranks, folder=folder, **{**items, "first_step": STEPS + 1, **changes}
        )

    hand_over(tmp_path / "first", tmp_path / "second")
    return first, go_on


@pytest.mark.parametrize("mode", ["native", "ml"])
def test_a_restarted_run_has_the_bits_of_one_that_went_through(
    run, states, artefact, tmp_path, mode
):
    items = {
        "states": states,
        "windows": WINDOWS,
        "cg_drag": ALARM,
        "gwparam": {"mode": mode, "artefact": artefact},
    }
    through = run(2, folder=tmp_path / "through", steps=2 * STEPS, **items)
    first = run(2, folder=tmp_path / "first", steps=STEPS, **items)
    assert first.code == 0, first.text
    hand_over(tmp_path / "first", tmp_path / "second")
    second = run(
        2, folder=tmp_path / "second", steps=STEPS, first_step=STEPS + 1, **items
    )
    parts = np.concatenate([drag(first), drag(second)], axis=1)
    np.testing.assert_array_equal(parts, drag(through))
    # The first step of the second half returned drag that the first half computed.
    assert np.ptp(drag(second)[:, 0]) > 0.0


def test_without_a_file_the_drag_is_zero_until_the_alarm_rings(halves, tmp_path):
    _, go_on = halves
    finished = drag(go_on(tmp_path / "cold"))
    # Offset 1200 s, two time steps a call: the second call recomputes.
    assert np.all(finished[:, 0] == 0.0)
    assert np.ptp(finished[:, 1]) > 0.0


def test_restart_is_ignored_and_not_written_when_switched_off(halves, tmp_path):
    _, go_on = halves
    finished = go_on(tmp_path / "second", gwparam={"restart": False})
    assert np.all(drag(finished)[:, 0] == 0.0)
    assert not list((tmp_path / "second" / "RESTART").iterdir())


def test_restart_refuses_another_number_of_ranks(halves, tmp_path):
    _, go_on = halves
    fewer = go_on(tmp_path / "second", ranks=1)
    assert fewer.code == 2
    assert (
        "INPUT/cg_drag.res.0000 is of rank 0 of 2 with 8 x 8 x 40, expected these "
        "latitudes with 8 x 16 x 40" in fewer.text
    )
    more = go_on(tmp_path / "second", ranks=4)
    assert more.code == 2
    assert "restart on as many ranks as wrote them" in more.text


def test_restart_refuses_the_file_of_another_rank(halves, tmp_path):
    _, go_on = halves
    folder = tmp_path / "second" / "INPUT"
    shutil.copy(folder / "cg_drag.res.0000", folder / "cg_drag.res.0001")
    finished = go_on(tmp_path / "second")
    assert finished.code == 2
    assert "INPUT/cg_drag.res.0001 is of rank 0 of 2" in finished.text


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:-8], "cannot read INPUT/cg_drag.res.0001"),
        (lambda data: b"netCDF" + data, "INPUT/cg_drag.res.0001 is no restart file"),
        (lambda data: b"", "cannot read INPUT/cg_drag.res.0001"),
    ],
)
def test_restart_refuses_a_damaged_file(halves, tmp_path, damage, message):
    _, go_on = halves
    path = tmp_path / "second" / "INPUT" / "cg_drag.res.0001"
    path.write_bytes(damage(path.read_bytes()))
    finished = go_on(tmp_path / "second")
    assert finished.code == 2
    assert message in finished.text


def test_a_missing_restart_folder_is_found_at_the_start(run, states, tmp_path):
    finished = run(states=states, gwparam={"restart_file": "absent/cg_drag.res"})
    assert finished.code == 2
    assert "cannot write to RESTART (make the folder, or set restart" in finished.text
    assert not (tmp_path / "tendencies.nc").exists()
