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
