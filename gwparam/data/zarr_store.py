"""zarr stores: folders that hold what a netCDF file does, opened by xarray's engine."""

import json
import os
from importlib.util import find_spec
from pathlib import Path

import xarray as xr

from gwparam.data.netcdf_file import AS_STORED
from gwparam.errors import ModelFileError

# Metadata of a group, and of one written with all its metadata in one place.
_GROUPS = (".zgroup", ".zmetadata", "zarr.json")
_METADATA = (*_GROUPS, ".zarray", ".zattrs")
_KINDS = {list: "an array", str: "a text", bool: "a truth value", type(None): "null"}


def is_zarr(path: str) -> bool:
    """Whether a path is a zarr store, of version 2 or 3 of the format."""
    folder = Path(path)
    return folder.is_dir() and any((folder / name).is_file() for name in _GROUPS)


def open_zarr(path: str) -> xr.Dataset:
    """Open a zarr store, nothing decoded and nothing read.

    Raises
    ------
    ModelFileError
        If it cannot be read or has no variables, or the zarr package is not installed.
    """
    if find_spec("zarr") is None:
        raise ModelFileError(
            f"cannot read {path}: it is a zarr store, which needs the extra zarr: "
            "pip install 'gwparam[zarr]'"
        )
    _check_metadata(Path(path))
    # Only version 2 has metadata in one place by rule; asked for it, xarray warns.
    consolidated = (Path(path) / ".zmetadata").is_file()
    try:
        dataset = xr.open_dataset(
            path,
            engine="zarr",
            chunks=None,
            cache=False,
            consolidated=consolidated,
            **AS_STORED,
        )
    # What zarr raises of a damaged store has no common kind.
    except Exception as error:
        raise ModelFileError(f"cannot read {path} as zarr: {error}") from None
    if not dataset.variables:
        dataset.close()
        raise ModelFileError(
            f"{path} is a zarr store without variables, expected the metadata of a "
            "group that has some"
        )
    if (Path(path) / ".zgroup").is_file():
        # Version 2 has one attribute for what is missing and for what a chunk holds
        # that nobody wrote, and the package puts 0 there unasked. Coordinates begin
        # with 0; a 0 of a field may be either, so it stays missing.
        for variable in dataset.variables.values():
            if variable.ndim == 1 and variable.attrs.get("_FillValue") == 0:
                del variable.attrs["_FillValue"]
    return dataset


def _check_metadata(folder: Path) -> None:
    """Check that the metadata of a group and its variables are JSON objects.

    The package says of others that an attribute is absent, and not which file is wrong.
    """
    try:
        folders = [folder, *(Path(f) for f in os.scandir(folder) if f.is_dir())]
        files = [
            f / name for f in folders for name in _METADATA if (f / name).is_file()
        ]
        for file in files:
            found = json.loads(file.read_text(encoding="utf-8"))
            if not isinstance(found, dict):
                kind = _KINDS.get(type(found), "a number")
                raise ModelFileError(
                    f"cannot read {file}: it holds {kind}, "
                    "expected a JSON object with the metadata of a zarr store"
                )
    except ModelFileError:
        raise
    except OSError as error:
        raise ModelFileError(f"cannot read {folder}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"cannot read {file} as JSON: {error}") from None
