"""Which files tell of the patients: one row for each, or rows of theirs that agree."""

from typing import Any

import pandas as pd

from analysis.intake.drafting.blocks import DraftBlock, Found, as_list, lists_people, rules_for
from analysis.intake.drafting.columns import DraftRule, share_text
from analysis.intake.drafting.links import Linked

_HELPERS = ("first_treatment",)
_NO_DATES = {"date", "day"}


def patient_block(linked: list[Linked], blocks: list[DraftBlock]) -> DraftBlock | None:
    """Draft the table patients.

    Parameters
    ----------
    linked : list of Linked
    blocks : list of DraftBlock
        The other blocks; whose columns are taken.

    Returns
    -------
    DraftBlock or None
        None when several files hold sessions and none lists the patients.
    """
    dated = any("date" in block.rules for block in blocks if block.table == "sessions")
    treated = _treated(blocks)
    rated = []
    for source in linked:
        taken = {
            column for block in blocks if block.source is source for rule in block.all_rules for column in rule.sources
        }
        if any(block.table in {"referrals", "adverse_events", "events"} for block in blocks if block.source is source):
            continue
        found = rules_for(source, "patients", but=frozenset(taken - {_clinic(source, blocks)}))
        _tidy(found, dated=dated)
        visit = rules_for(source, "sessions").rules.get("status")
        outcome = found.rules.get("outcome_of_care")
        if outcome and visit and outcome.sources == visit.sources and not source.ids.dropna().is_unique:
            del found.rules["outcome_of_care"]  # how a visit went, and not how care ended
        agreeing = _agreeing(source, found)
        if len(agreeing.rules) < 2 or set(agreeing.rules) == {"patient_id", "clinic_id"}:
            continue
        ids = source.ids.dropna()
        covered = len(treated & set(ids)) / max(len(treated), 1)
        rated.append(((round(covered, 1), ids.is_unique, len(agreeing.rules)), source, agreeing))
    if not rated:
        return _only_listed(linked, blocks, treated)
    rated.sort(key=lambda each: each[0], reverse=True)
    _, source, found = rated[0]
    block = DraftBlock("patients", source, found.rules, reasons=found.reasons)
    if not source.ids.dropna().is_unique:
        block.once_per = ["patient_id"]
    if source.ids.isna().any():
        block.needs["patient_id"] = "no patient"
    for (_, unique, _), other, more in rated[1:]:
        if unique and "." not in other.patient and "." not in source.patient:
            _add_from(block, other, more)
    _keep_safe_harbor(block)
    return block


def _only_listed(linked: list[Linked], blocks: list[DraftBlock], treated: set[str]) -> DraftBlock | None:
    """List the patients where nothing more is told of them: the table still gets the year of their first session."""
    for source in linked:
        ids = source.ids.dropna()
        free = not any(block.source is source for block in blocks)
        if free and lists_people(source) and treated and treated <= set(ids):
            return DraftBlock(
                "patients", source, rules_for(source, "patients", but=frozenset(source.table.columns)).rules
            )
    sessions = [block for block in blocks if block.table == "sessions"]
    if len(sessions) == 1 and "date" in sessions[0].rules:
        needs = {"patient_id": "no patient"} if "patient_id" in sessions[0].needs else {}
        rules = {"patient_id": sessions[0].rules["patient_id"]}
        return DraftBlock("patients", sessions[0].source, rules, needs=needs, once_per=["patient_id"])
    for block in sessions:
        block.confirm.append(
            "no file lists the patients, so that the year of the first session stays unknown: add a list of them all"
        )
    return None


def _treated(blocks: list[DraftBlock]) -> set[str]:
    ids = [block.rules["patient_id"].cells for block in blocks if block.table == "sessions"]
    return {str(each) for cells in ids if cells is not None for each in cells.dropna().unique()}


def _clinic(source: Linked, blocks: list[DraftBlock]) -> str:
    """Return the column of the clinic, which sessions and patients may share."""
    clinics = (
        block.rules["clinic_id"].sources[0] for block in blocks if block.source is source and "clinic_id" in block.rules
    )
    return next(clinics, "")


def _tidy(found: Found, *, dated: bool) -> None:
    for target in _HELPERS:
        if target in found.rules:
            column = found.rules.pop(target).sources[0]
            found.reasons[column] = "the first session follows from the sessions"
    birth = found.rules.pop("birth_date", None)
    if birth is not None and dated:
        if "age" in found.rules:
            column = found.rules.pop("age").sources[0]
            found.reasons[column] = "the age at the first session follows from the birth date"
        found.rules["age"] = birth
    elif birth is not None:
        found.reasons[birth.sources[0]] = "identifier: a birth date"
    last = found.rules.get("last_day")
    if last is not None and isinstance(last.value, dict) and "number" not in last.value and not dated:
        found.reasons[found.rules.pop("last_day").sources[0]] = (
            "to confirm: a date, and no session has one to count from"
        )


