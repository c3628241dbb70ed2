"""Which columns hold the items and the totals of rating scales: by short names, or by the full text of the question."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache, lru_cache

from analysis.intake.drafting.headers import header_words, known_data

ALIKE = 0.82
CLEARLY = 0.06
SHORTEST_TEXT = 10
FEWEST_SIDE_BY_SIDE = 4

_ITEM = r"(?:q|item|question|itm|no|nr|i)?0?(\d{1,2})"
_TOTAL = r"(?:total|sum|score|totalscore|sumscore|scoretotal|tot|totalpoints|raw|rawscore|overall)?"
_BEFORE, _AFTER = ("pre", "before"), ("post", "after")
# What a form puts before its questions.
_STEMS = (
    "over the last 2 weeks how often have you been bothered by any of the following problems",
    "over the past 2 weeks how often have you been bothered by any of the following problems",
    "over the last two weeks how often have you been bothered by any of the following problems",
    "over the past two weeks how often have you been bothered by any of the following problems",
    "over the last 2 weeks how often have you been bothered by the following problems",
    "over the past 2 weeks how often have you been bothered by the following problems",
    "over the last two weeks how often have you been bothered by the following problems",
    "over the past two weeks how often have you been bothered by the following problems",
)


@dataclass
class Scale:
    """The columns of one scale in one file, answered at one occasion (``pre``, ``post`` or as it comes)."""

    instrument: str
    occasion: str = ""
    items: dict[int, str] = field(default_factory=dict)
    total: str = ""

    @property
    def columns(self) -> list[str]:
        """The total and the items."""
        return [*([self.total] if self.total else []), *self.items.values()]


def item_count(instrument: str) -> int:
    """Return how many items a scale has."""
    return int(known_data()["scales"][instrument]["items"])


def find_scales(headings: dict[str, tuple[str, ...]]) -> tuple[list[Scale], dict[str, str]]:
    """Find the scales among the columns of a file.

    Parameters
    ----------
    headings : dict of str to tuple of str
        By column: its name, and a label where the file has one.

    Returns
    -------
    tuple of list of Scale and dict of str to str
        The scales, and by column why one that looks like part of a scale is not used.

    Examples
    --------
    >>> names = ["phq9_1", "PHQ-9 Q2", "phq9total", "3. Trouble relaxing"]
    >>> scales, _ = find_scales({name: (name,) for name in names})
    >>> [(scale.instrument, scale.items, scale.total) for scale in scales]
    [('PHQ-9', {1: 'phq9_1', 2: 'PHQ-9 Q2'}, 'phq9total'), ('GAD-7', {4: '3. Trouble relaxing'}, '')]
    """
    found: dict[tuple[str, str], Scale] = {}
    odd: dict[str, str] = {}
    short = _side_by_side(headings)
    for column, names in headings.items():
        place = next((each for name in names if (each := _place(name, short))), None)
        if place is None:
            continue
        instrument, number, occasion = place
        scale = found.setdefault((instrument, occasion), Scale(instrument, occasion))
        taken = scale.total if number == 0 else scale.items.get(number, "")
        if taken:
            what = "the total" if number == 0 else f"item {number}"
            odd[column] = f"to confirm: {what} of {instrument} too; another column is used"
        elif number == 0:
            scale.total = column
        else:
            scale.items[number] = column
    return list(found.values()), odd


def _place(header: str, short: set[str]) -> tuple[str, int, str] | None:
    """Return the scale, the item (0 for the total) and the occasion of one heading."""
    words = list(header_words(header))
    occasion = ""
    # "phq9_pre_total": when the scale was answered stands first or last, or beside the scale's name.
    if len(words) > 1:
        for name, marks in (("pre", _BEFORE), ("post", _AFTER)):
            if (marked := [word for word in words if word in marks]) and len(words) - len(marked) <= 3:
                words = [word for word in words if word not in marks]
                occasion = name
    found = _named("".join(words), short) or _keyed(words)
    if found:
        return (*found, occasion)
    asked = question_of(header)
    return (*asked, "") if asked else None


@cache
def _patterns() -> tuple[tuple[str, int, bool, re.Pattern[str], re.Pattern[str]], ...]:
    """Return for each spelling of each scale: scale, items, whether it is short, and how items and totals are named."""
    found = []
    for instrument, entry in known_data()["scales"].items():
        for kind in ("whole", "short"):
            for spelling in entry.get(kind, []):
                name = re.escape("".join(header_words(spelling)))
                total = (
                    f"(?:total|sum)?{name}{_TOTAL}" if kind == "whole" else f"(?:total|sum){name}|{name}{_TOTAL[:-1]}"
                )
                found.append((instrument, entry["items"], kind == "short", re.compile(name + _ITEM), re.compile(total)))
    return tuple(found)


def _named(whole: str, short: set[str]) -> tuple[str, int] | None:
    for instrument, items, is_short, item, _ in _patterns():
        numbered = item.fullmatch(whole)
        if numbered and 1 <= int(numbered[1]) <= items and (not is_short or instrument in short):
            return instrument, int(numbered[1])
    return next(((instrument, 0) for instrument, *_, total in _patterns() if total.fullmatch(whole)), None)


def _side_by_side(headings: dict[str, tuple[str, ...]]) -> set[str]:
    """Return the scales whose short name stands with several numbers: "phq9" is then the ninth item, not the scale."""
    numbers: dict[str, set[int]] = {}
    for whole in ("".join(header_words(name)) for names in headings.values() for name in names):
        for instrument, items, is_short, item, _ in _patterns():
            numbered = item.fullmatch(whole) if is_short else None
            if numbered and 1 <= int(numbered[1]) <= items:
                numbers.setdefault(instrument, set()).add(int(numbered[1]))
    return {instrument for instrument, seen in numbers.items() if len(seen) >= FEWEST_SIDE_BY_SIDE}


def _keyed(words: Iterable[str]) -> tuple[str, int] | None:
    """Find an item by the word that stands for it beside the scale's name, such as ``madrs_sleep``."""
    given = set(words)
    for instrument, entry in known_data()["scales"].items():
        if given & set(entry["whole"]):
            found = [number for number, key in enumerate(entry.get("keys", []), start=1) if key in given]
            if len(found) == 1:
                return instrument, found[0]
    return None


