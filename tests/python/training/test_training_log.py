import csv
import os
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from gwparam.errors import ModelFileError
from gwparam.training import training_log as module
from gwparam.training.training_log import LOG_FILE, LogEntry, TrainingLog

COLUMNS = [
    "step",
    "epoch",
    "learning_rate",
    "loss",
    "validation_loss",
    "samples_per_second",
    "waiting_for_data",
]
STEPS, EPOCHS = 100, 5
SINGLE = 1e-6
"""Relative: TensorBoard keeps single precision."""


def entry(step, epoch=1, validation=None):
    """An entry in which no two numbers are alike."""
    loss = 0.25 + step
    return LogEntry(
        step, epoch, 1e-3 / (1 + step), loss, validation, 40.0 * step, 0.125
    )


def row(step, epoch=1, validation=None):
    given = entry(step, epoch, validation)
    values = [getattr(given, column) for column in COLUMNS]
    return ["" if value is None else str(value) for value in values]


def open_log(folder, step=0, epoch=0, is_main_process=True):
    return TrainingLog(folder, step, epoch, STEPS, EPOCHS, is_main_process)


def rows(folder):
    with (folder / LOG_FILE).open(newline="") as file:
        return list(csv.reader(file))


def written(folder, *entries):
    """Log entries, as a run does that ends after them."""
    with open_log(folder) as log:
        for one in entries:
            log.write(one)


def curves(folder):
    """Steps and values of every curve that TensorBoard shows."""
    board = EventAccumulator(str(folder / "tensorboard")).Reload()
    return {
        name: {event.step: event.value for event in board.Scalars(name)}
        for name in board.Tags()["scalars"]
    }


class Clock:
    """Time that passes when a test says so."""

    def __init__(self):
        self.seconds = 1000.0

    def monotonic(self):
        return self.seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_rows_have_the_columns_of_an_entry(tmp_path):
    written(tmp_path, entry(3), entry(10, 2, 0.5))

    assert rows(tmp_path) == [COLUMNS, row(3), row(10, 2, 0.5)]


def test_row_is_in_the_file_at_once(tmp_path):
    with open_log(tmp_path) as log:
        log.write(entry(3))

        assert rows(tmp_path) == [COLUMNS, row(3)]


def test_curves_of_tensorboard_are_those_of_the_rows(tmp_path):
    written(tmp_path, entry(3), entry(10, 2, 0.5))

    found = curves(tmp_path)

    assert set(found) == set(COLUMNS[2:])
    assert found.pop("validation_loss") == {10: 0.5}
    for name, values in found.items():
        expected = {step: getattr(entry(step), name) for step in (3, 10)}
        assert values == pytest.approx(expected, rel=SINGLE), name


def test_rows_up_to_the_step_are_kept(tmp_path):
    written(tmp_path, entry(3), entry(7), entry(9))

    with open_log(tmp_path, step=7) as log:
        log.write(entry(8, 2))

    assert rows(tmp_path) == [COLUMNS, row(3), row(7), row(8, 2)]


def test_end_of_an_epoch_that_was_not_saved_is_written_again(tmp_path):
    written(tmp_path, entry(3), entry(5, 1, 0.5), entry(8), entry(10, 2, 0.25))

    with open_log(tmp_path, step=10, epoch=1) as log:
        log.write(entry(10, 2, 0.75))

    expected = [COLUMNS, row(3), row(5, 1, 0.5), row(8), row(10, 2, 0.75)]
    assert rows(tmp_path) == expected


def test_curves_beyond_the_step_are_replaced(tmp_path):
    written(tmp_path, entry(3), entry(7), entry(9))

    with open_log(tmp_path, step=7) as log:
        log.write(entry(8))

    assert list(curves(tmp_path)["loss"]) == [3, 7, 8]


@pytest.mark.parametrize("kept", [1, 4, 15])
def test_torn_last_row_is_left_out(tmp_path, kept):
    written(tmp_path, entry(3), entry(7))
    with (tmp_path / LOG_FILE).open("a") as file:
        # Of step 12 its first digit, a step that was done, may be all that is left.
        file.write(",".join(row(12))[:kept])

    with open_log(tmp_path, step=8) as log:
        log.write(entry(9))

    assert rows(tmp_path) == [COLUMNS, row(3), row(7), row(9)]


