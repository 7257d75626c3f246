"""Gravity-wave drag of gwparam as a term of the physics of jcm, a model in JAX.

    physics = held_suarez_physics() + GravityWaveDrag("wavenet.pt")

The network runs outside of JAX, in the compiled library, on all columns of a step. So
it can be jitted and scanned, but has no gradient, and the drag is of single precision.
jcm counts levels from the top; its fields are (level, longitude, latitude), or (level,
column) in packages that put columns side by side. Needs jcm 3 (``pip install jcm``).
"""

from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from dinosaur.hybrid_coordinates import HybridCoordinates
from jcm import constants
from jcm.physics.physics_term import PhysicsTerm
from jcm.physics_interface import PhysicsState, PhysicsTendency

import gwparam

DRAG = "tendency_of_{}_wind_due_to_gravity_wave_drag"
OFFERED = {
    "eastward_wind",
    "northward_wind",
    "air_temperature",
    "air_pressure",
    "air_pressure_at_half_levels",
    "geopotential_height",
    "surface_air_pressure",
    "latitude",
    "longitude",
    "surface_altitude",
}


class Columns:
    """The network on the columns of a grid, for numpy arrays with the level first."""

    def __init__(self, artefact: str, coords) -> None:
        vertical, horizontal = coords.vertical, coords.horizontal
        if isinstance(vertical, HybridCoordinates):
            self.a = np.asarray(vertical.a_boundaries, np.float64)
            self.b = np.asarray(vertical.b_boundaries, np.float64)
        else:
            self.b = np.asarray(vertical.boundaries, np.float64)
            self.a = np.zeros_like(self.b)
        self.lat, self.lon = (
            np.rad2deg(np.asarray(values, np.float64))
            for values in (horizontal.latitudes, horizontal.longitudes)
        )
        self.scheme = gwparam.load_scheme(artefact)
        self.scheme.set_levels(self.full(self.half(np.array(101325.0))))
        contract = self.scheme.contract
        self.wanted = {field.name for field in contract.inputs}
        if contract.needs_pressure:
            self.wanted |= {"air_pressure", "air_pressure_at_half_levels"}
        if missing := sorted(self.wanted - OFFERED):
            raise gwparam.errors.ContractError(
                f"the network asks for more than jcm gives: {', '.join(missing)}"
            )

    def half(self, ps: np.ndarray) -> np.ndarray:
        """Pressure at half levels [Pa], level last."""
        return self.a + self.b * ps[..., None]

    @staticmethod
    def full(half: np.ndarray) -> np.ndarray:
        """Pressure at full levels [Pa]: midway, as jcm has it."""
        return 0.5 * (half[..., 1:] + half[..., :-1])

    def drag(
        self, u, v, temperature, height, ps, altitude
    ) -> tuple[np.ndarray, np.ndarray]:
        """Both tendencies [m s-2] in the layout of the winds."""
        ps = np.asarray(ps, np.float64)
        half = self.half(ps)
        # Longitude first, as jcm has it, also where columns stand side by side.
        lon, lat = np.meshgrid(self.lon, self.lat, indexing="ij")
        fields = {
            "eastward_wind": np.moveaxis(np.asarray(u), 0, -1),
            "northward_wind": np.moveaxis(np.asarray(v), 0, -1),
            "air_temperature": np.moveaxis(np.asarray(temperature), 0, -1),
            "air_pressure": self.full(half),
            "air_pressure_at_half_levels": half,
            "geopotential_height": np.moveaxis(np.asarray(height), 0, -1),
            "surface_air_pressure": ps,
            "latitude": lat.reshape(ps.shape),
            "longitude": lon.reshape(ps.shape),
            "surface_altitude": np.asarray(altitude, np.float64).reshape(ps.shape),
        }
        given = self.scheme.predict({name: fields[name] for name in self.wanted})
        east, north = (
            np.moveaxis(given[DRAG.format(wind)], -1, 0).astype(u.dtype)
            for wind in ("eastward", "northward")
        )
        return east, north


class GravityWaveDrag(PhysicsTerm):
    """The drag on the winds; no heating goes with it."""

    name: ClassVar[str] = "gwparam"
    category: ClassVar[str] = "gravity_waves"
    provides: ClassVar[tuple[str, ...]] = ("gwparam_dudt", "gwparam_dvdt")

    def __init__(self, artefact: str) -> None:
        self.artefact = artefact
        self.columns: Columns | None = None

    def cache_coords(self, coords) -> None:
        """Load the network for the levels and columns of the model."""
        self.columns = Columns(self.artefact, coords)

    def __call__(self, state: PhysicsState, diagnostics, forcing, terrain):
        """Tendencies of the winds [m s-2], which jcm adds."""
        shape = jax.ShapeDtypeStruct(state.u_wind.shape, state.u_wind.dtype)
        dudt, dvdt = jax.pure_callback(
            self.columns.drag,
            (shape, shape),
            state.u_wind,
            state.v_wind,
            state.temperature,
            state.geopotential / constants.grav,  # over the sea
            state.normalized_surface_pressure * constants.p0,
            terrain.orog,
        )
        tendency = PhysicsTendency(
            u_wind=dudt,
            v_wind=dvdt,
            temperature=jnp.zeros_like(state.temperature),
            specific_humidity=jnp.zeros_like(state.specific_humidity),
        )
        return tendency, {**diagnostics, "gwparam_dudt": dudt, "gwparam_dvdt": dvdt}
