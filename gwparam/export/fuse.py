"""Rewrites of a network that keep its answer and save time, made in float64.

``benchmarks/fusion.py`` measures what they save.
"""

import copy
from functools import singledispatch

import torch
import torch.nn.functional as F  # noqa: N812  # its usual name
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from gwparam.networks.ann_cnn import AnnCnn
from gwparam.networks.base import PhysicalNetwork
from gwparam.networks.expected_error import WithExpectedError, with_expected_error
from gwparam.networks.filtered_spectrum import FilteredSpectrumDrag
from gwparam.networks.nonlocal_flux import NonlocalFlux
from gwparam.networks.prithvi.flux import PrithviFlux
from gwparam.networks.wavenet import NORM_EPS, WaveNetDrag

_MULTIPLE = 8
"""Every sum runs over a multiple of so many terms, every product gives a multiple of so
many columns: with MKL a row of a product else depends, in its last bit, on where in the
batch it stands and on the size of the batch. Which numbers of terms do so differs from
one processor to the next."""
_BRANCHES_PER_GROUP = 16
"""A multiple of `_MULTIPLE`. One group of all 40 is slower than 40 branches, because
its hidden units leave the cache."""


@singledispatch
def fuse(network: PhysicalNetwork) -> PhysicalNetwork:
    """Rewrite a network so that it computes the same, faster.

    Parameters
    ----------
    network : PhysicalNetwork
        As published, in float64 and eval mode; it is not changed.

    Returns
    -------
    PhysicalNetwork
        In float64 and eval mode; the network itself where no rewrite is known. In
        batches of 16 columns or a multiple the result of a column is the same to the
        last bit, whatever its place, its batch-mates and the size of the batch; tested
        as ``docs/adr/0003-fixed-chunks.md`` says.
    """
    return network


@fuse.register
def _(network: WaveNetDrag) -> PhysicalNetwork:
    nlev = network.description.vertical.nlev
    fused = FusedWaveNet(network.state_dict(), nlev)
    padding = -(nlev + 2) % _MULTIPLE
    return WaveNetDrag(fused, nn.Identity(), network.description, padding).eval()


@fuse.register
def _(network: FilteredSpectrumDrag) -> PhysicalNetwork:
    fused = copy.deepcopy(network)
    for name in ("breaking", "flux", "amplitude", "spreading"):
        layers = fused.network.get_submodule(name)
        if not isinstance(layers, nn.Sequential):
            layers = nn.Sequential(layers)
        fused.network.set_submodule(name, Padded(layers, axis=-1))
    return fused.eval()


@fuse.register(NonlocalFlux)
def _(network: NonlocalFlux[nn.Module]) -> PhysicalNetwork:
    fused = copy.deepcopy(network)
    if isinstance(network.network, AnnCnn):
        fused.network = Padded(network.network, axis=1)
    else:
        fold_norms(fused.network)
        # Levels last, as the library hands images over: no convolution turns them. The
        # types of torch's `to` do not name the argument.
        fused.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return fused.eval()


@fuse.register
def _(network: WithExpectedError) -> PhysicalNetwork:
    head = copy.deepcopy(network.head)
    layers = head.get_submodule("layers")
    assert isinstance(layers, nn.Sequential)
    head.set_submodule("layers", Padded(layers, axis=1))
    return with_expected_error(fuse(network.network), head)


class Padded(nn.Module):
    """Layers whose features and hidden units are padded with zeros.

    Parameters
    ----------
    published : Sequential
        Products, convolutions of 3 x 3 cells, and functions of single values; it is not
        changed.
    axis : int
        Where the features are.
    """

    def __init__(self, published: nn.Sequential, axis: int) -> None:
        super().__init__()
        self.layers = nn.Sequential()
        for layer in published:
            if isinstance(layer, nn.Linear):
                self.odim = layer.out_features  # the last counts
                # A product with a vector does not depend, and as one with 8 columns it
                # takes six times as long.
                vector = self.odim == 1 and layer is published[-1]
                layer = _product(layer.weight, layer.bias, 1 if vector else _MULTIPLE)
            elif isinstance(layer, nn.Conv2d):
                layer = _convolution(layer)
            elif isinstance(layer, nn.SiLU):
                layer = nn.SiLU(inplace=True)
            self.layers.append(layer)
        features = next(published.parameters()).shape[1]
        self.padding = -features % _MULTIPLE
        self.axis = axis

    def forward(self, features: Tensor) -> Tensor:
        """From (..., idim, ...) to (..., odim), and (rows, odim) after convolutions."""
        shape = list(features.shape)
        shape[self.axis] = self.padding
        padded = torch.cat((features, features.new_zeros(shape)), dim=self.axis)
        outputs: Tensor = self.layers(padded)
        return outputs[..., : self.odim]


