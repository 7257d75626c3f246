"""The page of an artefact."""

import hashlib
from os import PathLike
from pathlib import Path

from gwparam.artefact_page import facts, figures
from gwparam.contract import Arrays, Contract
from gwparam.pages.picture import Section
from gwparam.pages.template import render
from gwparam.whole_files import write_text

# What the head of the page says.
_SAID = ("name", "cite")

_RANGES_ABSENT = "the artefact does not say what its inputs on levels were in training."
_PROBE_ABSENT = "the network has no outputs on levels."
_ERROR_ABSENT = "the artefact carries no scores on data kept from training."


def write_page(
    page: Path,
    artefact: str | PathLike[str],
    contract: Contract,
    outputs: Arrays,
    package: str = "",
) -> None:
    """Write what an artefact says of itself as one HTML page that needs nothing else.

    Parameters
    ----------
    page : Path
        Where the page goes.
    artefact : path-like
        The artefact, for its checksum.
    contract : Contract
        Its contract.
    outputs : dict of str to ndarray
        Outputs of its probe, as `gwparam.contract.read_probe` gives them.
    package : str
        What is to be said of a package of ``gwparam compile`` beside it.

    Raises
    ------
    ModelFileError
        If the page cannot be written.
    """
    told = [row for row in facts.lines(contract) if row[0] not in _SAID]
    if package:
        told.append(("compiled", package))
    with open(artefact, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    text = render(
        "artefact_page/page.html.jinja",
        title=contract.name,
        citation=contract.citation,
        facts=told,
        provenance=[
            ("file", str(artefact)),
            ("size", f"{Path(artefact).stat().st_size / 1e6:.2f} MB"),
            ("SHA-256", digest),
        ],
        input_headings=facts.INPUT_HEADINGS,
        inputs=list(facts.input_rows(contract)),
        output_headings=facts.OUTPUT_HEADINGS,
        outputs=list(facts.output_rows(contract, outputs)),
        parts=_parts(contract, outputs),
    )
    write_text(page, text)


def _parts(contract: Contract, outputs: Arrays) -> list[tuple[str, str, Section]]:
    """Draw the parts: key, title and figures."""
    drawn = (
        ("ranges", "Training ranges", figures.ranges(contract), _RANGES_ABSENT),
        ("probe", "Probe", figures.probe(contract, outputs), _PROBE_ABSENT),
        ("scores", "Scores", figures.expected_error(contract), _ERROR_ABSENT),
    )
    return [
        (key, title, Section((picture,)) if picture else Section(absent=absent))
        for key, title, picture, absent in drawn
    ]
