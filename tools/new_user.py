"""Plays a new user: a fresh clone, a fresh environment, and what the pages say.

    python3 tools/new_user.py FOLDER [--without-tests] [PAGE...]

FOLDER is made. Every command block of README and of the tutorials runs in order, and
gives what the page shows. Only the standard library is needed. In a bare root (Debian's
debootstrap with git, make, gcc and python3), run it as root of that: the set-up then
installs what is missing.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "docs/start.md", "examples/own_network/README.md")


def main() -> int:
    """Clone, then read page after page; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="a folder that is not there yet")
    parser.add_argument(
        "pages", nargs="*", default=PAGES, help="default: the tutorials"
    )
    parser.add_argument(
        "--without-tests", action="store_true", help="leave `make test` out"
    )
    args = parser.parse_intermixed_args()
    args.folder.mkdir(parents=True)
    clone = args.folder.resolve() / "gwparam"
    subprocess.run(["git", "clone", "-q", PROJECT, clone], check=True)
    sys.path.insert(0, str(clone / "tests"))
    return read(args.pages, clone, args.without_tests)


def read(names: list[str], clone: Path, without_tests: bool) -> int:
    """Do what each page says, in a folder of its own beside the clone."""
    from pages import PageError, run_page

    for number, name in enumerate(names):
        folder = clone.parent / f"page{number}"
        folder.mkdir()
        start = time.monotonic()
        page = clone / name
        if without_tests:
            page.write_text("\n".join(lines_without_tests(page)) + "\n")
        try:
            done = run_page(page, folder, clone, clone=clone)
        except PageError as error:
            print(f"{name} does not give what it says\n{error}", file=sys.stderr)
            return 1
        seconds = time.monotonic() - start
        print(f"{name}: {done} blocks in {seconds:.0f} s", flush=True)
    return 0


def lines_without_tests(page: Path) -> Iterator[str]:
    """Lines of a page but the command that takes a quarter of an hour."""
    for line in page.read_text(encoding="utf-8").splitlines():
        if not line.startswith("make test "):
            yield line


if __name__ == "__main__":
    sys.exit(main())
