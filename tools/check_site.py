"""A built site is whole: links lead somewhere, and nothing is fetched from elsewhere.

A page is read where there is no network, and no other server learns who reads it. Pages
and style sheets are looked at; what a script asks for as it runs is not.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = {"src", "poster", "data", "background"}
"""Attributes that a browser fetches by itself, of whatever element."""
REFERENCES = {"href", "xlink:href"}
FETCHED_REFERENCES = {"image", "use", "feimage"}
"""Elements of SVG whose references are fetched too."""
FOLLOWED = {"alternate", "author", "bookmark", "canonical", "help", "index"}
FOLLOWED |= {"license", "me", "next", "prev", "search", "up"}
"""Relations of `link` elements that a reader follows, or nobody; others are fetched."""
STYLED = re.compile(
    r"""url\(\s*(?:"([^"]*)"|'([^']*)'|([^\s"')]+))|@import\s*(?:"([^"]*)"|'([^']*)')""",
    re.IGNORECASE,
)
IN_SET = re.compile(r"([^\s,](?:\S*[^\s,])?)(?:\s+[^,]+)?\s*(?:,|$)")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


class Page(HTMLParser):
    """What a page refers to, what it fetches, and the anchors that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self._is_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the references of an element."""
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        relations = set(values.get("rel", "").lower().split())
        follows = tag in FETCHED_REFERENCES or (
            tag == "link" and not relations <= FOLLOWED
        )
        fetched = [values[name] for name in sorted(FETCHED & set(values))]
        fetched += addresses_in_set(values.get("srcset", ""))
        references = [values[name] for name in sorted(REFERENCES & set(values))]
        self.links += fetched + references
        self.fetched += fetched + (references if follows else [])
        self.fetched += addresses_in_style(values.get("style", ""))
        self._is_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        self._is_style = False

    def handle_data(self, data: str) -> None:
        """Note what the styles of a page fetch."""
        if self._is_style:
            self.fetched += addresses_in_style(data)


def addresses_in_set(text: str) -> list[str]:
    """List the images of a `srcset`."""
    return IN_SET.findall(text)


def addresses_in_style(text: str) -> list[str]:
    """List what a style sheet fetches."""
    return ["".join(found) for found in STYLED.findall(COMMENT.sub("", text))]


def main() -> int:
    """Print what is wrong with a built site; the exit status."""
    root = Path(sys.argv[1])
    pages = {path: read(path) for path in sorted(root.rglob("*.html"))}
    if not pages:
        print(f"{root} has no pages, expected a built site")
        return 1
    wrong = [line for path in pages for line in faults(path, pages)]
    for path in sorted(root.rglob("*.css")):
        style = path.read_text(encoding="utf-8")
        wrong += fetched_from_elsewhere(path, addresses_in_style(style))
    for line in wrong:
        print(line)
    return 1 if wrong else 0


def read(path: Path) -> Page:
    """Parse one page."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def fetched_from_elsewhere(path: Path, addresses: Iterable[str]) -> Iterator[str]:
    """Name what is on another server."""
    for address in addresses:
        if urlsplit(address).netloc:
            yield f"{path}: {address} is fetched from elsewhere"


def faults(path: Path, pages: dict[Path, Page]) -> Iterator[str]:
    """Name what one page fetches from elsewhere and the links that lead nowhere."""
    yield from fetched_from_elsewhere(path, pages[path].fetched)
    for address in pages[path].links:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.is_file():
            yield f"{path}: {address} does not exist"
        elif parts.fragment and target.suffix == ".html":
            known = next((p for q, p in pages.items() if q.resolve() == target), None)
            if known and unquote(parts.fragment) not in known.anchors:
                yield f"{path}: {address} has no such place"


if __name__ == "__main__":
    sys.exit(main())
