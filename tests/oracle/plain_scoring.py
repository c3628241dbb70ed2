"""The scoring of every rating scale in plain Python, one form at a time, with each scale's numbers written out.

It shares no line and no number with the package, so that a test which finds both equal has found something.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

Answer = int | None
Scored = tuple[int | None, int, bool, str | None]


@dataclass(frozen=True)
class Sum:
    """A scale whose answers are added up, and how many of them may be missing."""

    highest: tuple[int, ...]
    lowest: int = 0
    missing: int = 0
    times: int = 1
    suicide: int = 0


SUMS = {
    "PHQ-9": Sum((3,) * 9, missing=2, suicide=9),
    "GAD-7": Sum((3,) * 7, missing=2),
    "MADRS": Sum((6,) * 10, suicide=10),
    "HAM-D17": Sum((4, 4, 4, 2, 2, 2, 4, 4, 4, 4, 4, 2, 2, 2, 4, 2, 2), suicide=3),
    "BDI-II": Sum((3,) * 21, suicide=9),
    "PCL-5": Sum((4,) * 20),
    "WHO-5": Sum((5,) * 5, times=4),
    "WSAS": Sum((8,) * 5, missing=1),
    "SHAPS-dichotomous": Sum((1,) * 14),
    "SHAPS-sum": Sum((4,) * 14, lowest=1),
    "CADSS": Sum((4,) * 23),
}
LENGTHS = {name: len(rule.highest) for name, rule in SUMS.items()} | {"QIDS-SR16": 16, "C-SSRS": 7}


def plain_score(instrument: str, given: int | None, answers: list[Answer]) -> Scored:
    """Return the total that is used, the answered items, whether it is prorated, and why the form is set aside."""
    if instrument not in LENGTHS:
        return None, 0, False, "unknown instrument"
    own, beyond = answers[: LENGTHS[instrument]], answers[LENGTHS[instrument] :]
    answered = sum(answer is not None for answer in own)
    if any(answer is not None for answer in beyond) or not in_range(instrument, own):
        return None, answered, False, "item out of range"
    judge: dict[str, Callable[[int | None, list[Answer]], Scored]] = {"QIDS-SR16": qids, "C-SSRS": cssrs}
    return judge[instrument](given, own) if instrument in judge else added_up(SUMS[instrument], given, own)


def in_range(instrument: str, own: list[Answer]) -> bool:
    """Say whether every answer is one that the form offers."""
    return all(answer is None or answer in offered for answer, offered in zip(own, offers(instrument), strict=True))


def offers(instrument: str) -> list[range]:
    """List the answers that each question of a form offers."""
    if instrument not in SUMS:
        return [range(4)] * 16 if instrument == "QIDS-SR16" else [range(2)] * 7
    rule = SUMS[instrument]
    return [range(rule.lowest, most + 1) for most in rule.highest]


def added_up(rule: Sum, given: int | None, own: list[Answer]) -> Scored:
    """Score a scale whose answers are added up."""
    there = [answer for answer in own if answer is not None]
    answered, items, raw = len(there), len(own), sum(there)
    by_items = answered >= items - rule.missing
    replaced = by_items and rule.times > 1 and given is not None and given * rule.times == rule.times * raw
    if given is not None:
        possible = rule.lowest * items <= given <= rule.times * sum(rule.highest)
        if not possible or (given % rule.times and not replaced):
            return None, answered, False, "total out of range"
    if not there:
        return (None, 0, False, "no score recorded") if given is None else (given, 0, False, None)
    if not by_items:
        only_suicide = answered == 1 and rule.suicide and own[rule.suicide - 1] is not None
        used = given if only_suicide else None
        return used, answered, False, None if used is not None else "too few items"
    used = int(Fraction(rule.times * raw * items, answered) + Fraction(1, 2))
    prorated = answered < items
    accepted = {None, used} | ({rule.times * raw} if prorated else set()) | ({raw} if rule.times > 1 else set())
    if given not in accepted:
        return None, answered, False, "total disagrees with items"
    return used, answered, prorated, None


def qids(given: int | None, own: list[Answer]) -> Scored:
    """Score the QIDS-SR16: sleep, weight and movement count by their worst answer; all else by itself."""
    answered = sum(answer is not None for answer in own)
    if given is not None and not 0 <= given <= 27:
        return None, answered, False, "total out of range"
    if not answered:
        return (None, 0, False, "no score recorded") if given is None else (given, 0, False, None)
    sleep, sad, weight, five, move = own[0:4], own[4], own[5:9], own[9:14], own[14:16]
    weighed = all(any(answer is not None for answer in pair) for pair in (weight[:2], weight[2:]))
    if None in (*sleep, sad, *five, *move) or not weighed:
        used = given if answered == 1 and own[11] is not None else None
        return used, answered, False, None if used is not None else "too few items"
    worst = [max(answer for answer in group if answer is not None) for group in (sleep, [sad], weight, move)]
    used = sum(worst) + sum(answer for answer in five if answer is not None)
    return (used, answered, False, None) if given in (None, used) else (None, answered, False, _DISAGREES)


def cssrs(given: int | None, own: list[Answer]) -> Scored:
    """Find the category of the C-SSRS screener: the one to which every way of filling in what is missing leads."""
    answered = sum(answer is not None for answer in own)
    ways = [way for way in product((0, 1), repeat=7) if agrees(way, own)]
    if (own[1] == 0 and 1 in own[2:5]) or (own[5] == 0 and own[6] == 1):
        return None, answered, False, "answers contradict each other"
    if not answered:
        return None, 0, False, "no score recorded" if given is None else "total of a category"
    if given is not None and not 0 <= given <= 3:
        return None, answered, False, "total out of range"
    found = {category(way) for way in ways}
    if len(found) > 1:
        return None, answered, False, "too few items"
    used = found.pop()
    return (used, answered, False, None) if given in (None, used) else (None, answered, False, _DISAGREES)


def agrees(way: tuple[int, ...], own: list[Answer]) -> bool:
    """Say whether a filled-in form keeps the answers, has no plan without thoughts and nothing recent without any."""
    kept = all(answer in (None, filled) for filled, answer in zip(way, own, strict=True))
    return kept and not (way[1] == 0 and any(way[2:5])) and not (way[5] == 0 and way[6] == 1)


def category(way: tuple[int, ...]) -> int:
    """Return 3 for intent, plan or recent behaviour, 2 for a method or behaviour ever, 1 for thoughts, else 0."""
    wish, thoughts, method, intent, plan, ever, recent = way
    if intent or plan or recent:
        return 3
    if method or ever:
        return 2
    return 1 if wish or thoughts else 0


_DISAGREES = "total disagrees with items"
