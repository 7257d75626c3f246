"""A calibration that somebody stops, and that goes on by the command it prints."""

import os
import shlex
import signal

import pytest

from gwparam.calibrate.run import State
from gwparam.cli import main

TABLE = "name,value,standard_error\nmean_at_25_km,1.0,0.2\n"
NUMBERS = (
    "--members 10 --iterations 2 --years 4 --threads 1 --check-years 16 "
    "--check-seeds 2 --source-flux 0.0046"
)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_the_next_command_goes_on(tmp_path, monkeypatch, capsys, sent) -> None:
    table, output = tmp_path / "an observed.csv", tmp_path / "s.nml"
    table.write_text(TABLE)
    save = State.save

    def save_and_stop(state, path, key):
        save(state, path, key)
        os.kill(os.getpid(), sent)

    monkeypatch.setattr(State, "save", save_and_stop)
    words = ["--against", str(table), "-o", str(output), *NUMBERS.split()]
    assert main(["calibrate", "spectrum", *words]) == 3
    said = capsys.readouterr().out
    assert "s.nml.state holds the iterations that were done" in said
    monkeypatch.setattr(State, "save", save)
    following = shlex.split(said.partition("next: ")[2])
    assert following[:3] == ["gwparam", "calibrate", "spectrum"]
    assert following[-1] == "--go-on"
    assert main(following[1:]) == 0
    said = capsys.readouterr()
    assert "iteration 2 of 2" in said.err
    assert "iteration 1 of 2" not in said.err
    assert output.exists()
    assert not output.with_name("s.nml.state").exists()


def test_nothing_is_kept_of_the_first_iteration(tmp_path, monkeypatch, capsys) -> None:
    table = tmp_path / "observed.csv"
    table.write_text(TABLE)
    monkeypatch.setattr(
        "gwparam.calibrate.models.draw_forcing",
        lambda *unused: os.kill(os.getpid(), signal.SIGTERM),
    )
    monkeypatch.setattr(
        "gwparam.calibrate.models.spectrum_drag",
        lambda *unused: lambda wind, day: 0.0 * wind,
    )
    words = ["--against", str(table), "-o", str(tmp_path / "s.nml"), *NUMBERS.split()]
    assert main(["calibrate", "spectrum", *words]) == 3
    said = capsys.readouterr().out
    assert "nothing is kept" in said
    assert "next" not in said
    assert list(tmp_path.iterdir()) == [table]
