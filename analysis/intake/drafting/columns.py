"""How a column is likely to become a column of a table: the rule for a draft, or the reason why it is not used.

A rule never shows a cell, but for words that stand in forms everywhere (``words.py``).
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.intake.amounts import read_amounts
from analysis.intake.date_cells import read_dates
from analysis.intake.drafting.dates import DateFormats, find_date_formats
from analysis.intake.drafting.headers import header_words, known_data
from analysis.intake.drafting.words import Translation, translate_words
from analysis.intake.mapping_cells import OLDEST_AGE
from analysis.intake.schema import Column, layout_tables

MISSING_CODES = (
    *("n/a", "N/A", "NA", "#N/A", "NULL", "null", "NaN", "nan", "-", "--", ".", "?", "#VALUE!", "#REF!", "#DIV/0!"),
    *("unknown", "Unknown", "UNKNOWN", "not recorded", "Not recorded", "not done", "Not done", "missing", "Missing"),
)
INTEGER = r"[+-]?\d{1,15}(\.0*)?"
DECIMAL = r"[+-]?(\d{1,15}(\.\d*)?|\.\d+)"
FEWEST_READ = 0.5
MOST_OUT_OF_RANGE = 0.2
NEARLY_ALL = 0.9
HEAVY_FOR_KG = 120

_ESSENTIAL = {"total", "day", "date", "treatment", "term", "event", "instrument", "status"}


@dataclass(frozen=True)
class DraftRule:
    """One column of a table in the draft.

    Attributes
    ----------
    value : str or dict
        As the mapping says it.
    sources : tuple of str
        The columns of the file it is made of.
    remark : str
        A comment beside it.
    confirm : tuple of str
        What a person has to look at.
    codes : tuple of str
        Codes for a missing value that the column holds.
    cells : Series
        What comes out, as far as the draft can tell; to compare rows with.
    years : tuple of int
        The years of its dates.
    """

    value: Any
    sources: tuple[str, ...]
    remark: str = ""
    confirm: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    cells: pd.Series | None = None
    years: tuple[int, ...] = ()


def draft_rule(table: str, target: str, column: str, cells: pd.Series, *, decimal: str = ".") -> DraftRule | str:
    """Draft how a column of a file becomes a column of a table.

    Parameters
    ----------
    table : str
    target : str
        A column of the table in the layout, or ``birth_date`` for the age of patients.
    column : str
        The column of the file.
    cells : Series
        Its texts, missing as NA.
    decimal : str
        The decimal sign of the file.

    Returns
    -------
    DraftRule or str
        The text is the reason why the column cannot be it.

    Examples
    --------
    >>> draft_rule("sessions", "dose_mg", "Dose", pd.Series(["40 mg", "35 --> 40 mg"])).value
    {'from': 'Dose', 'number': 'dose'}
    >>> draft_rule("sessions", "systolic_before", "BP", pd.Series(["120/80", "131/85"]))
    'to confirm: as systolic_before it should hold whole numbers, and does not in 100 % of its cells'
    """
    codes = tuple(code for code in MISSING_CODES if (cells == code).any() and not _means(table, target, code))
    cells = cells.mask(cells.isin(codes))
    if not cells.notna().any():
        return "empty column"
    words = set(header_words(column))
    if target == "birth_date":
        found = _dated("age_from", column, cells)
    elif target == "date" or (target == "last_day" and find_date_formats(cells)):
        found = _dated("from", column, cells)
    elif target in {"dose_mg", "weight_kg"}:
        found = _amount(target, column, cells, decimal, words)
    else:
        layout = layout_tables()[table].columns[target]
        found = _plain(layout, column, cells, decimal)
    return found if isinstance(found, str) else _with(found, codes=codes, remark=found.remark or _emptiness(cells))


def _means(table: str, target: str, code: str) -> bool:
    column = layout_tables()[table].columns.get(target)
    return column is not None and code.lower() in column.values  # noqa: PD011


def _with(rule: DraftRule, *, codes: tuple[str, ...], remark: str) -> DraftRule:
    return DraftRule(rule.value, rule.sources, remark, rule.confirm, codes, rule.cells, rule.years)


def _emptiness(cells: pd.Series) -> str:
    return f"{share_text(float(cells.isna().mean()))} empty" if cells.isna().any() else ""


def share_text(share: float) -> str:
    """Write a share in whole percent, one that is not quite nothing or everything as such.

    Examples
    --------
    >>> share_text(0.001), share_text(0.25), share_text(0.9999)
    ('under 1 %', '25 %', 'over 99 %')
    """
    if 0 < share < 0.01:
        return "under 1 %"
    return "over 99 %" if 0.99 < share < 1 else f"{share:.0%}".replace("%", " %")


def _dated(key: str, column: str, cells: pd.Series) -> DraftRule | str:
    found = find_date_formats(cells)
    if found is None:
        return "to confirm: the heading says that it holds dates, which it does not"
    dates = read_dates(cells, found.rule)[0]
    value: dict[str, Any] = {key: column}
    confirm = list(_doubts(found, cells))
    if not found.doubt:
        value["date"] = found.formats[0] if len(found.formats) == 1 else list(found.formats)
    if found.short_years and key == "from":
        value["pivot"] = found.rule.pivot
        confirm.append("years of two digits: up to the pivot they are 20.., above it 19..")
    elif found.short_years:
        confirm.append("years of two digits: say by `pivot` which are 20.., such as pivot = 25")
    if any(form[0] in "md" and " " not in form for form in found.formats) and not found.doubt:
        confirm.append("the day and the month can only be read in this order")
    if len(found.formats) > 1:
        confirm.append("dates in several formats")
    if "excel" in found.formats:
        confirm.append("serial numbers of a spreadsheet are read as dates")
    return DraftRule(value, (column,), "", tuple(confirm), (), dates, found.years)


def _doubts(found: DateFormats, cells: pd.Series) -> list[str]:
    doubts = []
    if found.doubt:
        choice = " or ".join(f'date = "{form}"' for form in found.choices[:2])
        others = f" (beside {', '.join(found.formats)})" if found.formats else ""
        doubts.append(f"{found.doubt}: add {choice}{others}; the import stops until then")
    if found.unread:
        share = share_text(found.unread / cells.notna().sum())
        doubts.append(f"{share} of the dates cannot be read; the import stops there and names the rows")
    return doubts


def _amount(target: str, column: str, cells: pd.Series, decimal: str, words: set[str]) -> DraftRule | str:
    what = "dose" if target == "dose_mg" else "weight"
    if what == "dose" and words & {"kg", "mcg", "ug"}:
        return "to confirm: a dose in another unit than mg"
    if what == "weight" and words & {"lb", "lbs", "pounds", "pound"}:
        return "to confirm: a weight in pounds; export it in kg"
    texts = _pointed(cells, decimal)
    numbers = pd.to_numeric(texts.where(texts.str.fullmatch(DECIMAL, na=False)), errors="coerce")
    all_plain = numbers.notna().sum() == cells.notna().sum()
    typed = read_amounts(texts, what)[0]
    read = pd.to_numeric(typed)
    if read.notna().sum() < FEWEST_READ * cells.notna().sum():
        return f"to confirm: most of its cells cannot be read as a {what}"
    if what == "weight" and read.median() > HEAVY_FOR_KG:
        return "to confirm: too heavy for kg, perhaps pounds; export it in kg"
    layout = layout_tables()["sessions"].columns[target]
    outside = ~numbers.between(layout.low or 0, layout.high or 0) & numbers.notna()
    if all_plain and not (what == "weight" and outside.any()):
        return DraftRule({"from": column, "number": "decimal"}, (column,), cells=numbers.astype("str"))
    lost = share_text(1 - read.notna().sum() / cells.notna().sum())
    confirm = () if lost == "0 %" else (f"{lost} of the cells cannot be read and are left empty",)
    return DraftRule({"from": column, "number": what}, (column,), "", confirm, cells=typed)


def _pointed(cells: pd.Series, decimal: str) -> pd.Series:
    return cells.str.translate(str.maketrans(",.", ".,")) if decimal == "," else cells


def _plain(layout: Column, column: str, cells: pd.Series, decimal: str) -> DraftRule | str:
    if layout.type == "id":
        return DraftRule(column, (column,), cells=cells)
    if layout.type == "boolean":
        return _closed(layout, "boolean", ("true", "false"), column, cells)
    if layout.type == "text":
        return _closed(layout, layout.name, layout.values or _instruments(), column, cells)  # noqa: PD011
    if layout.type == "zip3":
        return (
            DraftRule(column, (column,)) if cells.dropna().str.fullmatch(r"\d{3}").all() else "identifier: an address"
        )
    return _number(layout, column, cells, decimal)


def _instruments() -> tuple[str, ...]:
    return tuple(known_data()["scales"])


def _number(layout: Column, column: str, cells: pd.Series, decimal: str) -> DraftRule | str:
    kind = "decimal" if layout.type == "number" or layout.name == "age" else "integer"
    texts = _pointed(cells, decimal)
    fits = texts.str.fullmatch(INTEGER if kind == "integer" else DECIMAL, na=False)
    share = 1 - fits.sum() / cells.notna().sum()
    name = "whole numbers" if kind == "integer" else "numbers"
    confirm: tuple[str, ...] = ()
    if share and (layout.name not in _ESSENTIAL or 1 - share < NEARLY_ALL):
        return f"to confirm: as {layout.name} it should hold {name}, and does not in {share_text(share)} of its cells"
    if share:
        confirm = (f"{share_text(share)} of the cells are no {name}; the import stops there and names the rows",)
    numbers = pd.to_numeric(texts.where(fits))
    low, high = layout.low or 0, OLDEST_AGE if layout.name == "age" else layout.high or 0
    outside = (numbers.notna() & ~numbers.between(low, high)).mean()
    if outside > MOST_OUT_OF_RANGE:
        return f"to confirm: as {layout.name} its numbers should be from {low} to {high}, and many are not"
    number = "age" if layout.name == "age" else kind
    return DraftRule({"from": column, "number": number}, (column,), "", confirm, cells=numbers.astype("str"))


def _closed(layout: Column, kind: str, allowed: tuple[str, ...], column: str, cells: pd.Series) -> DraftRule | str:
    found = translate_words(cells, kind, allowed)
    if not found.known:
        return f"to confirm: none of its {found.others:,} different texts is known as {layout.name}"
    essential = layout.name in _ESSENTIAL or layout.type == "boolean"
    if found.share < FEWEST_READ and not (essential and found.share > 1 - NEARLY_ALL):
        return f"to confirm: {share_text(1 - found.share)} of its cells hold no known word for {layout.name}"
    return DraftRule(
        {"from": column, "values": found.meant} if found.meant else column,
        (column,),
        "",
        unknown_words(found),
        cells=cells.map(found.meant) if found.meant else cells,
    )


def unknown_words(found: Translation) -> tuple[str, ...]:
    """Say how many texts a translation leaves out, and how to see them; nothing when there are none."""
    if not found.others:
        return ()
    texts = "1 other text is" if found.others == 1 else f"{found.others:,} other texts are"
    return (
        f"{texts} not shown here ({found.other_cells:,} cells): they could be a patient's. Filter the column in the "
        "file to see them, and add each to the values; the import stops there and names the rows",
    )
