"""Time to an event: first response or remission, and relapse or lost response after loading.

Clinic data are seen at assessments only, so an event is dated by the assessment that first shows it; how much that
flatters is shown by `interval_time_to`. Stopping treatment does not preclude a relapse, so each result names its
strategy for it (ICH E9(R1)).
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import product
from typing import Any

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.engine import count_all
from analysis.counts.follow_up_tally import COMPETING, EVENTS, UNITS, FollowUpTally
from analysis.counts.ladder import group_levels
from analysis.counts.phase_tally import phase_groups
from analysis.counts.tallies import group_tallies
from analysis.estimate.time_to_rows import (
    curve_rows,
    day_counts,
    make_curves,
    risk_rows,
    run_tests,
    summary_rows,
)
from analysis.vocabulary.errors import CallError, nearest_name
from analysis.vocabulary.relapse_rule import RelapseRule

FEWEST = 11
"""A curve is cut where fewer remain at risk; more than the counts that a public table hides."""

SIDE_BY_SIDE = ("treatment-policy", "while-on-treatment")

MEANING = {
    "treatment-policy": "treatment-policy: all are looked at, whether they go on with treatment or not; death competes",
    "while-on-treatment": "while-on-treatment: only what happens before treatment stops; stopping and death compete",
    "hypothetical": "hypothetical: as if nobody stopped treatment; death competes",
}

HYPOTHETICAL_WARNING = (
    "hypothetical: whoever stopped treatment is taken to have fared as those who went on. People stop because they are "
    "better, worse or cannot pay, so this is hardly ever true. Do not report it without the other strategies."
)


class HypotheticalWarning(UserWarning):
    """A result rests on what would have happened had nobody stopped."""


@dataclass(frozen=True, eq=False, repr=False)
class TimeTo:
    """Time to an event.

    Attributes
    ----------
    table : DataFrame
        The curves: the share with the event, and with what competes, up to each day.
    risk : DataFrame
        At evenly spread times: at risk, and how many had the event, a competing one, or were censored before.
    summary : DataFrame
        Quantiles of the time to the event, and restricted means.
    tests : DataFrame
        Log-rank and Gray's test; no rows without groups.
    notes : tuple of str
        What the result rests on, and its warnings.
    """

    table: pd.DataFrame
    risk: pd.DataFrame
    summary: pd.DataFrame
    tests: pd.DataFrame
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        shown = [f"{title}\n{table.to_string(index=False)}" for title, table in self._shown().items()]
        return "Time to an event\n" + "\n".join([*shown, *self.notes])

    def _repr_html_(self) -> str:
        tables = [
            f"<h4>{escape(title)}</h4>{table.to_html(index=False, escape=True)}"
            for title, table in self._shown().items()
        ]
        return "".join([*tables, *(f"<p>{escape(note)}</p>" for note in self.notes)])

    def _shown(self) -> dict[str, pd.DataFrame]:
        shown = {"Times (summary)": self.summary, "People (risk)": self.risk, "Tests (tests)": self.tests}
        return {title: table for title, table in shown.items() if len(table)}


def time_to(
    cohort: Cohort,
    *,
    event: str,
    origin: str | None = None,
    strategy: str | Sequence[str] = SIDE_BY_SIDE,
    by: str | Sequence[str] = (),
    instrument: str = "PHQ-9",
    unit: str = "day",
    strata: str | Sequence[str] = (),
    until: int | None = None,
    fewest: int = FEWEST,
    rule: RelapseRule | None = None,
) -> TimeTo:
    """Estimate how long it takes to an event.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    event : str
        - ``response``, ``remission``: the first, from the first session, of everybody eligible;
        - ``lost response``: a score that is no response any more, from the response at the end of loading;
        - ``relapse``: that at or over the scale's relapse score, or an event that is a relapse in itself;
        - ``confirmed lost response``, ``confirmed relapse``: the first that another assessment confirms.
    origin : {"first session", "end of loading response"}, optional
        Each event has one of them; it may be named to be sure.
    strategy : str or sequence of str
        For stopping treatment: ``treatment-policy`` and ``while-on-treatment`` side by side when left out;
        ``hypothetical`` comes with a warning.
    by : str or sequence of str
        Groups, of the course's first session or the patient (see `phases`).
    instrument : str
    unit : {"day", "session"}
        Time in days, or in sessions received (response and remission only).
    strata : str or sequence of str
        The tests are stratified by these groups.
    until : int, optional
        Restricted means are up to this day; when left out, up to the last that all curves show.
    fewest : int
        A curve is cut where fewer remain at risk.
    rule : RelapseRule, optional
        How a relapse is confirmed, which events are one, and how long a known state lasts.

    Returns
    -------
    TimeTo
        ``table``: the groups, ``instrument, event, origin, strategy, happened`` (``event``, what competes, or ``none of
        these``), ``day`` or ``session``, ``estimate, low, high`` (shares of 1 of all at the origin; limits are missing
        while nobody and once everybody has had it), ``method``, ``numerator`` (people so far), ``denominator`` (at the
        origin), ``at_risk`` (at the beginning of the day), ``censored`` (so far), ``status`` (``ok``; ``too few`` at
        the origin to show a curve; ``empty``) and ``definitions``. ``risk``: ``at_risk``, ``had_event, stopped, died,
        censored`` before that time. ``summary``: ``measure``, ``until`` and the same columns, in days or sessions.
        ``tests``: ``test, statistic, df, p_value, status``.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.
    HypotheticalWarning
        As a warning, with the strategy of that name.

    Notes
    -----
    Of each person's first course, without people who had ketamine before day 0. Scores taken right after a session do
    not count. Later courses count too, against the baseline of the first: what comes after stopping is part of
    treatment-policy. Following ends with the last assessment (censored); a death or a relapse in
    itself counts when it comes within ``known_days`` after it. Treatment stops as in `occupancy`
    (`analysis.counts.stopping_rule`): on the day on which no session has come for longer than a course may pause, or
    the day after the last one in care that the clinic recorded; here also with the first session of another treatment.
    A stop counts when the last session, or the last day in care, comes within ``known_days`` after the last assessment.
    Nobody is known to have stopped while the data end too soon after the last session.

    The curve of an event is Aalen-Johansen's, which is 1 less Kaplan-Meier's where nothing competes; limits are
    log-log on Greenwood's variance (see `analysis.estimate.day_curves`). The log-rank test compares hazards of the
    event; Gray's compares the curves.

    Examples
    --------
    >>> from analysis.cohort.cohort import derive
    >>> from analysis.intake.dataset import open_dataset
    >>> found = time_to(derive(open_dataset("data/demo")), event="response")
    >>> medians = found.summary[found.summary["measure"] == "median"]
    >>> list(medians["strategy"]), list(medians["status"])
    (['treatment-policy', 'while-on-treatment'], ['ok', 'not reached'])
    """
    strategies = (strategy,) if isinstance(strategy, str) else tuple(strategy)
    rule = rule or RelapseRule()
    groups, layers = phase_groups(by), phase_groups(strata)
    origin = checked_event(cohort, event, origin, instrument)
    _check(event, strategies, unit, fewest=fewest, until=until)
    if both := set(groups) & set(layers):
        raise CallError(f"strata: '{min(both)}' is a group already; a test is not stratified by what it compares.")
    if layers and not groups:
        raise CallError("strata: there is nothing to test without groups; name them in by=.")
    tally = FollowUpTally(event, instrument, (*groups, *layers), strategies, unit, rule)
    followed, *levels = count_all(cohort, [tally, *group_tallies(groups, instrument)])
    combined = [dict(zip(groups, values, strict=True)) for values in product(*map(group_levels, levels))]
    names = [{**group, "strategy": each} for group in combined for each in strategies]
    of = make_curves(followed, names, fewest=fewest)
    about = {"instrument": instrument, "event": event, "origin": origin}

    def labelled(table: pd.DataFrame) -> pd.DataFrame:
        for place, (name, value) in enumerate(about.items()):
            table.insert(len(groups) + place, name, value)
        return table.assign(definitions=cohort.definitions.label)

    notes = [MEANING[each] for each in strategies]
    if not any(map(of.people, range(len(names)))):
        notes.append(f"Nobody reached the origin: {origin}, on the {instrument}.")
    if "hypothetical" in strategies:
        warnings.warn(HYPOTHETICAL_WARNING, HypotheticalWarning, stacklevel=2)
        notes.append(HYPOTHETICAL_WARNING)
    notes.append(f"Rule: {rule}.")
    return TimeTo(
        labelled(curve_rows(of, unit)),
        labelled(risk_rows(of, unit, spread_times(max(of.shown)))),
        labelled(summary_rows(of, unit, until)),
        _tests(followed, combined, layers, strategies) if len(combined) > 1 else _no_tests(),
        tuple(notes),
    )


def _tests(
    followed: pd.DataFrame, combined: Sequence[dict[str, Any]], layers: Sequence[str], strategies: Sequence[str]
) -> pd.DataFrame:
    days = int(followed["time"].max()) + 1 if len(followed) else 1
    parts = [part for _, part in followed.groupby(list(layers))] if layers and len(followed) else [followed]
    rows = []
    for strategy in strategies:
        names = [{**group, "strategy": strategy} for group in combined]
        found = run_tests([day_counts(part, names, days) for part in parts])
        for test, result in found.items():
            words = f"{test}, stratified by {', '.join(layers)}" if layers else test
            values = (strategy, words, result.statistic, result.df, result.p_value, result.status)
            rows.append(dict(zip(_no_tests().columns, values, strict=True)))
    return pd.DataFrame(rows).astype({"df": "Int64"})


def _no_tests() -> pd.DataFrame:
    return pd.DataFrame(columns=["strategy", "test", "statistic", "df", "p_value", "status"])


def spread_times(last: int) -> list[int]:
    """Give up to seven round times from 0 to the last, for the numbers under a curve.

    Examples
    --------
    >>> spread_times(365), spread_times(8), spread_times(-1)
    ([0, 60, 120, 180, 240, 300, 360], [0, 2, 4, 6, 8], [0])
    """
    step = next((step for step in (1, 2, 7, 14, 30, 60, 90, 180, 365, 730) if last / step < 7), 3650)
    return list(range(0, max(last, 0) + 1, step))


def checked_event(cohort: Cohort, event: str, origin: str | None, instrument: str) -> str:
    """Check what is waited for, and from where.

    Parameters
    ----------
    cohort : Cohort
    event : str
    origin : str or None
    instrument : str

    Returns
    -------
    str
        The origin.

    Raises
    ------
    CallError
    """
    if not isinstance(cohort, Cohort):
        raise CallError("cohort: a cohort is needed; make one with derive(open_dataset(...)).")
    _one_of(event, list(EVENTS), "event")
    _one_of(instrument, list(cohort.definitions.instruments), "instrument")
    kind, scale = EVENTS[event], cohort.definitions.instruments[instrument]
    if origin is not None:
        _one_of(origin, list(dict.fromkeys(each.origin for each in EVENTS.values())), "origin")
    if origin not in (None, kind.origin):
        raise CallError(f"origin: '{event}' is counted from '{kind.origin}', not from '{origin}'.")
    for needed in ("entry_score", kind.needs):
        if getattr(scale, needed) is None:
            raise CallError(
                f"event: the {instrument} has no {needed} in the definitions, so '{event}' is not defined on it."
            )
    return kind.origin


def _check(event: str, strategies: tuple[str, ...], unit: str, *, fewest: int, until: int | None) -> None:
    if not strategies or len(set(strategies)) < len(strategies):
        raise CallError("strategy: name at least one, and none twice.")
    for name in strategies:
        _one_of(name, list(COMPETING), "strategy")
    _one_of(unit, list(UNITS), "unit")
    if unit == "session" and EVENTS[event].origin != "first session":
        raise CallError(f"unit: '{event}' is counted from the end of loading, so in days only.")
    if fewest < 1:
        raise CallError("fewest: 1 or more; a curve has no meaning with nobody at risk.")
    if until is not None and until < 1:
        raise CallError("until: a day after the origin, 1 or later.")


def _one_of(name: object, known: Sequence[str], option: str) -> None:
    if name not in known:
        hint = nearest_name(str(name), list(known))
        raise CallError(f"{option}: '{name}' is unknown.{hint} There are: {', '.join(known)}.")
