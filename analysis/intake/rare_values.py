"""Rare values become one: a value that only a few patients have can give them away."""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from analysis.intake.built_parts import BuiltPart
from analysis.intake.mapping_grammar import RareRule


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
    return [_merged(each, built) for each in built]


def _merged(each: BuiltPart, built: list[BuiltPart]) -> BuiltPart:
    rows, marks = each.rows.copy(), dict(each.marks)
    for target, rule in _asking(each):
        patients = _patients_by_value([part for part in built if part.block.table == each.block.table], target)
        rare = patients.index[patients < rule.fewer_than].drop(rule.becomes, errors="ignore")
        chosen = rows[target].isin(rare)
        marks[target, f"fewer than {rule.fewer_than} patients, now '{rule.becomes}'"] = chosen
        rows[target] = rows[target].mask(chosen, rule.becomes)
    return replace(each, rows=rows, marks=marks)


def _asking(each: BuiltPart) -> Iterator[tuple[str, RareRule]]:
    for target, rule in each.part.columns.items():
        if rule.rare is not None:
            yield target, rule.rare


def _patients_by_value(parts: list[BuiltPart], target: str) -> pd.Series:
    found = []
    for number, part in enumerate(parts):
        if target in dict(_asking(part)):
            rows = part.written
            alone = pd.Series([f"\0{number}.{row}" for row in rows.index], index=rows.index, dtype="str")
            patient = rows["patient_id"].fillna(alone) if "patient_id" in rows else alone
            found.append(pd.DataFrame({"value": rows[target], "patient": patient}))
    return pd.concat(found).groupby("value")["patient"].nunique()
