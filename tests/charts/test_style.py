"""Colours by the WCAG formula, text that fits, and settings left alone."""

import matplotlib as mpl
import pytest

from analysis.charts.phase_response import response_by_phase
from analysis.charts.picture import alt_text, png_bytes
from analysis.charts.style import (
    GREY,
    INK,
    PAPER,
    SERIES_STYLES,
    STAMP,
    TINT,
    drawing,
    font,
    text_width,
    wrapped,
)


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_formula_gives_the_published_values():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("ground", [PAPER, TINT, "#F6F6F6"])
@pytest.mark.parametrize("ink", [INK, GREY, STAMP, *(style.ink for style in SERIES_STYLES)])
def test_text_stands_out_4_5_to_1(ink, ground):
    assert contrast(ink, ground) >= 4.5


@pytest.mark.parametrize("ground", [PAPER, "#F6F6F6"])
@pytest.mark.parametrize("style", SERIES_STYLES)
def test_points_and_lines_stand_out_3_to_1(style, ground):
    assert contrast(style.colour, ground) >= 3


def test_series_differ_by_marker_and_line_too():
    assert len({style.marker for style in SERIES_STYLES}) == len({style.line for style in SERIES_STYLES}) == 4


def test_the_font_is_the_one_matplotlib_ships():
    assert font(8).get_file().startswith(mpl.get_data_path())
    assert font(8, bold=True).get_name() == "DejaVu Sans"


def raw_settings():
    """The settings as they lie there: reading the backend the ordinary way would choose one."""
    return {name: mpl.rcParams._get(name) for name in mpl.rcParams}


def test_a_chart_leaves_every_setting_alone(rates):
    table = rates([("end of loading", 40, 90, 100)])
    with mpl.rc_context({"text.usetex": False, "axes.facecolor": "red", "lines.linewidth": 9, "axes.grid": True}):
        before = raw_settings()
        png_bytes(response_by_phase(table))
        assert raw_settings() == before


def test_the_users_settings_do_not_reach_the_picture(rates):
    table = rates([("end of loading", 40, 90, 100), ("month 1 after loading", 30, 80, 100)])
    plain = png_bytes(response_by_phase(table))
    loud = {"axes.facecolor": "red", "lines.linewidth": 9, "font.size": 20, "savefig.bbox": "tight", "xtick.top": True}
    with mpl.rc_context({**loud, "savefig.transparent": True, "axes.spines.left": True, "lines.markersize": 20}):
        assert png_bytes(response_by_phase(table)) == plain


def test_drawing_gives_the_settings_back_after_an_error():
    before = raw_settings()

    def fail():
        with drawing():
            mpl.rcParams["lines.linewidth"] = 7
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert raw_settings() == before


@pytest.mark.parametrize("text", ["Northern Regional Ketamine and Mood Disorders Clinic", "x" * 60, "one", ""])
@pytest.mark.parametrize("width", [30, 80, 200])
def test_wrapped_lines_fit_and_lose_nothing(text, width):
    lines = wrapped(text, width, 7)
    assert all(text_width(line, 7) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_shortened_names_keep_both_ends_apart():
    names = [f"Northern Regional Ketamine and Mood Disorders Clinic of the East {end}" for end in "AB"]
    one, other = (" ".join(wrapped(name, 108, 7, lines=2)) for name in names)
    assert one != other
    assert "…" in one
    assert one.startswith("Northern")


def test_alternative_text_needs_a_chart(rates):
    from matplotlib.figure import Figure

    from analysis.vocabulary.errors import CallError

    with pytest.raises(CallError, match="hold no chart"):
        alt_text(Figure().add_subplot())
