"""Due: a window counts once it has closed by the data cut, by the date, by the year, or assumed."""

import pandas as pd
import pytest

from analysis.estimate.flow import flow
from analysis.estimate.rates import response_rates
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.periods import parse_period

CUT = pd.Timestamp("2026-06-30")


def counts(cohort, window="end of loading", **options):
    """Count the treated, not yet due and started courses of a window."""
    table = flow(cohort, instrument="PHQ-9", window=window, **options)
    return table[table["name"].isin(["treated", "not_due", "started"])]


DUE_ON_COURSE_DAY = {
    "24 h": 3,
    "day 28 +- 7": 36,
    "end of loading": 42,
    "end of loading, late": 59,
    "after session 1": 71,
    "after session 8": 71,
    "after session 9": 78,
    "month 1 after loading": 73,
    "month 3 after loading": 133,
    "month 12 after loading": 403,
}


def test_each_window_is_due_on_one_course_day_for_everyone(cohort_of):
    """For every window one patient is on its due day at the data cut, and one is a day short of it."""
    days = sorted({day - short for day in DUE_ON_COURSE_DAY.values() for short in (0, 1)})
    starts = {f"day-{day}": (CUT - pd.Timedelta(days=day)).date() for day in days}
    cohort = cohort_of(
        "patient_id | day | date \n" + "\n".join(f"{name} | 0 | {start}" for name, start in starts.items()),
        data_cut=str(CUT.date()),
    )
    for window, due in DUE_ON_COURSE_DAY.items():
        table = flow(cohort, instrument="PHQ-9", window=window, by=("clinic_id",))
        count = table.pivot_table(index="clinic_id", columns="name", values="count", aggfunc="sum")
        assert (count["treated"] == 1).all()
        for day in days:
            expected = (0, 1) if day >= due else (1, 0)
            assert tuple(count.loc[f"day-{day}", ["not_due", "started"]]) == expected, (window, day)
        assert set(table["due"]) == {"date"}


def test_a_patient_who_stopped_after_one_session_is_due_no_earlier_than_one_who_went_on(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day | date
        stopped    |   0 | 2026-01-01
        wenton     |   0 | 2026-01-01
        wenton     |  10 | 2026-01-11
        wenton     |  20 | 2026-01-21
        wenton     |  27 | 2026-01-28
        """,
        data_cut="2026-02-11",
    )
    same(
        counts(cohort),
        """
        name    | count
        treated |     2
        not_due |     2
        started |     0
    """,
    )


def test_with_the_start_year_only_a_course_is_due_as_if_it_had_started_on_31_december(cohort_of, same):
    tables = (
        "patient_id | day \n P1 | 0 \n P2 | 0",
        "patient_id | day | total \n P1 | 0 | 20",
        "patient_id | start_year \n P1 | 2024 \n P2 | 2025",
    )
    same(
        counts(cohort_of(*tables, data_cut="2026-02-10")),
        """
        name    | count | due
        treated |     2 | year
        not_due |     1 | year
        started |     1 | year
    """,
    )
    same(
        counts(cohort_of(*tables, data_cut="2026-02-11")),
        """
        name    | count | due
        treated |     2 | year
        not_due |     0 | year
        started |     2 | year
    """,
    )


def test_with_neither_date_nor_year_every_window_counts_as_due_and_says_so(cohort_of, same):
    cohort = cohort_of("patient_id | day \n P1 | 0", data_cut="2026-01-01")
    same(
        counts(cohort, "month 12 after loading"),
        """
        name    | count | due
        treated |     1 | assumed
        not_due |     0 | assumed
        started |     1 | assumed
    """,
    )


def test_courses_known_in_different_ways_are_due_mixed(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day | date
        dated      |   0 | 2026-01-01
        undated    |   0 |
        """,
        data_cut="2026-06-30",
    )
    same(
        counts(cohort),
        """
        name    | count | due
        treated |     2 | mixed
        not_due |     0 | mixed
        started |     2 | mixed
    """,
    )


