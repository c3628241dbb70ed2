"""How every chart looks: colours that survive grey and colour blindness, the shipped font, and how text fits."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import matplotlib as mpl
import matplotlib.style
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

INK = "#222222"
GREY = "#595959"
GRID = "#E3E3E3"
PAPER = "#FFFFFF"
TINT = "#EAF2F8"
STAMP = "#A84600"

FIGURE_WIDTH = 518.4  # points: 7.2 inches, the text width of a page
EDGE = 9.0  # points of white around everything

_HINTING = 1.035  # fitting letters to pixels makes text a little wider than its outline


@dataclass(frozen=True)
class SeriesStyle:
    """How one of at most four series is told apart: by colour, marker and line, so that any one of them may be lost.

    ``colour`` is for lines and points (3:1 on white), ``ink`` for words in the same hue (4.5:1 on white).
    """

    colour: str
    ink: str
    marker: str
    line: str


SERIES_STYLES = (
    SeriesStyle("#0072B2", "#00629B", "o", "-"),
    SeriesStyle("#D55E00", "#A84600", "s", "--"),
    SeriesStyle("#009E73", "#00704F", "^", "-."),
    SeriesStyle("#000000", "#000000", "D", ":"),
)


@contextmanager
def drawing() -> Iterator[None]:
    """Draw under matplotlib's own defaults, whatever the user's settings are; the user's settings come back afterwards.

    Examples
    --------
    >>> with mpl.rc_context({"lines.linewidth": 9.0}):
    ...     with drawing():
    ...         inside = mpl.rcParams["lines.linewidth"]
    ...     inside, mpl.rcParams["lines.linewidth"]
    (1.5, 9.0)
    """
    with matplotlib.style.context("default"):
        yield


@cache
def font(size: float, *, bold: bool = False) -> FontProperties:
    """Return DejaVu Sans as shipped with matplotlib, so that every machine draws the same letters."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return FontProperties(fname=str(Path(mpl.get_data_path(), "fonts", "ttf", name)), size=size)


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of one line of text in points, with the little that fitting letters to pixels adds.

    Examples
    --------
    >>> text_width("n = 12", 8) < text_width("n = 12", 8, bold=True)
    True
    """
    width, _, _ = text_to_path.get_text_width_height_descent(text, font(size, bold=bold), ismath=False)
    return float(width) * _HINTING


def wrapped(text: str, width: float, size: float, *, bold: bool = False, lines: int | None = None) -> list[str]:
    """Break text into lines of at most ``width`` points; what exceeds ``lines`` loses its middle.

    Names differ more often at their ends.

    Examples
    --------
    >>> wrapped("of those eligible", 60, 8)
    ['of those', 'eligible']
    >>> wrapped("Northern Regional Ketamine Clinic B", 80, 8, lines=1)
    ['Northern…Clinic B']
    """
    shown, cut = text, len(text)
    while True:
        broken = _broken(shown, width, size, bold=bold)
        if lines is None or len(broken) <= lines or cut <= 2:
            return broken
        cut -= 1
        head = (cut + 1) // 2
        shown = text[:head].rstrip() + "…" + text[len(text) - (cut - head) :].lstrip()


def _broken(text: str, width: float, size: float, *, bold: bool) -> list[str]:
    found: list[str] = []
    line = ""
    for word in text.split():
        trial = f"{line} {word}".strip()
        if text_width(trial, size, bold=bold) <= width:
            line = trial
            continue
        if line:
            found.append(line)
        line = word
        while text_width(line, size, bold=bold) > width and len(line) > 1:
            fits = max(
                1, next(n for n in range(len(line), 0, -1) if n == 1 or text_width(line[:n], size, bold=bold) <= width)
            )
            found.append(line[:fits])
            line = line[fits:]
    return [*found, line] if line or not found else found
