"""Changing the cells of one column as its rule says. A cell that cannot be changed so is named by its place only."""

from dataclasses import dataclass, field

import pandas as pd

from analysis.intake.amounts import read_amounts
from analysis.intake.date_cells import NO_DATE, SHORT_YEAR, TWO_READINGS, read_dates
from analysis.intake.mapping_grammar import ColumnRule, SourceFile
from analysis.intake.readers.source_table import row_list
from analysis.intake.zip_codes import read_zip3
from analysis.vocabulary.errors import DataError

OLDEST_AGE = 125
AGE_TOP = 90

_PATTERNS = {
    "integer": (r"[+-]?[0-9]{1,15}(\.0*)?", "a whole number"),
    "decimal": (r"[+-]?([0-9]{1,15}(\.[0-9]*)?|\.[0-9]+)", "a number"),
    "age": (r"[0-9]{1,15}(\.[0-9]*)?", "a number of years"),
}
_SIGNS = str.maketrans(",.", ".,")


@dataclass(frozen=True)
class Cells:
    """The cells of a column as text, and where one was left empty or changed for a reason that is counted."""

    texts: pd.Series
    marks: dict[str, pd.Series] = field(default_factory=dict)


def change_cells(rule: ColumnRule, used: pd.DataFrame, file: SourceFile) -> Cells:
    """Translate, read as numbers or read as dates the cells that a rule is about.

    Parameters
    ----------
    rule : ColumnRule
    used : DataFrame
        The rows of the source.
    file : SourceFile

    Returns
    -------
    Cells
        Dates as ISO text, visits as their labels.

    Raises
    ------
    DataError
        Naming the file, the column and the rows: a value without a translation, or that is no number or date.
    """
    if rule.source is None:
        return Cells(pd.Series(rule.constant, index=used.index, dtype="str"))
    cells, marks = _first_filled(rule, used)
    changed = _changed(rule, cells, file)
    return Cells(changed.texts, marks | changed.marks)


def _first_filled(rule: ColumnRule, used: pd.DataFrame) -> tuple[pd.Series, dict[str, pd.Series]]:
    """Return the cells of the first column that is filled, and where it was not the very first."""
    first, *others = rule.sources
    cells, marks = used[first], {}
    for other in others:
        marks[f"taken from '{other}'"] = cells.isna() & used[other].notna()
        cells = cells.fillna(used[other])
    return cells, marks


def _changed(rule: ColumnRule, cells: pd.Series, file: SourceFile) -> Cells:
    if rule.translation is not None and rule.otherwise is not None:
        others = cells.notna() & ~cells.isin(rule.translation)
        made = cells.map(rule.translation).mask(others, rule.otherwise).astype("str")
        return Cells(made, {f"not among the values, now '{rule.otherwise}'": others})
    if rule.translation is not None:
        what = f"a value that `{rule.path}.values` does not translate"
        refuse_cells(cells.notna() & ~cells.isin(rule.translation), what, rule, file)
        return Cells(cells.map(rule.translation).astype("str"))
    if rule.number is not None:
        return _numbers(rule, cells.str.translate(_SIGNS) if file.decimal == "," else cells, file)
    if rule.dates is not None:
        return _dates(rule, cells, file)
    if rule.visits is not None:
        what = f"a visit label that `{rule.path}.visits` does not name"
        refuse_cells(cells.notna() & ~cells.isin(rule.visits), what, rule, file)
    return Cells(cells)


def refuse_cells(wrong: pd.Series, what: str, rule: ColumnRule, file: SourceFile) -> None:
    """Stop at cells that cannot be used, naming where they are and never what they hold.

    Parameters
    ----------
    wrong : Series of bool
        By the file's row numbers.
    what : str
        What is wrong with them.
    rule : ColumnRule
    file : SourceFile

    Raises
    ------
    DataError
        When there is such a cell.
    """
    rows = wrong.index[wrong]
    if len(rows):
        columns = " or ".join(f"'{source}'" for source in rule.sources)
        raise DataError(f"{file.path}, {row_list(rows)}, column {columns}: {what}.")


def ages_of(years: pd.Series) -> Cells:
    """Write ages as a dataset has them: 90 stands for 90 and over, more than 125 and less than 0 for a slip.

    Parameters
    ----------
    years : Series
        Full years as numbers, missing as NA.

    Returns
    -------
    Cells
        Ages as text.

    Examples
    --------
    >>> ages_of(pd.Series([34, 90, 97, 2025])).texts.tolist()
    ['34', '90', '90', nan]
    """
    slip, above = (years < 0) | (years > OLDEST_AGE), (years > AGE_TOP) & (years <= OLDEST_AGE)
    ages = years.mask(slip).clip(upper=AGE_TOP).astype("Int64").astype("str")
    return Cells(
        ages, {"not an age": slip.fillna(False).astype(bool), "above 90, now 90": above.fillna(False).astype(bool)}
    )


def _numbers(rule: ColumnRule, cells: pd.Series, file: SourceFile) -> Cells:
    if rule.number is None or rule.number in {"dose", "weight"}:
        amounts, why = read_amounts(cells, rule.number or "")
        return Cells(amounts, {f"not read as a {rule.number}: {each}": why == each for each in why.dropna().unique()})
    if rule.number == "zip3":
        return Cells(*read_zip3(cells))
    pattern, kind = _PATTERNS[rule.number]
    wrong = cells.notna() & ~cells.str.fullmatch(pattern, na=False)
    refuse_cells(wrong, f"a value that is not {kind} (`{rule.path}`)", rule, file)
    numbers = pd.to_numeric(cells)
    if rule.number == "age":
        return ages_of(numbers.astype("Float64") // 1)
    return Cells(numbers.astype("Int64" if rule.number == "integer" else "Float64").astype("str"))


def _dates(rule: ColumnRule, cells: pd.Series, file: SourceFile) -> Cells:
    dates, wrong = read_dates(cells, rule.dates) if rule.dates else (cells, cells)
    advice = {TWO_READINGS: "say which as", SHORT_YEAR: "see", NO_DATE: "see"}
    for what, word in advice.items():
        key = "pivot" if what == SHORT_YEAR else "date"
        refuse_cells(wrong == what, f"{what}; {word} `{rule.path}.{key}`", rule, file)
    return Cells(dates)
