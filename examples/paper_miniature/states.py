"""Global states with and without labels, in the layouts of published training files.

A state is drawn from the climatology of `gwparam.synthetic`, its labels are those of
`labels`. What the files hold is normalised; the recipe is in their attributes.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from labels import LEVELS, SIGMA, Globe, momentum_fluxes
from numpy.typing import NDArray
from rich.progress import track

from gwparam.networks.nonlocal_flux import KAPPA, POTENTIAL_PRESSURE
from gwparam.networks.scaling_recipe import RECIPE_ATTRIBUTE, RECIPE_VERSION
from gwparam.synthetic.climatology import draw_globe

Array = NDArray[np.float32]
Fields = dict[str, Array]
"""Physical fields by name, each (time, nlev, nlat, nlon), top first."""

FEATURES = (
    "eastward_wind",
    "northward_wind",
    "air_potential_temperature",
    "air_pressure",
)
PREDICTED = "air_potential_temperature_predicted"
FLUXES = tuple(
    f"{wind}_momentum_flux_in_pressure_coordinates"
    for wind in ("eastward", "northward")
)
UNITS = dict.fromkeys(FEATURES[:2], "m s-1") | {
    "air_potential_temperature": "K",
    "air_pressure": "Pa",
    PREDICTED: "K",
    **dict.fromkeys(FLUXES, "Pa m s-2"),
}
SURFACE = {
    "latitude": ("degrees_north", 90.0),
    "longitude": ("degrees_east", 360.0),
    "surface_altitude": ("m", 1000.0),
}
"""Units of the first three features, and what they are divided by."""
DATA_SEED = 20_250_903
HOURS_OF_A_YEAR = 365 * 24
FIRST_YEAR = 2001


@dataclass(frozen=True)
class Part:
    """States of some years that no other part has.

    Attributes
    ----------
    name : str
        Of its file.
    first_year, years : int
        When.
    count : int
        How many states, spread evenly over these years.
    labelled : bool
        Whether their momentum fluxes are known.
    """

    name: str
    first_year: int
    years: int
    count: int
    labelled: bool = True

    def hours(self) -> NDArray[np.int32]:
        """Hours of the states since the beginning of `FIRST_YEAR`."""
        begin = (self.first_year - FIRST_YEAR) * HOURS_OF_A_YEAR
        step = self.years * HOURS_OF_A_YEAR / self.count
        hours: NDArray[np.int32] = (
            begin + (np.arange(self.count) + 0.5) * step
        ).astype(np.int32)
        return hours


def draw(part: Part, globe: Globe, seed: int = DATA_SEED) -> Fields:
    """Draw the states of a part, and compute their labels if it has them.

    Parameters
    ----------
    part : Part
        When, and how many.
    globe : Globe
        The grid.
    seed : int
        A state depends on it and on its own hour alone.

    Returns
    -------
    Fields
        `FEATURES`, and `FLUXES` where the part is labelled.
    """
    names = FEATURES + (FLUXES if part.labelled else ())
    shape = (part.count, len(LEVELS), globe.nlat, globe.nlon)
    fields = {name: np.empty(shape, np.float32) for name in names}
    hours = part.hours().tolist()
    for i, hour in enumerate(track(hours, f"drawing {part.name}", transient=True)):
        generator = np.random.default_rng([seed, hour])
        day = hour % HOURS_OF_A_YEAR / 24.0
        columns = draw_globe(generator, day, globe.nlat, globe.nlon)
        exner = (columns.pressure / POTENTIAL_PRESSURE) ** KAPPA
        values = [
            columns.eastward_wind,
            columns.northward_wind,
            columns.temperature / exner,
            columns.pressure,
        ]
        values = [value[:, LEVELS] for value in values]
        if part.labelled:
            values += momentum_fluxes(columns, globe)
        for name, value in zip(names, values, strict=True):
            fields[name][i] = value.T.reshape(shape[1:])
    return fields


def make_recipe(seen: Fields, labelled: Fields) -> dict[str, Any]:
    """Work out how fields are normalised: to mean 0 and deviation 1 at every level.

    Parameters
    ----------
    seen : Fields
        Decides for `FEATURES`.
    labelled : Fields
        Decides for `FLUXES`.

    Returns
    -------
    dict
        The recipe of docs/normalisation.md.
    """
    variables = {
        name: _linear(unit, 0.0, divisor) for name, (unit, divisor) in SURFACE.items()
    }
    deciding = {name: seen[name] for name in FEATURES}
    deciding |= {name: labelled[name] for name in FLUXES}
    for name, values in deciding.items():
        levels = np.moveaxis(values, 1, 0).reshape(len(LEVELS), -1).astype(np.float64)
        statistics = {
            "mean": levels.mean(axis=1).tolist(),
            "standard_deviation": levels.std(axis=1).tolist(),
            "minimum": levels.min(axis=1).tolist(),
            "maximum": levels.max(axis=1).tolist(),
        }
        mean, deviation = statistics["mean"], statistics["standard_deviation"]
        variables[name] = _linear(UNITS[name], mean, deviation) | {
            "training": statistics
        }
    variables[PREDICTED] = variables["air_potential_temperature"]
    return {"scaling_version": RECIPE_VERSION, "variables": variables}


def write_states(
    folder: Path, part: Part, fields: Fields, globe: Globe, recipe: Mapping[str, Any]
) -> None:
    """Write states in the layout of the Prithvi network, and of the Attention U-Net.

    Parameters
    ----------
    folder : Path
        Gets ``NAME.nc``, and ``NAME_nonlocal.nc`` where the part is labelled.
    part : Part
        Which states.
    fields : Fields
        As `draw` gives them.
    globe : Globe
        The grid.
    recipe : mapping
        As `make_recipe` gives it.
    """
    nlev = len(LEVELS)
    places = (globe.latitude, globe.longitude, globe.surface_height)
    surface = [
        np.broadcast_to(
            (place / divisor).reshape(1, 1, globe.nlat, globe.nlon),
            (part.count, 1, globe.nlat, globe.nlon),
        )
        for place, (_, divisor) in zip(places, SURFACE.values(), strict=True)
    ]
    features = _normalised(fields, FEATURES, recipe, surface)
    path = folder / f"{part.name}.nc"
    if not part.labelled:
        _write(path, part, globe, recipe, {"features": features})
        return
    predicted = fields | {PREDICTED: fields["air_potential_temperature"]}
    output = _normalised(predicted, (PREDICTED, *FLUXES), recipe)
    _write(path, part, globe, recipe, {"features": features, "output": output})
    # The U-Net sees no pressure, gives no temperature, and has shares as coordinates.
    few = {"features": features[:, : 3 + 3 * nlev], "output": output[:, nlev:]}
    shares = (90.0, 360.0)
    _write(folder / f"{part.name}_nonlocal.nc", part, globe, recipe, few, shares)


def make_files(folder: Path, parts: Iterable[Part], globe: Globe) -> None:
    """Draw and write all states, recipe and levels.

    Parameters
    ----------
    folder : Path
        Gets the files of every part, ``scaling.json`` and ``levels.json``.
    parts : iterable of Part
        Among them ``unlabelled``, whose states decide how states are normalised, and
        ``training``, whose labels do so for labels.
    globe : Globe
        The grid.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {part: draw(part, globe) for part in parts}
    by_name = {part.name: fields for part, fields in drawn.items()}
    recipe = make_recipe(by_name["unlabelled"], by_name["training"])
    for part, fields in drawn.items():
        write_states(folder, part, fields, globe, recipe)
    (folder / "scaling.json").write_text(json.dumps(recipe, indent=1))
    levels = {"units": "Pa", "a": [0.0] * len(LEVELS), "b": SIGMA[LEVELS].tolist()}
    (folder / "levels.json").write_text(json.dumps(levels, indent=1))


