"""From a tidy table to sums over patterns: one row per patient and visit comes in, checked."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from formulaic import Formula
from numpy.typing import NDArray

from analysis.estimate.mmrm.checks import refuse_collinear, refuse_exact_fit, refuse_lone_levels, refuse_thin_visits
from analysis.estimate.mmrm.design import Design, build_design, outcome_name
from analysis.estimate.mmrm.moments import Moments, pattern_products, shared_columns, well_conditioned
from analysis.estimate.mmrm.sandwich import PatientRows
from analysis.vocabulary.errors import CallError, DataError, nearest_name

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Source:
    """What a fit is made from, by either entry.

    Attributes
    ----------
    design : Design
    moments : Moments
    visits, groups : list
        The labels of the visits, and of the covariance groups (empty without).
    cells : DataFrame
        Outcomes known by categorical level and visit: ``n`` and ``total``.
    rows : PatientRows or None
        None when made from counts.
    left_out : dict of str to int
        Rows not used, by reason.
    """

    design: Design
    moments: Moments
    visits: list[Any]
    groups: list[Any]
    cells: pd.DataFrame
    rows: PatientRows | None
    left_out: dict[str, int]


def source_of_table(formula: Formula, data: pd.DataFrame, patient: str, visit: str, by: str | None) -> Source:
    """Check a tidy table and add it up.

    Parameters
    ----------
    formula : Formula
    data : DataFrame
        One row per patient and visit.
    patient, visit : str
        Its columns.
    by : str, optional
        The column of the covariance groups.

    Returns
    -------
    Source

    Raises
    ------
    CallError
        When a column is not there or cannot be what it is given for.
    DataError
        When the rows do not allow the fit, naming the cause.
    """
    outcome = outcome_name(formula)
    needed = [patient, visit, outcome, *([by] if by else [])]
    for name in needed:
        if name not in data.columns:
            hint = nearest_name(name, [str(each) for each in data.columns])
            raise CallError(f"mmrm: '{name}' is not a column of the table.{hint}")
    covariates = _covariates(formula, data, visit)
    values = _numbers(data[outcome], outcome)
    for name in (patient, visit):
        if missing := int(data[name].isna().sum()):
            raise DataError(f"mmrm: the column {name} is empty in {missing} rows; every row needs one.")
    known = ~np.isnan(values)
    if not known.any():
        raise DataError(f"mmrm: the outcome {outcome} is missing in every row.")
    labels = visit_order(data[visit])
    used = data.loc[known].reset_index(drop=True)
    values = values[known]
    for name in [*covariates, *([by] if by else [])]:
        if missing := int(used[name].isna().sum()):
            raise DataError(
                f"mmrm: {name} is missing in {missing} rows whose outcome is known. Fill it in, or leave those rows "
                "out of the table, and say so."
            )
    people, _ = pd.factorize(used[patient])
    when = pd.Categorical(used[visit], categories=labels).codes.astype(np.int64)
    refuse_thin_visits(labels, np.bincount(when, minlength=len(labels)))
    if repeated := len(people) - np.count_nonzero(np.bincount(people * len(labels) + when)):
        raise DataError(
            f"mmrm: {repeated} rows repeat a patient and visit that an earlier row has (columns {patient}, {visit}). "
            "Keep one outcome for each."
        )
    frame = pd.DataFrame({name: plain_column(used[name]) for name in covariates if name != visit}, index=used.index)
    frame[visit] = pd.Categorical.from_codes(when, categories=pd.Index(labels))
    for name in frame.columns.drop(visit):
        if isinstance(frame[name].dtype, pd.CategoricalDtype):
            refuse_lone_levels(name, _patients_of_levels(frame[name], people))
    groups, of_rows = _covariance_groups(used, people, by)
    design, rows = build_design(formula, frame, visit)
    moments, patient_rows = _moments(design, rows, values, people=people, when=when, groups=of_rows)
    cells = _cells(design, frame, values)
    left_out = {"rows without an outcome": int((~known).sum())}
    return Source(design, moments, labels, groups, cells, patient_rows, left_out)


def visit_order(column: pd.Series) -> list[Any]:
    """Put visits in order: as a categorical says, else by number, also by numbers within texts (visit 2, visit 10).

    Parameters
    ----------
    column : Series

    Returns
    -------
    list

    Examples
    --------
    >>> visit_order(pd.Series(["week 10", "week 2", "week 10"]))
    ['week 2', 'week 10']
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return list(column.cat.categories)
    found = list(column.dropna().unique())
    if pd.api.types.is_numeric_dtype(column):
        return sorted(found)
    return sorted(found, key=lambda visit: [(part.isdigit(), int(part) if part.isdigit() else 0, part)
                                            for part in re.split(r"(\d+)", str(visit))])  # fmt: skip


