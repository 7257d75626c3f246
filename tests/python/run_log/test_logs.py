import os

import pytest
from run_logs import report_line, start_line, text_of
from special_files import SPECIAL

from gwparam.errors import ContractError, ModelFileError
from gwparam.run_log import logs as module
from gwparam.run_log.lines import read_line
from gwparam.run_log.logs import RunLog, RunLogs


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "gwparam_run.jsonl"
    path.write_text(text_of(start_line(), report_line(1), report_line(2)))
    return path


def append(path, text):
    with open(path, "a") as file:
        file.write(text)


def test_only_what_is_new_is_read(log, monkeypatch):
    found = RunLog(log)
    assert found.update()
    assert [point.model_days for point in found.runs[0].points] == [0.5, 1.0]
    read = []
    monkeypatch.setattr(
        "gwparam.run_log.logs.read_line", lambda text, what: read.append(what) or 1 / 0
    )

    assert not found.update()
    assert read == []
    append(log, text_of(report_line(3)))
    with pytest.raises(ZeroDivisionError):
        found.update()
    assert read == ["line 4"]


def test_a_line_counts_when_it_is_whole(log):
    found = RunLog(log)
    found.update()
    line = text_of(report_line(3, "end"))
    append(log, line[:100])

    assert not found.update()
    assert not found.runs[0].ended
    append(log, line[100:])

    assert found.update()
    assert found.runs[0].ended
    assert found.broken == 0


def test_a_new_run_goes_on_in_the_file(log):
    append(log, '{"kind": "repo\n')  # left unfinished, and ended by the next run
    append(log, text_of(start_line(mode="shadow"), report_line(1, "end")))

    found = RunLog(log)
    found.update()

    first, second = found.runs
    assert first.state == "broke off: another run follows in the log"
    assert (second.start.mode, second.state, second.number) == ("shadow", "ended", 2)
    assert found.broken == 1
    assert found.first_broken.startswith("line 4 is not valid JSON")


def test_lines_longer_than_a_piece_are_read(log, monkeypatch):
    monkeypatch.setattr("gwparam.run_log.logs._PIECE", 64)

    found = RunLog(log)
    found.update()

    assert len(found.runs[0].points) == 2


@pytest.mark.parametrize("replace", [True, False])
def test_another_file_in_its_place_is_read_anew(log, replace):
    found = RunLog(log)
    found.update()
    text = text_of(start_line(mode="shadow"))
    if replace:
        other = log.with_name("other")
        other.write_text(text + 5000 * "\n")
        os.replace(other, log)
    else:
        log.write_text(text)

    found.update()

    assert [run.start.mode for run in found.runs] == ["shadow"]


def test_a_log_without_its_start_is_shown(tmp_path):
    path = tmp_path / "cut.jsonl"
    path.write_text(text_of(report_line(4)))

    found = RunLog(path)
    found.update()

    assert found.runs[0].start is None
    assert found.runs[0].latest.recomputations == 4


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"epoch,loss\n1,0.5\n", "is no run log: line 1 is not valid JSON"),
        (b'{"event": "train"}\n', "is no run log: line 1: kind is missing"),
        (b"\x00" * 100 + b"\n", "is no run log"),
        (b"x" * 3000, "more than 2000 bytes"),
        (b"epoch,loss", "is no run log: it has no finished line"),
        (b'{"kind": "start", "mod', "is no run log: it has no finished line"),
        (b"\n\n", "is no run log: it has no finished line"),
    ],
)
def test_foreign_files_are_refused(tmp_path, monkeypatch, content, said):
    monkeypatch.setattr("gwparam.run_log.logs._LONGEST", 2000)
    path = tmp_path / "foreign.jsonl"
    path.write_bytes(content)

    with pytest.raises(ContractError) as error:
        RunLogs([path]).update()

    assert said in str(error.value)
    with pytest.raises(ContractError):  # nothing else is in the folder
        RunLogs([tmp_path]).update()