def _linear(units: str, mean: Any, deviation: Any) -> dict[str, Any]:
    return {
        "transform": "linear",
        "units": units,
        "mean": mean,
        "standard_deviation": deviation,
    }


def _normalised(
    fields: Fields,
    names: Iterable[str],
    recipe: Mapping[str, Any],
    before: Iterable[Array] = (),
) -> Array:
    """Put normalised fields after each other as channels."""
    blocks = list(before)
    for name in names:
        how = recipe["variables"][name]
        mean, deviation = (
            np.reshape(how[key], (-1, 1, 1)) for key in ("mean", "standard_deviation")
        )
        blocks.append((fields[name] - mean) / deviation)
    return np.concatenate(blocks, axis=1, dtype=np.float32)


def _write(
    path: Path,
    part: Part,
    globe: Globe,
    recipe: Mapping[str, Any],
    variables: Mapping[str, Array],
    shares: tuple[float, float] = (1.0, 1.0),
) -> None:
    with netCDF4.Dataset(path, "w") as data:
        data.createDimension("time", None)
        time = data.createVariable("time", "i4", ("time",))
        time.units = f"hours since {FIRST_YEAR}-01-01 00:00:00"
        time.calendar = "noleap"
        time[:] = part.hours()
        axes = (globe.latitude[:: globe.nlon], globe.longitude[: globe.nlon])
        for name, values, share in zip(("lat", "lon"), axes, shares, strict=True):
            data.createDimension(name, len(values))
            data.createVariable(name, "f4", (name,))[:] = values / share
        for name, values in variables.items():
            channel = {"features": "idim", "output": "odim"}[name]
            data.createDimension(channel, values.shape[1])
            dims = ("time", channel, "lat", "lon")
            data.createVariable(name, "f4", dims)[:] = values
        labels = ", with momentum fluxes of waves that travel sideways"
        data.setncatts(
            {
                RECIPE_ATTRIBUTE: json.dumps(recipe),
                "title": f"States of an analytic climatology{labels * part.labelled}",
                "source": "examples/paper_miniature/states.py of gwparam",
                "comment": "Not model output: formulas and random numbers.",
            }
        )
