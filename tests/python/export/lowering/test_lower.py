"""The program is the network: published, small and random ones, in both types."""

from collections import Counter
from importlib import import_module
from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # its usual name
from column_networks import NLEV, bare, differences, drag
from hosts import PROJECT
from recipes import ann_cnn, options
from torch import nn

from gwparam.checkpoints import read_checkpoint
from gwparam.export.lowering import LoweringError, lower
from gwparam.networks import from_checkpoint
from gwparam.networks.filtered_spectrum import ACTIVATIONS as SPECTRUM_ACTIVATIONS
from gwparam.networks.filtered_spectrum import FilteredSpectrum, FilteredSpectrumDrag
from gwparam.networks.wavenet import WaveNet, WaveNetDrag


def test_program_equals_the_published_wavenet(reference_data):
    path = reference_data / "wavenet" / "network_wst.pkl"
    network = from_checkpoint(read_checkpoint(path), None, None)

    assert differences(network) < 1


def test_program_equals_the_sample():
    path = PROJECT / "examples" / "sample" / "wavenet_ad99.safetensors"
    network = from_checkpoint(read_checkpoint(path), None, None)

    assert differences(network) < 1


def test_a_column_of_too_many_values_is_told(monkeypatch):
    # The module, which the package hides behind its function of this name.
    module = import_module("gwparam.export.lowering.lower")
    monkeypatch.setattr(module, "MAX_ELEMENTS", 20)

    with pytest.raises(LoweringError, match=r"^it has \d+ values in a column, at most"):
        lower(bare(lambda x, _: torch.exp(x[:, :NLEV])), "float64")


def test_a_network_that_looks_at_nothing_has_no_program():
    network = bare(lambda features, _: torch.ones_like(features)[:, :NLEV])

    with pytest.raises(
        LoweringError, match="it computes nothing: its outputs are inputs or constants"
    ):
        lower(network, "float64")


def test_wavenet_is_dense_layers_without_its_dead_level(reference_data):
    path = reference_data / "wavenet" / "network_wst.pkl"
    program = lower(from_checkpoint(read_checkpoint(path), None, None), "float32")

    counted = Counter(step.op for step in program.instructions)
    assert counted == {"add": 1, "dense": 7 + 39}
    joined = [step.dense for step in program.instructions if step.dense][6]
    assert (joined.rows, joined.inputs, joined.outputs) == (2, 64, 39 * 32)


def test_program_equals_a_small_wavenet():
    torch.manual_seed(0)
    network = WaveNet(NLEV, 13, 2, 7, 3)
    mean = torch.zeros(NLEV + 2)
    mean[NLEV] = 97e3
    network.set_features(mean, torch.full((NLEV + 2,), 20.0) ** 2)

    assert differences(drag(WaveNetDrag, network)) < 1


@pytest.mark.parametrize("activation", SPECTRUM_ACTIVATIONS)
def test_program_equals_the_filtered_spectrum(activation):
    torch.manual_seed(0)
    b = (torch.arange(40) + 0.5) / 40
    network = FilteredSpectrum(torch.full((40,), 50.0), b, 11, activation)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.7)

    assert differences(drag(FilteredSpectrumDrag, network)) < 1


@pytest.mark.parametrize("features", [3, 4])
def test_program_equals_the_ann(tmp_path, features):
    path = ann_cnn(tmp_path / "net.ckpt", 3 + features * 8, 16)
    given = options(tmp_path, 8, features="uvtheta" if features == 3 else None)
    network = from_checkpoint(read_checkpoint(path, allow_pickle=True), None, given)

    assert differences(network) < network.rounding


ACTIVATIONS = {
    "relu": F.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "softplus": F.softplus,
    "elu": F.elu,
    "leaky_relu": F.leaky_relu,
    "softmax": lambda x: F.softmax(x, 1),
    "layer_norm": lambda x: F.layer_norm(x, x.shape[1:]),
}


@pytest.mark.parametrize("seed", range(8))
def test_random_perceptrons(seed):
    generator = np.random.default_rng(seed)
    torch.manual_seed(seed)
    names = generator.choice(list(ACTIVATIONS), 3)
    widths = [NLEV + 2, *generator.integers(3, 20, 3), NLEV]
    norm = nn.BatchNorm1d(int(widths[1]))
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2.0)
    layers = [
        nn.Linear(int(a), int(b), bias=bool(generator.integers(2)))
        for a, b in pairwise(widths)
    ]
    skip = bool(generator.integers(2))

    def function(x, layers):
        for i, name in enumerate(names):
            y = layers[i](x)
            if i == 0:
                y = layers[4](y)
            y = ACTIVATIONS[name](y)
            if skip:
                y = torch.cat((y[:, ::2], -y[:, 1::2].flip(1)), dim=1)
            x = y
        return 3.0 * layers[3](x) - 0.5

    assert differences(bare(function, *layers, norm)) < 1


FUNCTIONS = {
    "running": lambda x: torch.cummax(x, 1)[0] - torch.cummin(x.flip(1), 1)[0],
    "cumsum": lambda x: torch.cumsum(x, dim=1),
    "where": lambda x: torch.where(x > 0.1, x, 2.0 - x.square()),
    "logic": lambda x: torch.where((x > 0) & ~(x >= 0.5) | (x < -1), x, 0.25 * x),
    "surface": lambda x: x * torch.linspace(0, 1, x.shape[1]).to(x) + x[:, -1:],
    "slices": lambda x: torch.cat((x[:, 3:], x[:, :3]), dim=1) - x.roll(1, 1),
    "sum": lambda x: x / (1.0 + x.abs().sum(1, True)) + x.mean(1, True),
    "norm": lambda x: x / x.norm(dim=1, keepdim=True) + x.var(1, keepdim=True),
    "extremes": lambda x: x.amax(1, True) - x.amin(1, True) + x,
    "gather": lambda x: x.gather(1, (x.abs() * 3).long().clamp(0, x.shape[1] - 1)),
    "stripes": lambda x: x[:, torch.arange(x.shape[1]) // 2],
    "powers": lambda x: x**2 + x.abs() ** 0.7 - (x.abs() + 1) ** -0.5 + x**3,
    "roots": lambda x: torch.sign(x) * torch.abs(x) ** (1 / 3) + torch.sqrt(x * x),
    "logs": lambda x: torch.log1p(x.abs()) + torch.log2(x.abs() + 1),
    "exps": lambda x: torch.expm1(x.clamp(max=3.0)) + torch.exp(-x.abs()),
    "waves": lambda x: torch.sin(x) * torch.cos(2.0 * x) + torch.erf(x),
    "whole": lambda x: torch.ceil(x) + torch.floor(2.0 * x) + torch.trunc(3.0 * x),
    "remainder": lambda x: torch.remainder(7.0 * x, 3.0),
    "division": lambda x: x / 3.0 + 1.0 / (1.0 + x * x) + x.reciprocal().clamp(-9, 9),
    "negative_zero": lambda x: (-x).neg() * -1.0 + (0.5 - x) * 4.0,
    "pad": lambda x: F.pad(x, (1, 1), value=0.5)[:, 1:-1] + F.pad(x, (1, 0))[:, :-1],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    torch.manual_seed(1)

    def function(x, layers):
        return FUNCTIONS[name](layers[0](x)) + x[:, :NLEV]

    network = bare(function, nn.Linear(NLEV + 2, NLEV))
    assert differences(network) < 2
