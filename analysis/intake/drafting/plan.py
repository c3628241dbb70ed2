"""The plan of a draft: which table of the folder gives rows to which table of the layout."""

from dataclasses import dataclass, field

import pandas as pd

from analysis.intake.drafting.blocks import DraftBlock, add_needs, rules_for
from analysis.intake.drafting.found import FoundTable
from analysis.intake.drafting.headers import reason_to_drop
from analysis.intake.drafting.left_out import leave_other_visits_out, leave_void_rows_out
from analysis.intake.drafting.links import Linked, link_tables
from analysis.intake.drafting.patients import leave_strangers_out, patient_block
from analysis.intake.drafting.repeats import settle_repeats
from analysis.intake.drafting.scales import find_scales
from analysis.intake.drafting.score_blocks import score_block
from analysis.intake.drafting.sessions import session_blocks


@dataclass
class DraftPlan:
    """What a draft says: the files that are used, the blocks of each table, and why other tables are not used."""

    files: list[Linked] = field(default_factory=list)
    blocks: list[DraftBlock] = field(default_factory=list)
    unused: list[tuple[str, str]] = field(default_factory=list)
    drops: dict[str, dict[str, str]] = field(default_factory=dict)
    codes: dict[str, list[str]] = field(default_factory=dict)

    def of_table(self, table: str) -> list[DraftBlock]:
        """Return the blocks of one table of the layout."""
        return [block for block in self.blocks if block.table == table]

    @property
    def years(self) -> set[int]:
        """The years of the dates of sessions and scores."""
        dated = [block.rules["date"] for block in self.blocks if "date" in block.rules]
        return {year for rule in dated for year in rule.years}


def plan_draft(tables: list[FoundTable]) -> DraftPlan:
    """Plan a draft.

    Parameters
    ----------
    tables : list of FoundTable

    Returns
    -------
    DraftPlan
    """
    plan = DraftPlan()
    linked, nameless = link_tables(tables)
    plan.unused = [(table.shown, "no column looks like a patient's number") for table in nameless]
    for source in linked:
        leave_void_rows_out(source, linked)
        leave_other_visits_out(source)
    sessions, refused = session_blocks([source for source in linked if not _is_log(source)])
    reasons: dict[str, dict[str, str]] = {}
    plan.blocks += sessions
    for source in linked:
        own = [block for block in sessions if block.source is source]
        taken = frozenset(column for block in own for rule in block.all_rules for column in rule.sources)
        for block in _log_blocks(source) if not own else []:
            plan.blocks.append(block)
        if not any(block.source is source and block.table != "sessions" for block in plan.blocks):
            scores = score_block(source, linked, own, taken, reasons.setdefault(source.table.name, {}))
            plan.blocks += [scores] if scores is not None else []
    patients = patient_block(linked, plan.blocks)
    if patients is not None:
        plan.blocks.insert(0, patients)
        leave_strangers_out(patients, plan.blocks)
    _settle(plan, linked, refused, reasons)
    return plan


def _is_log(source: Linked) -> bool:
    """Say whether a table lists adverse events, other events or referrals: it may name visits that it does not hold."""
    return bool(_log_blocks(source))


def _log_blocks(source: Linked) -> list[DraftBlock]:
    """Draft adverse events, events or referrals, when the file is about one of them."""
    for table, needed, also in (
        ("referrals", "referral_id", ("source", "evaluated", "suitable", "reason_not_treated", "wait_days", "date")),
        ("adverse_events", "term", ("severity", "serious", "source", "onset_min", "resolved_min", "sequence")),
        ("events", "event", ("date", "day")),
    ):
        found = rules_for(source, table)
        dated = table == "referrals" or "date" in found.rules or "day" in found.rules
        if needed in found.rules and dated and any(target in found.rules for target in also):
            block = DraftBlock(table, source, dict(found.rules))
            if table == "referrals":
                _need(block, "referral_id", "no number of the referral")
            else:
                add_needs(block)
                _need(block, needed, f"no {needed}")
                settle_repeats(block)
            return [block]
    return []


