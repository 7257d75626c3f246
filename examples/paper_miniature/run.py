"""The paper in miniature: pre-train, fine-tune, compare. README.md has the question.

    python examples/paper_miniature/run.py -o FOLDER [--quick]

FOLDER gets summary.json, scores.png and, of every seed, networks and a report.
"""

import argparse
import json
import math
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from labels import Globe
from pretrain import States, pretrain, save, score
from results import draw_figure, print_tables, summarise
from rich.console import Console
from rich.progress import track
from scale import QUICK, Scale
from states import make_files

from gwparam.cli import main as gwparam

# Files and pipes have no width: give the tables what they need.
WIDTH = None if sys.stdout.isatty() else 120
console = Console(highlight=False, width=WIDTH)


class Run:
    """All that one seed does.

    Parameters
    ----------
    scale : Scale
        How large it is.
    data : Path
        Folder of the states.
    folder : Path
        Gets backbones, networks and the report; made here.
    seed : int
        Of all weights, and of the order of the states.
    threads : int
        Of all computations.
    """

    def __init__(
        self, scale: Scale, data: Path, folder: Path, seed: int, threads: int
    ) -> None:
        self.scale, self.data, self.folder, self.seed = scale, data, folder, seed
        self.threads = f"--threads={threads}"
        folder.mkdir()

    def all(self, unfrozen: bool) -> dict[str, Any]:
        """Do everything; gives what `results.summarise` takes."""
        with timed("pre-train"):
            errors = self.pretrain()
        ways: dict[str, Callable[[], Path]] = {
            "pre-trained": lambda: self.prithvi("pretrained", "backbone", "backbone"),
            "random backbone": lambda: self.prithvi("random", "random", "backbone"),
            "Attention U-Net": self.unet,
        }
        if unfrozen:
            ways["not frozen"] = lambda: self.prithvi("unfrozen", "backbone", "none")
        seconds, folders = {}, {}
        for name, train in ways.items():
            with timed(name) as clock:
                folders[name] = train()
            seconds[name] = clock()
        with timed("export and evaluate"):
            scores = self.evaluate(folders)
        trainable = {
            name: json.loads((folder / "run.json").read_text())["parameters"]["trained"]
            for name, folder in folders.items()
        }
        return {
            "scores": scores,
            "trainable": trainable,
            "seconds": seconds,
            "pretraining": errors,
        }

    def pretrain(self) -> dict[str, dict[str, float]]:
        """Pre-train a backbone; write it, and what it was before."""
        states = States.read(self.data / "unlabelled.nc")
        settings = self.scale.backbone
        network = settings.build(states.images.shape[1], states.grid, self.seed)
        save(network, self.folder / "random.safetensors")
        steps = pretrain(network, states, settings, self.seed)
        total = settings.epochs * math.ceil(len(states.images) / settings.batch)
        for _ in track(steps, "pre-training", total, transient=True):
            pass
        save(network, self.folder / "backbone.safetensors")
        return score(network, States.read(self.data / "validation.nc"), settings)

    def prithvi(self, name: str, backbone: str, freeze: str) -> Path:
        """Train the convolutions around a backbone."""
        sizes = self.scale.backbone
        return self.finetune(
            name,
            "prithvi_gw",
            "",
            f"--pretrained={self.folder / backbone}.safetensors",
            f"--freeze={freeze}",
            "--output-scalers=ones",
            "--drop-path=0",
            f"--size=hidden={self.scale.hidden}",
            f"--size=embed={sizes.embed}",
            f"--size=heads={sizes.heads}",
            "--size=mask_unit={}x{}".format(*sizes.mask_unit),
            f"--size=encoder_pairs={sizes.encoder_pairs}",
            f"--size=decoder_pairs={sizes.decoder_pairs}",
        )

    def unet(self) -> Path:
        """Train the Attention U-Net."""
        widths = "/".join(map(str, self.scale.widths))
        return self.finetune(
            "unet",
            "attention_unet",
            "_nonlocal",
            "--features=uvtheta",
            "--dropout=0",
            f"--size=widths={widths}",
        )

    def finetune(self, name: str, architecture: str, layout: str, *others: str) -> Path:
        """Train a network on the labelled states; gives its folder."""
        data, scale = self.data, self.scale
        folder = self.folder / name
        self.call(
            f"{name}.log",
            "finetune",
            f"--arch={architecture}",
            f"--data={data / f'training{layout}.nc'}",
            f"--validation={data / f'validation{layout}.nc'}",
            f"--output={folder}",
            f"--epochs={scale.epochs}",
            f"--batch={scale.batch}",
            f"--learning-rate={scale.learning_rate}",
            "--schedule=cosine",
            f"--seed={self.seed}",
            f"--scaling={data / 'scaling.json'}",
            f"--levels={data / 'levels.json'}",
            "--grid={}x{}".format(*scale.grid),
            "--flux-quantity=omega",
            "--flux-sign=1",
            self.threads,
            *others,
        )
        return folder

    def evaluate(self, folders: dict[str, Path]) -> dict[str, Any]:
        """Export networks and compare them on the held-out states; gives the scores."""
        artefacts = []
        for folder in folders.values():
            artefacts.append(str(folder / "network.pt"))
            checkpoint = folder / "network.safetensors"
            self.call(
                f"{folder.name}_export.log",
                "export",
                f"--ckpt={checkpoint}",
                f"--output={artefacts[-1]}",
            )
        report = self.folder / "report"
        self.call(
            "evaluate.log",
            "evaluate",
            *artefacts,
            f"--names={','.join(folders)}",
            f"--truth={self.data / 'test.nc'}",
            f"--scaling={self.data / 'scaling.json'}",
            f"--output={report}",
            self.threads,
        )
        scores: dict[str, Any] = json.loads((report / "evaluation.json").read_text())
        return scores["models"]

    def call(self, log: str, *words: str) -> None:
        """Run a command of gwparam, with what it says in a file.

        Raises
        ------
        SystemExit
            If it fails; the file says why.
        """
        path = self.folder / log
        with path.open("w") as file, redirect_stdout(file), redirect_stderr(file):
            print("$ gwparam", shlex.join(words), flush=True)
            status = gwparam(words)
        if status:
            raise SystemExit(f"gwparam {words[0]} failed, {path} says why")


