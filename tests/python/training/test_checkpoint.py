import os
from pathlib import Path
from types import SimpleNamespace

import prithvi_small
import pytest
import torch
from lightning_fabric import Fabric
from torch import nn

from gwparam.checkpoints import Checkpoint
from gwparam.errors import ModelFileError
from gwparam.networks.prithvi.flux import PrithviFlux
from gwparam.networks.prithvi.unet import UNetWithTransformer
from gwparam.training.checkpoint import (
    STATE_FILE,
    all_weights,
    changing_weights,
    load_weights,
    read_state,
    restore_state,
    save_state,
)
from gwparam.training.freezing import freeze
from gwparam.training.pretrained import load_pretrained
from gwparam.training.run import compute_twice

OTHERS = {
    "state": {"epoch": 2, "best_loss": 0.125},
    "best": {"0.weight": torch.arange(3.0)},
    "words": ["a", None, True],
}


@pytest.fixture(scope="module")
def fabric():
    fabric = Fabric(accelerator="cpu", devices=1)
    fabric.launch()
    return fabric


class Training:
    """A small network with a frozen layer, statistics and dropout."""

    def __init__(self, fabric, seed=1, optimizer=torch.optim.Adam, **settings):
        torch.manual_seed(0)
        frozen = nn.Conv2d(2, 3, 1).requires_grad_(False)
        torch.manual_seed(seed)
        self.fabric = fabric
        self.network = nn.Sequential(
            frozen, nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5)
        )
        self._model = fabric.setup_module(self.network)
        trained = [p for p in self._model.parameters() if p.requires_grad]
        self._optimizer = fabric.setup_optimizers(
            optimizer(trained, lr=0.05, fused=True, **settings)
        )

    @property
    def optimizer(self):
        return self._optimizer.optimizer

    def steps(self, count):
        for _ in range(count):
            loss = self._model(torch.randn(2, 2, 5, 4)).square().mean()
            self._optimizer.zero_grad()
            self.fabric.backward(loss)
            self._optimizer.step()
        return self

    def save(self, folder, **others):
        save_state(self.fabric, folder, self.network, self.optimizer, others)

    def restore(self, folder):
        state = read_state(folder)
        restore_state(self.fabric, state, self.network, self.optimizer)
        return self

    def numbers(self):
        """Everything that a step depends on."""
        found = {f"network {k}": v for k, v in self.network.state_dict().items()}
        state = self.optimizer.state_dict()["state"]
        for index, moments in state.items():
            found |= {f"optimiser {index} {k}": v for k, v in moments.items()}
        found["random"] = torch.get_rng_state()
        return {key: value.clone() for key, value in found.items()}


def assert_same_bits(found, expected):
    assert list(found) == list(expected)
    for key, value in expected.items():
        assert found[key].dtype == value.dtype, key
        assert torch.equal(found[key], value), key


@pytest.fixture
def saved(fabric, tmp_path):
    """A folder with a state after three steps."""
    Training(fabric).steps(3).save(tmp_path, **OTHERS)
    return tmp_path


def test_restored_state_has_the_same_bits(fabric, tmp_path):
    training = Training(fabric).steps(3)
    training.save(tmp_path)
    expected = training.numbers()
    assert len([key for key in expected if key.startswith("optimiser")]) == 4 * 3

    again = Training(fabric, seed=2).restore(tmp_path)

    assert_same_bits(again.numbers(), expected)


@pytest.mark.parametrize(
    ("optimizer", "settings"),
    [(torch.optim.Adam, {}), (torch.optim.AdamW, {"weight_decay": 0.1})],
    ids=["Adam", "AdamW"],
)
def test_training_goes_on_with_the_same_bits(fabric, tmp_path, optimizer, settings):
    training = Training(fabric, optimizer=optimizer, **settings).steps(3)
    training.save(tmp_path)
    expected = training.steps(4).numbers()

    again = Training(fabric, seed=2, optimizer=optimizer, **settings)
    again.restore(tmp_path).steps(4)

    assert_same_bits(again.numbers(), expected)


