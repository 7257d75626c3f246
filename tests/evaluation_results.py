"""Results of an evaluation as `gwparam evaluate` writes them, of invented models."""

import numpy as np
import xarray as xr

GRID = (64, 128)

# Rows and columns of the hot spots on the 64 x 128 grid, half open.
REGIONS = {
    "globe": (0, 64, 0, 128),
    "Andes": (3, 21, 96, 113),
    "Scandinavia": (45, 58, 0, 12),
    "Himalaya": (41, 54, 26, 44),
    "Newfoundland": (47, 58, 103, 119),
    "Southern Ocean": (8, 17, 10, 25),
    "South-East Asia": (33, 42, 32, 49),
    "North Atlantic": (31, 44, 112, 124),
    "North Pacific": (27, 47, 67, 87),
}
COMPONENTS = ("eastward", "northward")
LAYERS = {"stratosphere": (0.0, 100.0), "troposphere": (100.0, np.inf)}
QUANTILES = (0.9, 0.99, 0.999)
BINS = 121


def evaluation_results(
    models=("too smooth", "too strong", "noisy"), ntime=20, nlevel=12, seed=1
):
    """Make the results of some models that err each in a way of its own.

    Returns
    -------
    Dataset
        Drag on 64 x 128 cells with jets, hot spots and an equatorial belt. The first
        model damps and smooths, the second is too strong, the third is noisy, and so on
        in turn.
    """
    rng = np.random.default_rng(seed)
    latitude = np.linspace(-87.86, 87.86, GRID[0])
    longitude = np.arange(GRID[1]) * 360.0 / GRID[1]
    pressure = np.geomspace(0.5, 900.0, nlevel)
    truth = _truth(rng, latitude, longitude, pressure, ntime)
    predictions = np.stack([_model(rng, truth, k) for k in range(len(models))])

    weights = np.broadcast_to(np.cos(np.deg2rad(latitude))[:, None], GRID)
    results = xr.Dataset(
        coords={
            "model": list(models),
            "component": list(COMPONENTS),
            "region": list(REGIONS),
            "latitude": latitude,
            "longitude": longitude,
            "time": np.arange(ntime),
            "date": ("time", _dates(ntime), {"calendar": "noleap"}),
            "wavenumber": np.arange(GRID[1] // 2 + 1),
            "level_pressure": ("level", pressure, {"units": "hPa"}),
            "region_box": (("region", "bound"), list(REGIONS.values())),
            "layer": list(LAYERS),
            "layer_bounds": (("layer", "end"), list(LAYERS.values())),
            "quantile": list(QUANTILES),
        },
        attrs={
            "title": "Invented networks against an invented drag",
            "quantity": "drag",
            "units": "m s-2",
            "standard_names": ", ".join(
                f"tendency_of_{wind}_wind_due_to_gravity_wave_drag"
                for wind in COMPONENTS
            ),
            "truth": "invented_drag.nc",
            "created": "2015-06-01T12:00:00Z",
            "gwparam_version": "0.1.0",
        },
    )
    everything = {"": predictions, "_truth": truth[None]}
    edges = _edges(truth)
    results["bin_edge"] = (("component", "edge"), edges)
    for suffix, fields in everything.items():
        _add(results, f"histogram{suffix}", _histograms(fields, edges, weights))
        _add(results, f"mean{suffix}", fields.mean(axis=2))
        _add(results, f"series{suffix}", _series(fields, weights))
        _add(results, f"spectrum{suffix}", _spectra(fields, latitude))
        column = np.gradient(100.0 * pressure) / 9.8
        mass = np.einsum("mctlyx,l,yx->mct", fields, column, weights)
        _add(results, f"momentum{suffix}", 5.1e14 * mass / weights.sum())
        results[f"momentum{suffix}"].attrs = {
            "units": "N",
            "long_name": "mass-weighted integral of the drag",
        }
    _add_scores(results, predictions, truth)
    return results


def _dates(ntime):
    """Every six hours."""
    return [f"2015-05-{1 + k // 4:02} {6 * (k % 4):02}:00:00" for k in range(ntime)]


_DIMENSIONS = {
    "histogram": ("component", "region", "bin"),
    "mean": ("component", "level", "latitude", "longitude"),
    "series": ("component", "region", "level", "time"),
    "spectrum": ("component", "level", "wavenumber"),
    "momentum": ("component", "time"),
}


def _add(results, name, values):
    dimensions = _DIMENSIONS[name.removesuffix("_truth")]
    if name.endswith("_truth"):
        results[name] = (dimensions, values[0])
    else:
        results[name] = (("model", *dimensions), values)


def _truth(rng, latitude, longitude, pressure, ntime):
    """Drag [m s-2], shape (component, time, level, latitude, longitude)."""
    height = np.log(1000.0 / pressure)[:, None, None]
    lat, lon = latitude[:, None], longitude[None, :]
    jets = np.exp(-(((lat + 55) / 14) ** 2)) - 0.8 * np.exp(-(((lat - 48) / 16) ** 2))
    belt = np.sin(2.2 * height) * np.exp(-((lat / 9) ** 2))
    fields = np.zeros((2, ntime, len(pressure), *GRID))
    for k, (south, north, west, east) in enumerate(list(REGIONS.values())[1:]):
        centre = latitude[south:north].mean(), longitude[west:east].mean()
        bump = np.exp(-(((lat - centre[0]) / 9) ** 2 + ((lon - centre[1]) / 16) ** 2))
        events = rng.gamma(1.5, 1.0, (ntime, 1, 1, 1))
        fields[0] -= events * bump * (1.0 + 0.2 * k)
        fields[1] += events * bump * (-1.0) ** k * (0.5 + 0.1 * k)
    fields[0] += 0.5 * belt - 0.6 * jets * np.tanh(height - 2.0)
    fields[1] += 0.2 * jets
    fields += 0.5 * _noise(rng, fields.shape, -5.0 / 6.0)
    return fields * 4e-6 * np.exp(0.55 * height)


def _noise(rng, shape, slope):
    """Noise whose amplitude falls with the zonal wavenumber by a power."""
    wavenumber = np.arange(shape[-1] // 2 + 1)
    spectrum = np.fft.rfft(rng.standard_normal(shape), axis=-1)
    spectrum *= np.where(wavenumber > 0, np.maximum(wavenumber, 1.0) ** slope, 0.0)
    return 5.0 * np.fft.irfft(spectrum, n=shape[-1], axis=-1)


def _model(rng, truth, kind):
    if kind % 3 == 0:
        smooth = (truth + np.roll(truth, 1, -1) + np.roll(truth, -1, -1)) / 3
        return 0.6 * smooth
    if kind % 3 == 1:
        return 1.25 * np.roll(truth, 2, axis=-1)
    scale = truth.std(axis=(1, 3, 4), keepdims=True)
    return 0.95 * truth + 0.25 * scale * rng.standard_normal(truth.shape)


def _edges(truth):
    largest = np.abs(truth).max(axis=(1, 2, 3, 4))
    positive = np.geomspace(1e-4, 1.5, BINS // 2 + 1)
    return largest[:, None] * np.concatenate([-positive[::-1], positive])


def _boxes():
    return [np.s_[..., a:b, c:d] for a, b, c, d in REGIONS.values()]


def _histograms(fields, edges, weights):
    out = np.zeros((len(fields), 2, len(REGIONS), edges.shape[1] - 1))
    for m, c, r in np.ndindex(out.shape[:3]):
        box = _boxes()[r]
        values = fields[m, c][box]
        area = np.broadcast_to(weights[box], values.shape)
        counts, _ = np.histogram(values, bins=edges[c], weights=area)
        out[m, c, r] = counts / counts.sum()
    return out


def _series(fields, weights):
    out = [
        (fields[box] * weights[box]).sum(axis=(-1, -2)) / weights[box].sum()
        for box in _boxes()
    ]
    return np.moveaxis(np.stack(out, axis=2), 3, 4)


def _spectra(fields, latitude):
    power = np.abs(np.fft.rfft(fields, axis=-1) / fields.shape[-1]) ** 2
    area = np.cos(np.deg2rad(latitude))
    return np.einsum("mctlyk,y->mclk", power, area) / area.sum() / fields.shape[2]


def _add_scores(results, predictions, truth):
    overlap = np.sqrt(results["histogram"] * results["histogram_truth"]).sum("bin")
    results["hellinger_printed"] = (1.0 - overlap).clip(min=0.0)
    results["hellinger"] = np.sqrt(results["hellinger_printed"])
    dims = ("model", "component", "region")
    shape = (len(predictions), 2, len(REGIONS))
    for suffix, axes, level in (("", (0, 2, 3), ("level",)), ("_all_levels", None, ())):
        sizes = (*shape, *truth.shape[2:3] * len(level))
        scores = {name: np.zeros(sizes) for name in _scores(truth, truth, None)}
        for m, c, r in np.ndindex(shape):
            pred, true = predictions[m, c][_boxes()[r]], truth[c][_boxes()[r]]
            for name, values in _scores(pred, true, axes).items():
                scores[name][m, c, r] = values
        for name, values in scores.items():
            results[f"{name}{suffix}"] = ((*dims, *level), values)
    ladder = np.zeros((*shape, len(QUANTILES)))
    for m, c, r in np.ndindex(shape):
        ladder[m, c, r] = _ladder(predictions[m, c][_boxes()[r]], truth[c][_boxes()[r]])
    results["quantile_ratio_all_levels"] = ((*dims, "quantile"), ladder)
    by_level = np.array(
        [
            [
                _ladder(pred, true, (0, 2, 3))
                for pred, true in zip(m, truth, strict=True)
            ]
            for m in predictions
        ]
    )
    results["quantile_ratio"] = (
        ("model", "component", "level", "quantile"),
        np.moveaxis(by_level, 2, -1),
    )
    _add_layers(results, predictions, truth, dims, shape)


def _scores(pred, true, axes):
    error = pred - true
    together = (pred * true).mean(axes) - pred.mean(axes) * true.mean(axes)
    return {
        "bias": error.mean(axes),
        "rmse": np.sqrt((error**2).mean(axes)),
        "r2": 1.0 - (error**2).mean(axes) / true.var(axes),
        "correlation": together / (pred.std(axes) * true.std(axes)),
        "variance_ratio": pred.var(axes) / true.var(axes),
    }


def _ladder(pred, true, axes=None):
    above, below = (np.quantile(np.abs(x), QUANTILES, axes) for x in (pred, true))
    return above / below


def _add_layers(results, predictions, truth, dims, shape):
    pressure = results["level_pressure"].values
    for place, (top, bottom) in enumerate(LAYERS.values()):
        inside = (top <= pressure) & (pressure < bottom)
        for m, c, r in np.ndindex(shape):
            pred, true = (
                x[_boxes()[r]][:, inside] for x in (predictions[m, c], truth[c])
            )
            found = _scores(pred, true, None) | {"quantile_ratio": _ladder(pred, true)}
            for name, value in found.items():
                extra = ("quantile",) * np.ndim(value)
                if f"layer_{name}" not in results:
                    sizes = (*shape, len(LAYERS), *np.shape(value))
                    results[f"layer_{name}"] = (
                        (*dims, "layer", *extra),
                        np.zeros(sizes),
                    )
                results[f"layer_{name}"].values[m, c, r, place] = value
