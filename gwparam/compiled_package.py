"""What a compiled package is good for: its keys, read without torch.

`fortran_bridge/src/torch/package_keys.cpp` reads the same file.
"""

import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from gwparam.contract import read_extra
from gwparam.errors import GwparamError

KEYS_FILE = "gwparam_compiled.json"
_VERSION = 1

_OF_PROCESSOR = (
    *("vendor_id", "cpu family", "model", "model name", "stepping", "flags"),
    *("CPU implementer", "CPU architecture", "CPU variant", "CPU part", "Features"),
)
"""What of /proc/cpuinfo decides which instructions a compiler may choose."""


@dataclass(frozen=True)
class Keys:
    """For what a package was compiled.

    Attributes
    ----------
    artefact : str
        `artefact_listing` of it.
    torch : str
        The release, as 2.13.0.
    processor : str
        `processor_features` of it.
    inputs : sequence of mapping
        dtype, shape and stride of each input.
    """

    artefact: str
    torch: str
    processor: str
    inputs: Sequence[Mapping[str, Any]]

    def to_json(self) -> str:
        """Write the file of a package."""
        return json.dumps({"version": _VERSION} | asdict(self))


def package_path(artefact: str | PathLike[str]) -> Path:
    """Say where the library looks for the package of an artefact: beside it."""
    return Path(f"{fspath(artefact)}.compiled")


def artefact_listing(path: str | PathLike[str]) -> str:
    """List an artefact's archive: name, bytes and CRC-32 of every file in it.

    Two artefacts with the same list have the same content; to read it costs nothing,
    which a digest of the whole file would, at every load.
    """
    with zipfile.ZipFile(path) as archive:
        entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
    return "".join(f"{e.filename} {e.file_size} {e.CRC:08x}\n" for e in entries)


def torch_release(version: str) -> str:
    """Leave out of a version of torch what it was built for."""
    return version.split("+")[0]


def processor_features(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Name the processor and its instructions; empty where the system does not say."""
    try:
        first = cpuinfo.read_text(errors="replace").split("\n\n")[0]
    except OSError:
        return ""
    lines = (re.split(r"\s*:\s*", line, maxsplit=1) for line in first.splitlines())
    known = {parts[0]: parts[1] for parts in lines if len(parts) == 2}
    return "".join(f"{k}: {known[k]}\n" for k in _OF_PROCESSOR if k in known)


def why_unfit(artefact: str | PathLike[str], torch: str | None) -> str:
    """Say why the package beside an artefact does not fit here; empty where it does.

    Parameters
    ----------
    artefact : path-like
        The artefact, with a package beside it.
    torch : str or None
        The release of the installed torch; None is not compared.
    """
    try:
        found = json.loads(read_extra(package_path(artefact), KEYS_FILE))
    except (GwparamError, ValueError, RecursionError):
        return "it is damaged, or no package of gwparam compile"
    if not isinstance(found, dict) or found.get("version") != _VERSION:
        return "it was written by another version of gwparam"
    if found.get("artefact") != artefact_listing(artefact):
        return "it was compiled from another artefact"
    if torch is not None and found.get("torch") != torch:
        return f"it was compiled with torch {found.get('torch')}, here is {torch}"
    if found.get("processor") != processor_features():
        return "it was compiled for another processor"
    return ""
