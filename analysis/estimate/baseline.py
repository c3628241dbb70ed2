"""The baseline table: who is treated, with what is missing for every row; and who is in an analysis and who is not."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.windows import parse_window
from analysis.counts.baseline_tally import ANALYSED, BaselineTally, baseline_groups
from analysis.counts.engine import count_all
from analysis.counts.ladder import due_basis
from analysis.estimate.balance import standardised_differences
from analysis.estimate.intervals import wilson
from analysis.estimate.medians import median_of_counts
from analysis.estimate.rates import ESTIMATE_COLUMNS
from analysis.vocabulary.errors import CallError, nearest_name

NUMBERS = {"age": ("years", 1), "failed_trials": ("trials", 1), "weight": ("kg", 10), "first_dose": ("mg", 10)}
"""Of what a median is taken: its unit, and how many of what is counted make one."""

ROWS = (
    "age", "age_band", "sex", "race_ethnicity", "diagnosis", "severity", "failed_trials", "failed_trials_band",
    "prior_ketamine", "payer", "clinic_id", "start_year", "treatment", "route", "first_dose", "weight",
)  # fmt: skip
"""The characteristics in the order in which they are shown; the baselines of the instruments follow ``diagnosis``."""

_AGES = ("under 18", "18 to 29", "30 to 44", "45 to 59", "60 to 74", "75 and over")


def baseline_table(
    cohort: Cohort, *, by: str | None = None, instrument: str = "PHQ-9", window: str = "end of loading"
) -> pd.DataFrame:
    """Describe everybody treated, or groups of them, before treatment.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    by : str, optional
        ``analysed`` (whether the person is in the observed response rate of the instrument and window), or one of
        ``clinic_id, route, treatment, payer, diagnosis, sex, age_band, race_ethnicity``.
    instrument, window : str
        Whose severity bands are shown, and of which result ``analysed`` speaks.

    Returns
    -------
    DataFrame
        One row per group, characteristic and level: the group column (``group`` = ``all`` without one),
        ``characteristic``, ``kind`` (``median``, ``share``, ``missing``), ``level, unit, estimate, low, high``
        (medians in their unit; shares of those known, missing as a share of all), ``method, numerator`` (people at or
        under the median; with the level; missing), ``denominator, status`` (``ok`` or ``empty``), ``lower_quartile,
        upper_quartile, reference, standardised_difference`` (from the reference group: ``analysed``, or the largest;
        missing in its own rows and without groups), ``people`` (of the group), ``instrument, window, due,
        definitions``. A characteristic that is known of nobody has its missing row.

        By ``analysed``: ``analysed`` are eligible and scored; ``not analysed`` started with the window over, and are
        not; ``not in question`` had ketamine before, or their window is not over.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Notes
    -----
    Of each person's first course. Medians and quartiles are those of `median_of_counts`, exact from how often each
    whole value occurs (weight and dose in tenths). There is no p-value: whether groups differ by chance is not what
    biases a result, and small ones differ by chance (Austin 2009). The standardised difference of a share is
    (p1-p0) / sqrt((p1 q1 + p0 q0)/2), that of a number (m1-m0) / sqrt((s1^2+s0^2)/2) with means and standard
    deviations.

    References
    ----------
    Austin PC (2009), Commun Stat Simul Comput 38:1228-1234.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> table = baseline_table(derive(open_dataset("data/demo")), by="analysed")
    >>> table["analysed"].unique().tolist()
    ['analysed', 'not analysed', 'not in question']
    """
    _one_of(instrument, list(cohort.definitions.instruments), "instrument")
    if by is not None:
        _one_of(by, baseline_groups(), "by")
    asked = parse_window(window, cohort.definitions)
    (counts,) = count_all(cohort, [BaselineTally(instrument, asked, by)])
    people = counts[counts["characteristic"] == "everybody"].groupby("level")["people"].sum()
    found = sorted(people.index, key=lambda name: (name == "unknown", name))
    levels = ["all"] if by is None else list(ANALYSED) if by == "analysed" else found
    reference = ANALYSED[0] if by == "analysed" else _largest(people) if by else None
    rows: list[dict[str, Any]] = []
    for name in _characteristics(counts, instrument):
        own = counts[counts["characteristic"] == name]
        tables = {level: own[own["level"] == level] for level in levels}
        for level in levels:
            others = tables[reference] if reference and level != reference else None
            sizes = int(people.get(level, 0)), int(people.get(reference, 0)) if reference else 0
            make = _median_rows if _scale(name) else _share_rows
            for row in make(name, own, tables[level], others, sizes):
                rows.append({"group": level, "characteristic": name, "people": sizes[0], "reference": reference} | row)
    columns = [
        "group",
        "characteristic",
        "kind",
        "level",
        "unit",
        *ESTIMATE_COLUMNS,
        "lower_quartile",
        "upper_quartile",
    ]
    table = pd.DataFrame(rows, columns=[*columns, "reference", "standardised_difference", "people"])
    table = table.astype({"numerator": "Int64", "denominator": "Int64", "people": "Int64"})
    if by:
        table = table.rename(columns={"group": by})
    return table.assign(
        instrument=instrument, window=asked.name, due=due_basis(cohort), definitions=cohort.definitions.label
    )


def _largest(people: pd.Series) -> str | None:
    known = people.drop("unknown", errors="ignore")
    return str(known.sort_index().idxmax()) if len(known) else None


def _characteristics(counts: pd.DataFrame, instrument: str) -> list[str]:
    """List the rows: the asked instrument's baseline first, then that of the others that anybody has."""
    others = sorted(name for name in counts["characteristic"].unique() if name.startswith("baseline "))
    own = f"baseline {instrument}"
    at = ROWS.index("diagnosis") + 1
    return [*ROWS[:at], own, *(name for name in others if name != own), *ROWS[at:]]


