"""Which files hold the treatment sessions, and what a session is made of."""

import pandas as pd

from analysis.intake.drafting.blocks import DraftBlock, Found, add_needs, rules_for
from analysis.intake.drafting.columns import DraftRule
from analysis.intake.drafting.headers import header_words
from analysis.intake.drafting.links import Linked
from analysis.intake.drafting.repeats import settle_repeats
from analysis.intake.drafting.words import translate_words

ENOUGH = 3
MOST_OVERLAP = 0.05
_WEIGHTS = {
    **dict.fromkeys(("dose_mg", "treatment"), 3),
    **dict.fromkeys(("route", "cadss_peak", "sedation_peak", "phase_recorded", "ready_min", "stopped_early"), 2),
    **dict.fromkeys(("duration_min", "systolic_before", "systolic_peak", "weight_kg", "status"), 1),
}
_DETAILS = ("dose_mg", "weight_kg", "duration_min", "systolic_before", "systolic_peak", "cadss_peak", "sedation_peak")
_TELLING = ("dose_mg", "route", "treatment", "cadss_peak", "sedation_peak")
_SESSION_WORDS = {
    "infusion",
    "infusions",
    "session",
    "sessions",
    "treatment",
    "treatments",
    "ketamine",
    "esketamine",
    "spravato",
}
_VISIT_WORDS = {"visit", "visits", "appointment", "appointments", "encounter", "encounters", "procedure", "procedures"}
_HELD = ("given", "stopped-early")
_ESKETAMINE = {"esketamine", "spravato"}
_ROUTE_OF = {"esketamine": "intranasal", "ect": "none", "tms": "none", "psilocybin": "oral", "mdma": "oral"}
_ROUTES = {"infusion": "iv", "infusions": "iv", "iv": "iv", "im": "im", "injection": "im", "troche": "sublingual"}


def session_blocks(linked: list[Linked]) -> tuple[list[DraftBlock], dict[str, str]]:
    """Draft the sessions.

    Parameters
    ----------
    linked : list of Linked

    Returns
    -------
    tuple of list of DraftBlock and dict of str to str
        The blocks, those with most detail first; and by table why it is not used although it has visits.
    """
    rated = []
    for source in linked:
        found = rules_for(source, "sessions")
        if "date" in found.rules or "day" in found.rules:
            score = sum(weight for target, weight in _WEIGHTS.items() if target in found.rules)
            words = _words(source)
            score += 2 * bool(words & _SESSION_WORDS) + bool(words & _VISIT_WORDS)
            detail = sum(target in found.rules for target in _DETAILS)
            rated.append((detail, score, source, found))
    # A list of appointments tells of every session, and nothing of what was done there.
    rated.sort(key=lambda each: (-each[0], -each[1]))
    blocks: list[DraftBlock] = []
    refused: dict[str, str] = {}
    for _, score, source, found in rated:
        told = any(target in found.rules for target in _TELLING)
        if score < ENOUGH or not (told or _words(source) & (_SESSION_WORDS | _VISIT_WORDS)):
            continue
        block = _block(source, found)
        reason = _fit_in(block, blocks)
        if reason:
            refused[source.table.name] = reason
        else:
            blocks.append(block)
    return blocks, refused


def _words(source: Linked) -> set[str]:
    """Return the words of the file's name and of its sheet."""
    sheet = source.table.options.get("sheet", "")
    texts = [source.table.path, *(sheet if isinstance(sheet, list) else [sheet])]
    return {word for text in texts for word in header_words(text)}


def _block(source: Linked, found: Found) -> DraftBlock:
    block = DraftBlock("sessions", source, dict(found.rules))
    words = _words(source) | {word for rule in found.rules.values() for word in header_words(rule.sources[0])}
    early = block.rules.pop("stopped_early", None)
    if early is not None and "status" not in block.rules:
        block.rules["status"] = early
    if "treatment" not in block.rules:
        name = "esketamine" if words & _ESKETAMINE else "ketamine"
        block.constants["treatment"] = name
        block.confirm.append(f"no column tells the treatment: is it all {name}?")
    if "route" not in block.rules:
        _add_route(block, words)
    if "status" not in block.rules:
        block.confirm.append("no column tells whether a session took place: every row counts as given")
    add_needs(block)
    settle_repeats(block)
    return block


def _add_route(block: DraftBlock, words: set[str]) -> None:
    """Take the route from the column of the treatment, when it says it, or from the name of the file."""
    treatment = block.rules.get("treatment")
    if treatment is not None:
        cells = block.source.frame[treatment.sources[0]]
        told = translate_words(cells, "route", ("iv", "im", "sc", "intranasal", "sublingual", "oral"))
        meant = _routes_of(treatment)
        if told.share == 1 and told.meant:
            rule = DraftRule({"from": treatment.sources[0], "values": told.meant}, treatment.sources)
            block.rules["route"] = rule
            return
        if meant:
            value = {"from": treatment.sources[0], "values": meant}
            confirm = ("the route is guessed from the words for the treatment",)
            block.rules["route"] = DraftRule(value, treatment.sources, "", confirm)
            return
    if block.constants.get("treatment") == "esketamine":
        block.constants["route"] = "intranasal"
        return
    route = next((_ROUTES[word] for word in sorted(words) if word in _ROUTES), "")
    if route:
        block.constants["route"] = route
        block.confirm.append(f"no column tells the route: is it all {route}?")
    else:
        block.confirm.append(
            'no route: without one, phases stay unknown. If there is one only, add route.constant = "iv"'
        )


