"""Figures of an artefact: training ranges, its probe, the error that it expects."""

import numpy as np
from matplotlib.axes import Axes

from gwparam.contract import Arrays, Contract, Field, TrainingRange
from gwparam.pages.colours import colour_of
from gwparam.pages.numbers import words
from gwparam.pages.picture import Array, Panel, Picture, draw_panel, pressure_axis

COLOUR = colour_of(0)
_SIZE = (3.6, 3.2)

# Columns of a probe that are drawn one by one.
_MOST_LINES = 30

_RANGES_CAPTION = (
    "Inputs in training by level: the line is the mean, dark is one standard "
    "deviation, pale is from the least to the largest. Beyond what on_range allows, a "
    "column is caught."
)
_PROBE_CAPTION = (
    "What the network gives for its probe, a line for a column, pale for all "
    "{columns}. A machine that does not reproduce these numbers {how} refuses to run "
    "the network."
)
_ERROR_CAPTION = (
    "Root-mean-square error by level on data that were kept from training, beside what "
    "the network gives in its probe."
)


def ranges(contract: Contract) -> Picture | None:
    """Draw training ranges of the inputs on levels; None where none is known."""
    known = {found.name: found for found in contract.training_range}
    panels = tuple(
        _range(contract, field, known[field.name])
        for field in contract.inputs
        if field.levels == "full"
        and field.name in known
        and known[field.name].mean is not None
    )
    return Picture(panels, _RANGES_CAPTION) if panels else None


def probe(contract: Contract, outputs: Arrays) -> Picture | None:
    """Draw the outputs on levels of the probe; None where there are none."""
    panels = tuple(
        _profiles(contract, field, outputs[field.name])
        for field in contract.outputs
        if field.levels == "full"
    )
    within = f"within {contract.probe.tolerance:.0e} of the largest"
    exact = contract.backend == "column_program"
    how = f"bit for bit, on accelerators {within}," if exact else within
    caption = _PROBE_CAPTION.format(columns=contract.probe.columns, how=how)
    return Picture(panels, caption) if panels else None


def expected_error(contract: Contract) -> Picture | None:
    """Draw the error on data kept from training; None where it is not known."""
    panels = []
    units = {field.name: field.units for field in contract.outputs}
    for known in contract.expected_error or ():
        values = np.array(known.root_mean_square)
        if values.size != contract.vertical.nlev:
            continue
        unit = units.get(known.name, "m s-2")

        def draw(
            axis: Axes, name: str = known.name, unit: str = unit, rms: Array = values
        ) -> None:
            axis.plot(rms, _heights(contract), marker=".", color=COLOUR)
            axis.set_xlim(left=0.0)
            _dress(axis, contract, name, unit)

        panels.append(draw_panel(f"Rms error of {known.name} by level.", draw, _SIZE))
    return Picture(tuple(panels), _ERROR_CAPTION) if panels else None


def _range(contract: Contract, field: Field, known: TrainingRange) -> Panel:
    """Draw mean, standard deviation and extremes of one input."""

    def draw(axis: Axes) -> None:
        heights = _heights(contract)
        mean, spread, low, high = (
            _by_level(values, len(heights))
            for values in (
                known.mean,
                known.standard_deviation,
                known.minimum,
                known.maximum,
            )
        )
        if low is not None and high is not None:
            axis.fill_betweenx(heights, low, high, color=COLOUR, alpha=0.15, lw=0)
        if mean is not None and spread is not None:
            band = (mean - spread, mean + spread)
            axis.fill_betweenx(heights, *band, color=COLOUR, alpha=0.35, lw=0)
        if mean is not None:
            axis.plot(mean, heights, color=COLOUR, linewidth=1.6)
        _dress(axis, contract, field.name, field.units)

    return draw_panel(f"Training range of {field.name} by level.", draw, _SIZE)


def _profiles(contract: Contract, field: Field, values: Array) -> Panel:
    """Draw the profiles of one output."""
    nlev = contract.vertical.nlev
    level_axis = 0 if contract.geometry.kind == "global" else 1
    columns = np.moveaxis(values, level_axis, -1).reshape(-1, nlev)

    def draw(axis: Axes) -> None:
        heights = _heights(contract)
        low, high = columns.min(axis=0), columns.max(axis=0)
        axis.fill_betweenx(heights, low, high, color=COLOUR, alpha=0.15, lw=0)
        step = -(-len(columns) // _MOST_LINES)
        axis.plot(columns[::step].T, heights, color=COLOUR, linewidth=0.7, alpha=0.7)
        axis.axvline(0.0, color="black", linewidth=0.8)
        _dress(axis, contract, field.name, field.units)

    return draw_panel(f"Outputs {field.name} of the probe by level.", draw, _SIZE)


def _heights(contract: Contract) -> Array:
    """Pressure of the levels [hPa] where it is known, else their numbers."""
    vertical = contract.vertical
    if not _knows_pressure(contract):
        return np.arange(1, vertical.nlev + 1)
    return np.array(vertical.reference_pressure) / 100.0


def _knows_pressure(contract: Contract) -> bool:
    vertical = contract.vertical
    return (vertical.nominal_pressure or vertical.pressure or vertical.a) is not None


def _dress(axis: Axes, contract: Contract, name: str, units: str) -> None:
    """Give a panel its title and axes, the ground at the bottom."""
    if _knows_pressure(contract):
        pressure_axis(axis, _heights(contract))
        axis.set_ylabel("pressure [hPa]")
    else:
        if contract.vertical.order == "top_down":
            axis.invert_yaxis()
        axis.set_ylabel("level of the network")
    axis.set_xlabel(f"[{units}]")
    axis.set_title(_short(name))
    axis.locator_params(axis="x", nbins=4)
    axis.grid(True)


def _short(name: str) -> str:
    """Write a name on two lines, so that it fits a panel."""
    text = words(name)
    if len(text) <= 34:
        return text
    middle = text.rfind(" ", 0, 34)
    return f"{text[:middle]}\n{text[middle + 1 :]}"


def _by_level(values: tuple[float, ...] | None, nlev: int) -> Array | None:
    """Give a value for each level; one value is that of all."""
    if values is None:
        return None
    array = np.array(values, dtype=np.float64)
    return np.broadcast_to(array, (nlev,)) if array.size in (1, nlev) else None
