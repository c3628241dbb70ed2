"""Which totals have an outcome, as the lowest and the highest, in whole numbers: for totals that were never judged."""

import re

import numpy as np
from numpy.typing import NDArray

from analysis.vocabulary.definitions import Definitions
from analysis.vocabulary.instruments import Instrument

Whole = NDArray[np.int64]


def outcome_limits(
    outcome: str, scale: Instrument, definitions: Definitions, baseline_sum: Whole, baseline_n: Whole
) -> tuple[Whole, Whole]:
    """Say for each baseline between which totals a person has an outcome.

    Parameters
    ----------
    outcome : str
        One that a single score decides.
    scale : Instrument
    definitions : Definitions
    baseline_sum, baseline_n : int array
        The baseline is their ratio.

    Returns
    -------
    lowest, highest : int array
        Both included; no total has the outcome where the lowest is over the highest.

    Examples
    --------
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> rules = default_definitions()
    >>> lowest, highest = outcome_limits("response", rules.instruments["PHQ-9"], rules, np.array([21]), np.array([1]))
    >>> int(lowest[0]), int(highest[0])  # twice 10 is at most 21, twice 11 is not
    (0, 10)
    """
    everything = np.full(len(baseline_sum), scale.total_min), np.full(len(baseline_sum), scale.total_max)
    rule = definitions.outcome
    if outcome.startswith("remission"):
        further = re.fullmatch(r"remission_(\d+)", outcome)
        cut_off = int(further[1]) if further else scale.remission_score
        return _better_than(np.full(len(baseline_sum), cut_off), np.ones_like(baseline_sum), scale, everything)
    if outcome in {"response", "rapid_response"} and scale.response_points is None:
        return _gained_percent(rule.response_percent, scale, baseline_sum, baseline_n, everything)
    if outcome in {"response", "rapid_response"}:
        return _gained_points(scale.response_points or 0, scale, baseline_sum, baseline_n, everything)
    if outcome == "partial_response":
        some = _gained_percent(rule.partial_percent, scale, baseline_sum, baseline_n, everything)
        enough = _gained_percent(rule.response_percent, scale, baseline_sum, baseline_n, everything)
        return (some[0], enough[0] - 1) if scale.direction == "higher" else (enough[1] + 1, some[1])
    change = scale.reliable_change or 0
    if outcome == "reliable_improvement":
        return _gained_points(change, scale, baseline_sum, baseline_n, everything)
    # Deterioration and worsening: lost as many points. One gained point fewer than that is not yet lost.
    lowest, highest = _gained_points(-change, scale, baseline_sum, baseline_n, everything, more_only=True)
    return (lowest, highest)


def _gained_percent(
    percent: int, scale: Instrument, total: Whole, n: Whole, everything: tuple[Whole, Whole]
) -> tuple[Whole, Whole]:
    """At least so many percent of the baseline gained: 100 (sum - n t) >= percent sum, or turned round."""
    kept = 100 + percent if scale.direction == "higher" else 100 - percent
    return _better_than(kept * total, 100 * n, scale, everything)


def _gained_points(
    points: int,
    scale: Instrument,
    total: Whole,
    n: Whole,
    everything: tuple[Whole, Whole],
    *,
    more_only: bool = False,
) -> tuple[Whole, Whole]:
    """At least so many points gained; with ``more_only`` at least so many lost (points below 0)."""
    higher = scale.direction == "higher"
    limit = total + points * n if higher else total - points * n
    if not more_only:
        return _better_than(limit, n, scale, everything)
    lowest, highest = everything
    return (lowest, np.minimum(highest, limit // n)) if higher else (np.maximum(lowest, -(-limit // n)), highest)


def _better_than(limit: Whole, n: Whole, scale: Instrument, everything: tuple[Whole, Whole]) -> tuple[Whole, Whole]:
    """At or under ``limit / n``, or at or over it where higher is better."""
    lowest, highest = everything
    if scale.direction == "higher":
        return np.maximum(lowest, -(-limit // n)), highest
    return lowest, limit // n
