import json

from gwparam.cli import main
from gwparam.networks import NETWORKS


def test_every_network_is_listed_with_its_published_sizes(capsys):
    assert main(["networks"]) == 0

    text = capsys.readouterr().out
    for name, network in NETWORKS.items():
        assert f"{name} " in text
        assert network.citation in text
        for option in network.options:
            assert option.flag in text
    for count in ("375,228", "17,481,564", "21,822,004", "37,962,848"):
        assert count in text


def test_json_says_parameters_geometry_inputs_and_outputs(capsys):
    assert main(["networks", "--json"]) == 0

    networks = json.loads(capsys.readouterr().out)
    assert list(networks) == list(NETWORKS)
    presets = {preset["name"]: preset for preset in networks["ann_cnn"]["presets"]}
    one = presets["uvthetaw-global-3x3"]
    assert one["parameters"] == 19651784
    assert one["geometry"] == "stencil of 3 x 3 columns"
    assert one["inputs"][:4] == [
        "latitude",
        "longitude",
        "surface_altitude",
        "eastward_wind (122)",
    ]
    assert len(one["outputs"]) == 2
    assert "arXiv" in networks["ann_cnn"]["citation"]


def test_one_architecture(capsys):
    assert main(["networks", "--arch", "wavenet", "--json"]) == 0

    assert list(json.loads(capsys.readouterr().out)) == ["wavenet"]


def test_unknown_architecture(capsys):
    assert main(["networks", "--arch", "cam"]) == 2
    assert "architecture is cam, expected wavenet, " in capsys.readouterr().err
