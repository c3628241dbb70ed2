"""Over random small datasets the package says what the plain reading of the methods says, and rows are conserved.

The random days lie near the edges of the rules (gaps of 10, 11, 90 and 91 days, windows' first and last days, due
days), because that is where two readings part.
"""

import tempfile
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

import pandas as pd
import plain_methods
import pytest
from drawn_tables import write_folder
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analysis.cohort.cohort import Cohort, derive
from analysis.estimate.flow import flow
from analysis.estimate.means import mean_scores
from analysis.estimate.rates import response_rates
from analysis.intake.dataset import open_dataset
from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.periods import parse_period

INSTRUMENTS = default_definitions().instruments
CUT = date(2026, 6, 30)
WINDOWS = (
    "end of loading",
    "end of loading, late",
    "after session 1",
    "after session 2",
    "after session 4",
    "after session 8",
    "month 1 after loading",
    "month 2 after loading",
    "month 3 after loading",
    "day 28 +- 7",
    "day 7 +- 7",
    "24 h",
)
DENOMINATORS = ("observed", "nonresponder", "starters", "completers")

TREATMENTS = [("ketamine", "iv")] * 5 + [("esketamine", "intranasal")] * 3
TREATMENTS += [
    ("ketamine", "oral"),
    ("ketamine", None),
    ("placebo", "iv"),
    ("esketamine", "iv"),
    ("psilocybin", "oral"),
]
GAPS = [0, 1, 2, 3, 3, 3, 4, 4, 7, 7, 9, 10, 11, 14, 18, 28, 30, 60, 90, 91, 100]
STATUSES = [None] * 6 + ["given", "stopped-early", "cancelled", "no-show"]
LABELS = [None, "loading", "loading", "maintenance"]
BEFORE_FIRST = [-60, -31, -30, -29, -14, -7, -1, 0, 0, 0]
AFTER_A_SESSION = [
    0,
    0,
    1,
    1,
    2,
    4,
    6,
    7,
    8,
    11,
    13,
    14,
    15,
    16,
    20,
    21,
    22,
    29,
    30,
    31,
    32,
    45,
    46,
    58,
    60,
    75,
    76,
    90,
    105,
]
OCCASIONS = [None] * 4 + ["pre", "between", "post"]
TOTALS = [*range(1, 28), 0, 10, 20, 20, 20, None, 99]
DAYS_TO_CUT = [2, 3, 10, 11, 27, 28, 35, 36, 41, 42, 43, 58, 59, 72, 73, 103, 132, 133, 150, 300]


