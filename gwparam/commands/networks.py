"""``gwparam networks``: what can be exported, and the published sizes."""

import argparse
from typing import Any

from gwparam.commands.answer import Answer

EPILOG = """\
examples:
  gwparam networks
  gwparam networks --arch ann_cnn
  gwparam networks --json | python -m json.tool --indent 1
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "networks",
        help="list the networks and published sizes",
        description="List the networks that can be exported, and published sizes.",
        epilog=EPILOG,
    )
    parser.add_argument("--arch", metavar="NAME", help="one architecture only")


def run(args: argparse.Namespace) -> Answer:
    """Run the command."""
    networks = _describe(args.arch)
    return Answer(networks, lambda: _print(networks))


def _describe(architecture: str | None) -> dict[str, Any]:
    """Everything that is known of the networks, as JSON values."""
    import torch

    from gwparam.networks import NETWORKS, find_network

    chosen = dict(NETWORKS)
    if architecture is not None:
        chosen = {architecture: find_network(architecture)}
    described = {}
    for name, network in chosen.items():
        presets = []
        for preset in network.presets:
            with torch.device("meta"):
                built = preset.build()
            presets.append(
                {
                    "name": preset.name,
                    "parameters": sum(p.numel() for p in built.parameters()),
                    "geometry": preset.geometry,
                    "inputs": list(preset.inputs),
                    "outputs": list(preset.outputs),
                }
            )
        described[name] = {
            "citation": network.citation,
            "options": [option.flag for option in network.options],
            "presets": presets,
        }
    return described


def _print(networks: dict[str, Any]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from gwparam import console

    text, tables = console.lines(), console.tables(180)
    for name, network in networks.items():
        table = Table(title=name, title_justify="left", box=SIMPLE_HEAD)
        for heading in ("preset", "parameters", "geometry", "inputs", "outputs"):
            right = heading == "parameters"
            table.add_column(
                heading,
                overflow="fold",
                justify="right" if right else "left",
                no_wrap=heading in ("preset", "parameters"),
            )
        above = [""] * 3
        for preset in network["presets"]:
            texts = [
                preset["geometry"],
                ", ".join(preset["inputs"]),
                ", ".join(preset["outputs"]),
            ]
            fresh = ["" if t == a else t for t, a in zip(texts, above, strict=True)]
            table.add_row(preset["name"], f"{preset['parameters']:,}", *fresh)
            above = texts
        tables.print(table)
        text.print(f"  cite: {network['citation']}")
        if network["options"]:
            text.print(f"  export: {' '.join(network['options'])}")
        text.print()
