"""What a help page shows runs as it is shown, on files of the names that it shows."""

import os
import shutil
import subprocess
from pathlib import Path

import climate_runs
import pytest
import xarray as xr
from help_pages import EXAMPLES
from run_logs import report_line, start_line, text_of

pytestmark = pytest.mark.slow

SAMPLE = Path(__file__).parents[2] / "examples" / "sample"
HOSTS = {
    "host.f90": "use gwparam, only: gwparam_version\nprint *, gwparam_version()\nend\n",
    "host.c": "#include <gwparam.h>\nint main(void) { return 0; }\n",
}
NOT_RUN = {
    "magnet-flux": "billions of weights",
    "prithvi": "billions of weights",
    "torchrun": "needs four GPUs",
    "train-emulator": "takes half an hour; tests/python/commands has a small one",
    "--ckpt ann_cnn.pt": "tests/python/export has one with files of its own",
    "ann.pt era5": "likewise",
    "unet.pt": "tests/python/export has one with files of its own",
    "gwparam calibrate": "takes minutes; tests/python/commands has small ones",
    "mine.": "tests/system/test_own_network.py has three",
    "ensemble.pt": "tests/system/test_ensembles.py has some",
    "--ckpt a.pt": "likewise",
    "gwparam_record": "tests/mpi/test_records.py has some",
    "cmake": "tests/system/test_linking.py has a project",
}
"""Examples with such words, and why they are not run here."""
RUN = [e for e in EXAMPLES if not any(words in e.line for words in NOT_RUN)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, reference_data):
    """Files of the names that the help pages take."""
    folder = tmp_path_factory.mktemp("help")
    shutil.copy(SAMPLE / "wavenet_ad99.safetensors", folder)
    shutil.copy(reference_data / "wavenet" / "network_wst.pkl", folder)
    for name, text in HOSTS.items():
        (folder / name).write_text(text)
    shell(folder, "gwparam make-states --teacher ad99 --columns 8000 -o states.nc")
    with xr.open_dataset(folder / "states.nc", decode_times=False) as states:
        states.isel(time=slice(6)).to_netcdf(folder / "jan.nc")
        states.isel(time=slice(6, None)).to_netcdf(folder / "feb.nc")
    shell(folder, "gwparam export --ckpt network_wst.pkl -o wavenet.pt")
    for name in ("RUN_DIR", "member1", "member2", "member3"):
        (folder / name).mkdir()
        log = text_of(start_line(), report_line(1), report_line(2, "end"))
        (folder / name / "gwparam_run.jsonl").write_text(log)
    (folder / "run").mkdir()
    for year in (1980, 1981):
        climate_runs.run(year, 1).to_netcdf(folder / "run" / f"year{year}.nc")
    climate_runs.run(1950, 8, monthly=True).to_netcdf(folder / "era5.nc")
    shell(folder, "gwparam confidence wavenet.pt jan.nc -o confidence.safetensors")
    return folder


def shell(folder, line):
    """Run a line as a user does."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        cwd=folder,
        env=os.environ | {"OMPI_ALLOW_RUN_AS_ROOT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("example", RUN, ids=lambda e: e.line[:60])
def test_an_example_runs(folder, example):
    shell(folder, example.line)


def test_nothing_is_left_out_in_vain():
    for words in NOT_RUN:
        assert any(words in example.line for example in EXAMPLES), words
