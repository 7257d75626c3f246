"""A libtorch that is not the one of the build is refused in plain words."""

import os
import subprocess
import sys
from importlib import resources
from pathlib import Path

import artefacts
import pytest

LOAD = "import sys, gwparam; gwparam.load_scheme(sys.argv[1])"
OTHER_RELEASE = """
#include <string>
namespace at {
std::string show_config() { return "CXX=g++, TORCH_VERSION=2.99.1, USE_CUDA=OFF"; }
}
"""

pytestmark = pytest.mark.skipif(
    not resources.files("gwparam").joinpath("lib", "libgwparam_torch.so").is_file(),
    reason="gwparam is installed without its part for torch",
)


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("artefact") / "linear.pt"
    artefacts.write(path, artefacts.Linear(), artefacts.contract())
    return path


def refusal(artefact: Path, **variables: Path) -> str:
    """Last line of a program that loads the artefact and does not import torch."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", LOAD, artefact],
        env=os.environ | {name: str(path) for name, path in variables.items()},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr.splitlines()[-1]


def library(path: Path, source: str) -> Path:
    """Compile a shared library."""
    command = ["g++", "-shared", "-fPIC", "-xc++", "-", "-o", str(path)]
    subprocess.run(command, input=source, text=True, check=True)
    return path


def test_another_release_is_named(artefact: Path, tmp_path: Path) -> None:
    said = refusal(artefact, LD_PRELOAD=library(tmp_path / "other.so", OTHER_RELEASE))
    assert said.startswith("gwparam.errors.ContractError: libtorch is 2.99.1, expected")
    assert said.endswith(", which gwparam was built with")


def test_one_that_lacks_what_is_needed_is_told_with_the_release(
    artefact: Path, tmp_path: Path
) -> None:
    library(tmp_path / "libtorch_cpu.so", "")
    said = refusal(artefact, LD_LIBRARY_PATH=tmp_path)
    assert 'backend is "torchscript", which needs libtorch, and there is no' in said
    assert "undefined symbol" in said
    assert "(gwparam was built with torch 2." in said
