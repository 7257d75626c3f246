"""Writes small artefacts with a known answer, good and bad, for every language's tests.

They do not come from the exporter, so that the two are tested apart. The network is

    dudt = 1e-6 u + 1e-12 k ps        dvdt = -2e-6 v + 1e-7 lat

with k = 1 ... 5 from the model top, so that any two arguments, levels or columns taken
for one another show.
"""

import copy
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

NLEV = 5
PRESSURE = [1e3, 1e4, 3e4, 6e4, 9e4]
U, V, PS, LAT = (
    "eastward_wind",
    "northward_wind",
    "surface_air_pressure",
    "latitude",
)
DUDT = "tendency_of_eastward_wind_due_to_gravity_wave_drag"
DVDT = "tendency_of_northward_wind_due_to_gravity_wave_drag"


class Linear(torch.nn.Module):
    def forward(self, u, v, ps, lat):
        k = torch.arange(1, 6, dtype=u.dtype, device=u.device)
        dudt = 1e-6 * u + 1e-12 * k * ps.unsqueeze(1)
        return dudt, -2e-6 * v + 1e-7 * lat.unsqueeze(1)


class Raises(Linear):
    """Well, but for columns with a wind above 1000 m s-1."""

    def forward(self, u, v, ps, lat):
        if bool((u > 1000).any()):
            raise RuntimeError("too windy")
        return 1e-6 * u + 1e-12 * ps.unsqueeze(1), -2e-6 * v + 1e-7 * lat.unsqueeze(1)


class NotFinite(torch.nn.Module):
    """Well, but for northward winds below -1000 m s-1, where it gives NaN."""

    def forward(self, u, v, ps, lat):
        dudt = 1e-6 * u + 1e-12 * ps.unsqueeze(1)
        return dudt, 1e-6 * torch.sqrt(v + 1000) + 1e-7 * lat.unsqueeze(1)


class Places(torch.nn.Module):
    """Sees where its levels and columns are, in numbers that can be read off."""

    def forward(self, z, lon):
        return 1e-9 * z, 1e-6 * lon.unsqueeze(1) + 0 * z


class OwnField(torch.nn.Module):
    """Sees one wind and a field that only some hosts have."""

    def forward(self, u, source_flux):
        k = torch.arange(1, 6, dtype=u.dtype, device=u.device)
        return (1e-6 * u + 1e-3 * k * source_flux.unsqueeze(1),)


class WrongShape(torch.nn.Module):
    def forward(self, u, v, ps, lat):
        return u + v + ps.unsqueeze(1) + lat.unsqueeze(1), v[:1]


class WrongCount(torch.nn.Module):
    def forward(self, u, v, ps, lat):
        return u + v + ps.unsqueeze(1) + lat.unsqueeze(1)


def contract(dtype: str = "float64") -> dict:
    def field(name: str, units: str, levels: str, **kind: str) -> dict:
        return {"name": name, "units": units, "levels": levels, "dtype": dtype, **kind}

    return {
        "contract_version": 2,
        "name": "linear",
        "gwparam_version": "0.1.0",
        "torch_version": torch.__version__,
        "created": "2026-01-01T00:00:00+00:00",
        "source": {"architecture": "linear", "checkpoint": "none", "sha256": "0" * 64},
        "citation": "none",
        "geometry": {"kind": "column"},
        "inputs": [
            field(U, "m s-1", "full"),
            field(V, "m s-1", "full"),
            field(PS, "Pa", "surface"),
            field(LAT, "degrees_north", "surface"),
        ],
        "outputs": [
            field(DUDT, "m s-2", "full", kind="tendency"),
            field(DVDT, "m s-2", "full", kind="tendency"),
        ],
        "vertical": {
            "kind": "host",
            "order": "top_down",
            "nlev": NLEV,
            "nominal_pressure": PRESSURE,
            "nominal_tolerance": 0.1,
        },
        "training_range": [
            {
                "name": U,
                "mean": [0.0] * NLEV,
                "standard_deviation": [30.0] * NLEV,
                "minimum": None,
                "maximum": None,
            }
        ],
        "limits": [
            {"name": DUDT, "maximum_magnitude": 0.01},
            {"name": DVDT, "maximum_magnitude": 0.01},
        ],
        "probe": {"columns": 3, "tolerance": 1e-6 if dtype == "float32" else 1e-12},
    }


