"""The Python package where torch is not installed."""

import json
import subprocess
import sys

import netCDF4
import numpy as np
import pytest
from hosts import TIMEOUT
from python_host import STEP

# As if it were not there: every import of it fails, and nothing finds it.
WITHOUT_TORCH = "import sys; sys.modules['torch'] = None; "
COMMAND = f"{WITHOUT_TORCH}from gwparam.cli import main; sys.exit(main(sys.argv[1:]))"


def without_torch(code, *arguments):
    return subprocess.run(
        [sys.executable, "-P", "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )


def printed(*arguments):
    run = without_torch(COMMAND, *arguments)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_library_gives_drag(sample_artefact, sample_states):
    run = without_torch(WITHOUT_TORCH + STEP, sample_artefact, sample_states)
    assert run.returncode == 0, run.stderr
    assert 1e-6 < float(run.stdout) < 1e-2  # [m s-2]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["config", "--fflags", "--libs"],
        *(
            [command, "--help"]
            for command in (
                "audit",
                "inspect",
                "compile",
                "bench",
                "config",
                "networks",
            )
        ),
        *([command, "--help"] for command in ("replay", "evaluate", "make-states")),
    ],
)
def test_words_need_no_torch(arguments):
    assert printed(*arguments)


def test_inspect(sample_artefact):
    assert "eastward_wind" in printed("inspect", sample_artefact)


def test_audit(sample_artefact, tmp_path):
    page = tmp_path / "audit.html"
    text = printed("audit", sample_artefact, "--html", page, "--strict")
    assert "Receptive field" in text
    assert page.exists()


@pytest.mark.parametrize("states", [False, True])
def test_bench_times_all_but_libtorch(sample_artefact, sample_states, states):
    given = [sample_states] if states else []
    text = printed(
        "bench", sample_artefact, *given, "--columns=8", "--rounds=1", "--json"
    )
    timed = {row["what"]: row for row in json.loads(text)["times"]}
    assert set(timed) == {"library", "native"}
    assert timed["library"]["over_native"] > 0


def test_make_states(tmp_path):
    path = tmp_path / "states.nc"
    printed("make-states", "-o", path, "--teacher=ad99", "--columns=4")
    with netCDF4.Dataset(path) as file:
        assert np.isfinite(file["u"][:]).all()


@pytest.mark.parametrize(
    "arguments",
    [
        ["export", "--ckpt", "network.pkl", "-o", "wavenet.pt"],
        ["export", "--help"],
        ["networks"],
        ["compile", "ARTEFACT"],
        ["replay", "ARTEFACT", "STATES"],
        ["finetune", "--help"],
    ],
)
def test_what_needs_torch_says_so(tmp_path, sample_artefact, sample_states, arguments):
    given = {"ARTEFACT": sample_artefact, "STATES": sample_states}
    run = without_torch(COMMAND, *(given.get(a, a) for a in arguments))
    assert run.returncode == 2
    assert run.stdout == ""
    expected = "gwparam: error: needs torch: pip install 'gwparam[torch]'\n"
    assert run.stderr == expected