def test_a_foreign_file_beside_a_log_is_noted(log):
    log.with_name("training.jsonl").write_text('{"loss": 1}\n')
    append(log, "no JSON\n")
    logs = RunLogs([log.parent])

    logs.update()

    assert len(logs.runs) == 1
    foreign, broken = logs.notes
    assert "training.jsonl is no run log" in foreign
    assert "1 line left out, the first: line 4" in broken


def test_logs_that_appear_later_are_found(log):
    logs = RunLogs([log.parent])
    logs.update()
    log.with_name("member2.jsonl").write_text(text_of(start_line()))

    assert logs.update()
    assert len(logs.last_runs) == 2


@pytest.fixture
def count_lines(monkeypatch):
    """Count the lines that are looked at."""
    looked = []

    def look(text, what):
        looked.append(what)
        return read_line(text, what)

    monkeypatch.setattr(module, "read_line", look)
    return looked


def test_a_foreign_file_is_not_read_to_its_end_nor_again(log, count_lines):
    foreign = log.with_name("training.jsonl")
    foreign.write_text(1000 * '{"loss": 1}\n')
    logs = RunLogs([log.parent])

    logs.update()
    logs.update()

    assert len(count_lines) < 20
    count_lines.clear()
    foreign.write_text(text_of(start_line(mode="shadow")))
    assert logs.update()
    assert [run.start.mode for run in logs.runs] == ["ml", "shadow"]
    assert logs.notes == []
    assert count_lines == ["line 1"]


def test_a_log_may_begin_in_the_middle_of_a_line(tmp_path):
    path = tmp_path / "tail.jsonl"
    path.write_text(text_of(report_line(3))[100:] + text_of(report_line(4)))
    logs = RunLogs([path])

    logs.update()

    assert logs.runs[0].latest.recomputations == 4
    assert "1 line left out, the first: line 1" in logs.notes[0]


def test_broken_lines_are_counted_not_kept(log):
    append(log, 1000 * "broken\n")
    found = RunLog(log)

    found.update()

    assert found.broken == 1000
    assert found.first_broken.startswith("line 4 ")


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied"), FileNotFoundError(2, "gone")]
)
def test_a_file_that_cannot_be_read_is_noted_beside_logs(log, monkeypatch, error):
    """It may be closed to us, or removed between the two looks at it."""
    other = log.with_name("other.jsonl")
    other.write_text(text_of(start_line()))

    def refuse(path, mode):
        if path == other:
            raise error
        return open(path, mode)

    monkeypatch.setattr(module, "open", refuse, raising=False)
    logs = RunLogs([log.parent])

    logs.update()

    assert len(logs.runs) == 1
    assert logs.notes == [f"cannot read {other}: {error.strerror}"]
    monkeypatch.undo()
    logs.update()
    assert len(logs.runs) == 2
    assert logs.notes == []


def test_what_may_not_be_looked_at_ends_nothing(log, monkeypatch):
    other = log.with_name("other.jsonl")
    other.write_text(text_of(start_line()))
    stat = os.stat

    def refuse(path, **items):
        if path == other:
            raise PermissionError(13, "Permission denied")
        return stat(path, **items)

    monkeypatch.setattr(os, "stat", refuse)
    logs = RunLogs([log.parent])

    logs.update()

    assert log in logs.paths


def test_files_that_are_gone_are_forgotten(log):
    other, foreign = log.with_name("other.jsonl"), log.with_name("training.jsonl")
    other.write_text(text_of(start_line()))
    foreign.write_text("loss\n")
    logs = RunLogs([log.parent])
    logs.update()
    assert (len(logs.runs), len(logs.notes)) == (2, 1)
    other.unlink()
    foreign.unlink()

    assert logs.update()

    assert (len(logs.runs), len(logs.notes)) == (1, 0)
    log.unlink()
    with pytest.raises(ModelFileError, match="no run log in"):
        logs.update()


