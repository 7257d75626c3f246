"""Files with something wrong in them, drawn with a seed."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import netCDF4
import numpy as np
import torch
import xarray as xr

ODD_UNITS = ("", "furlongs", "K m-1", "%", "m^²", "1e400 Pa", "since", "\x1b[2J")
ODD_NUMBERS = (float("nan"), float("inf"), -1e30, 1e38, 0.0, 9.96921e36)
ODD_DTYPES = ("int8", "uint8", "int64", "U3", "bool", "float32")


def damage_bytes(path: Path, random: Random) -> str:
    """Cut a file off, or change some of its bytes; what was done."""
    content = bytearray(path.read_bytes())
    kind = random.choice(("truncated", "flipped", "zeroed", "emptied", "swollen"))
    place = random.randrange(len(content))
    if kind == "truncated":
        content = content[:place]
    elif kind == "emptied":
        content = bytearray()
    elif kind == "swollen":
        content[place:place] = random.randbytes(64)
    elif kind == "zeroed":
        content[place : place + 512] = bytes(len(content[place : place + 512]))
    else:
        for _ in range(random.randint(1, 16)):
            # Half of them near the beginning, where the structure is.
            end = random.choice((2048, len(content)))
            content[random.randrange(min(end, len(content)))] ^= 1 << random.randrange(
                8
            )
    path.write_bytes(content)
    return f"{kind} at {place}"


def damage_states(data: xr.Dataset, random: Random) -> tuple[xr.Dataset, str]:
    """Change one thing of a dataset of states; the dataset, and what was done."""
    kind = random.choice(list(_OF_STATES))
    name = random.choice([str(found) for found in data.variables])
    return _OF_STATES[kind](data, name, random), f"{kind} of {name}"


def _without(data: xr.Dataset, name: str, random: Random) -> xr.Dataset:
    return data.drop_vars(name)


def _renamed(data: xr.Dataset, name: str, random: Random) -> xr.Dataset:
    return data.rename({name: random.choice(("x[b]", "lev lev", "é", "time2"))})


def _renamed_dimension(data: xr.Dataset, name: str, random: Random) -> xr.Dataset:
    old = random.choice([str(found) for found in data.dims])
    return data.rename_dims({old: "other"}) if old not in data.coords else (
        data.drop_vars(old).rename_dims({old: "other"})
    )  # fmt: skip


def _filled(data: xr.Dataset, name: str, random: Random) -> xr.Dataset:
    values = data[name].values.astype(np.float64)
    share = random.choice((0.01, 1.0))
    generator = np.random.default_rng(random.randrange(1 << 30))
    values[generator.random(values.shape) < share] = random.choice(ODD_NUMBERS)
    return _with(data, name, data[name].dims, values)


def _emptied(data: xr.Dataset, name: str, random: Random) -> xr.Dataset:
    return data.isel({random.choice([*data.dims]): slice(0, 0)})


def _shortened(data: xr.Dataset, name: str, random: Random) -> xr.Dataset:
    return data.isel({random.choice([*data.dims]): slice(0, 1)})


def _squeezed(data: xr.Dataset, name: str, random: Random) -> xr.Dataset:
    return data.isel({random.choice([*data.dims]): 0})


def _reversed(data: xr.Dataset, name: str, random: Random) -> xr.Dataset:
    return data.isel({random.choice([*data.dims]): slice(None, None, -1)})


def _transposed(data: xr.Dataset, name: str, random: Random) -> xr.Dataset:
    dims = [*data[name].dims]
    random.shuffle(dims)
    return (
        data if name in data.dims else data.assign({name: data[name].transpose(*dims)})
    )


def _cast(data: xr.Dataset, name: str, random: Random) -> xr.Dataset:
    values = data[name].values.astype(random.choice(ODD_DTYPES))
    return _with(data, name, data[name].dims, values)


def _units(data: xr.Dataset, name: str, random: Random) -> xr.Dataset:
    data = data.copy()
    data[name].attrs["units"] = random.choice((*ODD_UNITS, 3, 2.5))
    return data


def _names(data: xr.Dataset, name: str, random: Random) -> xr.Dataset:
    data = data.copy()
    key = random.choice(
        ("standard_name", "axis", "calendar", "positive", "coordinates")
    )
    odd = ("", "air_pressure", "lev", "Z", 7, [1, 2])
    # xarray itself writes coordinates, which have to be a text.
    data[name].attrs[key] = random.choice(odd[:4] if key == "coordinates" else odd)
    return data


def _lost_attributes(data: xr.Dataset, name: str, random: Random) -> xr.Dataset:
    data = data.copy()
    data[name].attrs.clear()
    return data


def _scaled(data: xr.Dataset, name: str, random: Random) -> xr.Dataset:
    factor = random.choice((-1.0, 1e-6, 1e6, 1e200))
    return _with(data, name, data[name].dims, data[name].values * factor)


def _with(data: xr.Dataset, name: str, dims: Any, values: Any) -> xr.Dataset:
    return data.assign({name: (dims, values, data[name].attrs)})


_OF_STATES: dict[str, Callable[[xr.Dataset, str, Random], xr.Dataset]] = {
    "loss": _without,
    "name": _renamed,
    "name of a dimension": _renamed_dimension,
    "odd numbers": _filled,
    "no entry": _emptied,
    "one entry": _shortened,
    "a dimension less": _squeezed,
    "order": _reversed,
    "order of dimensions": _transposed,
    "dtype": _cast,
    "units": _units,
    "odd attribute": _names,
    "no attributes": _lost_attributes,
    "scale": _scaled,
}


def write_states(data: xr.Dataset, path: Path, random: Random) -> None:
    """Write a dataset in one of the formats of netCDF, as it is."""
    formats = ("NETCDF4", "NETCDF3_64BIT", "NETCDF3_CLASSIC")
    chosen: Any = random.choice(formats)
    try:
        data.to_netcdf(path, format=chosen)
    except (
        ValueError,
        TypeError,
        RuntimeError,
    ):  # a name or a type that this format has not
        data.to_netcdf(path, format="NETCDF4", unlimited_dims=[])
    with netCDF4.Dataset(path) as file:
        assert file.data_model


def damage_weights(state: dict[str, Any], random: Random) -> tuple[dict, str]:
    """Change one thing of a checkpoint's tensors; the content, and what was done."""
    state = dict(state)
    tensors = [key for key, value in state.items() if torch.is_tensor(value)]
    key = random.choice(tensors)
    kind = random.choice(
        ("loss", "name", "shape", "scalar", "empty", "odd numbers", "dtype", "object",
         "nesting", "key", "nothing")
    )  # fmt: skip
    value = state[key]
    if kind == "loss":
        del state[key]
    elif kind == "name":
        state[random.choice((f"module.{key}", "[/b]", "", "a" * 300))] = state.pop(key)
    elif kind == "shape":
        state[key] = torch.zeros([size + 1 for size in value.shape] or [2])
    elif kind == "scalar":
        state[key] = torch.tensor(1.0)
    elif kind == "empty":
        state[key] = value.flatten()[:0]
    elif kind == "odd numbers":
        state[key] = torch.full_like(value.double(), random.choice(ODD_NUMBERS))
    elif kind == "dtype":
        names = ("int8", "bool", "complex64", "float16", "bfloat16", "float8_e4m3fn")
        state[key] = value.double().to(getattr(torch, random.choice(names)))
    elif kind == "object":
        state[key] = random.choice((None, "text", 3, [1.0], {"a": 1}, (1, 2)))
    elif kind == "nesting":
        state = random.choice(({"state_dict": state}, {"x": {"y": state}}, [state]))
    elif kind == "key":
        state = {**state, random.choice((3, None, ("a", 1))): value}
    else:
        state = {}
    return state, f"{kind} of {key}"
