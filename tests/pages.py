"""Runs the code blocks of a Markdown page, in order, in a folder of its own.

A comment before a block says what a reader need not see:

    <!-- not run: needs a GPU -->       why nothing runs it
    <!-- in a clone -->                 tools/new_user.py runs it, in a fresh clone
    <!-- file: mine.py -->              the block is the content of this file
    <!-- set-up: cp $PROJECT/a.nc . --> shell commands that come first
    <!-- with: real :: u(8) -->         declarations that a part of a program lacks

Blocks of `sh`, `console` (commands after `$ `, then their output, with `...` for what
varies) and `python` run, `fortran` is compiled and linked, `toml` and `json` are read.
`text` is no code. Only the standard library is needed: a new machine has no more.
"""

import doctest
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

TIMEOUT = 3600  # seconds a block: one of README is all tests
REMARKS = ("not run", "in a clone", "file", "set-up", "with")
_COMMENT = re.compile(r"\s*<!--\s*(.*?)\s*-->\s*", re.DOTALL)
_FENCE = re.compile(r"^( *)(```+)(\S*)")
_OUTPUT = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class PageError(Exception):
    """A page does not give what it says; the message names page, line and reason."""


@dataclass(frozen=True)
class Block:
    """A code block of a page."""

    page: Path
    line: int
    language: str
    text: str
    remarks: Mapping[str, str] = field(default_factory=dict)
    """What the comments before it say, by their first words."""

    @property
    def is_code(self) -> bool:
        """Whether it is neither text nor a directive of the documentation site."""
        return self.language != "text" and not self.language.startswith("{")

    def fail(self, reason: str) -> PageError:
        """Make the error of this block."""
        return PageError(f"{self.page}:{self.line}: {reason}")


def read_blocks(page: Path) -> Iterator[Block]:
    """Find the fenced blocks of a page, and the comments before each."""
    lines = page.read_text(encoding="utf-8").splitlines()
    remarks: dict[str, str] = {}
    number = 0
    while number < len(lines):
        start, line = number, lines[number]
        number += 1
        if line.lstrip().startswith("<!--"):
            while "-->" not in line and number < len(lines):
                line += "\n" + lines[number]
                number += 1
            remarks |= _remark(line)
        elif fence := _FENCE.match(line):
            indent, ticks, language = fence.groups()
            end = lines.index(indent + ticks, number)
            text = [line.removeprefix(indent) for line in lines[number:end]]
            yield Block(page, start + 1, language, "\n".join(text), remarks)
            number, remarks = end + 1, {}
        elif line.strip() and "set-up" not in remarks:
            remarks = {}


def _remark(comment: str) -> dict[str, str]:
    match = _COMMENT.fullmatch(comment)
    name, _, value = (match[1] if match else "").partition(":")
    return {name: value.strip()} if name in REMARKS else {}


def run_page(
    page: Path, folder: Path, project: Path, *, clone: Path | None = None
) -> int:
    """Run the blocks of a page.

    Parameters
    ----------
    page : Path
        Markdown file.
    folder : Path
        Where blocks begin and files go.
    project : Path
        Root of the sources, `$PROJECT` of the blocks; its environment comes first.
    clone : Path, optional
        Where blocks for a clone run; without, they are left out.

    Returns
    -------
    int
        Number of blocks that were run or read.

    Raises
    ------
    PageError
        If a block fails, or prints something else than the page shows.
    """
    done = 0
    for block in read_blocks(page):
        if "set-up" in block.remarks:
            _shell(block, block.remarks["set-up"], folder, project)
        if not block.is_code or "not run" in block.remarks:
            continue
        if "in a clone" in block.remarks:
            if clone is None:
                continue
            _run(block, clone, project)
        else:
            _run(block, folder, project)
        done += 1
    return done


def _run(block: Block, folder: Path, project: Path) -> None:
    """Do with a block what its language asks."""
    if "file" in block.remarks:
        path = folder / block.remarks["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text + "\n", encoding="utf-8")
    elif block.language == "sh":
        _shell(block, block.text, folder, project)
    elif block.language == "console":
        _session(block, folder, project)
    elif block.language == "python":
        _call(block, ["python", "-c", block.text], folder, project)
    elif block.language == "fortran":
        _compile(block, folder, project)
    elif block.language in ("json", "toml"):
        _read(block)
    else:
        raise block.fail(f"nothing runs {block.language or 'a block without language'}")


def _shell(block: Block, commands: str, folder: Path, project: Path) -> str:
    return _call(block, ["bash", "-euo", "pipefail", "-c", commands], folder, project)


def _session(block: Block, folder: Path, project: Path) -> None:
    """Run the commands of a session, and compare what each prints."""
    for part in re.split(r"(?m)^\$ ", block.text)[1:]:
        command, _, wanted = part.partition("\n")
        while command.endswith("\\"):
            more, _, wanted = wanted.partition("\n")
            command += "\n" + more
        found = _shell(block, f"{{ {command}\n}} 2>&1", folder, project)
        wanted = wanted.rstrip("\n") + "\n"
        checker = doctest.OutputChecker()
        if not checker.check_output(wanted, found.rstrip("\n") + "\n", _OUTPUT):
            raise block.fail(f"$ {command}\nprints\n{found}\nexpected\n{wanted}")


def _compile(block: Block, folder: Path, project: Path) -> None:
    """Compile a program; a part of one becomes one, with its declarations."""
    text = block.text
    if not re.search(r"(?im)^ *(end )?(program|module|subroutine)\b", text):
        lines = f"{block.remarks.get('with', '')}\n{text}".splitlines()
        used = [line for line in lines if line.startswith("use ")]
        rest = [line for line in lines if line not in used]
        text = "\n".join(["program page", *used, "implicit none", *rest, "end program"])
    name = f"{block.page.stem}_{block.line}"
    (folder / f"{name}.f90").write_text(text + "\n", encoding="utf-8")
    _shell(
        block,
        f"mpifort -ffree-line-length-none $(gwparam config --fflags) {name}.f90"
        f" $(gwparam config --mpi --restart-file --libs) -o {name}",
        folder,
        project,
    )


def _read(block: Block) -> None:
    """Read data; of several JSON documents, one on each line."""
    if block.language == "toml":
        tomllib.loads(block.text)
        return
    try:
        json.loads(block.text)
    except json.JSONDecodeError:
        for line in block.text.splitlines():
            json.loads(line)


def _call(block: Block, command: list[str], folder: Path, project: Path) -> str:
    """Call a program in the environment of a project; what it prints."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=_environment(project),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise block.fail(f"no end after {TIMEOUT} s of\n{command[-1]}") from None
    if done.returncode:
        # Either may be long, and hide the other.
        said = "\n".join(t.strip()[-3000:] for t in (done.stdout, done.stderr))
        raise block.fail(f"exit status {done.returncode} of\n{command[-1]}\n{said}")
    return done.stdout


def _environment(project: Path) -> dict[str, str]:
    """Variables of a reader's shell, whose environment is active."""
    environment = project / ".venv" / "bin"
    first = environment if environment.is_dir() else Path(sys.executable).parent
    return os.environ | {
        "PATH": f"{first}:{os.environ['PATH']}",
        "PROJECT": str(project),
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "OMP_WAIT_POLICY": "passive",
        # Containers run as root, which Open MPI refuses unless told twice.
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    }
