"""Examples of the help pages of the commands."""

import re
import shlex
from dataclasses import dataclass
from importlib import import_module

from gwparam.commands.parser import COMMANDS


@dataclass(frozen=True)
class Example:
    """A line to type, as a help page shows it."""

    line: str

    @property
    def calls(self) -> list[list[str]]:
        """What ``gwparam`` gets of it, call by call."""
        inner = re.findall(r"\$\((gwparam [^)]*)\)", self.line)
        calls = inner or [re.split(r" \| | > ", self.line)[0]]
        words = [shlex.split(call.removesuffix("...")) for call in calls]
        return [its[its.index("gwparam") + 1 :] for its in words]


def _examples(text: str) -> list[Example]:
    """Find the lines that call gwparam, joined with those that go on."""
    lines: list[str] = []
    goes_on = False
    for line in text.splitlines():
        if goes_on or (lines and line.startswith("      --")):
            lines[-1] += " " + line.strip().removesuffix("\\").strip()
        elif line.startswith("  ") and line[2:3].strip() and "gwparam " in line:
            lines.append(line.strip().removesuffix("\\").strip())
        else:
            goes_on = False
            continue
        goes_on = line.endswith("\\")
    return [Example(line) for line in lines]


EXAMPLES = [
    example
    for module, _ in COMMANDS.values()
    for example in _examples(import_module(module).EPILOG)
]
"""Of all commands, in the order of ``gwparam --help``."""
