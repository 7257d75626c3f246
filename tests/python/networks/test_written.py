"""Methods that are written."""

import torch
from torch import nn

from gwparam.networks.written import written_forward


def test_a_written_method_runs_and_can_be_scripted():
    forward = written_forward(["x", "y"], ["z = torch.cat((x, y))", "return z, x"])
    module = type("Written", (nn.Module,), {"forward": forward})()
    x, y = torch.ones(2), torch.zeros(1)

    for made in (module, torch.jit.script(module)):
        z, same = made(x, y)
        assert z.tolist() == [1.0, 1.0, 0.0]
        assert same is x or same.tolist() == x.tolist()
