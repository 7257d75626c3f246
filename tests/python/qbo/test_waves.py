import numpy as np
import pytest
import torch

from gwparam.qbo.testbed import Testbed
from gwparam.qbo.waves import (
    WaveDrag,
    spectrum,
    spectrum_amplitudes,
    two_wave_amplitudes,
    two_waves,
)

TESTBED = Testbed()
WIND = 25.0 * np.sin((TESTBED.height - 17e3) / 3e3)


def by_the_letter(wind: np.ndarray, amplitudes: np.ndarray) -> np.ndarray:
    """Drag of the spectrum, level by level as the equations are written."""
    density = TESTBED.density
    flux = np.zeros(73)
    for speed, amplitude in zip(spectrum().speed.numpy(), amplitudes, strict=True):
        wavenumber = 2.0 * 2.0 * np.pi / 4e7
        rate = 2.16e-2 * TESTBED.wave_damping / (wavenumber * (speed - wind) ** 2)
        depth = 0.0
        for level in range(73):
            if level:
                depth += 0.5 * 250.0 * (rate[level] + rate[level - 1])
            flux[level] += amplitude * np.exp(-depth)
    drag = np.zeros(73)
    for level in range(1, 72):
        slope = (flux[level + 1] - flux[level - 1]) / 500.0
        drag[level] = -density[0] / density[level] * slope
    return drag


def test_drag_as_the_equations_say() -> None:
    flux, width = torch.tensor([3.7e-3, 4e-3]), torch.tensor([32.0, 20.0])
    amplitudes = spectrum_amplitudes(spectrum(), flux.double(), width.double())
    totals = amplitudes.abs().sum(1)
    np.testing.assert_allclose(totals, flux.double() / 0.1006)
    found = WaveDrag(TESTBED, spectrum())(
        torch.from_numpy(np.stack((WIND, -0.5 * WIND))), amplitudes
    )
    for row, wind in enumerate((WIND, -0.5 * WIND)):
        expected = by_the_letter(wind, amplitudes[row].numpy())
        np.testing.assert_allclose(found[row], expected, rtol=1e-9, atol=1e-18)


def test_a_mirrored_wind_has_a_mirrored_drag() -> None:
    drag = WaveDrag(TESTBED, two_waves())
    amplitudes = two_wave_amplitudes(TESTBED)
    wind = torch.from_numpy(WIND).unsqueeze(0)
    torch.testing.assert_close(drag(-wind, amplitudes), -drag(wind, amplitudes))


def test_waves_pull_the_wind_towards_their_speed() -> None:
    eastward = torch.tensor([[0.0, 6e-3]], dtype=torch.float64)
    still = torch.zeros(1, 73, dtype=torch.float64)
    assert (WaveDrag(TESTBED, two_waves())(still, eastward)[0, 1:-1] > 0.0).all()


def test_a_wave_ends_at_its_critical_level() -> None:
    wind = torch.full((1, 73), 0.0, dtype=torch.float64)
    wind[0, 40] = 32.0
    alone = torch.tensor([[0.0, 6e-3]], dtype=torch.float64)
    flux = WaveDrag(TESTBED, two_waves()).flux(wind, alone)
    assert flux[0, 39] > 0.0
    assert not flux[0, 40:].any()


def test_the_recorded_source(reference_data) -> None:
    netcdf = pytest.importorskip("netCDF4")
    with netcdf.Dataset(reference_data / "qbo" / "control.nc") as control:
        wind, source, flux, width = (
            torch.from_numpy(control[name][:720].filled())
            for name in ("u_first", "source_first", "source_flux", "spectral_width")
        )
    found = WaveDrag(TESTBED, spectrum())(
        wind, spectrum_amplitudes(spectrum(), flux, width)
    )
    largest = float(source.abs().max())
    inside = slice(1, -1)  # The recorded run has one-sided slopes at the fixed ends.
    np.testing.assert_allclose(
        -found[:, inside], source[:, inside], rtol=0, atol=1e-12 * largest
    )
