"""Scores of a comparison as variables: by level, of all levels, by vertical region."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.evaluate.compare import Comparison
from gwparam.evaluate.hellinger import hellinger
from gwparam.evaluate.ladder import QUANTILES, variance_ratio_of
from gwparam.evaluate.metrics import Moments, finite, ratio

SCORES: Mapping[str, tuple[Callable[[Moments], NDArray[np.float64]], str]] = {
    "correlation": (attrgetter("correlation"), "Pearson's correlation with the truth"),
    "r2": (attrgetter("r2"), "1 - mean square error / variance of the truth"),
    "rmse": (attrgetter("rms_error"), "root mean square error"),
    "bias": (attrgetter("bias"), "mean of model minus truth"),
    "variance_ratio": (variance_ratio_of, "variance of the model / of the truth"),
}
"""Name of a score: how it is had of `Moments`, and what it is, for people."""

LAYER = "layer_"
"""What the names of variables by vertical region begin with."""

_DIMENSIONLESS = ("correlation", "r2", "variance_ratio")
_EVERYTHING = {"comment": "every time, level and cell counts the same"}
_OF_MAGNITUDES = "quantile of the magnitude of the model / of the truth"
_DIMS = ("model", "component", "region")


def layer_coordinates(found: Comparison) -> dict[str, Any]:
    """Give the coordinates of vertical regions and of quantiles."""
    bounds = [[layer.top / 100.0, layer.bottom / 100.0] for layer in found.layers]
    return {
        "layer": [layer.name for layer in found.layers],
        "layer_bounds": (
            ("layer", "end"),
            np.reshape(bounds, (-1, 2)),
            {"units": "hPa", "comment": "top, which is inside, and bottom"},
        ),
        "quantile": list(QUANTILES),
    }


def add_scores(data: xr.Dataset, found: Comparison) -> None:
    """Add the scores that are made of moments."""
    levels = Moments.stack(
        [
            Moments.stack([component.levels for component in scores])
            for _, scores in found.models.values()
        ]
    )
    together = levels.pool(axis=-1)
    parts = [levels.along_last(p).pool(axis=-1) for p in _parts(found)]
    for name, (of, long_name) in SCORES.items():
        units = "1" if name in _DIMENSIONLESS else found.quantity.units
        attrs = {"units": units, "long_name": long_name} | _EVERYTHING
        data[name] = ((*_DIMS, "level"), of(levels), attrs)
        whole = attrs | {"long_name": f"{long_name}, all levels together"}
        data[f"{name}_all_levels"] = (_DIMS, of(together), whole)
        layered = attrs | {"long_name": f"{long_name}, by vertical region"}
        values = _stack([of(part) for part in parts], data[f"{name}_all_levels"].shape)
        data[f"{LAYER}{name}"] = ((*_DIMS, "layer"), values, layered)


def add_tails(data: xr.Dataset, found: Comparison) -> None:
    """Add the quantiles of the truth, and the ratios of the models' to these."""
    truth = found.truth.tails
    tails = [statistics.tails for statistics, _ in found.models.values()]
    by_part, right = np.stack([t.by_part for t in tails]), truth.by_part
    by_level = np.stack([t.by_level for t in tails])
    attrs = {"units": "1", "long_name": _OF_MAGNITUDES} | _EVERYTHING
    data["quantile_truth"] = (
        ("component", "region", "quantile"),
        right[:, :, 0],
        {"units": found.quantity.units, "long_name": "quantile of the magnitude"},
    )
    data["quantile_ratio"] = (
        ("model", "component", "level", "quantile"),
        ratio(by_level, truth.by_level[None]),
        attrs | {"long_name": f"{_OF_MAGNITUDES}, over the globe"},
    )
    ratios = ratio(by_part, right[None])
    data["quantile_ratio_all_levels"] = ((*_DIMS, "quantile"), ratios[..., 0, :], attrs)
    data[f"{LAYER}quantile_ratio"] = (
        (*_DIMS, "layer", "quantile"),
        ratios[..., 1:, :],
        attrs,
    )


def add_layer_distances(data: xr.Dataset, found: Comparison) -> None:
    """Add the Hellinger distances by vertical region."""
    truth = found.truth.level_counts
    distances = [
        np.stack(
            [
                hellinger(truth[:, :, p].sum(2), own.level_counts[:, :, p].sum(2))
                for own, _ in found.models.values()
            ]
        )
        for p in _parts(found)
    ]
    shape = (len(found.models), *truth.shape[:2])
    data[f"{LAYER}hellinger"] = (
        (*_DIMS, "layer"),
        _stack(distances, shape),
        {"units": "1", "long_name": "Hellinger distance, sqrt(1 - sum(sqrt(p q)))"},
    )


def quantile_name(quantile: float) -> str:
    """Write a quantile as people do: ``P99.9``."""
    return f"P{100.0 * quantile:g}"


def score_dict(at: xr.Dataset, on_globe: bool) -> dict[str, Any]:
    """Scores of one model, component and region as what JSON holds.

    Parameters
    ----------
    at : Dataset
        Of these.
    on_globe : bool
        Whether quantiles are known by level.
    """
    levels: dict[str, Any] = {name: plain(at[name].values) for name in SCORES}
    if on_globe:
        levels["quantile_ratio"] = _ladder(at["quantile_ratio"])
    return {
        **{name: plain(at[f"{name}_all_levels"].values) for name in SCORES},
        "quantile_ratio": _ladder(at["quantile_ratio_all_levels"]),
        "layers": {
            str(layer): {
                **{
                    name: plain(at[f"{LAYER}{name}"].sel(layer=layer).values)
                    for name in ("hellinger", *SCORES)
                },
                "quantile_ratio": _ladder(
                    at[f"{LAYER}quantile_ratio"].sel(layer=layer)
                ),
            }
            for layer in at.layer.values
        },
        "levels": levels,
    }


def plain(values: NDArray[Any]) -> Any:
    """Numbers as JSON has them."""
    if values.ndim:
        return [plain(value) for value in values]
    return finite(float(values))


def _ladder(ratios: xr.DataArray) -> dict[str, Any]:
    return {
        quantile_name(q): plain(ratios.sel(quantile=q).values)
        for q in ratios["quantile"].values
    }


def _parts(found: Comparison) -> list[NDArray[np.intp]]:
    return [layer.levels(found.pressure) for layer in found.layers]


def _stack(parts: list[Any], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Stack along a new last axis; of no parts too."""
    return np.stack(parts, axis=-1) if parts else np.zeros((*shape, 0))
