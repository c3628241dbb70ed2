"""The tallies behind times to an event: who was followed from an origin, what ended it, and on which day."""

from dataclasses import dataclass

import duckdb
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import definition_values, run_statement, sql_statements
from analysis.cohort.windows import parse_window
from analysis.counts.groups import groups_in_sql
from analysis.counts.stopping_rule import CARE_ENDED, paused_from
from analysis.vocabulary.relapse_rule import RelapseRule

FIRST_SESSION, END_OF_LOADING = "first session", "end of loading response"


@dataclass(frozen=True)
class EventKind:
    """One event to wait for: from where, when a score meets it, whether it must be confirmed, and the scale's need."""

    origin: str
    meets: str
    confirmed: bool = False
    is_relapse: bool = False
    needs: str = "entry_score"


_LOST, _RELAPSED = "NOT is_response", "NOT is_response AND is_over_relapse"
EVENTS = {
    "response": EventKind(FIRST_SESSION, "is_response"),
    "remission": EventKind(FIRST_SESSION, "is_remission", needs="remission_score"),
    "lost response": EventKind(END_OF_LOADING, _LOST),
    "confirmed lost response": EventKind(END_OF_LOADING, _LOST, confirmed=True),
    "relapse": EventKind(END_OF_LOADING, _RELAPSED, is_relapse=True, needs="relapse_score"),
    "confirmed relapse": EventKind(END_OF_LOADING, _RELAPSED, True, True, needs="relapse_score"),
}
"""What can be waited for."""

COMPETING = {"treatment-policy": ("died",), "while-on-treatment": ("stopped", "died"), "hypothetical": ("died",)}
"""The strategies for stopping treatment, and which ends of following compete with the event under each."""

UNITS = ("day", "session")


@dataclass(frozen=True)
class FollowUpTally:
    """People by strategy, how the following ended (`event`, `stopped`, `died` or `censored`), and when.

    ``time`` is in days since the origin, or the number of sessions received (``unit="session"``).
    """

    event: str
    instrument: str
    by: tuple[str, ...]
    strategies: tuple[str, ...]
    unit: str
    rule: RelapseRule

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, the strategy, the end and its time."""
        return (*self.by, "strategy", "end", "time")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the people of each end and time."""
        followed = followed_query(part, self.event, self.instrument, self.rule, first_course=self.unit == "session")
        groups = groups_in_sql(self.by, part, self.instrument, of="origins.")
        pieces = [
            f"SELECT {_listed(self.by)}'{strategy}' AS strategy, {end_in_sql(strategy)} AS ending, "
            f"{time_in_sql(self.unit, strategy)} AS time, count(*) AS people FROM followed GROUP BY ALL"
            for strategy in self.strategies
        ]
        query = f"WITH followed AS MATERIALIZED (SELECT *{groups} FROM ({followed}) AS origins)"
        found = run_followed(part, f"{query} {' UNION ALL '.join(pieces)}", self.rule).df()
        return found.rename(columns={"ending": "end"})


@dataclass(frozen=True)
class IntervalTally:
    """People by the interval in which the event happened, in days since the origin.

    ``after`` is the last day known to be without the event, ``up_to`` the first known to be with it, -1 where it was
    not seen. ``confirmed`` says of an event whether it was (see `RelapseRule`), else ``none``. Everybody is looked at
    whether they go on with treatment or not; a death censors at the last assessment before it.
    """

    event: str
    instrument: str
    by: tuple[str, ...]
    rule: RelapseRule

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, the interval and whether its event was confirmed."""
        return (*self.by, "after", "up_to", "confirmed")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the people of each interval; ``died`` of them are censored by their death."""
        followed = followed_query(part, self.event, self.instrument, self.rule, first_course=False)
        groups = groups_in_sql(self.by, part, self.instrument, of="origins.")
        query = (
            f"WITH followed AS MATERIALIZED (SELECT *{groups} FROM ({followed}) AS origins), "
            f"ended AS (SELECT *, {end_in_sql('treatment-policy')} AS ending FROM followed) "
            f"SELECT {_listed(self.by)}(CASE WHEN ending <> 'event' THEN last_assessed "
            "WHEN is_in_itself THEN event_day - 1 "
            # An event on the day of the origin itself, such as a response to a second session, lies on that day.
            "ELSE least(not_met_day, event_day - 1) END - origin_day)::INTEGER AS after, "
            "(CASE WHEN ending = 'event' THEN event_day - origin_day ELSE -1 END)::INTEGER AS up_to, "
            "CASE WHEN ending <> 'event' THEN 'none' WHEN is_in_itself OR met_confirmed THEN 'yes' ELSE 'no' END "
            "AS confirmed, count(*) AS people, count(*) FILTER (ending = 'died') AS died FROM ended GROUP BY ALL"
        )
        return run_followed(part, query, self.rule).df()


