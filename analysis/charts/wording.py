"""The words on charts: outcomes, denominators, groups and numbers, as a clinician would say them."""

import re
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class OutcomeWords:
    """``title`` heads a chart, ``count`` names the row of those who have it, ``verb`` makes a sentence."""

    title: str
    count: str
    verb: str


OUTCOMES = {
    "response": OutcomeWords("response", "responded", "responded"),
    "remission": OutcomeWords("remission", "in remission", "were in remission"),
    "partial_response": OutcomeWords("partial response", "partly responded", "partly responded"),
    "reliable_improvement": OutcomeWords("reliable improvement", "improved", "reliably improved"),
    "reliable_deterioration": OutcomeWords("reliable deterioration", "worsened", "reliably worsened"),
    "worsening": OutcomeWords("worsening", "worsened", "became worse"),
    "sustained_response": OutcomeWords("sustained response", "responded twice", "responded in two windows"),
    "rapid_response": OutcomeWords("rapid response", "responded", "responded"),
    "recovery": OutcomeWords("recovery", "recovered", "recovered"),
    "reliable_recovery": OutcomeWords("reliable recovery", "recovered", "reliably recovered"),
}


@dataclass(frozen=True)
class EstimandWords:
    """``of`` says of whom, ``rule`` what happens to those not seen, ``count`` names the row of the denominator."""

    of: str
    rule: str
    count: str


ESTIMANDS = {
    "observed": EstimandWords("of those scored", "", "scored"),
    "nonresponder": EstimandWords("of those eligible", "not seen counts as not {verb}", "eligible"),
    "starters": EstimandWords("of everyone who started", "no score counts as not {verb}", "due"),
    "completers": EstimandWords("of those scored who completed loading", "", "completers"),
    "bounds": EstimandWords("of those eligible", "from none to all of those not seen {verb}", "eligible"),
    "bounds of the eligible": EstimandWords(
        "of those eligible", "from none to all of those not seen {verb}", "eligible"
    ),
    "bounds of all starters": EstimandWords(
        "of everyone who started", "from none to all whose outcome is not known {verb}", "due"
    ),
    "treated": EstimandWords("of those who had that session", "not seen counts as not {verb}", "had it"),
    "bounds of those treated": EstimandWords(
        "of those who had that session", "from none to all of those not seen {verb}", "had it"
    ),
    "carried-forward": EstimandWords(
        "by the last score, carried forward", "only to match published tables", "with any score"
    ),
    "inverse-intensity": EstimandWords(
        "of the days of those eligible", "weighted by how often people are seen", "eligible"
    ),
    "weighted": EstimandWords("of those eligible, weighted", "not seen did as those seen who are alike", "eligible"),
    "imputed": EstimandWords("of those eligible, imputed", "not seen did as their other scores say", "eligible"),
    "imputed-left-worse": EstimandWords("of those eligible, imputed", "who left did worse than that", "eligible"),
    "imputed-back-to-baseline": EstimandWords(
        "of those eligible, imputed", "who stopped loading is back at baseline", "eligible"
    ),
    "model": EstimandWords("of those eligible, expected", "by the normal model of all scores", "eligible"),
}

_GROUPS = {"clinic_id": "clinic", "kind": "kind of course", "failed_trials_band": "failed trials"}
_VALUES = {
    "maintenance": "maintenance {}", "kind": "{} course", "loading_status": "loading {}",
    "failed_trials_band": "{} failed trials", "baseline_severity": "{} at baseline",
}  # fmt: skip


def outcome_words(outcome: str) -> OutcomeWords:
    """Return the words for an outcome; one without an entry keeps its own name.

    Examples
    --------
    >>> outcome_words("remission").verb
    'were in remission'
    >>> outcome_words("remission_12").title
    'remission (cut-off 12)'
    >>> outcome_words("better_mood").title
    'better mood'
    """
    if cut_off := re.fullmatch(r"remission_(\d+)", outcome):
        return OutcomeWords(f"remission (cut-off {cut_off[1]})", "in remission", "were in remission")
    plain = outcome.replace("_", " ")
    return OUTCOMES.get(outcome, OutcomeWords(plain, "with it", f"had {plain}"))


def estimand_words(estimand: str) -> EstimandWords:
    """Return the words for a denominator; one without an entry keeps its own name."""
    return ESTIMANDS.get(estimand, EstimandWords(estimand.replace("_", " "), "", "counted"))


def counted(estimand: str, outcome: str) -> str:
    """Say who is counted, and as what.

    Examples
    --------
    >>> counted("nonresponder", "response")
    'of those eligible (not seen counts as not responded)'
    >>> counted("starters", "remission")
    'of everyone who started (no score counts as not in remission)'
    """
    words = estimand_words(estimand)
    rule = words.rule.format(verb=outcome_words(outcome).count)
    return f"{words.of} ({rule})" if rule else words.of


def group_words(column: str) -> str:
    """Name a group column in a sentence.

    Examples
    --------
    >>> group_words("clinic_id"), group_words("age_band")
    ('clinic', 'age band')
    """
    return _GROUPS.get(column, column.replace("_", " "))


def group_value(column: str, value: object) -> str:
    """Name one group.

    Examples
    --------
    >>> group_value("clinic_id", "North"), group_value("maintenance", "not given"), group_value("payer", None)
    ('North', 'maintenance not given', 'payer unknown')
    """
    if pd.isna(value):  # type: ignore[call-overload]
        return f"{group_words(column)} unknown"
    return _VALUES.get(column, "{}").format(value)


def percent(share: float) -> str:
    """Write a share as whole percent.

    Examples
    --------
    >>> percent(0.4796)
    '48 %'
    """
    return f"{100 * share:.0f} %"


def percent_range(low: float, high: float) -> str:
    """Write an interval in whole percent.

    Examples
    --------
    >>> percent_range(0.385, 0.582)
    '38 to 58 %'
    """
    return f"{100 * low:.0f} to {percent(high)}"


def in_hundred(share: float) -> str:
    """Write a share as a natural frequency.

    Examples
    --------
    >>> in_hundred(0.4796)
    '48 in 100'
    """
    return f"{100 * share:.0f} in 100"


def number(count: object) -> str:
    """Write a count with thousands separated; a missing one as a dash.

    Examples
    --------
    >>> number(12345), number(pd.NA)
    ('12,345', '–')
    """
    return "–" if pd.isna(count) else f"{int(count):,}"  # type: ignore[call-overload]


def listed(parts: list[str]) -> str:
    """Join with commas and a final "and".

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def when(window: str) -> str:
    """Put a window into a sentence.

    Examples
    --------
    >>> when("end of loading"), when("month 3 after loading"), when("day 28 +- 7"), when("after session 2")
    ('at the end of loading', 'in month 3 after loading', 'on day 28 ± 7', 'after session 2')
    """
    for start, word in (("end", "at the "), ("month", "in "), ("day", "on "), ("24 h", "at "), ("baseline", "at ")):
        if window.startswith(start):
            return f"{word}{window}".replace("+-", "±")
    return window


def sentences(parts: list[str]) -> str:
    """Join sentences, each beginning with a capital.

    Examples
    --------
    >>> sentences(["the first.", "the second."])
    'The first. The second.'
    """
    return " ".join(part[:1].upper() + part[1:] for part in parts)
