"""The page: header, table of scores and figures, filled into a template."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from gwparam.data.seen import describe_seen
from gwparam.errors import ContractError
from gwparam.evaluate.report import (
    maps,
    pdfs,
    profiles,
    scores,
    sections,
    series,
    spectra,
)
from gwparam.evaluate.report.comparison import Comparison
from gwparam.evaluate.results import SEEN
from gwparam.pages.colours import TRUTH_COLOUR
from gwparam.pages.picture import Section, listed
from gwparam.pages.template import render
from gwparam.whole_files import write_text

# Attributes that the header says in words; the others are in its table.
_SAID = ("title", "quantity", "units", "standard_names", "Conventions", SEEN)


@dataclass(frozen=True)
class _Part:
    """A part of the page, and what draws it from which variables."""

    key: str
    title: str
    needed: tuple[str, ...]
    draw: Callable[[Comparison], Section]


_PARTS = (
    _Part("distributions", "Distributions", pdfs.NEEDED, pdfs.pdfs_section),
    _Part("maps", "Maps of the time mean", maps.NEEDED, maps.maps_section),
    _Part("sections", "Zonal means", sections.NEEDED, sections.sections_section),
    _Part("profiles", "Scores by level", profiles.NEEDED, profiles.profiles_section),
    _Part(
        "series",
        "Time series over the hot spots",
        series.SERIES_NEEDED,
        series.series_section,
    ),
    _Part(
        "spectra", "Zonal-wavenumber spectra", spectra.NEEDED, spectra.spectra_section
    ),
    _Part(
        "momentum", "Global momentum", series.MOMENTUM_NEEDED, series.momentum_section
    ),
)


def write_report(results: xr.Dataset, path: Path) -> None:
    """Write an evaluation as one HTML page that needs nothing else.

    Parameters
    ----------
    results : Dataset
        What ``gwparam evaluate`` found. A figure whose variables are absent is left
        out, and the page says so.
    path : Path
        Where the page goes.

    Raises
    ------
    ContractError
        If the results have no models or no components.
    ModelFileError
        If the page cannot be written.
    """
    comparison = Comparison(results)
    for dimension in ("model", "component"):
        if not results.sizes.get(dimension):
            raise ContractError(f"results have no {dimension}, expected at least one")
    text = render(
        "evaluate/report/page.html.jinja",
        title=results.attrs.get("title", f"Evaluation of the {comparison.quantity}"),
        lead=_lead(comparison),
        key=[("truth", TRUTH_COLOUR)]
        + [
            (name, comparison.line(k)["color"])
            for k, name in enumerate(comparison.models)
        ],
        notes=_notes(results),
        facts=_facts(comparison),
        attributes=_attributes(results),
        headlines=scores.headlines(comparison),
        r2=profiles.r2_picture(comparison),
        columns=scores.columns(comparison),
        tables=scores.tables(comparison),
        has_tails=not comparison.missing(*scores.TAILS),
        layer_columns=scores.columns(comparison, layered=True),
        layer_tables=scores.layer_tables(comparison),
        units=comparison.units,
        parts=[(part, _section(part, comparison)) for part in _PARTS],
    )
    write_text(path, text)


def _section(part: _Part, comparison: Comparison) -> Section:
    """Draw a part, or say why it cannot be drawn."""
    missing = comparison.missing(*part.needed)
    if missing:
        return Section(absent=f"the results have no {listed(missing)}.")
    return part.draw(comparison)


def _lead(comparison: Comparison) -> str:
    """Say in a sentence what was compared with what."""
    nmodel = len(comparison.models)
    models = "one model" if nmodel == 1 else f"{nmodel} models"
    first, *others = comparison.fields
    fields = listed([first, *(name[:1].lower() + name[1:] for name in others)])
    return f"{fields}: {models}, held to the same truth."


def _facts(comparison: Comparison) -> list[tuple[str, str]]:
    """Give the extents of what was compared, those that the results have."""
    results = comparison.results
    facts = []
    if results.sizes.get("time"):
        facts.append(("times", _times(results)))
    if not comparison.missing("level_pressure"):
        pressure = comparison.pressure
        span = f"{pressure.min():.3g} to {pressure.max():.3g} hPa"
        facts.append(("levels", f"{len(pressure)}, {span}"))
    if not comparison.missing("latitude", "longitude"):
        nlat, nlon = results.sizes["latitude"], results.sizes["longitude"]
        facts.append(("grid", f"{nlat} latitudes × {nlon} longitudes"))
    if not comparison.missing("level_pressure"):
        maps_at, series_at = comparison.chosen_levels(2), comparison.chosen_levels(1)
        names = listed([comparison.level_name(level) for level in maps_at])
        facts.append(
            (
                "levels shown",
                f"maps at {names}; time series at "
                f"{comparison.level_name(series_at[0])}; scores and zonal means at all",
            )
        )
    facts.append(
        ("units", f"{results.attrs.get('units', '1')}, shown as {comparison.units}")
    )
    return facts


def _times(results: xr.Dataset) -> str:
    number = results.sizes["time"]
    if "date" not in results.coords:
        return str(number)
    dates = [str(results["date"].values[k]) for k in (0, -1)]
    return f"{number}, {' to '.join(dict.fromkeys(dates))}"


def _notes(results: xr.Dataset) -> list[str]:
    """Give what is to be known before the scores: which times models have seen."""
    told: dict[str, Any] = json.loads(results.attrs.get(SEEN, "{}"))
    return [
        f"{name}: {describe_seen(known)}."
        for name, known in told.items()
        if known and known["seen"]
    ]


def _attributes(results: xr.Dataset) -> list[tuple[str, str]]:
    """Give the results' attributes: files, dates, versions and settings."""
    return [
        (str(name).replace("_", " "), _text(value))
        for name, value in results.attrs.items()
        if name not in _SAID
    ]


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return ", ".join(str(item) for item in np.atleast_1d(np.asarray(value)))
