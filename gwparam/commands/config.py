"""``gwparam config``: flags to compile and link a host."""

import argparse
import os
from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import gwparam
from gwparam.commands.answer import Answer
from gwparam.errors import ArgumentError, ModelFileError

EPILOG = """\
examples:
  gfortran $(gwparam config --fflags) host.f90 $(gwparam config --libs) -o host
  gcc $(gwparam config --cflags) host.c $(gwparam config --libs) -o host
  mpifort $(gwparam config --fflags) host.f90 $(gwparam config --mpi --libs) -o host
  gfortran $(gwparam config --fflags) host.f90 \\
      $(gwparam config --restart-file --libs) -o host
  cmake -Dgwparam_DIR=$(gwparam config --cmake-dir) ..
  PKG_CONFIG_PATH=$(gwparam config --pkg-config-dir) pkg-config --libs gwparam
"""
_OPTIONS = {
    "--fflags": "flags of the Fortran compiler",
    "--cflags": "flags of the C compiler",
    "--libs": "flags of the linker; the program finds the library where it is now",
    "--version": "version of gwparam",
    "--cmake-dir": "folder of gwparam-config.cmake",
    "--pkg-config-dir": "folder of gwparam.pc",
}
# Libraries that not every host needs, and what they were built with.
_PARTS = {
    "restart_file": ["gwparam_restart_file"],
    "mpi": ["gwparam_mpi_fortran", "gwparam_mpi"],
}
_NEEDS = {"restart_file": "netCDF for Fortran", "mpi": "MPI"}


def add_parser(subparsers: Any) -> None:
    """Add the command to those of ``gwparam``."""
    parser = subparsers.add_parser(
        "config",
        help="print flags to compile and link a host",
        description="Print flags to compile and link a host, on one line.",
        epilog=EPILOG,
    )
    for option, text in _OPTIONS.items():
        parser.add_argument(
            option, dest="asked", action="append_const", const=option, help=text
        )
    parser.add_argument(
        "--mpi",
        action="store_true",
        help="with --libs: also what a host of several ranks links with",
    )
    parser.add_argument(
        "--restart-file",
        action="store_true",
        help="with --libs: also the restart files of the coupling, through netCDF",
    )


def run(args: argparse.Namespace) -> Answer:
    """Run the command."""
    if not args.asked:
        raise ArgumentError(f"nothing is asked, expected some of {', '.join(_OPTIONS)}")
    parts = [name for name in _PARTS if getattr(args, name)]
    values = [_value(option, parts) for option in args.asked]
    names = [option.removeprefix("--").replace("-", "_") for option in args.asked]
    document = dict(zip(names, values, strict=True))
    return Answer(document, lambda: print(*values))


def _value(option: str, parts: Sequence[str]) -> str:
    match option:
        case "--version":
            return gwparam.__version__
        case "--fflags":
            return f"-I{_folder('include/fortran/gwparam.mod', 'built with Fortran')}"
        case "--cflags":
            return f"-I{_folder('include/gwparam.h')}"
        case "--libs":
            return " ".join(_linked(parts))
        case "--cmake-dir":
            return _folder_of_installed("lib/cmake/gwparam/gwparam-config.cmake")
        case _:
            return _folder_of_installed("lib/pkgconfig/gwparam.pc")


def _linked(parts: Sequence[str]) -> list[str]:
    """Folders, and libraries that were built, each before what it needs."""
    names = [name for part in parts for name in _PARTS[part]]
    for part in parts:
        _folder(f"lib/lib{_PARTS[part][-1]}.so", f"built with {_NEEDS[part]}")
    _folder("lib/libgwparam.so")
    built = [
        name
        for name in (*names, "gwparam_fortran", "gwparam")
        if _file(f"lib/lib{name}.so").is_file()
    ]
    # One, but that of an editable install, whose libraries are where they were built.
    folders = dict.fromkeys(_folder(f"lib/lib{name}.so") for name in built)
    return [
        *(f"-L{folder}" for folder in folders),
        *(f"-Wl,-rpath,{folder}" for folder in folders),
        *(f"-l{name}" for name in built),
    ]


def _file(name: str) -> Traversable:
    return resources.files("gwparam").joinpath(*name.split("/"))


def _folder(name: str, expected: str = "installed") -> str:
    """Where a file of the package is."""
    file = _file(name)
    if not file.is_file():
        raise ModelFileError(
            f"{name.rpartition('/')[2]} is absent, expected gwparam {expected} "
            "(docs/install.md)"
        )
    return os.path.dirname(str(file))


def _folder_of_installed(name: str) -> str:
    """Where a file is that finds the others beside it."""
    if not isinstance(resources.files("gwparam"), Path):
        raise ModelFileError(
            "gwparam is an editable install, which has no files for CMake and "
            "pkg-config, expected --fflags, --cflags and --libs alone"
        )
    return _folder(name)
