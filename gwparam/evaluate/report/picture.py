"""Pictures of the page: drawn by matplotlib, embedded as data."""

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from gwparam.evaluate.report.comparison import Array, Comparison

# Width of every figure [inch]: with a text of 9.5 points it reads well at the width of
# the page, and on A4.
WIDTH = 10.5

# Lines with more points than this make an SVG that is larger than a PNG.
_MOST_POINTS = 30_000

_STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#555555",
    "axes.formatter.use_mathtext": True,
    "axes.labelsize": 9.5,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 10,
    # The same results give the same page, byte by byte.
    "svg.hashsalt": "gwparam",
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
}


@dataclass(frozen=True)
class Picture:
    """A figure of the page.

    Attributes
    ----------
    source : str
        The picture as a ``data:`` address.
    alt : str
        What it shows, for those who cannot see it.
    caption : str
        What to see in it.
    """

    source: str
    alt: str
    caption: str


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes
    ----------
    pictures, folded : tuple of Picture
        Figures at once in view, and figures to unfold.
    absent : str
        Why there is nothing to show; empty where there is.
    """

    pictures: tuple[Picture, ...] = ()
    folded: tuple[Picture, ...] = field(default=())
    absent: str = ""


@contextmanager
def drawing(height: float) -> Iterator[Figure]:
    """Open a figure in the style of the page.

    Parameters
    ----------
    height : float
        Height of the figure [inch].
    """
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def embed(figure: Figure, *, raster: bool = False, dpi: float = 130.0) -> str:
    """Turn a figure into a ``data:`` address; call it while `drawing` is open.

    Parameters
    ----------
    figure : Figure
        What to embed.
    raster : bool
        Give a PNG, as coloured fields need; lines become an SVG unless they are long.
    dpi : float
        Resolution of a PNG [1/inch].
    """
    points = sum(
        np.size(line.get_xdata()) for axis in figure.axes for line in axis.lines
    )
    raster = raster or points > _MOST_POINTS
    buffer = io.BytesIO()
    if raster:
        figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    else:
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    kind = "png" if raster else "svg+xml"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def add_legend(figure: Figure, axis: Axes, comparison: Comparison) -> None:
    """Put one legend, for all panels, above them."""
    handles, labels = axis.get_legend_handles_labels()
    ncol = min(len(comparison.models) + 1, 5)
    figure.legend(handles, labels, loc="outside upper center", ncols=ncol)


def logarithmic(axis: Axes, side: Literal["x", "y"], *values: Array) -> None:
    """Make an axis logarithmic if any of the values can be shown on it.

    Parameters
    ----------
    axis : Axes
        Whose side it is.
    side : {"x", "y"}
        Horizontal or vertical.
    *values : ndarray
        What is drawn.
    """
    # matplotlib raises on a logarithmic axis with nothing positive on it.
    if not any((np.isfinite(array) & (array > 0.0)).any() for array in values):
        return
    axis.set(**{f"{side}scale": "log"})
    ticks = axis.xaxis if side == "x" else axis.yaxis
    # Minor ticks of logarithmic axes take more time than all lines.
    ticks.set_minor_locator(NullLocator())


def listed(names: list[str]) -> str:
    """Join names as in a sentence: `a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
