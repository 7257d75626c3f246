import json
from dataclasses import asdict
from types import SimpleNamespace

import pytest

from gwparam.errors import ArgumentError, ContractError, ModelFileError
from gwparam.training.loss_settings import LossSettings
from gwparam.training.settings import RUN_FILE, Settings, read_run, write_run

NAN = float("nan")
# Every setting, none as it is by default.
EVERYTHING = Settings(
    arch="prithvi_gw",
    weights="raw",
    output="results",
    data=("a.nc", "b.nc"),
    validation=("c.nc",),
    test=("d.nc", "e.nc"),
    split="6:1:1",
    pretrained="prithvi.pt",
    allow_pickle=True,
    freeze="lora",
    lora_rank=4,
    output_scalers="learn",
    size=("hidden=8", "patch=2x2"),
    options=("flux_sign=1", "levels=a=b.json"),
    epochs=7,
    batch=3,
    seed=11,
    learning_rate=2e-4,
    weight_decay=0.01,
    clip_norm=1.5,
    schedule="one-cycle",
    patience=2,
    dropout=0.25,
    drop_path=0.125,
    batch_norm_momentum=0.3,
    mask_ratio=0.5,
    input_noise=0.2,
    noise_schedule="cosine",
    loss=("mse", "drag=0.1"),
    huber_delta=2.0,
    level_weights="mass",
    tail=0.75,
    drag_scale=2e-4,
    precision="bfloat16",
    device="cuda:1",
    strategy="fsdp",
    gradient_checkpointing=True,
    threads=5,
    checkpoint_minutes=2.5,
    name="a name",
    module="mine.py:Net",
    contract="mine.toml",
    rollout=48,
)


def settings(**changes):
    return Settings(
        **({"arch": "ann_cnn", "output": "out", "data": ("a.nc",)} | changes)
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, "epochs is 0, expected more than 0"),
        ({"batch": -1}, "batch is -1, expected more than 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0, expected more than 0"),
        ({"learning_rate": NAN}, "learning_rate is nan, expected more than 0"),
        ({"lora_rank": 0}, "lora_rank is 0, expected more than 0"),
        ({"seed": -1}, "seed is -1, expected at least 0"),
        ({"patience": -1}, "patience is -1, expected at least 0"),
        ({"weight_decay": -0.1}, "weight_decay is -0.1, expected at least 0"),
        ({"weight_decay": NAN}, "weight_decay is nan, expected at least 0"),
        ({"threads": -1}, "threads is -1, expected at least 0"),
        ({"clip_norm": -1.0}, "clip_norm is -1.0, expected at least 0"),
        ({"input_noise": -0.1}, "input_noise is -0.1, expected at least 0"),
        ({"rollout": -1}, "rollout is -1, expected at least 0"),
        ({"input_noise": NAN}, "input_noise is nan, expected at least 0"),
        (
            {"noise_schedule": "step"},
            "noise_schedule is step, expected constant, linear or cosine",
        ),
        ({"dropout": 1.0}, "dropout is 1.0, expected 0 to less than 1"),
        ({"dropout": -0.1}, "dropout is -0.1, expected 0 to less than 1"),
        ({"drop_path": 1.0}, "drop_path is 1.0, expected 0 to less than 1"),
        ({"drop_path": NAN}, "drop_path is nan, expected 0 to less than 1"),
        (
            {"batch_norm_momentum": 0.0},
            "batch_norm_momentum is 0.0, expected more than 0 to 1",
        ),
        (
            {"batch_norm_momentum": 1.5},
            "batch_norm_momentum is 1.5, expected more than 0 to 1",
        ),
        (
            {"checkpoint_minutes": 0.0},
            "checkpoint_minutes is 0.0, expected more than 0",
        ),
        (
            {"checkpoint_minutes": float("inf")},
            "checkpoint_minutes is inf, expected a finite number",
        ),
        ({"clip_norm": float("inf")}, "clip_norm is inf, expected a finite number"),
        (
            {"schedule": "linear"},
            "schedule is linear, expected constant, cosine, cyclic or one-cycle",
        ),
        (
            {"precision": "half"},
            "precision is half, expected float32, bfloat16 or float16",
        ),
        ({"strategy": "dp"}, "strategy is dp, expected ddp or fsdp"),
        (
            {"output_scalers": "zeros"},
            "output_scalers is zeros, expected keep, ones or learn",
        ),
    ],
)
def test_setting_out_of_range_is_named(changes, message):
    with pytest.raises(ArgumentError) as caught:
        settings(**changes)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 0, "patience": 0, "weight_decay": 0.0, "threads": 0, "clip_norm": 0.0},
        {"dropout": 0.0, "drop_path": 0.0, "batch_norm_momentum": 1.0},
        {"epochs": 1, "batch": 1, "lora_rank": 1},
    ],
)
def test_ends_of_the_ranges_are_taken(changes):
    found = asdict(settings(**changes))

    assert changes.items() <= found.items()


DEFAULTS = SimpleNamespace(
    epochs=9, batch=4, learning_rate=1e-3, schedule="cosine", dropout=0.1, seed=77
)


