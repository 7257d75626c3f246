import numpy as np
import pytest

from gwparam.qbo.forcing import draw_forcing


def test_moments_of_the_control_case() -> None:
    forcing = draw_forcing(200_000, seed=3)
    flux, width = forcing.source_flux, forcing.spectral_width
    assert len(forcing) == 200_000
    assert flux.mean() == pytest.approx(3.7e-3, rel=1e-3)
    assert flux.std() == pytest.approx(1e-4, rel=0.01)
    assert width.mean() == pytest.approx(32.0, rel=0.01)
    assert width.std() == pytest.approx(15.0, rel=0.02)
    correlation = np.corrcoef(np.log(flux), np.log(width))[0, 1]
    assert correlation == pytest.approx(0.75, abs=0.01)


def test_a_seed_is_a_source() -> None:
    short, long, other = (draw_forcing(*given) for given in ((5, 1), (9, 1), (5, 2)))
    assert np.array_equal(short.source_flux, long.source_flux[:5])
    assert np.array_equal(short.spectral_width, long.spectral_width[:5])
    assert not np.array_equal(short.source_flux, other.source_flux)
