"""The page: its numbers are those of the CSV files, its texts are escaped, its structure is sound."""

import csv
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from made_up_clinics import TWO_CLINICS, People
from page_reader import Element, read_page

from analysis.charts.wording import estimand_words
from analysis.report.content import Content
from analysis.report.figures import draw_figures
from analysis.report.manifest import provenance
from analysis.report.page import render_page
from analysis.report.table_text import table_text

HOSTILE = '<img src=x onerror=alert(1)> & "Sons" \'</style><script>alert(2)</script>'

ESTIMANDS = {
    "Of those scored": "observed",
    "Of those eligible": "nonresponder",
    "Of everyone who started": "starters",
    "Of those scored who completed loading": "completers",
}
NAMES = {
    "Outcome": "outcome",
    "When": "window",
    "Maintenance": "maintenance",
    "Route": "route",
    "Clinic": "clinic_id",
    "Scale": "instrument",
    "Step": "label",
    "Reason": "name",
    "File": "table",
}


Files = dict[str, dict[int, dict[str, str]]]
"""The rows of each CSV file under their row numbers, as a spreadsheet has them."""


def page_of(report: Path) -> Element:
    return read_page((report / "report.html").read_text(encoding="utf-8"))


def files_of(report: Path) -> Files:
    return {path.stem: rows_of(path.read_text(encoding="utf-8")) for path in (report / "tables").iterdir()}


def rows_of(text: str) -> dict[int, dict[str, str]]:
    return dict(enumerate(csv.DictReader(text.splitlines()), start=2))


def rendered(content: Content) -> Element:
    """The page without its pictures."""
    return read_page(render_page(content, {}, provenance(content)))


def files_from(content: Content) -> Files:
    return {name: rows_of(table_text(table.frame)) for name, table in content.tables.items()}


def whole(text: str) -> str:
    return f"{int(text):,}"


def per_hundred(text: str) -> str:
    return f"{100 * float(text):.0f}"


def expected_cell(heading: str, row: dict[str, str]) -> tuple[str, str]:  # noqa: PLR0911 - one for each kind
    """What a cell must say, worked out from the CSV file alone: its text and its small print."""
    if heading in ESTIMANDS or (heading == "Responded" and (row["estimate"] or row["status"] != "ok")):
        assert row["estimand"] == ESTIMANDS.get(heading, row["estimand"])
        if row["status"] != "ok":
            assert not any(row[name] for name in ("estimate", "low", "high"))
            said = {"hidden": "hidden", "empty": "nobody", "stratum without scores": "cannot be said"}
            return said[row["status"]], ""
        span = f"{per_hundred(row['low'])} to {per_hundred(row['high'])}"
        counts = f"{whole(row['numerator'])} of {whole(row['denominator'])}"
        return f"{per_hundred(row['estimate'])} in 100", f"{span}; {counts}"
    if heading == "Assumed":
        return row["assumption"], ""
    if heading == "Responded" and row["status"] == "ok" and not row["estimate"]:
        return f"{per_hundred(row['low'])} to {per_hundred(row['high'])} in 100", f"of {whole(row['denominator'])}"
    if heading.startswith("Change, "):
        return expected_change(heading, row)
    if heading == "Mean score":
        if row["status"] != "ok":
            return {"hidden": "hidden", "empty": "nobody"}[row["status"]], ""
        return f"{float(row['estimate']):.1f}", f"{float(row['low']):.1f} to {float(row['high']):.1f}"
    if heading == "Scored, of those due":
        if not row["started"] or not row["scored"]:
            return "hidden", ""
        return (f"{100 * int(row['scored']) / int(row['started']):.0f} in 100" if int(row["started"]) else "nobody"), ""
    column = {"Due": "started", "Scored": "denominator" if "visit" in row else "scored"}.get(heading, "count")
    return (whole(row[column]) if row[column] else "hidden"), ""


def expected_change(heading: str, row: dict[str, str]) -> tuple[str, str]:
    if row["status"] != "ok":
        return {"hidden": "hidden", "empty": "nobody"}[row["status"]], ""
    mean, low, high = (f"{float(row[name]):.1f}".replace("-", "−") for name in ("estimate", "low", "high"))
    if heading == "Change, everybody":
        return mean, f"{low} to {high}"
    return f"{float(row['observed']):.1f}".replace("-", "−"), ""


