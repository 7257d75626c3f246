"""``gwparam config``: flags to compile and link a host."""

import argparse
from collections.abc import Sequence
from importlib import resources
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
    if option == "--version":
        return gwparam.__version__
    package = resources.files("gwparam")
    root, library = str(package), package / "lib" / "libgwparam.so"
    if not library.is_file():
        raise ModelFileError(f"{library} is absent, expected an installed gwparam")
    values = {
        "--fflags": f"-I{root}/include/fortran",
        "--cflags": f"-I{root}/include",
        "--libs": f"-L{root}/lib -Wl,-rpath,{root}/lib {_libraries(parts)}",
        "--cmake-dir": f"{root}/lib/cmake/gwparam",
        "--pkg-config-dir": f"{root}/lib/pkgconfig",
    }
    return values[option]


def _libraries(parts: Sequence[str]) -> str:
    """Those that were built, each before what it needs."""
    folder = resources.files("gwparam") / "lib"
    names = [name for part in parts for name in _PARTS[part]]
    for part in parts:
        library = folder / f"lib{_PARTS[part][-1]}.so"
        if not library.is_file():
            expected = f"gwparam built with {_NEEDS[part]}"
            raise ModelFileError(f"{library} is absent, expected {expected}")
    names += ["gwparam_fortran", "gwparam"]
    built = [name for name in names if (folder / f"lib{name}.so").is_file()]
    return " ".join(f"-l{name}" for name in built)
