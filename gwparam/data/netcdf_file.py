"""netCDF files, each opened once however many datasets are made of it.

Two handles of one file in a process are not safe: with texts read by both, netCDF-C
4.10 crashes when one is closed. It is less work, too.
"""

from pathlib import Path
from threading import Lock
from typing import Any

import xarray as xr
from xarray.backends import NetCDF4DataStore

from gwparam.errors import GwparamError, ModelFileError
from gwparam.file_kinds import check_readable

AS_STORED: Any = {
    "decode_times": False,
    "mask_and_scale": False,
    "decode_coords": False,
}
"""Arguments of xarray, for a dataset of what a file stores."""

_Key = tuple[int, int]
_LOCK = Lock()
_Store: Any = NetCDF4DataStore  # without types
_open: dict[_Key, "_Shared"] = {}


def open_netcdf(path: str) -> xr.Dataset:
    """Open a netCDF file, nothing decoded and nothing read.

    Where all variables are in one group of the file, it is that group, with the
    coordinates above it.

    Raises
    ------
    ModelFileError
        If it is absent, is no netCDF file that can be read, or has its variables in
        several groups.
    """
    check_readable(path)
    try:
        found = Path(path).stat()
        shared = _acquire((found.st_dev, found.st_ino), path)
        try:
            dataset = _read(shared.store, path)
        except BaseException:
            shared.release()
            raise
    except FileNotFoundError:
        raise ModelFileError(f"cannot read {path}: no such file") from None
    except GwparamError:
        raise
    except (OSError, RuntimeError, ValueError, AttributeError) as error:
        raise ModelFileError(f"cannot read {path} as netCDF: {error}") from None
    dataset.set_close(shared.release)
    return dataset


class _Shared:
    """An open file, and how many datasets use it."""

    def __init__(self, key: _Key, path: str) -> None:
        self.store = _Store.open(path)
        self.users = 0
        self._key = key

    def release(self) -> None:
        """Close the file when nothing uses it any more."""
        with _LOCK:
            self.users -= 1
            if not self.users:
                _open.pop(self._key, None)
                self.store.close()


def _acquire(key: _Key, path: str) -> _Shared:
    with _LOCK:
        shared = _open.get(key)
        if shared is None:
            shared = _open[key] = _Shared(key, path)
        shared.users += 1
        return shared


def _read(store: Any, path: str) -> xr.Dataset:
    """Make a dataset of the root of a file, or of its only group with data."""
    dataset = _open_store(store)
    groups = [] if dataset.data_vars else _groups(store.ds)
    if not groups:
        return dataset
    if len(groups) > 1:
        raise ModelFileError(
            f"{path} has its variables in the groups {', '.join(groups)}, "
            "expected them in one"
        )
    inside, *above = [groups[0], *map(str, Path(groups[0]).parents)]
    dataset = _open_store(store.get_child_store(inside))
    for group in above:
        outer = store if group == "." else store.get_child_store(group)
        inherited = {
            name: variable
            for name, variable in _open_store(outer).variables.items()
            if name not in dataset.variables
        }
        dataset = dataset.assign_coords(inherited)
    return dataset


def _open_store(store: Any) -> xr.Dataset:
    return xr.open_dataset(
        store,
        decode_times=False,
        mask_and_scale=False,
        decode_coords=False,
        cache=False,
    )


def _groups(file: Any) -> list[str]:
    """Paths of the groups of a file that hold data, and not coordinates alone."""
    found, waiting = [], list(file.groups.values())
    while waiting:
        group = waiting.pop(0)
        waiting += group.groups.values()
        if any(name not in group.dimensions for name in group.variables):
            found.append(group.path.lstrip("/"))
    return found
