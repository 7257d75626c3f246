import math
from contextlib import ExitStack

import pytest
import torch
from training_files import training_set, written

from gwparam.errors import InferenceError
from gwparam.training.distributed import start
from gwparam.training.loader import SequentialLoader
from gwparam.training.prepare import prepare
from gwparam.training.run import Run
from gwparam.training.settings import Settings
from gwparam.training.statistics import compute_statistics


def statistics(splits, spec):
    first = splits[0]
    return compute_statistics(SequentialLoader(first.data.samples, first.times), spec)


@pytest.fixture
def make(tmp_path):
    """Runs of one training: 2 times of 12 columns, in batches of 6."""
    path = written(tmp_path, training_set(4))
    threads = torch.get_num_threads()
    with ExitStack() as stack:

        def run(**changes):
            known = {
                "arch": "ann_cnn",
                "output": str(tmp_path),
                "data": (path,),
                "split": "2:1:1",
                "size": ("hdim=8", "depth=2"),
                "epochs": 3,
                "batch": 6,
                "device": "cpu",
                "threads": 1,
            }
            settings = Settings(**known | changes)
            fabric = start(settings)
            return Run(fabric, prepare(stack, settings, statistics, 1))

        yield run
    torch.set_num_threads(threads)


def epoch(run):
    return [run.step(batch).item() for batch in run.loader.epoch(run.state.epoch, 0)]


def test_steps_are_counted(make):
    run = make()

    losses = epoch(run)

    assert (run.epochs, run.steps, len(losses)) == (3, 12, 4)
    assert (run.state.step, run.state.batch) == (4, 4)
    assert all(math.isfinite(loss) for loss in losses)


def test_only_better_weights_are_kept_and_come_back(make):
    run = make()
    before = run.scores("validation")

    kept = [run.keep_best(loss) for loss in (2.0, 2.0, math.nan, 1.0, 3.0)]
    epoch(run)
    changed = run.scores("validation")
    run.use_best()

    assert kept == [True, False, False, True, False]
    assert run.state.best_loss == 1.0
    assert changed != before
    assert run.scores("validation") == before


def test_a_run_goes_on_where_it_was_saved(make, tmp_path):
    run, other = make(dropout=0.0), make(dropout=0.0)
    epoch(other)
    run.before = run.scores()
    epoch(run)
    run.keep_best(0.5)
    run.save(tmp_path)

    other.restore(tmp_path)

    assert other.state == run.state
    assert other.before == run.before
    assert other.scores() == run.scores()
    assert epoch(other) == epoch(run)


@pytest.mark.parametrize("loss", [math.inf, math.nan])
def test_a_loss_that_is_not_finite_is_told(make, loss):
    run = make()
    run.check_finite(1e30)
    run.state.step = 7

    with pytest.raises(InferenceError) as caught:
        run.check_finite(loss)

    assert str(caught.value) == (
        f"loss is {loss} up to step 7, expected a finite one; a smaller "
        "learning_rate or clip_norm may help"
    )
    assert caught.value.settings == ("learning_rate", "clip_norm")
