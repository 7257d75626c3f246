"""Error of the wind tendency that follows from momentum fluxes."""

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from gwparam.contract import Flux
from gwparam.errors import ShapeError


class DragError(nn.Module):
    """Mean square error of the wind tendency, over a scale squared [1].

    Parameters
    ----------
    flux : sequence of Flux
        The momentum fluxes. Their `given_levels` are not used: the levels are those
        that the network itself gives.
    blocks : sequence of int
        Which block of the network's output each of them is.
    restore : sequence of Module
        One a flux: normalised (rows, nlev, ...) to physical [Pa m s-2] or [Pa], element
        by element. They are copied, and the copies computed in float32.
    pressure : sequence of float
        At two or more levels, top first [Pa].
    scale : float
        Tendency [m s-2] whose square an error is divided by.

    Notes
    -----
    Between level l and the next lower one the tendency is ``-sign dF/dp`` of the
    quantity ``omega``, ``sign g dF/dp`` of ``height`` (`gwparam.contract.Flux`), with
    ``dF/dp = (F[l+1] - F[l]) / (p[l+1] - p[l])``. The pressure is that over a surface
    of 1000 hPa everywhere. Hybrid levels over a mountain are closer to each other near
    the ground: there the tendency is larger than the one computed here.

    Levels are not weighted: the tendency is an acceleration, a force over the mass of a
    layer already. A weight by mass would turn it back into a difference of fluxes.
    """

    factor: Tensor
    """Tendency over its scale by difference of flux, (nflux, nlev - 1)."""

    def __init__(
        self,
        flux: Sequence[Flux],
        blocks: Sequence[int],
        restore: Sequence[nn.Module],
        pressure: Sequence[float],
        scale: float,
    ) -> None:
        super().__init__()
        self.blocks = tuple(blocks)
        self.restore = nn.ModuleList(map(_fixed, restore))
        factors = [tendency_by_difference(f, pressure) / scale for f in flux]
        factor = torch.stack(factors).float()
        self.register_buffer("factor", factor, persistent=False)

    def forward(self, predicted: Tensor, target: Tensor) -> Tensor:
        """Mean over rows, fluxes, pairs of levels and cells.

        Parameters
        ----------
        predicted, target : Tensor, shape (rows, nblock, nlev, ...)
            Normalised outputs, float32.

        Returns
        -------
        Tensor, shape ()
            Mean square error [1].

        Raises
        ------
        ShapeError
            If a module of `restore` changes the shape, as one for another number of
            axes does.
        """
        trailing = [1] * (predicted.dim() - 3)
        errors = []
        for block, restore, factor in zip(
            self.blocks, self.restore, self.factor, strict=True
        ):
            # Before the divergence, so that differences between levels are taken of
            # the small error and not, with lost digits, of each flux.
            error = restore(predicted[:, block]) - restore(target[:, block])
            expected = predicted[:, block].shape
            if error.shape != expected:
                raise ShapeError(
                    f"restored flux has shape {tuple(error.shape)}, expected "
                    f"{tuple(expected)}"
                )
            drag = error.diff(dim=1) * factor.view(-1, *trailing)
            errors.append(drag.square().mean())
        return torch.stack(errors).mean()


def tendency_by_difference(flux: Flux, pressure: Sequence[float]) -> Tensor:
    """Tendency of the wind by the difference of a flux between neighbouring levels.

    Parameters
    ----------
    flux : Flux
        Which quantity, and its sign.
    pressure : sequence of float
        At the levels, top first [Pa].

    Returns
    -------
    Tensor, shape (nlev - 1,)
        ``-sign / dp`` of ``omega``, ``sign g / dp`` of ``height``, float64.
    """
    return flux.factor / torch.tensor(pressure, dtype=torch.float64).diff()


def _fixed(module: nn.Module) -> nn.Module:
    """Copy in float32 that is neither trained nor saved."""
    copy = deepcopy(module).float().requires_grad_(False)
    for part in copy.modules():
        for name, buffer in list(part.named_buffers(recurse=False)):
            part.register_buffer(name, buffer, persistent=False)
    return copy
