"""Figures: zonal means against latitude and pressure."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import SymLogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogFormatter
from numpy.typing import NDArray

from gwparam.errors import ModelFileError, ShapeError
from gwparam.evaluate.quantity import shown_units
from gwparam.whole_files import replacement, writing

Array = NDArray[Any]
Rows = Mapping[str, Mapping[str, Array]]

# Colours are logarithmic over this many decades below a row's largest value, and linear
# about zero: drag grows with 1/density, so that on a linear scale all but the uppermost
# levels are blank.
DECADES = 2

_LETTERS = 16  # of a caption, in an inch

# What callers call their panels is no formula: a dollar sign is one.
_STYLE: dict[Any, Any] = {
    "axes.titlesize": 9,
    "font.size": 9,
    "text.parse_math": False,
}


def zonal_mean_figure(
    path: str | PathLike[str],
    latitude: Array,
    pressure: Array,
    rows: Rows,
    caption: str = "",
    title: str = "",
    units: Mapping[str, str] | None = None,
) -> None:
    """Draw zonal means, a row for a variable, a column for a source.

    Parameters
    ----------
    path : path-like
        Where the picture goes; the ending gives its format, PNG without one.
    latitude : ndarray, shape (nlat,)
        Latitude of the rows, increasing [degrees_north].
    pressure : ndarray, shape (nlev,)
        Pressure of the levels, in either order [Pa].
    rows : mapping of str to mapping of str to ndarray, shape (nlev, nlat)
        Zonal means by variable, then by source, such as
        ``{"Eastward drag": {"native": ..., "network": ..., "difference": ...}}``. The
        panels of a row share one scale, symmetric about zero.
    caption, title : str
        Text below and above the panels.
    units : mapping of str to str, optional
        Units of each variable; m s-2 if absent.

    Raises
    ------
    ShapeError
        If a panel has another shape.
    ModelFileError
        If the picture cannot be written.
    """
    shape = (len(pressure), len(latitude))
    for row in rows.values():
        for name, panel in row.items():
            if panel.shape != shape:
                raise ShapeError(
                    f"panel {name} has shape {panel.shape}, expected {shape}"
                )
    ncol = max(len(row) for row in rows.values())
    with mpl.rc_context(_STYLE):
        width = 1.6 + 2.9 * ncol
        figure = Figure(figsize=(width, 1.1 + 2.9 * len(rows)), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(len(rows), ncol, sharex=True, sharey=True, squeeze=False)
        for line, (label, row) in zip(axes, rows.items(), strict=True):
            unit = (units or {}).get(label, "m s-2")
            _draw_row(figure, line, label, unit, row, latitude, pressure)
        for axis in axes[-1]:
            axis.set_xlabel("latitude")
        if title:
            figure.suptitle(title, fontsize=11)
        if caption:
            # Where matplotlib breaks lines itself, it takes dollars for formulas still.
            lines = fill(caption, int(_LETTERS * width))
            figure.supxlabel(lines, fontsize=8)
        kind = Path(path).suffix.removeprefix(".") or "png"
        try:
            with writing(path), replacement(path) as partial:
                figure.savefig(partial, dpi=150, format=kind)
        except ValueError as error:  # a kind of file that matplotlib does not know
            raise ModelFileError(f"cannot write {path}: {error}") from None


def _draw_row(
    figure: Figure,
    axes: Array,
    label: str,
    units: str,
    row: Mapping[str, Array],
    latitude: Array,
    pressure: Array,
) -> None:
    """Draw the panels of one variable, with their colour bar."""
    factor, units = shown_units(units)
    shown = {name: factor * panel for name, panel in row.items()}
    largest = max(float(np.nanmax(np.abs(panel))) for panel in shown.values()) or 1.0
    threshold = 10.0 ** (np.floor(np.log10(largest)) - DECADES)
    norm = SymLogNorm(threshold, vmin=-largest, vmax=largest)
    mesh = None
    for axis, (name, panel) in zip(axes, shown.items(), strict=False):
        mesh = axis.pcolormesh(
            latitude, pressure / 100.0, panel, cmap="RdBu_r", norm=norm, rasterized=True
        )
        axis.set_title(name)
        axis.set_yscale("log")
        axis.set_ylim(pressure.max() / 100.0, pressure.min() / 100.0)
        axis.yaxis.set_major_formatter(FuncFormatter(lambda p, _: f"{p:g}"))
        axis.yaxis.set_minor_formatter(LogFormatter(labelOnlyBase=False))
        axis.set_xlim(-90.0, 90.0)
        axis.set_xticks([-60, -30, 0, 30, 60], ["60°S", "30°S", "0", "30°N", "60°N"])
    for axis in axes[len(shown) :]:
        axis.set_visible(False)
    axes[0].set_ylabel(f"{fill(label, 30)}\npressure [hPa]")
    if mesh is not None:
        decades = threshold * 10.0 ** np.arange(DECADES + 1)
        ticks = [*-decades[::-1], 0.0, *decades]
        bar = figure.colorbar(mesh, ax=list(axes), pad=0.01)
        bar.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks])
        bar.set_label(units)
