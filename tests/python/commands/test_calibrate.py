"""From a network and statistics to another artefact, by the command."""

import numpy as np
import pytest
from answers import answer
from testbed_networks import export_small

from gwparam.cli import main
from gwparam.contract import read_contract
from gwparam.qbo.statistics import read_statistics

LAST = "network.last"
SMALL = ("--members", "10", "--iterations", "2", "--years", "4", "--threads", "1")
CHECK = ("--check-years", "16", "--check-seeds", "2")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A network, and a table that it does not fit."""
    path = tmp_path_factory.mktemp("calibrate")
    export_small(path / "small.pt")
    table = "name,value,standard_error\nmean_at_25_km,1.0,0.2\n"
    (path / "observed.csv").write_text(table)
    return path


@pytest.fixture(scope="module")
def repaired(folder):
    status, found = answer(
        "calibrate", folder / "small.pt", "--against", folder / "observed.csv",
        "--layers", LAST, "-o", folder / "r.pt", "--spread", "0.9", *SMALL, *CHECK,
    )  # fmt: skip
    assert status == 0
    return found


def test_a_layer_is_changed_until_it_fits(folder, repaired) -> None:
    assert repaired["after"]["misfit"] < 0.5 * repaired["before"]["misfit"]
    assert [run["seed"] for run in repaired["after"]["runs"]] == [1, 1000]
    assert repaired["written"] == [str(folder / "r.pt"), str(folder / "r.html")]
    assert len(repaired["by_iteration"]["misfit"]) == 2
    assert not (folder / "r.pt.state").exists()
    made = read_contract(folder / "r.pt").calibration
    assert (made.artefact, made.against) == ("small.pt", "observed.csv")
    assert made.layers == (LAST,)
    assert (made.members, made.iterations, made.years, made.seed) == (10, 2, 7, 0)
    assert made.misfit_after == pytest.approx(repaired["after"]["misfit"])
    assert main(["inspect", str(folder / "r.pt")]) == 0


def test_the_source_becomes_a_namelist(folder, capsys) -> None:
    (folder / "source.csv").write_text(
        "name,value,standard_error\nstandard_deviation_at_25_km,33.6,0.3\n"
        "period_at_25_km,26,0.3\nstandard_deviation_at_20_km,19.1,0.2\n"
    )
    words = ["--against", folder / "source.csv", "-o", folder / "s.nml"]
    words += ["--source-flux", "4.6e-3", *SMALL, *CHECK]
    assert main(["calibrate", "spectrum", *map(str, words)]) == 0
    said = capsys.readouterr()
    assert "iteration 2 of 2" in said.err
    assert "wrote" in said.out
    text = (folder / "s.nml").read_text()
    flux = float(text.partition("source_flux =")[2].split()[0])
    assert flux == pytest.approx(3.7e-3, rel=0.12)
    assert (folder / "s.html").exists()


def test_statistics_of_a_network(folder, tmp_path) -> None:
    path = tmp_path / "s.nc"
    words = ("--write-statistics", path, "--years", "4", "--threads", "1")
    status, found = answer("calibrate", folder / "small.pt", *words)
    assert status == 0
    written = read_statistics(path)
    assert written.windows == 64
    np.testing.assert_allclose(list(found["statistics"].values()), written.values)


def test_layers_are_listed(folder, capsys) -> None:
    assert main(["calibrate", str(folder / "small.pt"), "--list"]) == 0
    text = capsys.readouterr().out
    assert f"{LAST:32} weight 73 x 4, bias 73" in text
    assert "period_at_25_km" in text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["small.pt"], "--against is missing, expected a file"),
        (["small.pt", "--against", "observed.csv"], "--output is missing"),
        (["small.pt", "--source-flux", "1"], "--source-flux has no effect for an"),
        (["spectrum", "--layers", LAST], "--layers has no effect for the spectrum"),
        (["small.pt", "--list", "--go-on"], "--go-on has no effect with --list"),
        (["small.pt", "--members", "3"], "members is 3, expected 10 to 10000"),
        (["small.pt", "FULL", "--layers", "x"], "layers has x, expected of network"),
        (["small.pt", "FULL"], "layers are none, expected 1 or 2 of network.first"),
        (["small.pt", "FULL", "--check-years", "15"], "check_years is 15, expected at"),
        (["small.pt", "FULL", "--layers", LAST, "--go-on"], "r.pt.state: No such"),
        (["observed.csv", "FULL", "--layers", LAST], "observed.csv"),
    ],
)  # fmt: skip
def test_what_is_refused(folder, capsys, monkeypatch, words, expected) -> None:
    monkeypatch.chdir(folder)
    (folder / "r.pt").unlink(missing_ok=True)
    full = ["--against", "observed.csv", "-o", "new.pt", "--years", "4"]
    given = [w for word in words for w in (full if word == "FULL" else [word])]
    assert main(["calibrate", *given]) == 2
    assert expected.replace("r.pt.state", "new.pt.state") in capsys.readouterr().err
    assert not (folder / "new.pt").exists()


def test_a_state_that_is_there_is_kept(folder, capsys) -> None:
    (folder / "kept.nml.state").write_text("of a day's work")
    words = ["--against", folder / "observed.csv", "-o", folder / "kept.nml", *SMALL]
    assert main(["calibrate", "spectrum", *map(str, words), *CHECK]) == 2
    assert "or delete it to begin anew (--go-on)" in capsys.readouterr().err
    assert (folder / "kept.nml.state").read_text() == "of a day's work"
