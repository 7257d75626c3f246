"""The published WaveNet, exported and run by the compiled library, gives what it gave.

Tolerances: float64 1e-12 of the largest output, float32 1e-5 of each level's largest.
"""

from pathlib import Path

import netCDF4
import numpy as np
import pytest
import torch

import gwparam
from gwparam.export import export_model
from gwparam.native import FortranScheme

U, V = "eastward_wind", "northward_wind"
PS, LAT = "surface_air_pressure", "latitude"
DUDT = "tendency_of_eastward_wind_due_to_gravity_wave_drag"
DVDT = "tendency_of_northward_wind_due_to_gravity_wave_drag"


@pytest.fixture(scope="module", params=["float64", "float32"])
def artefact(
    request: pytest.FixtureRequest,
    reference_data: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    path = tmp_path_factory.mktemp("wavenet") / f"{request.param}.pt"
    checkpoint = reference_data / "wavenet" / "network_wst.pkl"
    export_model(checkpoint, path, dtype=request.param)
    return path


@pytest.fixture(scope="module", params=["io.nc", "io_mima_winds.nc"])
def reference(
    request: pytest.FixtureRequest, reference_data: Path
) -> dict[str, np.ndarray]:
    with netCDF4.Dataset(reference_data / "wavenet" / request.param) as file:
        return {
            name: np.asarray(file[name][:], dtype=np.float64)
            for name in ("wind", "psfc", "lat", "gwd")
        }


def run_c(artefact: Path, fields: dict, pressure: np.ndarray) -> dict:
    scheme = gwparam.load_scheme(artefact)
    scheme.set_levels(pressure)
    return scheme.predict(fields)


def run_fortran(artefact: Path, fields: dict, pressure: np.ndarray) -> dict:
    scheme = FortranScheme(artefact)
    scheme.set_levels(pressure, "top_down")
    return scheme.predict(fields)


def run_python(artefact: Path, fields: dict, pressure: np.ndarray) -> dict:
    contract = gwparam.contract.read_contract(artefact)
    dtype = getattr(torch, contract.inputs[0].dtype)
    inputs = [torch.tensor(fields[f.name], dtype=dtype) for f in contract.inputs]
    with torch.inference_mode():
        outputs = torch.jit.load(str(artefact))(*inputs)
    names = [field.name for field in contract.outputs]
    return {n: y.numpy() for n, y in zip(names, outputs, strict=True)}


@pytest.mark.parametrize("through", [run_c, run_fortran, run_python])
def test_published_outputs_are_reproduced(artefact, reference, through) -> None:
    contract = gwparam.contract.read_contract(artefact)
    # Calm in the other component's place: each wind must give its own tendency.
    calm = np.zeros_like(reference["wind"])
    for wind, name in ((U, DUDT), (V, DVDT)):
        fields = {U: calm, V: calm, PS: reference["psfc"], LAT: reference["lat"]}
        fields[wind] = reference["wind"]
        pressure = np.asarray(contract.vertical.nominal_pressure)
        found = through(artefact, fields, pressure)[name]
        error = np.abs(found - reference["gwd"])
        if contract.inputs[0].dtype == "float64":
            assert error.max() <= 1e-12 * np.abs(reference["gwd"]).max()
        else:
            largest = np.abs(reference["gwd"]).max(axis=0)
            assert (error.max(axis=0) <= 1e-5 * largest).all()
        assert (found[:, 39] == 0).all()


@pytest.mark.parametrize("threads", [2, 3])
def test_number_of_threads_does_not_change_the_bits(
    artefact, reference, threads
) -> None:
    contract = gwparam.contract.read_contract(artefact)
    wind = reference["wind"]
    fields = {U: wind, V: wind[::-1], PS: reference["psfc"], LAT: reference["lat"]}
    copies = 1 + 2 * 256 // len(wind)  # several chunks
    fields = {name: np.tile(x.T, copies).T for name, x in fields.items()}

    def run(threads: int) -> dict[str, np.ndarray]:
        scheme = gwparam.load_scheme(artefact, threads=threads)
        scheme.set_levels(np.asarray(contract.vertical.nominal_pressure))
        return scheme.predict(fields)

    one, more = run(1), run(threads)

    assert len(one[DUDT]) > 2 * 256
    for name in (DUDT, DVDT):
        assert np.array_equal(more[name], one[name])
