"""What is timed does what it says."""

import numpy as np
import pytest
import torch

from gwparam.contract import read_contract
from gwparam.timing import candidates
from gwparam.timing.columns import inputs_of_probe, native_columns


@pytest.fixture
def tiny(tiny_artefact):
    contract = read_contract(tiny_artefact)
    return tiny_artefact, contract, inputs_of_probe(tiny_artefact, contract)


def test_library_and_libtorch_run(tiny):
    artefact, contract, inputs = tiny
    some = inputs.repeated(3)
    candidates.library_step(artefact, contract, some, 1)()
    candidates.libtorch_step(artefact, contract, some, 1)()
    assert torch.get_num_threads() == 1


def test_operations_are_those_of_the_products(tiny):
    artefact, contract, inputs = tiny
    counted = candidates.operations(artefact, contract, inputs)
    network = torch.jit.load(str(artefact))
    weights = sum(
        p.numel() for p in [*network.parameters(), *network.buffers()] if p.ndim == 2
    )
    # u and v go through the same weights.
    assert 0 < counted <= 4 * weights


def test_native_scheme_gives_the_same_for_repeated_columns():
    columns, _ = native_columns(None)
    drag = candidates.native_step(columns, len(columns) + 2)()
    np.testing.assert_array_equal(drag.eastward[-2:], drag.eastward[:2])
    reference = candidates.native_step(columns, 2, by_reference=True)()
    np.testing.assert_allclose(reference.eastward, drag.eastward[:2], 1e-9, 1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_peak_is_of_as_many_operations(dtype):
    done = candidates.peak_step(dtype)()
    assert 1.0 <= done / candidates.PEAK_OPERATIONS < 1.01
