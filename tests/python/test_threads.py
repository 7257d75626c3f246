"""Threads of a step: the same bits with any number, failures, the host's settings."""

import copy
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import artefacts
import numpy as np
import pytest
import torch
from artefacts import DUDT, DVDT, LAT, PRESSURE, PS, U, V

import gwparam
from gwparam import errors


class Perceptron(torch.nn.Module):
    """Of sizes that libtorch rounds in another way where more threads share a pass.

    So seen on an Intel Xeon: the function in float32, the product of 491 terms in
    float64.
    """

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.layers = torch.nn.ModuleList()
        for inner, outer in ((10, 491), (491, 64), (64, 10)):
            layer = torch.nn.Linear(inner, outer, bias=False).double()
            layer.weight.data.normal_(0.0, inner**-0.5, generator=generator)
            self.layers.append(layer)

    def forward(self, u, v, ps, lat):
        hidden = torch.cat((u, v), dim=1)
        for layer in self.layers:
            weight = layer.weight.to(u.dtype)
            hidden = torch.matmul(torch.nn.functional.softplus(hidden), weight.t())
        surface = 1e-10 * ps + 1e-8 * torch.cos(lat)
        return 1e-6 * hidden[:, :5] + surface.unsqueeze(1), 1e-6 * hidden[:, 5:]


@pytest.fixture(scope="module")
def fields() -> dict[str, np.ndarray]:
    """Ten chunks of columns and a part of one."""
    random = np.random.default_rng(4)
    columns = 2700
    return {
        U: 20 * random.standard_normal((columns, 5)),
        V: 20 * random.standard_normal((columns, 5)),
        PS: random.normal(9e4, 1e3, columns),
        LAT: random.uniform(-90, 90, columns),
    }


@pytest.fixture(scope="module", params=["float32", "float64"])
def perceptron(request, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("perceptron") / f"{request.param}.pt"
    document = copy.deepcopy(artefacts.contract(request.param))
    artefacts.write(path, Perceptron().requires_grad_(False), document)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("artefacts")
    artefacts.write_all(path)
    return path


def loaded(path: Path, **options: object) -> gwparam.Scheme:
    scheme = gwparam.load_scheme(path, device="cpu", **options)
    scheme.set_levels(PRESSURE)
    return scheme


def assert_same_bits(found: dict, expected: dict) -> None:
    for name in (DUDT, DVDT):
        assert np.array_equal(found[name], expected[name]), name


@pytest.mark.parametrize("lag", [0, 1])
def test_number_of_threads_does_not_change_the_bits(perceptron, fields, lag) -> None:
    expected = loaded(perceptron).predict(fields)
    assert len(np.unique(expected[DUDT])) > 2000
    for threads in (2, 3, 4, 9):
        assert_same_bits(
            loaded(perceptron, threads=threads, lag=lag).predict(fields), expected
        )


def test_one_chunk_has_the_same_bits_too(perceptron, fields) -> None:
    few = {name: field[:300] for name, field in fields.items()}
    expected = loaded(perceptron).predict(few)
    assert_same_bits(loaded(perceptron, threads=3).predict(few), expected)


@pytest.mark.parametrize("column", [0, 1000, 2699])
def test_failure_in_one_chunk_fails_the_step(folder, fields, column) -> None:
    scheme = loaded(folder / "raises.pt", threads=3, chunk_columns=16)
    expected = scheme.predict(fields)
    windy = fields[U].copy()
    windy[column, 2] = 2000.0

    with pytest.raises(errors.InferenceError, match="too windy"):
        scheme.predict({**fields, U: windy})

    assert_same_bits(scheme.predict(fields), expected)


def test_settings_of_the_process_are_left_as_found(perceptron, fields) -> None:
    def found_in_a_new_thread() -> int:
        found = []
        thread = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
        thread.start()
        thread.join()
        return found[0]

    before = torch.get_num_threads(), found_in_a_new_thread()

    loaded(perceptron, threads=3).predict(fields)

    assert (torch.get_num_threads(), found_in_a_new_thread()) == before


BOUND_HOST = """
import json, os, sys
from pathlib import Path
import numpy as np
import torch  # with an OpenMP, which binds this thread
bound = sorted(os.sched_getaffinity(0))
import gwparam
scheme = gwparam.load_scheme(sys.argv[1], device="cpu", threads=2)
scheme.set_levels([1e3, 1e4, 3e4, 6e4, 9e4])
surface = {"Pa": np.full(2048, 1e5), "degrees_north": np.ones(2048)}
fields = {f.name: surface.get(f.units, np.ones((2048, 5)))
          for f in scheme.contract.inputs}
for step in range(2):  # in the first OpenMP binds the new thread
    scheme.predict(fields)
names = {int(task.name): (task / "comm").read_text().strip()
         for task in Path("/proc/self/task").iterdir()}
ours = [task for task, name in names.items() if name == "gwparam"]
cores = [sorted(os.sched_getaffinity(task)) for task in (0, *ours)]
print(json.dumps([bound, *cores]))
"""


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core")
def test_threads_use_all_cores_where_openmp_binds_the_hosts(perceptron) -> None:
    run = subprocess.run(
        [sys.executable, "-P", "-c", BOUND_HOST, perceptron],
        cwd=perceptron.parent,  # not the sources, which have no compiled parts
        env={**os.environ, "OMP_PROC_BIND": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    bound, host, *ours = json.loads(run.stdout)
    if len(bound) > 1:
        pytest.skip("OpenMP does not bind threads here: it knows no places")
    assert host == bound
    assert ours == [sorted(os.sched_getaffinity(0))]