def _agreeing(source: Linked, found: Found) -> Found:
    """Keep the columns that say the same in all rows of a patient."""
    if source.ids.dropna().is_unique:
        return found
    kept = Found({}, dict(found.reasons))
    for target, rule in found.rules.items():
        cells = rule.cells if rule.cells is not None else source.frame[rule.sources[0]]
        pairs = pd.DataFrame({"id": source.ids, "cell": cells.reindex(source.ids.index)}).dropna(subset=["id"])
        if target == "patient_id" or not pairs.drop_duplicates()["id"].duplicated().any():
            kept.rules[target] = rule
        else:
            kept.reasons[rule.sources[0]] = f"to confirm: as {target} not the same in all rows of a patient"
    return kept


def _add_from(block: DraftBlock, other: Linked, found: Found) -> None:
    """Bring columns from another file with one row for each patient, where it says something that this one lacks."""
    lacking = [target for target in found.rules if target not in block.rules]
    births = _both_births(block.rules.get("age"), found.rules.get("age"), other)
    if not lacking and births is None:
        return
    if other.table.name not in block.source.joins:
        block.source.join(other, on=block.source.patient, to=other.patient, optional=True)
    if births is not None:
        block.rules["age"] = births
    for target in lacking:
        block.rules[target] = _brought(found.rules[target], other)
        other.codes += found.rules[target].codes


def _brought(rule: DraftRule, other: Linked) -> DraftRule:
    column = f"{other.table.name}.{rule.sources[0]}"
    value: Any = column
    if isinstance(rule.value, dict):
        value = {key: column if key in {"from", "age_from"} else each for key, each in rule.value.items()}
    return DraftRule(value, (column,), rule.remark, rule.confirm, (), None, rule.years)


def _both_births(one: DraftRule | None, more: DraftRule | None, other: Linked) -> DraftRule | None:
    """Take birth dates that one file lacks from another, when both say how they are written."""
    if one is None or more is None or one.cells is None or not one.cells.isna().any():
        return None
    if not all(
        isinstance(rule.value, dict) and "age_from" in rule.value and "date" in rule.value for rule in (one, more)
    ):
        return None
    formats = [form for rule in (one, more) for form in as_list(rule.value["date"])]
    columns = [one.sources[0], f"{other.table.name}.{more.sources[0]}"]
    value = {"age_from": columns, "date": list(dict.fromkeys(formats))}
    confirm = (*one.confirm, *more.confirm, "birth dates that the first lacks are taken from the second")
    return DraftRule(value, tuple(columns), "", tuple(dict.fromkeys(confirm)), one.codes)


def _keep_safe_harbor(block: DraftBlock) -> None:
    """Leave the exact last day out where patients may still be in care: with the data cut it tells the start date."""
    if "last_day" in block.rules and "outcome_of_care" in block.rules:
        rule = block.rules.pop("last_day")
        block.confirm.append(
            f"last_day ('{rule.sources[0]}') is left out: under the basis safe-harbor it may not stand beside patients "
            "still in care. With another basis it can be used"
        )


def leave_strangers_out(patients: DraftBlock, blocks: list[DraftBlock]) -> None:
    """Leave rows of patients out that the table patients does not list; the import would stop there.

    Parameters
    ----------
    patients : DraftBlock
    blocks : list of DraftBlock
    """
    cells = patients.rules["patient_id"].cells
    listed = set(cells.dropna().unique()) if cells is not None else set()
    column = patients.source.patient
    for block in blocks:
        source = block.source
        if source is patients.source or "." in source.patient or "." in column:
            continue
        ids = source.ids.dropna()
        strange = ~ids.isin(listed)
        if not strange.any() or not patients.source.table.rows[column].dropna().is_unique:
            continue
        name = patients.source.table.name
        if block.table == "referrals":
            own = source.patient
            if name not in source.joins:
                source.join(patients.source, on=own, to=column, optional=True)
            block.rules["patient_id"] = DraftRule(f"{name}.{column}", (f"{name}.{column}", own))
            block.confirm.append(
                f"referrals whose patient is not in {patients.source.table.path} stay, without a patient"
            )
            continue
        if name not in source.joins:
            source.join(patients.source, on=source.patient, to=column)
        reason = f"patient not in {patients.source.table.path}"
        source.leave_out.append({"column": f"{name}.{column}", "missing": True, "reason": reason})
        block.confirm.append(f"{share_text(float(strange.mean()))} of the rows are left out: {reason}")
