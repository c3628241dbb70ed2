"""Rare values become one: a value that only a few patients have can give them away."""

from dataclasses import replace
from functools import partial

import pandas as pd

from analysis.intake.built_parts import BuiltPart
from analysis.intake.distinct_rows import by_distinct
from analysis.intake.mapping_grammar import Part, RareRule


def merge_rare_values(built: list[BuiltPart]) -> list[BuiltPart]:
    """Put another value in place of those that too few patients have, where the mapping asks for it.

    Parameters
    ----------
    built : list of BuiltPart

    Returns
    -------
    list of BuiltPart
        Patients are counted in all rows of the table that are written and whose column asks for it.
    """
    merged = []
    for each in built:
        own = [part for part in built if part.block.table == each.block.table]
        rare = {target: _rare_values(own, target, rule) for target, rule in rare_rules(each.part).items()}
        merged.append(without_rare_values(each, rare))
    return merged


def rare_rules(part: Part) -> dict[str, RareRule]:
    """List the columns of a part whose rare values become another one.

    Parameters
    ----------
    part : Part

    Returns
    -------
    dict of str to RareRule
    """
    return {target: rule.rare for target, rule in part.columns.items() if rule.rare is not None}


def without_rare_values(each: BuiltPart, rare: dict[str, set[str]]) -> BuiltPart:
    """Put the rule's value in place of the rare ones.

    Parameters
    ----------
    each : BuiltPart
    rare : dict of str to set of str
        By column, the values of too few patients.

    Returns
    -------
    BuiltPart
    """
    rows, marks = each.rows.copy(), dict(each.marks)
    for target, rule in rare_rules(each.part).items():
        chosen = rows[target].isin(rare[target] - {rule.becomes})
        marks[target, f"fewer than {rule.fewer_than} patients, now '{rule.becomes}'"] = chosen
        becomes = partial(_replaced, rare=rare[target], becomes=rule.becomes)
        rows[target] = by_distinct(rows[target], becomes)
    return replace(each, rows=rows, marks=marks)


def _replaced(texts: pd.Series, rare: set[str], becomes: str) -> pd.Series:
    return texts.mask(texts.isin(rare), becomes)


def _rare_values(parts: list[BuiltPart], target: str, rule: RareRule) -> set[str]:
    patients = _patients_by_value(parts, target)
    return set(patients.index[patients < rule.fewer_than])


def _patients_by_value(parts: list[BuiltPart], target: str) -> pd.Series:
    found = []
    for number, part in enumerate(parts):
        if target in rare_rules(part.part):
            rows = part.written
            alone = pd.Series([f"\0{number}.{row}" for row in rows.index], index=rows.index, dtype="str")
            patient = rows["patient_id"].fillna(alone) if "patient_id" in rows else alone
            found.append(pd.DataFrame({"value": rows[target], "patient": patient}))
    return pd.concat(found).groupby("value")["patient"].nunique()