def test_training_goes_on_from_before_the_first_step(fabric, tmp_path):
    training = Training(fabric)
    training.save(tmp_path)
    expected = training.steps(2).numbers()

    again = Training(fabric, seed=2).restore(tmp_path).steps(2)

    assert_same_bits(again.numbers(), expected)


def test_saving_changes_nothing(fabric, tmp_path):
    training = Training(fabric).steps(3)
    expected = training.numbers()

    training.save(tmp_path)

    assert_same_bits(training.numbers(), expected)


def test_restored_optimiser_has_the_saved_learning_rate(fabric, tmp_path):
    training = Training(fabric).steps(1)
    training.optimizer.param_groups[0]["lr"] = 0.0125
    training.save(tmp_path)

    again = Training(fabric, seed=2).restore(tmp_path)

    assert again.optimizer.param_groups[0]["lr"] == 0.0125


def test_random_numbers_of_another_number_of_processes_are_left(fabric, saved):
    state = read_state(saved)
    state["random"] *= 2
    training = Training(fabric, seed=2)
    before = torch.get_rng_state()

    restore_state(fabric, state, training.network, training.optimizer)

    assert torch.equal(torch.get_rng_state(), before)


def test_other_values_come_back(saved):
    state = read_state(saved)

    assert torch.equal(state["best"]["0.weight"], OTHERS["best"]["0.weight"])
    assert (state["state"], state["words"]) == (OTHERS["state"], OTHERS["words"])


def test_frozen_weights_are_not_in_the_file(saved):
    state = read_state(saved)

    assert list(state["network"]) == [
        "1.weight",
        "1.bias",
        "2.weight",
        "2.bias",
        "2.running_mean",
        "2.running_var",
        "2.num_batches_tracked",
    ]
    assert set(state["optimizer"]["state"]) == {
        "1.weight",
        "1.bias",
        "2.weight",
        "2.bias",
    }


def test_changing_weights_do_not_follow_the_network(fabric):
    training = Training(fabric)
    kept = changing_weights(training.network)
    before = {key: value.clone() for key, value in kept.items()}

    training.steps(1)

    for key, value in before.items():
        assert torch.equal(kept[key], value), key
    assert not torch.equal(kept["1.weight"], training.network[1].weight)


def test_all_weights_are_the_state_dict(fabric):
    training = Training(fabric).steps(1)

    assert_same_bits(all_weights(training.network), training.network.state_dict())


def test_loaded_weights_leave_frozen_ones_as_they_are(fabric):
    training = Training(fabric)
    kept = changing_weights(training.network)
    expected = all_weights(training.network)
    training.steps(2)

    load_weights(training.network, kept)

    assert_same_bits(training.network.state_dict(), expected)


def test_adapters_in_blocks_that_are_computed_twice_come_back(fabric, tmp_path):
    def adapted(seed):
        torch.manual_seed(7)
        network = UNetWithTransformer(prithvi_small.SIZES)
        weights = {k: v.clone() for k, v in network.state_dict().items()}
        trainable = PrithviFlux.trainable
        given = Checkpoint(Path("given.pt"), "", weights, {}, None)
        loaded = load_pretrained(network, given, trainable.backbone)
        torch.manual_seed(seed)
        freeze(network, "lora", PrithviFlux, loaded, 2)
        for parameter in network.parameters():
            if parameter.requires_grad:
                nn.init.normal_(parameter)
        compute_twice(network, trainable.block)
        trained = [p for p in network.parameters() if p.requires_grad]
        return network, torch.optim.Adam(trained, lr=0.01, fused=True)

    network, optimizer = adapted(1)
    save_state(fabric, tmp_path, network, optimizer, {})
    again, other = adapted(2)

    state = read_state(tmp_path)
    restore_state(fabric, state, again, other)

    trained = {name for name, p in network.named_parameters() if p.requires_grad}
    plain = {name.replace("_checkpoint_wrapped_module.", "") for name in trained}
    buffers = {name for name in network.state_dict() if name not in plain}
    assert plain < set(state["network"]) < plain | buffers
    assert_same_bits(again.state_dict(), network.state_dict())


