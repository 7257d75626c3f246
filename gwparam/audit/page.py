"""The page of an audit."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from gwparam.audit.figures import draw
from gwparam.audit.finding import Verdict
from gwparam.audit.run import Audit
from gwparam.pages.template import render
from gwparam.version import package_version
from gwparam.whole_files import write_text


def write_page(page: Path, found: Audit, subject: str) -> None:
    """Write an audit as one HTML page that needs nothing else.

    Parameters
    ----------
    page : Path
        Where it goes.
    found : Audit
        What was found.
    subject : str
        File of the artefact, or name of the native scheme.

    Raises
    ------
    ModelFileError
        If the page cannot be written.
    """
    pictures = {f.check: draw(found.trial, f) for f in found.findings}
    counts = Counter(f.verdict for f in found.findings)
    text = render(
        "audit/page.html.jinja",
        title=found.trial.subject.name,
        lead="What physics knows of drag by gravity waves, measured on what the "
        "compiled library gives.",
        cards=[(counts[word], word) for word in get_args(Verdict)],
        rows=[(f, pictures[f.check] is not None) for f in found.findings],
        parts=[(f, pictures[f.check]) for f in found.findings if pictures[f.check]],
        facts=list(_facts(found, subject)),
    )
    write_text(page, text)


def _facts(found: Audit, subject: str) -> Iterator[tuple[str, str]]:
    sample = found.trial.sample
    yield "audited", subject
    yield "states", f"{sample.description}; {sample.columns} columns"
    yield "source", _source(found)
    contract = found.trial.subject.contract
    if contract is not None:
        yield "checkpoint", contract.source.sha256
        yield "cite", contract.citation
    caught = [f"{name} {n}" for name, n in found.caught.items() if n]
    yield "caught by guards", ", ".join(caught) or "no column"
    yield "written by", f"gwparam {package_version()}"


def _source(found: Audit) -> str:
    kind = "symmetric" if found.settings.symmetric else "asymmetric, as told"
    return f"{kind}; waves start at {found.settings.source_pressure / 100.0:g} hPa"
