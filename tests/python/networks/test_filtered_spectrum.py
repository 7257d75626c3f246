import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # its usual name
import xarray as xr

from gwparam.errors import ShapeError
from gwparam.networks.filtered_spectrum import ACTIVATIONS, FilteredSpectrum

NLEV, ROWS = 7, 48
# Sums of a few dozen terms in float64.
TOLERANCE = 1e-12


@pytest.fixture(params=ACTIVATIONS)
def network(request):
    torch.manual_seed(20240917)
    b = torch.tensor([20.0, 3e2, 2e3, 9e3, 3e4, 6e4, 9e4]).double() / 1e5
    network = FilteredSpectrum(torch.zeros(NLEV), b, 6, request.param).double()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    return network.eval()


@pytest.fixture
def features():
    generator = torch.Generator().manual_seed(1)

    def random(levels):
        return torch.randn(ROWS, levels, generator=generator, dtype=torch.float64)

    wind = 15.0 * random(NLEV).cumsum(dim=1)
    temperature = 250.0 + 4.0 * random(NLEV)
    latitude = torch.linspace(-89.0, 89.0, ROWS, dtype=torch.float64)[:, None]
    return torch.cat((wind, temperature, 9.7e4 + 3e3 * random(1), latitude), dim=1)


def with_wind(features, wind):
    return torch.cat((wind, features[:, NLEV:]), dim=1)


def test_reversed_wind_reverses_the_drag(network, features):
    network.spreading.bias.data.zero_()
    reversed_wind = with_wind(features, -features[:, :NLEV])

    with torch.no_grad():
        drag, opposite = network(features), network(reversed_wind)

    assert drag.abs().max() > 0.1
    torch.testing.assert_close(opposite, -drag, rtol=TOLERANCE, atol=TOLERANCE)


def test_only_wind_relative_to_the_source_filters(network, features):
    # The second argument of the flux is the wind at the source.
    network.flux[0].weight.data[:, 1] = 0.0
    faster = with_wind(features, features[:, :NLEV] + 13.0)

    with torch.no_grad():
        expected, deposits = network.deposits(features), network.deposits(faster)

    torch.testing.assert_close(deposits, expected, rtol=1e-9, atol=1e-9)


def test_nothing_is_left_below_the_source(network, features):
    with torch.no_grad():
        deposits = network.deposits(features)

    polar, tropical = deposits[:4], deposits[ROWS // 2 - 2 : ROWS // 2 + 2]
    assert (polar[:, 6:] == 0.0).all()
    assert polar[:, 5].any()
    assert (tropical[:, 5:] == 0.0).all()
    assert tropical[:, 4].any()


def test_wind_below_the_source_does_not_matter(network, features):
    other = features.clone()
    other[:, NLEV - 1] += 50.0

    with torch.no_grad():
        torch.testing.assert_close(
            network.deposits(other), network.deposits(features), rtol=0.0, atol=0.0
        )


def test_source_is_that_of_mima(reference_data):
    with xr.open_dataset(reference_data / "mima" / "mima_t42l40_ad99.nc") as states:
        sigma = torch.tensor(states["sigma_full"].values)
        latitude = torch.tensor(states["lat"].values)[:, None]
        expected = torch.tensor(states["source_level"].values)[:, None] - 1

    network = FilteredSpectrum(torch.zeros_like(sigma), sigma)

    assert torch.equal(network._source(torch.deg2rad(latitude)), expected.long())


def test_edges_are_those_of_a_loop_over_the_levels(network):
    generator = torch.Generator().manual_seed(2)
    relative, resistance, fastest = (
        torch.randn(ROWS, NLEV, generator=generator, dtype=torch.float64)
        for _ in range(3)
    )
    fastest = 2.0 * fastest.abs()
    beyond = 2.0 * relative[:, :1] - relative[:, 1:2]

    with torch.no_grad():
        edges = network._edges(relative, resistance, fastest, beyond)
        local = torch.stack((relative, resistance), dim=2)
        ahead = network.breaking(local)[..., 0]
        positive = F.elu(ahead) + 1.0 if network.is_rectified else F.softplus(ahead)
        broken = relative + positive

    for row in range(ROWS):
        slow, fast, expected = -torch.inf, torch.inf, []
        for level in range(NLEV - 1, -1, -1):
            fast = min(fast, float((relative + fastest)[row, level]))
            slow = max(slow, min(fast, float(broken[row, level])))
            expected.insert(0, slow)
        above = beyond[row, 0] + fastest[row, 0]
        expected.insert(0, max(slow, min(fast, float(above))))
        assert edges[row].tolist() == pytest.approx(expected, abs=TOLERANCE)


def test_force_of_the_same_momentum_is_one_over_the_mass(network, features):
    # Pure sigma levels: all layers hold less air over less surface pressure.
    lighter = features.clone()
    lighter[:, 2 * NLEV] *= 0.5

    with torch.no_grad():
        deposits, expected = network.deposits(lighter), network.deposits(features)

    torch.testing.assert_close(deposits, 2.0 * expected, rtol=1e-9, atol=1e-9)


def test_deposits_of_given_statistics_get_a_size_of_one(network, features):
    mean, variance = features.mean(dim=0), features.var(dim=0)

    network.set_features(mean, variance)
    first = network.size.clone()
    network.set_features(mean, variance)
    with torch.no_grad():
        scaled = (network.deposits(features) / network.size).square().mean(dim=0).sqrt()

    assert torch.equal(network.size, first)
    # Drawn columns are only like the given ones.
    assert ((scaled[:6] > 0.1) & (scaled[:6] < 10.0)).all()
    assert first[6] == 1.0


def test_rescaled_network_gives_a_line_of_what_it_gave(network, features):
    slope, offset = torch.linspace(1, 3, NLEV), torch.linspace(-1, 1, NLEV)
    with torch.no_grad():
        before = network(features)

    network.rescale(slope.double(), offset.double())

    with torch.no_grad():
        torch.testing.assert_close(
            network(features), slope * before + offset, rtol=TOLERANCE, atol=TOLERANCE
        )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_script_gives_the_bits_of_eager(network, features, dtype):
    network, features = network.to(dtype), features.to(dtype)

    with torch.inference_mode():
        scripted = torch.jit.script(network)
        assert torch.equal(scripted(features), network(features))


def test_two_levels_are_enough_and_one_is_refused(features):
    column = features[:, [0, 1, NLEV, NLEV + 1, 2 * NLEV, 2 * NLEV + 1]]
    network = FilteredSpectrum(torch.zeros(2), torch.tensor([0.2, 0.8])).double()

    assert torch.isfinite(network(column)).all()

    with pytest.raises(ShapeError) as caught:
        FilteredSpectrum(torch.zeros(1), torch.ones(1))
    assert str(caught.value) == "nlev is 1, expected at least 2 for a filtered spectrum"


def test_every_parameter_gets_a_gradient(network, features):
    network(features).square().mean().backward()

    for name, parameter in network.named_parameters():
        assert parameter.grad.abs().max() > 0.0, name
