"""Time to an event that is only seen at assessments: it happened between two of them, and nobody knows when.

The right end of the interval is what a plain Kaplan-Meier takes for the day of the event; it is shown beside the
estimate that makes no such claim, so that it can be seen how much the visit schedule alone flatters.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import product
from typing import Any

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.engine import count_all
from analysis.counts.follow_up_tally import IntervalTally
from analysis.counts.ladder import group_levels
from analysis.counts.phase_tally import phase_groups
from analysis.counts.tallies import group_tallies
from analysis.estimate.interval_rows import IntervalEstimates, interval_test_rows
from analysis.estimate.time_to import checked_event
from analysis.vocabulary.relapse_rule import RelapseRule

_NOTES = (
    "treatment-policy: everybody is looked at whether they go on with treatment or not. A death censors at the last "
    "assessment before it: with intervals there is no estimate here in which death competes.",
    "Turnbull's curve has no interval; the fitted distributions have one, if they fit.",
    "The test holds where the groups are assessed by the same schedule.",
)


@dataclass(frozen=True, eq=False, repr=False)
class IntervalTimeTo:
    """Time to an event that is known by intervals.

    Attributes
    ----------
    table : DataFrame
        The curves on each day on which an assessment showed the event: Turnbull's, and the right-end Kaplan-Meier.
    regions : DataFrame
        Where Turnbull's probability lies; inside a region its curve is not unique.
    summary : DataFrame
        Medians by each method.
    fits : DataFrame
        Weibull and log-normal: quantiles with intervals.
    counts : DataFrame
        People, and how many had the event, confirmed and unconfirmed.
    tests : DataFrame
        The test of the groups; no rows without groups.
    notes : tuple of str
        What the result rests on.
    """

    table: pd.DataFrame
    regions: pd.DataFrame
    summary: pd.DataFrame
    fits: pd.DataFrame
    counts: pd.DataFrame
    tests: pd.DataFrame
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        shown = [f"{title}\n{table.to_string(index=False)}" for title, table in self._shown().items()]
        return "Time to an event, by intervals\n" + "\n".join([*shown, *self.notes])

    def _repr_html_(self) -> str:
        tables = [
            f"<h4>{escape(title)}</h4>{table.to_html(index=False, escape=True)}"
            for title, table in self._shown().items()
        ]
        return "".join([*tables, *(f"<p>{escape(note)}</p>" for note in self.notes)])

    def _shown(self) -> dict[str, pd.DataFrame]:
        shown = {
            "People (counts)": self.counts,
            "Medians (summary)": self.summary,
            "Fitted distributions (fits)": self.fits,
            "Test (tests)": self.tests,
        }
        return {title: table for title, table in shown.items() if len(table)}


def interval_time_to(
    cohort: Cohort,
    *,
    event: str,
    origin: str | None = None,
    by: str | Sequence[str] = (),
    instrument: str = "PHQ-9",
    rule: RelapseRule | None = None,
) -> IntervalTimeTo:
    """Estimate how long it takes to an event that lies between two assessments.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    event : str
        As in `time_to`: unconfirmed and confirmed relapses both count as a ``relapse``, and are counted apart;
        ``confirmed relapse`` waits for one that is confirmed.
    origin : str, optional
    by : str or sequence of str
    instrument : str
    rule : RelapseRule, optional
        As in `time_to`.

    Returns
    -------
    IntervalTimeTo
        ``table``: the groups, ``instrument, event, origin, estimator, day``, ``estimate, low, high`` (shares of 1 with
        the event by that day), ``least, most`` (the range within which Turnbull's curve is not unique; then there is no
        ``estimate``), ``method``, ``numerator`` (people in whom it was seen by that day), ``denominator`` and
        ``status`` (``ok``, ``not unique``, ``empty``). ``regions``: ``after, up_to, share``, in days; ``up_to`` is
        missing where the event lies beyond the last assessment. ``summary``: ``estimator, measure, after, estimate,
        low, high``: of Turnbull's median, ``after`` and ``estimate`` are the ends of its region. ``fits``:
        ``distribution, measure, estimate, low, high, location, scale,
        log_likelihood``, where log T = location + scale W. ``counts``: ``people, events, confirmed,
        unconfirmed, died``. ``tests``: ``test, statistic, df, p_value, status``.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Notes
    -----
    See `turnbull`, `fit_intervals` and `interval_log_rank` for methods and sources. A hospitalisation or another event
    that is a relapse in itself is known to the day. Who is followed and how is said at `time_to`.

    Examples
    --------
    >>> from analysis.cohort.cohort import derive
    >>> from analysis.intake.dataset import open_dataset
    >>> found = interval_time_to(derive(open_dataset("data/demo")), event="relapse")
    >>> people = found.counts.iloc[0]
    >>> int(people["confirmed"] + people["unconfirmed"]) == int(people["events"])
    True
    """
    rule = rule or RelapseRule()
    groups = phase_groups(by)
    origin = checked_event(cohort, event, origin, instrument)
    seen, *levels = count_all(
        cohort, [IntervalTally(event, instrument, groups, rule), *group_tallies(groups, instrument)]
    )
    names = [dict(zip(groups, values, strict=True)) for values in product(*map(group_levels, levels))]
    each = [(name, IntervalEstimates(_of(seen, name))) for name in names]
    about = {"instrument": instrument, "event": event, "origin": origin}

    def table(rows_of: Callable[[IntervalEstimates], Iterable[dict[str, Any]]], whole: Sequence[str]) -> pd.DataFrame:
        made = pd.DataFrame([{**name, **about, **row} for name, one in each for row in rows_of(one)])
        return made.astype({column: "Int64" for column in whole if column in made}).assign(
            definitions=cohort.definitions.label
        )

    notes = list(_NOTES)
    if not any(one.people for _, one in each):
        notes.append(f"Nobody reached the origin: {origin}, on the {instrument}.")
    counted = ["numerator", "denominator"]
    return IntervalTimeTo(
        table(IntervalEstimates.curve_rows, ["day", *counted]),
        table(IntervalEstimates.region_rows, ["after", "up_to"]),
        table(IntervalEstimates.median_rows, counted),
        table(IntervalEstimates.fit_rows, counted),
        table(lambda one: [one.count_row()], ["people", "events", "confirmed", "unconfirmed", "died"]),
        interval_test_rows([one for _, one in each]),
        (*notes, f"Rule: {rule}."),
    )


def _of(counts: pd.DataFrame, group: dict[str, Any]) -> pd.DataFrame:
    for name, value in group.items():
        counts = counts[counts[name] == value]
    return counts
