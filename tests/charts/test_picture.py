"""PNG bytes that repeat and tell nothing, and a notebook's figure with alternative text."""

import subprocess
import sys
from html.parser import HTMLParser

import pytest
from matplotlib.figure import Figure
from PIL import Image

from analysis import charts
from analysis.charts.picture import ChartAxes
from analysis.vocabulary.errors import CallError

ROWS = [("end of loading", 48, 98, 120), ("month 1 after loading", 40, 90, 118), ("month 2 after loading", 30, 80, 110)]


@pytest.fixture
def chart(rates, public):
    return charts.response_by_phase(public(rates(ROWS)))


class Images(HTMLParser):
    """Collect the images of a page as a screen reader would."""

    def __init__(self, page):
        super().__init__()
        self.alternatives = []
        self.tags = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "img":
            self.alternatives.append(dict(attrs)["alt"])


def test_the_same_table_gives_the_same_bytes(rates, public, chart):
    assert charts.png_bytes(chart) == charts.png_bytes(charts.response_by_phase(public(rates(ROWS))))


def test_saving_twice_gives_the_same_bytes(chart):
    assert charts.png_bytes(chart) == charts.png_bytes(chart)


def test_another_process_gives_the_same_bytes(tmp_path, rates):
    table = rates(ROWS)
    table.to_pickle(tmp_path / "table.pkl")
    program = (
        "import sys, pandas as pd; from analysis import charts;"
        "charts.save_png(charts.response_by_phase(pd.read_pickle(sys.argv[1])), sys.argv[2])"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path / "table.pkl", tmp_path / "chart.png"], check=True)
    assert (tmp_path / "chart.png").read_bytes() == charts.png_bytes(charts.response_by_phase(table))


def test_a_picture_is_as_wide_as_a_page_and_tells_nothing_else(tmp_path, chart):
    with Image.open(charts.save_png(chart, tmp_path / "chart.png")) as picture:
        assert picture.width == 1080
        assert set(picture.info) <= {"dpi"}
    chunks = charts.png_bytes(chart)
    assert b"tEXt" not in chunks
    assert b"iTXt" not in chunks


@pytest.mark.parametrize("name", ["chart.svg", "chart.pdf", "chart"])
def test_only_png_is_written(tmp_path, chart, name):
    with pytest.raises(CallError, match=r"as \.png only"):
        charts.save_png(chart, tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_chart_shows_itself_in_a_notebook_with_alternative_text(chart):
    page = Images(chart._repr_html_())
    assert page.tags == ["figure", "img"]
    assert page.alternatives == [charts.alt_text(chart)]
    assert charts.as_html(chart).__html__() == chart._repr_html_()


def test_names_in_the_data_cannot_break_out_of_the_page(rates):
    clinic = '"><script>alert(1)</script>$\\frac{1'
    table = rates(ROWS, clinic_id=clinic)
    other = rates(ROWS, clinic_id="B")
    chart = charts.response_by_phase(type(table)(__import__("pandas").concat([table, other], ignore_index=True)))
    page = Images(charts.as_html(chart).html)
    assert page.tags == ["figure", "img"]
    assert clinic in page.alternatives[0]


def test_axes_of_ones_own_are_cropped_to_what_is_drawn(rates):
    figure = Figure(figsize=(6, 6))
    ax = figure.add_axes((0.3, 0.4, 0.5, 0.4))
    charts.response_by_phase(rates(ROWS), ax=ax)
    assert charts.png_bytes(ax) == charts.png_bytes(ax)
    assert not isinstance(ax, ChartAxes)


def test_the_caption_is_title_and_note(chart):
    assert charts.caption(chart).startswith("PHQ-9 response after loading. Instrument: PHQ-9.")


def test_nothing_of_pyplot_is_loaded():
    program = "import sys; from analysis import charts; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
