import json

import pytest
from run_logs import place, report_line, start_line

from gwparam.run_log import words
from gwparam.run_log.lines import read_line
from gwparam.run_log.runs import Run


def read(line):
    return read_line(json.dumps(line).encode(), "line 1")


@pytest.fixture
def run():
    found = Run("folder/gwparam_run.jsonl", 2, read(start_line()))
    found.add(read(report_line(5, records=3, record_bytes=2_000_000, fell_back=True)))
    return found


def test_facts_say_what_is_known(run):
    told = dict(words.facts(run))

    assert words.heading(run) == (
        "gwparam_run 2: WaveNet, mode ml, 2 ranks of 1 thread, cpu"
    )
    assert told["recomputations"] == "5 since the start, 100 columns each"
    assert told["who drives"] == (
        "90.0% of the drag is the network's; guards left 10.00% of the columns to the "
        "native drag"
    )
    assert told["time"] == "8.00 ms a recomputation in the longest stage, network"
    assert told["records"] == "3 files, 2.0 MB, 0 left out"
    assert told["device"] == "failed: the CPU took over"


def test_a_run_without_start_or_report_is_named():
    lost = Run("log.jsonl", 1)

    assert words.heading(lost) == "log 1, whose start is lost"
    assert dict(words.facts(lost))["done"] == "nothing reported yet"


def test_guards_say_where_they_caught(run):
    still, caught = (words.guard_row(g, run.latest) for g in run.latest.guards)

    assert still == ("finite", "native", "0", "0", "–")
    assert caught == ("on_range", "native", "50 (10.00%)", "10", "1: 35, 3: 15")


def test_places_are_spelled(run):
    rows = words.place_rows(run.latest)

    assert rows[0] == (
        "on_range: eastward wind",
        "99.0 m s-1",
        "45.0°S 80.0°W",
        "2 (100 hPa)",
        "day 3",
        "1",
    )
    assert [row[0] for row in rows[1:]] == [
        "largest eastward drag of the network",
        "largest eastward drag, native",
    ]


def test_a_place_that_is_not_known_is_a_dash():
    nowhere = place("x", 1.0, latitude=None, longitude=None, level=0, date=None)
    line = report_line(1)
    line["guards"][1]["worst"] = nowhere

    (row, *_) = words.place_rows(read(line))

    assert row[2:5] == ("–", "–", "–")


def test_stages_are_held_to_the_longest_for_they_overlap(run):
    rows = {name: (ms, part) for name, ms, part in words.stage_rows(run.latest)}

    assert rows["network"] == (8.0, 1.0)
    assert rows["put"] == (1.0, pytest.approx(1 / 8))


@pytest.mark.parametrize("lag", [0, 1])
def test_a_network_that_runs_beside_the_model_is_told(lag):
    found = Run("log.jsonl", 1, read(start_line(lag=lag)))
    found.add(read(report_line(1)))

    said = dict(words.facts(found))["time"]

    assert said.endswith("beside the model") == bool(lag)


def test_times_that_are_not_known_are_a_dash():
    found = Run("log.jsonl", 1)
    found.add(read(report_line(1, ms={"put": None})))

    assert dict(words.facts(found))["time"] == "–"
    assert words.stage_rows(found.latest) == []


def test_drag_is_held_to_the_native(run):
    assert words.drag_rows(run.latest)[0] == (
        "eastward", "5.00·10⁻⁵", "2.00·10⁻⁵", "–", "–", "0.5000",
    )  # fmt: skip


def test_names_command_no_terminal():
    start = read(start_line(artefact="\x1b]0;\x07.pt"))
    run = Run("\udcff\x1b[2J\n.jsonl", 1, start)

    said = [words.heading(run), *(text for _, text in words.facts(run))]

    assert all(text.isprintable() for text in said)
    assert "\\x1b[2J\\n 1: WaveNet" in said[0]
