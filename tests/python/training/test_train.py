import csv
import json
from dataclasses import replace

import pytest
import torch
from training_files import training_set, written

from gwparam.checkpoints import read_checkpoint
from gwparam.contract import TrainingDates
from gwparam.errors import ArgumentError, DeviceError, ModelFileError
from gwparam.training import train as module
from gwparam.training.checkpoint import STATE_FILE
from gwparam.training.folder_lock import LOCK_FILE, locked
from gwparam.training.settings import Settings
from gwparam.training.train import NETWORK_FILE, SCORES_FILE, train


@pytest.fixture(autouse=True)
def _threads():
    """Leave the threads of this process as they were."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def settings(tmp_path):
    return Settings(
        arch="ann_cnn",
        output=str(tmp_path / "run"),
        data=(written(tmp_path, training_set(4)),),
        split="2:1:1",
        size=("hdim=8", "depth=2"),
        epochs=2,
        batch=6,
        device="cpu",
        threads=1,
    )


def test_a_training_writes_its_results_and_says_how_it_ended(settings, tmp_path):
    told = []

    outcome = train(settings, False, told.append)

    folder = tmp_path / "run"
    assert outcome.network == folder / NETWORK_FILE
    assert outcome.network.is_file()
    assert (folder / STATE_FILE).is_file()
    assert told == [outcome.prepared]
    assert outcome.ended.startswith("trained for 2 epochs, ")
    assert set(outcome.before) == set(outcome.after) == {"validation", "test"}
    # The weights with the smallest validation loss, the first ones among them.
    assert outcome.after["validation"].loss <= outcome.before["validation"].loss
    written_scores = json.loads((folder / SCORES_FILE).read_text())
    assert written_scores["test"]["after"]["loss"] == outcome.after["test"].loss


def test_the_same_seed_gives_the_same_scores(settings, tmp_path):
    first = train(settings, False, lambda prepared: None)

    again = train(settings, False, lambda prepared: None)

    assert again.after == first.after


def test_a_rate_that_harms_ends_early_with_the_first_weights(settings):
    changed = {"learning_rate": 1e3, "epochs": 9, "patience": 2}
    harmful = Settings(**vars(settings) | changed)

    outcome = train(harmful, False, lambda prepared: None)

    assert outcome.ended == (
        "ended early: no better validation for 2 epochs, "
        "none better than the first weights"
    )
    assert outcome.after == outcome.before


def test_other_samples_are_no_way_to_go_on(settings, tmp_path):
    train(settings, False, lambda prepared: None)
    written(tmp_path, training_set(4, seed=5))

    with pytest.raises(ArgumentError) as caught:
        train(settings, True, lambda prepared: None)

    assert str(caught.value) == (
        "the files of training hold something else than when this training began, "
        "expected the same"
    )


def test_what_helps_is_said_where_memory_does_not_suffice(settings, monkeypatch):
    def start(settings):
        raise MemoryError

    monkeypatch.setattr(module, "start", start)

    with pytest.raises(DeviceError) as caught:
        train(settings, False, lambda prepared: None)

    assert str(caught.value) == (
        "out of memory: no room; a smaller batch, precision bfloat16 and, for a "
        "transformer, gradient_checkpointing need less; the last checkpoint in "
        f"{settings.output} stays as it was"
    )
    assert caught.value.settings == ("batch", "precision", "gradient_checkpointing")


def test_network_says_what_it_was_trained_on(settings):
    outcome = train(settings, False, lambda prepared: None)

    record = read_checkpoint(outcome.network).training

    day = TrainingDates("2010-01-01", "2010-01-01", "standard")
    assert record.training_dates == (day,)
    # The scaling is not known, so an error has no units.
    assert record.expected_error == ()


def losses(folder):
    with (folder / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [float(row["loss"]) for row in rows if row["validation_loss"]]


@pytest.mark.parametrize("stopped", [1, 2, 3, 4])
def test_an_epoch_has_its_loss_wherever_the_training_was_stopped(
    settings, tmp_path, monkeypatch, stopped
):
    """After its last batch too, where nothing of it is left to do."""
    through = tmp_path / "through"
    train(replace(settings, output=str(through)), False, lambda prepared: None)
    steps = 0

    class Asked(module.Interruption):
        @property
        def signal(self):
            nonlocal steps
            steps += 1
            return 15 if steps == stopped else None

        @signal.setter
        def signal(self, value):
            pass

    with monkeypatch.context() as patch:
        patch.setattr(module, "Interruption", Asked)
        assert train(settings, False, lambda prepared: None).network is None
    train(settings, True, lambda prepared: None)

    assert losses(tmp_path / "run") == pytest.approx(losses(through), rel=1e-6)


def test_noise_is_of_training_alone_and_goes_on_where_it_stopped(
    settings, tmp_path, monkeypatch
):
    noisy = replace(settings, input_noise=0.5, noise_schedule="linear")
    folders = [tmp_path / name for name in ("without", "through")]
    without, through = (
        train(replace(s, output=str(folder)), False, lambda prepared: None)
        for s, folder in zip((settings, noisy), folders, strict=True)
    )
    # Before the first step there is none; then the steps differ.
    assert through.before == without.before
    assert losses(folders[0]) != losses(folders[1])
    steps = 0

    class Asked(module.Interruption):
        @property
        def signal(self):
            nonlocal steps
            steps += 1
            return 15 if steps == 3 else None

        @signal.setter
        def signal(self, value):
            pass

    with monkeypatch.context() as patch:
        patch.setattr(module, "Interruption", Asked)
        assert train(noisy, False, lambda prepared: None).network is None
    again = train(noisy, True, lambda prepared: None)

    assert again.after == through.after
    kept = json.loads((tmp_path / "run" / "run.json").read_text())["settings"]
    assert (kept["input_noise"], kept["noise_schedule"]) == (0.5, "linear")


def test_a_folder_has_one_training_at_a_time(settings, tmp_path):
    with locked(tmp_path / "run"):
        with pytest.raises(ModelFileError, match=r"cannot train in .*run: process \d+"):
            train(settings, False, lambda prepared: None)
        assert [p.name for p in (tmp_path / "run").iterdir()] == [LOCK_FILE]
