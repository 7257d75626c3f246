"""A figure of what an expected error is worth."""

import os
from os import PathLike
from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gwparam.confidence.calibration import TENTHS, Calibration
from gwparam.errors import one_of, wrong_setting
from gwparam.whole_files import replacement, writing


def check_kind(path: str | PathLike[str]) -> None:
    """Check that a picture can be what its ending says, before the work.

    Raises
    ------
    ArgumentError
        If not.
    """
    known = FigureCanvasAgg.get_supported_filetypes()
    kind = Path(path).suffix.removeprefix(".") or "png"
    if kind.lower() not in known:
        expected = f"an ending of {one_of(sorted(known))}"
        raise wrong_setting("figure", os.fspath(path), expected)


def draw(path: str | PathLike[str], found: Calibration, name: str) -> None:
    """Draw found against expected errors, and what a mix would leave.

    Parameters
    ----------
    path : path-like
        Where the picture goes; the ending gives its format.
    found : Calibration
        In columns not seen in training.
    name : str
        Of the network.

    Raises
    ------
    ModelFileError
        If it cannot be written.
    """
    # A name is no formula: a dollar sign is one.
    with mpl.rc_context({"text.parse_math": False}):
        figure = Figure(figsize=(9.0, 4.2), layout="constrained")
        FigureCanvasAgg(figure)
        _draw(figure, found)
        figure.suptitle(name)
        with writing(path), replacement(path) as partial:
            kind = Path(path).suffix.removeprefix(".") or "png"
            figure.savefig(partial, format=kind, dpi=130)


def _draw(figure: Figure, found: Calibration) -> None:
    left, right = figure.subplots(1, 2)
    ends = [found.expected.min(), found.expected.max()]
    left.plot(ends, ends, color="0.6", label="as expected")
    left.plot(found.expected, found.found, "o", color="C0", label="tenths of columns")
    left.set_xlim(0.0, None)
    left.set_ylim(0.0, None)
    left.set_xlabel("expected error [deviations of the drag]")
    left.set_ylabel("found error")
    left.set_title(f"rank correlation {found.correlation:.2f}")
    left.legend()
    shares = [100.0 * (i + 1) / TENTHS for i in range(TENTHS)]
    right.plot(shares, found.left, "o-", color="C0")
    right.set_xlim(0.0, 105.0)
    right.set_ylim(0.0, None)
    right.set_xlabel("columns with the drag of the network, surest first [%]")
    right.set_ylabel("error of all columns that is left")
    for axes in (left, right):
        axes.grid(visible=True, color="0.9")
