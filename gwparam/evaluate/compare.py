"""Several models against one truth: one pass over the samples."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gwparam.data.missing import LeftOut, Mask, present_columns
from gwparam.data.pressure import SURFACE_PRESSURE
from gwparam.errors import ArgumentError, ContractError
from gwparam.evaluate.accumulate import FieldStatistics, Range
from gwparam.evaluate.budget import MomentumBudget
from gwparam.evaluate.grid import LatLonGrid
from gwparam.evaluate.hellinger import Binning
from gwparam.evaluate.layers import Layer, choose_layers
from gwparam.evaluate.quantity import COMPONENTS, Quantity
from gwparam.evaluate.regions import Region, regions
from gwparam.evaluate.scores import Scores
from gwparam.evaluate.sources import FieldSource

# Nominal pressures of the same level in two files, which may be rounded.
SAME_LEVEL = 1e-3

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """What a pass over the samples found.

    Attributes
    ----------
    quantity : Quantity
        What was compared.
    grid : LatLonGrid
        Where.
    regions : tuple of Region
        The globe and the hot spots.
    pressure : ndarray, shape (level,)
        Nominal pressures, top first [Pa].
    layers : tuple of Layer
        The vertical regions.
    times : range
        Numbers of the samples in the truth.
    dates : list of str
        Their dates; empty where they are unknown.
    calendar : str
        Of the dates; empty where it is unknown.
    edges : ndarray, shape (component, nbin + 1)
        Of the bins.
    binning : Binning
        How they were chosen.
    momentum : str
        What the momentum is.
    truth : FieldStatistics
        Of the truth.
    models : dict of str to (FieldStatistics, list of Scores)
        By name; the scores by component.
    left_out : LeftOut
        Cells that count nowhere, since the truth or a model lacks a field there.
    lacking : dict of str to LeftOut
        The cells that each file lacks, by its path.
    """

    quantity: Quantity
    grid: LatLonGrid
    regions: tuple[Region, ...]
    pressure: Array
    layers: tuple[Layer, ...]
    times: range
    dates: list[str]
    calendar: str
    edges: Array
    binning: Binning
    momentum: str
    truth: FieldStatistics
    models: dict[str, tuple[FieldStatistics, list[Scores]]]
    left_out: LeftOut
    lacking: dict[str, LeftOut]


def compare(
    truth: FieldSource,
    models: Mapping[str, FieldSource],
    binning: Binning | None = None,
    levels: range | None = None,
    times: range | None = None,
    advance: Callable[[], None] = lambda: None,
    layers: Callable[[Array], tuple[Layer, ...]] = choose_layers,
) -> Comparison:
    """Compare models with the truth, one time after the other.

    Parameters
    ----------
    truth : FieldSource
        What is right.
    models : mapping of str to FieldSource
        What is judged, by name.
    binning : Binning, optional
        Of the histograms. Unless it gives the edges, the files are read once before the
        pass, for the extremes of the truth in the cells that count.
    levels : range, optional
        Levels that count, from 0 at the top; those that all models give if absent.
    times : range, optional
        Numbers of the samples; all if absent.
    advance : callable, optional
        Called after each time of each of the two readings; see `count_steps`.
    layers : callable, optional
        Gives the vertical regions for the pressures of the levels that count [Pa].

    Raises
    ------
    ContractError
        If a model has another quantity, grid, levels, or times than the truth.
    ArgumentError
        If there is no model, or `levels` or `times` are beyond what there is.
    GwparamError
        What the files and the library raise.
    """
    if not models:
        raise ArgumentError("no model, expected at least one")
    binning = binning or Binning()
    for model in models.values():
        check_match(truth, model)
    times = _within(times, len(truth), "times")
    levels = _within(
        levels or _given_by_all(truth, models), truth.pressure.size, "levels"
    )
    kept = slice(levels.start, levels.stop)
    pressure = truth.pressure[kept]
    chosen_layers = layers(pressure)
    sources = [truth, *models.values()]
    budget = MomentumBudget(truth, kept)
    extremes = Range(len(COMPONENTS))
    if binning.edges is None:
        for index in times:
            right = truth.read(index)[:, kept]
            for model in models.values():
                model.look(index)
            missing = _together(_missing(sources, index, budget.weights(index)))
            what = f"time {index} of {truth.label}"
            extremes.add(right[..., present_columns(missing, truth.grid.shape, what)])
            advance()
    edges = binning.find_edges(extremes.lowest, extremes.highest)
    found = regions(truth.grid)
    columns = {region.name: region.columns(truth.grid) for region in found}

    def statistics() -> FieldStatistics:
        parts = [layer.levels(pressure) for layer in chosen_layers]
        return FieldStatistics(truth.grid, found, edges, len(levels), len(times), parts)

    result = Comparison(
        quantity=truth.quantity,
        grid=truth.grid,
        regions=found,
        pressure=pressure,
        layers=chosen_layers,
        times=times,
        dates=[text for i in times if (text := truth.states.date(i)) is not None],
        calendar=truth.states.dates.calendar,
        edges=edges,
        binning=binning,
        momentum=budget.description,
        truth=statistics(),
        models={
            name: (statistics(), [Scores(columns, len(levels)) for _ in COMPONENTS])
            for name in models
        },
        left_out=LeftOut(),
        lacking={},
    )
    for index in times:
        right = truth.read(index)[:, kept]
        weights = budget.weights(index)
        fields = {name: model.read(index)[:, kept] for name, model in models.items()}
        by_file = _missing(sources, index, weights)
        shape, what = truth.grid.shape, f"time {index} of {truth.label}"
        present = result.left_out.add(_together(by_file), shape, what)
        for path, missing in by_file.items():
            result.lacking.setdefault(path, LeftOut()).add(missing, shape, what)
        result.truth.add(right, weights, present)
        for name, field in fields.items():
            own, scores = result.models[name]
            own.add(field, weights, present)
            for component, score in enumerate(scores):
                score.add(
                    _columns(field[component]),
                    _columns(right[component]),
                    present.ravel(),
                )
        advance()
    return result


def _missing(
    sources: Sequence[FieldSource], index: int, weights: Array
) -> dict[str, dict[str, Mask]]:
    """Gather what each file lacks; `weights` are of the first source's."""
    found: dict[str, dict[str, Mask]] = {s.file(index): {} for s in sources}
    bare = np.isnan(weights).any(axis=0)
    if bare.any():
        where = np.broadcast_to(bare, sources[0].grid.shape)
        found[sources[0].file(index)][SURFACE_PRESSURE.name] = where
    for source in sources:
        lacks = found[source.file(index)]
        for name, where in source.missing.items():
            lacks[name] = lacks.get(name, False) | where
    return found