def _need(block: DraftBlock, target: str, reason: str) -> None:
    cells = block.rules[target].cells
    if cells is not None and cells.isna().any():
        block.needs[target] = reason


def _settle(plan: DraftPlan, linked: list[Linked], refused: dict[str, str], reasons: dict[str, dict[str, str]]) -> None:
    """Collect the files that are used, and give a reason for every column of theirs that is not."""
    using = {block.source.table.name for block in plan.blocks}
    using |= {other for source in linked if source.table.name in using for other in source.joins}
    for source in linked:
        name = source.table.name
        if name not in using:
            plan.unused.append((source.table.shown, refused.get(name) or _why_unused(source)))
    plan.files = [source for source in linked if source.table.name in using]
    mentioned = _mentioned(plan)
    for source in plan.files:
        name = source.table.name
        own = [block for block in plan.blocks if block.source is source]
        guesses = dict(reasons.get(name, {}))
        for block in own:
            guesses = block.reasons | guesses
        for table in dict.fromkeys([*(block.table for block in own), "patients", "sessions", "scores"]):
            found = rules_for(source, table)
            for column, reason in found.reasons.items():
                guesses.setdefault(column, reason)
            for target, rule in found.rules.items():
                looks = f"to confirm: looks like {table}.{target}"
                guesses.setdefault(rule.sources[0], _HELPER_REASONS.get(target, looks))
        plan.drops[name] = {
            column: _drop_reason(source, column, guesses)
            for column in source.table.rows.columns
            if column not in mentioned[name] and column not in source.table.spare
        }
        codes = [*source.codes, *(code for block in own for rule in block.all_rules for code in rule.codes)]
        plan.codes[name] = list(dict.fromkeys(codes))


def _why_unused(source: Linked) -> str:
    scales, _ = find_scales({column: source.table.headings(column) for column in source.table.columns})
    if scales:
        names = ", ".join(dict.fromkeys(scale.instrument for scale in scales))
        return f"holds {names}, but no date or day was recognised (for visits with names see `visits` in the grammar)"
    return "nothing in it is known as a session, a score or the like"


_HELPER_REASONS = {
    "birth_date": "identifier: a birth date",
    "first_treatment": "the first session follows from the sessions",
}


def _mentioned(plan: DraftPlan) -> dict[str, set[str]]:
    mentioned: dict[str, set[str]] = {source.table.name: set() for source in plan.files}
    for source in plan.files:
        columns = {column for rule in source.leave_out for column in [str(rule["column"])]}
        columns |= {
            column
            for block in plan.blocks
            if block.source is source
            for rule in block.all_rules
            for column in rule.sources
        }
        for other, join in source.joins.items():
            mentioned[source.table.name].add(str(join["on"]))
            mentioned[other].add(str(join.get("to", join["on"])))
        for column in columns:
            other, dot, rest = column.partition(".")
            if dot and other in source.joins and column not in source.table.rows:
                mentioned[other].add(rest)
            else:
                mentioned[source.table.name].add(column)
    return mentioned


def _drop_reason(source: Linked, column: str, guesses: dict[str, str]) -> str:
    told = next((reason for heading in source.table.headings(column) if (reason := reason_to_drop(heading))), "")
    cells = source.table.rows[column]
    if told or not cells.notna().any():
        return told or "empty column"
    return guesses.get(column) or f"to confirm: not recognised ({_kind(cells)})"


def _kind(cells: pd.Series) -> str:
    texts = cells.dropna()
    if texts.str.fullmatch(r"[+-]?\d+").all():
        return "whole numbers"
    if texts.str.fullmatch(r"[+-]?\d*[.,]?\d+").all():
        return "numbers"
    different = texts.nunique()
    if different > 50 or texts.str.len().max() > 60:
        return "text"
    return f"{different} different texts" if different > 1 else "one text"
