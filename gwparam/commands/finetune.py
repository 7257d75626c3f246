"""``gwparam finetune``: train a network, from training files to an artefact's input."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gwparam.commands.answer import Answer, Exit
from gwparam.commands.finetune_options import add_options, architectures, file_options
from gwparam.commands.given import check_name, file_path, refuse_idle
from gwparam.errors import ArgumentError, ModelFileError
from gwparam.whole_files import check_outputs

if TYPE_CHECKING:
    from gwparam.training.settings import Settings

EPILOG = """\
examples:
  gwparam finetune --arch wavenet --pretrained network_wst.pkl --data states.nc -o mine
      adapts the published WaveNet to states of another host with its native drag, in
      less than a minute; the first three quarters of the times are for training
  gwparam finetune --arch prithvi_gw --pretrained prithvi.wxc.2300m.v1.pt \\
      --data wxc_*_2010_*.nc --validation wxc_*_2015_01.nc --test wxc_*_2015_05.nc \\
      --scaling era5.json --levels era5_l122.json --flux-quantity omega --flux-sign 1 \\
      --precision bfloat16 --gradient-checkpointing -o prithvi
      learnable convolutions around the frozen foundation model, as arXiv:2509.03816
  torchrun --nproc-per-node 4 --no-python gwparam finetune --strategy fsdp ...
      on four GPUs, with the weights spread over them
  gwparam finetune --resume prithvi
      goes on where a training stopped: killed, or asked to by SIGTERM or Ctrl-C
  gwparam finetune --module mine.py:Net --contract mine.toml --data states.nc -o own
      a network of your own, from the fields that its contract names

