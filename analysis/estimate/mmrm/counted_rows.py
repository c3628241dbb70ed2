"""From counts per missingness pattern to the same sums that a table gives.

A row of the design is linear in (1, covariates) within a group of patients: it is worked out at 0 and at 1 of each
covariate, and that is all that is needed to turn sums over patients into sums over rows of the design.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from formulaic import Formula
from numpy.typing import NDArray

from analysis.counts.pattern_tally import COVARIATES, SCORE_UNIT, sum_columns
from analysis.counts.patterns import PatternCounts
from analysis.estimate.mmrm.checks import refuse_collinear, refuse_exact_fit, refuse_lone_levels, refuse_thin_visits
from analysis.estimate.mmrm.design import Design, build_design, outcome_name
from analysis.estimate.mmrm.moments import Moments, least_squares, shared_columns, well_conditioned
from analysis.estimate.mmrm.table_rows import Source
from analysis.vocabulary.errors import CallError, DataError, nearest_name

Array = NDArray[np.float64]

OUTCOMES = ("total", "change")
"""What a formula can have on its left side: the score, or the score minus the baseline."""


def source_of_counts(formula: Formula, counts: PatternCounts, by: str | None) -> Source:
    """Turn counts per pattern into what a fit is made from.

    Parameters
    ----------
    formula : Formula
        In the names ``total`` or ``change``, ``visit``, the groups and the covariates of the counts.
    counts : PatternCounts
    by : str, optional
        The group of the counts whose levels get covariances of their own.

    Returns
    -------
    Source

    Raises
    ------
    CallError
        When the formula names what was not counted, or is not linear in the covariates.
    DataError
        When the counts do not allow the fit, naming the cause.
    """
    outcome = _outcome(formula, counts)
    _refuse_terms(formula, counts)
    if by is not None and by not in counts.by:
        raise CallError(f"covariance_by: '{by}' is not a group of the counts.{nearest_name(by, list(counts.by))}")
    table, left_out = _used(counts)
    visits, names = (
        list(counts.windows),
        [each for each in counts.by if each == by or each in formula.rhs.required_variables],
    )
    levels = {name: _levels(table[name]) for name in names}
    added = _added(table, counts, np.zeros(len(table), dtype=np.int64) if by is None else _codes(table[by], levels[by]))
    refuse_thin_visits(visits, (added.patients @ added.seen).astype(np.int64))
    for name in names:
        refuse_lone_levels(name, table.groupby(name)["patients"].sum().to_numpy(dtype=np.int64))
    cells = table[names].drop_duplicates().reset_index(drop=True) if names else pd.DataFrame(index=[0])
    design, parts, loadings = _parts(formula, counts, cells, levels)
    baseline = counts.covariates.index("baseline") if outcome == "change" else None
    moments = _moments(added, parts[_cell_of(table, cells, names)], loadings, baseline)
    scored = added.seen.sum(axis=1)
    covariates = added.sums[:, : len(counts.covariates)]
    means = scored @ covariates / (scored @ added.patients)
    centres = dict(zip(counts.covariates, means.tolist(), strict=True))
    totals = added.sums[:, len(counts.covariates) :]
    if baseline is not None:
        totals = totals - covariates[:, [baseline]] * added.seen
    gram, _, left = least_squares(moments)
    refuse_collinear(gram, design.terms)
    squares = float(np.einsum("paa->", moments.products[:, moments.columns :, moments.columns :]))
    spread = squares - float(totals.sum()) ** 2 / float(scored @ added.patients)
    refuse_exact_fit(np.einsum("paa->a", left), spread, squares, "visit")
    design = replace(
        design, outcome=f"{counts.instrument} {outcome}", centres={name: centres[name] for name in design.centres}
    )
    groups = levels[by] if by else []
    return Source(
        design, well_conditioned(moments), visits, groups, _known(table[names], visits, added, totals), None, left_out
    )


@dataclass(frozen=True)
class _Added:
    """The counts as numbers: patients, visits seen, sums and products in their own units, and covariance group."""

    patients: Array
    seen: NDArray[np.bool_]
    sums: Array
    products: Array
    group: NDArray[np.int64]


def _outcome(formula: Formula, counts: PatternCounts) -> str:
    outcome = outcome_name(formula)
    if outcome not in OUTCOMES:
        raise CallError(f"formula: from counts the outcome is {' or '.join(OUTCOMES)}, not '{outcome}'.")
    if outcome == "change" and "baseline" not in counts.covariates:
        raise CallError("formula: 'change' needs the covariate 'baseline' among those counted.")
    return outcome


def _refuse_terms(formula: Formula, counts: PatternCounts) -> None:
    """Stop at what sums over patients cannot tell: functions of a covariate, and covariates times each other."""
    known = ["visit", *counts.by, *counts.covariates]
    for term in formula.rhs:
        factors = [str(factor.expr).strip("`") for factor in term.factors if str(factor.expr) != "1"]
        for factor in factors:
            bare = factor[2:-1] if factor.startswith("C(") else factor
            if bare not in known and not bare.isdigit():
                raise CallError(
                    f"formula: '{factor}' was not counted.{nearest_name(bare, known)} From counts there are: "
                    f"{', '.join(known)}, as they are; functions of them need the table of rows."
                )
            if factor != bare and bare in counts.covariates:
                raise CallError(f"formula: '{bare}' was counted as a number; as a category it needs the table of rows.")
        numbers = [factor for factor in factors if factor in counts.covariates]
        if len(numbers) > 1:
            raise CallError(
                f"formula: the product of {' and '.join(numbers)} was not counted; it needs the table of rows."
            )


def _used(counts: PatternCounts) -> tuple[pd.DataFrame, dict[str, int]]:
    table = counts.table
    incomplete = table["complete"] == 0
    without = ~incomplete & (table["pattern"] == 0)
    left_out = {
        "people of whom a covariate is unknown": int(table.loc[incomplete, "patients"].sum()),
        "people without a score in any window": int(table.loc[without, "patients"].sum()),
    }
    table = table[~incomplete & ~without].reset_index(drop=True)
    if table.empty:
        raise DataError("mmrm: nobody has a score in any of the windows.")
    return table, left_out


def _levels(column: pd.Series) -> list[Any]:
    return sorted(column.unique(), key=lambda level: (level == "unknown", level))


def _codes(column: pd.Series, levels: Sequence[Any]) -> NDArray[np.int64]:
    return pd.Categorical(column, categories=pd.Index(levels)).codes.astype(np.int64)


def _cell_of(table: pd.DataFrame, cells: pd.DataFrame, names: list[str]) -> NDArray[np.int64]:
    if not names:
        return np.zeros(len(table), dtype=np.int64)
    numbered = cells.assign(cell=np.arange(len(cells)))
    found = table[names].merge(numbered, on=names, how="left", validate="many_to_one")
    return found["cell"].to_numpy(dtype=np.int64)


def _added(table: pd.DataFrame, counts: PatternCounts, group: NDArray[np.int64]) -> _Added:
    units = [float(COVARIATES[name][1]) for name in counts.covariates] + [float(SCORE_UNIT)] * len(counts.windows)
    names = [f"x_{k}" for k in range(len(counts.covariates))] + [f"y_{k}" for k in range(len(counts.windows))]
    sums = np.zeros((len(table), len(names)))
    products = np.zeros((len(table), len(names), len(names)))
    for column, a, b in sum_columns(len(counts.covariates), len(counts.windows)):
        i = names.index(a)
        values = table[column].to_numpy(dtype=float)
        if b is None:
            sums[:, i] = values / units[i]
        else:
            j = names.index(b)
            products[:, i, j] = products[:, j, i] = values / (units[i] * units[j])
    bits = table["pattern"].to_numpy(dtype=np.int64)
    seen = (bits[:, None] >> np.arange(len(counts.windows))) & 1 == 1
    return _Added(table["patients"].to_numpy(dtype=float), seen, sums, products, group)


def _parts(
    formula: Formula, counts: PatternCounts, cells: pd.DataFrame, levels: dict[str, list[Any]]
) -> tuple[Design, Array, Array]:
    """Work the formula out at 0 and at 1 of each covariate: c of a patient is ``(1, covariates) @ parts[cell]``."""
    basis, visits = len(counts.covariates) + 1, counts.windows
    rows = [(cell, point, visit) for cell, point, visit in product(range(len(cells)), range(basis), range(len(visits)))]
    cell, point, visit = (np.array(each) for each in zip(*rows, strict=True))
    frame = pd.DataFrame({"visit": pd.Categorical.from_codes(visit, categories=pd.Index(visits))})
    for name, known in levels.items():
        if name in formula.rhs.required_variables:
            frame[name] = pd.Categorical(cells[name].to_numpy()[cell], categories=known)
    for k, name in enumerate(counts.covariates, 1):
        if name in formula.rhs.required_variables:
            frame[name] = (point == k).astype(float)
    design, made = build_design(formula, frame, "visit")
    made = made.reshape(len(cells), basis, len(visits), -1)
    made[:, 1:] -= made[:, :1]
    flat = made.reshape(-1, made.shape[-1])
    people = cell * basis + point
    columns, loadings = shared_columns(flat, people, visit, len(cells) * basis, len(visits))
    return design, columns.reshape(len(cells), basis, -1), loadings


def _moments(added: _Added, parts: Array, loadings: Array, baseline: int | None) -> Moments:
    """Turn the products of (1, covariates, scores) into those of (c, outcomes), and add over groups of patients."""
    visits, columns, basis = added.seen.shape[1], parts.shape[2], parts.shape[1]
    rows = len(added.patients)
    whole = np.empty((rows, basis + visits, basis + visits))
    whole[:, 0, 0] = added.patients
    whole[:, 0, 1:] = whole[:, 1:, 0] = added.sums
    whole[:, 1:, 1:] = added.products
    turn = np.zeros((rows, basis + visits, columns + visits))
    turn[:, :basis, :columns] = parts
    turn[:, basis:, columns:] = np.eye(visits)
    if baseline is not None:
        turn[:, 1 + baseline, columns:] = -1
    turn[:, :, columns:] *= added.seen[:, None, :]
    turned = turn.transpose(0, 2, 1) @ whole @ turn
    keys, place = np.unique(np.column_stack([added.group, added.seen]), axis=0, return_inverse=True)
    place = place.reshape(-1)
    together = np.zeros((len(keys), *turned.shape[1:]))
    np.add.at(together, place, turned)
    n = np.zeros(len(keys))
    np.add.at(n, place, added.patients)
    basis, offset = np.eye(loadings.shape[1]), np.zeros(loadings.shape[1])
    return Moments(loadings, keys[:, 1:].astype(bool), keys[:, 0].astype(np.int64), n, together, basis, offset)


def _known(groups: pd.DataFrame, visits: list[str], added: _Added, totals: Array) -> pd.DataFrame:
    """Count and add the scores of each combination of groups and visits."""
    numbers = (added.patients[:, None] * added.seen).astype(np.int64)
    frames = [groups.assign(visit=visit, n=numbers[:, a], total=totals[:, a]) for a, visit in enumerate(visits)]
    together = pd.concat(frames, ignore_index=True)
    together["visit"] = pd.Categorical(together["visit"], categories=visits)
    return together.groupby(["visit", *groups.columns], observed=True, as_index=False)[["n", "total"]].sum()
