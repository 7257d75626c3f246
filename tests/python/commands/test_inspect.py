import json
from pathlib import Path

import pytest

from gwparam.cli import main
from gwparam.contract import Contract


def test_inspect_tells_people_what_the_network_needs(capsys, tiny_artefact):
    assert main(["inspect", str(tiny_artefact)]) == 0

    text = capsys.readouterr().out
    assert "5 of the host's own, top first; nominal pressure 1000 to 90000 Pa" in text
    for name in (
        "surface_air_pressure",
        "tendency_of_northward_wind_due_to_gravity_wave_drag",
    ):
        assert name in text


def test_inspect_json_is_the_contract(capsys, tiny_artefact):
    assert main(["inspect", str(tiny_artefact), "--json"]) == 0

    assert Contract.from_json(capsys.readouterr().out).vertical.nlev == 5


def test_inspect_of_something_else(capsys, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("a grand day out")

    assert main(["inspect", str(path)]) == 2
    assert capsys.readouterr().err == (
        f"gwparam: error: {path} is not a complete archive: File is not a zip file\n"
    )


@pytest.mark.parametrize("named", [True, False])
def test_inspect_writes_a_page(capsys, tiny_artefact, tmp_path, named):
    artefact = tmp_path / "net.pt"
    artefact.write_bytes(tiny_artefact.read_bytes())
    page = tmp_path / ("page.html" if named else "net.html")

    assert main(["inspect", str(artefact), "--html", *[str(page)] * named]) == 0

    assert f"wrote {page}" in capsys.readouterr().out
    assert "tiny WaveNet" in page.read_text()


@pytest.mark.parametrize("beside", [[], ["page.html"], ["page.HTM"]])
def test_document_says_what_was_written(
    capsys, tiny_artefact, tmp_path, monkeypatch, beside
):
    monkeypatch.chdir(tmp_path)
    Path("net.pt").write_bytes(tiny_artefact.read_bytes())

    assert main(["inspect", "net.pt", "--json", "--html", *beside]) == 0

    document = json.loads(capsys.readouterr().out)
    (written,) = document.pop("written")
    assert written == (beside or ["net.html"])[0]
    assert Path(written).is_file()
    assert Contract.from_json(json.dumps(document)).vertical.nlev == 5


@pytest.mark.parametrize("given", [".", "/", "..", "folder"])
def test_a_folder_has_no_page(capsys, tmp_path, monkeypatch, given):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()

    assert main(["inspect", given, "--html"]) == 2

    said = f"cannot read {given}: it is a folder, expected a file"
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("other", ["b.pt", "FILE.html of the artefact's own name"])
def test_a_page_goes_where_it_is_told_and_over_no_artefact(
    capsys, tiny_artefact, tmp_path, monkeypatch, other
):
    """An artefact after --html would be taken for the name of the page."""
    monkeypatch.chdir(tmp_path)
    artefact = tiny_artefact.read_bytes()
    Path("a.pt").write_bytes(artefact)
    Path(other).write_bytes(artefact)

    assert main(["inspect", "a.pt", "--html", other]) == 2

    said = f"html is {other}, expected a name that ends in .html (--html)"
    assert said in capsys.readouterr().err
    assert Path(other).read_bytes() == artefact
    assert not Path("a.html").exists()


def test_inspect_of_several_members_has_a_page(tiny_ensemble, tmp_path):
    page = tmp_path / "page.html"

    assert main(["inspect", str(tiny_ensemble), "--html", str(page)]) == 0

    assert "3: their mean runs, one, or one a run" in page.read_text()
