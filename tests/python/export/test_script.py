import pytest
import torch
from torch import nn

from gwparam.export.script import script


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))


class Enlarging(nn.Module):
    def forward(self, x):
        return nn.functional.interpolate(x, scale_factor=2.0)


class Wrong(nn.Module):
    def forward(self, x):
        return x.no_such_thing()


def test_names_do_not_say_what_was_scripted_before():
    torch.jit.script(nn.Sequential(nn.Linear(1, 1), nn.ReLU()))
    network = Net()

    first = script(network)
    torch.jit.script(Net())
    second = script(network)

    assert str(first.graph) == str(second.graph)
    x = torch.ones(2, 3)
    assert torch.equal(first(x), network(x))
    assert torch.equal(torch.jit.script(network)(x), network(x))


def test_functions_with_overloads():
    for _ in range(3):
        assert script(Enlarging())(torch.ones(1, 1, 2)).shape == (1, 1, 4)


def test_what_cannot_be_scripted():
    with pytest.raises(RuntimeError, match="no_such_thing"):
        script(Wrong())
