"""What the items of one rating scale come to, in SQL: the parts of the query over all scales."""

from dataclasses import dataclass

from analysis.vocabulary.instruments import Instrument


@dataclass(frozen=True)
class ScaleSql:
    """SQL about a row of one scale, over its columns ``total`` and ``item_1``, ``item_2`` ...

    Attributes
    ----------
    none : str
        True when no item is answered.
    answered : str
        How many are.
    whole : str
        What a form that needs no prorating comes to; NULL for any other.
    whole_answered : str
        How many items of such a form are answered.
    part : str
        What the answered items of any other form add up to.
    needed : str
        How many items must be answered for the form to be scored by them.
    length : str
        How many answers would need no prorating.
    wrong_item : str
        True when an item is out of its range, or the scale has no such item.
    contradiction : str
        True when a question was left out and answered.
    impossible_total : str
        True when no answers give the total, though it is in the range.
    raw_total : str
        True when the total is given before it was multiplied.
    only_suicide : str
        True when the suicide item is answered.
    """

    none: str
    answered: str
    whole: str
    whole_answered: str
    part: str
    needed: str
    length: str
    wrong_item: str
    contradiction: str
    impossible_total: str
    raw_total: str
    only_suicide: str


def scale_sql(scale: Instrument, *, items: int) -> ScaleSql:
    """Write the SQL about the rows of one scale.

    Parameters
    ----------
    scale : Instrument
    items : int
        How many item columns the rows have; a scale's items beyond them are missing.

    Returns
    -------
    ScaleSql

    Examples
    --------
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> scale_sql(default_definitions().instruments["WSAS"], items=5).whole
    'item_1 + item_2 + item_3 + item_4 + item_5'
    """
    own = [f"item_{number}" for number in range(1, min(scale.items, items) + 1)]
    answered = " + ".join(f"({item} IS NOT NULL)::INTEGER" for item in own) or "0"
    times = f"{scale.multiplier} * " if scale.multiplier > 1 else ""
    raw_total = f"total * {scale.multiplier} = _sum" if times else "false"
    if scale.sums_items:
        whole = _times(times, " + ".join(own) or "NULL::INTEGER")
        whole_answered, length = str(len(own)), str(scale.items)
        part = _times(times, " + ".join(f"coalesce({item}, 0)" for item in own) or "0")
        needed = str(scale.items - scale.missing_items_allowed)
    else:
        whole = _category(scale, items) if scale.score_kind == "category" else _domain_sum(scale, items, times)
        whole_answered, part = answered, "0"
        # Either nothing that is needed is missing, or the form cannot be scored by its items.
        needed = f"CASE WHEN _whole IS NOT NULL THEN 0 ELSE {scale.items + 1} END"
        length = f"CASE WHEN _whole IS NOT NULL THEN {answered} ELSE {scale.items} END"
    return ScaleSql(
        none=f"coalesce({', '.join(own)}) IS NULL" if own else "true",
        answered=answered,
        whole=whole,
        whole_answered=whole_answered,
        part=part,
        needed=needed,
        length=length,
        wrong_item=_wrong_item(scale, own, items),
        contradiction=_contradiction(scale, items),
        impossible_total=f"total % {scale.multiplier} <> 0 AND NOT (_by_items AND {raw_total})" if times else "false",
        raw_total=raw_total,
        only_suicide=f"{_item(scale.suicide_item, items)} IS NOT NULL" if scale.suicide_item else "false",
    )


def _item(number: int, items: int) -> str:
    return f"item_{number}" if number <= items else "NULL::INTEGER"


def _times(times: str, added: str) -> str:
    return f"{times}({added})" if times else added


def _greatest(numbers: tuple[int, ...], items: int) -> str:
    """Write the highest answer of a group, which passes over those that are missing."""
    answers = [_item(number, items) for number in numbers]
    return f"greatest({', '.join(answers)})" if len(answers) > 1 else answers[0]


def _domain_sum(scale: Instrument, items: int, times: str) -> str:
    """Write the sum of the domains where nothing is missing: an answer that is not there may have been the highest."""
    alternatives = {number for group in scale.either for number in group}
    needed = [_item(number, items) for number in range(1, scale.items + 1) if number not in alternatives]
    known = [f"{' + '.join(needed)} IS NOT NULL"] if needed else []
    known += [f"coalesce({', '.join(_item(number, items) for number in group)}) IS NOT NULL" for group in scale.either]
    added = " + ".join(_greatest(group, items) for group in scale.domains)
    return f"CASE WHEN {' AND '.join(known)} THEN {_times(times, added)} END"


def _category(scale: Instrument, items: int) -> str:
    """Write the highest category with a yes; unknown where a missing answer could have led to a higher one."""
    cases = []
    for rank, group in reversed(list(enumerate(scale.category_items, start=1))):
        missing = " OR ".join(_needed_and_missing(scale, number, items) for number in group)
        cases += [f"WHEN {_greatest(group, items)} > 0 THEN {rank}", f"WHEN {missing} THEN NULL"]
    return f"CASE {' '.join(cases)} ELSE 0 END"


def _needed_and_missing(scale: Instrument, number: int, items: int) -> str:
    skipped_by = [asked for asked, left_out in scale.skips if number in left_out]
    not_skipped = [f"{_item(asked, items)} IS DISTINCT FROM 0" for asked in skipped_by]
    return f"({' AND '.join([f'{_item(number, items)} IS NULL', *not_skipped])})"


def _contradiction(scale: Instrument, items: int) -> str:
    tests = [f"({_item(asked, items)} = 0 AND {_greatest(left_out, items)} > 0)" for asked, left_out in scale.skips]
    return f"coalesce({' OR '.join(tests)}, false)" if tests else "false"


def _wrong_item(scale: Instrument, own: list[str], items: int) -> str:
    tops: dict[int, list[str]] = {}
    for item, top in zip(own, scale.item_max, strict=False):
        tops.setdefault(top, []).append(item)
    # Of several items, the greatest and the least pass over those that are missing.
    tests = [f"greatest({', '.join(those)}) > {top}" for top, those in tops.items()]
    tests += [f"least({', '.join(own)}) < {scale.item_min}"] if own else []
    others = [f"item_{number}" for number in range(scale.items + 1, items + 1)]
    tests += [f"coalesce({', '.join(others)}) IS NOT NULL"] if others else []
    return f"coalesce({' OR '.join(tests)}, false)" if tests else "false"
