"""Precision, devices and the settings of the host that a forward pass must not change.

Tests marked `gpu` need a CUDA device and skip without one.
"""

import copy
import threading
from pathlib import Path

import artefacts
import numpy as np
import pytest
import torch
from artefacts import DUDT, DVDT, LAT, PRESSURE, PS, U, V

import gwparam
from gwparam import errors
from gwparam.export import export_model

COLUMNS = 40
BFLOAT16_EPSILON = 2.0**-8
CUDA = torch.cuda.is_available()

needs_cuda = pytest.mark.skipif(not CUDA, reason="no CUDA device")
on_cuda = pytest.param("cuda", marks=[pytest.mark.gpu, needs_cuda])


class Mixing(torch.nn.Module):
    """Products and a convolution of float32, of sizes that every device computes."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.weight: torch.Tensor
        self.kernel: torch.Tensor
        self.register_buffer("weight", 1e-6 * torch.randn(5, 5, generator=generator))
        self.register_buffer("kernel", torch.randn(1, 1, 3, generator=generator))

    def forward(self, u, v, ps, lat):
        smooth = torch.conv1d(v.unsqueeze(1), self.kernel, padding=1).squeeze(1)
        dudt = torch.matmul(u, self.weight) + 0 * ps.unsqueeze(1)
        return dudt, 1e-6 * smooth + 0 * lat.unsqueeze(1)


class Hungry(artefacts.Linear):
    """Asks for 2^60 numbers where a wind is above 1000 m s-1."""

    def forward(self, u, v, ps, lat):
        if bool((u > 1000).any()):
            return torch.zeros([1152921504606846976]) + u, v
        return 1e-6 * u + 1e-12 * ps.unsqueeze(1), -2e-6 * v + 1e-7 * lat.unsqueeze(1)


class Mismatched(artefacts.Linear):
    """Multiplies what cannot be multiplied where a wind is above 1000 m s-1."""

    def forward(self, u, v, ps, lat):
        if bool((u > 1000).any()):
            return torch.matmul(u, u), v
        return 1e-6 * u + 1e-12 * ps.unsqueeze(1), -2e-6 * v + 1e-7 * lat.unsqueeze(1)


def mixing_artefact(
    folder: Path, tolerance: float, reduced_tolerance: float | None = None
) -> Path:
    document = copy.deepcopy(artefacts.contract("float32"))
    document["probe"]["tolerance"] = tolerance
    document["probe"]["reduced_tolerance"] = reduced_tolerance
    path = folder / f"mixing_{tolerance}_{reduced_tolerance}.pt"
    artefacts.write(path, Mixing(), document)
    return path


def loaded(path: Path, **options: object) -> gwparam.Scheme:
    scheme = gwparam.load_scheme(path, **options)
    scheme.set_levels(PRESSURE)
    return scheme


@pytest.fixture
def fields() -> dict[str, np.ndarray]:
    random = np.random.default_rng(4)
    return {
        U: 20 * random.standard_normal((COLUMNS, 5)),
        V: 20 * random.standard_normal((COLUMNS, 5)),
        PS: random.normal(9e4, 1e3, COLUMNS),
        LAT: random.uniform(-90, 90, COLUMNS),
    }


def difference(found: dict, expected: dict, name: str) -> float:
    scale = np.abs(expected[name]).max()
    return float(np.abs(found[name] - expected[name]).max() / scale)


@pytest.mark.parametrize("device", ["cpu", on_cuda])
def test_bfloat16_where_the_probe_allows_it(tmp_path, fields, device) -> None:
    path = mixing_artefact(tmp_path, 0.03)
    expected = loaded(path, device="cpu").predict(fields)
    found = loaded(path, device=device, precision="bfloat16").predict(fields)
    for name in (DUDT, DVDT):
        # Of the size of its roundings: neither float32's, nor more than a few.
        assert difference(found, expected, name) > 0.1 * BFLOAT16_EPSILON
        assert difference(found, expected, name) < 4 * BFLOAT16_EPSILON


@pytest.mark.parametrize("device", ["cpu", on_cuda])
def test_bfloat16_is_refused_where_the_probe_is_missed(tmp_path, device) -> None:
    path = mixing_artefact(tmp_path, 1e-5)
    with pytest.raises(errors.InferenceError, match="the probe is off by"):
        loaded(path, device=device, precision="bfloat16")


@pytest.mark.parametrize("device", ["cpu", on_cuda])
def test_reduced_tolerance_is_that_of_the_reduced_precision(tmp_path, device) -> None:
    wide = mixing_artefact(tmp_path, 1e-5, 0.03)
    loaded(wide, device=device, precision="bfloat16")
    loaded(wide, device=device)
    narrow = mixing_artefact(tmp_path, 0.03, 1e-5)
    with pytest.raises(errors.InferenceError, match="expected at most 1e-05 of"):
        loaded(narrow, device=device, precision="bfloat16")
    loaded(narrow, device=device)


def test_reduced_tolerance_does_not_excuse_the_exported_precision(tmp_path) -> None:
    path = tmp_path / "other.pt"
    document = copy.deepcopy(artefacts.contract("float32"))
    document["probe"]["reduced_tolerance"] = 0.03
    artefacts.write(path, artefacts.Linear(), document, scale=1.001)
    loaded(path, device="cpu", precision="bfloat16")
    with pytest.raises(errors.InferenceError, match="expected at most 1e-06 of"):
        loaded(path, device="cpu")


def test_reduced_precision_is_that_of_the_graph_beside_a_column_program(
    tiny_checkpoint, tmp_path, fields
) -> None:
    path = tmp_path / "tiny.pt"
    export_model(tiny_checkpoint, path, reduced_tolerance=0.2)
    exact = loaded(path, device="cpu").predict(fields)
    reduced = loaded(path, device="cpu", precision="bfloat16").predict(fields)
    assert 1e-5 < difference(reduced, exact, DUDT) < 0.2


def test_exported_float32_network_refuses_bfloat16(tiny_artefact_float32) -> None:
    with pytest.raises(errors.InferenceError, match="the probe is off by"):
        gwparam.load_scheme(tiny_artefact_float32, device="cpu", precision="bfloat16")


@pytest.mark.parametrize(
    ("precision", "message"),
    [
        ("float16", 'precision is "float16", expected one of exported, tf32, bfloat16'),
        ("tf32", "needs a CUDA device, and the device is cpu"),
        ("bfloat16", "needs a network of float32, and this one is of float64"),
    ],
)
def test_precision_is_refused(tiny_artefact, precision, message) -> None:
    with pytest.raises(errors.ArgumentError, match=message):
        gwparam.load_scheme(tiny_artefact, device="cpu", precision=precision)


def test_unknown_choice_of_graphs_is_refused(tiny_artefact) -> None:
    message = 'graphs is "on", expected one of auto, off'
    with pytest.raises(errors.ArgumentError, match=message):
        gwparam.load_scheme(tiny_artefact, device="cpu", graphs="on")


def test_bits_on_the_cpu_do_not_depend_on_graphs(tiny_artefact, fields) -> None:
    automatic, off = (
        loaded(tiny_artefact, device="cpu", graphs=graphs).predict(fields)
        for graphs in ("auto", "off")
    )
    for name in (DUDT, DVDT):
        assert np.array_equal(automatic[name], off[name])


def test_host_with_autocast_gets_the_same_bits(tmp_path, fields) -> None:
    scheme = loaded(mixing_artefact(tmp_path, 1e-5), device="cpu")
    expected = scheme.predict(fields)
    with torch.autocast("cpu", torch.bfloat16):
        found = scheme.predict(fields)
        assert torch.is_autocast_enabled("cpu")
    for name in (DUDT, DVDT):
        assert np.array_equal(found[name], expected[name])


def test_another_thread_than_that_of_loading(tmp_path, fields) -> None:
    """What libtorch keeps for each thread is set in the one that runs the network."""
    scheme = loaded(mixing_artefact(tmp_path, 0.03), device="cpu", precision="bfloat16")
    expected = scheme.predict(fields)
    before = torch.get_num_threads()
    found = {}
    inside = []

    def run() -> None:
        torch.set_num_threads(2)
        found.update(scheme.predict(fields))
        inside.append((torch.get_num_threads(), torch.is_inference_mode_enabled()))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert inside == [(2, False)]
    assert torch.get_num_threads() == before
    assert not torch.is_autocast_enabled("cpu")
    for name in (DUDT, DVDT):
        assert np.array_equal(found[name], expected[name])


def test_precision_is_that_of_all_threads(tmp_path, fields) -> None:
    path = mixing_artefact(tmp_path, 0.03)
    # So many passes that no thread is done before another begins.
    many = {name: np.concatenate(200 * [x]) for name, x in fields.items()}
    one, three = (
        loaded(
            path, device="cpu", precision="bfloat16", threads=threads, chunk_columns=16
        ).predict(many)
        for threads in (1, 3)
    )
    for name in (DUDT, DVDT):
        assert np.array_equal(three[name], one[name])


@pytest.mark.parametrize(
    ("network", "error", "message"),
    [
        (Hungry, errors.HostMemoryError, "memory"),
        (Mismatched, errors.InferenceError, "^the network raised: mat1 and mat2"),
    ],
)
def test_operation_that_fails_in_a_run(
    tmp_path, fields, network, error, message
) -> None:
    path = tmp_path / "fails.pt"
    artefacts.write(path, network(), artefacts.contract())
    scheme = loaded(path, device="cpu")
    expected = scheme.predict(fields)
    with pytest.raises(error, match=message):
        scheme.predict({**fields, U: 100 * fields[U]})
    found = scheme.predict(fields)
    assert np.array_equal(found[DUDT], expected[DUDT])


class HungryOnDevice(artefacts.Linear):
    """Asks the device for 2^44 numbers where a wind is above 1000 m s-1."""

    def forward(self, u, v, ps, lat):
        if bool((u > 1000).any()):
            return torch.zeros([17592186044416], device=u.device)[:5] + u, v
        return 1e-6 * u + 1e-12 * ps.unsqueeze(1), -2e-6 * v + 1e-7 * lat.unsqueeze(1)


@pytest.mark.gpu
@needs_cuda
def test_a_device_without_memory_is_named_and_runs_on(tmp_path, fields) -> None:
    path = tmp_path / "hungry.pt"
    artefacts.write(path, HungryOnDevice(), artefacts.contract())
    scheme = loaded(path, device="cuda")
    expected = scheme.predict(fields)
    with pytest.raises(errors.DeviceError, match="memory"):
        scheme.predict({**fields, U: 100 * fields[U]})
    found = scheme.predict(fields)
    assert np.array_equal(found[DUDT], expected[DUDT])


def test_nothing_is_copied_on_the_cpu(tiny_artefact, fields) -> None:
    scheme = loaded(tiny_artefact, device="cpu")
    scheme.predict(fields)
    counters = scheme.statistics()
    assert (counters.on_cuda, counters.fell_back) == (False, False)
    assert not counters.on_graphs
    assert (counters.host_to_device_bytes, counters.device_to_host_bytes) == (0, 0)


def test_absent_device_is_an_error_or_the_cpu(tiny_artefact, fields) -> None:
    absent = f"cuda:{torch.cuda.device_count()}"
    with pytest.raises(errors.DeviceError, match=f'device is "{absent}", expected'):
        gwparam.load_scheme(tiny_artefact, device=absent)
    scheme = loaded(tiny_artefact, device=absent, on_device_failure="fallback")
    assert scheme.statistics().fell_back
    expected = loaded(tiny_artefact, device="cpu").predict(fields)
    assert np.array_equal(scheme.predict(fields)[DUDT], expected[DUDT])


@pytest.mark.gpu
@needs_cuda
@pytest.mark.parametrize("graphs", ["auto", "off"])
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-5)]
)
def test_cuda_agrees_with_the_cpu(
    graphs, tiny_artefact, tiny_artefact_float32, fields, dtype, tolerance
) -> None:
    path = tiny_artefact if dtype == "float64" else tiny_artefact_float32
    expected = loaded(tiny_artefact, device="cpu").predict(fields)
    scheme = loaded(path, device="cuda", graphs=graphs)
    for _ in range(3):
        found = scheme.predict(fields)
        for name in (DUDT, DVDT):
            assert difference(found, expected, name) <= tolerance
    counters = scheme.statistics()
    assert (counters.on_cuda, counters.on_graphs) == (True, graphs == "auto")


@pytest.mark.gpu
@needs_cuda
def test_cuda_gives_the_same_bits_with_and_without_graphs(
    tiny_artefact_float32, fields
) -> None:
    found = [
        loaded(tiny_artefact_float32, device="cuda", graphs=graphs).predict(fields)
        for graphs in ("auto", "off")
    ]
    for name in (DUDT, DVDT):
        assert np.array_equal(found[0][name], found[1][name])


@pytest.mark.gpu
@needs_cuda
@pytest.mark.parametrize("graphs", ["auto", "off"])
def test_cuda_copies_once_in_and_once_out(graphs, tiny_artefact, fields) -> None:
    """Per chunk of 16 columns: two winds, surface pressure, latitude; two drags."""
    scheme = loaded(tiny_artefact, device="cuda", chunk_columns=16, graphs=graphs)
    before = scheme.statistics()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as p:
        scheme.predict(fields)
    after = scheme.statistics()
    chunks = 3
    doubles_in, doubles_out = 16 * (5 + 5 + 1 + 1), 16 * (5 + 5)
    copied_in = after.host_to_device_bytes - before.host_to_device_bytes
    copied_out = after.device_to_host_bytes - before.device_to_host_bytes
    assert (copied_in, copied_out) == (
        chunks * 8 * doubles_in,
        chunks * 8 * doubles_out,
    )
    names = [event.name for event in p.events()]
    assert sum("Memcpy HtoD" in name for name in names) == chunks
    assert sum("Memcpy DtoH" in name for name in names) == chunks
    launched = any("GraphLaunch" in name for name in names)
    assert launched == (graphs == "auto")


@pytest.mark.gpu
@needs_cuda
def test_network_that_asks_the_device_runs_without_a_graph(tmp_path, fields) -> None:
    path = tmp_path / "asks.pt"
    artefacts.write(path, artefacts.Raises(), artefacts.contract())
    scheme = loaded(path, device="cuda")
    expected = loaded(path, device="cpu").predict(fields)
    assert difference(scheme.predict(fields), expected, DUDT) <= 1e-12
    assert not scheme.statistics().on_graphs
    with pytest.raises(errors.InferenceError, match="too windy"):
        scheme.predict({**fields, U: 100 * fields[U]})
    assert difference(scheme.predict(fields), expected, DUDT) <= 1e-12


@pytest.mark.gpu
@needs_cuda
def test_exported_precision_is_not_tf32(tmp_path, fields) -> None:
    """Not in convolutions either, where libtorch by itself uses it."""
    before = torch.backends.cudnn.allow_tf32
    found = loaded(mixing_artefact(tmp_path, 1e-5), device="cuda").predict(fields)
    expected = loaded(mixing_artefact(tmp_path, 1e-5), device="cpu").predict(fields)
    for name in (DUDT, DVDT):
        assert difference(found, expected, name) <= 1e-6
    assert torch.backends.cudnn.allow_tf32 == before


@pytest.mark.gpu
@needs_cuda
def test_tf32_where_the_probe_allows_it(tmp_path, fields) -> None:
    path = mixing_artefact(tmp_path, 0.03)
    expected = loaded(path, device="cpu").predict(fields)
    found = loaded(path, device="cuda", precision="tf32").predict(fields)
    for name in (DUDT, DVDT):
        assert difference(found, expected, name) < 2.0**-9
    assert not torch.backends.cuda.matmul.allow_tf32


@pytest.mark.gpu
@needs_cuda
def test_second_thread_on_a_device(tiny_artefact, fields) -> None:
    scheme = loaded(tiny_artefact, device="cuda")
    expected = scheme.predict(fields)
    found = {}
    thread = threading.Thread(target=lambda: found.update(scheme.predict(fields)))
    thread.start()
    thread.join()
    assert np.array_equal(found[DUDT], expected[DUDT])