@st.composite
def datasets(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Draw the tables of a small dataset."""
    known = draw(st.sampled_from(["date", "date", "year", "nothing", "mixed"]))
    tables: dict[str, list[dict[str, Any]]] = {"patients": [], "sessions": [], "scores": []}
    for number in range(draw(st.integers(1, 8))):
        patient_id = f"P{number}"
        how = draw(st.sampled_from(["date", "year", "nothing"])) if known == "mixed" else known
        days_to_cut = draw(st.sampled_from(DAYS_TO_CUT))
        start = CUT - timedelta(days=days_to_cut)
        prior = draw(st.sampled_from([None, None, None, "false", "true"]))
        start_year = draw(st.sampled_from([2025, 2024, 2026])) if how == "year" else None
        tables["patients"].append({"patient_id": patient_id, "prior_ketamine": prior, "start_year": start_year})
        sessions = draw(sessions_of(patient_id))
        scores = draw(scores_of(patient_id, [row["day"] for row in sessions]))
        if how == "date":
            sessions = [row | {"date": start + timedelta(row["day"])} for row in sessions if row["day"] <= days_to_cut]
            scores = [row for row in scores if row["day"] <= days_to_cut]
        if number == 0:  # the first patient makes sure that no table is empty
            sessions[0] |= {"status": "given"}
            scores = [row for row in scores if row["day"] != 0] + [scored(patient_id, 0, "PHQ-9", total=15)]
        tables["sessions"] += sessions
        tables["scores"] += scores
    return tables


@st.composite
def sessions_of(draw: st.DrawFn, patient_id: str) -> list[dict[str, Any]]:
    """Draw one patient's sessions."""
    treatment, route = draw(st.sampled_from(TREATMENTS))
    day, sequence, rows = 0, 1, []
    for gap in [0, *draw(st.lists(st.sampled_from(GAPS), max_size=13))]:
        day, sequence = day + gap, sequence + 1 if gap == 0 and rows else 1
        if rows and draw(st.integers(0, 19)) == 19:
            treatment, route = draw(st.sampled_from(TREATMENTS))
        status = draw(st.sampled_from(STATUSES))
        label = draw(st.sampled_from(LABELS))
        rows.append(
            {"patient_id": patient_id, "day": day, "sequence": sequence, "date": None, "treatment": treatment}
            | {"route": route, "status": status, "phase_recorded": label}
        )
    return rows


@st.composite
def scores_of(draw: st.DrawFn, patient_id: str, session_days: list[int]) -> list[dict[str, Any]]:
    """Draw one patient's scores: some before treatment, more after one of the sessions."""
    days = draw(st.lists(st.sampled_from(BEFORE_FIRST), max_size=3))
    for after in draw(st.lists(st.sampled_from(AFTER_A_SESSION), max_size=10)):
        days.append(draw(st.sampled_from(session_days)) + after)
    rows = {}
    for day in days:
        instrument = draw(st.sampled_from(["PHQ-9", "PHQ-9", "PHQ-9", "MADRS"]))
        occasion = draw(st.sampled_from(OCCASIONS))
        total = draw(st.sampled_from(TOTALS))
        hours, recall = None, None
        if draw(st.integers(0, 3)) == 3:
            hours = draw(st.sampled_from([17, 18, 22, 24, 26, 36, 37]))
            recall = draw(st.sampled_from([None, 0, 1, 1, 2]))
        rows[day, instrument, occasion or "pre"] = scored(
            patient_id, day, instrument, occasion=occasion, total=total, hours_after=hours, recall_days=recall
        )
    return list(rows.values())


def scored(patient_id: str, day: int, instrument: str, **cells: Any) -> dict[str, Any]:
    """Make a row of scores."""
    key = {"patient_id": patient_id, "day": day, "instrument": instrument}
    return key | {"occasion": None, "total": None, "hours_after": None, "recall_days": None} | cells


def opened(tables: dict[str, list[dict[str, Any]]], choose: str = "last") -> Cohort:
    """Write a dataset, open it as a user would, and derive its cohort."""
    with tempfile.TemporaryDirectory() as folder:
        definitions = f'[baseline]\nchoose = "{choose}"\n' if choose != "last" else ""
        path = write_folder(Path(folder) / "dataset", tables, data_cut=str(CUT), definitions=definitions)
        cohort = derive(open_dataset(path))
        assert len(cohort.dataset.partitions) == 1  # the files are looked at once more, while they are there
        return cohort


def plain(tables: dict[str, list[dict[str, Any]]], choose: str = "last") -> plain_methods.PlainCohort:
    """Derive the same with the plain reading."""
    patients = [row | {"prior_ketamine": row["prior_ketamine"] == "true"} for row in tables["patients"]]
    return plain_methods.derive(tables | {"patients": patients}, instruments=INSTRUMENTS, data_cut=CUT, choose=choose)


COURSE_COLUMNS = [
    "patient_id",
    "course",
    "kind",
    "treatment",
    "route",
    "phase_rule",
    "first_day",
    "last_day",
    "sessions",
]
COURSE_COLUMNS += ["loading_sessions", "maintenance_sessions", "last_loading_day", "first_maintenance_day"]
COURSE_COLUMNS += ["loading_closes_course_day", "loading_status"]
SESSION_COLUMNS = ["patient_id", "day", "sequence", "course", "session_number", "course_day", "phase", "stage"]
OUTCOME_COLUMNS = ["patient_id", "course", "instrument", "day", "occasion", "total", "course_day", "session_number"]
OUTCOME_COLUMNS += ["phase", "stage", "baseline", "eligible", "change", "percent_change", *plain_methods.JUDGED]


def check_rows(frame: pd.DataFrame, rows: list[dict[str, Any]], columns: list[str], key: list[str]) -> None:
    """Check that a frame holds these rows, cell by cell, whatever the order."""
    found = {tuple(row[name] for name in key): row for row in frame[columns].astype(object).to_dict("records")}
    wanted = {tuple(row[name] for name in key): row for row in rows}
    assert len(found) == len(frame)
    assert found.keys() == wanted.keys()
    for name, row in wanted.items():
        for column in columns:
            ours, theirs = found[name][column], row[column]
            if theirs is None or pd.isna(ours):
                assert theirs is None, (name, column, "the package has none", theirs)
                assert pd.isna(ours), (name, column, ours, "the plain reading has none")
            elif column in {"baseline", "change", "percent_change"}:
                assert abs(ours - float(theirs)) < 1e-9, (name, column, ours, theirs)
            else:
                assert ours == theirs, (name, column, ours, theirs)


def check_derivation(cohort: Cohort, expected: plain_methods.PlainCohort) -> None:
    """Compare courses, sessions and outcomes."""
    check_rows(cohort.courses, expected.courses, COURSE_COLUMNS, ["patient_id", "course"])
    check_rows(cohort.sessions, expected.sessions, SESSION_COLUMNS, ["patient_id", "day", "sequence"])
    key = ["patient_id", "instrument", "day", "occasion"]
    check_rows(cohort.outcomes, expected.outcomes, OUTCOME_COLUMNS, key)


def check_rates(cohort: Cohort, expected: plain_methods.PlainCohort, **options: Any) -> None:
    """Compare every count of the rates with the ladder of the plain reading."""
    period = options.pop("period", None)
    rates = response_rates(cohort, window=WINDOWS, denominator=DENOMINATORS, period=period, **options)
    days = (period.first, period.last) if period else None
    for window, table in rates.groupby("window", sort=False):
        count = plain_methods.ladder(
            expected, instruments=INSTRUMENTS, window=window, data_cut=CUT, period=days, **options
        )
        columns = [
            ("observed", count["responded"], count["scored"]),
            ("nonresponder", count["responded"], count["eligible"]),
            ("starters", count["responded"], count["started"]),
            ("completers", count["completers_responded"], count["completers_scored"]),
        ]
        assert list(zip(table["estimand"], table["numerator"], table["denominator"], strict=True)) == columns, window
        ladder = ["started", "with_baseline", "eligible", "scored"]
        wanted = [count["started"], count["baseline"], count["eligible"], count["scored"]]
        assert (table[ladder] == wanted).all(axis=None), (window, options)


def check_flow(cohort: Cohort, expected: plain_methods.PlainCohort, window: str) -> None:
    """Compare every step of the flow, and its arithmetic."""
    table = flow(cohort, instrument="PHQ-9", window=window)
    count = plain_methods.ladder(expected, instruments=INSTRUMENTS, instrument="PHQ-9", window=window, data_cut=CUT)
    for name, found in zip(table["name"], table["count"], strict=True):
        assert found == count[name], (window, name, found, count[name])
    left = 0
    for kind, steps in zip(table["kind"], table["count"], strict=True):
        if kind == "reason":
            left -= steps
        elif kind == "rung":
            assert left in (0, steps) or table["count"].iloc[0] == steps
            left = steps
    picked = [
        plain_methods.picked(expected, course, "PHQ-9", window)
        for course in expected.courses
        if course["course"] == 1
        and "scored" in plain_methods.rungs_of(expected, course, INSTRUMENTS["PHQ-9"], window, "response")
        and not course["prior_ketamine"]
        and (plain_methods.due_date(course, window) or CUT) <= CUT
    ]
    means = mean_scores(cohort, instrument="PHQ-9", window=window)
    assert (means["denominator"].item(), means["numerator"].item()) == (len(picked), sum(p["total"] for p in picked))


def check_conserved(cohort: Cohort, tables: dict[str, list[dict[str, Any]]]) -> None:
    """Check that every row that came in was used or set aside for a named reason."""
    aside = cohort.set_aside.groupby("table")["rows"].sum()
    for name, frame in (("sessions", cohort.sessions), ("scores", cohort.outcomes)):
        read = cohort.dataset.rows.set_index("table").loc[name]
        assert read["read"] == len(tables[name])
        assert read["read"] == len(frame) + aside.get(name, 0)
    assert cohort.set_aside["reason"].notna().all()


def agree(tables: dict[str, list[dict[str, Any]]], choose: str, window: str, outcome: str) -> None:
    """Compare the package with the plain reading of one random dataset."""
    cohort, expected = opened(tables, choose), plain(tables, choose)
    check_conserved(cohort, tables)
    check_derivation(cohort, expected)
    check_rates(cohort, expected, instrument="PHQ-9", outcome=outcome, courses="first")
    check_rates(cohort, expected, instrument="PHQ-9", outcome="response", courses="all")
    check_flow(cohort, expected, window)
    known = {course["start_known"] for course in expected.courses}
    if known != {"assumed"}:
        period = parse_period("2026Q2" if known == {"date"} else "2025" if known == {"year"} else "2026")
        check_rates(cohort, expected, instrument="PHQ-9", period=period)


CHOICES = {
    "tables": datasets(),
    "choose": st.sampled_from(["last", "last", "worst", "first", "mean"]),
    "window": st.sampled_from(WINDOWS),
    "outcome": st.sampled_from(plain_methods.OUTCOMES),
}
QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}

