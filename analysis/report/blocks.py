"""A further section of a report as data: headings, paragraphs, points, figures and tables, in their order."""

from dataclasses import dataclass

from analysis.report.display import ShownTable


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of plain text; ``style`` is empty, ``note`` or ``warning``."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    points: tuple[str, ...]


@dataclass(frozen=True)
class Subheading:
    """A heading within a section."""

    text: str


@dataclass(frozen=True)
class Picture:
    """A figure by its name, with the words under it; where there is nothing to draw the page says so."""

    figure: str
    words: str


@dataclass(frozen=True)
class Numbers:
    """Tables; under a line to open them when ``summary`` is given, else in the open."""

    tables: tuple[ShownTable, ...]
    key: str
    summary: str = ""


Block = Paragraph | Points | Subheading | Picture | Numbers


@dataclass(frozen=True)
class Section:
    """A section with its place to link to (``anchor``) and its heading."""

    anchor: str
    heading: str
    blocks: tuple[Block, ...]

    def kinds(self) -> list[tuple[str, Block]]:
        """Give each block with the name of its kind, for a template."""
        return [(type(block).__name__.lower(), block) for block in self.blocks]
