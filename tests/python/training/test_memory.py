import pytest
import torch
from torch import nn

from gwparam.errors import DeviceError
from gwparam.networks import NETWORKS
from gwparam.training import memory
from gwparam.training.memory import Need, check_memory, free_bytes, needed


def network():
    return nn.ModuleDict({"model": nn.Linear(9, 10), "head": nn.Linear(4, 5)})


@pytest.mark.parametrize(
    ("how", "trained"), [("none", 125), ("backbone", 25), ("lora", 0)]
)
def test_weights_gradients_and_optimiser_are_counted(how, trained):
    need = needed(network(), how, "model.")

    assert (need.parameters, need.trained) == (125, trained)
    assert need.total == 4 * 125 + 12 * trained


def test_published_prithvi_from_scratch_needs_what_it_needs():
    preset = max(
        NETWORKS["prithvi_gw"].presets,
        key=lambda preset: needed(_meta(preset), "none", "").parameters,
    )

    need = needed(_meta(preset), "none", "model.")

    assert need.total > 35e9
    with pytest.raises(DeviceError) as caught:
        check_memory(need, "memory", 16_000_000_000)
    assert "16 GB of memory are free" in str(caught.value)
    assert "GB of weights" in str(caught.value)
    assert caught.value.settings == ("size", "freeze")


def _meta(preset):
    with torch.device("meta"):
        return preset.build()


def test_what_fits_or_is_not_known_passes():
    need = Need(100, 100)

    check_memory(need, "memory", 1600)
    check_memory(need, "memory", None)
    check_memory(need, "cuda", 400, share=4)
    with pytest.raises(DeviceError):
        check_memory(need, "memory", 1599)


def test_least_of_machine_and_container_counts(tmp_path, monkeypatch):
    (tmp_path / "max").write_text("5000\n")
    (tmp_path / "current").write_text("2000\n")
    unlimited = tmp_path / "unlimited"
    unlimited.write_text("max\n")
    monkeypatch.setattr(
        memory,
        "_CGROUPS",
        (
            (str(tmp_path / "max"), str(tmp_path / "current")),
            (str(unlimited), str(tmp_path / "current")),
            (str(tmp_path / "absent"), str(tmp_path / "absent")),
        ),
    )

    assert free_bytes("cpu") == 3000
