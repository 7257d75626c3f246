from dataclasses import replace

import numpy as np
import pytest
from column_networks import NLEV, bare
from torch import nn

from gwparam.errors import ContractError
from gwparam.export.engine import run_on_engine
from gwparam.export.lowering import lower, run_program


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_engine_computes_what_the_reference_does(dtype):
    network = bare(lambda x, layers: layers[0](x).tanh(), nn.Linear(NLEV + 2, NLEV))
    program = lower(network, dtype)
    draw = np.random.default_rng(5).standard_normal
    # Any strides and a type that is not the program's.
    fields = [draw((f.size, 3)).T.squeeze() for f in program.inputs]
    found = run_on_engine(program, fields)
    rounded = [field.astype(dtype).reshape(3, -1) for field in fields]
    for values, expected in zip(found, run_program(program, rounded), strict=True):
        assert values.dtype == dtype
        np.testing.assert_allclose(
            values, expected.reshape(values.shape), rtol=10 * np.finfo(dtype).eps
        )


def test_what_the_library_refuses_is_an_error():
    program = lower(bare(lambda x, _: x[:, :NLEV]), "float64")
    fields = [np.zeros((1, field.size)) for field in program.inputs]
    broken = replace(program, inputs=program.inputs[:-1])
    with pytest.raises(ContractError, match=r"column_program\.json"):
        run_on_engine(broken, fields[:-1])
