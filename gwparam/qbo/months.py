"""Monthly means of many columns, among which some may become unstable."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from gwparam.qbo.batch import DragOfDay, Stepper
from gwparam.qbo.testbed import DAYS_A_MONTH, LARGEST_WIND, Testbed


def run_months(
    testbed: Testbed,
    drag: DragOfDay,
    columns: int,
    months: int,
    dtype: torch.dtype = torch.float64,
    advance: Callable[[], None] = lambda: None,
) -> NDArray[np.float64]:
    """Run columns from the testbed's initial wind.

    Parameters
    ----------
    testbed : Testbed
        Grid and settings.
    drag : callable
        Wind (column, nlev) and the day to the drag on it.
    columns, months : int
        How many.
    dtype : torch.dtype
        Of the winds.
    advance : callable
        Called after each month.

    Returns
    -------
    ndarray, shape (month, column, nlev)
        Monthly means [m s-1]; NaN from the month on in which a column became unstable.
        It is held still from then on, so that the others go on as without it.
    """
    stepper = Stepper(testbed, dtype)
    start = torch.from_numpy(testbed.initial_wind).to(dtype).repeat(columns, 1)
    stable = torch.ones(columns, 1, dtype=torch.bool)
    before = now = start
    found = np.full((months, columns, start.size(1)), np.nan)
    with torch.inference_mode():
        for month in range(months):
            total = torch.zeros_like(start)
            for day in range(DAYS_A_MONTH * month, DAYS_A_MONTH * (month + 1)):
                total += now
                before, now = now, stepper.step(before, now, drag(now, day), day)
            # Within a month a wind overflows at worst to what is not finite.
            largest = torch.maximum(now.abs(), total.abs() / DAYS_A_MONTH)
            stable &= (largest <= LARGEST_WIND).all(dim=1, keepdim=True)
            before, now = (torch.where(stable, wind, start) for wind in (before, now))
            means = torch.where(stable, total / DAYS_A_MONTH, torch.nan)
            found[month] = means.double().numpy()
            advance()
    return found
