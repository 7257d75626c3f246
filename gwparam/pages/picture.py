"""Figures of a page: panels drawn by matplotlib, embedded as data."""

import base64
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from numpy.typing import NDArray
from PIL import Image

from gwparam.pages.numbers import tick

Array = NDArray[Any]

SMALL = (3.6, 2.7)
"""Width and height of a panel of lines [inch]: its text reads well on a phone."""

WIDE = (5.4, 3.0)
"""The same of a panel of colours."""

# Lines with more points than this make an SVG that is larger than a PNG.
_MOST_POINTS = 30_000

_STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#555555",
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "figure.facecolor": "white",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "sans-serif"],
    "font.size": 9,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    # Letters as letters, a third of the size of letters as paths.
    "svg.fonttype": "none",
    # The same results give the same page, byte by byte.
    "svg.hashsalt": "gwparam",
    # Names of models are no formulas: a dollar sign is one.
    "text.parse_math": False,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
}


@dataclass(frozen=True)
class Panel:
    """One picture, which opens large.

    Attributes
    ----------
    source : str
        The picture as a ``data:`` address.
    alt : str
        What it shows, for those who cannot see it.
    alone : bool
        Nothing stands beside it.
    """

    source: str
    alt: str
    alone: bool = False


@dataclass(frozen=True)
class Picture:
    """A figure of the page: panels side by side, as many as the screen has room for.

    Attributes
    ----------
    panels : tuple of Panel
        Its panels.
    caption : str
        What to see in it.
    title : str
        What it shows; empty where the panels say it.
    wide : bool
        Panels are of colours: at most two side by side.
    full : bool
        Panels are as wide as the page.
    """

    panels: tuple[Panel, ...]
    caption: str
    title: str = ""
    wide: bool = False
    full: bool = False


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
def drawing(size: tuple[float, float] = SMALL) -> Iterator[Figure]:
    """Open a figure in the style of the pages.

    Parameters
    ----------
    size : tuple of float
        Width and height [inch].
    """
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def embed(figure: Figure, *, raster: bool = False, dpi: float = 160.0) -> str:
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
        whole = io.BytesIO()
        figure.savefig(whole, format="png", dpi=dpi, metadata={"Software": None})
        # 256 colours are enough for a scale of colours, at a third of the size.
        picture = Image.open(whole).convert("RGB")
        picture.quantize(256, Image.Quantize.MAXCOVERAGE).save(buffer, "png")
    else:
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    kind = "png" if raster else "svg+xml"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def draw_panel(
    alt: str,
    draw: Callable[[Axes], None],
    size: tuple[float, float] = SMALL,
    *,
    raster: bool = False,
    alone: bool = False,
) -> Panel:
    """Draw one panel.

    Parameters
    ----------
    alt : str
        What it shows.
    draw : callable
        Draws into its axes.
    size : tuple of float
        Width and height [inch].
    raster, alone : bool
        As `embed` and `Panel`.
    """
    with drawing(size) as figure:
        draw(figure.subplots())
        return Panel(embed(figure, raster=raster), alt, alone)


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
    # Labels of more would touch; minor ticks take more time than all lines.
    ticks.set_major_locator(LogLocator(numticks=5))
    ticks.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
    ticks.set_minor_locator(NullLocator())


def symmetric(axis: Axes, largest: float, decades: int = 2) -> None:
    """Make the horizontal axis logarithmic on both sides of zero, linear about it.

    Parameters
    ----------
    axis : Axes
        Whose horizontal side it is.
    largest : float
        Largest magnitude that has to fit.
    decades : int
        Decades below it that are logarithmic.
    """
    top = 10.0 ** np.floor(np.log10(largest))
    axis.set_xscale("symlog", linthresh=top * 10.0**-decades)
    # Of neighbouring decades the labels would touch.
    axis.set_xticks([-top, 0.0, top], [tick(value) for value in (-top, 0.0, top)])
    axis.xaxis.set_minor_locator(NullLocator())


def pressure_axis(axis: Axes, pressure: Array) -> None:
    """Make the vertical axis log pressure [hPa], the ground at the bottom."""
    axis.set_yscale("log")
    axis.set_ylim(float(pressure.max()), float(pressure.min()))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
    axis.yaxis.set_minor_locator(NullLocator())


def listed(names: list[str]) -> str:
    """Join names as in a sentence: `a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
