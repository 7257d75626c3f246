"""Runs the variants of `gpu.py` in turns and prints what they cost."""

import platform
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

NLAT, NLON = 64, 128
WARM_UP_CALLS = 3


@dataclass
class Variant:
    """One way to run a network, and what was found of it."""

    dtype: str
    path: Path
    device: str
    precision: str = "exported"
    graphs: bool = True
    chunk: int = 256  # 0: the image of a global network
    exported: Path | None = None  # of which `path` is a copy with a wider tolerance
    failure: str = ""
    refused: bool = False
    graph_launches: int = 0
    difference: float = 0.0
    bytes_in: int = 0
    bytes_out: int = 0
    seconds: list[float] = field(default_factory=list)
    network_seconds: list[float] = field(default_factory=list)


class Step:
    """A scheme with a state that it is given each time."""

    def __init__(self, variant: Variant, state: dict[str, Any], threads: int) -> None:
        from gwparam.library import load_scheme

        self.scheme = load_scheme(
            variant.path,
            device=variant.device,
            precision=variant.precision,
            graphs="auto" if variant.graphs else "off",
            chunk_columns=variant.chunk,
            threads=threads,
            on_limit="ignore",  # the weights may be a formula's
        )
        contract = self.scheme.contract
        self.scheme.set_levels(state["levels"], contract.vertical.order)
        if contract.geometry.kind != "column":
            self.scheme.set_columns(state["latitude"], state["longitude"])
        self.fields = state["fields"]
        self.results = {
            output.name: np.zeros((NLAT, NLON, contract.vertical.nlev))
            for output in contract.outputs
        }

    def __call__(self) -> None:
        """Hand the state over, run, and take the results."""
        for name, array in self.fields.items():
            self.scheme.put(name, array)
        self.scheme.run()
        for name, array in self.results.items():
            self.scheme.get(name, array)


