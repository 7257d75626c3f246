import numpy as np
import pytest
import torch

from gwparam.qbo.batch import Stepper
from gwparam.qbo.testbed import Testbed
from gwparam.qbo.waves import WaveDrag, spectrum, spectrum_amplitudes

TESTBED = Testbed()


def test_the_first_year_of_the_recorded_run(reference_data) -> None:
    netcdf = pytest.importorskip("netCDF4")
    with netcdf.Dataset(reference_data / "qbo" / "control.nc") as control:
        expected = control["u_first"][:360].filled()
        flux = torch.from_numpy(control["source_flux"][:360].filled())
        width = torch.from_numpy(control["spectral_width"][:360].filled())
    waves = spectrum()
    amplitudes = spectrum_amplitudes(waves, flux, width)
    drag = WaveDrag(TESTBED, waves)
    start = torch.from_numpy(TESTBED.initial_wind).unsqueeze(0)
    found = Stepper(TESTBED).run(
        start, lambda wind, day: drag(wind, amplitudes[day : day + 1]), 360
    )
    np.testing.assert_allclose(found[:, 0], expected, rtol=0, atol=1e-9)


def test_columns_do_not_see_each_other() -> None:
    start = torch.from_numpy(
        np.stack((TESTBED.initial_wind, -2.0 * TESTBED.initial_wind))
    )

    def drag(wind: torch.Tensor, day: int) -> torch.Tensor:
        return -1e-7 * wind * (1 + day % 3)

    stepper = Stepper(TESTBED)
    both = stepper.run(start, drag, 20)
    assert both.shape == (20, 2, 73)
    for column in range(2):
        alone = stepper.run(start[column : column + 1], drag, 20)
        torch.testing.assert_close(both[:, column], alone[:, 0])
    few = stepper.run(start, drag, 20, levels=[12, 32])
    torch.testing.assert_close(few, both[..., [12, 32]])


def test_the_ends_stay_and_upwelling_lifts() -> None:
    lifted = Stepper(Testbed(upwelling=1e-3, diffusivity=0.0))
    still = Stepper(Testbed(upwelling=0.0, diffusivity=0.0))
    hump = np.exp(-(((TESTBED.height - 24e3) / 2e3) ** 2))
    start = torch.from_numpy(hump).unsqueeze(0)
    days = 31

    def none(wind: torch.Tensor, day: int) -> torch.Tensor:
        return torch.ones_like(wind) * 1e-6 if day < 0 else torch.zeros_like(wind)

    up = lifted.run(start, none, days)[-1, 0]
    centre = float((up * torch.from_numpy(TESTBED.height)).sum() / up.sum())
    assert centre - 24e3 == pytest.approx(1e-3 * 86400.0 * 30, rel=0.05)
    torch.testing.assert_close(still.run(start, none, days)[-1], start)
    pushed = still.run(start, lambda wind, day: torch.ones_like(wind), 5)
    torch.testing.assert_close(pushed[-1][:, [0, -1]], start[:, [0, -1]])


def test_the_semiannual_forcing_is_added() -> None:
    testbed = Testbed(semiannual=5.0, upwelling=0.0, diffusivity=0.0)
    start = torch.zeros(1, 73, dtype=torch.float64)
    found = Stepper(testbed).run(start, lambda wind, day: torch.zeros_like(wind), 46)
    lower = testbed.height <= 28e3
    assert not found[:, 0, lower].any()
    # The integral of G from 0: -cos, 0 at the start.
    height = (testbed.height[-2] - 28e3) / 1e3
    assert float(found[45, 0, -2]) == pytest.approx(5.0 * 2.0 * height, rel=0.03)


def test_gradients_pass() -> None:
    start = torch.from_numpy(TESTBED.initial_wind).unsqueeze(0)
    strength = torch.tensor(1e-7, dtype=torch.float64, requires_grad=True)
    wind = Stepper(TESTBED).run(start, lambda u, _: -strength * u, 4)
    wind[-1].square().sum().backward()
    assert strength.grad is not None
    assert float(strength.grad) < 0.0


def test_it_goes_where_it_is_sent() -> None:
    stepper = Stepper(TESTBED)
    wind = torch.zeros(1, 73, dtype=torch.float64)
    assert stepper.to(torch.device("meta")) is stepper
    found = stepper.next(*(wind.to("meta") for _ in range(3)))
    assert found.device.type == "meta"


def test_the_first_step_is_one_of_euler_and_each_has_its_season() -> None:
    testbed = Testbed(semiannual=5.0)
    stepper = Stepper(testbed)
    before, now = (torch.from_numpy(f * testbed.initial_wind)[None] for f in (1.0, 1.1))
    drag = torch.full_like(now, 1e-5)
    for number, step in (
        (0, stepper.first),
        (50, lambda *its: stepper.next(before, *its)),
    ):
        push = drag + torch.from_numpy(testbed.semiannual_forcing(number))
        assert torch.equal(stepper.step(before, now, drag, number), step(now, push))