def followed_query(part: Cohort, event: str, instrument: str, rule: RelapseRule, *, first_course: bool) -> str:
    """Write the query of one row for each patient who is followed up (see ``follow_up.sql``).

    Parameters
    ----------
    part : Cohort
        One partition.
    event, instrument : str
    rule : RelapseRule
    first_course : bool
        Only scores of the first course count.

    Returns
    -------
    str
    """
    kind, scale = EVENTS[event], part.scale_number(instrument)
    starting, responding, followed = sql_statements("follow_up.sql", "analysis.counts")
    if kind.origin == FIRST_SESSION:
        origins, after = starting.format(scale=scale), "session_row IS NOT NULL"
    else:
        window = parse_window("end of loading", part.definitions)
        picked = part.pick_scores([window], instrument)
        origins = responding.format(picked=picked, window=part.window_number(window))
        after = "scores.day > origin_day"
    return followed.format(
        origins=origins,
        scale=scale,
        after_origin=f"{after} AND scores.course = 1" if first_course else after,
        meets=kind.meets,
        counts="is_confirmed" if kind.confirmed else "true",
        is_relapse="true" if kind.is_relapse else "false",
        care_ended=CARE_ENDED,
        paused_from=paused_from("origins.last_day"),
        confirm_first=rule.confirm_first,
        confirm_last=rule.confirm_last,
    )


def run_followed(part: Cohort, query: str, rule: RelapseRule) -> duckdb.DuckDBPyConnection:
    """Run a query that holds one from `followed_query`.

    Parameters
    ----------
    part : Cohort
    query : str
    rule : RelapseRule

    Returns
    -------
    DuckDBPyConnection
        Holding the result.
    """
    values = definition_values(part.definitions) | {
        "data_cut": part.dataset.data_cut,
        "known_days": rule.known_days,
        "relapse_events": list(rule.events),
    }
    return run_statement(part.connection, query, values)


def end_in_sql(strategy: str) -> str:
    """Say in SQL how the following ended: what came first; on one day the event before a death before a stop.

    Parameters
    ----------
    strategy : str
        One of `COMPETING`.

    Returns
    -------
    str
    """
    never = "2147483647"
    died, stopped = (f"coalesce({name}, {never})" for name in ("death_day", "stop_day"))
    if strategy == "treatment-policy":
        return f"CASE WHEN event_day <= {died} THEN 'event' WHEN death_day IS NOT NULL THEN 'died' ELSE 'censored' END"
    stop = "'stopped'" if strategy == "while-on-treatment" else "'censored'"
    return (
        f"CASE WHEN event_day <= least({died}, {stopped}) THEN 'event' WHEN death_day <= {stopped} THEN 'died' "
        f"WHEN stop_day IS NOT NULL THEN {stop} ELSE 'censored' END"
    )


def time_in_sql(unit: str, strategy: str) -> str:
    """Say in SQL when the following ended, by the column ``ending`` that `end_in_sql` makes.

    Parameters
    ----------
    unit : {"day", "session"}
    strategy : str

    Returns
    -------
    str
    """
    at_stop = "stop_day" if strategy == "hypothetical" else "NULL"
    if unit == "session":
        return (
            "CASE ending WHEN 'event' THEN met_session WHEN 'censored' THEN last_assessed_session "
            "ELSE sessions END::INTEGER"
        )
    return (
        "(CASE ending WHEN 'event' THEN event_day WHEN 'died' THEN death_day WHEN 'stopped' THEN stop_day "
        f"ELSE least(coalesce({at_stop}, last_assessed), last_assessed) END - origin_day)::INTEGER"
    )


def _listed(by: tuple[str, ...]) -> str:
    return "".join(f"group_{name} AS {name}, " for name in by)