def _scale(name: str) -> tuple[str, int] | None:
    """Give the unit of a number, and how many of what is counted make one; nothing for what is no number."""
    return ("points", 100) if name.startswith("baseline ") else NUMBERS.get(name)


def _median_rows(
    name: str, _: pd.DataFrame, own: pd.DataFrame, others: pd.DataFrame | None, sizes: tuple[int, int]
) -> list[dict[str, Any]]:
    unit, parts = _scale(name) or ("", 1)
    found = median_of_counts(own["value"].astype("int64") / parts, own["people"])
    difference = np.nan
    if others is not None:
        difference = _difference_of_means(_moments(own), _moments(others))
    values = (found.estimate, found.low, found.high, "binomial order statistics, 95 %", found.at_most, found.n)
    row = {
        "kind": "median", "level": "", "unit": unit,
        **dict(zip(ESTIMATE_COLUMNS, (*values, "ok" if found.n else "empty"), strict=True)),
        "lower_quartile": found.lower_quartile, "upper_quartile": found.upper_quartile,
        "standardised_difference": difference,
    }  # fmt: skip
    return [row, _missing_row(own, others, sizes)]


def _share_rows(
    name: str, every: pd.DataFrame, own: pd.DataFrame, others: pd.DataFrame | None, sizes: tuple[int, int]
) -> list[dict[str, Any]]:
    order = {level: place for place, level in enumerate(_AGES)} if name == "age_band" else {}
    levels = sorted(every["value"].unique(), key=lambda level: (order.get(level, 0), level))
    counted = own.set_index("value")["people"]
    n = int(counted.sum())
    of_others = others.set_index("value")["people"] if others is not None else None
    rows = []
    for level in levels:
        compared = None if of_others is None else (int(of_others.get(level, 0)), int(of_others.sum()))
        # Bands of severity carry their place in front, so that they are in order.
        words = level.split(" ", 1)[1] if name == "severity" else level
        rows.append(_share_row("share", words, int(counted.get(level, 0)), n, compared))
    return [*rows, _missing_row(own, others, sizes)]


def _missing_row(own: pd.DataFrame, others: pd.DataFrame | None, sizes: tuple[int, int]) -> dict[str, Any]:
    missing = sizes[0] - int(own["people"].sum())
    compared = None if others is None else (sizes[1] - int(others["people"].sum()), sizes[1])
    return _share_row("missing", "missing", missing, sizes[0], compared)


def _share_row(kind: str, level: str, x: int, n: int, compared: tuple[int, int] | None) -> dict[str, Any]:
    low, high = wilson(x, n)
    share = x / n if n else np.nan
    difference = np.nan
    if compared and n and compared[1]:
        difference = float(standardised_differences(np.array([share]), np.array([compared[0] / compared[1]]))[0])
    values = (share, float(low), float(high), "Wilson, 95 %", x, n, "ok" if n else "empty")
    return {
        "kind": kind, "level": level, "unit": "share", **dict(zip(ESTIMATE_COLUMNS, values, strict=True)),
        "lower_quartile": np.nan, "upper_quartile": np.nan, "standardised_difference": difference,
    }  # fmt: skip


def _moments(counts: pd.DataFrame) -> tuple[int, int, int]:
    """Give how many there are, the sum of what is counted, and the sum of its squares, all whole."""
    pairs = list(zip(counts["value"].astype("int64").tolist(), counts["people"].tolist(), strict=True))
    return sum(n for _, n in pairs), sum(v * n for v, n in pairs), sum(v * v * n for v, n in pairs)


def _difference_of_means(own: tuple[int, int, int], others: tuple[int, int, int]) -> float:
    """Measure how far two means lie apart, in standard deviations; the unit does not matter."""
    means, variances = [], []
    for n, total, squares in (own, others):
        if n < 2:
            return float("nan")
        means.append(total / n)
        variances.append((n * squares - total * total) / (n * (n - 1)))
    spread = float(np.sqrt((variances[0] + variances[1]) / 2))
    gap = means[0] - means[1]
    return 0.0 if gap == 0 else float(np.divide(gap, spread)) if spread else float(np.copysign(np.inf, gap))


def _one_of(name: str, known: list[str], option: str) -> None:
    if name not in known:
        raise CallError(f"{option}: '{name}' is unknown.{nearest_name(name, known)} There are: {', '.join(known)}.")
