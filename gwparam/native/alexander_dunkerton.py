"""The gravity-wave drag of Alexander and Dunkerton (1999), compiled from Fortran."""

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gwparam.errors import ArgumentError, ShapeError, error_class
from gwparam.native._wrapper import (
    alexander_dunkerton_column,
    alexander_dunkerton_setup,
    native_api,
)
from gwparam.native.alexander_dunkerton_settings import AlexanderDunkertonSettings

Array = NDArray[np.float64]
IntArray = NDArray[np.int32]


@dataclass(frozen=True)
class Drag:
    """What the scheme does to the flow; every array has shape (ncol, nlev), top first.

    Parameters
    ----------
    eastward, northward : ndarray
        Tendencies of the wind [m s-2]; 0 below the source level.
    eastward_diffusion, northward_diffusion : ndarray
        Eddy diffusivities that go with them [m2 s-1], a diagnostic.
    """

    eastward: Array
    northward: Array
    eastward_diffusion: Array
    northward_diffusion: Array


class Fate(IntEnum):
    """How a wave ends; at the source level, its stress is lost whatever the reason."""

    LID = 1
    BREAKING = 2
    CRITICAL = 3
    REFLECTED = 4
    STAGNANT = 5


@dataclass(frozen=True)
class Column:
    """All intermediate results in one column, for one wind component.

    Levels count from 1, the top, down to the source level; index 0 is the ghost level
    above the top. Layer ``k`` lies between levels ``k`` and ``k + 1``.

    Parameters
    ----------
    source_level : int
        Level where the waves start, ``s``.
    tropical : bool
        Whether the spectrum is that of the tropics.
    source_amplitude : float
        Absolute stress at the source [Pa].
    density : ndarray, shape (s + 2,)
        [kg m-3]; down to one level below the source.
    height : ndarray, shape (s + 2,)
        [m]; down to one level below the source.
    wind : ndarray, shape (s + 1,)
        [m s-1].
    buoyancy_frequency : ndarray, shape (s + 1,)
        [s-1].
    layer_depth : ndarray, shape (s + 1,)
        [m].
    layer_density : ndarray, shape (s + 1,)
        Geometric mean of the two levels [kg m-3].
    level_mass : ndarray, shape (s,)
        Mass of air that belongs to a full level, from level 1 [kg m-2].
    breaking_threshold : ndarray, shape (s + 1, nk)
        Waves break where spectrum / (intrinsic speed)^3 exceeds it [s m-1].
    reflection_frequency : ndarray, shape (s + 1, nk)
        Waves of a higher intrinsic frequency are reflected [s-1].
    phase_speed : ndarray, shape (nc,)
        Ground-relative [m s-1].
    source : ndarray, shape (nc,)
        Source spectrum, with the sign of the intrinsic phase speed [m2 s-2].
    source_sum : ndarray, shape (nk,)
        Sum of the absolute spectrum [m2 s-2].
    intermittency : ndarray, shape (nk,)
        Times density and spectrum: the stress of a wave [1].
    fate, fate_level : ndarray, shape (nc, nk)
        `Fate` of each wave, and the level where it ended.
    deposited : ndarray, shape (s + 1, nk)
        Sum of the spectrum over the waves deposited at a level [m2 s-2].
    work : ndarray, shape (s + 1, nk)
        The same, times the intrinsic phase speed there [m3 s-3].
    """

    source_level: int
    tropical: bool
    source_amplitude: float
    density: Array
    height: Array
    wind: Array
    buoyancy_frequency: Array
    layer_depth: Array
    layer_density: Array
    level_mass: Array
    breaking_threshold: Array
    reflection_frequency: Array
    phase_speed: Array
    source: Array
    source_sum: Array
    intermittency: Array
    fate: IntArray
    fate_level: IntArray
    deposited: Array
    work: Array


