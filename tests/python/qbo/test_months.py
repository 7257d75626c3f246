import numpy as np
import torch

from gwparam.qbo.batch import Stepper
from gwparam.qbo.months import run_months
from gwparam.qbo.testbed import Testbed

TESTBED = Testbed(semiannual=2.0)


def drag(wind: torch.Tensor, day: int) -> torch.Tensor:
    return -1e-7 * wind * (1 + day % 3)


def test_means_are_those_of_the_stepper() -> None:
    found = run_months(TESTBED, drag, 2, 3)
    start = torch.from_numpy(TESTBED.initial_wind).repeat(2, 1)
    days = Stepper(TESTBED).run(start, drag, 90).numpy()
    expected = days.reshape(3, 30, 2, 73).mean(axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_an_unstable_column_leaves_the_others_as_they_are() -> None:
    def kicked(wind: torch.Tensor, day: int) -> torch.Tensor:
        push = drag(wind, day)
        if day == 40:
            push = push.clone()
            push[1] = torch.inf
            push[2] = 1.0  # 86 km s-1 in a day
        return push

    months = []
    found = run_months(TESTBED, kicked, 4, 3, advance=lambda: months.append(1))
    alone = run_months(TESTBED, drag, 4, 3)
    assert len(months) == 3
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1:, 1:3]).all()
    np.testing.assert_array_equal(found[:, [0, 3]], alone[:, [0, 3]])
