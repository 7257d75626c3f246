"""Results of an evaluation as one Dataset, and as files."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.evaluate.accumulate import FieldStatistics
from gwparam.evaluate.compare import Comparison
from gwparam.evaluate.hellinger import hellinger, hellinger_printed, probabilities
from gwparam.evaluate.quantity import COMPONENTS
from gwparam.evaluate.score_variables import (
    add_layer_distances,
    add_scores,
    add_tails,
    layer_coordinates,
    plain,
    score_dict,
)
from gwparam.evaluate.scores import GLOBE
from gwparam.whole_files import replacement, write_text, writing

TRAINING_RANGE = "training_range"
"""Attribute of the Dataset: JSON of how inputs lie to those of training, by model."""

SEEN = "seen_in_training"
"""Attribute of the Dataset: JSON of how many times each artefact was trained on."""

LEFT_OUT = "left_out"
"""Attribute of the Dataset: JSON of the cells that count nowhere, and why."""

_STATISTICS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "mean": (("level", "latitude", "longitude"), "{}", "mean over time"),
    "series": (("region", "level", "time"), "{}", "area mean of the region"),
    "spectrum": (
        ("level", "wavenumber"),
        "({})2",
        "power by zonal wavenumber, mean over time and latitude; its sum is the mean "
        "square",
    ),
    "momentum": (("time",), "N", "global integral; missing for a part of the globe"),
}
_WEIGHTED = "every value weighted by its share of the area of the sphere"

Array = NDArray[np.float64]


def as_dataset(
    found: Comparison, truth: Sequence[str], version: str, title: str = ""
) -> xr.Dataset:
    """Assemble the results.

    Parameters
    ----------
    found : Comparison
        Of `gwparam.evaluate.compare.compare`.
    truth : sequence of str
        Names of the files with the truth.
    version : str
        Of gwparam.
    title : str
        For people; made of the models' names if empty.

    Returns
    -------
    Dataset
        As ``docs/evaluate.md`` describes it.
    """
    names = list(found.models)
    units = found.quantity.units
    data = xr.Dataset(coords=_coordinates(found, names))
    data["bin_edge"] = (
        ("component", "edge"),
        found.edges,
        {"units": units, "comment": found.binning.describe()},
    )
    _add_histograms(data, found)
    add_layer_distances(data, found)
    add_scores(data, found)
    add_tails(data, found)
    for name, (dims, unit, long_name) in _STATISTICS.items():
        attrs = {"units": unit.format(units), "long_name": long_name}
        if name == "momentum":
            attrs["comment"] = found.momentum
        data[f"{name}_truth"] = (
            ("component", *dims),
            getattr(found.truth, name),
            attrs | {"long_name": f"truth: {long_name}"},
        )
        data[name] = (
            ("model", "component", *dims),
            _stack(found, attrgetter(name)),
            attrs,
        )
    data.attrs = {
        "title": title or f"{', '.join(names)} against {Path(truth[0]).name}",
        "quantity": found.quantity.kind,
        "units": units,
        # Texts: a list of one would come back from netCDF as a text.
        "standard_names": ", ".join(found.quantity.names),
        "truth": ", ".join(truth),
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "gwparam_version": version,
        "Conventions": "CF-1.8",
        LEFT_OUT: json.dumps(found.left_out.as_dict()),
    }
    return data


def _coordinates(found: Comparison, names: list[str]) -> dict[str, Any]:
    grid = found.grid
    coordinates: dict[str, Any] = {
        "model": names,
        "component": list(COMPONENTS),
        "region": [region.name for region in found.regions],
        "level_pressure": (
            "level",
            found.pressure / 100.0,
            {"units": "hPa", "long_name": "nominal pressure", "positive": "down"},
        ),
        "latitude": ("latitude", grid.latitude, {"units": "degrees_north"}),
        "longitude": ("longitude", grid.longitude, {"units": "degrees_east"}),
        "time": ("time", list(found.times), {"long_name": "number of the sample"}),
        "wavenumber": np.arange(grid.shape[1] // 2 + 1),
        **layer_coordinates(found),
        "region_box": (
            ("region", "bound"),
            [region.box for region in found.regions],
            {
                "long_name": "first row, row after the last, first column, column "
                "after the last",
                "comment": "rows from south to north, columns eastward; a negative "
                "first column is west of the prime meridian",
            },
        ),
        "area_weight": (
            ("latitude", "longitude"),
            grid.weights,
            {"units": "1", "long_name": "share of the cell in the sphere"},
        ),
    }
    if len(found.dates) == len(found.times):
        calendar = {"calendar": found.calendar} if found.calendar else {}
        coordinates["date"] = ("time", found.dates, calendar)
    return coordinates


def _add_histograms(data: xr.Dataset, found: Comparison) -> None:
    truth = found.truth.counts
    counts = _stack(found, lambda s: s.counts)
    attrs = {
        "units": "1",
        "long_name": "probability of the bin, all levels together",
        "comment": f"{_WEIGHTED}; {found.binning.describe()}",
    }
    dims = ("component", "region", "bin")
    data["histogram_truth"] = (dims, probabilities(truth), attrs)
    data["histogram"] = (("model", *dims), probabilities(counts), attrs)
    for name, formula, text in (
        ("hellinger", hellinger, "sqrt(1 - sum(sqrt(p q)))"),
        ("hellinger_printed", hellinger_printed, "1 - sum(sqrt(p q))"),
    ):
        data[name] = (
            ("model", "component", "region"),
            _distance(formula, truth, counts),
            {"units": "1", "long_name": f"Hellinger distance, {text}"},
        )


def _distance(
    formula: Callable[[Array, Array], Array], truth: Array, counts: Array
) -> Array:
    return np.stack([formula(truth, model) for model in counts])


def _stack(found: Comparison, get: Callable[[FieldStatistics], Array]) -> Array:
    return np.stack([get(statistics) for statistics, _ in found.models.values()])


def as_dict(data: xr.Dataset) -> dict[str, Any]:
    """Scores of a Dataset as what JSON holds; None where one is undefined.

    Parameters
    ----------
    data : Dataset
        Of `as_dataset`.

    Returns
    -------
    dict
        Attributes, how many cells were left out and why, how many times artefacts were
        trained on (as `gwparam.data.seen.seen_times`, by model), how their inputs lie
        to those of training (as `gwparam.data.training_range.describe`, by model)
        and bins, then by model, component and region the Hellinger distance and the
        scores of all levels together, by vertical region and, top first, of every
        level. A bottom without end is None.
    """
    kept = ("title", "quantity", "units", "truth", "created", "gwparam_version")
    distances = ("hellinger", "hellinger_printed")
    models: dict[str, Any] = {}
    for model in data.model.values:
        by_component = models[str(model)] = {}
        for component in data.component.values:
            by_region = by_component[str(component)] = {}
            for region in data.region.values:
                at = data.sel(model=model, component=component, region=region)
                own = {name: plain(at[name].values) for name in distances}
                by_region[str(region)] = own | score_dict(at, region == GLOBE)
    heading = {name: data.attrs[name] for name in kept}
    return heading | {
        "left_out": json.loads(data.attrs.get(LEFT_OUT, "{}")),
        "seen_in_training": json.loads(data.attrs.get(SEEN, "{}")),
        "training_range": json.loads(data.attrs.get(TRAINING_RANGE, "{}")),
        "samples": data.sizes["time"],
        "layers_hPa": {
            str(name): plain(bounds)
            for name, bounds in zip(
                data.layer.values, data.layer_bounds.values, strict=True
            )
        },
        "level_pressure_hPa": plain(data.level_pressure.values),
        "bins": {
            "how": data.bin_edge.attrs["comment"],
            "edges": {
                str(c): plain(data.bin_edge.sel(component=c).values)
                for c in data.component.values
            },
        },
        "models": models,
    }


def write_netcdf(path: str | PathLike[str], data: xr.Dataset) -> None:
    """Write the Dataset; an older file stays as it was until the new one is whole.

    Raises
    ------
    ModelFileError
        If it cannot be written.
    """
    encoding = {
        str(name): {"zlib": True, "complevel": 1}
        for name, variable in data.data_vars.items()
        if variable.size > 1000
    }
    with writing(path), replacement(path) as partial:
        data.to_netcdf(partial, encoding=encoding)


def write_json(path: str | PathLike[str], data: xr.Dataset) -> None:
    """Write the scores as JSON; arguments and errors as `write_netcdf`."""
    text = json.dumps(as_dict(data), indent=2, allow_nan=False)
    write_text(path, text)
