"""``gwparam compile``, and the library that runs what it wrote."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from recipes import attention_unet, options

from gwparam.cli import main
from gwparam.compiled_package import KEYS_FILE, artefact_listing, package_path
from gwparam.contract import read_contract
from gwparam.export import export_model
from gwparam.library import load_scheme

NLEV = 4
OF_HOST = {"air_pressure", "air_pressure_at_half_levels"}


def unet(folder, **given):
    checkpoint = attention_unet(folder / "unet.ckpt", 16, 8)
    known = options(folder, NLEV, grid="16x32")
    return export_model(checkpoint, folder / "unet.pt", options=known, **given).path


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    if shutil.which(os.environ.get("CXX", "g++")) is None:
        pytest.skip("no C++ compiler")
    path = unet(tmp_path_factory.mktemp("compiled"), reduced_tolerance=0.1)
    assert main(["compile", str(path)]) == 0
    return path


@pytest.fixture
def copied(compiled, tmp_path):
    """The artefact and its package, to be changed."""
    path = Path(shutil.copy(compiled, tmp_path))
    shutil.copy(package_path(compiled), package_path(path))
    return path


def rewritten(path, change):
    """Change the keys of a package."""
    package = package_path(path)
    with zipfile.ZipFile(package) as archive:
        members = [(m, archive.read(m)) for m in archive.infolist()]
    with zipfile.ZipFile(package, "w") as archive:
        for member, data in members:
            if member.filename.endswith(KEYS_FILE):
                data = json.dumps(change(json.loads(data))).encode()
            archive.writestr(member.filename, data)


def run(path, **given):
    """One image of a host: the answers, and whether the package ran."""
    geometry = read_contract(path).geometry
    rng = np.random.default_rng(3)
    places = np.meshgrid(geometry.latitude, geometry.longitude, indexing="ij")
    half = np.linspace(0.02, 1.0, 7) * np.full((*places[0].shape, 1), 1e5)
    full = 0.5 * (half[..., 1:] + half[..., :-1])
    fields = {
        "eastward_wind": rng.uniform(-20, 20, full.shape),
        "northward_wind": rng.uniform(-20, 20, full.shape),
        "air_temperature": rng.uniform(240, 260, full.shape),
        "upward_air_velocity": rng.uniform(-0.1, 0.1, full.shape),
        "air_pressure": full,
        "surface_air_pressure": half[..., -1].copy(),
        "air_pressure_at_half_levels": half,
    }
    with load_scheme(path, on_limit="ignore", **given) as scheme:
        scheme.set_levels(full[0, 0])
        scheme.set_columns(*(place.copy() for place in places))
        wanted = {field.name for field in scheme.contract.inputs} | OF_HOST
        found = scheme.predict({k: v for k, v in fields.items() if k in wanted})
        return found, scheme.statistics().compiled


def test_library_runs_the_package(compiled, tmp_path):
    found, ran = run(compiled)
    assert ran == "runs"
    plain, of_plain = run(shutil.copy(compiled, tmp_path))
    assert of_plain == "none"
    for name, values in plain.items():
        largest = abs(values).max()
        assert largest > 0
        assert abs(found[name] - values).max() <= 1e-5 * largest


def test_schemes_share_a_package_and_threads_a_pass(compiled):
    first, _ = run(compiled)
    with load_scheme(compiled):
        again, _ = run(compiled)
    shared, _ = run(compiled, threads=2)
    for name, values in first.items():
        assert np.array_equal(again[name], values)
        assert abs(shared[name] - values).max() <= 1e-5 * abs(values).max()


def test_another_precision_leaves_it_aside(compiled):
    assert run(compiled, precision="bfloat16")[1] == "none"


@pytest.mark.parametrize("key", ["artefact", "processor", "torch", "version"])
def test_a_package_for_something_else_leaves_torchscript(copied, key, capsys):
    package = package_path(copied)
    rewritten(copied, lambda keys: keys | {key: 2 if key == "version" else "other"})
    found, ran = run(copied)
    assert ran == "unfit"
    assert main(["inspect", str(copied)]) == 0
    assert f"{package.name} does not fit: it was" in capsys.readouterr().out
    package.unlink()
    for name, values in run(copied)[0].items():
        assert np.array_equal(found[name], values)


def test_another_layout_is_not_read(copied):
    def turned(keys):
        levels, rows, length = keys["inputs"][0]["shape"]
        keys["inputs"][0]["stride"] = [rows * length, length, 1]
        assert levels > 1
        return keys

    rewritten(copied, turned)
    assert run(copied)[1] == "unfit"


def test_a_damaged_package_leaves_torchscript(copied):
    package = package_path(copied)
    package.write_bytes(package.read_bytes()[:-2000])
    assert run(copied)[1] == "unfit"


def test_the_probe_is_the_judge(copied, compiled, tmp_path):
    """A package of another network, whose keys are right."""
    checkpoint = torch.load(compiled.with_suffix(".ckpt"), weights_only=False)
    for weight in checkpoint["model_state_dict"].values():
        if weight.is_floating_point():
            weight.mul_(1.1)
    torch.save(checkpoint, tmp_path / "other.ckpt")
    known = options(tmp_path, NLEV, grid="16x32")
    other = export_model(
        tmp_path / "other.ckpt", tmp_path / "other.pt", options=known
    ).path
    shutil.copy(other, copied)
    keys = artefact_listing(copied)
    rewritten(copied, lambda known: known | {"artefact": keys})
    found, ran = run(copied)
    assert ran == "unfit"
    package_path(copied).unlink()
    for name, values in run(copied)[0].items():
        assert np.array_equal(found[name], values)


def test_inspect_says_that_a_package_fits(compiled, capsys):
    assert main(["inspect", str(compiled)]) == 0
    assert f"{package_path(compiled).name}, for this machine" in capsys.readouterr().out


def test_networks_of_columns_are_not_compiled(capsys, tmp_path, tiny_artefact):
    assert main(["compile", str(tiny_artefact), "-o", str(tmp_path / "out")]) == 2
    assert "of kind column, expected a network of the globe" in capsys.readouterr().err


def test_it_needs_the_exported_program(capsys, tmp_path):
    path = unet(tmp_path, exported_program="no")
    assert main(["compile", str(path)]) == 2
    assert "has no exported program" in capsys.readouterr().err


def test_it_needs_a_compiler(tmp_path):
    path = unet(tmp_path)
    script = "import sys; from gwparam.cli import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", script, "compile", str(path)],
        env=os.environ | {"CXX": "no-such-compiler"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "there is no C++ compiler no-such-compiler" in done.stderr
    assert not package_path(path).exists()


def test_the_artefact_is_not_written_over(capsys, tmp_path):
    path = unet(tmp_path)
    assert main(["compile", str(path), "-o", str(path)]) == 2
    assert "both read and written" in capsys.readouterr().err