def _covariates(formula: Formula, data: pd.DataFrame, visit: str) -> list[str]:
    """Find the columns that the right side names, also within functions such as ``center(age)``."""
    known = [str(name) for name in data.columns]
    plain = {str(name) for name in formula.rhs.required_variables}
    for name in sorted(plain):
        if name not in known:
            raise CallError(f"formula: '{name}' is not a column of the table.{nearest_name(name, known)}")
    # What is followed by a bracket or an equals sign is a function or an option of one.
    said = [str(factor.expr) for term in formula.rhs for factor in term.factors]
    words = {word for text in said for word in re.findall(r"\b\w+\b(?!\s*[(=])", text)}
    names = sorted(plain | (words & set(known)))
    for name in names:
        if pd.api.types.is_datetime64_any_dtype(data[name]) and name != visit:
            raise CallError(f"formula: '{name}' holds dates; use a number of days instead.")
    return names


def _numbers(column: pd.Series, outcome: str) -> Array:
    if not pd.api.types.is_numeric_dtype(column):
        raise CallError(f"formula: the outcome {outcome} is not a column of numbers.")
    values = column.to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(values).any():
        raise DataError(f"mmrm: the outcome {outcome} is infinite in {int(np.isinf(values).sum())} rows.")
    return values


def plain_column(column: pd.Series) -> pd.Series:
    """Turn a column into plain numbers or a categorical of the levels that occur.

    Parameters
    ----------
    column : Series

    Returns
    -------
    Series
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.remove_unused_categories()
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        return column.astype("category")
    return column.astype(float)


def _patients_of_levels(column: pd.Series, people: NDArray[np.int64]) -> NDArray[np.int64]:
    """Say of each level whether one patient has it, or more (2)."""
    codes, count = column.cat.codes.to_numpy(), len(column.cat.categories)
    lowest, highest = np.full(count, len(people)), np.full(count, -1)
    np.minimum.at(lowest, codes, people)
    np.maximum.at(highest, codes, people)
    return np.where(lowest == highest, 1, 2)


def _cells(design: Design, frame: pd.DataFrame, values: Array) -> pd.DataFrame:
    """Count and add the outcomes of each combination of levels that occurs."""
    names = list(design.levels)
    shape = tuple(len(design.levels[name]) for name in names)
    at = np.ravel_multi_index(tuple(frame[name].cat.codes.to_numpy() for name in names), shape)
    n = np.bincount(at, minlength=int(np.prod(shape)))
    total = np.bincount(at, weights=values, minlength=len(n))
    index = pd.MultiIndex.from_product([design.levels[name] for name in names], names=names)
    return pd.DataFrame({"n": n, "total": total}, index=index)[n > 0].reset_index()


def _covariance_groups(
    used: pd.DataFrame, people: NDArray[np.int64], by: str | None
) -> tuple[list[Any], NDArray[np.int64]]:
    if by is None:
        return [], np.zeros(int(people.max()) + 1, dtype=np.int64)
    codes, labels = pd.factorize(used[by], sort=True)
    of_people = np.zeros(int(people.max()) + 1, dtype=np.int64)
    of_people[people] = codes
    if (of_people[people] != codes).any():
        raise DataError(f"covariance_by: {by} changes within a patient; a covariance belongs to a group of patients.")
    sizes = np.bincount(of_people)
    if (sizes < 2).any():
        raise DataError(
            f"covariance_by: {int((sizes < 2).sum())} of the {len(labels)} groups of {by} have one patient only (a "
            "group of one), which has no covariance. Merge groups, or leave covariance_by out."
        )
    return list(labels), of_people


def _moments(
    design: Design,
    rows: Array,
    values: Array,
    *,
    people: NDArray[np.int64],
    when: NDArray[np.int64],
    groups: NDArray[np.int64],
) -> tuple[Moments, PatientRows]:
    """Add up, after taking off a least-squares fit and the means, so that large numbers keep their last digits."""
    gram = rows.T @ rows
    refuse_collinear(gram, design.terms)
    offset = np.asarray(np.linalg.solve(gram, rows.T @ values), dtype=np.float64)
    visits = len(design.levels[design.visit])
    outcomes = np.full((len(groups), visits), np.nan)
    outcomes[people, when] = values - rows @ offset
    seen = ~np.isnan(outcomes)
    refuse_exact_fit(
        np.nansum(outcomes**2, axis=0), float(values.var()) * len(values), float(values @ values), design.visit
    )
    columns, loadings = shared_columns(rows, people, when, len(groups), visits)
    constant = np.flatnonzero((columns == 1).all(axis=0))
    if len(constant):
        means = columns.mean(axis=0)
        means[constant[0]] = 0
        columns = columns - means
        loadings[:, :, constant[0]] += loadings @ means
    found_seen, found_group, counts, products, pattern = pattern_products(columns, outcomes, groups)
    basis = np.eye(len(offset))
    moments = well_conditioned(Moments(loadings, found_seen, found_group, counts, products, basis, offset))
    return moments, PatientRows(columns, np.where(seen, outcomes, 0.0), pattern)
