"""Many columns of the testbed at once, in torch, so that gradients pass.

One forward Euler step, then leapfrog for the drag, with advection and diffusion
implicit over both steps: ::

    (1 + D) u(n+1) = (1 - D) u(n-1) + 2 dt drag(u(n)),   D = dt (w d/dz - kappa d2/dz2)
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from gwparam.qbo.testbed import Testbed

DragOfDay = Callable[[Tensor, int], Tensor]
"""Wind (column, nlev) [m s-1] and the day to the drag on it [m s-2], same shape."""


class Stepper:
    """Steps columns of wind, of shape (column, nlev), bottom first [m s-1].

    Parameters
    ----------
    testbed : Testbed
        Grid, time step, upwelling and diffusivity.
    dtype : torch.dtype
        Of the winds.
    """

    def __init__(self, testbed: Testbed, dtype: torch.dtype = torch.float64) -> None:
        self.testbed = testbed
        change = _change(testbed)
        unit = np.eye(len(change))
        implicit = np.linalg.inv(unit + change)
        # Of rows of wind, hence transposed.
        self._first = torch.from_numpy((unit - change).T.copy()).to(dtype)
        self._older = torch.from_numpy((implicit @ (unit - change)).T.copy()).to(dtype)
        self._pushed = torch.from_numpy(implicit.T.copy()).to(dtype)
        free = torch.ones(len(change), dtype=dtype)
        free[[0, -1]] = 0.0
        self._free = free

    def to(self, device: torch.device) -> "Stepper":
        """Move it to a device; itself."""
        for name in ("_first", "_older", "_pushed", "_free"):
            setattr(self, name, getattr(self, name).to(device))
        return self

    def first(self, wind: Tensor, push: Tensor) -> Tensor:
        """Do the forward Euler step; `push` is the sum of all drag [m s-2]."""
        return wind @ self._first + self.testbed.time_step * push * self._free

    def next(self, before: Tensor, now: Tensor, push: Tensor) -> Tensor:
        """Do the leapfrog step; `push` belongs to the wind `now`."""
        pushed = 2.0 * self.testbed.time_step * push * self._free
        return before @ self._older + pushed @ self._pushed

    def step(self, before: Tensor, now: Tensor, drag: Tensor, number: int) -> Tensor:
        """Do one step of a run; the semi-annual forcing is added here.

        Parameters
        ----------
        before, now : Tensor, shape (column, nlev)
            Wind one step before, which the first has none of, and wind of the step.
        drag : Tensor, shape (column, nlev)
            On the wind `now` [m s-2].
        number : int
            Of the step, from 0: the first is one of Euler.
        """
        push = drag
        if self.testbed.semiannual:
            season = torch.from_numpy(self.testbed.semiannual_forcing(number))
            push = push + season.to(push)
        return self.next(before, now, push) if number else self.first(now, push)

    def run(
        self, start: Tensor, drag: DragOfDay, days: int, levels: list[int] | None = None
    ) -> Tensor:
        """Run columns, from the day of the start on.

        Parameters
        ----------
        start : Tensor, shape (column, nlev)
            Wind of the first day.
        drag : callable
            Of the waves or of a network. The semi-annual forcing is added here.
        days : int
            Number of days, the first among them.
        levels : list of int, optional
            Levels to keep; default: all.

        Returns
        -------
        Tensor, shape (days, column, level)
            Wind of each day.
        """
        kept = torch.arange(start.size(1)) if levels is None else torch.tensor(levels)
        found = [start[:, kept]]
        before, now = start, start
        for day in range(days - 1):
            before, now = now, self.step(before, now, drag(now, day), day)
            found.append(now[:, kept])
        return torch.stack(found)


def _change(testbed: Testbed) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """D, which is 0 at both ends."""
    nlev, spacing, step = len(testbed.height), testbed.spacing, testbed.time_step
    advection = testbed.upwelling / (2.0 * spacing)
    diffusion = testbed.diffusivity / spacing**2
    change = np.zeros((nlev, nlev))
    for level in range(1, nlev - 1):
        change[level, level - 1 : level + 2] = (
            -advection - diffusion,
            2.0 * diffusion,
            advection - diffusion,
        )
    return step * change
