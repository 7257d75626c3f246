"""A training in this process: the network, its optimiser, and where they stand."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from gwparam.errors import InferenceError
from gwparam.training.batch_norm import share_batch_norm
from gwparam.training.checkpoint import (
    Weights,
    changing_weights,
    load_weights,
    read_state,
    restore_state,
    save_state,
)
from gwparam.training.distributed import gather
from gwparam.training.freezing import freeze_statistics
from gwparam.training.input_noise import InputNoise
from gwparam.training.loader import Loader, SequentialLoader, Share
from gwparam.training.prepare import Prepared
from gwparam.training.samples import Pair
from gwparam.training.schedules import make_schedule
from gwparam.training.scores import FieldScore, Scores, score

_ROWS = 8192  # of a forward pass without gradient, where samples are columns


@dataclass
class State:
    """Where a training stands.

    Attributes
    ----------
    epoch, batch : int
        Epochs done, and batches done of the one that follows.
    step : int
        Steps done.
    epoch_loss : float
        Mean loss of those batches of the epoch that follows [1].
    best_loss, best_epoch : float and int
        Smallest validation loss, and after how many epochs it was.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    epoch_loss: float = 0.0
    best_loss: float = math.inf
    best_epoch: int = 0


class Run:
    """A training in this process.

    Parameters
    ----------
    fabric : Fabric
        Device, precision and processes.
    prepared : Prepared
        What is trained, and on what.

    Attributes
    ----------
    state : State
        Where it stands.
    best : dict of str to Tensor
        Weights and statistics with the smallest validation loss.
    before : dict of str to Scores
        Of validation and test, before the first step.
    loader : Loader
        The batches.
    """

    def __init__(self, fabric: Fabric, prepared: Prepared) -> None:
        settings = prepared.settings
        self.fabric, self.prepared = fabric, prepared
        self.state = State()
        self.best: Weights = {}
        self.before: dict[str, Scores] = {}
        share = Share(fabric.global_rank, fabric.world_size)
        training = prepared.splits[0]
        self.loader = Loader(
            training.data.samples,
            training.times,
            settings.batch or 1,
            settings.seed,
            share,
            pin=fabric.device.type == "cuda",
        )
        # Sharded weights are gathered in every forward pass, so that all processes
        # have to make as many.
        sharded = fabric.world_size > 1 and settings.strategy == "fsdp"
        self._held_out = {
            split.name: SequentialLoader(
                split.data.samples, split.times, Share() if sharded else share
            )
            for split in prepared.splits[1:]
        }
        self._sharded = sharded
        if fabric.world_size > 1:
            share_batch_norm(prepared.model)
        if settings.gradient_checkpointing:
            compute_twice(prepared.model, prepared.physical.trainable.block)
        self._model: Any = fabric.setup_module(prepared.model)
        rate = settings.learning_rate or 0.0
        make = torch.optim.AdamW if settings.weight_decay else torch.optim.Adam
        trained = [p for p in self._model.parameters() if p.requires_grad]
        optimizer = make(
            trained,
            lr=rate,
            weight_decay=settings.weight_decay,
            fused=settings.precision != "float16",  # whose scaled gradients it hides
        )
        self._optimizer: Any = fabric.setup_optimizers(optimizer)
        self._schedule = make_schedule(
            optimizer, settings.schedule or "constant", rate, self.steps
        )
        self._loss = prepared.loss.to(fabric.device)
        self._noise = self._make_noise()
        # Of dropout: other numbers on every process.
        torch.manual_seed(settings.seed * 1_000_003 + fabric.global_rank)
        self.train_mode()

    def _make_noise(self) -> InputNoise | None:
        """Noise on the inputs, as the settings say."""
        settings = self.prepared.settings
        if not settings.input_noise:
            return None
        found = self.prepared.statistics.given_deviation
        assert found is not None, "statistics are taken as the settings ask"
        deviation = torch.tensor(found, device=self.fabric.device)
        return InputNoise(
            settings.input_noise, settings.noise_schedule, deviation, self.steps
        )

    @property
    def epochs(self) -> int:
        """Epochs of the whole training."""
        return self.prepared.settings.epochs or 0

    @property
    def steps(self) -> int:
        """Steps of the whole training."""
        return self.epochs * len(self.loader)

    @property
    def is_main_process(self) -> bool:
        """Whether this process is the one that writes and prints."""
        return bool(self.fabric.global_rank == 0)

    @property
    def learning_rate(self) -> float:
        """Learning rate of the next step."""
        return float(self._optimizer.param_groups[0]["lr"])

    def train_mode(self) -> None:
        """Put the network into train mode, but for statistics that stay."""
        self._model.train()
        fixed = self.prepared.physical.trainable.fixed
        freeze_statistics(self.prepared.network, fixed)

    def step(self, batch: Pair) -> Tensor:
        """Make one step; the loss before it, on the device."""
        features, targets = (
            values.to(self.fabric.device, non_blocking=True) for values in batch
        )
        if self._noise is not None:
            features = self._noise.add(features, self.state.step)
        loss: Tensor = self._loss(self._model(features), targets)
        self._optimizer.zero_grad()
        self.fabric.backward(loss)
        clip = self.prepared.settings.clip_norm
        if clip:
            # What is not finite is found by the loss, or skipped by a scaler.
            self.fabric.clip_gradients(
                self._model,
                self._optimizer,
                max_norm=clip,
                error_if_nonfinite=False,
            )
        self._optimizer.step()
        self._schedule.step()
        self.state.step += 1
        self.state.batch += 1
        return loss.detach()

    def scores(self, *names: str) -> dict[str, Scores]:
        """Score splits, by default validation and test, in eval mode."""
        images = self.prepared.splits[0].data.samples.rows == 1
        rows = self.prepared.settings.batch or 1
        found = {}
        for name in names or self._held_out:
            times = self._held_out[name]
            with self.fabric.autocast():
                found[name] = score(
                    self.prepared.model,
                    times,
                    self._loss,
                    self.prepared.spec,
                    rows if images else _ROWS,
                    self.fabric.device,
                    self._gather_scores,
                )
        self.train_mode()
        return found

    def keep_best(self, loss: float) -> bool:
        """Keep the weights if they are the best so far; whether they are."""
        if not loss < self.state.best_loss:
            return False
        self.state.best_loss, self.state.best_epoch = loss, self.state.epoch
        self.best = changing_weights(self.prepared.network)
        return True

    def use_best(self) -> None:
        """Put the best weights into the network."""
        load_weights(self.prepared.network, self.best)

    def save(self, folder: Path) -> None:
        """Write a checkpoint to go on from.

        Raises
        ------
        ModelFileError
            If it cannot be written; an older one is as it was.
        """
        others = {
            "state": asdict(self.state),
            "schedule": self._schedule.state_dict(),
            "precision": self.fabric.strategy.precision.state_dict(),
            "best": self.best,
            "before": {name: asdict(found) for name, found in self.before.items()},
        }
        save_state(
            self.fabric,
            folder,
            self.prepared.network,
            self._optimizer.optimizer,
            others,
        )

    def restore(self, folder: Path) -> None:
        """Go on from a checkpoint.

        Raises
        ------
        ModelFileError
            If it cannot be read.
        """
        state = read_state(folder)
        restore_state(
            self.fabric, state, self.prepared.network, self._optimizer.optimizer
        )
        self.state = State(**state["state"])
        self._schedule.load_state_dict(state["schedule"])
        self.fabric.strategy.precision.load_state_dict(state["precision"])
        self.best = state["best"] if self.is_main_process else {}
        self.before = {
            name: Scores(
                found["loss"], tuple(FieldScore(**field) for field in found["fields"])
            )
            for name, found in state["before"].items()
        }

    def check_finite(self, loss: float) -> None:
        """Check the mean loss of the last steps.

        Raises
        ------
        InferenceError
            If it is not finite.
        """
        if not math.isfinite(loss):
            raise InferenceError(
                f"loss is {loss} up to step {self.state.step}, expected a finite one; "
                "a smaller learning_rate or clip_norm may help",
                settings=("learning_rate", "clip_norm"),
            )

    def _gather_scores(self, found: Any) -> list[Any]:
        """Collect scores; of sharded weights, all have all, and the first decides."""
        everywhere = gather(self.fabric, found)
        return everywhere[:1] if self._sharded else everywhere


def compute_twice(network: nn.Module, block: type[nn.Module] | None) -> None:
    """Keep no activations within transformer blocks; the backward pass makes them."""
    from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import (
        apply_activation_checkpointing,
    )

    if block is not None:
        apply_activation_checkpointing(
            network, check_fn=lambda module: isinstance(module, block)
        )