def _convolution(layer: nn.Conv2d) -> nn.Conv2d:
    """Pad the channels of a convolution with zeros."""
    rows, columns = (-size % _MULTIPLE for size in layer.weight.shape[:2])
    weight = F.pad(layer.weight, (0, 0, 0, 0, 0, columns, 0, rows))
    padded = nn.Conv2d(weight.shape[1], weight.shape[0], 3, dtype=weight.dtype)
    padded.weight = nn.Parameter(weight)
    if layer.bias is not None:
        padded.bias = nn.Parameter(F.pad(layer.bias, (0, rows)))
    return padded


def fold_norms(module: nn.Module) -> None:
    """Fold every normalisation into the convolution before it, in place.

    Parameters
    ----------
    module : Module
        In eval mode; pairs are neighbours in an ``nn.Sequential``.
    """
    for child in module.modules():
        if isinstance(child, nn.Sequential):
            for i in range(len(child) - 1):
                first, second = child[i], child[i + 1]
                if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                    child[i] = fuse_conv_bn_eval(first, second)
                    child[i + 1] = nn.Identity()


@fuse.register
def _(network: PrithviFlux) -> PhysicalNetwork:
    return network.without_backbone() if network.drops_backbone else network


class FusedWaveNet(nn.Module):
    """A WaveNet and the scaling of its result, as matrix products alone.

    The batch normalisation of the features is folded into the first product and the
    scaling into the last; the branches stand in groups of 16. Features, hidden units
    and branches are padded with zeros to multiples of 8.

    Parameters
    ----------
    weights : dict of str to Tensor
        ``state_dict()`` of a `WaveNetDrag` as published, in float64.
    nlev : int
        Number of full levels.
    """

    def __init__(self, weights: dict[str, Tensor], nlev: int) -> None:
        super().__init__()
        self.nlev = nlev
        self.trunk = nn.Sequential()
        first = 1
        for i in range(first, len(weights), 2):
            key = f"network.shared.{i}"
            if f"{key}.weight" not in weights:
                break
            weight, bias = weights[f"{key}.weight"], weights[f"{key}.bias"]
            if i == first:
                weight, bias = _fold_norm(weights, weight, bias)
            self.trunk.extend((_product(weight, bias), nn.ReLU(inplace=True)))
        self.groups = nn.ModuleList(
            _group(weights, range(i, min(i + _BRANCHES_PER_GROUP, nlev)))
            for i in range(0, nlev, _BRANCHES_PER_GROUP)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Compute the drag.

        Parameters
        ----------
        features : Tensor, shape (rows, nfeature)
            As `WaveNet.forward`, then zeros up to a multiple of 8 features.

        Returns
        -------
        Tensor, shape (rows, nlev)
            Drag along that wind [m s-2], top first.
        """
        shared = self.trunk(features)
        levels = [group(shared) for group in self.groups]
        return torch.cat(levels, dim=1)[:, : self.nlev]


def _fold_norm(
    weights: dict[str, Tensor], weight: Tensor, bias: Tensor
) -> tuple[Tensor, Tensor]:
    """Fold the normalisation of the features into the product that follows it."""
    norm = "network.shared.0"
    deviation = torch.sqrt(weights[f"{norm}.running_var"] + NORM_EPS)
    scale = weights[f"{norm}.weight"] / deviation
    shift = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
    return weight * scale, bias + weight @ shift


def _group(weights: dict[str, Tensor], levels: range) -> nn.Sequential:
    """Turn branches into two products; the second is a matrix of diagonal blocks."""
    branches = [f"network.branches.{level}" for level in levels]
    part = slice(levels.start, levels.stop)
    mean = weights["scaling.mean"][part]
    deviation = weights["scaling.standard_deviation"][part]
    hidden = _product(
        torch.cat([weights[f"{branch}.0.weight"] for branch in branches]),
        torch.cat([weights[f"{branch}.0.bias"] for branch in branches]),
    )
    rows = [weights[f"{branch}.2.weight"] for branch in branches]
    bias = torch.cat([weights[f"{branch}.2.bias"] for branch in branches])
    width = rows[0].shape[1]
    blocks = torch.zeros(len(rows), len(rows) * width, dtype=bias.dtype)
    for i, row in enumerate(rows):
        blocks[i, i * width : (i + 1) * width] = row * deviation[i]
    last = _product(blocks, bias * deviation + mean)
    return nn.Sequential(hidden, nn.ReLU(inplace=True), last)


def _product(
    weight: Tensor, bias: Tensor | None, multiple: int = _MULTIPLE
) -> nn.Linear:
    """Make a linear layer of a matrix and a vector, padded with zeros.

    The features become a multiple of 8, the results one of `multiple`.
    """
    rows, columns = -weight.shape[0] % multiple, -weight.shape[1] % _MULTIPLE
    weight = F.pad(weight, (0, columns, 0, rows))
    linear = nn.Linear(
        weight.shape[1], weight.shape[0], bias is not None, dtype=weight.dtype
    )
    linear.weight = nn.Parameter(weight)
    if bias is not None:
        linear.bias = nn.Parameter(F.pad(bias, (0, rows)))
    return linear
