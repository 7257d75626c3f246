"""What is calibrated: layers of a network, or the source of the spectrum.

Each model has a vector of parameters, where it starts, and how far members spread about
the start; it runs many vectors as columns of one batch.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gwparam.calibrate.network import Flat, TestbedNetwork
from gwparam.errors import wrong_setting
from gwparam.qbo.batch import DragOfDay
from gwparam.qbo.forcing import FLUX_MEAN, WIDTH_MEAN, Forcing, draw_forcing
from gwparam.qbo.months import run_months
from gwparam.qbo.testbed import DAYS_A_MONTH, Testbed
from gwparam.qbo.waves import WaveDrag, spectrum, spectrum_amplitudes

Array = NDArray[np.float64]


class Model(Protocol):
    """What can be calibrated.

    Attributes
    ----------
    start : ndarray, shape (parameter,)
        Where it starts.
    spread : ndarray, shape (parameter,)
        Standard deviation of each about the start.
    """

    start: Array
    spread: Array

    def run(
        self,
        parameters: Array,
        seed: int,
        months: int,
        advance: Callable[[], None] = lambda: None,
    ) -> Array:
        """Run members with the same source of waves.

        Parameters
        ----------
        parameters : ndarray, shape (member, parameter)
            Of each member.
        seed : int
            Of the source.
        months : int
            How long, spin-up included.
        advance : callable
            Called after each month.

        Returns
        -------
        ndarray, shape (month, member, nlev)
            As `gwparam.qbo.months.run_months`.
        """

    def drag(self, parameters: Array) -> Callable[[Sequence[Forcing]], DragOfDay]:
        """Give the drag of one member, by the source of each column."""


class Layers:
    """One or two layers of a network.

    Parameters
    ----------
    network : TestbedNetwork
        Of an artefact.
    layers : sequence of str
        Names of layers.
    spread : float
        Of each weight, in root mean squares of its tensor.
    testbed : Testbed
        Its settings.
    """

    def __init__(
        self,
        network: TestbedNetwork,
        layers: Sequence[str],
        spread: float,
        testbed: Testbed,
    ) -> None:
        _check_spread(spread)
        self.network = network
        self.flat = Flat(network.weights, network.taken(layers))
        self.start = self.flat.values
        self.spread = spread * self.flat.size
        self._testbed = testbed

    def run(
        self,
        parameters: Array,
        seed: int,
        months: int,
        advance: Callable[[], None] = lambda: None,
    ) -> Array:
        """Run members; see `Model`."""
        forcing = draw_forcing(months * DAYS_A_MONTH, seed)
        drag = self.network.drag_of_members(self.flat.stacked(parameters), forcing)
        count = len(parameters)
        return run_months(
            self._testbed, drag, count, months, self.network.dtype, advance
        )

    def changed(self, parameters: Array) -> dict[str, Tensor]:
        """Give the weights that differ, by name."""
        stacked = self.flat.stacked(parameters[np.newaxis])
        return {name: value[0] for name, value in stacked.items()}

    def drag(self, parameters: Array) -> Callable[[Sequence[Forcing]], DragOfDay]:
        """Give the drag of one member; see `Model`."""
        changed = self.changed(parameters)
        return lambda forcings: self.network.drag(forcings, changed)


SOURCES = {"source_flux": FLUX_MEAN, "spectral_width": WIDTH_MEAN}
"""Means of the spectrum's source, and their values in the control case."""


class Sources:
    """Mean flux and mean width of the spectrum, the source of AD99 in the testbed.

    Logarithms are what is calibrated, so that both stay positive. The relative spread
    of the daily draws stays as it is.

    Parameters
    ----------
    start : sequence of float
        Mean F_s [Pa] and mean c_w [m s-1].
    spread : float
        Of each logarithm.
    testbed : Testbed
        Its settings.
    """

    def __init__(self, start: Sequence[float], spread: float, testbed: Testbed) -> None:
        for name, value in zip(SOURCES, start, strict=True):
            if not 0.0 < value < float("inf"):
                raise wrong_setting(name, value, "more than 0")
        _check_spread(spread)
        self.start = np.log(np.array(start))
        self.spread = np.full(len(SOURCES), spread)
        self._testbed = testbed

    def run(
        self,
        parameters: Array,
        seed: int,
        months: int,
        advance: Callable[[], None] = lambda: None,
    ) -> Array:
        """Run members; see `Model`."""
        forcing = draw_forcing(months * DAYS_A_MONTH, seed)
        drag = spectrum_drag([forcing], self._testbed, np.exp(parameters))
        return run_months(self._testbed, drag, len(parameters), months, advance=advance)

    def drag(self, parameters: Array) -> Callable[[Sequence[Forcing]], DragOfDay]:
        """Give the drag of one member; see `Model`."""

        def of_forcings(forcings: Sequence[Forcing]) -> DragOfDay:
            means = np.tile(np.exp(parameters), (len(forcings), 1))
            return spectrum_drag(forcings, self._testbed, means)

        return of_forcings


def spectrum_drag(
    forcings: Sequence[Forcing], testbed: Testbed, means: Array | None = None
) -> DragOfDay:
    """Give the drag of the spectrum of the control case.

    Parameters
    ----------
    forcings : sequence of Forcing
        The source of each column, or one for all.
    testbed : Testbed
        Grid and air.
    means : ndarray, shape (column, 2), optional
        Mean F_s [Pa] and c_w [m s-1] of each column; default: those of the source.
    """
    waves = spectrum()
    drag = WaveDrag(testbed, waves)
    daily = np.stack([(f.source_flux, f.spectral_width) for f in forcings], axis=-1)
    if means is not None:
        factors = means / np.array(list(SOURCES.values()))
        daily = daily * factors.T[:, np.newaxis, :]
    flux, width = torch.from_numpy(daily)

    def of_day(wind: Tensor, day: int) -> Tensor:
        return drag(wind, spectrum_amplitudes(waves, flux[day], width[day]))

    return of_day


def _check_spread(spread: float) -> None:
    if not 0.0 < spread < 1.0:
        raise wrong_setting("spread", spread, "more than 0 and below 1")