def test_only_the_first_process_writes(fabric, tmp_path):
    training = Training(fabric)
    other = SimpleNamespace(global_rank=1, world_size=1, device=torch.device("cpu"))

    save_state(other, tmp_path, training.network, training.optimizer, {})

    assert list(tmp_path.iterdir()) == []


def assert_failed_save_leaves_the_older_file(training, folder, reason):
    path = folder / STATE_FILE
    before = path.read_bytes()

    with pytest.raises(ModelFileError) as caught:
        training.save(folder)

    assert str(caught.value) == f"cannot write {path}: {reason}"
    assert path.read_bytes() == before
    assert os.listdir(folder) == [STATE_FILE]


def test_write_that_torch_gives_up_leaves_the_older_file(fabric, saved, monkeypatch):
    def give_up(state, file):
        file.write(b"half of it")
        raise RuntimeError("[enforce fail] . PytorchStreamWriter failed writing\nframe")

    monkeypatch.setattr(torch, "save", give_up)

    assert_failed_save_leaves_the_older_file(
        Training(fabric), saved, "[enforce fail] . PytorchStreamWriter failed writing"
    )


def test_full_disk_leaves_the_older_file(fabric, saved):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    (saved / f"{STATE_FILE}.part").symlink_to("/dev/full")

    assert_failed_save_leaves_the_older_file(
        Training(fabric), saved, "No space left on device"
    )


def test_write_that_cannot_be_completed_leaves_the_older_file(
    fabric, saved, monkeypatch
):
    def fail(source, target):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "replace", fail)

    assert_failed_save_leaves_the_older_file(
        Training(fabric), saved, "Input/output error"
    )


def test_folder_that_is_gone_is_told(fabric, tmp_path):
    with pytest.raises(ModelFileError) as caught:
        Training(fabric).save(tmp_path / "gone")

    assert str(caught.value) == (
        f"cannot write {tmp_path}/gone/{STATE_FILE}: No such file or directory"
    )


def test_new_state_replaces_the_old_one(fabric, saved):
    Training(fabric).save(saved, words="new")

    assert read_state(saved)["words"] == "new"
    assert os.listdir(saved) == [STATE_FILE]


def test_absent_state_is_told(tmp_path):
    with pytest.raises(ModelFileError) as caught:
        read_state(tmp_path)

    assert str(caught.value) == (
        f"cannot go on with {tmp_path}: no file {tmp_path}/{STATE_FILE}"
    )


@pytest.mark.parametrize("kept", [0, 7, 2000])
def test_damaged_state_is_told_in_one_line(saved, kept):
    path = saved / STATE_FILE
    path.write_bytes(path.read_bytes()[:kept])

    with pytest.raises(ModelFileError) as caught:
        read_state(saved)

    message = str(caught.value)
    assert message.startswith(f"{path} cannot be read: ")
    assert "\n" not in message


class Trap:
    """Makes a folder when it is read."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def test_code_in_a_state_is_not_run(tmp_path):
    content = {"format": 1, "network": Trap(tmp_path / "trap")}
    torch.save(content, tmp_path / STATE_FILE)

    with pytest.raises(ModelFileError, match="cannot be read") as caught:
        read_state(tmp_path)

    assert "\n" not in str(caught.value)
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize(
    ("content", "found"),
    [({"format": 2}, "2"), ({"weights": {}}, "None"), ([1], "None")],
    ids=["newer", "none", "list"],
)
def test_other_format_is_told(tmp_path, content, found):
    torch.save(content, tmp_path / STATE_FILE)

    with pytest.raises(ModelFileError) as caught:
        read_state(tmp_path)

    assert str(caught.value) == (
        f"{tmp_path}/{STATE_FILE} has format {found}, expected 1"
    )
