from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
from run_logs import report_line, start_line, text_of

from gwparam.run_log.lines import read_line
from gwparam.run_log.logs import RunLog


@pytest.fixture
def run_of(tmp_path):
    def read(*lines):
        path = tmp_path / "log.jsonl"
        path.write_text(text_of(*lines))
        log = RunLog(path)
        log.update()
        return log.runs[-1]

    return read


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (5, "running, last line 5 s ago"),
        (240, "running, last line 4 min ago"),
        (7300, "no end in the log, silent for 2 h"),
        (10 * 86400, "no end in the log, silent for 10 days"),
    ],
)
def test_state_says_how_long_a_run_is_silent(run_of, ago, said):
    then = (datetime.now(UTC) - timedelta(seconds=ago)).isoformat()

    assert run_of(start_line(), report_line(1, wall_time=then)).state == said


@pytest.mark.parametrize("when", ["yesterday", "2026-11-29T12:00:00"])
def test_a_time_that_says_too_little_is_not_guessed(run_of, when):
    assert run_of(start_line(wall_time=when)).state == "no end in the log"


def test_document_has_the_start_and_the_latest(run_of):
    found = run_of(start_line(), report_line(1), report_line(2, "end")).as_dict()

    assert found["ended"]
    assert found["reports"] == 2
    assert found["start"]["mode"] == "ml"
    assert found["latest"]["recomputations"] == 2


def test_columns_are_those_of_one_recomputation(run_of):
    assert run_of(start_line(), report_line(4)).columns_a_run == 100.0
    assert run_of(start_line()).columns_a_run is None
    assert run_of(report_line(0)).columns_a_run is None


def test_a_point_keeps_numbers_alone(run_of):
    """Places and dates of each report of a hundred years would fill the memory."""
    (point,) = run_of(start_line(), report_line(1)).points

    values = list(asdict(point).values())
    for component in (point.u, point.v):
        values.remove(asdict(component))
        values += asdict(component).values()
    assert {type(value) for value in values} <= {float, int, type(None)}
    assert (point.u.rms_native, point.longest_stage) == (2e-5, 8.0)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (report_line(4), ""),
        (report_line(3, "end"), ""),
        (report_line(3, model_days=2.0), ""),  # the drag is held between reports
        (report_line(2), "recomputations is 2, expected 3 or more"),
        (report_line(4, model_days=1.0), "model_days is 1.0, expected 1.5 or more"),
        (report_line(3), "recomputations is 3 at day 1.5 again"),
        (report_line(4, ranks=3), "ranks is 3, expected 2"),
    ],
)
def test_a_report_of_another_job_is_told(run_of, line, said):
    before = run_of(start_line(), report_line(3))

    assert before.why_not(read_line(text_of(line).encode(), "line")) == said


def test_after_the_end_comes_no_report(run_of):
    ended = run_of(start_line(), report_line(3, "end"))
    line = read_line(text_of(report_line(4)).encode(), "line")

    assert ended.why_not(line) == "it comes after the end, expected a start"


def test_ranks_are_those_of_the_start(run_of):
    line = read_line(text_of(report_line(1, ranks=4)).encode(), "line")

    assert run_of(start_line()).why_not(line) == "ranks is 4, expected 2"
