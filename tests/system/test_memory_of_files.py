"""Files larger than memory: what a command holds does not grow with the times."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from gwparam.cli import main

SAMPLE = Path(__file__).parents[2] / "examples" / "sample"
FEW, MANY = 4, 40
# Winds, temperature, height and drag of one time: 6 fields of 40 x 32 x 8 float32.
TIME = 6 * 40 * 32 * 8 * 4


@pytest.fixture(scope="module")
def artefact(tmp_path_factory):
    path = tmp_path_factory.mktemp("artefact") / "wavenet.pt"
    checkpoint = SAMPLE / "wavenet_ad99.safetensors"
    assert main(["export", "--ckpt", str(checkpoint), "-o", str(path)]) == 0
    return path


def write(folder, count, form):
    """Write the sample so often that it has some times."""
    with xr.open_dataset(SAMPLE / "sample_states.nc", decode_times=False) as file:
        whole = file.isel(time=np.arange(count) % 2).load()
    whole = whole.assign_coords(time=("time", np.arange(count) + 0.5, file.time.attrs))
    names = ["states.nc", "late.nc"]
    if form == "zarr":
        whole.to_zarr(folder / "states.zarr", zarr_format=2)
        return [folder / "states.zarr"]
    if form == "flipped":
        parts = [slice(1), slice(1, None)]
        files = [whole.isel(time=part) for part in parts]
        files[1] = files[1].isel(lat=slice(None, None, -1))
    elif form == "tiles":
        files = [whole.isel(lat=slice(5)), whole.isel(lat=slice(5, None))]
    else:
        files = [whole]
    for name, data in zip(names, files, strict=False):
        data.to_netcdf(folder / name)
    return [folder / name for name in names[: len(files)]]


def peak(words):
    """Give the largest memory of arrays and objects in a command [bytes]."""
    tracemalloc.start()
    try:
        assert main(words) == 0
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def arguments(command, artefact, files, folder):
    states = [str(path) for path in files]
    out = str(folder / "out")
    finetune = ["finetune", "--arch", "wavenet", "--threads", "1", "--epochs", "1"]
    finetune += ["--batch", "512", "--split", "1:1", "-o", out, "--data", *states]
    evaluate = ["evaluate", str(artefact), "--truth", *states, "--no-report", "-o", out]
    replay = ["replay", str(artefact), *states, "-o", f"{out}.nc"]
    return {"replay": replay, "evaluate": evaluate, "finetune": finetune}[command]


@pytest.mark.parametrize("form", ["one", "flipped", "tiles", "zarr"])
@pytest.mark.parametrize("command", ["replay", "evaluate", "finetune"])
def test_memory_does_not_grow_with_the_times(artefact, tmp_path, command, form):
    if form == "zarr":
        pytest.importorskip("zarr")
    found = []
    # The first run imports modules.
    for number, count in enumerate((FEW, FEW, MANY)):
        folder = tmp_path / str(number)
        folder.mkdir()
        files = write(folder, count, form)
        found.append(peak(arguments(command, artefact, files, folder)))

    # The series of area means that evaluate writes are a tenth of a time.
    growth = (found[2] - found[1]) / (MANY - FEW)
    assert growth < 0.3 * TIME
