"""Access: from the referral to maintenance, every step down with its reason."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.engine import count_all
from analysis.counts.referral_tally import PATIENT_GROUPS, ReferralTally, referral_groups
from analysis.estimate.intervals import wilson
from analysis.estimate.rates import ESTIMATE_COLUMNS
from analysis.vocabulary.errors import CallError, DataError
from analysis.vocabulary.periods import Period, parse_period

ACCESS_STEPS = (
    ("referred", "Referred"),
    ("evaluated", "Evaluated"),
    ("suitable", "Suitable"),
    ("started", "Had a first session"),
    ("loading_completed", "Completed loading"),
    ("maintenance", "Had a maintenance session"),
)
"""Name and label of each rung, top down."""

BEFORE_REFERRED = {
    "undated": "Referral date not known, so in no period",
    "in_treatment": "In treatment already when referred",
    "again": "Another referral of the same person",
}
"""Rows of the table that are no new referral."""

REASONS = {
    "no-contact": "No contact",
    "cost": "Cost",
    "insurance": "Insurance",
    "preference": "Preference",
    "medical": "Medical reason",
    "psychiatric": "Psychiatric reason",
    "medication": "Medication",
    "other": "Other reason",
    "unsuitable": "Not suitable, reason not recorded",
    "waiting": "Waiting, or end not recorded",
    "loading_stopped": "Stopped during loading",
    "loading_open": "Still in loading",
    "loading_unknown": "Loading not known",
    "no_maintenance": "No maintenance session",
    "maintenance_open": "Maintenance may still begin",
}
"""Name and label of each reason, in the order in which they are shown."""

_ALWAYS = {
    "started": ("waiting",),
    "loading_completed": ("loading_stopped", "loading_open"),
    "maintenance": ("no_maintenance", "maintenance_open"),
}
_MOST_UNKNOWN = 0.5
"""A group known of fewer of those never treated says nothing of how many were."""


def access(cohort: Cohort, *, by: str | Sequence[str] = (), period: str | int | Period | None = None) -> pd.DataFrame:
    """Count how far referrals led: evaluated, suitable, first session, loading completed, maintenance.

    Parameters
    ----------
    cohort : Cohort
        From `derive`; its dataset has the table ``referrals``.
    by : str or sequence of str
        ``payer, source, clinic_id, quarter, year`` (of the referral), ``race_ethnicity, sex, diagnosis`` (of the
        person).
    period : str, int or Period, optional
        Only referrals made in this quarter (``2026Q3``) or year (``2026``).

    Returns
    -------
    DataFrame
        One row per group and step: the group columns, ``step`` (its order), ``kind`` (``rung``, or ``reason`` for a
        step down), ``name, label, count``, ``estimate, low, high`` (the count as a share of the rung before; of the
        first rung, of all rows of referrals), ``method, numerator, denominator, status, period, definitions``. Each
        rung is the rung before it less the reasons between. All are as recorded at the data cut: ``waiting``,
        ``loading_open`` and ``maintenance_open`` are not over.

        ``status`` is ``ok``, ``empty`` (nobody on the rung before), or ``group known of the treated only``: race and
        ethnicity, sex and diagnosis are recorded of patients. Where they are known of less than half of those who
        never started, the shares up to the first session by these groups would be those of who was treated among the
        treated, and are not given.

    Raises
    ------
    DataError
        When the dataset has no referrals.
    CallError
        For an unknown group, or a period or quarter that the dataset has no dates for.

    Notes
    -----
    The unit is a person's first referral to a course: a referral leads to the first course that begins on its date or
    later (without dates, to the person's first course). What came later also happened: who had a first session counts
    as evaluated and suitable, and who was judged suitable or not as evaluated. Maintenance is that of people who
    completed loading, and has not come when the next session would begin another course. People who had ketamine before
    are counted: whether they got access is no question of the outcome.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> steps = access(derive(open_dataset("data/demo")))
    >>> steps.loc[steps["kind"] == "rung", ["name", "count"]].to_string(index=False, header=False).split()[:4]
    ['referred', '1740', 'evaluated', '1385']
    """
    groups = referral_groups(by)
    chosen = None if period is None else parse_period(period)
    (counts,) = count_all(cohort, [ReferralTally(groups, chosen)])
    refuse_no_referrals(cohort, "access")
    _refuse_no_dates(counts, groups, chosen)
    levels = counts[list(groups)].drop_duplicates() if groups else pd.DataFrame(index=[0])
    if groups and levels.empty:
        levels = pd.DataFrame({name: ["unknown"] for name in groups})  # nobody was referred in the period
    parts = []
    for _, level in sorted_levels(levels).iterrows():
        own = counts[(counts[list(groups)] == level).all(axis="columns")] if groups else counts
        rows = pd.DataFrame(_steps(own, _present(counts)))
        parts.append(rows.assign(**{name: level[name] for name in groups}))
    table = _without_selection(pd.concat(parts), groups)
    numbers = ["count", "numerator", "denominator"]
    table = table.astype(dict.fromkeys(numbers, "Int64")).reset_index(drop=True)
    table["period"], table["definitions"] = chosen.name if chosen else "all", cohort.definitions.label
    columns = [*groups, "step", "kind", "name", "label", "count", *ESTIMATE_COLUMNS, "period", "definitions"]
    return table[columns]


def refuse_no_referrals(cohort: Cohort, what: str) -> None:
    """Stop when the dataset has no referrals.

    Parameters
    ----------
    cohort : Cohort
    what : str
        What was asked for.

    Raises
    ------
    DataError
    """
    rows = cohort.dataset.rows.set_index("table")["used"]
    if not rows.get("referrals", 0):
        raise DataError(
            f"{what}: the dataset has no referrals, so nothing is known of people before their first session. Add the "
            "table referrals (its columns stand in data/README.md); attendance, completeness, the cost per responder "
            "and gaps in loading and maintenance need none."
        )


def sorted_levels(levels: pd.DataFrame) -> pd.DataFrame:
    """Sort the groups that there are, the unknown last.

    Parameters
    ----------
    levels : DataFrame
        One column per group, one row per combination.

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> sorted_levels(pd.DataFrame({"payer": ["unknown", "va", "medicaid"]}))["payer"].tolist()
    ['medicaid', 'va', 'unknown']
    """
    names = [str(name) for name in levels]
    order = levels.assign(**{f"_{name}": levels[name] == "unknown" for name in names})
    keys = [key for name in names for key in (f"_{name}", name)]
    return (order.sort_values(keys) if keys else order)[names].reset_index(drop=True)


def _present(counts: pd.DataFrame) -> set[tuple[int, str]]:
    """List the reasons that occur in any group, by how far the referral led; -1 stands for no new referral."""
    kinds = _kinds(counts)
    reached = counts["reached"].where(kinds == "first", -1)
    reasons = counts["reason"].where(kinds == "first", kinds)
    return set(zip(reached, reasons, strict=True))


def _kinds(counts: pd.DataFrame) -> pd.Series:
    return counts["counted"].mask(counts["undated"].astype(bool), "undated")


def _steps(counts: pd.DataFrame, present: set[tuple[int, str]]) -> list[dict[str, Any]]:
    """Build the ladder of one group, with a row for each reason that occurs in any group and for the usual ones."""
    kinds = _kinds(counts)
    by_kind = counts["referrals"].groupby(kinds).sum()
    first = counts[kinds == "first"]
    before = listed = int(counts["referrals"].sum())
    rows: list[dict[str, Any]] = []
    if not_new := [name for name in BEFORE_REFERRED if (-1, name) in present]:
        rows.append(_row("rung", "listed", "Referrals listed", listed, listed))
        rows += [_row("reason", name, BEFORE_REFERRED[name], int(by_kind.get(name, 0)), listed) for name in not_new]
    for place, (name, label) in enumerate(ACCESS_STEPS):
        left = first[first["reached"] == place - 1].groupby("reason")["referrals"].sum()
        for reason, words in REASONS.items():
            if (place - 1, reason) in present or reason in _ALWAYS.get(name, ()):
                rows.append(_row("reason", reason, words, int(left.get(reason, 0)), before))
        count = int(first.loc[first["reached"] >= place, "referrals"].sum())
        rows.append(_row("rung", name, label, count, before if place or not_new else count))
        before = count
    return [row | {"step": step} for step, row in enumerate(rows, start=1)]


def _row(kind: str, name: str, label: str, count: int, before: int) -> dict[str, Any]:
    low, high = wilson(count, before)
    return {
        "kind": kind, "name": name, "label": label, "count": count,
        "estimate": count / before if before else np.nan, "low": float(low), "high": float(high),
        "method": "Wilson, 95 %", "numerator": count, "denominator": before, "status": "ok" if before else "empty",
    }  # fmt: skip


def _without_selection(table: pd.DataFrame, groups: tuple[str, ...]) -> pd.DataFrame:
    """Take away shares up to the first session by groups that are recorded of the treated only."""
    rungs = table[table["name"].isin(["referred", "started"])]
    last = table.loc[table["name"] == "started", "step"].iloc[0]
    for name in sorted(set(groups) & set(PATIENT_GROUPS)):
        people = rungs.pivot_table(index=name, columns="name", values="count", aggfunc="sum")
        never = people["referred"] - people["started"]
        if never.get("unknown", 0) > _MOST_UNKNOWN * never.sum():
            early = table["step"] <= last
            table.loc[early, ["estimate", "low", "high"]] = np.nan
            table.loc[early, "status"] = "group known of the treated only"
    return table


def _refuse_no_dates(counts: pd.DataFrame, groups: tuple[str, ...], period: Period | None) -> None:
    if "quarter" in groups and len(counts) and (counts["quarter"] == "unknown").all():
        raise CallError("by: the referrals have no dates, so they are in no quarter; take 'year', or leave it out.")
    if period is not None and len(counts) and counts["undated"].all():
        finer = " finer than a year" if not period.is_year else ""
        raise CallError(f"period: the referrals have no dates{finer}, so a result has no such period.")
