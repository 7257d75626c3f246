"""What is drawn: an evaluation's results, in the units and colours of the page."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.evaluate.quantity import shown_units
from gwparam.evaluate.report.time_axis import TimeAxis
from gwparam.pages.colours import TRUTH_COLOUR, colour_of, style_of
from gwparam.pages.numbers import words

Array = NDArray[Any]

# Levels worth a figure of their own, most wanted first [hPa]: drag acts in the
# stratosphere, and fluxes enter it from below.
_WANTED_LEVELS = {
    "drag": (10.0, 100.0, 1.0),
    "momentum_flux": (100.0, 10.0, 300.0),
}


@dataclass(frozen=True)
class Comparison:
    """An evaluation's results, ready to be drawn.

    Attributes
    ----------
    results : Dataset
        What ``gwparam evaluate`` found.
    """

    results: xr.Dataset

    @property
    def models(self) -> list[str]:
        """Names of the models, as shown."""
        return self._names("model")

    @property
    def components(self) -> list[str]:
        """Components of the quantity: eastward, northward."""
        return self._names("component")

    @property
    def regions(self) -> list[str]:
        """Names of the regions; the globe comes first."""
        return self._names("region")

    @property
    def hot_spots(self) -> list[int]:
        """Places of the regions that are not the globe."""
        return [k for k, name in enumerate(self.regions) if name.lower() != "globe"]

    @property
    def quantity(self) -> str:
        """The quantity in words."""
        return str(self.results.attrs.get("quantity", "quantity")).replace("_", " ")

    @property
    def fields(self) -> list[str]:
        """Names of the components, spelled out, as the table of scores has them."""
        names = str(self.results.attrs.get("standard_names", "")).split(", ")
        if len(names) != len(self.components):  # a part of the results
            return [f"{name} {self.quantity}" for name in self.components]
        return [words(name) for name in names]

    @property
    def times(self) -> TimeAxis:
        """When the samples are."""
        if "date" not in self.results.coords:
            return TimeAxis.numbered(self.results.sizes["time"])
        dates = self.results["date"]
        return TimeAxis.of_dates(
            [str(date) for date in dates.values],
            str(dates.attrs.get("calendar", "standard")),
        )

    @property
    def factor(self) -> float:
        """What the results are multiplied with to be shown."""
        return self._shown_units()[0]

    @property
    def units(self) -> str:
        """Units of what is shown."""
        return self._shown_units()[1]

    @property
    def pressure(self) -> Array:
        """Nominal pressure of the levels [hPa], shape (level,)."""
        return self.array("level_pressure", "level")

    def missing(self, *names: str) -> list[str]:
        """Tell which of some variables and coordinates the results lack."""
        return [name for name in names if name not in self.results.variables]

    def array(self, name: str, *dimensions: str, **indices: int) -> Array:
        """Give a variable as an array of float64.

        Parameters
        ----------
        name : str
            Name of the variable.
        *dimensions : str
            Dimensions of the answer, in the order that is wanted.
        **indices : int
            Which element to take along every other dimension.

        Returns
        -------
        ndarray, shape as `dimensions`
            Values in the units of the results.
        """
        variable = self.results[name].isel(indices).transpose(*dimensions)
        return np.asarray(variable.values, dtype=np.float64)

    def chosen_levels(self, count: int) -> list[int]:
        """Choose levels for the figures that cannot show all.

        Returns
        -------
        list of int
            At most `count` places, most wanted first: those nearest in log pressure to
            levels where the quantity matters.
        """
        quantity = str(self.results.attrs.get("quantity", "drag"))
        wanted = _WANTED_LEVELS.get(quantity, _WANTED_LEVELS["drag"])
        log_pressure = np.log(np.maximum(self.pressure, 1e-6))
        chosen: list[int] = []
        for pressure in wanted[:count]:
            nearest = int(np.argmin(np.abs(log_pressure - np.log(pressure))))
            if nearest not in chosen:
                chosen.append(nearest)
        return chosen

    def level_name(self, level: int) -> str:
        """Name a level by its pressure."""
        return f"{self.pressure[level]:.3g} hPa"

    def line(self, model: int) -> dict[str, Any]:
        """Colour and dashes of a model, the same in every figure."""
        return {
            "color": colour_of(model),
            "linestyle": style_of(model),
            "linewidth": 1.4,
            "label": self.models[model],
        }

    def truth_line(self) -> dict[str, Any]:
        """Colour and width of the truth: the line that models are held to."""
        return {
            "color": TRUTH_COLOUR,
            "linewidth": 2.4,
            "alpha": 0.75,
            "label": "truth",
        }

    def _names(self, dimension: str) -> list[str]:
        if dimension not in self.results.dims:
            return []
        if dimension in self.results.coords:
            return [str(name) for name in self.results[dimension].values]
        return [f"{dimension} {k + 1}" for k in range(self.results.sizes[dimension])]

    def _shown_units(self) -> tuple[float, str]:
        return shown_units(str(self.results.attrs.get("units", "1")))


def finite_largest(*arrays: Array, percentile: float = 100.0) -> float:
    """Find the largest magnitude of some arrays, for a scale about zero.

    Parameters
    ----------
    *arrays : ndarray
        Fields of one scale.
    percentile : float
        Share of the magnitudes that the scale must hold [percent].

    Returns
    -------
    float
        Positive; 1 where nothing is finite and other than zero.
    """
    pooled = np.concatenate([np.abs(array[np.isfinite(array)]) for array in arrays])
    pooled = pooled[pooled > 0.0]
    return float(np.percentile(pooled, percentile)) if pooled.size else 1.0
