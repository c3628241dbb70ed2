"""What a chart accepts, and the one clear sentence where it does not."""

import pandas as pd
import pytest

from analysis import charts
from analysis.charts.tidy import notes, split, tidy
from analysis.vocabulary.errors import CallError

ROWS = [("end of loading", 48, 98, 120), ("month 1 after loading", 40, 90, 118)]
ALL = [charts.response_by_phase, charts.response_by_session, charts.denominators, charts.mean_score_by_session]


@pytest.mark.parametrize("draw", [*ALL, charts.flow_diagram])
def test_a_table_without_rows_is_refused(draw, rates):
    empty = rates(ROWS).assign(step=1, kind="rung", name="a", label="A", count=1).iloc[:0]
    with pytest.raises(CallError, match="without rows"):
        draw(empty)


@pytest.mark.parametrize("draw", ALL)
def test_a_missing_column_is_named(draw, rates):
    table = rates(ROWS).rename(columns={"denominator": "denominators"})
    with pytest.raises(
        CallError, match=r"'denominator', which the table does not have\. Did you mean 'denominators'\?"
    ):
        draw(table)


@pytest.mark.parametrize("thing", [None, [1, 2], "table.csv"])
def test_something_else_than_a_table_is_refused(thing):
    with pytest.raises(CallError, match="draws a table of estimates"):
        charts.response_by_phase(thing)


def test_two_instruments_are_refused_with_advice(rates):
    table = pd.concat([rates(ROWS), rates(ROWS, instrument="GAD-7")])
    with pytest.raises(CallError, match=r"has GAD-7 and PHQ-9\. Select one: table\[table\['instrument'\] == 'GAD-7'\]"):
        charts.response_by_phase(table)


def test_an_unknown_status_is_refused(rates):
    with pytest.raises(CallError, match="status 'suppressed'"):
        charts.response_by_phase(rates(ROWS).assign(status="suppressed"))


def test_five_series_are_refused_with_advice(rates):
    table = pd.concat([rates(ROWS, route=route) for route in ["iv", "im", "sc", "oral", "intranasal"]])
    with pytest.raises(CallError, match=r"at most 4 series.*the table has 5.*groupby\('route'\)"):
        charts.response_by_phase(table)


@pytest.fixture(params=["rates", "denominators", "means", "flow"])
def chart_of(request, rates, means):
    """A function that draws a small table, or what disclose() made of it."""
    draw, table = {
        "rates": (charts.response_by_phase, rates(ROWS)),
        "denominators": (charts.denominators, rates(ROWS)),
        "means": (charts.mean_score_by_session, means([("baseline", 17.0, 1.0, 90, 100)])),
        "flow": (charts.flow_diagram, rates(ROWS[:1]).assign(step=1, kind="rung", name="a", label="A", count=5)),
    }[request.param]
    return lambda mark: draw(mark(table))


def stamps(ax, marks):
    return [stamp.get_text() for stamp in marks(ax, "stamp")]


def test_a_raw_table_is_stamped(chart_of, marks):
    assert stamps(chart_of(lambda table: table), marks) == ["INTERNAL – NOT FOR PUBLICATION"]


def test_a_table_for_internal_use_is_stamped(chart_of, public, marks):
    ax = chart_of(lambda table: public(table, audience="internal"))
    assert stamps(ax, marks) == ["INTERNAL – NOT FOR PUBLICATION"]


def test_a_table_disclosed_for_the_public_is_not_stamped(chart_of, public, marks):
    assert stamps(chart_of(public), marks) == []


def test_series_are_named_by_what_varies(rates):
    table = pd.concat(
        [rates(ROWS, clinic_id=c, route=r) for c, r in [("North", "iv"), ("North", "im"), ("South", "iv")]]
    )
    data = tidy(table, chart="chart", needs=[])
    assert [one.label for one in split(data, by=("estimand",))] == ["North, iv", "North, im", "South, iv"]
    assert [one.label for one in split(tidy(rates(ROWS, clinic_id="North"), chart="chart", needs=[]))] == [""]


def test_a_missing_group_is_a_group(rates):
    table = pd.concat([rates(ROWS, payer="self-pay"), rates(ROWS, payer=None)])
    assert [one.label for one in split(tidy(table, chart="chart", needs=[]))] == ["self-pay", "payer unknown"]


def test_the_note_says_what_the_numbers_are(rates):
    table = rates(ROWS, estimand="nonresponder", outcome="remission", due="assumed", hidden=["end of loading"])
    note = notes(tidy(table, chart="chart", needs=[]), thousands=True)
    assert note == (
        "Instrument: PHQ-9. Outcome: remission. Counted: of those eligible (not seen counts as not in remission). "
        "Intervals: Wilson, 95 %. Due: assumed for some or all, without dates. Definitions: default 1 (3f2a9c1b). "
        "Hidden: withheld to protect small groups. k: thousand."
    )


def test_the_table_given_is_not_changed(rates):
    table = rates(ROWS)
    before = table.copy(deep=True)
    charts.response_by_phase(table)
    pd.testing.assert_frame_equal(table, before)