def test_a_course_belongs_to_the_period_in_which_its_window_closes(cohort_of, same):
    """42 days after 17 February is 31 March; after 18 February it is 1 April."""
    cohort = cohort_of(
        """
        patient_id | day | date
        december   |   0 | 2025-11-19
        january    |   0 | 2025-11-20
        march-31   |   0 | 2026-02-17
        april-1    |   0 | 2026-02-18
        """,
        data_cut="2026-12-31",
    )

    def started(name):
        period = parse_period(name)
        rates = response_rates(cohort, instrument="PHQ-9", window="end of loading", by=("clinic_id",), period=period)
        return rates.set_index("clinic_id")["started"].rename(name)

    by_period = pd.concat([started(name) for name in ("2025", "2026Q1", "2026Q2", "2026")], axis="columns")
    same(
        by_period.reset_index(),
        """
        clinic_id | 2025 | 2026Q1 | 2026Q2 | 2026
        december  |    1 |      0 |      0 |    0
        january   |    0 |      1 |      0 |    1
        march-31  |    0 |      1 |      0 |    1
        april-1   |    0 |      0 |      1 |    1
    """,
    )


def test_with_the_start_year_only_a_period_is_a_year_never_a_quarter(cohort_of, same):
    cohort = cohort_of(
        "patient_id | day \n P1 | 0",
        patients="patient_id | start_year \n P1 | 2024",
        data_cut="2026-12-31",
    )
    same(
        counts(cohort, period=parse_period("2025")),
        """
        name    | count
        treated |     1
        not_due |     0
        started |     1
    """,
    )
    with pytest.raises(CallError):
        counts(cohort, period=parse_period("2025Q1"))


def test_without_dates_and_years_there_is_no_period(cohort_of):
    cohort = cohort_of("patient_id | day \n P1 | 0")
    with pytest.raises(CallError):
        counts(cohort, period=parse_period("2026"))


def test_where_the_clinics_label_rules_the_end_of_loading_is_due_15_days_after_the_last_loading_session(
    cohort_of, same
):
    """Loading by the label may last longer than 27 days: day 50 and 15 are day 65, which is 7 March."""
    sessions = """
        patient_id | day | date       | treatment | route | phase_recorded
        P1         |   0 | 2026-01-01 | ketamine  | oral  | loading
        P1         |  50 | 2026-02-20 | ketamine  | oral  | loading
    """
    same(
        counts(cohort_of(sessions, data_cut="2026-03-06")), "name | count \n treated | 1 \n not_due | 1 \n started | 0"
    )
    same(
        counts(cohort_of(sessions, data_cut="2026-03-07")), "name | count \n treated | 1 \n not_due | 0 \n started | 1"
    )


def test_a_later_course_is_due_by_its_own_start(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day | date
        P1         |   0 | 2026-01-01
        P1         | 100 | 2026-04-11
        """,
        data_cut="2026-05-22",
    )
    rates = response_rates(cohort, instrument="PHQ-9", window="end of loading", courses="all", by=("course_kind",))
    same(
        rates,
        """
        course_kind | started
        first       |       1
        booster     |       0
    """,
    )


def test_people_without_a_date_belong_to_no_quarter_and_are_counted_as_such(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day | date
        dated      |   0 | 2026-01-01
        undated    |   0 |
        year       |   0 |
        """,
        patients="patient_id | start_year \n dated | 2026 \n undated | \n year | 2025",
        data_cut="2026-06-30",
    )
    quarter = flow(cohort, instrument="PHQ-9", window="end of loading", period="2026Q1")
    same(
        quarter[quarter["kind"] != "branch"].head(5),
        """
        name           | count
        treated        |     3
        prior_ketamine |     0
        undated        |     2
        not_due        |     0
        started        |     1
    """,
    )
    year = flow(cohort, instrument="PHQ-9", window="end of loading", period="2026")
    same(
        year[year["kind"] != "branch"].head(5),
        """
        name           | count
        treated        |     3
        prior_ketamine |     0
        undated        |     1
        not_due        |     0
        started        |     2
    """,
    )