def _routes_of(treatment: DraftRule) -> dict[str, str]:
    """Guess the route of each word for a treatment; nothing when one could be anything."""
    values = treatment.value.get("values", {}) if isinstance(treatment.value, dict) else {}
    present = set(treatment.cells.dropna().unique()) if treatment.cells is not None else set()
    routes = {word: _route_of(word, value) for word, value in (values or {name: name for name in present}).items()}
    return routes if all(routes.values()) else {}


def _route_of(word: str, treatment: str) -> str:
    if treatment in _ROUTE_OF:
        return _ROUTE_OF[treatment]
    told = [_ROUTES[each] for each in header_words(word) if each in _ROUTES]
    if told:
        return told[0]
    return "iv" if treatment in {"ketamine", "placebo"} else ""


def _fit_in(block: DraftBlock, blocks: list[DraftBlock]) -> str:
    """Keep a further file out, or its sessions that stand in the files before; empty when it can be used."""
    for other in blocks:
        same = _same_rows(block, other)
        if not same.any():
            continue
        told = _marked(block, same)
        if told is not None:
            column, words = told
            reason = f"also in {other.source.table.path}"
            block.source.leave_out.append({"column": column, "is": words, "reason": reason})
            block.confirm.append(f"rows with this mark in '{column}' {reason}")
            _keep_rows(block, ~block.source.frame[column].isin(words))
        elif (given := _given_words(block)) is not None and _adds_others(_without(block, *given), other):
            column, words = given
            reason = f"sessions that took place are taken from {other.source.table.path}"
            block.source.leave_out.append({"column": column, "is": words, "reason": reason})
            block.confirm.append(f"{reason}; only the others are added from here")
            _keep_rows(block, ~block.source.frame[column].isin(words))
        elif same.mean() > MOST_OVERLAP:
            return f"its visits are largely those of {other.source.table.path}, which tells more of them"
        else:
            block.confirm.append(
                f"{int(same.sum()):,} rows have the patient and the day of a row in {other.source.table.path}; the "
                "import stops there and names the rows"
            )
    return ""


def _adds_others(block: DraftBlock, other: DraftBlock) -> bool:
    return len(block.keys()) > 0 and not _same_rows(block, other).any()


def _same_rows(block: DraftBlock, other: DraftBlock) -> pd.Series:
    mine, theirs = block.keys(), other.keys()
    columns = [name for name in ("patient_id", "date", "day") if name in mine and name in theirs]
    if len(columns) < 2:
        return pd.Series(False, index=mine.index)
    known = pd.MultiIndex.from_frame(theirs[columns].astype("str"))
    return pd.Series(pd.MultiIndex.from_frame(mine[columns].astype("str")).isin(known), index=mine.index)


def _marked(block: DraftBlock, same: pd.Series) -> tuple[str, list[str]] | None:
    """Find a column that marks exactly the rows that stand in another file, by a yes or by a word of that kind."""
    frame = block.source.table.rows.loc[same.index]
    used = {column for rule in block.all_rules for column in rule.sources}
    for column in (each for each in block.source.table.columns if each not in used):
        inside, outside = set(frame.loc[same, column].fillna("")), set(frame.loc[~same, column].fillna(""))
        if inside and not inside & outside and "" not in inside:
            told = translate_words(pd.Series(sorted(inside), dtype="str"), "void", ("true", "false"))
            if told.share == 1:
                return column, sorted(inside)
    return None


def _given_words(block: DraftBlock) -> tuple[str, list[str]] | None:
    rule = block.rules.get("status")
    if rule is None:
        return None
    values = rule.value["values"] if isinstance(rule.value, dict) else {name: name for name in _HELD}
    return rule.sources[0], [word for word, value in values.items() if value in _HELD]


def _without(block: DraftBlock, column: str, words: list[str]) -> DraftBlock:
    kept = DraftBlock(block.table, block.source, dict(block.rules))
    _keep_rows(kept, ~block.source.frame[column].isin(words))
    return kept


def _keep_rows(block: DraftBlock, keep: pd.Series) -> None:
    for target, rule in block.rules.items():
        if rule.cells is not None:
            cells = rule.cells[keep.reindex(rule.cells.index, fill_value=True)]
            block.rules[target] = DraftRule(
                rule.value, rule.sources, rule.remark, rule.confirm, rule.codes, cells, rule.years
            )