def test_what_was_not_said_follows_from_the_architecture():
    filled = settings(seed=3).filled(DEFAULTS)

    expected = {"epochs": 9, "batch": 4, "learning_rate": 1e-3, "schedule": "cosine"}
    assert expected.items() <= asdict(filled).items()
    assert filled.dropout == 0.1


def test_what_was_said_stays():
    filled = settings(epochs=2, dropout=0.0, schedule="cyclic").filled(DEFAULTS)

    assert (filled.epochs, filled.dropout, filled.schedule) == (2, 0.0, "cyclic")


def test_what_has_a_value_of_its_own_does_not_follow_from_the_architecture():
    assert settings().filled(DEFAULTS).seed == 0


def test_what_the_architecture_does_not_know_stays_open():
    assert settings().filled(DEFAULTS).clip_norm is None


def test_filled_settings_are_in_range():
    with pytest.raises(ArgumentError, match=r"dropout is 2\.0, expected 0 to less"):
        settings().filled(SimpleNamespace(dropout=2.0))


def test_settings_of_the_loss_are_collected():
    expected = LossSettings(
        (("mse", 1.0), ("drag", 0.1)),
        huber_delta=2.0,
        level_weights="mass",
        tail=0.75,
        drag_scale=2e-4,
    )

    assert EVERYTHING.loss_settings() == expected


def test_settings_of_the_loss_are_checked():
    with pytest.raises(ArgumentError):
        settings(huber_delta=-1.0).loss_settings()


def test_options_of_an_export_are_split_at_their_first_equals_sign():
    expected = {"flux_sign": "1", "levels": "a=b.json"}

    assert EVERYTHING.export_options() == expected


def test_this_file_knows_every_setting():
    plain = asdict(settings())

    same = [name for name, value in asdict(EVERYTHING).items() if plain[name] == value]

    assert same == []


@pytest.mark.parametrize("given", [EVERYTHING, settings()], ids=["all", "defaults"])
def test_settings_come_back_from_the_folder_of_a_run(tmp_path, given):
    write_run(tmp_path, given)

    found, _ = read_run(tmp_path)

    assert found == given


def test_what_else_is_known_of_a_run_comes_back(tmp_path):
    write_run(tmp_path, EVERYTHING, survey={"count": 3, "means": [1.5, 2.5]})

    _, content = read_run(tmp_path)

    assert content["survey"] == {"count": 3, "means": [1.5, 2.5]}


def test_run_is_written_for_people(tmp_path):
    write_run(tmp_path, EVERYTHING)

    text = (tmp_path / RUN_FILE).read_text()

    assert '\n    "learning_rate": 0.0002,\n' in text
    assert text.endswith("}\n")


def test_folder_that_is_absent_is_told(tmp_path):
    with pytest.raises(ModelFileError) as caught:
        write_run(tmp_path / "gone", EVERYTHING)

    assert str(caught.value) == (
        f"cannot write {tmp_path}/gone/{RUN_FILE}: No such file or directory"
    )


def test_run_that_is_absent_is_told(tmp_path):
    with pytest.raises(ModelFileError) as caught:
        read_run(tmp_path)

    assert str(caught.value) == (
        f"cannot go on with {tmp_path}: cannot read {tmp_path}/{RUN_FILE}: "
        "No such file or directory"
    )


def damaged(folder, **changes):
    content = {"settings": asdict(settings()) | changes}
    (folder / RUN_FILE).write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": "many"}, 'epochs is "many", expected an integer'),
        ({"data": "a.nc"}, 'data is "a.nc", expected an array'),
        ({"data": ["a.nc", 3]}, "data[1] is 3, expected a string"),
        ({"learning_rate": True}, "learning_rate is true, expected a finite number"),
        ({"allow_pickle": 1}, "allow_pickle is 1, expected true or false"),
        ({"arch": None}, "arch is missing, expected a string"),
    ],
)
def test_damaged_run_names_the_key(tmp_path, changes, message):
    damaged(tmp_path, **changes)

    with pytest.raises(ContractError) as caught:
        read_run(tmp_path)

    assert str(caught.value) == message


def test_run_with_a_setting_out_of_range_names_it(tmp_path):
    damaged(tmp_path, epochs=-3)

    with pytest.raises(ArgumentError, match="epochs is -3, expected more than 0"):
        read_run(tmp_path)


@pytest.mark.parametrize("content", ['{"settings": 3}', "{}"])
def test_run_without_settings_names_what_is_missing(tmp_path, content):
    (tmp_path / RUN_FILE).write_text(content)

    with pytest.raises(ContractError, match="arch is missing, expected a string"):
        read_run(tmp_path)


def test_torn_run_is_told(tmp_path):
    write_run(tmp_path, EVERYTHING)
    path = tmp_path / RUN_FILE
    path.write_text(path.read_text()[:100])

    with pytest.raises(ContractError, match=rf"{RUN_FILE} is not valid JSON: "):
        read_run(tmp_path)
