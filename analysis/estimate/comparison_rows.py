"""The rows of a comparison of groups and its balance, from the counts of each group and stratum."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.estimate.balance import BALANCE_COLUMNS, balance_table
from analysis.estimate.effects import Effect, crude_effects
from analysis.estimate.rates import SHOWN_LADDER
from analysis.estimate.strata_effects import mantel_haenszel, standardised_effects, standardised_rate

Numbers = NDArray[np.float64]
Cells = tuple[Numbers, Numbers, Numbers, Numbers]
"""People with the outcome and all people in each stratum, of a group and then of the reference."""
Counts = dict[tuple[str, ...], pd.DataFrame]
"""By the covariates of a key, the counts of each group: `COUNTED`."""

COUNTED = ["outcome_count", "people_count", *SHOWN_LADDER]
"""People with the outcome, people in the denominator, and the rungs of the ladder that stand beside a rate."""

WHOLE = [
    "numerator", "denominator", "reference_numerator", "reference_denominator",
    *SHOWN_LADDER, *(f"reference_{name}" for name in SHOWN_LADDER), "least_count",
]  # fmt: skip
"""The whole numbers of a row."""

COMPARED = [
    "adjusted", "measure", "estimate", "low", "high", "method", "numerator", "denominator", "status",
    "reference_numerator", "reference_denominator", "rate", "reference_rate", "note",
    *SHOWN_LADDER, *(f"reference_{name}" for name in SHOWN_LADDER), "least_count",
]  # fmt: skip
"""The columns of a row, beside the groups and what was asked."""


@dataclass(frozen=True)
class Design:
    """What is compared, and for what it is adjusted."""

    groups: str
    strata: tuple[str, ...]
    standardise: tuple[str, ...]
    method: str


def rows_compared(counts: Counts, design: Design, group: str, reference: str) -> list[dict[str, object]]:
    """Compare one group with the reference, as it is and adjusted.

    Parameters
    ----------
    counts : Counts
        Every group with every stratum, in the same order.
    design : Design
    group, reference : str

    Returns
    -------
    list of dict
        `COMPARED`: one row for each adjustment and measure. ``least_count`` is the smallest number of people other than
        none, with or without the outcome, in a stratum of either group; only of adjusted rows.
    """
    whole = np.ones(1)
    x1, n1, x0, n0 = cells = _of_two(counts[()], design, group, reference)
    in_two = (int(x1[0]), int(n1[0]), int(x0[0]), int(n0[0]))
    names = ("numerator", "denominator", "reference_numerator", "reference_denominator")
    totals: dict[str, object] = dict(zip(names, in_two, strict=True)) | {"least_count": None}
    for prefix, name in (("", group), ("reference_", reference)):
        own = counts[()].loc[counts[()][design.groups] == name, SHOWN_LADDER]
        totals |= {f"{prefix}{rung}": int(own[rung].sum()) for rung in SHOWN_LADDER}
    crude = crude_effects(*in_two, method=design.method)
    rows = _shown(crude, "none", totals, _two_rates(cells, whole))
    if design.strata:
        cells = _of_two(counts[design.strata], design, group, reference)
        adjusted = f"Mantel-Haenszel over {', '.join(design.strata)}"
        rows += _shown(mantel_haenszel(*cells), adjusted, totals | _least(cells), (np.nan, np.nan))
    if design.standardise:
        cells = _of_two(counts[design.standardise], design, group, reference)
        people = _case_mix(counts[design.standardise], design.groups)
        adjusted = f"standardised to the {', '.join(design.standardise)} of all"
        effects = standardised_effects(*cells, people)
        rows += _shown(effects, adjusted, totals | _least(cells), _two_rates(cells, people))
    return rows


def _least(cells: Cells) -> dict[str, object]:
    x1, n1, x0, n0 = cells
    people = np.concatenate([x1, n1 - x1, x0, n0 - x0])
    return {"least_count": int(people[people > 0].min()) if (people > 0).any() else None}


def _two_rates(cells: Cells, people: Numbers) -> tuple[float, float]:
    x1, n1, x0, n0 = cells
    return standardised_rate(x1, n1, people)[0], standardised_rate(x0, n0, people)[0]


def _shown(
    effects: Sequence[Effect], adjusted: str, totals: dict[str, object], rates: tuple[float, float]
) -> list[dict[str, object]]:
    beside = totals | {"adjusted": adjusted, "rate": rates[0], "reference_rate": rates[1]}
    return [vars(effect) | beside for effect in effects]


def _of_two(counts: pd.DataFrame, design: Design, group: str, reference: str) -> Cells:
    return (*_of_group(counts, design.groups, group), *_of_group(counts, design.groups, reference))


def _of_group(counts: pd.DataFrame, groups: str, name: str) -> tuple[Numbers, Numbers]:
    # Every group has every stratum, in the same order: the tally fills in those without people.
    rows = counts[counts[groups] == name]
    return rows["outcome_count"].to_numpy("float64"), rows["people_count"].to_numpy("float64")


def _case_mix(counts: pd.DataFrame, groups: str) -> Numbers:
    of_groups = [_of_group(counts, groups, name)[1] for name in counts[groups].unique()]
    return np.asarray(np.sum(of_groups, axis=0), dtype="float64")


def balance_compared(counts: Counts, design: Design, reference: str) -> pd.DataFrame:
    """Show how alike the groups are in each covariate that is adjusted for.

    Parameters
    ----------
    counts : Counts
    design : Design
    reference : str

    Returns
    -------
    DataFrame
        As from `analysis.estimate.balance.balance_table`; without rows when there is no covariate.
    """
    tables = [
        balance_table(
            counts[design.strata if name in design.strata else design.standardise],
            groups=design.groups,
            reference=reference,
            covariate=name,
            people="people_count",
        )
        for name in dict.fromkeys([*design.strata, *design.standardise])
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[design.groups, *BALANCE_COLUMNS])