def _together(by_file: Mapping[str, Mapping[str, Mask]]) -> dict[str, Mask]:
    """Gather what any file lacks, so that all are judged by the same cells."""
    found: dict[str, Mask] = {}
    for missing in by_file.values():
        for name, where in missing.items():
            found[name] = found.get(name, False) | where
    return found


def count_steps(n_times: int, binning: Binning) -> int:
    """Count how often `compare` advances."""
    return n_times * (2 if binning.edges is None else 1)


def check_match(truth: FieldSource, model: FieldSource) -> None:
    """Check that a model gives what the truth has, at the same places and times.

    Raises
    ------
    ContractError
        If not.
    """
    if model.quantity != truth.quantity:
        raise ContractError(
            f"{model.label} gives {_spell(model.quantity)}, "
            f"expected {_spell(truth.quantity)} as {truth.label}"
        )
    if not model.grid.is_same(truth.grid):
        ours, theirs = (
            f"{s.grid.shape[0]} x {s.grid.shape[1]}" for s in (model, truth)
        )
        where = "" if ours != theirs else " at other latitudes or longitudes"
        raise ContractError(
            f"{model.label} is on a grid of {ours}{where}, expected the {theirs} of "
            f"{truth.label}"
        )
    same = model.pressure.shape == truth.pressure.shape and np.allclose(
        model.pressure, truth.pressure, rtol=SAME_LEVEL, atol=0.0
    )
    if not same:
        raise ContractError(
            f"{model.label} has {_levels(model)}, expected {_levels(truth)} as "
            f"{truth.label}"
        )
    if len(model) != len(truth):
        raise ContractError(
            f"{model.label} has {len(model)} times, expected {len(truth)} as "
            f"{truth.label}"
        )
    for index in (0, len(truth) - 1):
        found, expected = (source.states.date(index) for source in (model, truth))
        if None not in (found, expected) and found != expected:
            raise ContractError(
                f"sample {index} of {model.label} is of {found}, expected {expected} "
                f"as in {truth.label}"
            )


def _given_by_all(truth: FieldSource, models: Mapping[str, FieldSource]) -> range:
    given = [source.given_levels for source in (truth, *models.values())]
    common = range(max(g[0] for g in given), min(g[1] for g in given))
    if not common:
        raise ContractError("the models have no level in common that they give")
    return common


def _within(wanted: range | None, number: int, what: str) -> range:
    wanted = range(number) if wanted is None else wanted
    if not 0 <= wanted.start < wanted.stop <= number:
        raise ArgumentError(
            f"{what} {wanted.start}:{wanted.stop}, expected some of 0:{number}",
            settings=(what,),
        )
    return wanted


def _columns(field: Array) -> Array:
    """View (level, latitude, longitude) as (column, level)."""
    return field.reshape(len(field), -1).T


def _spell(quantity: Quantity) -> str:
    return f"{' and '.join(quantity.names)} [{quantity.units}]"


def _levels(source: FieldSource) -> str:
    pressure = source.pressure / 100.0
    return (
        f"{pressure.size} levels from {pressure[0]:g} to {pressure[-1]:g} hPa"
        if pressure.size
        else "no levels"
    )
