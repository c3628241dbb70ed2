"""A planned draft as the text of a mapping, with comments that say what to confirm."""

from collections.abc import Iterable, Iterator
from typing import Any

from analysis.intake.drafting.blocks import DraftBlock, DraftPart
from analysis.intake.drafting.columns import DraftRule
from analysis.intake.drafting.links import Linked
from analysis.intake.drafting.opening import dataset_lines, head_lines, pseudonym_lines
from analysis.intake.drafting.plan import DraftPlan
from analysis.intake.drafting.toml import SHORT_TABLE, comment_lines, setting_line, toml_key, toml_value
from analysis.intake.schema import layout_tables
from analysis.vocabulary.definitions import default_definitions

LINE = "# " + "-" * 116
PLACEHOLDER = "CONFIRM: the file with the {what}.csv"
_NUMBER = "<number>"
_FIRST = ("path", "format", "sheet", "header_row", "delimiter", "encoding", "labels", "dictionary", "rows", "resource")


def draft_text(plan: DraftPlan, *, unread: list[str], year: int, year_known: bool) -> str:
    """Write a draft.

    Parameters
    ----------
    plan : DraftPlan
    unread : list of str
        The files that are not read, with the reasons, as they may be shown.
    year : int
        For the data cut.
    year_known : bool
        Whether it is the year of the newest date in the files.

    Returns
    -------
    str
        TOML.
    """
    sections = [
        *head_lines(plan, unread, number=_NUMBER),
        *dataset_lines(year, known=year_known),
        *pseudonym_lines(plan),
        *(line for source in plan.files for line in _file(source, plan)),
        *_missing_tables(plan),
        *(line for table in layout_tables() for block in plan.of_table(table) for line in _block(block)),
    ]
    text = "\n".join(sections).rstrip() + "\n"
    return text.replace(_NUMBER, f"{places_to_confirm(text):,}", 1)


def places_to_confirm(text: str) -> int:
    """Count the lines of a draft that a person has to look at, but for the one that says so."""
    return sum("CONFIRM" in line for line in text.split("\n")) - 1


def _file(source: Linked, plan: DraftPlan) -> Iterator[str]:
    table = source.table
    yield LINE
    for remark in table.remarks:
        yield from comment_lines(f"CONFIRM: {remark}")
    yield f"[files.{table.name}]"
    options = table.options | _kept(source, plan)
    for key in sorted(options, key=lambda key: _FIRST.index(key) if key in _FIRST else len(_FIRST)):
        yield setting_line(key, options[key])
    if table.decimal == ",":
        yield setting_line("decimal", ",", "CONFIRM: the decimal sign")
    if plan.codes[table.name]:
        yield setting_line("missing", plan.codes[table.name], "CONFIRM: these mean an empty cell, in every column")
    for name, join in source.joins.items():
        yield ""
        yield f"[files.{table.name}.join.{name}]"
        for key, value in join.items():
            yield setting_line(key, value)
    for rule in source.leave_out:
        yield ""
        yield f"[[files.{table.name}.leave_out]]         # CONFIRM: these rows are not used"
        for key, value in rule.items():
            yield setting_line(key, value)
    drops = plan.drops[table.name]
    if drops:
        yield ""
        yield f"[files.{table.name}.drop]"
        for column, reason in drops.items():
            yield setting_line(column, reason, "CONFIRM" if reason.startswith("to confirm") else "")
    yield ""


def _kept(source: Linked, plan: DraftPlan) -> dict[str, Any]:
    used = {
        column for block in plan.blocks if block.source is source for rule in block.all_rules for column in rule.sources
    }
    keep = [column for column in source.table.rows if column in used & source.table.guarded]
    return {"keep": keep} if keep else {}


