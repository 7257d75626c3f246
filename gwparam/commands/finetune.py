"""``gwparam finetune``: train a network, from training files to an artefact's input."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gwparam.commands.answer import Answer, Exit
from gwparam.commands.given import check_name, file_path, refuse_idle, whole_number
from gwparam.commands.weights import add_weights
from gwparam.errors import ArgumentError, ModelFileError
from gwparam.whole_files import check_outputs

if TYPE_CHECKING:
    from gwparam.networks.base import Option
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
    add("--arch", metavar="NAME", help=f"what to train: {_architectures()}")
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
    _add_data(parser)
    _add_network(parser)
    _add_training(parser)
    _add_loss(parser)
    _add_machine(parser)
    _add_options(parser)


def _add_data(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("data").add_argument
    add(
        "--data",
        type=file_path,
        nargs="+",
        metavar="FILE",
        help="netCDF files to learn from",
    )
    add(
        "--validation",
        type=file_path,
        nargs="+",
        metavar="FILE",
        help="files that say which epoch is best (default: a part of --data)",
    )
    add(
        "--test",
        type=file_path,
        nargs="+",
        metavar="FILE",
        help="files for the score at the end (default: a part of --data, unless there "
        "is --validation)",
    )
    add(
        "--split",
        metavar="A:B:C",
        help="shares or numbers of times of --data for training, validation and test, "
        "in the order of time (default: 0.75:0.125:0.125)",
    )


def _add_network(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("network")
    add = group.add_argument
    add(
        "--pretrained",
        type=file_path,
        metavar="FILE",
        help="checkpoint to begin with, as gwparam export reads it: of the network, or "
        "of the Prithvi foundation model alone. Tensors that do not fit are listed, "
        "and trained from random values",
    )
    add(
        "--allow-pickle",
        action="store_const",
        const=True,
        help="read a checkpoint that can run any code: only if you trust its source",
    )
    add_weights(group)
    add(
        "--freeze",
        metavar="{none,backbone,all-but-head,lora}",
        help="what stays as it was pre-trained (default: the backbone of prithvi_gw)",
    )
    add(
        "--lora-rank",
        type=whole_number,
        metavar="N",
        help="of the adapters (default: 8)",
    )
    add(
        "--output-scalers",
        metavar="{keep,ones,learn}",
        help="what the result of the Prithvi backbone is multiplied by. The published "
        "code multiplies by 0, so that the backbone adds nothing (default: ones where "
        "they would be 0)",
    )
    add(
        "--size",
        action="append",
        metavar="NAME=VALUE",
        help=f"another size than published; repeatable. {_sizes()}",
    )
    add("--name", metavar="TEXT", help="what people will call the network")


def _add_training(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("training").add_argument
    add(
        "--epochs",
        type=whole_number,
        metavar="N",
        help=f"passes over the training data {_by_network('epochs')}",
    )
    add(
        "--batch",
        type=whole_number,
        metavar="N",
        help="samples of a step on all processes together: images of the globe, or "
        f"columns {_by_network('batch')}",
    )
    add(
        "--learning-rate",
        type=float,
        metavar="X",
        help=f"largest rate of the schedule {_by_network('learning_rate')}",
    )
    add(
        "--schedule",
        metavar="{constant,cosine,cyclic,one-cycle}",
        help=f"how the learning rate changes {_by_network('schedule')}",
    )
    add("--weight-decay", type=float, metavar="X", help="AdamW's (default: 0, Adam)")
    add(
        "--clip-norm",
        type=float,
        metavar="X",
        help=f"largest norm of the gradient, 0 for any {_by_network('clip_norm')}",
    )
    add(
        "--dropout",
        type=float,
        metavar="X",
        help=f"share of the units left out in a step {_by_network('dropout')}",
    )
    add(
        "--drop-path",
        type=float,
        metavar="X",
        help="share of the residual branches of the Prithvi encoder that a sample "
        f"skips {_by_network('drop_path')}",
    )
    add(
        "--mask-ratio",
        type=float,
        metavar="X",
        help="share of the tokens that the Prithvi backbone does not see in training; "
        "never at validation (default: 0; published 0.5, at every call)",
    )
    add(
        "--input-noise",
        type=float,
        metavar="X",
        help="normal noise on every input in training, in standard deviations of each "
        "(default: 0)",
    )
    add(
        "--noise-schedule",
        metavar="{constant,linear,cosine}",
        help="how the noise changes: the last two take it down to 0 at the end "
        "(default: constant)",
    )
    add(
        "--rollout",
        type=whole_number,
        metavar="HOURS",
        help="let a network of your own drive the QBO testbed for so long, and compare "
        "the winds with those of the states (gwparam make-states --from qbo) too "
        "(default: 0)",
    )
    add(
        "--batch-norm-momentum",
        type=float,
        metavar="X",
        help="weight of a step in the running statistics (default: 0.1, as published)",
    )
    add(
        "--patience",
        type=whole_number,
        metavar="N",
        help="end after N epochs without a better validation loss (default: 0, never)",
    )
    add(
        "--seed",
        type=whole_number,
        metavar="N",
        help="of weights and order (default: 0)",
    )


def _add_loss(parser: argparse.ArgumentParser) -> None:
    from gwparam.training.loss_settings import TERMS

    add = parser.add_argument_group("loss", "docs/finetune-losses.md").add_argument
    add(
        "--loss",
        action="append",
        metavar="TERM=WEIGHT",
        help=f"{', '.join(TERMS)}; repeatable, the weighted sum counts (default: mse)",
    )
    add(
        "--huber-delta",
        type=float,
        metavar="X",
        help="error from which huber counts it linearly, in standard deviations "
        "(default: 1)",
    )
    add(
        "--level-weights",
        metavar="{equal,density,mass}",
        help="how levels count in mse and huber (default: equal)",
    )
    add(
        "--tail",
        type=float,
        metavar="X",
        help="how much more large values count (default: 0)",
    )
    add(
        "--drag-scale",
        type=float,
        metavar="X",
        help="error of the drag that counts as 1 [m s-2] (default: 1e-4)",
    )


def _add_machine(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("machine").add_argument
    add(
        "--device",
        metavar="NAME",
        help="auto, cpu, cuda or cuda:N (default: auto)",
    )
    add(
        "--precision",
        metavar="{float32,bfloat16,float16}",
        help="of products; weights stay float32 (default: float32)",
    )
    add(
        "--strategy",
        metavar="{ddp,fsdp}",
        help="several processes under torchrun have a copy of the weights each, or "
        "share one (default: ddp)",
    )
    add(
        "--gradient-checkpointing",
        action="store_const",
        const=True,
        help="compute transformer blocks twice instead of keeping their activations",
    )
    add(
        "--threads",
        type=whole_number,
        metavar="N",
        help="of a process (default: its share)",
    )
    add(
        "--checkpoint-minutes",
        type=float,
        metavar="X",
        help="between checkpoints within an epoch (default: 10)",
    )


def _add_options(parser: argparse.ArgumentParser) -> None:
    """Add what an export will ask for; what is given here need not be given there."""
    group = parser.add_argument_group(
        "what the files do not say",
        "As for gwparam export, which finds in network.safetensors what is given here. "
        "With --scaling, --levels, --flux-quantity and --flux-sign, scores are of "
        "physical fluxes, and the artefact knows what training saw.",
    )
    for option in _options():
        group.add_argument(
            option.flag, metavar=option.placeholder, help=option.help.replace("%", "%%")
        )


def _options() -> "list[Option]":
    """Options of the networks that say something of the training files."""
    from gwparam.networks import NETWORKS

    found: dict[Option, None] = {}
    for network in NETWORKS.values():
        found |= dict.fromkeys(o for o in network.options if not o.frozen)
    return list(found)


def _by_network(name: str) -> str:
    """Say the defaults of a setting."""
    from gwparam.networks import NETWORKS

    values = (
        f"{architecture} {getattr(network.trainable.defaults, name)}"
        for architecture, network in NETWORKS.items()
    )
    return f"(default: {', '.join(values)})"


def _architectures() -> str:
    from gwparam.networks import NETWORKS

    return ", ".join(NETWORKS)


def _sizes() -> str:
    from gwparam.networks import NETWORKS

    return "; ".join(
        f"{architecture}: {', '.join(s.name for s in network.trainable.sizes)}"
        for architecture, network in NETWORKS.items()
    )


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
        options = [getattr(args, option.name) for option in _options()]
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
        idle = [option.name for option in _options()]
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
    for option in _options():
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
