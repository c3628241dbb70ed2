"""The sheet a chart is drawn on: the plot in the middle, words above, beside and under it at distances in points.

Everything around the plot hangs on the axes, so that a chart given its own axes carries its numbers with it. Where the
chart makes the figure itself, the figure becomes exactly as tall as what was put on it: nothing is clipped or overlaps.
"""

from dataclasses import dataclass
from typing import Any, cast

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation, Transform, blended_transform_factory

from analysis.charts.picture import ChartAxes, ChartText, set_text
from analysis.charts.style import EDGE, FIGURE_WIDTH, GREY, GRID, INK, PAPER, STAMP, font, text_width, wrapped

STAMP_WORDS = "INTERNAL – NOT FOR PUBLICATION"
TITLE, SUBTITLE, BODY, SMALL = 11.0, 8.5, 8.0, 7.0


@dataclass
class Canvas:
    """A plot and the space used around it so far, in points."""

    ax: Axes
    owned: bool
    left: float
    right: float
    width: float
    height: float
    above: float = 13.0
    below: float = 0.0

    def shifted(self, dx: float, dy: float, base: Transform | None = None) -> Transform:
        """Move a transform (by default the axes' own fractions) by points, up and right."""
        return (base or self.ax.transAxes) + ScaledTranslation(dx / 72, dy / 72, self.ax.figure.dpi_scale_trans)

    def under(self, dy: float) -> Transform:
        """Place by data horizontally and by points under the plot vertically."""
        return self.shifted(0, -dy, blended_transform_factory(self.ax.transData, self.ax.transAxes))

    def beside(self, dx: float, dy: float = 0.0) -> Transform:
        """Place by data vertically and by fractions of the plot horizontally, then by points."""
        return self.shifted(dx, dy, blended_transform_factory(self.ax.transAxes, self.ax.transData))

    def write(
        self,
        x: float,
        y: float,
        words: str,
        transform: Transform,
        *,
        size: float = SMALL,
        bold: bool = False,
        colour: str = INK,
        gid: str | None = None,
        **options: Any,
    ) -> Text:
        """Write literal text (a dollar sign is a dollar sign) in the shipped font."""
        return self.ax.text(
            x,
            y,
            words,
            transform=transform,
            fontproperties=font(size, bold=bold),
            color=colour,
            gid=gid,
            parse_math=False,
            **options,
        )

    def plain_axes(self, *, lines: str, x_label: str, label_at: Transform, label_x: float) -> None:
        """Give the axes light lines across ``x`` or ``y``, one dark grey axis at the bottom, and the shipped font."""
        ax = self.ax
        ax.grid(visible=False)
        ax.grid(visible=True, axis=lines, color=GRID, linewidth=0.7, clip_on=False)  # type: ignore[arg-type]
        ax.set_axisbelow(True)
        ax.set_facecolor("none")
        for side in ("top", "right", "left"):
            ax.spines[side].set_visible(False)
        ax.spines["bottom"].set(color=GREY, linewidth=0.9)
        ax.tick_params(axis="x", length=3, width=0.9, color=GREY, direction="out", pad=3, top=False, bottom=True)
        ax.tick_params(axis="y", length=0, pad=5, left=False, right=False)
        for label in [*ax.get_xticklabels(), *ax.get_yticklabels()]:
            label.set(fontproperties=font(BODY), color=GREY, parse_math=False)
        ax.set_xlabel(x_label, fontproperties=font(BODY), color=GREY, parse_math=False)
        ax.xaxis.set_label_coords(label_x, 0, transform=label_at)

    @property
    def full_width(self) -> float:
        """The width of the plot with its margins."""
        return self.left + self.width + self.right

    def head(self, title: str, subtitle: str, *, internal: bool) -> None:
        """Write title and subtitle above the plot, and the stamp of a table that has not been through the door."""
        stamp = text_width(STAMP_WORDS, SMALL, bold=True) + 12 if internal else 0.0
        title_lines = wrapped(title, self.full_width - stamp - (12 if internal else 0), TITLE, bold=True)
        subtitle_lines = wrapped(subtitle, self.full_width, SUBTITLE)
        subtitle_height, title_height = 11.5 * len(subtitle_lines), 14.5 * len(title_lines)
        top_left = self.shifted(-self.left, 0, self.ax.transAxes)
        self.write(
            0,
            1,
            "\n".join(subtitle_lines),
            self.shifted(0, self.above, top_left),
            size=SUBTITLE,
            colour=GREY,
            va="bottom",
            linespacing=1.15,
        )
        self.above += subtitle_height + 3
        self.write(
            0,
            1,
            "\n".join(title_lines),
            self.shifted(0, self.above, top_left),
            size=TITLE,
            bold=True,
            va="bottom",
            linespacing=1.1,
        )
        self.above += title_height
        if internal:
            self.write(
                1,
                1,
                STAMP_WORDS,
                self.shifted(self.right - 5, self.above - 6),
                bold=True,
                colour=STAMP,
                gid="stamp",
                ha="right",
                va="top",
                bbox={"boxstyle": "square,pad=0.45", "facecolor": PAPER, "edgecolor": STAMP, "linewidth": 1.0},
            )

    def foot(self, note: str) -> None:
        """Write the note that says what the numbers are, at the very bottom."""
        lines = wrapped(note, self.full_width, SMALL)
        self.below += 9
        self.write(
            0,
            0,
            "\n".join(lines),
            self.shifted(-self.left, -self.below),
            colour=GREY,
            gid="note",
            va="top",
            linespacing=1.3,
        )
        self.below += 10.2 * len(lines)

    def finish(self, text: ChartText) -> Axes:
        """Give a figure of our own its final size, and keep the chart's words on the axes."""
        if self.owned:
            figure = cast("Figure", self.ax.figure)
            total = EDGE + self.above + self.height + self.below + EDGE
            figure.set_size_inches(FIGURE_WIDTH / 72, total / 72)
            self.ax.set_position(
                (
                    (EDGE + self.left) / FIGURE_WIDTH,
                    (EDGE + self.below) / total,
                    self.width / FIGURE_WIDTH,
                    self.height / total,
                )
            )
        set_text(self.ax, text)
        return self.ax


def open_canvas(ax: Axes | None, *, left: float, right: float, height: float) -> Canvas:
    """Begin a chart on the given axes, or on a figure of its own.

    Parameters
    ----------
    ax : Axes or None
        Axes of yours keep their place and size; leave room around them for the words.
    left, right : float
        Room needed beside the plot, in points.
    height : float
        Height of the plot in points, used where the chart makes its own figure.

    Returns
    -------
    Canvas
    """
    if ax is not None:
        box = ax.get_window_extent()
        scale = 72 / ax.figure.dpi
        return Canvas(ax, False, left, right, box.width * scale, box.height * scale)
    figure = Figure(figsize=(FIGURE_WIDTH / 72, 4.0), facecolor=PAPER)
    own = figure.add_subplot(axes_class=ChartAxes)
    return Canvas(own, True, left, right, FIGURE_WIDTH - 2 * EDGE - left - right, height)
