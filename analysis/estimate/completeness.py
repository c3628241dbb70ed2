"""Completeness of follow-up: how many of the scores that were due are there, and which are overdue."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import run_statement
from analysis.cohort.windows import Window, parse_window
from analysis.counts.completeness_tally import COMPLETENESS_GROUPS, CompletenessTally, due_windows
from analysis.counts.engine import count_all
from analysis.counts.groups import checked_groups
from analysis.counts.ladder import due_basis, group_levels, with_every_group
from analysis.counts.rung_counts import period_values
from analysis.estimate.intervals import wilson
from analysis.estimate.rates import ESTIMATE_COLUMNS
from analysis.vocabulary.errors import CallError, DisclosureError, nearest_name

FOLLOW_UP = ("baseline", "end of loading", *(f"month {month} after loading" for month in range(1, 13)))
"""The windows in which a score is expected when nothing else is asked."""

IN_CARE_DAYS = 90
"""Where it is not recorded who is in care: those with a session in so many days before the data cut."""


def completeness(
    cohort: Cohort,
    *,
    by: str | Sequence[str] = (),
    instrument: str = "PHQ-9",
    window: str | Sequence[str] = FOLLOW_UP,
) -> pd.DataFrame:
    """Estimate the share of people scored among those whose window has closed.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    by : str or sequence of str
        ``clinic_id, route, treatment, payer, diagnosis, sex, age_band, race_ethnicity``; ``phase`` and ``month`` (of
        the window's closing; see `analysis.counts.completeness_tally.COMPLETENESS_GROUPS`).
    instrument : str
    window : str or sequence of str
        See `analysis.cohort.windows.parse_window`; the baseline, the end of loading and twelve months when left out.

    Returns
    -------
    DataFrame
        One row per group and window, every group present even when empty: the group columns, ``instrument, window,
        outcome`` (``scored``), ``estimand`` (``starters``: of everyone who started, window over), ``estimate, low,
        high, method, numerator`` (scored), ``denominator`` (due), ``status, started`` (the same people), ``due`` (what
        due days are counted from), ``definitions``.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Notes
    -----
    Everybody who started counts, whatever the baseline: completeness is about measuring, so that ``numerator`` is more
    than the ``scored`` of a response rate, which counts eligible people. Stopping treatment excuses nobody from being
    followed; a score after a session is due where that session was given. The unit is the first course; people who had
    ketamine before are left out, as in every rate.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> seen = completeness(derive(open_dataset("data/demo")), window=["baseline", "month 6 after loading"])
    >>> bool(seen["estimate"].is_monotonic_decreasing)
    True
    """
    groups = checked_groups(by, COMPLETENESS_GROUPS)
    windows = _asked(cohort, instrument, window)
    (counts,) = count_all(cohort, [CompletenessTally(instrument, windows, groups)])
    if "month" in groups and len(counts) and (counts["month"] == "unknown").all():
        raise CallError("by: the dataset has no dates, so that windows close in no month; leave 'month' out.")
    levels = [group_levels(pd.DataFrame({"place": 0, "level": counts[name].unique()})) for name in groups]
    table = with_every_group(counts, [*groups, "window"], [*levels, [each.name for each in windows]])
    x, n = table["scored"].to_numpy(), table["due"].to_numpy()
    table["low"], table["high"] = wilson(x, n)
    table["estimate"] = np.divide(x, n, out=np.full(len(table), np.nan), where=n > 0)
    table["method"], table["status"] = "Wilson, 95 %", np.where(n > 0, "ok", "empty")
    for name, numbers in {"numerator": x, "denominator": n, "started": n}.items():
        table[name] = pd.array(numbers, dtype="Int64")
    table = table.assign(
        instrument=instrument,
        outcome="scored",
        estimand="starters",
        due=due_basis(cohort),
        definitions=cohort.definitions.label,
    )
    named = [*groups, "instrument", "window", "outcome", "estimand", *ESTIMATE_COLUMNS]
    return table[[*named, "started", "due", "definitions"]]


def overdue(
    cohort: Cohort,
    *,
    instrument: str = "PHQ-9",
    window: str | Sequence[str] = FOLLOW_UP,
    audience: str = "internal",
) -> pd.DataFrame:
    """List the people in care whose newest closed window has no score: for the clinic's own work, never for a report.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    instrument : str
    window : str or sequence of str
        As in `completeness`.
    audience : {"internal"}
        The list leaves the clinic for nobody.

    Returns
    -------
    DataFrame
        One row per person, the longest overdue first: ``patient_id`` (the pseudonym), ``clinic_id, window``,
        ``closed_on`` (the date), ``days_overdue`` (from then to the data cut), ``last_score_day`` (day since the first
        treatment; missing without any score). Who has been scored since the window closed is not overdue.

    Raises
    ------
    DisclosureError
        For the audience ``public``.
    CallError
        When the option is unknown, or the dataset has no dates.

    Notes
    -----
    In care: ``outcome_of_care`` is ``ongoing``; where it is not recorded, with a treatment session in the
    `IN_CARE_DAYS` days before the data cut.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> overdue(derive(open_dataset("data/demo")), audience="public")
    Traceback (most recent call last):
    ...
    analysis.vocabulary.errors.DisclosureError: overdue: a list of people is never public, whatever it hides.
    """
    if audience not in ("internal", "public"):
        raise CallError(f"audience: '{audience}' is unknown. There is: internal.")
    if audience != "internal":
        raise DisclosureError("overdue: a list of people is never public, whatever it hides.")
    windows = _asked(cohort, instrument, window)
    if not cohort.dataset.has_dates:
        raise CallError("overdue: the dataset has no dates, so that nothing says what is overdue at the data cut.")
    found = [_overdue_of(part, instrument, windows) for part in cohort.parts()]
    rows = pd.concat(found, ignore_index=True)
    rows = rows.astype({"days_overdue": "Int64", "last_score_day": "Int64"})
    return rows.sort_values(["days_overdue", "patient_id"], ascending=[False, True], ignore_index=True)


def _overdue_of(part: Cohort, instrument: str, windows: tuple[Window, ...]) -> pd.DataFrame:
    statement = f"""
        {due_windows(part, instrument, windows)},
        newest AS (
            SELECT *, row_number() OVER (PARTITION BY patient ORDER BY due_date DESC, number DESC) AS place
            FROM asked_scores WHERE due_date IS NOT NULL
        ),
        sessions_of AS (SELECT patient, max(day) AS last_session_day FROM course_sessions GROUP BY patient),
        scores_of AS (
            SELECT patient, max(day) AS last_score_day FROM followed_scores WHERE scale = $scale GROUP BY patient
        )
        SELECT patient_id, own_clinic_id AS clinic_id, window_name AS "window", due_date AS closed_on,
            $data_cut::DATE - due_date AS days_overdue, last_score_day
        FROM newest JOIN sessions_of USING (patient) LEFT JOIN scores_of USING (patient)
            LEFT JOIN patients USING (patient_id) JOIN calendar USING (patient_id)
        WHERE place = 1 AND NOT is_scored AND NOT coalesce(day0 + last_score_day >= due_date, false)
            AND coalesce(outcome_of_care = 'ongoing', day0 + last_session_day >= $data_cut::DATE - $in_care_days)
    """
    values = period_values(part, None) | {"scale": part.scale_number(instrument), "in_care_days": IN_CARE_DAYS}
    return run_statement(part.connection, statement, values).df()


def _asked(cohort: Cohort, instrument: str, window: str | Sequence[str]) -> tuple[Window, ...]:
    known = list(cohort.definitions.instruments)
    if instrument not in known:
        raise CallError(f"instrument: '{instrument}' is unknown.{nearest_name(instrument, known)}")
    names = (window,) if isinstance(window, str) else tuple(window)
    windows = tuple(parse_window(name, cohort.definitions) for name in names)
    if not windows or len({each.name for each in windows}) < len(windows):
        raise CallError("window: name at least one window, and none twice.")
    return windows
