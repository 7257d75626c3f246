import numpy as np
import pytest
import torch

from gwparam.synthetic.lessons import Lesson
from gwparam.synthetic.samples import Samples

SINGLE = 1e-6  # relative rounding of float32, a few times


def test_features_are_wind_surface_pressure_and_latitude(
    samples: Samples, lesson: Lesson
) -> None:
    columns = lesson.columns
    assert samples.features.shape == (1200, 42)
    features = samples.features.numpy()
    assert features[5, :40] == pytest.approx(columns.eastward_wind[5], rel=SINGLE)
    assert features[605, :40] == pytest.approx(columns.northward_wind[5], rel=SINGLE)
    for row in (5, 605):
        assert features[row, 40] == pytest.approx(columns.surface_pressure[5])
        assert features[row, 41] == pytest.approx(columns.latitude[5], rel=SINGLE)


def test_drag_has_mean_0_and_deviation_1_at_every_level_that_has_drag(
    samples: Samples,
) -> None:
    varies = samples.standard_deviation > 0
    drag = samples.drag.double()[:, varies]
    assert varies.sum() == 39  # the lowest level is below every source
    assert drag.mean(dim=0).abs().max() < 1e-5
    assert drag.std(dim=0, correction=0) == pytest.approx(1.0, abs=1e-5)


def test_drag_comes_back_with_its_scaling(samples: Samples, lesson: Lesson) -> None:
    drag = samples.drag * samples.standard_deviation + samples.mean
    expected = torch.from_numpy(
        np.concatenate([lesson.drag.eastward, lesson.drag.northward])
    )
    largest = expected.abs().amax(dim=0)
    assert ((drag - expected).abs() <= SINGLE * largest).all()
