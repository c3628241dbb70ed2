"""The words of a measure's card, with the numbers of the definitions in force filled in."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from analysis.vocabulary.definitions import Definitions
from analysis.vocabulary.instruments import Instrument
from analysis.vocabulary.measures import MeasureCard, measure_card, measure_cards, shared_phrases


def filled_card(card: MeasureCard, definitions: Definitions, scales: Sequence[str] | None = None) -> MeasureCard:
    """Fill the numbers of the definitions, and of the card's own rule, into its words.

    Parameters
    ----------
    card : MeasureCard
    definitions : Definitions
    scales : sequence of str, optional
        The scales whose numbers are named; those of the report when left out.

    Returns
    -------
    MeasureCard

    Examples
    --------
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> from analysis.vocabulary.measures import measure_card
    >>> filled_card(measure_card("remission"), default_definitions(), ["PHQ-9"]).numerator
    'People whose score in the window meets the remission cut-off (PHQ-9: 4 or less).'
    """
    chosen = [definitions.instruments[name] for name in scales or definitions.report.instruments]
    numbers: dict[str, Any] = {
        "d": definitions,
        "rule": card.rule,
        "scales": ", ".join(each.name for each in chosen),
        "baseline": _BASELINES[definitions.baseline.choose],
        "gone": "half" if definitions.outcome.response_percent == 50 else f"{definitions.outcome.response_percent} %",
        "entry": _numbers_of((each.name, each.entry_score, _SIDES[each.direction][0]) for each in chosen),
        "remission": _numbers_of((each.name, each.remission_score, _SIDES[each.direction][1]) for each in chosen),
        "reliable": _numbers_of((each.name, each.reliable_change, "points") for each in chosen),
        "in_points": _in_points(chosen),
        "cases": _numbers_of((name, score, "or more") for name, score in definitions.outcome.caseness),
    }
    # A phrase may name numbers of a rule that only some cards have, so each is filled when a card asks for it.
    numbers["p"] = _Phrases(numbers)
    filled: dict[str, Any] = {name: getattr(card, name).format(**numbers) for name in _WORDS}
    return replace(card, **filled, differs=tuple(text.format(**numbers) for text in card.differs))


class _Phrases:
    """The phrases that cards share, filled with the numbers of one card."""

    def __init__(self, numbers: dict[str, Any]) -> None:
        self._numbers = dict(numbers)

    def __getitem__(self, name: str) -> str:
        return str(shared_phrases()[name].format(**self._numbers))


_WORDS = ("numerator", "denominator", "exclusions", "window", "rationale", "source")
_BASELINES = {
    "last": "the last valid score",
    "worst": "the worst valid score",
    "first": "the first valid score",
    "mean": "the mean of the valid scores",
}


_SIDES = {"lower": ("or more", "or less"), "higher": ("or less", "or more")}
"""On which side of a scale's numbers the ill and the well lie, by which direction is better."""


def _numbers_of(numbers: Iterable[tuple[str, int | None, str]]) -> str:
    found = [f"{name}: {number} {unit}" for name, number, unit in numbers if number is not None]
    return "; ".join(found) or "none established"


def _in_points(scales: Sequence[Instrument]) -> str:
    own = [(each.name, each.response_points, "points") for each in scales if each.response_points is not None]
    return f" On some scales so many points better count instead ({_numbers_of(own)})." if own else ""


def measure_windows(names: Sequence[str], definitions: Definitions) -> tuple[str, ...]:
    """Write out the windows of a card.

    Parameters
    ----------
    names : sequence of str
        Windows, or ``headline``, ``sessions`` or ``months`` for those that the definitions' report shows, or ``rapid``
        for those of a rapid response.
    definitions : Definitions

    Returns
    -------
    tuple of str
        None twice; none at all where the definitions' report shows none.

    Examples
    --------
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> measure_windows(["headline", "end of loading", "months"], default_definitions())[:2]
    ('end of loading', 'month 1 after loading')
    """
    report = definitions.report
    several = {
        "headline": [report.headline_window],
        "sessions": [f"after session {k}" for k in range(1, report.sessions + 1)],
        "months": [f"month {m} after loading" for m in range(1, report.months + 1)],
        "rapid": ["24 h", f"by day {definitions.outcome.rapid_day}"],
    }
    return tuple(dict.fromkeys(window for name in names for window in several.get(name, [name])))


def card_sections(card: MeasureCard) -> list[tuple[str, str]]:
    """Lay a card out as headings and texts, in the order in which it is read.

    Parameters
    ----------
    card : MeasureCard
        Filled (see `filled_card`).

    Returns
    -------
    list of (heading, text)
    """
    model = f"{card.modelled_on}. It is not certified as that measure." if card.modelled_on else ""
    check = "" if card.verified else " (Not verified in every part.)"
    found = [
        ("Modelled on", model),
        ("Numerator", card.numerator),
        ("Denominator", card.denominator),
        ("Exclusions", card.exclusions),
        ("Window", card.window),
        ("Type", f"{card.type}; {card.direction.replace('neither', 'neither direction is better')}"),
        ("Why", card.rationale),
        ("Differs from its model", " ".join(card.differs)),
        ("Source", f"{card.source}{check}"),
    ]
    return [(heading, text) for heading, text in found if text]


def card_text(name: str, definitions: Definitions) -> str:
    """Print a measure's card.

    Parameters
    ----------
    name : str
    definitions : Definitions
        Whose numbers are named.

    Returns
    -------
    str
        Lines of at most 100 characters.

    Raises
    ------
    CallError
        When there is no such measure, with the nearest name.

    Examples
    --------
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> print(card_text("completeness", default_definitions()).splitlines()[0])
    Scored in time (completeness, version 1)
    """
    card = filled_card(measure_card(name), definitions)
    lines = [f"{card.title} ({card.name}, version {card.version})"]
    for heading, text in card_sections(card):
        lines += ["", heading, *_indented(text)]
    return "\n".join(lines)


def card_list() -> str:
    """List every measure: name, title, version, whether it is verified, and the source.

    Returns
    -------
    str
    """
    lines = []
    for card in measure_cards().values():
        check = "verified" if card.verified else "not verified in every part"
        lines.append(f"{card.name}: {card.title} (version {card.version}, {check})")
        model = f"Modelled on {card.modelled_on}, not certified as it. " if card.modelled_on else ""
        lines += _indented(f"{model}{card.source}")
    return "\n".join(lines)


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, 100, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
