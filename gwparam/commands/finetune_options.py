"""The options of ``gwparam finetune``, in groups."""

import argparse
from typing import TYPE_CHECKING

from gwparam.commands.given import file_path, whole_number
from gwparam.commands.weights import add_weights

if TYPE_CHECKING:
    from gwparam.networks.base import Option


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add all options but those that say what is trained and where results go."""
    _add_data(parser)
    _add_network(parser)
    _add_training(parser)
    _add_loss(parser)
    _add_machine(parser)
    _add_file_options(parser)


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


def _add_file_options(parser: argparse.ArgumentParser) -> None:
    """Add what an export will ask for; what is given here need not be given there."""
    group = parser.add_argument_group(
        "what the files do not say",
        "As for gwparam export, which finds in network.safetensors what is given here. "
        "With --scaling, --levels, --flux-quantity and --flux-sign, scores are of "
        "physical fluxes, and the artefact knows what training saw.",
    )
    for option in file_options():
        group.add_argument(
            option.flag, metavar=option.placeholder, help=option.help.replace("%", "%%")
        )


def file_options() -> "list[Option]":
    """Collect the options of networks that say something of the training files."""
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


def architectures() -> str:
    """Say which networks there are."""
    from gwparam.networks import NETWORKS

    return ", ".join(NETWORKS)


def _sizes() -> str:
    from gwparam.networks import NETWORKS

    return "; ".join(
        f"{architecture}: {', '.join(s.name for s in network.trainable.sizes)}"
        for architecture, network in NETWORKS.items()
    )
