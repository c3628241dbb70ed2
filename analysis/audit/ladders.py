"""The ladder between the counts of a report, and one outcome within another."""

from collections import defaultdict
from itertools import combinations

from analysis.audit.counts import Count
from analysis.audit.positions import people_window, rung_count
from analysis.audit.system import System
from analysis.vocabulary.instruments import Instrument

_BRANCHES = ("loading_completed", "loading_stopped", "loading_open", "loading_unknown")


def add_ladders(system: System) -> None:
    """Say how each rung is the rung below it and those who are not on it; what is not printed gets a cell of its own.

    Parameters
    ----------
    system : System
        It is changed.
    """
    for add in (_add_completers, _add_outcomes, _add_scored, _add_baselines, _add_everybody):
        add(system)


def _add_completers(system: System) -> None:
    for count in system.cells_of("with_outcome_completed"):
        about = (count.period, count.groups, count.instrument, count.window, count.outcome)
        scored = rung_count("scored", *about)._replace(version=count.version)
        of_all = scored._replace(what="scored_completed")
        others, rest, rest_others = (
            count._replace(what=what) for what in ("with_outcome_others", "no_outcome_completed", "no_outcome_others")
        )
        scored_others = of_all._replace(what="scored_others")
        system.add_total(count._replace(what="with_outcome"), [count, others])
        system.add_total(scored, [of_all, scored_others])
        system.add_total(of_all, [count, rest])
        system.add_total(scored_others, [others, rest_others])
        completed = rung_count("loading_completed", *about)._replace(version=count.version)
        if completed in system.index:
            system.add_total(completed, [of_all, of_all._replace(what="completed_not_scored")])


def _add_outcomes(system: System) -> None:
    for count in system.cells_of("with_outcome"):
        about = (count.period, count.groups, count.instrument, count.window, count.outcome)
        scored = rung_count("scored", *about)._replace(version=count.version)
        system.add_total(scored, [count, count._replace(what="no_outcome")])


def _add_scored(system: System) -> None:
    for count in system.cells_of("scored"):
        eligible = count._replace(what="eligible", window=people_window(count.window))
        system.add_total(eligible, [count, count._replace(what="not_scored")])


def _add_baselines(system: System) -> None:
    for count in system.cells_of("eligible"):
        baseline = count._replace(what="with_baseline")
        system.add_total(baseline, [count, count._replace(what="below_entry")])
    for count in system.cells_of("with_baseline"):
        started = count._replace(what="started", instrument="", outcome="")
        system.add_total(started, [count, count._replace(what="no_baseline")])


def _add_everybody(system: System) -> None:
    for count in system.cells_of("treated"):
        parts = [count._replace(what=what) for what in ("prior_ketamine", "undated", "not_due", "started")]
        system.add_total(count, [part for part in parts if part in system.index])
    for count in system.cells_of("loading_completed"):
        system.add_total(count._replace(what="started"), [count._replace(what=what) for what in _BRANCHES])


def add_pairs_of_outcomes(system: System, scales: dict[str, Instrument]) -> None:
    """Say which outcomes lie within one another, and which nobody can have both of.

    Parameters
    ----------
    system : System
        It is changed.
    scales : dict of str to Instrument
        The definitions in force.
    """
    outcomes: dict[Count, list[Count]] = defaultdict(list)
    for count in system.cells_of("with_outcome"):
        if count.instrument in scales:
            outcomes[count._replace(outcome="")].append(count)
    for counts in outcomes.values():
        for one, other in combinations(counts, 2):
            scale = scales[one.instrument]
            for inner, outer in ((one, other), (other, one)):
                if is_within(inner.outcome, outer.outcome, scale):
                    words = f"{outer.outcome} without {inner.outcome}"
                    system.add_total(outer, [inner, outer._replace(what="beside", outcome=words)])
            if is_apart(one.outcome, other.outcome):
                about = (one.period, one.groups, one.instrument, one.window, one.outcome)
                scored = rung_count("scored", *about)._replace(version=one.version)
                words = f"{one.outcome}, {other.outcome}"
                system.add_total(scored, [one, other, one._replace(what="neither", outcome=words)])


def is_within(inner: str, outer: str, scale: Instrument) -> bool:
    """Say whether everybody with one outcome has another, by the scale's definition.

    Examples
    --------
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> is_within("remission", "response", default_definitions().instruments["PHQ-9"])
    True
    """
    entry, end, points = scale.entry_score, scale.remission_score, scale.response_points
    if scale.direction == "higher" or entry is None:
        return False
    if (inner, outer) == ("remission", "response"):
        return end is not None and (2 * end <= entry if points is None else entry - end >= points)
    if (inner, outer) == ("response", "reliable_improvement"):
        fall = points if points is not None else (entry + 1) // 2
        return scale.reliable_change is not None and fall >= scale.reliable_change
    return False


def is_apart(one: str, other: str) -> bool:
    """Say whether nobody can have both of two outcomes.

    Examples
    --------
    >>> is_apart("response", "partial_response"), is_apart("response", "remission")
    (True, False)
    """
    pairs = [{"response", "partial_response"}, {"reliable_improvement", "reliable_deterioration"}]
    return {one, other} in [*pairs, {"response", "reliable_deterioration"}]
