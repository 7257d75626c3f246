import copy
from dataclasses import replace

import pytest
import torch
import xarray as xr

from gwparam.checkpoints import read_checkpoint
from gwparam.export.fuse import fuse
from gwparam.networks import from_checkpoint
from gwparam.networks.base import PhysicalNetwork
from gwparam.networks.scaling import Destandardise
from gwparam.networks.wavenet import WaveNet, WaveNetDrag

# Rounding of sums of some hundred terms in another order.
TOLERANCE = 1e-13


@pytest.fixture(scope="module")
def tiny(tiny_checkpoint):
    return from_checkpoint(read_checkpoint(tiny_checkpoint))


def odd_sized(tiny):
    """A network no width of which is even: 19 levels, two groups of branches."""
    torch.manual_seed(3)
    nlev = 19
    network = WaveNet(nlev, 13, 2, 7, 3).double().eval()
    scaling = Destandardise(torch.randn(nlev).double(), torch.rand(nlev).double())
    vertical = replace(tiny.description.vertical, nlev=nlev, nominal_pressure=None)
    return WaveNetDrag(network, scaling, replace(tiny.description, vertical=vertical))


def plausible(columns, nlev):
    generator = torch.Generator().manual_seed(2)

    def normal(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    wind = 20 * normal(2, columns, nlev)
    return [wind[0], wind[1], 97e3 + 4e3 * normal(columns), 40 * normal(columns)]


def worst(results, references):
    return max(
        float((a - b).abs().max() / b.abs().max())
        for a, b in zip(results, references, strict=True)
    )


def test_published_network_keeps_its_answer(reference_data):
    network = from_checkpoint(
        read_checkpoint(reference_data / "wavenet" / "network_wst.pkl")
    )
    with xr.open_dataset(reference_data / "wavenet" / "io.nc") as data:
        wind, psfc, lat, gwd = (
            torch.tensor(data[name].values) for name in ("wind", "psfc", "lat", "gwd")
        )
    fused = fuse(network)

    with torch.no_grad():
        eastward, northward = fused(wind, wind.flip(0), psfc, lat)
        single = fused.float()(*(x.float() for x in (wind, wind, psfc, lat)))[0]

    # Promises of the issue: 1e-12 of the largest output in float64, and 1e-5 of each
    # level's largest in float32.
    assert worst([eastward], [gwd]) < 1e-12
    assert (eastward[:, 39] == 0.0).all()
    assert (northward[:, 39] == 0.0).all()
    assert (single[:, 39] == 0.0).all()
    error = (single[:, :39] - gwd[:, :39]).abs().amax(0)
    assert (error / gwd[:, :39].abs().amax(0)).max() < 1e-5


@pytest.mark.parametrize("make", [lambda tiny: tiny, odd_sized], ids=["5", "19"])
def test_any_size_keeps_its_answer(tiny, make):
    network = make(tiny)
    columns = plausible(50, network.description.vertical.nlev)

    with torch.no_grad():
        assert worst(fuse(network)(*columns), network(*columns)) < TOLERANCE


def test_original_is_untouched(tiny):
    before = copy.deepcopy(tiny.state_dict())
    fused = fuse(tiny)
    with torch.no_grad():
        for parameter in fused.parameters():
            parameter.fill_(7.0)

    for key, value in tiny.state_dict().items():
        assert torch.equal(value, before[key])


def test_level_without_variance_is_exactly_its_mean(tiny):
    still = copy.deepcopy(tiny)
    still.scaling.standard_deviation[2] = 0.0
    still.scaling.mean[2] = 0.0

    with torch.no_grad():
        eastward, _ = fuse(still)(*plausible(64, 5))

    assert (eastward[:, 2] == 0.0).all()
    assert (eastward[:, [0, 1, 3, 4]] != 0.0).all()


def test_network_without_a_known_rewrite_is_returned():
    class Other(PhysicalNetwork):
        pass

    other = Other.__new__(Other)

    assert fuse(other) is other
