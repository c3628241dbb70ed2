"""Tallies of referrals: how far each led and why no further, and how long people waited for the first session."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import run_statement, sql_statements
from analysis.counts.groups import checked_groups
from analysis.vocabulary.periods import Period

REFERRAL_GROUPS = {
    "payer": "payer",
    "source": "source",
    "clinic_id": "clinic_id",
    "race_ethnicity": "race_ethnicity",
    "sex": "sex",
    "diagnosis": "diagnosis",
    "quarter": "year(referred_on)::VARCHAR || 'Q' || quarter(referred_on)::VARCHAR",
    "year": "referred_year",
}
"""What referrals can be grouped by: of the referral (payer and clinic of the person where it has none), of the person,
and the date of the referral."""

PATIENT_GROUPS = ("race_ethnicity", "sex", "diagnosis")
"""Groups that stand in the table of patients only, so that they are mostly not known of people never treated."""


@dataclass(frozen=True)
class ReferralTally:
    """Referrals by how far they led (``reached``, 0 referred to 5 maintenance) and why no further."""

    by: tuple[str, ...]
    period: Period | None

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups; whether it is the person's first referral to this course; how far; the reason; in no period."""
        return (*self.by, "counted", "reached", "reason", "undated")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the referrals of each path."""
        return _count_paths(
            part,
            self.period,
            f"SELECT {_groups(self.by)}counted, reached, reason, undated, count(*) AS referrals "
            "FROM chosen GROUP BY ALL",
        )


@dataclass(frozen=True)
class WaitingTally:
    """First referrals by whether the person started, is waiting, or the referral ended; by whole days of waiting.

    ``unknown``: started or waiting, but nothing says for how long.
    """

    by: tuple[str, ...]
    period: Period | None

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, the state and the days (0 where they do not matter)."""
        return (*self.by, "state", "days")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the referrals of each state and number of days."""
        state = (
            "CASE WHEN NOT is_started AND reason <> 'waiting' THEN 'ended' WHEN days IS NULL THEN 'unknown' "
            "WHEN is_started THEN 'started' ELSE 'waiting' END"
        )
        return _count_paths(
            part,
            self.period,
            f"SELECT {_groups(self.by)}{state} AS state, coalesce(days, 0) AS days, count(*) AS referrals "
            "FROM chosen WHERE counted = 'first' AND NOT undated GROUP BY ALL",
        )


@dataclass(frozen=True)
class PromptStartTally:
    """First referrals made at least so many days before the data cut, and those of them that started in that time."""

    by: tuple[str, ...]
    within_days: int

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, and the quarter of the referral."""
        return (*dict.fromkeys((*self.by, "quarter")),)

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count who was due and who had the first session in time; not those who started after an unknown time."""
        return _count_paths(
            part,
            None,
            f"SELECT {_groups(self.keys)}count(*) AS due, "
            f"count(*) FILTER (is_started AND days <= {int(self.within_days)}) AS in_time "
            f"FROM chosen WHERE counted = 'first' AND referred_on + {int(self.within_days)} <= $data_cut::DATE "
            "AND NOT (is_started AND days IS NULL) GROUP BY ALL",
        )


def referral_groups(by: str | Sequence[str]) -> tuple[str, ...]:
    """Check what referrals are to be grouped by.

    Parameters
    ----------
    by : str or sequence of str
        Names from `REFERRAL_GROUPS`.

    Returns
    -------
    tuple of str

    Raises
    ------
    CallError
        Naming the group that is unknown or named twice.

    Examples
    --------
    >>> referral_groups("payer")
    ('payer',)
    """
    return checked_groups(by, REFERRAL_GROUPS)


def _count_paths(part: Cohort, period: Period | None, query: str) -> pd.DataFrame:
    values = {
        "data_cut": part.dataset.data_cut,
        "gap_days": part.definitions.course.gap_days,
        "period_first": period and period.first,
        "period_last": period and period.last,
        "period_is_quarter": period is not None and not period.is_year,
    }
    run_statement(part.connection, sql_statements("referrals.sql", "analysis.counts")[0], values)
    # A referral year places nobody in a quarter, and no year at all nobody in any period.
    chosen = """
        WITH dated AS (
            SELECT *, $period_first IS NOT NULL AND referred_on IS NULL
                AND ($period_is_quarter OR referred_year IS NULL) AS undated
            FROM referral_paths
        ),
        chosen AS (
            SELECT * FROM dated WHERE undated OR $period_first IS NULL
                OR coalesce(referred_on, make_date(referred_year, 12, 31))
                    BETWEEN $period_first::DATE AND $period_last::DATE
        )"""
    return run_statement(part.connection, f"{chosen} {query}", values).df()


def _groups(by: Sequence[str]) -> str:
    return "".join(f"coalesce(({REFERRAL_GROUPS[name]})::VARCHAR, 'unknown') AS \"{name}\", " for name in by)
