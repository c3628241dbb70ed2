"""A measure by its name: the columns of every estimate, the ladder beside it, and clear words for a wrong call."""

import re
from itertools import pairwise

import pytest
from drawn_tables import read_drawn, typed, write_folder

from analysis.cohort.cohort import derive
from analysis.disclosure.suppression import disclose
from analysis.estimate.intervals import wilson
from analysis.estimate.measures import Measured, measure
from analysis.estimate.rates import ESTIMATE_COLUMNS, SHOWN_LADDER
from analysis.intake.dataset import open_dataset
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.measures import measure_cards

NAMES = list(measure_cards())


@pytest.fixture(scope="module")
def by_clinic(demo_cohort):
    """Every measure of the demo in 2025 by clinic."""
    return {name: measure(demo_cohort, name, period="2025", by="clinic_id") for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_measure_has_the_columns_of_every_estimate_beside_its_groups(by_clinic, name):
    table = by_clinic[name].table
    assert list(table.columns[:3]) == ["clinic_id", "instrument", "window"]
    assert list(table.columns[-4:]) == ["period", "due", "definitions", "measure"]
    assert set(ESTIMATE_COLUMNS) | set(SHOWN_LADDER) <= set(table.columns)
    assert set(table["clinic_id"]) == {"C01", "C02", "C03", "C04"}
    assert set(table["measure"]) == {measure_cards()[name].label}
    assert set(table["period"]) == {"2025"}
    assert table["status"].isin(["ok", "empty"]).all()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "mean-score-by-session"])
def test_every_rung_of_a_ladder_is_the_rung_before_less_the_reasons_between(by_clinic, name):
    ladder = by_clinic[name].ladder
    for _, steps in ladder.groupby(["clinic_id", "instrument", "window"]):
        rungs = steps.index[steps["kind"] == "rung"]
        for above, below in pairwise(rungs):
            between = steps.loc[above + 1 : below - 1]
            left = steps.at[above, "count"] - between.loc[between["kind"] == "reason", "count"].sum()
            assert left == steps.at[below, "count"]


@pytest.mark.parametrize("name", [name for name in NAMES if measure_cards()[name].index])
def test_rates_of_an_index_are_of_everyone_eligible_with_wilsons_interval(by_clinic, name):
    table = by_clinic[name].table
    assert (table["denominator"] == table["eligible"]).all()
    low, high = wilson(table["numerator"].to_numpy("int64"), table["denominator"].to_numpy("int64"))
    assert table["low"].tolist() == low.tolist()
    assert table["high"].tolist() == high.tolist()


@pytest.mark.parametrize("name", NAMES)
def test_tables_and_ladders_pass_the_gate_and_show_no_small_number(by_clinic, name):
    found = by_clinic[name]
    table = disclose(found.table).table
    counts = ["denominator", *SHOWN_LADDER, *([] if name == "mean-score-by-session" else ["numerator"])]
    assert not table[counts].apply(lambda column: column.between(1, 10)).fillna(False).any().any()
    if len(found.ladder):
        assert not disclose(found.ladder).table["count"].between(1, 10).fillna(False).any()


def test_without_sessions_in_the_report_there_is_no_measure_of_them(tmp_path):
    tables = {
        "sessions": typed(read_drawn("patient_id | day | treatment | route \n P1 | 0 | ketamine | iv")),
        "scores": typed(read_drawn("patient_id | day | instrument | total \n P1 | 0 | MADRS | 30")),
    }
    definitions = '[report]\ninstruments = ["MADRS", "HAM-D17"]\nsessions = 0\n'
    cohort = derive(open_dataset(write_folder(tmp_path / "d", tables, definitions=definitions)))
    with pytest.raises(CallError, match="the definitions' report has no such windows"):
        measure(cohort, "response-by-session")
    with pytest.raises(CallError, match="no reliable-change value"):
        measure(cohort, "reliable-improvement")
    assert set(measure(cohort, "response").table["instrument"]) == {"MADRS"}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"name": "cms159"}, "measure: 'cms159' is unknown. Did you mean 'cms159-mips370'?"),
        ({"name": "hedis-drr-e", "by": "clinic"}, "by: 'clinic' is unknown. Did you mean 'clinic_id'?"),
        ({"name": "nhs-recovery", "by": ["sex", "sex"]}, "by: a group is named twice."),
        ({"name": "hedis-drr-e", "by": "maintenance"}, "by: 'maintenance' goes with the windows 'month m after"),
        ({"name": "response", "period": "2026Q5"}, "'2026Q5' is not a period"),
    ],
)
def test_a_wrong_call_is_told_what_is_wrong(demo_cohort, call, message):
    with pytest.raises(CallError, match=re.escape(message)):
        measure(demo_cohort, call.pop("name"), **call)


def test_it_needs_a_cohort(demo):
    with pytest.raises(CallError, match="a cohort is needed"):
        measure(demo, "response")


def test_it_is_shown_with_its_name_and_what_it_is_modelled_on(by_clinic):
    found = by_clinic["hedis-drr-e"]
    assert isinstance(found, Measured)
    assert repr(found).startswith("Depression remission or response within 4 to 8 months [hedis-drr-e 1 (")
    html = found._repr_html_()
    assert "modelled on HEDIS DRR-E" in html
    assert "not certified as it" in html
    assert html.count("<table") == 2
