"""Made output of long runs, whose oscillation, warmings and differences are known."""

import cftime
import numpy as np
import xarray as xr

PRESSURE = np.array([3.0, 7.0, 9.0, 12.0, 30.0, 50.0, 70.0, 100.0, 300.0, 700.0, 925.0])
"""Levels [hPa]; 10 hPa is none of them."""
LATITUDE = np.arange(-85.0, 86.0, 10.0)
"""From south to north; 60 and 0 degrees are none of them."""
PERIOD, AMPLITUDE, OFFSET = 26.0, 20.0, 2.0
"""Of the oscillation: months of the mean length, m s-1, and mean wind [m s-1]."""
DESCENT = 1.25
"""Of the phases [km month-1], for a scale height of 7 km."""
WESTERLY, EASTERLY = 25.0, -8.0
"""Of the vortex in winter, and in a warming [m s-1]."""
UNITS = "days since 0001-01-01"


def dates(first, years, calendar, monthly):
    """Every day, or the middle of every month, of whole years."""
    ends = [
        int(cftime.date2num(cftime.datetime(y, 1, 1, calendar=calendar), UNITS))
        for y in (first, first + years)
    ]
    days = np.arange(*ends)
    when = cftime.num2date(days, UNITS, calendar=calendar)
    if not monthly:
        return days + 0.5, when
    starts = np.array(
        [day for day, date in zip(days, when, strict=True) if date.day == 1]
    )
    middle = 0.5 * (starts + np.append(starts[1:], ends[1]))
    return middle, cftime.num2date(middle, UNITS, calendar=calendar)


def run(
    first=1980,
    years=10,
    *,
    calendar="noleap",
    monthly=False,
    warmings=(),
    shift=0.0,
    noise=0.5,
    seed=1,
    longitudes=None,
):
    """Make a run.

    Parameters
    ----------
    first, years : int
        First year, and how many whole ones.
    calendar : str
        Of the dates.
    monthly : bool
        Monthly means; daily ones otherwise.
    warmings : sequence of (year, month, day, days)
        Easterlies of the northern vortex: the first day, and how many.
    shift : float
        Added to the wind between 30 and 60 degrees south, below 100 hPa [m s-1], and to
        the temperature there [K].
    noise : float
        Spread of what changes from year to year everywhere [m s-1, K].
    seed : int
        Of the noise.
    longitudes : int, optional
        How many; a zonal mean without longitudes otherwise.

    Returns
    -------
    Dataset
        Wind and temperature, top first and from south to north.
    """
    value, when = dates(first, years, calendar, monthly)
    months = (value - value[0]) / 30.4375
    height = -7.0 * np.log(PRESSURE / 10.0)
    lag = -height[None, :, None] / DESCENT  # of 10 hPa
    phase = 2.0 * np.pi * (months[:, None, None] - lag) / PERIOD
    decay = np.exp(-((LATITUDE / 15.0) ** 2))
    # The rows at 5 degrees have the amplitude itself.
    decay /= np.exp(-((5.0 / 15.0) ** 2))
    wind = (AMPLITUDE * np.sin(phase) + OFFSET) * decay
    north, south = (np.exp(-(((LATITUDE + s) / 12.0) ** 2)) for s in (-60.0, 60.0))
    north, south = north / north.max(), south / south.max()
    wind = wind + _vortex(value, when, warmings)[:, None, None] * north
    # In the other hemisphere all of these winters are easterly.
    wind = wind - 20.0 * south
    fixed = 250.0 + 30.0 * np.cos(np.deg2rad(LATITUDE))
    temperature = np.broadcast_to(fixed, wind.shape).copy()
    rng = np.random.default_rng(seed)
    place = (np.abs(LATITUDE + 45.0) < 15.0) & (PRESSURE[:, None] > 100.0)
    year = np.array([date.year - first for date in when])
    for field in (wind, temperature):
        field += noise * rng.normal(size=(years, *place.shape))[year] + shift * place
    return _dataset(value, wind, temperature, calendar, longitudes)


def _vortex(value, when, warmings):
    """Wind of the northern vortex at every time: easterlies in summer."""
    wind = np.array(
        [WESTERLY if date.month in (10, 11, 12, 1, 2, 3, 4) else -10.0 for date in when]
    )
    for year, month, day, length in warmings:
        start = next(
            k
            for k, date in enumerate(when)
            if (date.year, date.month, date.day) == (year, month, day)
        )
        wind[start : start + length] = EASTERLY
    return wind


def _dataset(value, wind, temperature, calendar, longitudes):
    dims = ("time", "plev", "lat")
    coords = {
        "time": ("time", value, {"units": UNITS, "calendar": calendar}),
        "plev": ("plev", PRESSURE, {"units": "hPa", "positive": "down", "axis": "Z"}),
        "lat": ("lat", LATITUDE, {"units": "degrees_north"}),
    }
    fields = {
        "ua": (wind, "eastward_wind", "m s-1"),
        "ta": (temperature, "air_temperature", "K"),
    }
    if longitudes is not None:
        dims = (*dims, "lon")
        around = np.arange(longitudes) * 360.0 / longitudes
        coords["lon"] = ("lon", around, {"units": "degrees_east"})
        wave = 5.0 * np.cos(np.deg2rad(around))
        fields = {
            name: (field[..., None] + wave, *rest)
            for name, (field, *rest) in fields.items()
        }
    return xr.Dataset(
        {
            name: (
                dims,
                field.astype(np.float32),
                {"standard_name": cf, "units": units},
            )
            for name, (field, cf, units) in fields.items()
        },
        coords,
    )
