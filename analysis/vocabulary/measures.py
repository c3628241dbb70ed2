"""Measures: what is counted, of whom, and why, as cards that are read by people and by the package alike.

``measures.toml`` holds the cards. The numbers of a measure's own (such as the days of a follow-up) stand in the card;
those that every result shares (such as the share of a baseline that is a response) come from the definitions, and are
filled into the card's words.
"""

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from analysis.vocabulary.errors import CallError, DataError, nearest_name
from analysis.vocabulary.settings import settings_of

TYPES = ("process", "outcome")
DIRECTIONS = ("higher is better", "lower is better", "neither")


@dataclass(frozen=True)
class RateRule:
    """An outcome in some windows, under some denominators.

    ``windows`` are windows, or ``headline``, ``sessions`` and ``months`` for those that the definitions' report shows,
    and ``rapid`` for those of a rapid response.
    ``scales`` is ``headline`` (the first scale of the report that has scores) or ``each`` (every one that has).
    """

    outcome: str
    windows: tuple[str, ...]
    denominators: tuple[str, ...]
    scales: str


@dataclass(frozen=True)
class MeanRule:
    """The mean score in some windows."""

    windows: tuple[str, ...]
    scales: str


@dataclass(frozen=True)
class StepRule:
    """Some steps of the flow of people, as shares of one of them; each by its name in `analysis.estimate.flow`."""

    steps: tuple[str, ...]
    of: str
    windows: tuple[str, ...]
    scales: str


@dataclass(frozen=True)
class IndexRule:
    """A follow-up counted from an index score: the first over ``over`` with a visit ``visit_within`` days or sooner.

    ``outcomes`` are among ``follow_up``, ``remission`` and ``response``; ``diagnoses`` belong to the measure, and
    ``excluded`` is the diagnosis that the ladder names apart.
    """

    instrument: str
    over: int
    visit_within: int
    first_day: int
    last_day: int
    remission_below: int
    response_percent: int
    diagnoses: tuple[str, ...]
    excluded: str
    youngest: int
    outcomes: tuple[str, ...]


@dataclass(frozen=True)
class EndedCourseRule:
    """The first and the last scores of a course that is over, on two scales jointly.

    ``outcome`` is ``recovery``, ``reliable_recovery``, ``reliable_improvement`` or ``reliable_deterioration``;
    ``of_cases`` counts only those who were at or over a scale's threshold (``depression_case``, ``anxiety_case``) at
    first. ``depression_change`` and ``anxiety_change`` are the points of a reliable change.
    """

    outcome: str
    of_cases: bool
    depression: str
    depression_case: int
    depression_change: int
    anxiety: str
    anxiety_case: int
    anxiety_change: int
    sessions: int
    days_after: int


@dataclass(frozen=True)
class MeasureCard:
    """One measure. Exactly one of the rules says how it is counted; the rest says so in words.

    ``modelled_on`` names the public measure it follows, without being certified as it; ``differs`` says in what it
    departs from that. ``verified`` is false where its numbers or words were not found in a source.
    """

    title: str
    version: int
    type: str
    direction: str
    numerator: str
    denominator: str
    exclusions: str
    window: str
    rationale: str
    source: str
    verified: bool
    name: str = ""
    modelled_on: str = ""
    differs: tuple[str, ...] = ()
    rate: RateRule | None = None
    mean: MeanRule | None = None
    steps: StepRule | None = None
    index: IndexRule | None = None
    ended_course: EndedCourseRule | None = None

    @property
    def label(self) -> str:
        """Name, version and the first eight characters of the rule's hash, e.g. ``response 1 (3f2a9c1b)``."""
        content = json.dumps([self.name, self.version, asdict(self.rule)], sort_keys=True, separators=(",", ":"))
        return f"{self.name} {self.version} ({hashlib.sha256(content.encode()).hexdigest()[:8]})"

    @property
    def rule(self) -> RateRule | MeanRule | StepRule | IndexRule | EndedCourseRule:
        """The one rule of the card.

        Raises
        ------
        DataError
            When there is none, or several.
        """
        given = [each for each in (self.rate, self.mean, self.steps, self.index, self.ended_course) if each]
        if len(given) != 1:
            raise DataError(f"measures.toml: `{self.name}` must have exactly one rule.")
        return given[0]


@cache
def measure_cards() -> dict[str, MeasureCard]:
    """Return every measure there is, by name.

    Returns
    -------
    dict of str to MeasureCard
        In the order of the file; their words still hold the places for the definitions' numbers (see
        `analysis.vocabulary.measure_words.filled_card`).

    Raises
    ------
    DataError
        Naming the card and the key that is wrong.

    Examples
    --------
    >>> measure_cards()["hedis-drr-e"].index.last_day
    240
    """
    return {name: _card(name, entry) for name, entry in _file().items() if name != "phrases"}


@cache
def shared_phrases() -> dict[str, str]:
    """Return the words that several cards share, by name; they too hold places for numbers.

    Returns
    -------
    dict of str to str
    """
    return dict(_file()["phrases"])


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(files("analysis.vocabulary").joinpath("measures.toml").read_text(encoding="utf-8"))


def _card(name: str, entry: object) -> MeasureCard:
    where = f"measures.toml: `{name}`"
    if not isinstance(entry, dict):
        raise DataError(f"{where}: a table is needed here.")
    card: MeasureCard = settings_of(MeasureCard, entry | {"name": name}, where)
    if card.type not in TYPES or card.direction not in DIRECTIONS:
        raise DataError(f"{where}: `type` must be one of {TYPES} and `direction` one of {DIRECTIONS}.")
    _ = card.rule
    return card


def measure_card(name: str) -> MeasureCard:
    """Return one measure.

    Parameters
    ----------
    name : str

    Returns
    -------
    MeasureCard

    Raises
    ------
    CallError
        When there is no such measure, with the nearest name.

    Examples
    --------
    >>> measure_card("nhs-recovery").ended_course.anxiety_case
    8
    """
    cards = measure_cards()
    if name not in cards:
        hint = nearest_name(str(name), list(cards))
        raise CallError(f"measure: '{name}' is unknown.{hint} The command 'outcomes measures' lists them.")
    return cards[name]
