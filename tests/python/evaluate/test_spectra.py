import numpy as np
import pytest

from gwparam.evaluate.spectra import mean_zonal_power, zonal_power


@pytest.mark.parametrize("wavenumber", [1, 3, 7])
def test_a_wave_has_half_the_square_of_its_amplitude(wavenumber):
    longitude = 2.0 * np.pi * np.arange(16) / 16

    power = zonal_power(3.0 * np.cos(wavenumber * longitude + 0.7))

    expected = np.zeros(9)
    expected[wavenumber] = 4.5
    np.testing.assert_allclose(power, expected, atol=1e-14)


def test_the_mean_and_the_shortest_wave_count_once():
    power = zonal_power(2.0 + 3.0 * (-1.0) ** np.arange(8))

    np.testing.assert_allclose(power, [4.0, 0.0, 0.0, 0.0, 9.0], atol=1e-14)


@pytest.mark.parametrize("nlon", [9, 12])
def test_power_adds_up_to_the_mean_square(nlon):
    field = np.random.default_rng(20250307).normal(1.0, 2.0, (2, 3, nlon))

    np.testing.assert_allclose(
        zonal_power(field).sum(-1), (field**2).mean(-1), rtol=1e-13
    )


def test_rows_count_by_their_weight():
    field = np.array([[[1.0, 1.0, 1.0, 1.0], [0.0, 2.0, 0.0, -2.0]]])

    found = mean_zonal_power(field, np.array([0.25, 0.75]))

    np.testing.assert_allclose(found, [[0.25, 0.75 * 2.0, 0.0]], atol=1e-15)
