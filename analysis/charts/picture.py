"""What a chart leaves behind: PNG bytes, a notebook's figure, and the words that go with the picture.

Charts are drawn on :class:`matplotlib.figure.Figure` without pyplot, so nothing stays open and no global setting is
changed. Such a figure does not display by itself in Jupyter, and a PNG has no alternative text there; :func:`as_html`
gives both, and :class:`ChartAxes` uses it.
"""

import base64
import html
import io
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.charts.style import PAPER, drawing
from analysis.vocabulary.errors import CallError

DPI = 150

_TEXT_ATTRIBUTE = "_outcomes_text"


@dataclass(frozen=True)
class ChartText:
    """The words of a chart: its title, the caption printed under it, and its alternative text."""

    title: str
    caption: str
    alternative: str


class ChartAxes(Axes):
    """The axes of a chart that made its own figure: in a notebook it shows itself, with alternative text."""

    def _repr_html_(self) -> str:
        return as_html(self).html


@dataclass(frozen=True, repr=False)
class ChartHTML:
    """A chart as an HTML ``<figure>``; Jupyter displays it and Jinja2 inserts it without escaping it again."""

    html: str
    alternative: str

    def __repr__(self) -> str:
        return f"<chart: {self.alternative}>"

    def __html__(self) -> str:
        return self.html

    def _repr_html_(self) -> str:
        return self.html


def set_text(ax: Axes, text: ChartText) -> None:
    """Keep a chart's words on its axes; :func:`alt_text` and :func:`caption` read them."""
    setattr(ax, _TEXT_ATTRIBUTE, text)


def _text(ax: Axes) -> ChartText:
    text = getattr(ax, _TEXT_ATTRIBUTE, None)
    if text is None:
        raise CallError("These axes hold no chart of this package. Give the axes that a function of `charts` returned.")
    return cast("ChartText", text)


def alt_text(ax: Axes) -> str:
    """Return a chart's alternative text: what it shows, of whom, and its main message in plain words.

    Parameters
    ----------
    ax : Axes
        What a chart function returned.

    Returns
    -------
    str
        Made from the same table as the picture; hidden numbers are not in it.

    Raises
    ------
    CallError
        When the axes hold no chart of this package.
    """
    return _text(ax).alternative


def caption(ax: Axes) -> str:
    """Return the title of a chart and the note that is printed inside the picture, as one text.

    Raises
    ------
    CallError
        When the axes hold no chart of this package.
    """
    text = _text(ax)
    return f"{text.title}. {text.caption}"


def png_bytes(ax: Axes) -> bytes:
    """Return the chart's figure as PNG; the same table gives the same bytes, and nothing but the picture is in them.

    Parameters
    ----------
    ax : Axes
        What a chart function returned. Of axes you gave yourself the whole figure is saved, cropped to what is drawn.
    """
    figure = cast("Figure", ax.get_figure(root=True))
    buffer = io.BytesIO()
    with drawing():
        figure.savefig(
            buffer,
            format="png",
            dpi=DPI,
            facecolor=PAPER,
            metadata={"Software": None},
            bbox_inches=None if isinstance(ax, ChartAxes) else "tight",
        )
    return buffer.getvalue()


def save_png(ax: Axes, path: str | Path) -> Path:
    """Write the chart's figure to a PNG file.

    Parameters
    ----------
    ax : Axes
        What a chart function returned.
    path : str or Path
        Must end in ``.png``: the paths of a vector figure hold the data points exactly.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    CallError
        When the file name does not end in ``.png``.
    """
    target = Path(path)
    if target.suffix.lower() != ".png":
        raise CallError(
            f"Charts are saved as .png only, not as '{target.suffix}': vector files hold the data behind the drawing."
        )
    target.write_bytes(png_bytes(ax))
    return target


def as_html(ax: Axes) -> ChartHTML:
    """Return the chart as an HTML figure with alternative text; its caption stands inside the picture.

    Parameters
    ----------
    ax : Axes
        What a chart function returned.

    Returns
    -------
    ChartHTML
        Its ``.html`` is one self-contained ``<figure>``; as the last expression of a notebook cell it displays.

    Raises
    ------
    CallError
        When the axes hold no chart of this package.
    """
    text = _text(ax)
    data = base64.b64encode(png_bytes(ax)).decode("ascii")
    return ChartHTML(
        f'<figure style="margin:0"><img style="max-width:100%;width:45rem;height:auto;background:#fff" '
        f'alt="{html.escape(text.alternative)}" src="data:image/png;base64,{data}"></figure>',
        text.alternative,
    )
