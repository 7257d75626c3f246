import json

import climate_runs
import pytest
from answers import answer
from special_files import SPECIAL, limit

from gwparam.cli import main
from gwparam.commands.evaluate_climate import RESULTS

WARMING = (1981, 1, 10, 12)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Three years of days in two files, and ten years of months."""
    folder = tmp_path_factory.mktemp("climate")
    daily = climate_runs.run(years=3, warmings=[WARMING])
    daily.isel(time=slice(500)).to_netcdf(folder / "network_1.nc")
    daily.isel(time=slice(500, None)).to_netcdf(folder / "network_2.nc")
    monthly = climate_runs.run(first=1950, years=10, monthly=True, seed=2)
    monthly.to_netcdf(folder / "control.nc")
    return folder


def run(files):
    return ["evaluate", "--climate", *(str(files / f"network_{k}.nc") for k in (1, 2))]


def described(*words):
    status, found = answer(*words)
    assert status == 0
    return found


def refused(capsys, *words):
    with limit(60):
        try:
            status = main([*map(str, words)])
        except SystemExit as error:
            status = error.code
    assert status == 2
    return capsys.readouterr().err


def test_a_run_is_described_beside_a_reference(capsys, files, tmp_path):
    words = [*run(files), "--truth", str(files / "control.nc"), "-o", str(tmp_path)]

    assert main(words) == 0

    said = capsys.readouterr().out
    assert "No QBO of network_1: 36 whole months one after the other" in said
    assert "1981-01-10" in said
    found = json.loads((tmp_path / "climate.json").read_text())
    assert found["qbo"]["control"]["period_by_transitions"] == pytest.approx(
        climate_runs.PERIOD, abs=0.3
    )
    assert found["warmings"]["network_1"]["winters"][0]["warmings"] == ["1981-01-10"]
    assert "absent" in found["warmings"]["control"]
    assert found["differences"]["eastward_wind"]["annual"]["years"] == [3, 10]
    for name in RESULTS:
        assert f"wrote {tmp_path / name}" in said
        assert (tmp_path / name).is_file()


def test_a_run_alone_needs_no_reference(files, tmp_path):
    words = [*run(files), "-o", str(tmp_path), "--no-report", "--names", "mine"]

    found = described(*words)

    assert list(found["runs"]) == ["mine"]
    assert found["differences"] == {}
    assert not (tmp_path / "climate.html").exists()
    assert json.loads((tmp_path / "climate.json").read_text()).items() <= found.items()


def test_a_spin_up_is_left_out_of_the_run_alone(files, tmp_path):
    words = [*run(files), "--truth", str(files / "control.nc"), "-o", str(tmp_path)]

    found = described(*words, "--no-report", "--times", "365:")

    assert found["runs"]["network_1"]["times"] == 730
    assert found["runs"]["control"]["times"] == 120
    assert found["warmings"]["network_1"]["warmings"] == 0


def test_files_of_one_name_are_told_apart(files, tmp_path):
    (tmp_path / "other").mkdir()
    same = tmp_path / "other" / "control.nc"
    same.write_bytes((files / "control.nc").read_bytes())
    words = ["evaluate", "--climate", str(files / "control.nc"), "--truth", str(same)]

    found = described(*words, "-o", str(tmp_path), "--no-report")

    assert list(found["runs"]) == ["run", "reference"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--bins", "9"], "--bins has no effect with --climate"),
        (["--levels", "0:3"], "--levels has no effect with --climate"),
        (["--layer", "a=1:2"], "--layer has no effect with --climate"),
        (["--reference", "u,v"], "--reference has no effect with --climate"),
        (["--threads", "2"], "--threads has no effect with --climate"),
        (["--names", "a,b"], "names is a,b, expected one name (--names)"),
        (["--times", "9:1"], "times is 9:1, expected some of 0:1095 (--times)"),
        (["--variable", "ua"], "variable is ua, expected FIELD=VAR (--variable)"),
        (["--variable", "northward_wind=va"], "the network has no input"),
    ],
)
def test_what_would_have_no_effect_is_refused(capsys, files, tmp_path, more, message):
    assert message in refused(capsys, *run(files), "-o", tmp_path / "out", *more)


def test_a_model_and_a_run_are_one_too_many(capsys, files, tmp_path):
    words = ["evaluate", "model.pt", *run(files)[1:], "-o", tmp_path]

    text = refused(capsys, *words)

    assert "a model (model.pt) and --climate are given, expected one of both" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--truth", "s.nc"], "required: MODEL, or --climate FILE..."),
        (["model.pt"], "required: --truth"),
        ([], "required: MODEL, or --climate FILE..."),
    ],
)
def test_something_to_evaluate_is_needed(capsys, tmp_path, words, message):
    assert message in refused(capsys, "evaluate", *words, "-o", tmp_path)


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("option", ["--climate", "--truth"])
def test_nothing_that_is_read_is_written_over(capsys, files, tmp_path, name, option):
    read = tmp_path / name
    read.write_text("what is not to be lost")
    words = {"--climate": files / "network_1.nc"} | {option: read}

    text = refused(
        capsys,
        "evaluate",
        *(word for pair in words.items() for word in pair),
        "-o",
        tmp_path,
    )

    assert "is both read and written" in text
    assert read.read_text() == "what is not to be lost"


@pytest.mark.parametrize("kind", SPECIAL)
def test_what_is_no_file_is_neither_read_nor_replaced(capsys, files, tmp_path, kind):
    special = tmp_path / "climate.nc"
    SPECIAL[kind](special)

    assert kind in refused(capsys, *run(files), "-o", tmp_path)
    assert kind in refused(
        capsys, "evaluate", "--climate", special, "-o", tmp_path / "o"
    )


def test_an_empty_path_is_refused(capsys, tmp_path):
    text = refused(capsys, "evaluate", "--climate", "", "-o", tmp_path)

    assert "the path is empty" in text
