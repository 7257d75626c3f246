"""Records of calls, as the coupling writes them, of columns that a test makes up."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

import gwparam

UNITS = {"eastward_wind": "m s-1", "northward_wind": "m s-1"} | {
    "surface_air_pressure": "Pa",
    "latitude": "degrees_north",
}
PRESSURE = np.array([1e3, 1e4, 3e4, 6e4, 9e4])


@dataclass
class Call:
    """A call of a network of 5 levels, on columns that are all different."""

    artefact: Path
    columns: int = 6
    rank: int = 0
    ranks: int = 1
    failure: str = ""
    changes: dict[str, Any] = field(default_factory=dict)  # attributes
    settings: dict[str, Any] = field(default_factory=dict)  # under the library's names

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.rank)
        n = self.columns
        self.fields = {
            "eastward_wind": 20 + 15 * rng.standard_normal((n, 5)),
            "northward_wind": 12 * rng.standard_normal((n, 5)),
            "surface_air_pressure": 9.7e4 + 3e3 * rng.standard_normal(n),
            "latitude": np.linspace(-70, 60, n) + self.rank,
        }
        self.native = {
            f"tendency_of_{wind}_due_to_gravity_wave_drag": rng.standard_normal((n, 5))
            for wind in ("eastward_wind", "northward_wind")
        }

    def write(self, path: Path) -> Path:
        """Run the call, and write it."""
        outputs, sums, member = {}, {}, 0
        if not self.failure:
            with gwparam.load_scheme(
                self.artefact, device="cpu", trace=True, **self.settings
            ) as scheme:
                scheme.set_levels(PRESSURE)
                for name, values in self.fields.items():
                    scheme.put(name, values, UNITS[name])
                scheme.run()
                outputs = {
                    name: scheme.get(name, before.copy(), units="m s-2")
                    for name, before in self.native.items()
                }
                sums = scheme.trace(self.columns)
                member = scheme.statistics().member
        policies = {"on_limit": "error", "on_range": "ignore", "on_unphysical": "error"}
        words = {"keep": "native"}
        attributes = {
            "source": "gwparam of the tests",
            "gwparam_record": 1.0,
            "artefact": str(self.artefact),
            "artefact_sha256": gwparam.load_scheme(self.artefact).sha256(),
            "model_days": 2.5,
            "model_date": "day 2 12:00:00",
            "call": 7.0,
            "rank": float(self.rank),
            "ranks": float(self.ranks),
            "guarded_columns": 0.0,
            "failure": self.failure,
            "mode": "ml",
            "device": "cpu",
            "threads": 1.0,
            "precision": "exported",
            "lag": 0.0,
            "chunk_columns": 0.0,
            "members": self.settings.get("members", "mean"),
            "member": float(member),
            "range_sigmas": self.settings.get("range_sigmas", 0.0),
            "reference_pressure": PRESSURE,
        } | {k: self.settings.get(k, word) for k, word in policies.items()}
        attributes |= self.changes
        with netCDF4.Dataset(path, "w") as file:
            file.createDimension("column", self.columns)
            file.createDimension("levels_5", 5)
            for name, value in attributes.items():
                text = isinstance(value, str)
                setattr(file, name, words.get(value, value) + " " if text else value)
            places = {"lat": self.fields["latitude"], "lon": np.arange(self.columns)}
            natives = {f"{n}_of_the_native_scheme": v for n, v in self.native.items()}
            for name, values in (places | self.fields | outputs | natives).items():
                dimensions = ("levels_5", "column")[2 - values.ndim :]
                file.createVariable(name, "f8", dimensions)[:] = values.T
                file[name].units = UNITS.get(name, "m s-2") + " "
            for stage, values in sums.items():
                file.createVariable(f"sum_{stage}", "i8", ("column",))
                file[f"sum_{stage}"][:] = values.view(np.int64)
        return path