def expected_name(heading: str, row: dict[str, str]) -> str:
    if heading == "Rate":
        return estimand_words(row["estimand"]).of.capitalize()
    value = row["visit" if heading == "When" and "visit" in row else NAMES[heading]]
    if heading == "When":
        return value.removesuffix(" after loading").capitalize()
    if heading == "Route":
        return {"iv": "Into a vein (iv)", "im": "Into a muscle (im)", "intranasal": "Into the nose (intranasal)"}[value]
    return value.replace("_", " ").capitalize() if heading in {"Outcome", "File"} else value


def check_numbers(page: Element, files: Files) -> int:
    """Compare every number in the page's tables with its row of its CSV file; return how many there were."""
    checked = 0
    for table in page.every("table"):
        if "data-csv" not in table.attributes:
            continue
        file = files[table.attributes["data-csv"]]
        headings = [cell.text for cell in table.every("thead")[0].every("th")]
        for line in table.every("tbody")[0].every("tr"):
            cells = [cell for cell in line.children if isinstance(cell, Element)]
            assert len(cells) == len(headings)
            rows = [file[int(cell.attributes["data-row"])] for cell in cells if cell.tag == "td"]
            for heading, cell in zip(headings, cells, strict=True):
                if cell.tag == "th":
                    assert all(cell.text == expected_name(heading, row) for row in rows)
                    continue
                small = "".join(part.text for part in cell.every("small"))
                row = file[int(cell.attributes["data-row"])]
                assert (cell.own_text, small) == expected_cell(heading, row), (table.attributes, heading, row)
                checked += 1
    return checked


def test_every_number_of_the_demo_page_is_that_of_its_file(demo_report):
    assert check_numbers(page_of(demo_report), files_of(demo_report)) > 300


def test_every_number_of_a_page_with_hidden_ones_is_that_of_its_file(content_of):
    content = content_of(*TWO_CLINICS, People("West", 6, end=8))
    assert check_numbers(rendered(content), files_from(content)) > 300


def test_every_file_is_shown_on_the_page(demo_report):
    shown = {table.attributes.get("data-csv") for table in page_of(demo_report).every("table")}
    assert {path.stem for path in (demo_report / "tables").iterdir()} <= shown


def test_figures_on_the_page_are_those_in_the_folder(demo_report):
    import base64

    on_page = [
        base64.b64decode(image.attributes["src"].removeprefix("data:image/png;base64,"))
        for image in page_of(demo_report).every("img")
    ]
    assert sorted(on_page) == sorted(path.read_bytes() for path in (demo_report / "figures").iterdir())


def test_the_name_of_the_dataset_is_a_text_and_nothing_else(content_of):
    page = rendered(content_of(*TWO_CLINICS, name=HOSTILE))
    assert [element.text for element in page.every("p") if element.attributes.get("class") == "dataset"] == [HOSTILE]
    assert not page.every("script")
    assert not page.every("img")


def test_the_name_of_a_clinic_is_a_text_and_nothing_else(two_clinics):
    """The gate lets letters, digits, - and _ into a clinic's name; the page does not rely on it."""
    table = two_clinics.tables["by_clinic"]
    named = table.frame.replace({"clinic_id": {"North": HOSTILE}})
    tables = two_clinics.tables | {"by_clinic": replace(table, disclosed=replace(table.disclosed, table=named))}
    page = rendered(replace(two_clinics, tables=tables))
    assert HOSTILE in {cell.text for cell in page.every("th")}
    assert not page.every("script")
    assert not page.every("img")


def test_nothing_is_loaded_from_anywhere(demo_report):
    page = page_of(demo_report)
    (policy,) = [meta.attributes["content"] for meta in page.every("meta") if "http-equiv" in meta.attributes]
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert not page.every("link")
    assert all(link.attributes["href"].startswith("#") for link in page.every("a"))
    (style,) = page.every("style")
    assert "url(" not in style.text
    assert "@import" not in style.text
    assert not [name for element in page.all_elements() for name in element.attributes if name.startswith("on")]


