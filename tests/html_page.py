"""A page as a test reads it: elements, attributes and text."""

from html.parser import HTMLParser

VOID = {"meta", "img", "br", "hr", "link", "input", "wbr"}


class Page(HTMLParser):
    """The page's elements, attributes and text, and whether its tags match."""

    def __init__(self, path):
        super().__init__()
        self.size = path.stat().st_size
        self.source = path.read_text(encoding="utf-8")
        self.elements, self.open, self.text = [], [], ""
        self.bold = []
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another tag"

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    def figures(self, words):
        """Pictures whose description has some words."""
        return [image for image in self.all("img") if words in image["alt"]]

    def assert_whole(self):
        """Tags match, nothing is fetched, links lead somewhere, figures have words."""
        assert self.open == []
        ids = [
            attributes["id"] for _, attributes in self.elements if "id" in attributes
        ]
        assert len(set(ids)) == len(ids)
        for tag, attributes in self.elements:
            for name in ("src", "href", "srcset", "action", "data"):
                target = attributes.get(name, "data:image/")
                assert target.startswith(("data:image/", "#")), (tag, target)
                assert target[0] != "#" or target[1:] in ids, target
        assert self.all("script") == []
        assert "@import" not in self.source
        assert "url(" not in self.source
        assert all(len(image["alt"]) > 20 for image in self.all("img"))
        widths = [meta for meta in self.all("meta") if meta.get("name") == "viewport"]
        assert len(widths) == 1
