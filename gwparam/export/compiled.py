"""An artefact's graph, compiled by AOTInductor for the machine where it will run.

The package lies beside the artefact, and the library runs it in place of TorchScript
where its keys are those of the artefact, of libtorch and of the processor.
"""

import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gwparam.compiled_package import (
    KEYS_FILE,
    Keys,
    artefact_listing,
    processor_features,
    torch_release,
)
from gwparam.contract import Contract, read_contract, read_probe
from gwparam.errors import ContractError, DeviceError, InferenceError
from gwparam.export.exported_program import Program, read_exported
from gwparam.export.torch_export import exporting, reason
from gwparam.whole_files import replacement, writing

_ROUNDS = 5
"""Calls that are timed of each."""


@dataclass(frozen=True)
class Compiled:
    """What a package does on this machine.

    Attributes
    ----------
    difference : float
        From the artefact's probe, of its largest output.
    seconds, torchscript_seconds : float
        CPU time of a call on one thread, medians of calls in turns.
    compile_seconds : float
        That it took to compile.
    """

    difference: float
    seconds: float
    torchscript_seconds: float
    compile_seconds: float


class _Whole(nn.Module):
    """An exported program whose weights are its own, to be folded in."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.program = program.program
        self.names = list(program.weights)
        for i, weight in enumerate(program.weights.values()):
            self.register_buffer(f"weight{i}", weight)

    def forward(self, *fields: Tensor) -> tuple[Tensor, ...]:
        """Give the outputs of the contract for its inputs."""
        own = (getattr(self, f"weight{i}") for i in range(len(self.names)))
        outputs: tuple[Tensor, ...] = self.program(
            dict(zip(self.names, own, strict=True)), *fields
        )
        return outputs


def check_compilable(path: str | PathLike[str]) -> Contract:
    """Check before the work that an artefact can be compiled here.

    Raises
    ------
    ContractError
        If it is no network of the globe, or has no exported program.
    DeviceError
        If there is no C++ compiler, or the system does not name the processor.
    """
    contract = read_contract(path)
    kind = contract.geometry.kind
    if kind != "global":
        raise ContractError(
            f"{contract.name} is of kind {kind}, expected a network of the globe: only "
            "these are compiled"
        )
    if (contract.members or 1) > 1:
        raise ContractError(
            f"{path} has {contract.members} members, expected one network: a package "
            "would have their mean alone"
        )
    if contract.exported_program is None:
        raise ContractError(
            f"{path} has no exported program, which is what is compiled: export it "
            "anew with --exported-program yes"
        )
    if not processor_features():
        raise DeviceError("/proc/cpuinfo does not say which processor this is")
    from torch._inductor.cpp_builder import get_cpp_compiler

    try:
        get_cpp_compiler()
    except Exception:  # torch has a class of its own in each version
        wanted = os.environ.get("CXX", "g++")
        raise DeviceError(
            f"there is no C++ compiler {wanted}, which is needed here, though not "
            "where the network runs (the environment variable CXX names another)"
        ) from None
    return contract


def compile_artefact(path: str | PathLike[str], package: Path) -> Compiled:
    """Compile the graph of an artefact, and check and time it on its probe.

    Parameters
    ----------
    path : path-like
        The artefact.
    package : Path
        Written whole, or not at all.

    Raises
    ------
    ContractError, DeviceError
        As `check_compilable`.
    InferenceError
        If it cannot be compiled, or does not give the probe.
    """
    contract = check_compilable(path)
    inputs, expected = read_probe(path)
    fields = [_levels_last(torch.from_numpy(values)) for values in inputs.values()]
    with tempfile.TemporaryDirectory(prefix="gwparam-compile-") as folder:
        began = time.perf_counter()
        with _caches_in(folder):
            made = _compile(read_exported(path), fields, Path(folder))
        took = time.perf_counter() - began
        run = torch._inductor.aoti_load_package(fspath(made))
        off = _difference(run, fields, expected)
        if not off <= contract.probe.tolerance:
            raise InferenceError(
                f"the compiled network differs by {off:.1e} of the largest output, "
                f"expected at most {contract.probe.tolerance:.0e}"
            )
        scripted = torch.jit.load(fspath(path))  # type: ignore[no-untyped-call]  # torch
        own, scripted_seconds = _seconds([run, scripted.eval()], fields)
        keys = Keys(
            artefact=artefact_listing(path),
            torch=torch_release(torch.__version__),
            processor=processor_features(),
            inputs=[_layout(field) for field in fields],
        )
        with zipfile.ZipFile(made, "a") as archive:
            inside = archive.namelist()[0].split("/", 1)[0]
            archive.writestr(f"{inside}/extra/{KEYS_FILE}", keys.to_json())
        with writing(package), replacement(package) as partial:
            shutil.copyfile(made, partial)
    return Compiled(off, own, scripted_seconds, took)


def _compile(program: Program, fields: Sequence[Tensor], folder: Path) -> Path:
    """Write the package of a program for inputs of these shapes and layouts."""
    options = {"freezing": True, "cpp.dynamic_threads": True}
    try:
        with exporting():
            whole = torch.export.export(_Whole(program), tuple(fields), strict=False)
            made = torch._inductor.aoti_compile_and_package(
                whole,
                package_path=fspath(folder / "model.pt2"),
                inductor_configs=options,
            )
    except Exception as error:  # torch raises what it likes
        raise InferenceError(
            f"AOTInductor cannot compile it: {reason(error)}"
        ) from error
    return Path(made)


@contextmanager
def _caches_in(folder: str) -> Iterator[None]:
    """Leave the user's caches alone: nothing is read from them, and nothing left."""
    name = "TORCHINDUCTOR_CACHE_DIR"
    before = os.environ.get(name)
    os.environ[name] = os.path.join(folder, "cache")
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _levels_last(image: Tensor) -> Tensor:
    """Lay the levels of a cell side by side, as the library has them."""
    if image.ndim != 3:
        return image.contiguous()
    return image.permute(1, 2, 0).contiguous().permute(2, 0, 1)


def _layout(field: Tensor) -> Mapping[str, Any]:
    return {
        "dtype": str(field.dtype).removeprefix("torch."),
        "shape": list(field.shape),
        "stride": list(field.stride()),
    }


def _difference(
    run: Callable[..., Any], fields: Sequence[Tensor], expected: Mapping[str, Any]
) -> float:
    with torch.inference_mode():
        found = run(*fields)
    pairs = zip(found, expected.values(), strict=True)
    # NaN stays NaN.
    return float(np.max([abs(a.numpy() - b).max() / abs(b).max() for a, b in pairs]))


def _seconds(
    runs: Sequence[Callable[..., Any]], fields: Sequence[Tensor]
) -> list[float]:
    """Median CPU times of a call on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    taken: list[list[float]] = [[] for _ in runs]
    try:
        with torch.inference_mode():
            for _ in range(2 + _ROUNDS):  # TorchScript is settled after two
                for run, times in zip(runs, taken, strict=True):
                    began = time.process_time()
                    run(*fields)
                    times.append(time.process_time() - began)
    finally:
        torch.set_num_threads(threads)
    return [float(np.median(times[2:])) for times in taken]