def _missing_tables(plan: DraftPlan) -> Iterator[str]:
    """Name what no file was found for, in such a way that the import stops there."""
    for table, what, columns in (
        ("sessions", "sessions", {"date": "the date of the session", "treatment": None}),
        ("scores", "scores", {"date": "the date of the score", "instrument": None, "total": "the total"}),
    ):
        if plan.of_table(table):
            continue
        path = PLACEHOLDER.format(what=what)
        yield LINE
        yield from comment_lines(
            f"CONFIRM: no file was recognised as holding the {what}. Name it here (it may be one of the files above or "
            "of those that are not used), and the columns below it. The import stops until then."
        )
        yield f"[files.missing_{table}]"
        yield setting_line("path", path)
        yield ""
        yield f"[[tables.{table}]]"
        yield f'from = "missing_{table}"'
        yield f"[tables.{table}.columns]"
        yield setting_line("patient_id", "CONFIRM: the patient's number")
        constants = {"treatment": "ketamine", "instrument": "PHQ-9"}
        for target, source in columns.items():
            yield setting_line(target, f"CONFIRM: {source}" if source else {"constant": constants[target]})
        yield ""


def _block(block: DraftBlock) -> Iterator[str]:
    yield LINE
    yield from _to_confirm([*block.confirm, *_scale_remarks(block)])
    yield f"[[tables.{block.table}]]"
    yield setting_line("from", block.source.table.name)
    if block.once_per:
        yield setting_line("once_per", block.once_per)
    single = block.parts[0] if len(block.parts) == 1 else None
    needs = block.needs | (single.needs if single else {})
    if needs:
        yield setting_line("needs", needs, "rows without it are not written, and counted")
    yield ""
    yield f"[tables.{block.table}.columns]"
    constants = block.constants | (single.constants if single else {})
    rules = block.rules | (single.rules if single else {})
    tables: list[tuple[str, DraftRule]] = []
    order = [*layout_tables()[block.table].columns, "date"]
    for target in sorted({*rules, *constants}, key=order.index):
        if target in constants:
            yield setting_line(target, {"constant": constants[target]}, "CONFIRM" if _guessed(target) else "")
        elif _is_long(rules[target]):
            tables.append((target, rules[target]))
        else:
            yield from _rule_lines(target, rules[target])
    for target, rule in tables:
        yield from _long_rule(f"tables.{block.table}.columns.{target}", rule)
    yield ""
    if single is None:
        for part in block.parts:
            yield from _part(block, part)


def _to_confirm(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from comment_lines(f"CONFIRM: {text}" if text.endswith("?") else f"CONFIRM: {text}.")


def _guessed(target: str) -> bool:
    return target in {"treatment", "route", "occasion"}


def _scale_remarks(block: DraftBlock) -> list[str]:
    known = default_definitions().instruments
    remarks = [text for part in block.parts for text in part.confirm]
    unknown = dict.fromkeys(
        part.constants["instrument"] for part in block.parts if part.constants["instrument"] not in known
    )
    if unknown:
        remarks.append(
            f"{', '.join(unknown)}: no entry among the instruments; the scores come in and are set aside until "
            "`[definitions.instruments]` has one"
        )
    return remarks


def _rule_lines(target: str, rule: DraftRule) -> Iterator[str]:
    yield from _to_confirm(rule.confirm)
    yield setting_line(target, rule.value, rule.remark)


def _is_long(rule: DraftRule) -> bool:
    return isinstance(rule.value, dict) and len(rule.value.get("values", ())) > SHORT_TABLE


def _long_rule(path: str, rule: DraftRule) -> Iterator[str]:
    yield ""
    yield from _to_confirm(rule.confirm)
    yield f"[{path}]"
    for key, value in rule.value.items():
        if key != "values":
            yield setting_line(key, value, rule.remark)
    yield f"[{path}.values]"
    for word, value in rule.value["values"].items():
        yield setting_line(word, value)


def _part(block: DraftBlock, part: DraftPart) -> Iterator[str]:
    yield f"[[tables.{block.table}.repeat]]"
    yield setting_line("name", part.name)
    if part.needs:
        yield setting_line("needs", part.needs)
    for target, value in part.constants.items():
        yield f"columns.{toml_key(target)} = {toml_value({'constant': value})}"
    for target, rule in part.rules.items():
        yield from _to_confirm(rule.confirm)
        yield f"columns.{toml_key(target)} = {toml_value(rule.value)}"
    yield ""
