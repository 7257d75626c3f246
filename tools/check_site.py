"""A built site is whole: links lead somewhere, and nothing is fetched from elsewhere.

A page is read where there is no network, and no other server learns who reads it.
"""

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src")}
"""What a browser asks for by itself, beside the `link` elements named below."""
FETCHED_LINKS = {"stylesheet", "icon", "preload", "preconnect", "dns-prefetch"}


class Page(HTMLParser):
    """What a page refers to, what it fetches, and the anchors that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the references of an element."""
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        relations = set(values.get("rel", "").split())
        for name in {"href", "src"} & set(values):
            self.links.append(values[name])
            if (tag, name) in FETCHED or (tag == "link" and relations & FETCHED_LINKS):
                self.fetched.append(values[name])


def main() -> int:
    """Print what is wrong with a built site; the exit status."""
    root = Path(sys.argv[1])
    pages = {path: read(path) for path in sorted(root.rglob("*.html"))}
    if not pages:
        print(f"{root} has no pages, expected a built site")
        return 1
    wrong = [line for path in pages for line in faults(path, pages)]
    for line in wrong:
        print(line)
    return 1 if wrong else 0


def read(path: Path) -> Page:
    """Parse one page."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def faults(path: Path, pages: dict[Path, Page]) -> Iterator[str]:
    """Name what one page fetches from elsewhere and the links that lead nowhere."""
    for address in pages[path].fetched:
        if urlsplit(address).netloc:
            yield f"{path}: {address} is fetched from elsewhere"
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