FOLDER gets network.safetensors, which goes into gwparam export --ckpt as it is,
log.csv, tensorboard/, run.json with all settings, and training.ckpt to go on from.
Networks of fluxes learn from published training files, wavenet and filtered_spectrum
from states with drag, a network of your own from states with what its contract names;
docs/finetune.md says more, docs/finetune-losses.md what can be minimised.
"""
_EXTRA = ("lightning_fabric", "peft", "tensorboard")
_FILES = ("data", "validation", "test")
# Settings of the terms of a loss.
_OF_LOSSES = {
    "huber": ("huber_delta",),
    "drag": ("drag_scale",),
    "mse or huber": ("level_weights", "tail"),
}
# Of these, a training that goes on may have others.
_OF_THE_MACHINE = {"device", "strategy", "threads", "checkpoint-minutes"}


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "finetune",
        help="train or fine-tune a network",
        description="Train or fine-tune a network, and score it before and after.",
        epilog=EPILOG,
    )
    add = parser.add_argument
    add("--arch", metavar="NAME", help=f"what to train: {architectures()}")
    add(
        "--module",
        metavar="FILE.py:NAME|FILE.pt",
        help="instead of --arch, a network of your own, as gwparam export takes it",
    )
    add(
        "--contract",
        type=file_path,
        metavar="FILE.toml",
        help="with --module: what it takes and gives, docs/your-network.md",
    )
    add("-o", "--output", type=file_path, metavar="FOLDER", help="where the results go")
    add(
        "--resume",
        type=file_path,
        metavar="FOLDER",
        help="go on with a training that stopped; only --device, --strategy, --threads "
        "and --checkpoint-minutes may be others",
    )
    add_options(parser)


def run(args: argparse.Namespace) -> Answer:
    """Run the command."""
    check_installed()

    from gwparam.training.report import (
        as_dict,
        next_commands,
        print_found,
        print_outcome,
        print_warnings,
    )
    from gwparam.training.settings import read_run
    from gwparam.training.train import train

    given = _given(args)
    if args.resume is not None:
        others = set(given) - _OF_THE_MACHINE
        if others:
            raise ArgumentError(
                "a training goes on with the settings it began with, expected no "
                f"--{min(others)} beside --resume"
            )
        machine = {name.replace("-", "_"): value for name, value in given.items()}
        settings, _ = read_run(args.resume)
        read = [path for name in _FILES for path in getattr(settings, name)]
        own = _own(settings.module, settings.contract)
        _check_output(args.resume, [*read, settings.pretrained, *own])
        settings = replace(settings, output=str(args.resume), **machine)
    else:
        _check_used(args)
        _check_new(args.output)
        read = [path for name in _FILES for path in getattr(args, name) or ()]
        options = [getattr(args, option.name) for option in file_options()]
        own = _own(args.module, args.contract)
        _check_output(args.output, [*read, args.pretrained, *options, *own])
        settings = _settings(given)
    report = print_warnings if args.json else print_found
    outcome = train(settings, args.resume is not None, report)
    status = Exit.DONE if outcome.network is not None else Exit.STOPPED
    if not outcome.is_main_process:
        return Answer({}, lambda: None, status)
    then = tuple(next_commands(outcome))
    return Answer(as_dict(outcome), lambda: print_outcome(outcome), status, then)


def _check_used(args: argparse.Namespace) -> None:
    """Check that nothing is missing, and every setting has an effect."""
    from gwparam.training.loss_settings import LossSettings

    which = "arch" if args.module is None else "contract"
    for name in (which, "data", "output"):
        if getattr(args, name) is None:
            raise ArgumentError(
                f"--{name} is missing; only --resume FOLDER, which goes on with a "
                "training, does without it"
            )
    if args.module is None:
        refuse_idle(args, "without --module", ("contract", "rollout"))
    else:
        idle = [option.name for option in file_options()]
        refuse_idle(args, "with --module", ("arch", "size", *idle))
    check_name(args.name)
    if args.freeze != "lora":
        refuse_idle(args, "without --freeze lora", ("lora_rank",))
    if args.pretrained is None:
        refuse_idle(args, "without --pretrained", ("allow_pickle",))
    if args.validation is not None:
        refuse_idle(args, "with --validation", ("split",))
    if not args.input_noise:
        refuse_idle(args, "without --input-noise", ("noise_schedule",))
    terms = {name for name, _ in LossSettings.parse_terms(args.loss or ["mse"])}
    for term, names in _OF_LOSSES.items():
        if not terms & set(term.split(" or ")):
            refuse_idle(args, f"without --loss {term}", names)


def check_installed() -> None:
    """Check that the packages of the extra are there.

    Raises
    ------
    ArgumentError
        If not; the message says how to install them.
    """
    for module in _EXTRA:
        if find_spec(module) is None:
            raise ArgumentError(
                f"{module} is not installed, expected the extra: pip install "
                "'gwparam[finetune]'"
            )


def _given(args: argparse.Namespace) -> dict[str, Any]:
    others = ("resume", "command", "version", "json")
    given = {k: v for k, v in vars(args).items() if k not in others and v is not None}
    return {name.replace("_", "-"): value for name, value in given.items()}


def _settings(given: Mapping[str, Any]) -> "Settings":
    from gwparam.networks.own import ARCHITECTURE
    from gwparam.training.settings import Settings

    values = {name.replace("-", "_"): value for name, value in given.items()}
    options = []
    for option in file_options():
        text = values.pop(option.name, None)
        if text is not None:
            options.append(f"{option.name}={option.write(option.read(text))}")
    known = {field.name for field in fields(Settings)}
    assert set(values) <= known
    if "module" in values:
        values |= {"arch": ARCHITECTURE, "module": _absolute(values["module"])}
        values["contract"] = str(values["contract"].absolute())
    for name in _FILES:  # so that a training goes on from any folder
        values[name] = tuple(str(path.absolute()) for path in values.get(name, ()))
    if "pretrained" in values:
        values["pretrained"] = str(values["pretrained"].absolute())
    values["output"] = str(values["output"])
    lists = {k: tuple(v) for k, v in values.items() if isinstance(v, list)}
    return Settings(**{**values, **lists, "options": tuple(options)})


def _absolute(module: str) -> str:
    """Name a module so that a training goes on from any folder."""
    file, colon, name = module.rpartition(":")
    return f"{Path(file).absolute()}:{name}" if colon else str(Path(name).absolute())


def _own(module: str | None, contract: Path | str | None) -> list[Path | str]:
    """Files of a network of one's own."""
    from gwparam.export.own import file_of

    return [] if module is None or contract is None else [file_of(module), contract]


def _check_new(folder: Path) -> None:
    """Find out before the work that its folder can be made, and holds no results."""
    from gwparam.training.checkpoint import STATE_FILE
    from gwparam.training.train import NETWORK_FILE

    if not folder.parent.is_dir():
        raise ModelFileError(f"cannot make {folder}: no folder {folder.parent}")
    for name in (STATE_FILE, NETWORK_FILE):
        if (folder / name).exists():
            raise ArgumentError(
                f"{folder} holds {name} of another training, expected a new folder, or "
                f"--resume {folder}"
            )


def _check_output(folder: Path, read: Sequence[Path | str | None]) -> None:
    """Find out before the work that its results go over nothing that it reads."""
    from gwparam.training.train import RESULTS

    check_outputs([folder / name for name in RESULTS], read, folder)
