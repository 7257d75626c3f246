"""Losses of normalised outputs; `docs/finetune-losses.md` lists their terms."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gwparam.contract import Flux
from gwparam.errors import ArgumentError, ShapeError, one_of
from gwparam.networks.fluxes import FLUX_QUANTITY, FLUX_SIGN
from gwparam.networks.scaling_recipe import SCALING
from gwparam.networks.vertical import LEVELS
from gwparam.training.drag_error import DragError
from gwparam.training.level_weights import level_weights
from gwparam.training.loss_settings import LossSettings
from gwparam.training.output_error import OutputError


@dataclass(frozen=True)
class Outputs:
    """What the channels of a network's output are.

    Attributes
    ----------
    names : tuple of str
        One a block of `nlev` channels, in their order.
    nlev : int
        Levels of a block, top first.
    pressure : tuple of float, or None
        At the levels over a surface of 1000 hPa, top first [Pa]; None if not known.
    restore : tuple of Module, or None
        One a block: normalised (rows, nlev, ...) to physical; None if the normalisation
        is not known. Made for the number of axes of the tensors that will be compared.
    flux : tuple of Flux
        Those of the blocks that are momentum fluxes; empty if none or not known.

    Raises
    ------
    ArgumentError
        If the parts contradict each other.
    """

    names: tuple[str, ...]
    nlev: int
    pressure: tuple[float, ...] | None = None
    restore: tuple[nn.Module, ...] | None = None
    flux: tuple[Flux, ...] = ()

    def __post_init__(self) -> None:
        if not self.names:
            raise ArgumentError("names is empty, expected one a block of channels")
        if self.nlev < 1:
            raise ArgumentError(f"nlev is {self.nlev}, expected at least 1")
        if self.restore is not None and len(self.restore) != len(self.names):
            raise ArgumentError(
                f"restore has {len(self.restore)} modules, expected {len(self.names)}"
            )
        for flux in self.flux:
            if flux.name not in self.names:
                raise ArgumentError(
                    f"{flux.name} is no output, expected {one_of(self.names)}"
                )
        if self.pressure is not None:
            _check_pressure(self.pressure, self.nlev)


class Loss(nn.Module):
    """Weighted sum of terms; `build_loss` makes it.

    Parameters
    ----------
    settings : LossSettings
        What is minimised.
    outputs : Outputs
        What the channels are.

    Raises
    ------
    ArgumentError
        If a term or the level weights need what is not known.

    Notes
    -----
    Everything is computed in float32, also where autocast is on. No statistic of the
    batch enters: the loss of a batch is the mean of those of its equal shares, up to
    rounding. There is no state: ``state_dict()`` is empty.
    """

    def __init__(self, settings: LossSettings, outputs: Outputs) -> None:
        super().__init__()
        self.settings = settings
        self.outputs = outputs
        weights = level_weights(settings.level_weights, outputs.nlev, outputs.pressure)
        make: dict[str, Callable[[], nn.Module]] = {
            "mse": lambda: OutputError(weights, settings.tail),
            "huber": lambda: OutputError(weights, settings.tail, settings.huber_delta),
            "drag": lambda: _drag_error(settings.drag_scale, outputs),
        }
        self.errors = nn.ModuleDict({name: make[name]() for name, _ in settings.terms})

    def forward(self, predicted: Tensor, target: Tensor) -> Tensor:
        """Weighted sum of the terms.

        Parameters
        ----------
        predicted, target : Tensor, shape (rows, nblock * nlev, ...)
            Normalised outputs, block by block, level 0 at the top; any floating dtype.

        Returns
        -------
        Tensor, shape ()
            float32 [1].

        Raises
        ------
        ShapeError
            If a shape is another one.
        """
        return self.total(self.parts(predicted, target))

    def total(self, parts: Mapping[str, Tensor]) -> Tensor:
        """Weighted sum of what `parts` gives, for who wants both at the cost of one."""
        weighted = [weight * parts[name] for name, weight in self.settings.terms]
        return torch.stack(weighted).sum()

    def parts(self, predicted: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Terms before their weights, in the order of the settings.

        Parameters
        ----------
        predicted, target : Tensor, shape (rows, nblock * nlev, ...)
            As for `forward`.

        Returns
        -------
        dict of str to Tensor, shape ()
            float32 [1], each the mean over rows, blocks, levels and cells.

        Raises
        ------
        ShapeError
            If a shape is another one.
        """
        with torch.autocast(predicted.device.type, enabled=False):
            pair = self._blocks(predicted, target)
            return {name: error(*pair) for name, error in self.errors.items()}

    def describe(self) -> list[str]:
        """Say what is minimised: a line a term, with weight and units."""
        settings = self.settings
        how = f"level weights {settings.level_weights}, tail {settings.tail:g}"
        fluxes = ", ".join(flux.name for flux in self.outputs.flux)
        lines = {
            "mse": f"mean square error of the normalised output [1], {how}",
            "huber": "mean Huber error of the normalised output [1], linear from "
            f"{settings.huber_delta:g} standard deviations on, {how}",
            "drag": "mean square error of the wind tendency over "
            f"({settings.drag_scale:g} m s-2)^2 [1], from {fluxes}",
        }
        return [
            f"{name}, weight {weight:g}: {lines[name]}"
            for name, weight in settings.terms
        ]

    def _blocks(self, predicted: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Both as (rows, nblock, nlev, ...), float32."""
        nblock, nlev = len(self.outputs.names), self.outputs.nlev
        shape = tuple(predicted.shape)
        if len(shape) < 2 or shape[1] != nblock * nlev:
            raise ShapeError(
                f"predicted has shape {shape}, expected (rows, {nblock * nlev}, ...)"
            )
        if target.shape != predicted.shape:
            raise ShapeError(
                f"target has shape {tuple(target.shape)}, expected {shape}"
            )
        split = (shape[0], nblock, nlev, *shape[2:])
        return predicted.float().reshape(split), target.float().reshape(split)


def build_loss(settings: LossSettings, outputs: Outputs) -> Loss:
    """Make the loss of a training.

    Parameters
    ----------
    settings : LossSettings
        What is minimised.
    outputs : Outputs
        What the channels are.

    Returns
    -------
    Loss
        On the CPU; ``to`` takes it where the network is.

    Raises
    ------
    ArgumentError
        If a term or the level weights need what is not known; the message names the
        options that tell it.
    """
    return Loss(settings, outputs)


def _drag_error(scale: float, outputs: Outputs) -> DragError:
    needs = (
        (outputs.pressure, "pressure of the levels", (LEVELS.name,)),
        (outputs.restore, "normalisation of the outputs", (SCALING.name,)),
        (
            outputs.flux or None,
            f"quantity and sign of the fluxes among {', '.join(outputs.names)}",
            (FLUX_QUANTITY.name, FLUX_SIGN.name),
        ),
    )
    missing = [(what, names) for value, what, names in needs if value is None]
    if missing or outputs.pressure is None or outputs.restore is None:
        what = ", ".join(words for words, _ in missing)
        names = tuple(name for _, some in missing for name in some)
        raise ArgumentError(
            f"drag needs the {what}, not known, expected {', '.join(names)}",
            settings=names,
        )
    if outputs.nlev < 2:
        raise ArgumentError("drag needs neighbouring levels, nlev is 1")
    blocks = [outputs.names.index(flux.name) for flux in outputs.flux]
    restore = [outputs.restore[block] for block in blocks]
    return DragError(outputs.flux, blocks, restore, outputs.pressure, scale)


def _check_pressure(pressure: tuple[float, ...], nlev: int) -> None:
    if len(pressure) != nlev:
        raise ArgumentError(f"pressure has {len(pressure)} values, expected {nlev}")
    above = 0.0
    for level, value in enumerate(pressure):
        if not above < value < math.inf:
            raise ArgumentError(
                f"pressure of level {level} is {value} Pa, expected more than "
                f"{above} Pa, top first"
            )
        above = value
