import numpy as np
import pytest
import torch

from gwparam.calibrate.models import Layers, Sources, spectrum_drag
from gwparam.calibrate.network import TestbedNetwork
from gwparam.errors import ArgumentError
from gwparam.qbo.forcing import draw_forcing
from gwparam.qbo.testbed import Testbed
from gwparam.qbo.waves import WaveDrag, spectrum, spectrum_amplitudes

TESTBED = Testbed()


def test_members_of_layers_run_as_each_alone(artefact) -> None:
    model = Layers(TestbedNetwork(artefact, TESTBED), ["network.last"], 0.2, TESTBED)
    assert model.spread.shape == model.start.shape == (73 * 4 + 73,)
    members = model.start + model.spread * [[0.0], [1.0], [-1.0]]
    found = model.run(members, seed=3, months=2)
    assert found.shape == (2, 3, 73)
    forcing = draw_forcing(60, 3)
    wind = torch.from_numpy(TESTBED.initial_wind)[None].repeat(1, 1)
    alone = model.drag(members[1])([forcing])(wind, 0)
    changed = model.changed(members[1])
    direct = model.network.drag([forcing], changed)(wind, 0)
    torch.testing.assert_close(alone, direct)
    assert np.abs(found[1, 1] - found[1, 0]).max() > 0.01
    np.testing.assert_allclose(
        model.run(members[1:2], 3, 2)[:, 0], found[:, 1], atol=1e-3
    )


def test_means_of_the_source_scale_its_days() -> None:
    model = Sources([2e-3, 40.0], 0.1, TESTBED)
    np.testing.assert_allclose(np.exp(model.start), [2e-3, 40.0])
    forcing = draw_forcing(5, 1)
    wind = torch.from_numpy(TESTBED.initial_wind).repeat(2, 1)
    found = model.drag(model.start)([forcing, forcing])(wind, 4)
    flux = torch.tensor([forcing.source_flux[4] * 2e-3 / 3.7e-3] * 2)
    width = torch.tensor([forcing.spectral_width[4] * 40.0 / 32.0] * 2)
    waves = spectrum()
    expected = WaveDrag(TESTBED, waves)(wind, spectrum_amplitudes(waves, flux, width))
    torch.testing.assert_close(found, expected)
    as_it_is = spectrum_drag([forcing], TESTBED)(wind, 4)
    control = Sources([3.7e-3, 32.0], 0.1, TESTBED)
    torch.testing.assert_close(
        as_it_is, control.drag(control.start)([forcing])(wind, 4)
    )


def test_what_cannot_be_is_refused(artefact) -> None:
    with pytest.raises(ArgumentError, match=r"spread is 1.5, expected more than 0"):
        Sources([3.7e-3, 32.0], 1.5, TESTBED)
    with pytest.raises(ArgumentError, match="source_flux is -1, expected more than 0"):
        Sources([-1, 32.0], 0.1, TESTBED)
    network = TestbedNetwork(artefact, TESTBED)
    with pytest.raises(ArgumentError, match="spread is 0"):
        Layers(network, ["network.last"], 0.0, TESTBED)
