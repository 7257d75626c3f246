import json
import re

import torch

from gwparam.checkpoints import read_checkpoint, save_checkpoint
from gwparam.cli import main


def test_export_prints_every_promise(capsys, tiny_checkpoint, tmp_path):
    path = tmp_path / "tiny.pt"

    assert main(["export", "--ckpt", str(tiny_checkpoint), "-o", str(path)]) == 0

    text = capsys.readouterr().out
    assert "tiny WaveNet: wavenet of tiny.safetensors, 5 levels, float32\n" in text
    assert text.count("\nkept ") == 8
    assert "TorchScript equals eager            largest difference " in text
    assert f"wrote {path} (" in text


def test_export_names_a_weight_that_overflows(capsys, tiny_checkpoint, tmp_path):
    content = read_checkpoint(tiny_checkpoint)
    weights = {key: value.double() for key, value in content.weights.items()}
    weights["shared.1.bias"][0] = 1e300
    huge = tmp_path / "huge.safetensors"
    save_checkpoint(
        huge, weights, extras=content.extras, description=content.description
    )

    assert main(["export", "--ckpt", str(huge), "-o", str(tmp_path / "a.pt")]) == 2

    text = capsys.readouterr().err
    assert "shared.1.bias holds 1e+300, which overflows float32" in text


def test_export_warns_of_a_dead_level(capsys, reference_data, tmp_path):
    published = reference_data / "wavenet" / "network_wst.pkl"
    arguments = ["--ckpt", str(published), "--arch", "wavenet", "--dtype", "float64"]

    assert main(["export", *arguments, "-o", str(tmp_path / "wavenet.pt")]) == 0

    text = capsys.readouterr().out
    assert "WARNING  every parameter reaches the output  4 of 174 tensors" in text
    assert "branches.39.0.weight, branches.39.0.bias, branches.39.2.weight" in text


def test_export_hands_every_option_on(capsys, tiny_checkpoint, tmp_path):
    path = tmp_path / "tiny.pt"
    options = ["--dtype", "float64", "--max-tendency", "0.5", "--name", "mine"]

    assert (
        main(["export", "--ckpt", str(tiny_checkpoint), "-o", str(path), *options]) == 0
    )
    capsys.readouterr()
    assert main(["inspect", str(path), "--json"]) == 0

    contract = json.loads(capsys.readouterr().out)
    assert contract["name"] == "mine"
    assert contract["inputs"][0]["dtype"] == "float64"
    assert contract["limits"][0]["maximum_magnitude"] == 0.5


def test_export_and_inspect_say_what_reduced_products_change(
    capsys, tiny_checkpoint, tmp_path
):
    path = tmp_path / "tiny.pt"
    arguments = ["--ckpt", str(tiny_checkpoint), "-o", str(path)]

    assert main(["export", *arguments, "--reduced-tolerance", "0.25"]) == 0
    exported = capsys.readouterr().out
    assert main(["inspect", str(path)]) == 0
    inspected = capsys.readouterr().out

    assert re.search(r"kept +products in bfloat16 stay close +largest diff", exported)
    assert "within 1e-05 of the largest output; within 0.25 with prod" in inspected


class Innocent:
    """A class that no allow-list knows."""


def test_export_refuses_an_unsafe_pickle_in_one_line(capsys, tmp_path):
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    path = folder / "net.ckpt"
    torch.save({"weights": {"a": torch.zeros(2)}, "loss": Innocent()}, path)

    status = main(["export", "--ckpt", str(path), "-o", str(tmp_path / "net.pt")])

    message = capsys.readouterr().err
    assert status == 2
    assert message.startswith(f"gwparam: error: {path} is a pickle that asks for ")
    assert message.endswith("expected tensors only (--allow-pickle)\n")
    assert message.count("\n") == 1
    assert list(tmp_path.iterdir()) == [folder]


def test_export_asks_for_what_is_not_known(capsys, reference_data, tmp_path):
    path = reference_data / "ann_cnn" / "ann_cnn_3x3_tiny_published_format.pt"

    status = main(["export", "--ckpt", str(path), "-o", str(tmp_path / "net.pt")])

    assert status == 2
    assert capsys.readouterr().err == (
        "gwparam: error: the vertical grid of ANN-CNN 3x3 is not known, "
        "expected levels FILE (--levels)\n"
    )
    assert list(tmp_path.iterdir()) == []
