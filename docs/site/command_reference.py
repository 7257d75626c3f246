"""The directive `gwparam-commands`: what `--help` says of every command, as a page."""

import argparse
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from gwparam.commands.parser import whole_parser


class Commands(SphinxDirective):
    """Sections of all commands, each from its parser."""

    def run(self) -> list[nodes.Node]:
        """Make the sections."""
        text = "\n".join(line for item in parsers().items() for line in describe(*item))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def describe(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    """Write a command's section in Markdown."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter  # without colours
    yield from (f"## `gwparam {name}`", "", parser.description or "", "")
    yield from ("```text", parser.format_usage().strip(), "```", "")
    actions = [a for a in parser._actions if a.help != argparse.SUPPRESS]
    for action in actions:
        yield from (spelling(action), f": {meaning(action, parser)}", "")
    if parser.epilog:
        yield from (
            "```text",
            parser.epilog.strip().replace("%(prog)s", parser.prog),
            "```",
            "",
        )


def parsers() -> dict[str, argparse.ArgumentParser]:
    """Parsers of all commands by name, as the command line makes them."""
    actions = whole_parser()._actions
    return next(a.choices for a in actions if a.dest == "command")


def spelling(action: argparse.Action) -> str:
    """Write an option or argument with what follows it."""
    value = "" if action.nargs == 0 else argument(action)
    if not action.option_strings:
        return f"`{value}`"
    return f"`{', '.join(action.option_strings)} {value}".strip() + "`"


def argument(action: argparse.Action) -> str:
    """Write what an option takes or an argument is called."""
    if isinstance(action.metavar, tuple):
        return " ".join(action.metavar)
    if action.choices:
        return "{" + ",".join(map(str, action.choices)) + "}"
    name = action.metavar or action.dest.upper()
    return f"{name}..." if action.nargs in ("+", "*") else name


def meaning(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    """Help of an option, with its default where the text asks for it."""
    text = (action.help or "") % (vars(action) | {"prog": parser.prog})
    return text.replace("<", r"\<").replace("*", r"\*")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("gwparam-commands", Commands)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
