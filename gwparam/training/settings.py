"""Everything that a training was told; kept with its results, so that it can go on."""

import json
import math
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from gwparam.checkpoints import Kind
from gwparam.contract import typed_json
from gwparam.errors import ModelFileError, one_of, wrong_setting
from gwparam.file_kinds import check_readable
from gwparam.training import input_noise, schedules
from gwparam.training.loss_settings import LossSettings
from gwparam.whole_files import write_text

RUN_FILE = "run.json"
PRECISIONS = ("float32", "bfloat16", "float16")
STRATEGIES = ("ddp", "fsdp")
SCALERS = ("keep", "ones", "learn")


@dataclass(frozen=True)
class Settings:
    """Settings of a training; those that are None follow from the network.

    Attributes
    ----------
    arch : str
        Architecture; ``own`` with a module.
    output : str
        Folder of all results.
    data, validation, test : tuple of str
        Files. Validation and test are split off the data by `split`, if not given.
    split : str
        Shares or numbers of times for training, validation and test, as ``6:1:1``.
    pretrained : str or None
        Checkpoint to begin with.
    allow_pickle : bool
        Whether it may run code.
    weights : {"ema", "raw"} or None
        Which weights of it, where it holds a moving average too.
    freeze, lora_rank : str and int
        As `gwparam.training.freezing.freeze`; None: the backbone, if there is one and
        it is pre-trained.
    output_scalers : str or None
        ``keep``, ``ones`` or ``learn``.
    size : tuple of str
        Sizes, as ``hidden=8``.
    options : mapping of str to str
        Options of an export, as on its command line.
    epochs, batch, seed : int
        Passes, samples of a step on all processes together, seed.
    learning_rate, weight_decay, clip_norm : float
        Largest learning rate; decay of AdamW, 0 for plain Adam; largest norm of the
        gradient, 0 for any.
    schedule : str
        As `gwparam.training.schedules.make_schedule`.
    patience : int
        Epochs without a better validation loss after which training ends; 0: never.
    dropout, drop_path, batch_norm_momentum, mask_ratio : float
        Regularisation in training.
    input_noise : float
        Of the inputs in training, in standard deviations of each.
    noise_schedule : str
        As `gwparam.training.input_noise.InputNoise`.
    loss : tuple of str
        Terms, as ``drag=0.1``.
    huber_delta, tail, drag_scale : float
        As `LossSettings`.
    level_weights : str
        As `LossSettings`.
    precision, device, strategy : str
        Of the computation.
    gradient_checkpointing : bool
        Compute activations of transformer blocks twice instead of keeping them.
    threads : int
        Of every process; 0: its share of the cores.
    checkpoint_minutes : float
        Time between two checkpoints within an epoch.
    name : str or None
        What people call the network.
    module, contract : str or None
        A network of one's own, as `gwparam.export_network` takes them.
    rollout : int
        Hours that such a network drives the QBO testbed for; 0: it does not.
    """

    arch: str
    output: str
    data: tuple[str, ...]
    validation: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    split: str = "0.75:0.125:0.125"
    pretrained: str | None = None
    allow_pickle: bool = False
    weights: Kind | None = None
    freeze: str | None = None
    lora_rank: int = 8
    output_scalers: str | None = None
    size: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    epochs: int | None = None
    batch: int | None = None
    seed: int = 0
    learning_rate: float | None = None
    weight_decay: float = 0.0
    clip_norm: float | None = None
    schedule: str | None = None
    patience: int = 0
    dropout: float | None = None
    drop_path: float | None = None
    batch_norm_momentum: float = 0.1
    mask_ratio: float = 0.0
    input_noise: float = 0.0
    noise_schedule: str = "constant"
    loss: tuple[str, ...] = ("mse",)
    huber_delta: float = 1.0
    level_weights: str = "equal"
    tail: float = 0.0
    drag_scale: float = 1e-4
    precision: str = "float32"
    device: str = "auto"
    strategy: str = "ddp"
    gradient_checkpointing: bool = False
    threads: int = 0
    checkpoint_minutes: float = 10.0
    name: str | None = None
    module: str | None = None
    contract: str | None = None
    rollout: int = 0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if isinstance(value, float) and math.isinf(value):
                # JSON has no such number to go on with.
                raise wrong_setting(name, value, "a finite number")
        for name in ("epochs", "batch", "learning_rate", "lora_rank"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise wrong_setting(name, value, "more than 0")
        for name in (
            *("seed", "patience", "weight_decay", "threads", "clip_norm"),
            *("input_noise", "rollout"),
        ):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise wrong_setting(name, value, "at least 0")
        for name in ("dropout", "drop_path"):
            value = getattr(self, name)
            if value is not None and not 0.0 <= value < 1.0:
                raise wrong_setting(name, value, "0 to less than 1")
        if not 0.0 < self.batch_norm_momentum <= 1.0:
            momentum = self.batch_norm_momentum
            raise wrong_setting("batch_norm_momentum", momentum, "more than 0 to 1")
        if not self.checkpoint_minutes > 0.0:
            raise wrong_setting(
                "checkpoint_minutes", self.checkpoint_minutes, "more than 0"
            )
        for name, known in (
            ("schedule", schedules.CHOICES),
            ("noise_schedule", input_noise.CHOICES),
            ("precision", PRECISIONS),
            ("strategy", STRATEGIES),
            ("output_scalers", SCALERS),
        ):
            value = getattr(self, name)
            if value is not None and value not in known:
                expected = one_of(known)
                raise wrong_setting(name, value, expected)

    def filled(self, defaults: object) -> "Settings":
        """Give what is None the value of the same name in `defaults`, if it has one."""
        names = [f.name for f in fields(self) if getattr(self, f.name) is None]
        known = {n: getattr(defaults, n) for n in names if hasattr(defaults, n)}
        return replace(self, **known)

    def loss_settings(self) -> LossSettings:
        """Collect the settings of the loss.

        Raises
        ------
        ArgumentError
            If they are out of range.
        """
        return LossSettings(
            LossSettings.parse_terms(self.loss),
            huber_delta=self.huber_delta,
            level_weights=self.level_weights,
            tail=self.tail,
            drag_scale=self.drag_scale,
        )

    def export_options(self) -> dict[str, str]:
        """Options of an export, by name."""
        return dict(text.partition("=")[::2] for text in self.options)


def write_run(folder: Path, settings: Settings, **others: Any) -> None:
    """Write the settings, and what else is to be known of a run, into its folder.

    Raises
    ------
    ModelFileError
        If the file cannot be written.
    """
    content = {"settings": asdict(settings), **others}
    write_text(folder / RUN_FILE, json.dumps(content, indent=2))


def read_run(folder: Path) -> tuple[Settings, dict[str, Any]]:
    """Read what `write_run` wrote.

    Returns
    -------
    Settings, dict
        The settings, and all that the file holds.

    Raises
    ------
    ModelFileError
        If there is no such file.
    ContractError
        If it is malformed; the message names the key.
    """
    path = folder / RUN_FILE
    check_readable(path)
    try:
        content = typed_json.load(path.read_bytes(), str(path))
    except OSError as error:
        raise ModelFileError(
            f"cannot go on with {folder}: cannot read {path}: {error.strerror}"
        ) from None
    given = content.get("settings")
    return typed_json.parse(Settings, given if isinstance(given, dict) else {}), content