# The same few datasets in every normal run, and no search for a smaller one when they fail: `full` does that.
LIGHT = QUIET | {"derandomize": True, "phases": (Phase.generate,)}


@settings(max_examples=10, **LIGHT)
@given(**CHOICES)
def test_the_package_agrees_with_the_plain_reading(tables, choose, window, outcome):
    agree(tables, choose, window, outcome)


@pytest.mark.full
@settings(max_examples=400, **QUIET)
@given(**CHOICES)
def test_the_package_agrees_with_the_plain_reading_over_many_datasets(tables, choose, window, outcome):
    agree(tables, choose, window, outcome)


def same_results(one: Cohort, other: Cohort) -> None:
    """Check that two cohorts give the same courses, outcomes and rates."""
    pd.testing.assert_frame_equal(one.courses, other.courses)
    pd.testing.assert_frame_equal(one.sessions.drop(columns="row"), other.sessions.drop(columns="row"))
    pd.testing.assert_frame_equal(one.outcomes, other.outcomes)
    options = {"instrument": "PHQ-9", "window": WINDOWS, "denominator": DENOMINATORS, "by": ("route",)}
    pd.testing.assert_frame_equal(response_rates(one, **options), response_rates(other, **options))


def order_and_emptiness(tables: dict[str, list[dict[str, Any]]], seed: int) -> None:
    """Shuffle the rows, and leave out the rows that say that nothing was recorded."""
    shuffled = {name: sorted(rows, key=lambda row: crc32(f"{seed} {row}".encode())) for name, rows in tables.items()}
    shuffled["scores"] = [row for row in shuffled["scores"] if row["total"] is not None]
    same_results(opened(tables), opened(shuffled))