class AlexanderDunkerton:
    """The scheme of Alexander and Dunkerton (1999) on the latitude rows of a grid.

    Parameters
    ----------
    reference_pressure : array_like, shape (nlev,)
        Full-level pressure for a surface pressure of 101325 Pa, top first [Pa].
    setup_latitude : array_like, shape (nrow,)
        Midpoint between the edges of each latitude row [degrees_north]. On a Gaussian
        grid it differs slightly from the latitude of the row.
    settings : AlexanderDunkertonSettings
        Settings; `MIMA_SETTINGS` for MiMA's namelist.

    Attributes
    ----------
    settings : AlexanderDunkertonSettings
        As given.
    source_level : ndarray, shape (nrow,)
        Level where the waves start, from 1, the top.
    damp_level : ndarray, shape (nrow,)
        Lowest level, from 1, over which the lid is spread.
    source_amplitude : ndarray, shape (nrow,)
        Absolute stress of all waves at the source, for each wind component [Pa].

    Raises
    ------
    ArgumentError
        If a setting, a latitude or a pressure is out of range.
    ShapeError
        If there is no row, or there are fewer than 3 levels.
    NonFiniteError
        If a latitude or a pressure is not finite.

    Notes
    -----
    Source: Alexander and Dunkerton (1999), J. Atmos. Sci. 56, 4167-4182, with the
    departures of MiMA's ``cg_drag``, which it reproduces to rounding.
    """

    def __init__(
        self,
        reference_pressure: ArrayLike,
        setup_latitude: ArrayLike,
        settings: AlexanderDunkertonSettings | None = None,
    ) -> None:
        self.settings = settings or AlexanderDunkertonSettings()
        pressure = _field("reference_pressure", reference_pressure, rank=1)
        latitude = _field("setup_latitude", setup_latitude, rank=1)
        chosen = alexander_dunkerton_setup.ad99_settings_t()
        for field in fields(self.settings):
            setattr(chosen, field.name, getattr(self.settings, field.name))
        self._scheme = native_api.drag_scheme()
        _check(
            native_api.drag_set_up(self._scheme, chosen, np.deg2rad(latitude), pressure)
        )
        self._nlev = pressure.size
        self.source_level: IntArray = np.empty(latitude.size, np.int32)
        self.damp_level: IntArray = np.empty(latitude.size, np.int32)
        self.source_amplitude: Array = np.empty(latitude.size)
        native_api.drag_rows(
            self._scheme, self.source_level, self.damp_level, self.source_amplitude
        )

    def drag(
        self,
        row: ArrayLike,
        latitude: ArrayLike,
        pressure: ArrayLike,
        height: ArrayLike,
        temperature: ArrayLike,
        eastward_wind: ArrayLike,
        northward_wind: ArrayLike,
        half_pressure: ArrayLike | None = None,
        *,
        by_reference: bool = False,
    ) -> Drag:
        """Drag of the waves on columns.

        Parameters
        ----------
        row : array_like of int, shape (ncol,)
            Index, from 0, of the latitude row that each column belongs to.
        latitude : array_like, shape (ncol,)
            Latitude of the grid [degrees_north].
        pressure, height, temperature : array_like, shape (ncol, nlev)
            Full levels, index 0 the model top: [Pa], [m] and [K]. Read down to one
            level below the source level; nothing further down matters.
        eastward_wind, northward_wind : array_like, shape (ncol, nlev)
            Winds [m s-1], read down to the source level.
        half_pressure : array_like, shape (ncol, nlev + 1), optional
            Pressure between the full levels [Pa], for the mass of a level that the
            mass-weighted switches need. Default: half-way between full levels, and 0 at
            the top.
        by_reference : bool, default False
            Whether to compute with the Fortran that the fast code is tested against:
            the same to rounding, and two to three times slower.

        Returns
        -------
        Drag
            Tendencies and eddy diffusivities.

        Raises
        ------
        ShapeError
            If an array has another shape, or is not of floating-point numbers.
        NonFiniteError
            If a value that matters is not finite.
        ArgumentError
            If a row, latitude or temperature is out of range, pressure or height are
            not ordered from the top down, or no wave has any stress.

        Notes
        -----
        Messages count columns and levels from 1, as Fortran does.
        """
        rows = _rows(row, self.source_level.size)
        profiles = [
            _field(name, values, shape=(rows.size, self._nlev))
            for name, values in (
                ("pressure", pressure),
                ("height", height),
                ("temperature", temperature),
                ("eastward_wind", eastward_wind),
                ("northward_wind", northward_wind),
            )
        ]
        half = np.empty((0, 0))
        if half_pressure is not None:
            shape = (rows.size, self._nlev + 1)
            half = _field("half_pressure", half_pressure, shape=shape)
        angle = np.deg2rad(_field("latitude", latitude, shape=(rows.size,)))
        results = [np.empty((rows.size, self._nlev)) for _ in fields(Drag)]
        _check(
            native_api.drag_run(
                self._scheme,
                by_reference,
                rows,
                angle,
                *(profile.T for profile in profiles),
                half.T,
                *(result.T for result in results),
            )
        )
        return Drag(*results)

    def diagnose(
        self,
        row: int,
        latitude: float,
        pressure: ArrayLike,
        height: ArrayLike,
        temperature: ArrayLike,
        wind: ArrayLike,
    ) -> Column:
        """Work out one column in full, down to the fate of every wave.

        Parameters
        ----------
        row : int
            Index, from 0, of the latitude row.
        latitude : float
            Latitude of the grid [degrees_north].
        pressure, height, temperature : array_like, shape (nlev,)
            Full levels, index 0 the model top: [Pa], [m] and [K].
        wind : array_like, shape (nlev,)
            Eastward or northward wind [m s-1].

        Returns
        -------
        Column
            All intermediate results.

        Raises
        ------
        ShapeError, NonFiniteError, ArgumentError
            As `drag`.
        """
        rows = _rows([row], self.source_level.size)
        profiles = [
            _field(name, values, shape=(self._nlev,))
            for name, values in (
                ("pressure", pressure),
                ("height", height),
                ("temperature", temperature),
                ("wind", wind),
            )
        ]
        found = alexander_dunkerton_column.ad99_column_t()
        _check(
            native_api.drag_diagnose(
                self._scheme, int(rows[0]), np.deg2rad(latitude), *profiles, found
            )
        )
        s = found.source_level
        extent = {"density": s + 2, "height": s + 2, "level_mass": s}
        whole = {"phase_speed", "source", "source_sum", "intermittency"}
        whole |= {"fate", "fate_level"}
        results: dict[str, Any] = {
            "source_level": s,
            "tropical": bool(found.tropical),
            "source_amplitude": found.source_amplitude,
        }
        for field in fields(Column):
            if field.name not in results:
                values = getattr(found, field.name)
                end = None if field.name in whole else extent.get(field.name, s + 1)
                results[field.name] = np.array(values[:end])
        return Column(**results)