@contextmanager
def timed(name: str) -> Iterator[Callable[[], float]]:
    """Say how long something took; what it gives tells the seconds so far."""
    start = time.perf_counter()

    def clock() -> float:
        return time.perf_counter() - start

    yield clock
    console.print(f"[green]done[/] {name:<40} {clock():6.1f} s")


def main(argv: Sequence[str] | None = None) -> int:
    """Run everything; the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("-o", "--output", type=Path, required=True, metavar="FOLDER", help="new folder")
    add("--seeds", type=int, default=3, help="how many (default: 3)")
    add("--quick", action="store_true", help="tiny, to see that it runs")
    add("--unfrozen", action="store_true", help="train the backbone too, as a fourth")
    add("--threads", type=int, default=2, help="of all computations (default: 2)")
    args = parser.parse_args(argv)
    if args.output.exists():
        parser.error(f"{args.output} exists, expected a new folder")
    args.output.mkdir(parents=True)
    torch.set_num_threads(args.threads)
    scale, data = QUICK if args.quick else Scale(), args.output / "data"
    with timed("everything") as clock:
        with timed("draw states and labels"):
            make_files(data, scale.parts, Globe(*scale.grid))
        seeds = []
        for seed in range(args.seeds):
            console.rule(f"seed {seed}")
            folder = args.output / f"seed{seed}"
            run = Run(scale, data, folder, seed, args.threads)
            seeds.append(run.all(args.unfrozen))
    summary = summarise(seeds)
    summary |= {"scale": asdict(scale), "seconds": clock()}
    (args.output / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    draw_figure(args.output / "scores.png", summary)
    print_tables(console, summary)
    console.print(f"{args.output} has summary.json, scores.png and all reports")
    return 0


if __name__ == "__main__":
    sys.exit(main())
