"""What one table of the folder can give to one table of the layout: the parts of a draft and how they are found."""

import re
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.intake.drafting.columns import DraftRule, draft_rule
from analysis.intake.drafting.headers import FIRST_OF_EVERY_TABLE, Rank, target_of_header
from analysis.intake.drafting.links import Linked
from analysis.intake.drafting.scales import find_scales, item_count
from analysis.intake.drafting.words import translate_words
from analysis.intake.schema import layout_tables

_HELPERS = {"patients": {"birth_date", "first_treatment"}, "sessions": {"stopped_early"}}
_GENERIC_ITEM = re.compile(r"(?:item|question|q|i)[ _.-]*0?(\d{1,2})", re.IGNORECASE)


@dataclass
class Found:
    """The rules that the columns of a table allow for one table of the layout, and why other columns are not used."""

    rules: dict[str, DraftRule] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass
class DraftPart:
    """One repeat of a block: a scale, at one occasion."""

    name: str
    constants: dict[str, Any]
    rules: dict[str, DraftRule]
    needs: dict[str, str]
    confirm: list[str] = field(default_factory=list)


@dataclass
class DraftBlock:
    """What one file gives to one table, in a draft; ``reasons`` say why other columns of the file are not used."""

    table: str
    source: Linked
    rules: dict[str, DraftRule]
    constants: dict[str, Any] = field(default_factory=dict)
    needs: dict[str, str] = field(default_factory=dict)
    once_per: list[str] = field(default_factory=list)
    parts: list[DraftPart] = field(default_factory=list)
    confirm: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def all_rules(self) -> list[DraftRule]:
        """The rules of the block and of its parts."""
        return [*self.rules.values(), *(rule for part in self.parts for rule in part.rules.values())]

    def keys(self) -> pd.DataFrame:
        """Return patient and day (or date) of the rows that have both."""
        columns = [name for name in ("patient_id", "day", "date", "sequence") if name in self.rules]
        cells = pd.DataFrame({name: self.rules[name].cells for name in columns})
        return cells.dropna(subset=[name for name in columns if name != "sequence"])


def rules_for(source: Linked, table: str, *, but: frozenset[str] = frozenset()) -> Found:
    """Draft the columns of a table of the layout from the columns of a file.

    Parameters
    ----------
    source : Linked
    table : str
    but : frozenset of str
        Columns that are taken.

    Returns
    -------
    Found
        With ``patient_id``. Of several columns with one meaning the likeliest that holds what it should is used.
    """
    key = (table, but, len(source.frame), tuple(source.frame.columns))
    if key not in source.drafted:
        source.drafted[key] = _rules_for(source, table, but)
    known = source.drafted[key]
    return Found(dict(known.rules), dict(known.reasons))


def _rules_for(source: Linked, table: str, but: frozenset[str]) -> Found:
    found = Found({"patient_id": DraftRule(source.patient, (source.patient,), cells=source.ids)})
    layout = layout_tables()[table]
    wanted = {*layout.columns, *_HELPERS.get(table, set())} - {"patient_id"}
    wanted |= {"date"} if "day" in layout.columns else set()
    ranked = sorted(_candidates(source, table, wanted, but))
    for rank, _, target, column in ranked:
        rule = _rule(source, table, target, column)
        if target in found.rules:
            first = found.rules[target]
            both = _one_after_the_other(first, rule, table, target, rank) if isinstance(rule, DraftRule) else None
            if both is not None:
                found.rules[target] = both
            else:
                found.reasons.setdefault(column, f"to confirm: '{first.sources[0]}' is used as {target} instead")
            continue
        if isinstance(rule, str):
            found.reasons.setdefault(column, rule)
        else:
            found.rules[target] = rule
            found.reasons.pop(column, None)
    if "date" in found.rules and "day" in found.rules:
        column = found.rules.pop("day").sources[0]
        found.reasons[column] = "days are counted from the dates"
    return found


def _one_after_the_other(first: DraftRule, more: DraftRule, table: str, target: str, rank: Rank) -> DraftRule | None:
    """Take the dates of scores that one column lacks from another that is plainly about the same questionnaire."""
    about_it = table == "scores" and target == "date" and rank < (1, 0) and rank[1] < FIRST_OF_EVERY_TABLE
    if not about_it or first.cells is None or more.cells is None or not (first.cells.isna() & more.cells.notna()).any():
        return None
    if not all(
        isinstance(rule.value, dict) and "date" in rule.value and "pivot" not in rule.value for rule in (first, more)
    ):
        return None
    columns = (*first.sources, *more.sources)
    formats = dict.fromkeys(form for rule in (first, more) for form in as_list(rule.value["date"]))
    confirm = (
        *first.confirm,
        *more.confirm,
        f"dates that '{first.sources[0]}' lacks are taken from '{more.sources[0]}'",
    )
    return DraftRule(
        {"from": list(columns), "date": list(formats)},
        columns,
        first.remark,
        tuple(dict.fromkeys(confirm)),
        (*first.codes, *more.codes),
        first.cells.fillna(more.cells),
        tuple(sorted({*first.years, *more.years})),
    )


