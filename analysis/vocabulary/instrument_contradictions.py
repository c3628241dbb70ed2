"""What cannot be true at once in the numbers of a rating scale."""

from collections.abc import Iterator

from analysis.vocabulary.instruments import Instrument


def contradictions(instrument: Instrument) -> list[str]:
    """List what cannot be true at once in an instrument's numbers.

    Parameters
    ----------
    instrument : Instrument

    Returns
    -------
    list of str
        One sentence for each contradiction, the gravest first; empty when there is none.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> contradictions(replace(default_definitions().instruments["GAD-7"], entry_score=40))
    ['entry_score must lie between 1 and the highest total 21']
    """
    found = [*_of_words(instrument), *_of_items(instrument)]
    if found:
        return found  # the range of the total needs sound items
    found = list(_of_category(instrument)) if instrument.score_kind == "category" else []
    return [*found, *_of_cut_offs(instrument), *_of_rules(instrument), *_of_bands(instrument)]


def _of_words(scale: Instrument) -> Iterator[str]:
    for key, allowed in _WORDS.items():
        if getattr(scale, key) not in allowed:
            yield f"{key} must be {' or '.join(allowed)}"


def _of_items(scale: Instrument) -> Iterator[str]:
    if scale.items < 1:
        yield "items must be 1 or more"
        return
    if len(scale.item_max) != scale.items:
        yield f"item_max lists {len(scale.item_max)} numbers for {scale.items} items"
    if scale.item_min < 0 or any(top <= scale.item_min for top in scale.item_max):
        yield "item_max must lie over item_min, and item_min must be 0 or more"
    if scale.multiplier < 1:
        yield "multiplier must be 1 or more"
    if not 0 <= scale.missing_items_allowed < scale.items:
        yield "missing_items_allowed must be 0 or more and fewer than the items"
    yield from _of_groups(scale)
    if scale.suicide_item is not None and scale.suicide_item not in _numbers(scale):
        yield f"suicide_item must be the number of an item, 1 to {scale.items}"
    for name, number in scale.named_items.items():
        if number and number not in _numbers(scale):
            yield f"named_items.{name} must be the number of an item, 1 to {scale.items}, or 0 for the total"


def _of_groups(scale: Instrument) -> Iterator[str]:
    if any(not group for group in (*scale.domains, *scale.category_items)):
        yield "domains and category_items must not hold an empty list"
    if scale.domains and sorted(number for group in scale.domains for number in group) != [*_numbers(scale)]:
        yield f"domains must hold each item from 1 to {scale.items} once"
    for asked, left_out in scale.skips:
        if not {asked, *left_out} <= set(_numbers(scale)) or asked in left_out or not left_out:
            yield f"skips must list an item that is asked, and others, 1 to {scale.items}, that may be left out"
    if (scale.skips or scale.category_items) and scale.score_kind != "category":
        yield 'skips and category_items are for score_kind = "category": in a total every item counts'
    if scale.domains and scale.missing_items_allowed:
        yield "domains cannot be prorated: missing_items_allowed must be 0"
    for group in scale.either:
        if len(group) < 2 or not any(set(group) <= set(domain) for domain in scale.domains):
            yield "either must list items of one domain, of which one answer is enough"


def _numbers(scale: Instrument) -> range:
    return range(1, scale.items + 1)


def _of_category(scale: Instrument) -> Iterator[str]:
    if scale.missing_items_allowed:
        yield "a category cannot be prorated: missing_items_allowed must be 0"
    if scale.domains or scale.multiplier != 1 or scale.item_min != 0:
        yield "a category has neither domains, a multiplier nor an item_min"
    used = [number for group in scale.category_items for number in group]
    if not used or not set(used) <= set(_numbers(scale)) or len(set(used)) != len(used):
        yield f"category_items must list items from 1 to {scale.items}, each at most once"
    if [low for low, _ in scale.severity] != list(range(len(scale.category_items) + 1)):
        yield "severity must name each category by its number: 0 for the lowest, and 1 and so on for category_items"
    if any(getattr(scale, key) is not None for key in (*_CUT_OFFS, *_CHANGES)) or scale.remission_alternatives:
        yield f"a category has no points: leave out {', '.join((*_CUT_OFFS, *_CHANGES))} and remission_alternatives"


def _of_cut_offs(scale: Instrument) -> Iterator[str]:
    higher = scale.direction == "higher"
    entry, low, high = scale.entry_score, scale.total_min, scale.total_max
    beyond = "over" if higher else "under"
    for key, score in _remissions(scale):
        if entry is not None and (score <= entry if higher else score >= entry):
            yield f"{key} must lie {beyond} entry_score"
        if not low <= score <= high:
            yield f"{key} must lie between {low} and {high}, the range of the total"
        if scale.relapse_score is not None and (
            score <= scale.relapse_score if higher else score >= scale.relapse_score
        ):
            yield f"{key} must lie {beyond} relapse_score"
    if entry is not None and not (low <= entry < high if higher else low < entry <= high):
        if higher:
            yield f"entry_score must lie between the lowest total {low} and {high - 1}"
        else:
            yield f"entry_score must lie between {low + 1} and the highest total {high}"
    if scale.relapse_score is not None and not low <= scale.relapse_score <= high:
        yield f"relapse_score must lie between {low} and {high}, the range of the total"


def _remissions(scale: Instrument) -> Iterator[tuple[str, int]]:
    if scale.remission_score is not None:
        yield "remission_score", scale.remission_score
    for score in scale.remission_alternatives:
        yield "remission_alternatives", score


def _of_rules(scale: Instrument) -> Iterator[str]:
    span = scale.total_max - scale.total_min
    for key in _CHANGES:
        points = getattr(scale, key)
        if points is not None and not 0 < points <= span:
            yield f"{key} must lie between 1 and {span}, the widest change there can be"
    by_percent = scale.entry_score is not None and scale.response_points is None
    if by_percent and (scale.direction == "higher" or scale.total_min > 0):
        why = "where higher is better or the total starts above 0, a share of the baseline says nothing"
        yield f"response_points is needed: {why}"
    if scale.remission_alternatives and scale.remission_score is None:
        yield "remission_alternatives need a remission_score"
    if any(not 0 < points <= span for points, _, _ in scale.meaningful_change):
        yield f"meaningful_change must lie between 0 and {span} points"
    if any(not 0 < percent <= 100 for percent, _, _ in scale.meaningful_percent):
        yield "meaningful_percent must lie between 0 and 100"
    if scale.recall_days is not None and scale.recall_days < 0:
        yield "recall_days must be 0 or more"


def _of_bands(scale: Instrument) -> Iterator[str]:
    lows = [low for low, _ in scale.severity]
    if lows and (lows != sorted(set(lows)) or lows[0] != scale.total_min):
        yield f"severity bands must start at {scale.total_min} and rise"
    if lows and lows[-1] > scale.total_max:
        yield f"severity bands must lie within the range of the total, {scale.total_min} to {scale.total_max}"


_WORDS = {"score_kind": ("total", "category"), "direction": ("lower", "higher"), "rater": ("self", "clinician")}
_CUT_OFFS = ("entry_score", "remission_score", "relapse_score")
_CHANGES = ("response_points", "reliable_change")
