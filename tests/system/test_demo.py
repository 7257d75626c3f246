"""`make demo` after its set-up: the main job on the embedded sample."""

import importlib.util
from pathlib import Path
from types import ModuleType

import netCDF4
import numpy as np
import pytest

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, with a folder of its own to write to."""
    spec = importlib.util.spec_from_file_location("demo", PROJECT / "examples/demo.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "DEMO", tmp_path)
    for name in ("ARTEFACT", "FIGURE", "SCORES"):
        monkeypatch.setattr(module, name, tmp_path / getattr(module, name).name)
    return module


@pytest.mark.slow
def test_demo_runs_the_network_in_the_host_and_says_where_things_are(
    demo: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.main() == 0
    out = capsys.readouterr().out
    for name in ("drag.png", "wavenet_ad99.pt", "replay.nc", "replay.json"):
        assert (tmp_path / name).stat().st_size > 0
        assert name in out
    with (
        netCDF4.Dataset(tmp_path / "native" / "tendencies.nc") as native,
        netCDF4.Dataset(tmp_path / "ml" / "tendencies.nc") as network,
        netCDF4.Dataset(demo.STATES) as sample,
    ):
        stored = sample["gwfcng_x"][:]
        largest = np.abs(stored).max()
        # The file rounds to float32; the host computes in float64.
        assert np.abs(native["gwfcng_x"][:] - stored).max() <= 1e-7 * largest
        assert np.abs(network["gwfcng_x"][:] - stored).max() > 1e-3 * largest


def test_demo_stops_at_a_failure_with_the_programs_own_words(
    demo: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(demo.CHECKPOINT.read_bytes()[:1000])
    monkeypatch.setattr(demo, "CHECKPOINT", broken)
    assert demo.main() == 1
    out = capsys.readouterr().out
    assert "failed: exit status 2 of" in out
    assert "gwparam: error:" in out
    assert "build the Fortran host" not in out


def test_demo_names_a_program_that_is_absent(
    demo: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(demo, "GWPARAM", tmp_path / "gwparam")
    assert demo.main() == 1
    assert "gwparam is not installed" in capsys.readouterr().out.replace("\n", "")
