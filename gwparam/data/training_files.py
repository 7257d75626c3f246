"""The files that the published flux networks were trained on.

They hold normalised numbers in two variables: ``features`` (time, idim, lat, lon) and
``output`` (time, odim, lat, lon), either with two more axes for the cells around each.
The first three features are latitude, longitude and surface altitude, then come blocks
of one field on all levels, top first; so do the outputs, without the first three.
`gwparam.data.training_states` makes physical fields of them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import DTypeLike, NDArray

from gwparam.constants import SURFACE_NAMES
from gwparam.data.netcdf import OpenFiles, check_finite, open_dataset, read_values
from gwparam.data.places import Axes, Axis
from gwparam.data.tiles import Files
from gwparam.data.times import find_time_dimension
from gwparam.errors import ModelFileError, ShapeError

FEATURES, OUTPUT = "features", "output"
AXES = {"lat": ("latitude", 90.0), "lon": ("longitude", 360.0)}

Array = NDArray[Any]
_SURFACE = len(SURFACE_NAMES)


@dataclass(frozen=True)
class Layout:
    """Which channels of a training file are one field.

    Attributes
    ----------
    nlev : int
        Levels of every field in the features.
    fields : tuple of range
        Channels of u, v, temperature and, where there is a fourth, the vertical wind or
        the pressure. A file for networks without temperature has the vertical wind
        third.
    outputs : tuple of range
        Channels of the two fluxes; before them, where there are three, those of the
        potential temperature that goes with a pressure.
    """

    nlev: int
    fields: tuple[range, ...]
    outputs: tuple[range, ...]

    @property
    def has_pressure(self) -> bool:
        """Whether the fourth field is the pressure."""
        return len(self.outputs) == 3


class TrainingFiles(OpenFiles):
    """Training files of one layout; a context manager.

    Parameters
    ----------
    paths : sequence of path-like
        netCDF files; at least one.
    by_name : bool
        As `gwparam.data.netcdf.OpenFiles`.

    Attributes
    ----------
    idim, odim : int
        Features and outputs of a cell.
    stencil : int
        Cells around each along one direction, itself among them: 1 in most files.
    latitude, longitude : ndarray
        The grid [degrees].

    Raises
    ------
    ArgumentError, ModelFileError
        As `gwparam.data.netcdf.OpenFiles`, or if a file is no training file.
    ShapeError, ContractError
        If layout or grid are not what they should be, or not those of the first file.
    """

    def __init__(
        self, paths: Sequence[str | PathLike[str]], *, by_name: bool = True
    ) -> None:
        super().__init__(paths, "training", by_name=by_name, check=_check_layout)
        try:
            self._set_frame()
        except BaseException:
            self.close()
            raise

    def bring_into_frame(self, files: Files) -> Files:
        """Bring files to the frame of the first, whose layout they must have."""
        first, *others = files
        for path in others:
            for name in (FEATURES, OUTPUT):
                found = files[path][name].shape[1:]
                expected = files[first][name].shape[1:]
                if found != expected:
                    raise ShapeError(
                        f"{name} in {path} has shape {found} at one time, expected "
                        f"{expected} as in {first}"
                    )
        return super().bring_into_frame(files)

    def read_axes(self, dataset: xr.Dataset, path: str) -> Axes:
        """Read where the cells are; those with neighbours must keep their order."""
        degrees = dict(
            zip(("latitude", "longitude"), _grid_degrees(dataset), strict=True)
        )
        if dataset[FEATURES].ndim == 6:
            grid = np.meshgrid(*degrees.values(), indexing="ij")
            return (Axis(tuple(AXES), dict(zip(degrees, grid, strict=True))),)
        return tuple(
            Axis((dim,), {name: degrees[name]}) for dim, (name, _) in AXES.items()
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        return self.latitude.size, self.longitude.size

    @property
    def nbytes(self) -> int:
        """Bytes of one time of features and output."""
        cells = self.shape[0] * self.shape[1] * self.stencil**2
        return 4 * (self.idim + self.odim) * cells

    def layout(self) -> Layout | None:
        """Find the channels of every field; None if no published layout has as many."""
        channels, odim = self.idim - _SURFACE, self.odim
        if 3 * channels == 4 * odim:
            return _layout(odim // 3, 4, 3, odim // 3)
        half = odim // 2
        fitting = {n: channels // n for n in (3, 4) if channels % n == 0}
        exact = [count for count, nlev in fitting.items() if nlev == half]
        # Fluxes on some of the levels: every level of the features has one at the most.
        able = exact or [count for count, nlev in fitting.items() if nlev > half]
        if odim % 2 or not able:
            return None
        # 122 levels of four fields have no other reading with three.
        count = max(able)
        return _layout(fitting[count], count, 2, half)

    def read(self, variable: str, index: int, dtype: DTypeLike = np.float32) -> Array:
        """Read the channels of one time.

        Parameters
        ----------
        variable : str
            ``features`` or ``output``.
        index : int
            Number of the time in all files together.
        dtype : dtype
            Of what is returned.

        Returns
        -------
        ndarray, shape (channel, nlat, nlon) or (channel, nlat, nlon, stencil, stencil)
            Normalised numbers [1].

        Raises
        ------
        ModelFileError
            If the file cannot be read.
        NonFiniteError
            If a value is NaN, Inf or missing.
        """
        dataset, path, at = self.locate(index)
        array = dataset[variable].variable
        values = read_values(array[at], variable, path).astype(dtype, copy=False)
        dims = [str(dim) for dim in array.dims[1:]]
        what = f"{variable} in {path} at time {at}"
        check_finite(values, dims, what, array)
        return values

    def fingerprint(self, index: int) -> str:
        """Digest of the features of one time: the same numbers, the same digest."""
        features = np.ascontiguousarray(self.read(FEATURES, index))
        return hashlib.sha256(features.tobytes()).hexdigest()

    def _set_frame(self) -> None:
        """Take layout and grid from the first file; the others have the same grid."""
        first = self.first
        self.latitude, self.longitude = _grid_degrees(first)
        self.idim, self.odim = (first[name].shape[1] for name in (FEATURES, OUTPUT))
        self.stencil = first[FEATURES].shape[-1] if first[FEATURES].ndim == 6 else 1


def is_training_file(path: str | PathLike[str]) -> bool:
    """Whether a file has the variables of a training file."""
    try:
        with open_dataset(str(path)) as data:
            return {FEATURES, OUTPUT} <= set(data.variables)
    except ModelFileError:
        return False  # whoever opens it says what is wrong


def _layout(nlev: int, n_fields: int, n_outputs: int, output_nlev: int) -> Layout:
    def blocks(first: int, count: int, length: int) -> tuple[range, ...]:
        starts = (first + i * length for i in range(count))
        return tuple(range(start, start + length) for start in starts)

    fields = blocks(_SURFACE, n_fields, nlev)
    return Layout(nlev, fields, blocks(0, n_outputs, output_nlev))


def _grid_degrees(dataset: xr.Dataset) -> tuple[Array, Array]:
    """Latitude and longitude in degrees, which some files divide by 90 and by 360."""
    latitude, longitude = (dataset[name].values.astype(np.float64) for name in AXES)
    # No globe lies within one degree.
    if all(np.abs(v).max(initial=0.0) <= 1.0 for v in (latitude, longitude)):
        return latitude * AXES["lat"][1], longitude * AXES["lon"][1]
    return latitude, longitude


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
            f"the {_SURFACE} of coordinates and surface"
        )
    if not features.shape[0]:
        raise ShapeError(f"features in {path} has no time, expected at least one")
