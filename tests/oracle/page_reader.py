"""What stands in a page of a report, read back from its HTML: tables, headings, texts, attributes."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "link", "hr", "input"}


@dataclass
class Element:
    """One element with its attributes, its children and the text directly in it."""

    tag: str
    attributes: dict[str, str]
    children: "list[Element | str]" = field(default_factory=list)

    def every(self, tag: str) -> "list[Element]":
        """Every element of a tag within this one, in the order of the page."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                found += [child] * (child.tag == tag) + child.every(tag)
        return found

    def all_elements(self) -> "list[Element]":
        """Every element within this one."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                found += [child, *child.all_elements()]
        return found

    @property
    def text(self) -> str:
        """All text in it, with single spaces."""
        parts = [child.text if isinstance(child, Element) else child for child in self.children]
        return " ".join(" ".join(parts).split())

    @property
    def own_text(self) -> str:
        """The text directly in it, without that of its children."""
        return " ".join(" ".join(child for child in self.children if isinstance(child, str)).split())


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("page", {})
        self.open = [self.root]

    def handle_starttag(self, tag, attrs):
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        if self.open[-1].tag != tag:
            raise ValueError(f"</{tag}> closes <{self.open[-1].tag}>")
        self.open.pop()

    def handle_data(self, data):
        self.open[-1].children.append(data)


def read_page(html: str) -> Element:
    """Read a page; one whose tags do not match is refused."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    if len(builder.open) != 1:
        raise ValueError(f"<{builder.open[-1].tag}> is not closed")
    return builder.root
