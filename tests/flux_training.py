"""Flux networks in training: small sizes, files, and what is expected of them."""

import numpy as np
import prithvi_small
import recipes
from training_files import NLEV, training_set

from gwparam.training.loader import SequentialLoader
from gwparam.training.statistics import compute_statistics

SIZES = {
    "ann_cnn": {"hdim": 8, "depth": 2},
    "attention_unet": {"widths": recipes.SMALL_WIDTHS, "gate_channels": 0},
    "prithvi_gw": {
        "hidden": 4,
        "mask_unit": (4, 6),
        "embed": 24,
        "heads": 3,
        "encoder_pairs": 1,
        "decoder_pairs": 1,
    },
}
IMAGE = (16, 32)
PLACE = ("latitude", "longitude", "surface_altitude")
WIND = ("eastward_wind", "northward_wind")
SEEN = (*WIND, "air_potential_temperature", "upward_air_velocity")


def unet_set():
    return training_set(1, grid=IMAGE)


def prithvi_set():
    nlev = prithvi_small.NLEV
    return training_set(1, 3 + 4 * nlev, 3 * nlev, prithvi_small.GRID)


def physical(values, name, recipe=None, levels=slice(None)):
    """Invert the normalisation of (rows, nlev, ...), level by level."""
    known = (recipe or recipes.recipe(NLEV))["variables"][name]
    values = np.asarray(values, dtype=np.float64)
    full = np.ones(NLEV if recipe is None else prithvi_small.NLEV)
    per_level = [
        (np.asarray(known.get(key, 1.0)) * full)[levels][: values.shape[1]]
        for key in ("mean", "standard_deviation", "scale")
    ]
    shape = (1, -1, *[1] * (values.ndim - 2))
    mean, deviation, scale = (part.reshape(shape) for part in per_level)
    linear = values * deviation + mean
    return linear if known["transform"] == "linear" else scale * linear**3


def statistics(data, spec):
    """Statistics of all times."""
    times = SequentialLoader(data.samples, range(len(data.samples)))
    return compute_statistics(times, spec)