def probe_tensors(dtype: torch.dtype) -> tuple[torch.Tensor, ...]:
    random = np.random.default_rng(1)
    u, v = (torch.tensor(20 * random.standard_normal((3, NLEV))) for _ in range(2))
    ps = torch.tensor([9e4, 1e5, 1.01e5])
    lat = torch.tensor([-60.0, 5.0, 45.0])
    return tuple(x.to(dtype) for x in (u, v, ps, lat))


def write(
    path: Path,
    network: torch.nn.Module,
    document: dict,
    scale: float = 1.0,
    inputs: Sequence[torch.Tensor] = (),
):
    """Write an archive; its probe, of the inputs, is true for scale 1."""
    dtype = getattr(torch, document["inputs"][0]["dtype"])
    inputs = inputs or probe_tensors(dtype)
    outputs = Linear()(*inputs) if scale != 1.0 else network(*inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    probe = b"".join(
        x.numpy().tobytes() for x in (*inputs, *(y * scale for y in outputs))
    )
    extra = {
        "gwparam_contract.json": json.dumps(document),
        "gwparam_probe.bin": probe,
    }
    torch.jit.save(torch.jit.script(network), str(path), _extra_files=extra)


def changed(path: str, value: object) -> dict:
    """Give the contract with one key, written with dots, changed."""
    document = copy.deepcopy(contract())
    *parents, last = path.split(".")
    part = document
    for key in parents:
        part = part[int(key) if key.isdigit() else key]
    part[last] = value
    return document


def write_places(path: Path) -> None:
    """Write the artefact of a network that sees heights and longitudes."""
    document = contract()
    names = ("geopotential_height", "m", "full"), ("longitude", "degrees", "surface")
    document["inputs"] = [
        {"name": name, "units": units, "levels": levels, "dtype": "float64"}
        for name, units, levels in names
    ]
    document["training_range"] = []
    heights = torch.linspace(3e4, 1e2, NLEV, dtype=torch.float64).repeat(3, 1)
    longitude = torch.tensor([0.0, 90.0, 270.0], dtype=torch.float64)
    write(path, Places(), document, inputs=(heights, longitude))


def write_own_field(path: Path) -> None:
    """Write the artefact of a network with one wind and a field of the host's own."""
    document = contract()
    u, *_ = document["inputs"]
    flux = {"name": "source_flux", "units": "Pa", "levels": "surface"}
    document["inputs"] = [u, flux | {"dtype": "float64"}]
    document["outputs"] = document["outputs"][:1]
    document["limits"] = document["limits"][:1]
    wind = 20 * torch.ones(3, NLEV, dtype=torch.float64)
    fluxes = torch.tensor([1e-3, 4e-3, 9e-3], dtype=torch.float64)
    write(path, OwnField(), document, inputs=(wind, fluxes))


def write_all(folder: Path) -> None:
    """Write every artefact of the tests into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    good = folder / "linear.pt"
    write(good, Linear(), contract())
    write(folder / "linear_float32.pt", Linear(), contract("float32"))
    bottom_up = changed("vertical.order", "bottom_up")
    bottom_up["vertical"]["nominal_pressure"] = PRESSURE[::-1]
    write(folder / "bottom_up.pt", Linear(), bottom_up)
    write_places(folder / "places.pt")
    write_own_field(folder / "own_field.pt")
    write(folder / "raises.pt", Raises(), contract())
    write(folder / "not_finite.pt", NotFinite(), contract())
    write(folder / "probe_mismatch.pt", Linear(), contract(), scale=1.001)
    write(folder / "probe_short.pt", Linear(), changed("probe.columns", 4))
    write(folder / "newer.pt", Linear(), changed("contract_version", 3))
    write(folder / "torus.pt", Linear(), changed("geometry.kind", "torus"))
    write(folder / "onnx.pt", Linear(), changed("backend", "onnx"))
    write(folder / "torchscript.pt", Linear(), changed("backend", "torchscript"))
    write(folder / "no_limits.pt", Linear(), changed("limits", []))
    write(folder / "bad_dtype.pt", Linear(), changed("inputs.0.units", 7))
    wrong = contract()
    write(folder / "wrong_count.pt", WrongCount(), wrong, scale=1.001)
    write(folder / "wrong_shape.pt", WrongShape(), wrong, scale=1.001)
    torch.jit.save(torch.jit.script(Linear()), str(folder / "no_contract.pt"))
    (folder / "truncated.pt").write_bytes(good.read_bytes()[:2000])
    (folder / "wrong_magic.pt").write_bytes(b"CDF\x01 not a zip file")
    (folder / "empty.pt").write_bytes(b"")


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
    Path(sys.argv[1], "done").touch()