def state_of(path: Path) -> dict[str, Any]:
    """Make a state of the globe from an artefact's probe."""
    from gwparam.contract import read_contract, read_probe

    contract = read_contract(path)
    probe, _ = read_probe(path)
    vertical = contract.vertical
    if vertical.a is not None:
        levels = np.array(vertical.a) + 1e5 * np.array(vertical.b)
    else:
        levels = np.array(vertical.pressure or vertical.nominal_pressure)
    fields = {}
    for name, values in probe.items():
        array = np.asarray(values, dtype=np.float64)
        if contract.geometry.kind == "global":
            array = np.moveaxis(array, 0, -1) if array.ndim == 3 else array
        else:
            copies = -(-NLAT * NLON // len(array))
            array = np.tile(array, (copies, *[1] * (array.ndim - 1)))[: NLAT * NLON]
            array = array.reshape(NLAT, NLON, *array.shape[1:])
        fields[name] = np.ascontiguousarray(array)
    if contract.flux or vertical.kind != "host":
        between = np.sqrt(levels[1:] * levels[:-1])
        ends = (
            levels[0] ** 1.5 / between[0] ** 0.5,
            levels[-1] ** 1.5 / between[-1] ** 0.5,
        )
        half = np.array([ends[0], *between, ends[1]])
        cells = np.ones((NLAT, NLON, 1))
        fields["air_pressure"] = cells * levels
        fields["air_pressure_at_half_levels"] = cells * half
    state: dict[str, Any] = {"levels": levels, "fields": fields}
    if contract.geometry.kind == "global":
        axes = contract.geometry.latitude, contract.geometry.longitude
        grid = np.meshgrid(*axes, indexing="ij")
        state["latitude"], state["longitude"] = map(np.ascontiguousarray, grid)
    return state


def measure(variants: list[Variant], rounds: int, threads: int) -> list[Variant]:
    """Run all in turns; the first is what the others are compared with."""
    from gwparam.errors import GwparamError

    state = state_of(variants[0].path)
    steps: list[tuple[Variant, Step]] = []
    for variant in variants:
        try:
            step = Step(variant, state, threads)
            variant.refused = is_refused(variant, state, threads)
            describe(variant, step)
        except GwparamError as error:
            variant.failure = str(error)
            continue
        steps.append((variant, step))
        variant.difference = max(
            float(np.abs(result - expected).max() / np.abs(expected).max())
            for result, expected in zip(
                step.results.values(), steps[0][1].results.values(), strict=True
            )
        )
    for _ in range(rounds):
        for variant, step in steps:
            before = step.scheme.statistics().inference_seconds
            start = time.perf_counter()
            step()
            variant.seconds.append(time.perf_counter() - start)
            after = step.scheme.statistics().inference_seconds
            variant.network_seconds.append(after - before)
    return variants


def is_refused(variant: Variant, state: dict[str, Any], threads: int) -> bool:
    """Whether the artefact itself, with its own tolerance, refuses the precision."""
    from dataclasses import replace

    from gwparam.errors import InferenceError

    if variant.exported is None:
        return False
    try:
        Step(replace(variant, path=variant.exported), state, threads)
    except InferenceError:
        return True
    return False


def describe(variant: Variant, step: Step) -> None:
    """Warm up, and note what one call copies and launches."""
    import torch

    for _ in range(WARM_UP_CALLS):
        step()
    before = step.scheme.statistics()
    step()
    after = step.scheme.statistics()
    variant.bytes_in = after.host_to_device_bytes - before.host_to_device_bytes
    variant.bytes_out = after.device_to_host_bytes - before.device_to_host_bytes
    if variant.device == "cuda":
        kinds = [torch.profiler.ProfilerActivity.CUDA]
        with torch.profiler.profile(activities=kinds) as profile:
            step()
        names = [event.name for event in profile.events()]
        variant.graph_launches = sum("GraphLaunch" in name for name in names)


def report(title: str, variants: list[Variant]) -> None:
    """Print a table in Markdown."""
    base = variants[1] if len(variants) > 1 and variants[1].seconds else variants[0]
    if base.device != "cpu":
        base = variants[0]
    headings = (
        "device, network, arithmetic",
        "columns a pass",
        "graphs",
        "difference",
        "step [ms]",
        "fastest [ms]",
        "network [ms]",
        "to device [MB]",
        "to host [MB]",
        "columns/s",
        f"{base.device} {base.dtype} over this",
    )
    print(f"\n{title}, {NLAT} x {NLON} columns\n")
    print("| " + " | ".join(headings) + " |")
    print("| --- |" + " ---: |" * (len(headings) - 1))
    for variant in variants:
        print("| " + " | ".join(_row(variant, base)) + " |", flush=True)


def passed(variant: Variant) -> str:
    """Columns of one forward pass."""
    return str(variant.chunk or NLAT * NLON)


def _row(variant: Variant, base: Variant) -> list[str]:
    name = f"{variant.device}, {variant.dtype}, {variant.precision}"
    if variant.refused:
        name += " (refused)"
    if variant.failure:
        return [name, passed(variant), "", variant.failure, *[""] * 7]
    seconds = np.array(variant.seconds)
    graphs = "-"
    if variant.device == "cuda":
        asked = "" if variant.graphs else "off, "
        graphs = f"{asked}{variant.graph_launches} launches"
    return [
        name,
        passed(variant),
        graphs,
        f"{variant.difference:.1e}",
        f"{1e3 * np.median(seconds):.2f}",
        f"{1e3 * seconds.min():.2f}",
        f"{1e3 * np.median(variant.network_seconds):.2f}",
        f"{variant.bytes_in / 1e6:.3f}",
        f"{variant.bytes_out / 1e6:.3f}",
        f"{NLAT * NLON / np.median(seconds):.3g}",
        f"{np.median(np.array(base.seconds) / seconds):.2f}",
    ]


def describe_machine(threads: int, on_gpu: bool) -> str:
    """Say what was measured on, and when."""
    import torch

    names = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    gpu = torch.cuda.get_device_name() if on_gpu else "no GPU"
    cpu = f"{names[0] if names else platform.processor()}, {len(names)} cores"
    when = time.strftime("%Y-%m-%d")
    return f"{when}: {cpu}, {threads} thread(s); {gpu}; torch {torch.__version__}"
