"""``gwparam qbo``: schemes side by side; numbers, page and wind."""

import json
import re

import netCDF4
import numpy as np
import pytest
import qbo_networks

from gwparam.cli import main
from gwparam.qbo.column import column_of
from gwparam.qbo.forcing import draw_forcing
from gwparam.qbo.runs import SPECTRUM, run
from gwparam.qbo.testbed import Testbed
from gwparam.qbo.wind_files import write_wind

SOURCES = {"source_flux": "Pa", "spectral_width": "m s-1"}


@pytest.fixture(scope="module")
def pushes(tmp_path_factory):
    path = tmp_path_factory.mktemp("qbo") / "pushes.pt"
    return qbo_networks.export(qbo_networks.Pushes(), path)


def answer(capsys, *words):
    """Document of a command that succeeds."""
    assert main(["qbo", *map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refusal(capsys, *words):
    """Line of a command that is refused."""
    assert main(["qbo", *map(str, words)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_schemes_side_by_side(capsys, pushes, tmp_path):
    folder = tmp_path / "run"
    found = answer(
        capsys, SPECTRUM, "two-waves", pushes, "--years", 9, "--seeds", 2, "-o", folder
    )
    assert found["years_left_out"] == 3
    schemes = found["schemes"]
    assert list(schemes) == [SPECTRUM, "two-waves", "pushes"]
    spectrum, waves, pushed = schemes.values()
    assert spectrum["unstable"] == [None, None]
    assert spectrum["sees_source"]
    assert (spectrum["upwelling"], waves["upwelling"]) == (3e-4, 1e-5)
    numbers = spectrum["numbers"]["amplitude 25 km"]
    assert numbers["units"] == "m s-1"
    assert np.mean(numbers["members"]) == pytest.approx(numbers["mean"])
    assert 30 < numbers["mean"] < 37
    assert [each["members"] for each in schemes.values()] == [2, 1, 2]
    assert found["forcing"] == (
        "drawn anew each day, seeds from 0; not seen by two-waves; not seen by pushes"
    )
    day = pushed["unstable"][0]
    assert pushed["unstable"] == [day, day]
    assert pushed["numbers"]["amplitude 25 km"]["mean"] is None
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["qbo.html", "qbo.json", "pushes.nc", "spectrum.nc", "two-waves.nc"]
    )
    assert json.loads((folder / "qbo.json").read_text())["schemes"] == schemes
    with netCDF4.Dataset(folder / "pushes.nc") as file:
        file.set_auto_mask(False)
        wind = np.asarray(file["u"][:])
    assert np.isfinite(wind[: day - 1]).all()
    assert np.isnan(wind[day - 1 :]).all()
    page = (folder / "qbo.html").read_text()
    assert f"2 of 2 members of pushes are unstable: day {day}" in page
    assert len(re.findall('<div class="panel"', page)) == 3 + 1 + 2
    assert "control case, as its script runs" in page
    assert "2; two-waves: 1" in page
    assert found["forcing"] in page
    assert '<th scope="row">members</th><td>2</td><td>1</td><td>2</td>' in page


def test_forcing_of_a_file(capsys, tmp_path):
    """The wind of one run is the source of the next, to the last bit of the wind."""
    source = draw_forcing(2 * 360, 5)
    first = run(SPECTRUM, column_of(Testbed()), [source])
    write_wind(tmp_path / "first.nc", first)
    answer(
        capsys,
        SPECTRUM,
        *("--years", 2, "--forcing", tmp_path / "first.nc", "-o", tmp_path / "again"),
    )
    with netCDF4.Dataset(tmp_path / "again" / "spectrum.nc") as file:
        np.testing.assert_array_equal(file["u"][:], first.wind)
    seeded = answer(capsys, SPECTRUM, "--years", 2, "--first-seed", 5)
    again = answer(capsys, SPECTRUM, "--years", 2, "--forcing", tmp_path / "first.nc")
    numbers = [each["schemes"][SPECTRUM]["numbers"] for each in (seeded, again)]
    assert numbers[0] == numbers[1]


def test_a_page_alone(capsys, tmp_path):
    page = tmp_path / "page.html"
    found = answer(capsys, "two-waves", "--years", 3, "-o", page)
    assert found["written"] == [str(page)]
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_words_for_people(capsys, pushes):
    assert main(["qbo", str(pushes), "spectrum", "--years", "3"]) == 0
    text = capsys.readouterr().out
    assert "source of the waves: drawn anew each day, seeds from 0" in text
    assert text.startswith("3 years, the first 1 left out\npushes is unstable: day ")
    assert re.search(r"amplitude 25 km \[m s-1\] +– +\d\d\.\d", text)
    assert "observed, FU Berlin at 10 hPa" in text


def test_settings_reach_the_column(capsys):
    def amplitude(*words):
        found = answer(capsys, SPECTRUM, "--years", 6, *words)
        return found["schemes"][SPECTRUM]["numbers"]["amplitude 30 km"]["mean"]

    usual = amplitude()
    for words in (
        ("--upwelling", 0.0),
        ("--diffusivity", 1.0),
        ("--semiannual", 2.0),
        ("--first-seed", 1),
    ):
        assert amplitude(*words) != usual


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["spectrum", "spectrum"], "spectrum comes twice"),
        (["ad99"], "the waves of ad99 start below the testbed"),
        (["spectrum", "--years", "0"], "years is 0, expected 1 to 1000"),
        (["spectrum", "--seeds", "101"], "seeds is 101, expected 1 to 100"),
        (["spectrum", "--first-seed", "-1"], "first_seed is -1, expected at least 0"),
        (["spectrum", "--upwelling", "3"], "upwelling is 3.0, expected 0 to 0.1"),
        (["spectrum", "--diffusivity", "nan"], "diffusivity is nan, expected 0 to"),
        (["spectrum", "--forcing", "f.nc", "--seeds", "2"], "--seeds has no effect"),
        (["spectrum", "-o", "page.pdf"], "expected a name that ends in .html"),
        (
            ["two-waves", "--seeds", "2"],
            "--seeds has no effect with two-waves alone, whose source is constant",
        ),
        (["two-waves", "--forcing", "f.nc"], "--forcing has no effect with two-waves"),
        (["absent.pt"], "absent.pt"),
        (["spectrum", "--relaxation", "5"], "--relaxation has no effect without --col"),
        (
            ["ad99", "--column", "s.nc", "--seeds", "3"],
            "--seeds has no effect with",
        ),
        (["spectrum", "--column", "s.nc"], "the waves of spectrum are those of the"),
        (["ad99", "--column", "absent.nc"], "absent.nc"),
        (["spectrum", "--forcing", "absent.nc"], "absent.nc"),
    ],
)
def test_refusals(capsys, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    assert said in refusal(capsys, *words)


def test_draws_that_no_network_sees_are_refused(capsys, pushes):
    said = refusal(capsys, pushes, "--years", 1, "--seeds", 2)
    assert "--seeds has no effect where no scheme sees the source of the day" in said


def test_members_of_a_file_are_those_of_the_run(capsys, tmp_path):
    sources = [draw_forcing(360, seed) for seed in (5, 6)]
    write_wind(tmp_path / "two.nc", run(SPECTRUM, column_of(Testbed()), sources))
    words = (SPECTRUM, "two-waves", "--years", 1, "--forcing", tmp_path / "two.nc")
    found = answer(capsys, *words)
    assert [each["members"] for each in found["schemes"].values()] == [2, 1]
    assert main(["qbo", *map(str, words)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("1 years, the first 0.3 left out\n")
    assert re.search(r"\n *members +2 +1 *\n", text)
    # No period where the time that counts has not two of it.
    assert re.search(r"period 25 km \[months\] +– +– *\n", text)


def test_a_whole_column(capsys, sample_states, sample_artefact, tmp_path):
    page = tmp_path / "page.html"
    words = ("ad99", sample_artefact, "--column", sample_states, "--years", 3)
    found = answer(capsys, *words, "-o", page)
    assert found["relaxation_days"] == 10
    native, network = found["schemes"].values()
    for each in (native, network):
        assert each["unstable"] == [None]
        assert not each["sees_source"]
        assert set(each["less_published"]) == {
            "MiMA with AD99, 20 years at T42",
            "observed, FU Berlin at 10 hPa",
        }
    text = page.read_text()
    for said in ("Polvani and Kushner (2002)", "a stand-in of ours", "315 hPa"):
        assert said in text
    free = answer(capsys, *words, "--relaxation", 0)
    assert free["relaxation_days"] == 0
    assert free["schemes"]["ad99"] != native


def test_a_network_of_other_levels_is_refused(capsys, sample_artefact):
    assert "levels" in refusal(capsys, sample_artefact, "--years", 1)
