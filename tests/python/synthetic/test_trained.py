from pathlib import Path

import numpy as np
import pytest

from gwparam.checkpoints import read_checkpoint
from gwparam.errors import ModelFileError
from gwparam.networks import from_checkpoint, recognise
from gwparam.networks.wavenet import WaveNetDrag
from gwparam.synthetic.lessons import Lesson
from gwparam.synthetic.samples import Samples
from gwparam.synthetic.scores import predict, score_drag
from gwparam.synthetic.teacher import Drag
from gwparam.synthetic.trained import Training, physical_network, save_trained
from gwparam.synthetic.training import initial_network

TRAINING = Training("ad99", "here", "there", 600, 1, 64, 3, 1e-3, ())


@pytest.fixture
def network(samples: Samples) -> WaveNetDrag:
    return physical_network(initial_network(samples, seed=0), samples)


def test_checkpoint_gives_the_same_bits_as_the_network(
    network: WaveNetDrag, lesson: Lesson, tmp_path: Path
) -> None:
    path = tmp_path / "wavenet.safetensors"
    save_trained(path, network, "a name", TRAINING)
    checkpoint = read_checkpoint(path)
    read = from_checkpoint(checkpoint)
    assert recognise(checkpoint) == "wavenet"
    assert isinstance(read, WaveNetDrag)
    for here, there in zip(
        predict(network, lesson.columns), predict(read, lesson.columns), strict=True
    ):
        assert np.array_equal(here, there)


def test_checkpoint_describes_what_the_network_has_seen(
    network: WaveNetDrag, lesson: Lesson, tmp_path: Path
) -> None:
    path = tmp_path / "wavenet.safetensors"
    save_trained(path, network, "a name", TRAINING)
    description = read_checkpoint(path).description
    assert description is not None
    assert description.name == "a name"
    seen = {item.name: item for item in description.training_range}
    wind = lesson.columns.northward_wind
    assert seen["northward_wind"].minimum == pytest.approx(wind.min(axis=0), rel=1e-6)
    assert seen["northward_wind"].maximum == pytest.approx(wind.max(axis=0), rel=1e-6)
    assert seen["latitude"].mean == pytest.approx(
        [lesson.columns.latitude.mean()], rel=1e-5
    )
    assert seen["surface_air_pressure"].standard_deviation == pytest.approx(
        [lesson.columns.surface_pressure.std(ddof=1)], rel=1e-5
    )


def test_checkpoint_in_a_folder_that_is_absent_is_refused(
    network: WaveNetDrag, tmp_path: Path
) -> None:
    path = tmp_path / "absent" / "wavenet.safetensors"
    with pytest.raises(ModelFileError, match="cannot write"):
        save_trained(path, network, "a name", TRAINING)


def test_score_of_the_teacher_itself_is_perfect(lesson: Lesson) -> None:
    eastward, northward = score_drag(lesson.drag, lesson.drag, lesson.columns.latitude)
    assert eastward.name.startswith("tendency_of_eastward_wind")
    assert northward.name.startswith("tendency_of_northward_wind")
    for item in (eastward, northward):
        assert item.r2 == 1.0
        assert item.correlation == pytest.approx(1.0)
        assert item.rms_error == 0.0


def test_score_of_no_drag_at_all_is_at_most_zero(lesson: Lesson) -> None:
    nothing = Drag(*(np.zeros_like(component) for component in lesson.drag))
    for item, true in zip(
        score_drag(nothing, lesson.drag, lesson.columns.latitude),
        lesson.drag,
        strict=True,
    ):
        assert item.r2 == pytest.approx(1 - np.mean(true**2) / np.var(true))
        assert item.rms_error == pytest.approx(np.sqrt(np.mean(true**2)))
