"""What is measured before an artefact appears, and what then appears."""

import pytest
import torch
from column_networks import NLEV, drag

import gwparam.export.artefact as artefact
import gwparam.export.torchscript as torchscript
from gwparam.errors import InferenceError
from gwparam.export import Promise, export_model
from gwparam.export.column_program import Lowered
from gwparam.networks.wavenet import WaveNetDrag


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_broken_promise_leaves_the_older_artefact(
    tiny_checkpoint, tmp_path, monkeypatch
):
    path = tmp_path / "tiny.pt"
    path.write_text("older")
    broken = Promise("batch-mates do not matter", False, "3 of 80 values differ")
    monkeypatch.setattr(artefact, "check_batch_mates", lambda *_: broken)

    with pytest.raises(InferenceError) as caught:
        export_model(tiny_checkpoint, path)

    assert str(caught.value) == (
        "broken: batch-mates do not matter (3 of 80 values differ)"
    )
    assert path.read_text() == "older"
    assert files(tmp_path) == ["tiny.pt"]


def test_file_that_does_not_reproduce_its_probe_never_appears(
    tiny_checkpoint, tmp_path, monkeypatch
):
    broken = Promise("the file reproduces its probe", False, "1 of 160 values differ")
    monkeypatch.setattr(artefact, "check_program_reload", lambda _: broken)

    with pytest.raises(InferenceError, match="broken: the file reproduces its probe"):
        export_model(tiny_checkpoint, tmp_path / "tiny.pt")

    assert files(tmp_path) == []


class Whispering(torch.nn.Module):
    """A network whose columns hear of each other, below what float32 promises."""

    nlev = NLEV

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(NLEV + 2, NLEV)

    def forward(self, features):
        y = self.layer(0.01 * features)
        return y + 1e-6 * y.mean(dim=0, keepdim=True)


@pytest.mark.parametrize("has_program", [True, False])
def test_batch_mates_are_those_of_what_runs(
    tiny_checkpoint, tmp_path, monkeypatch, has_program
):
    torch.manual_seed(1)
    network = drag(WaveNetDrag, Whispering())
    monkeypatch.setattr(torchscript, "from_checkpoint", lambda *_: network)
    monkeypatch.setattr(artefact, "fuse", lambda network: network)
    if not has_program:
        none = Lowered(libtorch="it uses aten.sort")
        monkeypatch.setattr(artefact, "make_program", lambda *_: none)
        message = (
            r"broken: batch-mates .*; it runs through libtorch: it uses aten\.sort$"
        )
        with pytest.raises(InferenceError, match=message):
            export_model(tiny_checkpoint, tmp_path / "whispering.pt")
        return

    export = export_model(tiny_checkpoint, tmp_path / "whispering.pt")

    assert export.libtorch == ""
    (promise,) = (p for p in export.promises if "mates" in p.what)
    assert promise.kept
