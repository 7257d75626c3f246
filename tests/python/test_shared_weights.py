"""Schemes of one artefact in one process: they share its weights, and nothing else."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import artefacts
import numpy as np
import pytest
import torch
from artefacts import DUDT, LAT, PRESSURE, PS, U, V

import gwparam
from gwparam.export import export_model

MEGABYTES = 32


class Heavy(artefacts.Linear):
    """`Linear`, with weights of 32 MB that are ones."""

    def __init__(self) -> None:
        super().__init__()
        ones = torch.ones(MEGABYTES, 1 << 17, dtype=torch.float64)
        self.weight = torch.nn.Parameter(ones, requires_grad=False)

    def forward(self, u, v, ps, lat):
        dudt = 1e-6 * u + 1e-12 * ps.unsqueeze(1)
        return self.weight[0, 0] * dudt, -2e-6 * v + 1e-7 * lat.unsqueeze(1)


class Scaled(artefacts.Linear):
    """`Linear` with its eastward drag times a factor, which is its one weight."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(factor), requires_grad=False)

    def forward(self, u, v, ps, lat):
        dudt = 1e-6 * u + 1e-12 * ps.unsqueeze(1)
        return self.factor * dudt, -2e-6 * v + 1e-7 * lat.unsqueeze(1)


@pytest.fixture(scope="module")
def wavenet(reference_data, tmp_path_factory) -> Path:
    """Export the published WaveNet, in float32, for products in bfloat16 too."""
    path = tmp_path_factory.mktemp("wavenet") / "wavenet.pt"
    checkpoint = reference_data / "wavenet" / "network_wst.pkl"
    export_model(checkpoint, path, reduced_tolerance=0.1)
    return path


def state(scheme: gwparam.Scheme, seed: int, columns: int = 300) -> dict:
    """Winds and surfaces of as many levels as the contract says."""
    random = np.random.default_rng(seed)
    nlev = scheme.contract.vertical.nlev
    return {
        U: 20 * random.standard_normal((columns, nlev)),
        V: 20 * random.standard_normal((columns, nlev)),
        PS: random.normal(9e4, 1e3, columns),
        LAT: random.uniform(-90, 90, columns),
    }


def side_by_side(bodies: list[Callable[[], None]]) -> None:
    """Run each in a thread of its own, all from the same moment on."""
    start = threading.Barrier(len(bodies))
    failures = []

    def run(body: Callable[[], None]) -> None:
        try:
            start.wait()
            body()
        except BaseException as error:  # for the thread of the test
            failures.append(error)

    threads = [threading.Thread(target=run, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


SETTINGS: list[dict] = [
    {},
    {"chunk_columns": 16},
    {"lag": 1, "threads": 2},
    {"precision": "bfloat16"},
]


def loaded(path: Path, **options: object) -> gwparam.Scheme:
    scheme = gwparam.load_scheme(path, device="cpu", **options)
    pressure = scheme.contract.vertical.nominal_pressure
    scheme.set_levels(list(pressure) if pressure else PRESSURE)
    return scheme


@pytest.mark.parametrize(
    "settings", [[{}] * 4, SETTINGS], ids=["alike", "of different settings"]
)
def test_schemes_of_four_threads_keep_their_bits(wavenet, settings) -> None:
    """Loaded side by side, too, while others already compute."""
    alone = []
    for n, options in enumerate(settings):
        scheme = loaded(wavenet, **options)
        fields = state(scheme, n)
        alone.append(scheme.predict(fields))
        del scheme
    assert not np.array_equal(alone[0][DUDT], alone[1][DUDT])
    same = [0] * len(settings)

    def body(n: int) -> None:
        for _ in range(4):
            scheme = loaded(wavenet, **settings[n])
            fields = state(scheme, n)
            for _ in range(10):
                found = scheme.predict(fields)
                same[n] += all(np.array_equal(found[x], alone[n][x]) for x in found)

    side_by_side([lambda n=n: body(n) for n in range(len(settings))])

    assert same == [40] * len(settings)


def test_file_of_another_network_is_not_taken_for_the_first(tmp_path) -> None:
    path = tmp_path / "network.pt"
    artefacts.write(path, Scaled(1.0), artefacts.contract())
    size = path.stat().st_size
    first = loaded(path)
    fields = state(first, 1)
    expected = first.predict(fields)
    artefacts.write(path, Scaled(2.0), artefacts.contract())  # into the same file
    assert path.stat().st_size == size
    second = loaded(path)
    assert np.array_equal(second.predict(fields)[DUDT], 2 * expected[DUDT])
    assert np.array_equal(first.predict(fields)[DUDT], expected[DUDT])


# Prints what is resident after a first load and after three more [MB].
PROGRAM = """
import sys
from pathlib import Path
import gwparam

def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(l.split()[1]) for l in lines if l.startswith("RssAnon")) / 1024

schemes, found = [], []
for loads in (1, 3):
    schemes += [gwparam.load_scheme(sys.argv[1], device="cpu") for _ in range(loads)]
    found.append(resident())
print(*found)
"""


def test_weights_are_in_memory_once(tmp_path) -> None:
    path = tmp_path / "heavy.pt"
    artefacts.write(path, Heavy(), artefacts.contract())
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, path],
        cwd=tmp_path,  # not the sources, which have no compiled parts
        capture_output=True,
        text=True,
        check=True,
    )
    one, four = map(float, done.stdout.split())
    assert one > MEGABYTES
    assert four - one < MEGABYTES / 4