def test_absent_logs_are_refused(tmp_path):
    with pytest.raises(ModelFileError, match=r"no run log in .*, expected \*\.jsonl"):
        RunLogs([tmp_path]).update()
    with pytest.raises(ModelFileError, match="No such file"):
        RunLogs([tmp_path / "absent"]).update()


@pytest.mark.parametrize("kind", [kind for kind in SPECIAL if kind != "folder"])
def test_what_is_no_file_is_not_opened(tmp_path, kind):
    SPECIAL[kind](tmp_path / "log.jsonl")

    with pytest.raises(ModelFileError):
        RunLogs([tmp_path / "log.jsonl"]).update()
    with pytest.raises(ModelFileError, match="no run log"):
        RunLogs([tmp_path]).update()


def test_a_file_of_half_a_line_is_noted_beside_a_log(log):
    """A host may just have begun it."""
    begun = log.with_name("member2.jsonl")
    begun.write_text(text_of(start_line())[:50])
    logs = RunLogs([log.parent])

    logs.update()

    assert logs.notes == [f"{begun} is no run log: it has no finished line"]
    append(begun, text_of(start_line())[50:])
    assert logs.update()
    assert logs.notes == []
    assert len(logs.runs) == 2


@pytest.mark.parametrize("end", [-1, -100])
def test_a_last_line_that_is_not_finished_is_noted(log, end):
    line = text_of(report_line(3, "end"))
    append(log, line[:end])
    logs = RunLogs([log])

    logs.update()

    assert logs.notes == [f"{log}: the last line is not finished"]
    assert not logs.runs[0].ended
    append(log, line[end:])
    logs.update()
    assert logs.notes == []


def test_lines_of_two_jobs_in_one_log_are_noted_and_do_not_count(log):
    append(log, text_of(start_line(mode="shadow")))
    for number in (1, 2):
        append(log, 2 * text_of(report_line(number)))  # one of each job
    append(log, 2 * text_of(report_line(2, "end")))
    logs = RunLogs([log])

    logs.update()

    assert [len(run.points) for run in logs.runs] == [2, 3]
    assert logs.notes == [
        f"{log}: 3 lines left out, the first: line 6 is not of this run: "
        "recomputations is 1 at day 0.5 again"
    ]


def other_name(log, how):
    """The same log under another name."""
    if how == "dots":
        return log.parent / ".." / log.parent.name
    if how == "name":
        return log
    link = log.with_name("link.jsonl")
    if how == "hard":
        link.hardlink_to(log)
    else:
        link.symlink_to(log.name if how == "link" else log.parent)
    return link


@pytest.mark.parametrize("how", ["name", "dots", "link", "hard", "folder"])
def test_a_log_counts_once(log, how):
    logs = RunLogs([log.parent, other_name(log, how)])

    logs.update()
    logs.update()

    assert len(logs.runs) == 1
    assert logs.notes == []


def test_a_foreign_file_is_refused_by_name_though_its_folder_is_read(log):
    foreign = log.with_name("training.jsonl")
    foreign.write_text("loss\n")

    with pytest.raises(ContractError, match="is no run log"):
        RunLogs([log.parent, foreign]).update()


def test_all_files_that_were_looked_at_are_known(log):
    """An output may be none of them."""
    foreign, empty = log.with_name("training.jsonl"), log.with_name("begun.jsonl")
    foreign.write_text("loss\n")
    empty.touch()
    logs = RunLogs([log.parent])

    logs.update()

    assert logs.paths == sorted([log, foreign, empty])


def test_names_in_notes_command_no_terminal(log):
    log.with_name("\x1b[2J\n.jsonl").write_text("loss\n")
    logs = RunLogs([log.parent])

    logs.update()

    (note,) = logs.notes
    assert "\\x1b[2J\\n.jsonl is no run log" in note
    assert note.isprintable()
