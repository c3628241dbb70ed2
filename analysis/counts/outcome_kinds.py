"""The outcomes that rates can be asked for: of whom, by which scores, and in which windows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.cohort.windows import Window
from analysis.vocabulary.definitions import Definitions
from analysis.vocabulary.errors import CallError, nearest_name
from analysis.vocabulary.instruments import Instrument


@dataclass(frozen=True)
class OutcomeKind:
    """One outcome.

    Attributes
    ----------
    source : {"one score", "any baseline", "two windows", "two scales"}
        Of whom, and by which scores: the eligible by one score; everybody with a baseline by one score; the eligible by
        the scores of two windows; or the cases by the scores of two scales.
    is_true : str
        In SQL, of such a score: true, false, or unknown.
    """

    source: str
    is_true: str


SHARED_OUTCOMES = ("response", "remission", "partial_response", "reliable_improvement", "reliable_deterioration")
"""Outcomes of the same people and scores, counted together."""

_OF_ONE_SCORE = {name: OutcomeKind("one score", name) for name in SHARED_OUTCOMES}
_OF_OTHERS = {
    "worsening": OutcomeKind("any baseline", "worsening"),
    "sustained_response": OutcomeKind("two windows", "sustained_response"),
    "rapid_response": OutcomeKind("one score", "response"),
    "recovery": OutcomeKind("two scales", "recovery"),
    "reliable_recovery": OutcomeKind("two scales", "reliable_recovery"),
}
_KINDS = {**_OF_ONE_SCORE, **_OF_OTHERS}

OUTCOMES = tuple(_KINDS)
"""Every outcome by name; beside these, ``remission_12`` and the like for a scale's further remission cut-offs."""


def outcome_kind(outcome: str, scale: Instrument) -> OutcomeKind:
    """Say what an outcome is on a scale.

    Parameters
    ----------
    outcome : str
        One of `OUTCOMES`, or ``remission_12`` where 12 is one of the scale's alternative cut-offs.
    scale : Instrument

    Returns
    -------
    OutcomeKind

    Raises
    ------
    CallError
        For any other name.

    Examples
    --------
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> outcome_kind("remission_12", default_definitions().instruments["MADRS"]).is_true
    'CASE WHEN remission IS NOT NULL THEN total_hundredths <= 1200 END'
    """
    if outcome in _KINDS:
        return _KINDS[outcome]
    further = {f"remission_{score}": score for score in scale.remission_alternatives}
    if outcome in further:
        within = ">=" if scale.direction == "higher" else "<="
        cut_off = 100 * further[outcome]
        return OutcomeKind("one score", f"CASE WHEN remission IS NOT NULL THEN total_hundredths {within} {cut_off} END")
    known = [*OUTCOMES, *further]
    if re.fullmatch(r"remission_\d+", outcome):
        cut_offs = ", ".join(["remission", *further])
        raise CallError(f"outcome: the definitions hold no such cut-off for {scale.name}; there are: {cut_offs}.")
    raise CallError(f"outcome: '{outcome}' is unknown.{nearest_name(outcome, known)} There are: {', '.join(known)}.")


def refuse_undefined(outcome: str, instrument: str, windows: Sequence[Window], definitions: Definitions) -> None:
    """Stop where the definitions leave an outcome undefined on a scale or in a window.

    Parameters
    ----------
    outcome : str
        One of `OUTCOMES`.
    instrument : str
    windows : sequence of Window
    definitions : Definitions

    Raises
    ------
    CallError
        Saying what is missing, or with which windows or scales the outcome goes.
    """
    scale, rule = definitions.instruments[instrument], definitions.outcome
    if scale.entry_score is None and _source(outcome) not in {"any baseline", "two scales"}:
        raise CallError(f"instrument: the definitions hold no entry score for {instrument}, so nobody is eligible.")
    if (outcome.startswith("reliable") or outcome == "worsening") and scale.reliable_change is None:
        raise CallError(f"outcome: the definitions hold no reliable-change value for {instrument}.")
    if outcome == "remission" and scale.remission_score is None:
        raise CallError(f"outcome: the definitions hold no remission cut-off for {instrument}.")
    if outcome == "partial_response" and scale.response_points is not None:
        raise CallError(f"outcome: response on {instrument} is defined in points, so there is no partial response.")
    if outcome == "sustained_response" and any(window.kind != "month" for window in windows):
        raise CallError("outcome: 'sustained_response' goes with the windows 'month m after loading' only.")
    rapid = ("24 h", f"by day {rule.rapid_day}")
    if outcome == "rapid_response" and any(window.name not in rapid for window in windows):
        raise CallError(f"outcome: 'rapid_response' goes with the windows '{rapid[0]}' and '{rapid[1]}' only.")
    if _source(outcome) == "two scales":
        names = [name for name, _ in rule.caseness]
        if instrument not in names:
            raise CallError(
                f"outcome: '{outcome}' is of {' and '.join(names)} jointly; give one of them as instrument."
            )
        if outcome == "reliable_recovery":
            for name in names:
                if definitions.instruments[name].reliable_change is None:
                    raise CallError(f"outcome: the definitions hold no reliable-change value for {name}.")


def scales_judged(outcome: str, instrument: str, definitions: Definitions) -> tuple[str, ...]:
    """Name the scales that an outcome is judged by.

    Parameters
    ----------
    outcome : str
    instrument : str
    definitions : Definitions

    Returns
    -------
    tuple of str
        The instrument; for recovery both scales of its definition.

    Examples
    --------
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> scales_judged("recovery", "PHQ-9", default_definitions())
    ('PHQ-9', 'GAD-7')
    """
    if _source(outcome) == "two scales":
        return tuple(name for name, _ in definitions.outcome.caseness)
    return (instrument,)


def _source(outcome: str) -> str:
    # A further remission cut-off, which has no entry of its own, is of one score.
    return _KINDS[outcome].source if outcome in _KINDS else "one score"
