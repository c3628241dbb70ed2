"""Days, years and ages are counted from the date of the first session that was given."""

import pandas as pd
import pytest

from analysis.intake.built_parts import BuiltPart
from analysis.intake.date_cells import DateRule
from analysis.intake.mapping_grammar import Block, ColumnRule, Part
from analysis.intake.treatment_start import NO_START, first_treatments, with_days

DATES = DateRule()


def built(table: str, rows: dict[str, list], *, left_out: tuple[int, ...] = (), **rules: ColumnRule) -> BuiltPart:
    """Rows as the mapping makes them before days are counted, from spreadsheet row 2 on."""
    frame = pd.DataFrame(rows, dtype="str")
    frame.index += 2
    columns = {name: ColumnRule(name, source=name, dates=DATES if name == "date" else None) for name in rows} | rules
    part = Part("", columns, {})
    reason = pd.Series(pd.NA, index=frame.index, dtype="object")
    reason[list(left_out)] = "left out"
    return BuiltPart(
        Block(f"tables.{table}", table, "file", (), (part,)), part, frame, reason, pd.Series(False, index=frame.index)
    )


def starts(**days: str) -> pd.Series:
    return pd.Series(pd.to_datetime(list(days.values())), index=list(days), dtype="datetime64[s]")


def column(each: BuiltPart, name: str) -> list[str]:
    return each.rows[name].fillna("-").tolist()


def test_the_first_session_that_was_given_and_is_written():
    rows = {
        "patient_id": ["a", "a", "a", "b", "b", "c", "d", "e"],
        "date": [
            "2025-02-01",
            "2025-01-08",
            "2025-01-15",
            "2025-01-01",
            "2025-03-01",
            "2025-01-01",
            None,
            "2024-12-31",
        ],
        "status": ["given", "stopped-early", None, "no-show", "given", "cancelled", "given", "given"],
    }
    more = built("sessions", {"patient_id": ["a"], "date": ["2025-01-09"]})
    found = first_treatments([built("sessions", rows, left_out=(9,)), more])
    assert found.dt.strftime("%Y-%m-%d").to_dict() == {"a": "2025-01-08", "b": "2025-03-01"}


def test_a_source_that_has_days_says_itself_where_they_begin():
    sessions = built("sessions", {"patient_id": ["a", "a"], "date": ["2025-01-15", "2025-01-22"], "day": ["7", "14"]})
    assert first_treatments([sessions]).dt.strftime("%Y-%m-%d").to_dict() == {"a": "2025-01-08"}
    assert column(with_days(sessions, first_treatments([sessions]), keep_dates=False), "day") == ["7", "14"]


def test_sessions_without_dates_start_nobody():
    assert first_treatments([built("sessions", {"patient_id": ["a"], "day": ["0"]})]).empty
    assert first_treatments([]).empty


@pytest.mark.parametrize(
    ("day", "number"),
    [("2024-02-28", "0"), ("2024-02-29", "1"), ("2024-03-01", "2"), ("2024-02-27", "-1"), ("2025-02-28", "366")],
)
def test_days(day, number):
    scores = built("scores", {"patient_id": ["a"], "date": [day]})
    counted = with_days(scores, starts(a="2024-02-28"), keep_dates=False)
    assert column(counted, "day") == [number]
    assert "date" not in counted.rows


def test_dates_stay_when_they_are_to_be_kept():
    scores = built("scores", {"patient_id": ["a"], "date": ["2024-02-29"]})
    kept = with_days(scores, starts(a="2024-02-28"), keep_dates=True)
    assert (column(kept, "day"), column(kept, "date")) == (["1"], ["2024-02-29"])


def test_who_was_never_treated_has_no_days():
    rows = {"patient_id": ["a", "never", "never"], "date": ["2024-03-01", "2024-03-01", "2024-03-02"]}
    scores = with_days(built("scores", rows, left_out=(4,)), starts(a="2024-02-28"), keep_dates=False)
    assert scores.not_written.dropna().to_dict() == {3: NO_START, 4: "left out"}
    assert scores.written.index.tolist() == [2]


def test_a_repeated_row_without_days_is_not_written_either():
    scores = built("scores", {"patient_id": ["never", "never"], "date": ["2024-03-01", "2024-03-01"]})
    scores.merged[3] = True
    counted = with_days(scores, starts(), keep_dates=False)
    assert counted.merged.tolist() == [False, False]
    assert counted.not_written.tolist() == [NO_START, NO_START]


@pytest.mark.parametrize(
    ("birth", "first", "age"),
    [
        ("1980-06-15", "2025-06-14", "44"),
        ("1980-06-15", "2025-06-15", "45"),
        ("1980-02-29", "2025-02-28", "44"),
        ("1980-02-29", "2025-03-01", "45"),
        ("1980-02-29", "2024-02-29", "44"),
        ("1934-06-15", "2025-01-01", "90"),
        ("1920-06-15", "2025-01-01", "90"),
        ("2024-06-15", "2025-01-01", "-"),
        ("2025-06-15", "2025-01-01", "-"),
        (None, "2025-01-01", "-"),
    ],
)
def test_ages(birth, first, age):
    rule = ColumnRule("age", source="born", dates=DATES, birth=True)
    patients = built("patients", {"patient_id": ["a"], "age": [birth]}, age=rule)
    assert column(with_days(patients, starts(a=first), keep_dates=False), "age") == [age]


def test_without_a_first_session_there_is_no_age_and_it_is_counted():
    rule = ColumnRule("age", source="born", dates=DATES, birth=True)
    patients = built("patients", {"patient_id": ["a", "never"], "age": ["1980-06-15", "1980-06-15"]}, age=rule)
    counted = with_days(patients, starts(a="2025-01-01"), keep_dates=False)
    assert column(counted, "age") == ["44", "-"]
    assert column(counted, "start_year") == ["2025", "-"]
    assert counted.changed_values == [("age", NO_START, 1)]
    assert counted.not_written.isna().all()


def test_last_day_and_years_of_dates():
    last = ColumnRule("last_day", source="seen", dates=DATES)
    rows = {"patient_id": ["a", "b", "never"], "last_day": ["2025-03-02", "2024-12-31", "2025-01-01"]}
    patients = with_days(
        built("patients", rows, last_day=last), starts(a="2025-01-01", b="2025-01-01"), keep_dates=False
    )
    assert column(patients, "last_day") == ["60", "-", "-"]
    assert patients.changed_values == [("last_day", NO_START, 1), ("last_day", "not from 0 to 18250", 1)]
    year = ColumnRule("start_year", source="since", dates=DATES)
    patients = built("patients", {"patient_id": ["a"], "start_year": ["2019-05-05"]}, start_year=year)
    assert column(with_days(patients, starts(a="2025-01-01"), keep_dates=False), "start_year") == ["2019"]


def test_a_year_that_the_source_gives_is_kept():
    patients = built("patients", {"patient_id": ["a"], "start_year": ["2020"]})
    assert column(with_days(patients, starts(a="2025-01-01"), keep_dates=False), "start_year") == ["2020"]


def test_referrals_wait_and_need_no_treatment():
    rows = {
        "referral_id": ["1", "2", "3"],
        "patient_id": ["a", "a", None],
        "date": ["2024-12-22", "2025-02-01", "2025-01-05"],
    }
    referrals = with_days(built("referrals", rows), starts(a="2025-01-01"), keep_dates=False)
    assert column(referrals, "wait_days") == ["10", "-", "-"]
    assert column(referrals, "start_year") == ["2024", "2025", "2025"]
    assert len(referrals.written) == 3