def _rows(row: ArrayLike, n_rows: int) -> IntArray:
    rows = np.asarray(row)
    if rows.ndim != 1 or not np.issubdtype(rows.dtype, np.integer):
        raise ShapeError(
            f"row is {rows.dtype} of shape {rows.shape}, "
            "expected integers of 1 dimension"
        )
    if rows.size and (rows.min() < 0 or rows.max() >= n_rows):
        raise ArgumentError(
            f"row reaches from {rows.min()} to {rows.max()}, expected 0 to {n_rows - 1}"
        )
    return (rows + 1).astype(np.int32)


def _field(
    name: str,
    values: ArrayLike,
    *,
    shape: tuple[int, ...] | None = None,
    rank: int | None = None,
) -> Array:
    """Array that Fortran can take: double precision, level fastest."""
    array = np.asarray(values)
    if not np.issubdtype(array.dtype, np.floating):
        raise ShapeError(f"{name} is {array.dtype}, expected floating-point numbers")
    if shape is not None and array.shape != shape:
        raise ShapeError(f"{name} has shape {array.shape}, expected {shape}")
    if rank is not None and array.ndim != rank:
        raise ShapeError(f"{name} has shape {array.shape}, expected {rank} dimension")
    return np.ascontiguousarray(array, dtype=np.float64)


def _check(outcome: tuple[int, str]) -> None:
    status, message = outcome
    if status:
        raise error_class(status)(message)
