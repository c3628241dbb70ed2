"""What an outsider works out of drawn reports."""

from datetime import date

import pytest
from printed_reports import drawn_report, rate_row

from analysis.audit.audit import audit_published
from analysis.vocabulary.errors import CallError, DataError

WHOLE = {"started": 200, "with_baseline": 180, "eligible": 150, "scored": 120}


def finding(audit, words, attacker="an outsider"):
    """The range and verdict of the one count whose words these are."""
    rows = audit.cells[(audit.cells["count"].map(str) == words) & (audit.cells["attacker"] == attacker)]
    assert len(rows) <= 1
    return None if rows.empty else tuple(rows.iloc[0][["lowest", "highest", "verdict"]])


def clinics(*rows, **about):
    return [rate_row(numerator, clinic_id=f"C{k}", **rungs, **about) for k, (numerator, rungs) in enumerate(rows)]


def test_one_hidden_group_is_what_the_total_leaves():
    big = {"started": 190, "with_baseline": 171, "eligible": 141, "scored": 112}
    report = drawn_report(
        by_phase=[rate_row(60, **WHOLE)],
        by_clinic=clinics((54, big), ("", {"started": "", "scored": ""})),
    )
    audit = audit_published(report)
    assert not audit.passed
    words = "scored, with the outcome; response; clinic_id C1; PHQ-9; end of loading; 2025"
    assert finding(audit, words) == (6, 6, "too narrow")


def test_two_hidden_groups_protect_each_other_from_an_outsider_but_not_from_one_another():
    total = {name: 3 * value for name, value in WHOLE.items()}
    report = drawn_report(by_phase=[rate_row(130, **total)], by_clinic=clinics((50, WHOLE), ("", WHOLE), ("", WHOLE)))
    audit = audit_published(report)
    words = "scored, with the outcome; response; clinic_id C1; PHQ-9; end of loading; 2025"
    assert finding(audit, words)[2] == "safe"
    assert finding(audit, words, "clinic C2")[2] == "too narrow"
    assert set(audit.failures["attacker"]) == {"clinic C1", "clinic C2"}


def test_three_hidden_groups_are_told_of_as_what_two_clinics_could_do():
    total = {name: 4 * value for name, value in WHOLE.items()}
    hidden = ("", WHOLE)
    report = drawn_report(by_phase=[rate_row(180, **total)], by_clinic=clinics((50, WHOLE), hidden, hidden, hidden))
    audit = audit_published(report)
    assert audit.passed
    assert audit.by_two_clinics == 3


def test_the_fourth_quarter_is_what_the_year_leaves():
    def quarter(name, numerator, **rungs):
        return drawn_report(name, headline=[rate_row(numerator, period=name, **rungs)])

    quarters = [quarter(f"2025Q{k}", 20, started=60, with_baseline=50, eligible=40, scored=30) for k in (1, 2, 3)]
    year = drawn_report("2026Q3", by_phase=[rate_row(66, started=186, with_baseline=156, eligible=126, scored=96)])
    audit = audit_published(year, previous=quarters)
    assert finding(audit, "the rest of the longer period; started; end of loading; 2025") == (6, 6, "too narrow")
    assert audit_published(year).passed


def test_a_share_that_is_printed_without_its_counts_gives_them_away():
    hidden = rate_row("", estimand="observed", shares=("0.43", "", ""), started=10)
    audit = audit_published(drawn_report(headline=[hidden]))
    assert finding(audit, "scored; PHQ-9; end of loading; 2025") == (7, 7, "too narrow")


def test_a_small_count_that_is_printed_fails():
    audit = audit_published(drawn_report(headline=[rate_row(7, **WHOLE)]))
    assert not audit.passed
    assert "scored, with the outcome; response; PHQ-9; end of loading; 2025" in set(audit.failures["count"].map(str))


def test_two_reports_that_differ_by_few_people_show_them():
    first = drawn_report("first", headline=[rate_row(60, **WHOLE)])
    second = drawn_report("second", data="b" * 64, cut=date(2026, 12, 31), headline=[rate_row(64, **WHOLE)])
    audit = audit_published(second, previous=[first])
    assert list(audit.changes["later_value"] - audit.changes["earlier_value"]) == [4]
    assert not audit.passed


def test_a_mean_beside_a_hidden_count_fails_and_beside_a_shown_one_is_listed():
    row = {name: value for name, value in rate_row(500, **WHOLE).items() if name not in {"outcome", "estimand"}}
    shown = audit_published(drawn_report(means=[row | {"estimate": "4.2", "denominator": "120"}]))
    assert shown.passed
    assert set(shown.not_audited["what"]) == {"estimate", "numerator"}
    bare = audit_published(drawn_report(means=[row | {"estimate": "4.2", "denominator": "", "scored": ""}]))
    assert set(bare.not_audited["verdict"]) == {"printed without its count"}
    assert not bare.passed


def test_reports_of_another_dataset_and_internal_ones_are_refused():
    report = drawn_report(headline=[rate_row(60, **WHOLE)])
    with pytest.raises(CallError, match="of another dataset"):
        audit_published(report, previous=[drawn_report("other", dataset="Other", headline=[rate_row(60, **WHOLE)])])
    with pytest.raises(CallError, match="internal report"):
        audit_published(drawn_report(audience="internal", headline=[rate_row(60, **WHOLE)]))


def test_numbers_that_contradict_each_other_are_refused():
    upside_down = {"started": 100, "with_baseline": 180, "eligible": 150, "scored": 120}
    with pytest.raises(DataError, match="contradict"):
        audit_published(drawn_report(headline=[rate_row(60, **upside_down)]))


def test_a_cell_that_holds_no_count_is_refused_without_its_value():
    with pytest.raises(DataError, match=r"tables/headline.csv, row 2, column 'numerator'") as error:
        audit_published(drawn_report(headline=[rate_row("=secret", **WHOLE)]))
    assert "secret" not in str(error.value)
