"""``gwparam replay RECORD``: what it prints, and what it refuses."""

import json
import shutil

import netCDF4
import pytest
from records import Call

from gwparam.cli import main


@pytest.fixture
def call(tiny_artefact, tmp_path):
    """Write a call of which guards change some columns."""
    given = {"on_limit": "ignore", "on_range": "keep", "range_sigmas": 1.5}
    return Call(tiny_artefact, columns=40, settings=given).write(tmp_path / "call.nc")


def test_people_read_which_columns_and_whether_bits_are_the_same(call, capsys):
    assert main(["replay", str(call)]) == 0
    text = capsys.readouterr().out
    assert "call 7 at day 2.5 (day 2 12:00:00), by gwparam of the tests" in text
    assert "40 of 1 of 1 ranks, on 5 levels" in text
    assert "more (--json has all)" in text
    assert "the same bits, in all columns and at all stages" in text


def test_programs_get_everything(call, capsys):
    assert main(["replay", str(call), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["same_bits"]
    assert found["guarded"] == found["guarded_now"]
    assert len(found["guarded"]) > 10
    assert found["first_difference"] is None


def test_a_difference_is_exit_status_1(call, capsys):
    with netCDF4.Dataset(call, "a") as file:
        file["northward_wind"][0, 12] += 1.0
    assert main(["replay", str(call)]) == 1
    text = capsys.readouterr().out
    assert "DIFFERS, first in column 13 " in text
    assert "stage       put: inputs, as the host put them" in text
    assert "columns that differ by stage: put 1" in text


def test_an_artefact_that_moved_is_named(call, tiny_artefact, tmp_path, capsys):
    moved = tmp_path / "moved.pt"
    shutil.copy(tiny_artefact, moved)
    with netCDF4.Dataset(call, "a") as file:
        file.artefact = "/not/there.pt"
    assert main(["replay", str(call)]) == 2
    assert "/not/there.pt" in capsys.readouterr().err
    assert main(["replay", str(call), "--artefact", str(moved)]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{call}", "--ckpt", "x.pt"], "--ckpt has no effect with a record"),
        (["{call}", "-o", "x.nc"], "--output has no effect with a record"),
        (["{net}", "{call}"], "is a record, expected it first"),
        (["{net}"], "there are no states"),
        (["{net}", "{states}", "--artefact", "x.pt"], "has no effect without a record"),
    ],
)
def test_what_has_no_meaning_is_refused(
    call, tiny_artefact, sample_states, capsys, arguments, message
):
    names = {"call": call, "net": tiny_artefact, "states": sample_states}
    assert main(["replay", *(one.format(**names) for one in arguments)]) == 2
    assert message in capsys.readouterr().err
