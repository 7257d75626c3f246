"""Published training files as they are: normalised numbers, one time after the other.

`gwparam.data.training` reads the same files as physical fields; training needs the
numbers themselves, of many files, whose order is that of their times.
"""

import hashlib
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.data import check_finite, open_dataset
from gwparam.data.dates import read_dates
from gwparam.data.times import find_time_dimension
from gwparam.data.training import AXES, FEATURES, OUTPUT, grid_degrees
from gwparam.errors import ArgumentError, ContractError, ModelFileError, ShapeError
from gwparam.networks.nonlocal_flux import SURFACE

Array = NDArray[Any]
_SURFACE = len(SURFACE)


class TrainingFiles:
    """Training files of one layout, in the order of their times; a context manager.

    Parameters
    ----------
    paths : sequence of path-like
        netCDF files; at least one, in any order.

    Attributes
    ----------
    paths : tuple of str
        In the order of their times; of their names, where times are no dates.
    dates : Dates
        When the samples are.
    idim, odim : int
        Features and outputs of a cell.
    stencil : int
        Cells around each along one direction, itself among them: 1 in most files.
    latitude, longitude : ndarray
        The grid [degrees].

    Raises
    ------
    ArgumentError
        If there is no file, or one is given twice.
    ModelFileError
        If a file cannot be read, or is no training file.
    ShapeError, ContractError
        If layout or grid are not what they should be, or not those of the first file.
    """

    def __init__(self, paths: Sequence[str | PathLike[str]]) -> None:
        names = sorted(str(path) for path in paths)
        if not names:
            raise ArgumentError("no training file given, expected at least one")
        # Under whatever name: the same sample must not come up in two parts.
        seen: set[Path] = set()
        for name in names:
            file = Path(name).resolve()
            if file in seen:
                raise ArgumentError(f"{name} is given twice, expected once")
            seen.add(file)
        self._open: dict[str, xr.Dataset] = {}
        try:
            for name in names:
                self._open[name] = open_dataset(name)
                _check_layout(self._open[name], name)
            self.dates = read_dates(self._open)
            self.paths = self.dates.paths
            self._set_frame()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "TrainingFiles":
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        for dataset in self._open.values():
            dataset.close()

    def __len__(self) -> int:
        """Count the times in all files together."""
        return len(self.dates)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        return self.latitude.size, self.longitude.size

    @property
    def nbytes(self) -> int:
        """Bytes of one time of features and output."""
        cells = self.shape[0] * self.shape[1] * self.stencil**2
        return 4 * (self.idim + self.odim) * cells

    def read(self, variable: str, index: int) -> Array:
        """Read the channels of one time.

        Parameters
        ----------
        variable : str
            ``features`` or ``output``.
        index : int
            Number of the time in all files together.

        Returns
        -------
        ndarray, shape (channel, nlat, nlon) or (channel, nlat, nlon, stencil, stencil)
            Normalised numbers [1], float32.

        Raises
        ------
        ModelFileError
            If the file cannot be read.
        NonFiniteError
            If a value is NaN, Inf or missing.
        """
        path, at = self.dates.locate(index)
        array = self._open[path][variable].variable
        try:
            values = np.asarray(array[at].values, dtype=np.float32)
        except (OSError, RuntimeError, ValueError) as error:
            raise ModelFileError(f"cannot read {variable} in {path}: {error}") from None
        dims = [str(dim) for dim in array.dims[1:]]
        check_finite(values, dims, f"{variable} in {path} at time {at}")
        return values

    def fingerprint(self, index: int) -> str:
        """Digest of the features of one time: the same numbers, the same digest."""
        features = np.ascontiguousarray(self.read(FEATURES, index))
        return hashlib.sha256(features.tobytes()).hexdigest()

    def _set_frame(self) -> None:
        """Take layout and grid from the first file; the others must have the same."""
        first = self._open[self.paths[0]]
        axes = grid_degrees(first)
        self.latitude, self.longitude = axes["lat"], axes["lon"]
        self.idim, self.odim = (first[name].shape[1] for name in (FEATURES, OUTPUT))
        self.stencil = first[FEATURES].shape[-1] if first[FEATURES].ndim == 6 else 1
        for path in self.paths[1:]:
            dataset = self._open[path]
            for name in (FEATURES, OUTPUT):
                found, expected = dataset[name].shape[1:], first[name].shape[1:]
                if found != expected:
                    raise ShapeError(
                        f"{name} in {path} has shape {found} at one time, expected "
                        f"{expected} as in {self.paths[0]}"
                    )
            other = grid_degrees(dataset)
            if not all(np.array_equal(axes[name], other[name]) for name in AXES):
                raise ContractError(f"{path} has another grid than {self.paths[0]}")


def _check_layout(dataset: xr.Dataset, path: str) -> None:
    """Check variables, dimensions and their order."""
    missing = {FEATURES, OUTPUT, *AXES} - set(dataset.variables)
    if missing:
        raise ModelFileError(
            f"{path} has no {', '.join(sorted(missing))}, expected a training file "
            f"with {FEATURES}, {OUTPUT}, {', '.join(AXES)}; it has "
            f"{', '.join(map(str, dataset.variables))}"
        )
    for name, channel in ((FEATURES, "idim"), (OUTPUT, "odim")):
        dims = [str(dim) for dim in dataset[name].dims]
        time = find_time_dimension(dataset)
        expected = [time, channel, *AXES]
        if dims[:4] != expected or len(dims) not in (4, 6):
            raise ShapeError(
                f"{name} in {path} has dimensions ({', '.join(dims)}), expected (time, "
                f"{channel}, {', '.join(AXES)}) and two or none for neighbours"
            )
        if len(dims) == 6:
            height, width = dataset[name].shape[4:]
            if height != width or width % 2 == 0:
                raise ShapeError(
                    f"{name} in {path} has {height} x {width} cells around each, "
                    "expected as many in both directions, an odd number"
                )
    around = [dataset[name].shape[4:] for name in (FEATURES, OUTPUT)]
    if around[0] != around[1]:
        raise ShapeError(
            f"output in {path} has cells around each of shape {around[1]}, expected "
            f"{around[0]} as features"
        )
    features = dataset[FEATURES]
    if features.shape[1] <= _SURFACE:
        raise ShapeError(
            f"features in {path} has {features.shape[1]} channels, expected more than "
            f"the {_SURFACE} of place and surface"
        )
    if not features.shape[0]:
        raise ShapeError(f"features in {path} has no time, expected at least one")