def test_the_page_has_a_sound_outline(demo_report):
    page = page_of(demo_report)
    assert page.every("html")[0].attributes["lang"] == "en"
    assert len(page.every("h1")) == len(page.every("main")) == len(page.every("nav")) == 1
    levels = [int(element.tag[1]) for element in page.all_elements() if re.fullmatch(r"h[1-6]", element.tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [element.attributes["id"] for element in page.all_elements() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    assert {link.attributes["href"][1:] for link in page.every("a")} <= set(ids)


def test_tables_have_captions_and_scopes_and_can_be_scrolled_by_keyboard(demo_report):
    page = page_of(demo_report)
    assert all(table.every("caption") for table in page.every("table"))
    assert all(cell.attributes["scope"] in {"col", "row"} for cell in page.every("th"))
    regions = [element for element in page.all_elements() if element.attributes.get("role") == "region"]
    assert sum(len(region.every("table")) for region in regions) == len(page.every("table"))
    assert all(region.attributes["tabindex"] == "0" for region in regions)


def test_every_picture_has_a_description_and_its_numbers(demo_report):
    images = page_of(demo_report).every("img")
    assert len(images) == 9
    assert all(len(image.attributes["alt"]) > 80 for image in images)


def test_made_up_data_is_called_so(demo_report, content_of):
    assert "Made-up data." in page_of(demo_report).every("header")[0].text
    real = rendered(content_of(*TWO_CLINICS, basis="limited-data-set"))
    assert "Made-up data." not in real.every("header")[0].text
    assert "Declared by the sender as a limited data set under HIPAA" in real.every("header")[0].text


def test_an_internal_page_says_so(content_of):
    page = rendered(content_of(*TWO_CLINICS, audience="internal"))
    assert "Internal. Small numbers are shown" in page.every("header")[0].text


def test_a_phase_rule_of_the_dataset_is_printed_with_its_limits(content_of):
    rules = """
name = "ours"
phase_rules = [{treatment = "tms", routes = [], rule = "daily"}, {treatment = "ect", routes = [], rule = "weekly"}]
[phase_rule.daily]
kind = "series"
loading_sessions = 36
loading_days = 63
loading_gap = 5
completed_sessions = 20
[phase_rule.weekly]
kind = "label"
loading_days = 21
optimisation_days = 42
completed_sessions = 3
"""
    page = rendered(content_of(*TWO_CLINICS, definitions=rules))
    (loading,) = (
        entry.every("dd")[0].text
        for entry in page.every("div")
        if entry.every("dt") and entry.every("dt")[0].text == "Loading"
    )
    assert (
        "For tms, by the rule daily of this dataset: at most the first 36 sessions, within 63 days of the first, with "
        "no gap of more than 5 days; completed with 20 of them, and what counts days after loading is over later than "
        "for other treatments. For ect, by the rule weekly of this dataset: the first 21 days; completed with 3 of "
        "them. For other treatments: as the clinic recorded it."
    ) in loading


def test_the_words_carry_the_definitions_in_force(content_of):
    changed = """
name = "changed"
[course]
gap_days = 77
[series]
loading_sessions = 7
loading_gap = 9
[baseline]
choose = "worst"
days_before = 21
[outcome]
response_percent = 60
[instruments.PHQ-9]
entry_score = 13
remission_score = 3
"""
    page = rendered(content_of(*TWO_CLINICS, definitions=changed))
    entries = [
        (entry.every("dt")[0].text, entry.every("dd")[0].text) for entry in page.every("div") if entry.every("dt")
    ]
    words = dict(entries)
    assert "more than 77 days" in words["Course"]
    assert "first 7 sessions, within 28 days of the first, with no gap of more than 9 days" in words["Loading"]
    assert words["Baseline"] == "The worst valid score from 21 days before the first session up to that session."
    assert words["Response"] == "At least 60 % of the baseline score is gone. Exactly 60 % counts."
    assert words["Eligible"].startswith("A baseline of 13 or more on the PHQ-9")
    assert words["Remission"].startswith("A score of 3 or less on the PHQ-9")
    assert words["Definitions"].startswith("changed 1 (")


@pytest.mark.parametrize(
    ("time", "words"),
    [("year", "31 December of that year"), ("none", "everyone’s time is taken to be over (assumed)")],
)
def test_the_words_say_from_what_due_is_counted(content_of, time, words):
    assert words in rendered(content_of(*TWO_CLINICS, time=time, period=None)).every("main")[0].text


@pytest.mark.parametrize(
    "people",
    [
        pytest.param([People("North", 60, end=None)], id="nobody scored"),
        pytest.param([People("North", 60, end=None, baseline=None), People("North", 1, 8)], id="one baseline"),
        pytest.param([People("North", 60, end=8, start="2024-06-01")], id="nobody due in the period"),
        pytest.param([People("North", 5, end=8)], id="everything hidden"),
    ],
)
def test_a_page_with_little_to_show_is_still_right(content_of, people):
    content = content_of(*people)
    page = rendered(content)
    assert check_numbers(page, files_from(content)) > 0
    assert not re.search(r"\b(nan|None|NA|NaN)\b", page.every("body")[0].text)


def test_a_figure_that_is_not_there_is_told(content_of):
    content = content_of(People("North", 5, end=8))
    figures = draw_figures(content)
    page = read_page(render_page(content, figures, provenance(content)))
    said = [element.text for element in page.every("p") if element.attributes.get("class") == "nothing"]
    assert len(said) == 8 - len(figures) > 0
    assert said[-1].startswith("Mean PHQ-9 score by session; 2025: there is nothing to draw.")


def anchors(page: Element) -> set[str]:
    return {link.attributes["href"][1:] for link in page.every("nav")[0].every("a")}


@pytest.mark.parametrize(
    ("changes", "tables", "sections"),
    [
        ("sessions = 0", {"by_session", "mean_by_session"}, {"by-session", "mean-score"}),
        ("months = 0", {"by_maintenance"}, {"by-phase"}),
        (
            "sessions = 0\nmonths = 0",
            {"by_session", "mean_by_session", "by_maintenance"},
            {"by-session", "mean-score", "by-phase"},
        ),
    ],
)
def test_definitions_can_leave_sessions_and_months_out(content_of, two_clinics, changes, tables, sections):
    content = content_of(*TWO_CLINICS, definitions=f'name = "short"\n[report]\n{changes}\n')
    figures = draw_figures(content)
    page = read_page(render_page(content, figures, provenance(content)))
    assert check_numbers(page, files_from(content)) > 0
    assert two_clinics.tables.keys() - content.tables.keys() == tables
    assert anchors(rendered(two_clinics)) - anchors(page) == sections
    headings = {heading.attributes["id"] for heading in page.every("h2")}
    assert headings == anchors(page)
    assert len(page.every("img")) == len(figures)


def test_a_section_in_which_nobody_is_due_is_one_sentence(content_of):
    content = content_of(*TWO_CLINICS, period="2024")
    page = rendered(content)
    shown = {table.attributes["data-csv"] for table in page.every("table") if "data-csv" in table.attributes}
    assert shown == {"rows"}
    said = [element.text for element in page.every("p") if element.attributes.get("class") == "nothing"]
    assert said == ["Nobody is due in this section (2024), so there is nothing to show."] * 9


def test_with_start_years_the_page_says_three_times_whose_year_it_is(content_of):
    sections = rendered(content_of(*TWO_CLINICS, time="year", period="2025")).every("section")
    named = {
        section.attributes["aria-labelledby"]
        for section in sections
        if "Only start years are known, so this report shows people who started in 2024" in section.text
    }
    assert named == {"key-messages", "who", "headline", "methods"}


def test_a_report_of_everything_has_no_period(content_of):
    page = rendered(content_of(*TWO_CLINICS, period=None))
    assert page.every("h1")[0].text == "Outcomes of treatment"
    assert "Report of all data" in page.every("header")[0].text


def test_the_word_significant_is_not_used(demo_report):
    assert "significan" not in page_of(demo_report).text.lower()
