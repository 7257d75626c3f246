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


def test_inspect_of_several_members_has_a_page(tiny_ensemble, tmp_path):
    page = tmp_path / "page.html"

    assert main(["inspect", str(tiny_ensemble), "--html", str(page)]) == 0

    assert "3: their mean runs, one, or one a run" in page.read_text()
