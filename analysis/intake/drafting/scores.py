"""The columns of rating scales as rules of a draft: items as numbers or words, totals, and which rows hold a score."""

import pandas as pd

from analysis.intake.drafting.columns import INTEGER, MISSING_CODES, DraftRule, draft_rule, share_text, unknown_words
from analysis.intake.drafting.scales import Scale, item_count
from analysis.intake.drafting.words import translate_words
from analysis.vocabulary.definitions import default_definitions

FEWEST_ANSWERS = 0.8
_SHIFTED = {"1": "0", "2": "1", "3": "2", "4": "3"}
_ASKED_BY_WORDS = ("PHQ-9", "GAD-7")


def scale_rules(
    scale: Scale, rows: pd.DataFrame, *, choices: dict[str, dict[str, str]], decimal: str
) -> tuple[dict[str, DraftRule], dict[str, str]]:
    """Draft the columns of one scale.

    Parameters
    ----------
    scale : Scale
    rows : DataFrame
        The file's cells as text, missing as NA.
    choices : dict of str to dict of str to str
        By column, what its codes stand for, where the file says so.
    decimal : str

    Returns
    -------
    tuple of dict of str to DraftRule and dict of str to str
        The rules of ``total`` and ``item_1`` ..., and the reasons for columns that do not hold what their heading says.

    Examples
    --------
    >>> rows = pd.DataFrame({"phq9_1": ["Not at all", "Several days"], "phq9": ["5", "12"]})
    >>> rules, _ = scale_rules(Scale("PHQ-9", "", {1: "phq9_1"}, "phq9"), rows, choices={}, decimal=".")
    >>> rules["total"].value
    {'from': 'phq9', 'number': 'integer'}
    >>> rules["item_1"].value["values"]["Several days"]
    1
    """
    rules: dict[str, DraftRule] = {}
    reasons: dict[str, str] = {}
    if scale.total:
        found = draft_rule("scores", "total", scale.total, rows[scale.total], decimal=decimal)
        if isinstance(found, str):
            reasons[scale.total] = found
        else:
            rules["total"] = found
    shifted = _from_one(scale, rows)
    for number in sorted(scale.items):
        column = scale.items[number]
        item = _item(column, rows[column], shifted=shifted, words=scale.instrument in _ASKED_BY_WORDS)
        if isinstance(item, str) and choices.get(column):
            item = _coded(column, rows[column], choices[column])
        if isinstance(item, str):
            reasons[column] = item
        else:
            rules[f"item_{number}"] = item
    return rules, reasons


def _from_one(scale: Scale, rows: pd.DataFrame) -> bool:
    """Say whether PHQ-9 or GAD-7 is answered by 1 to 4 instead of 0 to 3."""
    if scale.instrument not in _ASKED_BY_WORDS or not scale.items:
        return False
    cells = {cell for column in scale.items.values() for cell in rows[column].dropna().unique()}
    return cells <= set(_SHIFTED) and "4" in cells


def _item(column: str, cells: pd.Series, *, shifted: bool, words: bool) -> DraftRule | str:
    codes = tuple(code for code in MISSING_CODES if (cells == code).any())
    filled = cells.mask(cells.isin(codes))
    if not filled.notna().any():
        return "empty column"
    if shifted:
        remark = "answers from 1 to 4, counted from 0 to 3"
        return DraftRule({"from": column, "values": _SHIFTED}, (column,), "", (remark,), codes, filled.map(_SHIFTED))
    if filled.dropna().str.fullmatch(INTEGER).all():
        return DraftRule({"from": column, "number": "integer"}, (column,), "", (), codes, filled)
    if words:
        found = translate_words(filled, "answers", ("0", "1", "2", "3"))
        if found.share >= FEWEST_ANSWERS:
            values = {word: int(value) for word, value in found.meant.items()}
            translated = filled.map(found.meant)
            return DraftRule({"from": column, "values": values}, (column,), "", unknown_words(found), codes, translated)
    whole = filled.str.fullmatch(INTEGER, na=False).sum() / filled.notna().sum()
    return f"to confirm: as an item it should hold whole numbers, and does not in {share_text(1 - whole)} of its cells"


def _coded(column: str, cells: pd.Series, labels: dict[str, str]) -> DraftRule | str:
    """Draft an item whose codes have words in the data dictionary."""
    found = translate_words(pd.Series(list(labels.values()), dtype="str"), "answers", ("0", "1", "2", "3"))
    values = {
        code: int(found.meant.get(label, label))
        for code, label in labels.items()
        if found.meant.get(label, label) in {"0", "1", "2", "3"}
    }
    if not values:
        return "to confirm: its codes are not those of the scale's answers"
    return DraftRule({"from": column, "values": values}, (column,), cells=cells.map(values))


def score_needs(rules: dict[str, DraftRule], instrument: str) -> dict[str, str]:
    """Say which column a row needs to hold a score at all: one that is empty only where all the others are.

    Parameters
    ----------
    rules : dict of str to DraftRule
        Of ``total`` and the items.
    instrument : str

    Returns
    -------
    dict of str to str
        The column and the reason; empty when every row holds a score, or no column tells.

    Examples
    --------
    >>> total = DraftRule("t", ("t",), cells=pd.Series(["5", None]))
    >>> item = DraftRule("i", ("i",), cells=pd.Series(["2", None]))
    >>> score_needs({"total": total, "item_1": item}, "PHQ-9")
    {'total': 'no PHQ-9 in this row'}
    """
    filled = {target: rule.cells.notna() for target, rule in rules.items() if rule.cells is not None}
    if not filled:
        return {}
    anything = pd.concat(list(filled.values()), axis="columns").any(axis="columns")
    if anything.all():
        return {}
    tells = next((target for target, there in filled.items() if (there == anything).all()), None)
    return {tells: f"no {instrument} in this row"} if tells else {}


def settle_items(
    instrument: str, rules: dict[str, DraftRule]
) -> tuple[dict[str, DraftRule], dict[str, str], list[str]]:
    """Leave out items beside a total when too few were found: the score could not be used with them.

    Parameters
    ----------
    instrument : str
    rules : dict of str to DraftRule
        Of ``total`` and the items.

    Returns
    -------
    tuple of dict of str to DraftRule, dict of str to str, and list of str
        The rules to use, the reasons for columns that are not used, and what a person has to confirm.

    Examples
    --------
    >>> rules = {"total": DraftRule("phq9", ("phq9",)), "item_1": DraftRule("q1", ("q1",))}
    >>> used, reasons, _ = settle_items("PHQ-9", rules)
    >>> list(used), reasons
    (['total'], {'q1': 'to confirm: only 1 of the 9 items of PHQ-9 found; the total is used alone'})
    """
    items = [target for target in rules if target.startswith("item_")]
    count = item_count(instrument)
    absent = [str(number) for number in range(1, count + 1) if f"item_{number}" not in rules]
    if not items or not absent:
        return rules, {}, []
    known = default_definitions().instruments.get(instrument)
    if "total" in rules and len(absent) > (known.missing_items_allowed if known else 0):
        reason = f"to confirm: only {len(items)} of the {count} items of {instrument} found; the total is used alone"
        left = {rules[target].sources[0]: reason for target in items}
        return {target: rule for target, rule in rules.items() if target not in items}, left, []
    return rules, {}, [f"item {', '.join(absent)} of {instrument} not found"]