@cache
def _questions() -> tuple[tuple[str, int, str], ...]:
    return tuple(
        (instrument, number, " ".join(header_words(text)))
        for instrument, entry in known_data()["scales"].items()
        for number, text in enumerate(entry.get("texts", []), start=1)
    )


@lru_cache(maxsize=10_000)
def question_of(header: str) -> tuple[str, int] | None:
    """Say which question of PHQ-9 or GAD-7 a heading is the text of.

    Parameters
    ----------
    header : str
        The question; a number or the form's introduction may stand before it, the end may be cut off.

    Returns
    -------
    tuple of str and int, or None
        The scale and the number of the item.

    Examples
    --------
    >>> question_of("2. Feeling down, depressed or hopeless?")
    ('PHQ-9', 2)
    >>> question_of("Over the last 2 weeks, how often have you been ... [Trouble concentrating on things, such]")
    ('PHQ-9', 7)
    >>> question_of("Trouble at work") is None
    True
    """
    text = _without_stem(" ".join(header_words(header)))
    text = re.sub(r"^(?:(?:phq|gad|phq9|gad7|q|item|question|no|nr|[79]|\d{1,2}|[a-i])\s+)+", "", text + " ").strip()
    if len(text) < SHORTEST_TEXT:
        return None
    likeness = sorted(((_alike(text, asked), instrument, number) for instrument, number, asked in _questions()))
    best, second = likeness[-1], likeness[-2]
    return (best[1], best[2]) if best[0] >= ALIKE and best[0] - second[0] >= CLEARLY else None


def _without_stem(text: str) -> str:
    """Leave out what the form says before each question, also where it is cut short by the program."""
    for stem in _STEMS:
        common = 0
        while common < min(len(stem), len(text)) and stem[common] == text[common]:
            common += 1
        if common >= 30:
            cut = text.rfind(" ", 0, common + 1) if common < len(stem) else common
            return text[max(cut, 0) :].strip()
    return text


def _alike(text: str, asked: str) -> float:
    """Compare a heading with a question: the whole, the part that is left when it is cut off, or the question in it."""
    if len(text) >= SHORTEST_TEXT and (asked.startswith(text) or text.startswith(asked)):
        return 1.0
    if asked in text:
        return 0.99
    cut = asked[: len(text)] if len(text) < len(asked) else asked
    likeness = max(_ratio(text, asked), _ratio(text, cut))
    if len(text) > len(asked):
        words, width = text.split(), len(asked.split())
        parts = [" ".join(words[place : place + width]) for place in range(len(words) - width + 1)]
        likeness = max([likeness, *(_ratio(part, asked) - 0.02 for part in parts)])
    return likeness


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
