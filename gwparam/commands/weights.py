"""The option of the commands that read checkpoints: which weights of several."""

import argparse


def add_weights(parser: argparse._ActionsContainer) -> None:
    """Add ``--weights``."""
    parser.add_argument(
        "--weights",
        choices=("ema", "raw"),
        help="which weights of a checkpoint that holds a moving average (EMA) beside "
        "those of the last step (default: the average, and the command says so)",
    )