def test_training_from_the_beginning_has_a_new_log(tmp_path):
    written(tmp_path, entry(3))

    written(tmp_path, entry(1))

    assert rows(tmp_path) == [COLUMNS, row(1)]


def test_lost_log_begins_where_the_training_goes_on(tmp_path):
    with open_log(tmp_path, step=7) as log:
        log.write(entry(8))

    assert rows(tmp_path) == [COLUMNS, row(8)]


def test_other_processes_write_and_say_nothing(tmp_path, capfd):
    with open_log(tmp_path, is_main_process=False) as log:
        log.advance(1)
        log.write(entry(3, 1, 0.5))
        log.say("words")

    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_end_of_an_epoch_is_said(tmp_path, capsys):
    written(tmp_path, entry(50, 2, 0.12346))

    assert capsys.readouterr().err == (
        "epoch 2/5, loss 50.25, 2.0 k samples/s, validation 0.1235\n"
    )


def test_output_to_a_file_has_a_line_every_ten_seconds(tmp_path, capsys, clock):
    with open_log(tmp_path) as log:
        for step, seconds in ((10, 9.0), (20, 2.0), (25, 9.0), (30, 2.0)):
            clock.seconds += seconds
            log.advance(step)
            log.write(entry(step))

    said = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in said] == [
        " 20% epoch 1/5",
        " 30% epoch 1/5",
    ]
    assert all(line.endswith(" left") for line in said)


def test_words_are_printed_as_they_are(tmp_path, capsys):
    text = "warning: [bold]/a/path[3].pt[/bold] " + 30 * "long "

    with open_log(tmp_path) as log:
        log.say(text)

    assert capsys.readouterr().err == text + "\n"


def test_terminal_shows_how_far_the_training_is(tmp_path, capsys, monkeypatch, clock):
    terminal = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr(module, "sys", SimpleNamespace(stderr=terminal))
    with open_log(tmp_path) as log:
        clock.seconds += 1.0
        log.advance(50)

    assert "training" in capsys.readouterr().err


def test_log_that_cannot_be_opened_is_told(tmp_path):
    (tmp_path / LOG_FILE).mkdir()

    with pytest.raises(ModelFileError) as caught:
        open_log(tmp_path)

    assert str(caught.value) == f"cannot write {tmp_path}/{LOG_FILE}: Is a directory"


needs_full_disk = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="no /dev/full"
)


@needs_full_disk
def test_full_disk_at_the_beginning_is_told(tmp_path):
    (tmp_path / LOG_FILE).symlink_to("/dev/full")

    with pytest.raises(ModelFileError) as caught:
        open_log(tmp_path)

    assert str(caught.value) == (
        f"cannot write {tmp_path}/{LOG_FILE}: No space left on device"
    )


def fill_disk_of_log(folder):
    """Let all that is written to the open log fail."""
    full = os.open("/dev/full", os.O_WRONLY)
    for link in Path("/proc/self/fd").iterdir():
        if link.exists() and os.readlink(link) == str(folder / LOG_FILE):
            os.dup2(full, int(link.name))
    os.close(full)


def fill_disk_of_tensorboard(folder):
    """Let all that is written to its file fail, which is opened every time."""
    (events,) = (folder / "tensorboard").iterdir()
    # In one move: TensorBoard's thread would make the file anew where there is none.
    full = folder / "full"
    full.symlink_to("/dev/full")
    full.replace(events)


@needs_full_disk
# TensorBoard writes in a thread, which says why it ends and hands the error on.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("fill_disk", [fill_disk_of_log, fill_disk_of_tensorboard])
def test_disk_that_gets_full_is_no_reason_to_stop(tmp_path, capsys, fill_disk):
    before = set(threading.enumerate())

    with open_log(tmp_path) as log:
        log.write(entry(3))
        fill_disk(tmp_path)
        log.write(entry(5, 1, 0.5))
        log.write(entry(7))

    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=10.0)

    said = capsys.readouterr().err
    assert "epoch 1/5, loss 5.25, 200 samples/s, validation 0.5\n" in said
    assert "warning: cannot write the log: No space left on device\n" in said