def as_list(value: Any) -> list[str]:
    """Return a text as a list of one, a list as it is."""
    return value if isinstance(value, list) else [value]


def _candidates(source: Linked, table: str, wanted: set[str], but: frozenset[str]) -> list[tuple[Rank, int, str, str]]:
    meant = source.table.meant.get(table)
    candidates = []
    for place, column in enumerate(source.table.rows.columns):
        if column in but or column == source.patient or column in {join["on"] for join in source.joins.values()}:
            continue
        if meant is not None:
            if column in meant:
                candidates.append(((0, place), place, meant[column], column))
            continue
        named = [hit for heading in source.table.headings(column) if (hit := target_of_header(heading, table))]
        hits = [(rank, place, target, column) for target, rank in named if target in wanted]
        candidates += [min(hits)] if hits else []
    return candidates


def _rule(source: Linked, table: str, target: str, column: str) -> DraftRule | str:
    cells = source.frame[column]
    labels = source.table.choices.get(column, {})
    if target == "stopped_early":
        return _stopped_early(column, cells)
    if target == "first_treatment":
        return draft_rule("sessions", "date", column, cells)
    allowed = layout_tables()[table].columns.get(target)
    if labels and allowed is not None and (allowed.values or allowed.type == "boolean"):  # noqa: PD011
        return _coded(target, allowed.values or ("true", "false"), column, cells, labels)  # noqa: PD011
    return draft_rule(table, target, column, cells, decimal=source.table.decimal)


def _coded(
    target: str, allowed: tuple[str, ...], column: str, cells: pd.Series, labels: dict[str, str]
) -> DraftRule | str:
    """Translate codes by the words that the data dictionary has for them: these are nobody's."""
    kind = "boolean" if allowed == ("true", "false") else target
    words = pd.Series(list(labels.values()), dtype="str")
    known = translate_words(words, kind, allowed).meant or {word: word for word in words}
    values = {code: known[word] for code, word in labels.items() if word in known}
    open_codes = [word for word in labels.values() if word not in known]
    if not values:
        return f"to confirm: none of its choices is known as {target}"
    confirm = (f"{len(open_codes)} of its choices are not translated: {'; '.join(open_codes)}",) if open_codes else ()
    return DraftRule({"from": column, "values": values}, (column,), "", confirm, cells=cells.map(values))


def _stopped_early(column: str, cells: pd.Series) -> DraftRule | str:
    found = translate_words(cells, "boolean", ("true", "false"))
    if found.share < 0.9:
        return "to confirm: should say yes or no whether a session was stopped early"
    meant = found.meant or {"true": "true", "false": "false"}
    values = {word: "stopped-early" if value == "true" else "given" for word, value in meant.items()}
    return DraftRule({"from": column, "values": values}, (column,), cells=cells.map(values))


def generic_items(source: Linked, instrument: str | None) -> dict[str, DraftRule]:
    """Draft columns that are only called ``item 1``, ``q2`` ...: whole numbers beside the name of a scale.

    Parameters
    ----------
    source : Linked
    instrument : str or None
        The scale, where it is one only.

    Returns
    -------
    dict of str to DraftRule
    """
    most = item_count(instrument) if instrument else len(layout_tables()["scores"].items)
    rules: dict[str, DraftRule] = {}
    for column in source.table.rows.columns:
        numbered = _GENERIC_ITEM.fullmatch(column.strip())
        if numbered and 1 <= int(numbered[1]) <= most:
            rule = draft_rule("scores", f"item_{int(numbered[1])}", column, source.table.rows[column])
            if isinstance(rule, DraftRule):
                rules.setdefault(f"item_{int(numbered[1])}", rule)
    return rules


def add_needs(block: DraftBlock) -> None:
    """Say why rows without a patient or a date are not written, where there are such rows."""
    for target, reason in (("patient_id", "no patient"), ("date", "no date"), ("day", "no day")):
        rule = block.rules.get(target)
        if rule is not None and rule.cells is not None and rule.cells.isna().any():
            block.needs[target] = reason


def lists_people(source: Linked) -> bool:
    """Say whether a table has one row for each person and is about nothing that happens on a day.

    Parameters
    ----------
    source : Linked

    Returns
    -------
    bool
    """
    headings = {column: source.table.headings(column) for column in source.table.columns}
    dated = any((target_of_header(column, "scores") or ("",))[0] == "date" for column in headings)
    return source.ids.dropna().is_unique and not dated and not find_scales(headings)[0]
