"""The rows of the summary of phases, each made of added counts."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.counts.phase_tally import CELLS
from analysis.estimate.agreement import clustered_ratio, clustered_share, cohens_kappa
from analysis.estimate.intervals import wilson
from analysis.estimate.medians import median_of_counts
from analysis.estimate.rates import ESTIMATE_COLUMNS

Row = dict[str, Any]

STATUSES = ("completed", "stopped", "open", "unknown")
KINDS = ("first", "prior ketamine", "repeat", "booster")
SHARES = {
    "reached maintenance": "first courses whose loading has closed",
    "re-loading": "first courses with a maintenance session",
    "route switch": "first courses",
    "clinic switch": "first courses",
    "repeat course": "people",
    "booster": "people",
}
"""Which share of what."""

MEDIANS = {
    "sessions": ("sessions", 1),
    "loading sessions": ("sessions", 1),
    "loading days": ("days", 1),
    "days from loading to maintenance": ("days", 1),
    "median gap in maintenance": ("days", 2),
    "longest gap in maintenance": ("days", 1),
}
"""Of what a median is taken over first courses: its unit, and how many of what is counted make one."""

_MONTH = "maintenance sessions a month"
_CLUSTERED = "clustered by person, 95 %"
_AGREEING = (CELLS[0], CELLS[3])


def closing_reasons(facts: pd.DataFrame) -> list[tuple[str, str]]:
    """List the loading statuses and reasons that occur.

    Parameters
    ----------
    facts : DataFrame
        Counts of `PhaseFactTally`, of all groups.

    Returns
    -------
    list of (status, reason)

    Examples
    --------
    >>> closing_reasons(pd.DataFrame({"name": ["loading", "booster"], "value": ["stopped|gap", "true"]}))
    [('stopped', 'gap')]
    """
    return sorted(_parted(value) for value in facts.loc[facts["name"] == "loading", "value"].unique())


def share_rows(facts: pd.DataFrame, reasons: list[tuple[str, str]]) -> list[Row]:
    """Estimate the shares of first courses.

    Parameters
    ----------
    facts : DataFrame
        Counts of `PhaseFactTally` of one group: ``name, value, courses``.
    reasons : list of (status, reason)
        From `closing_reasons`; each gets a row, also where no course has it.

    Returns
    -------
    list of dict
        ``name, reason, share_of`` and the usual columns of an estimate.
    """
    values = zip(facts["name"], facts["value"], strict=True)
    count = {key: int(courses) for key, courses in zip(values, facts["courses"], strict=True)}
    loading = {_parted(value): n for (name, value), n in count.items() if name == "loading"}
    courses = sum(loading.values())
    rows = []
    for status in STATUSES:
        own = {reason: loading.get((status, reason), 0) for each, reason in reasons if each == status}
        for reason, n in {"any": sum(own.values()), **own}.items():
            rows.append(_share(f"loading {status}", reason, "first courses", n, courses))
    for name, share_of in SHARES.items():
        yes, no = count.get((name, "true"), 0), count.get((name, "false"), 0)
        rows.append(_share(name, "any", share_of, yes, yes + no))
    return rows


def _share(name: str, reason: str, share_of: str, numerator: int, denominator: int) -> Row:
    low, high = wilson(numerator, denominator)
    row = {"name": name, "reason": reason, "share_of": share_of}
    return row | _estimate(
        _ratio(numerator, denominator), (float(low), float(high)), "Wilson, 95 %", numerator, denominator
    )


def median_rows(facts: pd.DataFrame) -> list[Row]:
    """Estimate the medians over first courses.

    Parameters
    ----------
    facts : DataFrame
        As in `share_rows`.

    Returns
    -------
    list of dict
        ``name, unit``, the usual columns of an estimate, ``lower_quartile`` and ``upper_quartile``.
    """
    rows = []
    for name, (unit, parts) in MEDIANS.items():
        own = facts[facts["name"] == name]
        found = median_of_counts(own["value"].astype("int64") / parts, own["courses"])
        method = "binomial order statistics, 95 %"
        estimate = _estimate(found.estimate, (found.low, found.high), method, found.at_most, found.n)
        quartiles = {"lower_quartile": found.lower_quartile, "upper_quartile": found.upper_quartile}
        rows.append({"name": name, "unit": unit} | estimate | quartiles)
    return rows


def month_row(cadence: pd.DataFrame, month: int) -> Row:
    """Estimate how many maintenance sessions there are in a month: gaps over their days, times the days of a month.

    Parameters
    ----------
    cadence : DataFrame
        Counts of `CadenceTally` of one group.
    month : int
        Its days.

    Returns
    -------
    dict
        As a row of `median_rows`, without quartiles.
    """
    courses, gaps, days, xx, xm, mm = (
        int(cadence[name].sum()) for name in ("courses", "gaps", "days", "gaps_x_gaps", "gaps_x_days", "days_x_days")
    )
    low, high = clustered_ratio(gaps, days, [[xx, xm], [xm, mm]], units=courses)
    rate = month * _ratio(gaps, days)
    estimate = _estimate(rate, (month * low, month * high), f"gaps over days, {_CLUSTERED}", gaps, days)
    return (
        {"name": _MONTH, "unit": f"in {month} days"} | estimate | {"lower_quartile": np.nan, "upper_quartile": np.nan}
    )


def kind_rows(kinds: pd.DataFrame) -> list[Row]:
    """List every kind of course with what was counted of it, 0 where there is none.

    Parameters
    ----------
    kinds : DataFrame
        Counts of `CourseKindTally` of one group.

    Returns
    -------
    list of dict
        ``kind, courses, sessions, reloading_episodes, route_switches, clinic_switches, status``.
    """
    names = ["courses", "sessions", "reloading_episodes", "route_switches", "clinic_switches"]
    found = kinds.set_index("kind")
    return [
        {"kind": kind} | {name: int(found[name].get(kind, 0)) for name in names} | {"status": "ok"} for kind in KINDS
    ]


def agreement_rows(counts: pd.DataFrame) -> list[Row]:
    """Estimate how far the rule and the clinic's own label agree.

    Parameters
    ----------
    counts : DataFrame
        Counts of `AgreementTally` of one group.

    Returns
    -------
    list of dict
        ``name``, the usual columns of an estimate, and the four cells.
    """
    names = ("unlabelled", *CELLS)
    unlabelled, *cells = (int(counts[name].sum()) for name in names)
    people, people_labelled = int(counts["people"].sum()), int(counts["people_labelled"].sum())
    products = np.zeros((5, 5))
    for i, one in enumerate(names):
        for j, other in enumerate(names[i:], start=i):
            products[i, j] = products[j, i] = int(counts[f"{one}_x_{other}"].sum())
    labelled, ruled = sum(cells), unlabelled + sum(cells)
    agreeing = sum(n for n, name in zip(cells, CELLS, strict=True) if name in _AGREEING)
    within = products[1:, 1:]
    of_ruled = clustered_share([False, *[True] * 4], [unlabelled, *cells], products, people=people)
    of_labelled = clustered_share([name in _AGREEING for name in CELLS], cells, within, people=people_labelled)
    kappa, low, high = cohens_kappa(cells, within, people=people_labelled)
    wilson_method = f"Wilson on the effective number, {_CLUSTERED}"
    rows = {
        "labelled": _estimate(_ratio(labelled, ruled), of_ruled, wilson_method, labelled, ruled),
        "same phase": _estimate(_ratio(agreeing, labelled), of_labelled, wilson_method, agreeing, labelled),
        "Cohen's kappa": _estimate(kappa, (low, high), f"linear approximation, {_CLUSTERED}", agreeing, labelled),
    }
    return [{"name": name} | row | dict(zip(CELLS, cells, strict=True)) for name, row in rows.items()]


def _estimate(estimate: float, limits: tuple[float, float], method: str, numerator: int, denominator: int) -> Row:
    status = "empty" if np.isnan(estimate) else "ok"
    values = (estimate, *limits, method, numerator, denominator, status)
    return dict(zip(ESTIMATE_COLUMNS, values, strict=True))


def _ratio(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else float("nan")


def _parted(value: Any) -> tuple[str, str]:
    status, reason = str(value).split("|")
    return status, reason