@settings(max_examples=3, **LIGHT)
@given(tables=datasets(), seed=st.integers(0, 2**32))
def test_the_order_of_rows_and_explicitly_empty_rows_change_nothing(tables, seed):
    order_and_emptiness(tables, seed)


@pytest.mark.full
@settings(max_examples=100, **QUIET)
@given(tables=datasets(), seed=st.integers(0, 2**32))
def test_the_order_of_rows_and_explicitly_empty_rows_change_nothing_over_many_datasets(tables, seed):
    order_and_emptiness(tables, seed)


def random_scores(chance: Random) -> list[dict[str, Any]]:
    """Draw many rows of items and totals, after many plain totals (a file with many faulty rows is refused)."""
    rows = [{"patient_id": "P1", "day": day, "instrument": "PHQ-9", "total": day % 28} for day in range(2000, 6000)]
    for day in range(1, 801):
        instrument = INSTRUMENTS[chance.choice(["PHQ-9", "GAD-7", "MADRS", "HAM-D17"])]
        items: list[int | None] = [chance.randint(0, most) for most in instrument.item_max]
        for place in chance.sample(range(instrument.items), chance.choice([0, 0, 1, 2, 3, instrument.items])):
            items[place] = None
        if chance.random() < 0.1:
            items = [None] * instrument.items
            items[(instrument.suicide_item or 1) - 1] = 1
        answered = [item for item in items if item is not None]
        raw = sum(answered)
        prorated = round(raw * instrument.items / max(1, len(answered)))
        total = chance.choice([None, None, raw, prorated, prorated + 1, 5, -1, sum(instrument.item_max) + 1])
        if chance.random() < 0.05:
            items[0] = instrument.item_max[0] + 1
        row = {"patient_id": "P1", "day": day, "instrument": instrument.name, "total": total}
        rows.append(row | {f"item_{k}": item for k, item in enumerate(items + [None] * (17 - len(items)), start=1)})
    return rows


@pytest.mark.parametrize("seed", [1, 2])
def test_items_and_totals_are_scored_as_the_plain_reading_scores_them(seed, tmp_path):
    rows = random_scores(Random(seed))  # noqa: S311
    sessions = [{"patient_id": "P1", "day": 0, "treatment": "ketamine", "route": "iv"}]
    dataset = open_dataset(write_folder(tmp_path / "dataset", {"sessions": sessions, "scores": rows}))
    used = dataset.table("scores")
    found = {row["day"]: (row["total"], row["prorated"]) for row in used.to_dict("records")}
    expected = {row["day"]: plain_methods.total_used(row, INSTRUMENTS[row["instrument"]]) for row in rows}
    assert found == {day: scored for day, scored in expected.items() if scored[0] is not None}
    assert 4200 < len(found) < 4600
