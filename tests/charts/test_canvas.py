"""The sheet: a figure of its own grows with what is put on it; axes that were given stay where they are."""

import pytest
from matplotlib.figure import Figure

from analysis.charts.canvas import open_canvas
from analysis.charts.picture import ChartText

TEXT = ChartText("Title", "Note", "Words")
NOTE = "A sentence about what the numbers are. "


def chart(note, title="Title", internal=False):
    canvas = open_canvas(None, left=60, right=40, height=170)
    canvas.head(title, "Subtitle", internal=internal)
    canvas.foot(note)
    return canvas.finish(TEXT)


def plot_in_points(ax):
    box = ax.get_window_extent()
    return box.width * 72 / ax.figure.dpi, box.height * 72 / ax.figure.dpi


def test_the_plot_keeps_its_size_whatever_stands_around_it():
    for note in ("Short.", NOTE * 12):
        assert plot_in_points(chart(note)) == pytest.approx((518.4 - 18 - 60 - 40, 170))


def test_more_words_make_the_figure_taller_and_not_wider():
    short, long = chart("Short."), chart(NOTE * 12)
    assert long.figure.get_figwidth() == short.figure.get_figwidth() == pytest.approx(7.2)
    assert long.figure.get_figheight() > short.figure.get_figheight() + 0.4


@pytest.mark.parametrize("internal", [True, False])
@pytest.mark.parametrize("title", ["Title", "A title that is far too long for one line of a page " * 3])
def test_head_and_foot_touch_nothing(title, internal, crowding):
    ax = chart(NOTE * 12, title, internal)
    ax.set_xticks([])
    ax.set_yticks([])
    assert crowding(ax) == []


def test_axes_that_were_given_stay_where_they_are():
    figure = Figure(figsize=(8, 6))
    ax = figure.add_axes((0.2, 0.3, 0.5, 0.4))
    canvas = open_canvas(ax, left=60, right=40, height=170)
    canvas.head("Title", "Subtitle", internal=True)
    canvas.foot(NOTE * 12)
    assert canvas.finish(TEXT) is ax
    assert ax.get_position().bounds == pytest.approx((0.2, 0.3, 0.5, 0.4))
    assert figure.get_size_inches().tolist() == [8, 6]
    assert (canvas.width, canvas.height) == pytest.approx((0.5 * 8 * 72, 0.4 * 6 * 72))


def test_dollar_signs_are_letters(crowding):
    canvas = open_canvas(None, left=60, right=40, height=100)
    canvas.write(0.2, 0.5, "$\\frac{1$ and 100", canvas.shifted(0, 0))
    ax = canvas.finish(TEXT)
    ax.set(xticks=[], yticks=[])
    assert [text.get_text() for text in ax.texts] == ["$\\frac{1$ and 100"]
    assert crowding(ax) == []
