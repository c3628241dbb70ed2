"""The scores that a file holds: each of its rating scales, or one scale in each row."""

from typing import Any

import pandas as pd

from analysis.intake.drafting.blocks import (
    DraftBlock,
    DraftPart,
    Found,
    add_needs,
    generic_items,
    rules_for,
)
from analysis.intake.drafting.columns import DraftRule
from analysis.intake.drafting.headers import FIRST_OF_EVERY_TABLE, header_words, known_data, target_of_header
from analysis.intake.drafting.links import Linked, named_columns, visit_partner
from analysis.intake.drafting.repeats import settle_repeats
from analysis.intake.drafting.scales import Scale, find_scales
from analysis.intake.drafting.scores import scale_rules, score_needs, settle_items


def score_block(
    source: Linked, linked: list[Linked], own: list[DraftBlock], taken: frozenset[str], reasons: dict[str, str]
) -> DraftBlock | None:
    """Draft the scores of a file.

    Parameters
    ----------
    source : Linked
    linked : list of Linked
        All files, one of which may tell the date of a visit.
    own : list of DraftBlock
        The sessions of the same file.
    taken : frozenset of str
        Columns that these use.
    reasons : dict of str to str
        Filled with why columns that look like part of a scale are not used.

    Returns
    -------
    DraftBlock or None
    """
    headings = {column: source.table.headings(column) for column in source.table.columns if column not in taken}
    meant = source.table.meant.get("scores")
    scales, odd = find_scales(headings) if meant is None else ([], {})
    reasons |= odd
    found = rules_for(source, "scores", but=frozenset(col for scale in scales for col in scale.columns))
    parts = _parts(source, scales, found, reasons)
    if not parts and "instrument" not in found.rules:
        return None
    if not {"date", "day"} & found.rules.keys() or (own and not _is_own_date(found)):
        _add_date(source, linked, own, found)
    if not {"date", "day"} & found.rules.keys():
        return None
    reasons |= found.reasons
    block = DraftBlock(
        "scores", source, {k: rule for k, rule in found.rules.items() if k not in {"total", "instrument"}}
    )
    if parts:
        block.parts = parts
    else:
        block.rules["instrument"] = found.rules["instrument"]
        if not ({"total"} & found.rules.keys()) and not any(key.startswith("item_") for key in block.rules):
            return None
        block.rules |= {"total": found.rules["total"]} if "total" in found.rules else {}
    add_needs(block)
    settle_repeats(block)
    return block


def _parts(source: Linked, scales: list[Scale], found: Found, reasons: dict[str, str]) -> list[DraftPart]:
    """Draft each scale of a file; one that the file's name tells when its columns are only called item 1, total ..."""
    parts = []
    if not scales and "instrument" not in found.rules:
        named = _scale_in_name(source)
        items = generic_items(source, named) if named else {}
        if named and (items or "total" in found.rules):
            rules = ({"total": found.rules["total"]} if "total" in found.rules else {}) | items
            rules, odd, confirm = settle_items(named, rules)
            reasons |= odd
            confirm = [f"the scale is told by the name of the file: is it {named}?", *confirm]
            parts.append(DraftPart(named, {"instrument": named}, rules, score_needs(rules, named), confirm))
        return parts
    if not scales:
        found.rules |= generic_items(source, None)
        return parts
    for scale in scales:
        rules, odd = scale_rules(
            scale, source.table.rows.loc[source.frame.index], choices=source.table.choices, decimal=source.table.decimal
        )
        reasons |= odd
        if len(scales) == 1 and "total" not in rules and "total" in found.rules:
            rules = {"total": found.rules["total"]} | rules
        rules, odd, confirm = settle_items(scale.instrument, rules)
        reasons |= odd
        if rules:
            constants: dict[str, Any] = {"instrument": scale.instrument}
            if scale.occasion:
                constants["occasion"] = scale.occasion
            name = f"{scale.instrument} {scale.occasion}".strip()
            needs = score_needs(rules, scale.instrument)
            parts.append(DraftPart(name, constants, rules, needs, confirm))
    return parts


def _scale_in_name(source: Linked) -> str:
    sheet = source.table.options.get("sheet", "")
    text = "".join(header_words(f"{source.table.path} {sheet if isinstance(sheet, str) else ''}"))
    for instrument, entry in known_data()["scales"].items():
        if any("".join(header_words(spelling)) in text for spelling in entry["whole"]):
            return str(instrument)
    return ""


def _is_own_date(found: Found) -> bool:
    """Say whether the date is plainly that of a questionnaire, and not of the visit in the same row."""
    hit = target_of_header(found.rules["date"].sources[0], "scores") if "date" in found.rules else None
    return hit is not None and hit[1][1] < FIRST_OF_EVERY_TABLE


def _add_date(source: Linked, linked: list[Linked], own: list[DraftBlock], found: Found) -> None:
    """Take the date of scores from the session in the same row, or from the visit that both files name."""
    for block in own:
        for target in ("date", "day"):
            if target in block.rules:
                found.rules[target] = block.rules[target]
                return
    for column in named_columns(source.table, "visit_id"):
        partner = visit_partner(source.table.rows[column], linked, but=source.table.name)
        if partner is not None:
            other, theirs = partner
            dated = rules_for(other, "sessions").rules
            target = "date" if "date" in dated else "day"
            if target not in dated:
                continue
            if other.table.name not in source.joins:
                source.join(other, on=column, to=theirs, optional=True)
            brought = f"{other.table.name}.{dated[target].sources[0]}"
            value = dated[target].value
            value = value | {"from": brought} if isinstance(value, dict) else brought
            cells = dated[target].cells
            place = pd.Series(cells.array, index=other.frame[theirs].array) if cells is not None else None
            texts = source.frame[column].map(place[place.index.notna()]) if place is not None else None
            found.rules[target] = DraftRule(
                value, (brought,), "", dated[target].confirm, (), texts, dated[target].years
            )
            return
