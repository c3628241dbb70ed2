"""Where people are on any day: in which state, and how many of all starters are in response.

The states, each person in exactly one on each day since the first session (day 0):

- ``died``: from the day of death on;
- ``not yet responded``, ``partial``, ``responded``, ``remitted``: by the last score (of several on a day the last),
  from its day to 35 days after it, compared with the baseline of the first course whatever course it follows. Day 0 is
  the start, where nobody eligible has responded. Ratings after a session of the same day do not count;
- ``lost response``: not in response by the last score, after a response or remission since day 0;
- ``stopped treatment``: none of these is known, and the last session was more than 90 days ago or care has ended by the
  clinic's own record (completed, stopped, transferred): the rule of `analysis.counts.stopping_rule`, which looks back
  only and is that of `time_to`. A later session ends it. Under the strategy
  ``while-on-treatment`` it goes before what is known of the scores;
- ``not known``: everybody else, with those who have no baseline or are not eligible.

Looked at in this way, nobody is lost: who stays away becomes ``not known``. The only end of following is the data cut.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.cohort.cohort import Cohort
from analysis.counts.engine import count_all
from analysis.counts.ladder import ask, due_basis, group_levels
from analysis.counts.occupancy_tally import (
    ENDED,
    ENTRIES,
    STATES,
    STRATEGIES,
    OccupancyTally,
    start_groups,
)
from analysis.counts.tallies import DueTally, group_tallies
from analysis.estimate.aalen_johansen import INTERVAL_METHOD, Counts, estimate_occupancy
from analysis.estimate.rates import ESTIMATE_COLUMNS, estimate_bounds, estimate_rates
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.relapse_rule import KNOWN_DAYS

Places = NDArray[np.intp]

YEAR = 365
MOST_DAYS, MOST_ROWS = 3660, 5_000_000
"""Days are counted one by one: ten years are enough for anybody. A longer table would not fit into a usual memory."""

IN_RESPONSE = ("responded", "remitted")
UNSEEN = ("not known", "stopped treatment")
"""The states in which a response can be neither seen nor ruled out."""


def occupancy(
    cohort: Cohort,
    *,
    instrument: str,
    by: str | Sequence[str] = (),
    last_day: int = YEAR,
    strategy: str = "treatment-policy",
    known_days: int = KNOWN_DAYS,
) -> pd.DataFrame:
    """Estimate the share of all starters in each state on each day since the first session.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    instrument : str
        ``PHQ-9`` or another of the definitions.
    by : str or sequence of str
        Groups by what is known on the first day: ``clinic_id, route, treatment, payer, diagnosis, sex, age_band,
        race_ethnicity``.
    last_day : int
        Up to which day.
    strategy : {"treatment-policy", "while-on-treatment"}
        Whether a known state goes on after treatment has stopped, or stopping goes before it.
    known_days : int
        How many days after a score its state is known.

    Returns
    -------
    DataFrame
        One row per group, day and state, each person in one state: the group columns, ``instrument, strategy, day,
        state, estimate, low, high`` (shares of 1), ``method, numerator`` (seen in the state among those followed to the
        day), ``denominator`` (followed to the day), ``status`` (``ok``, ``nobody followed`` to the day, or ``empty``
        when nobody started), ``std_error, started`` (followed from day 0), ``known_days, due`` (what the end of
        following is counted from) and ``definitions``. The estimate also rests on those followed for a shorter time:
        it is not the ratio of the two numbers once some people's following has ended.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Notes
    -----
    The estimator, its interval and what it assumes are in `analysis.estimate.aalen_johansen`. It describes what the
    records show: whoever is not known may be in any state, and shares of the known states are lower bounds.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> table = occupancy(derive(open_dataset("data/demo")), instrument="PHQ-9", last_day=90)
    >>> bool((table.groupby("day")["estimate"].sum().round(9) == 1).all())
    True
    """
    tally = _checked(cohort, OccupancyTally(instrument, start_groups(by), last_day, known_days, strategy))
    moves, place, levels = _count_moves(cohort, tally)
    if len(levels) * (last_day + 1) * len(STATES) > MOST_ROWS:
        raise CallError(
            f"last_day: {len(levels):,} groups on {last_day + 1:,} days are more than {MOST_ROWS:,} rows; "
            "ask for fewer days or fewer groups."
        )
    size = len(STATES) + 2
    laid = np.zeros((len(levels), last_day + 1, size, size), dtype=np.int64)
    np.add.at(laid, (place, moves["day"], moves["before"], moves["after"]), moves["people"].to_numpy("int64"))
    found = estimate_occupancy(laid)
    places = len(levels)
    followed = found.people.sum(axis=2, keepdims=True)
    table = levels.loc[np.repeat(np.arange(places), (last_day + 1) * len(STATES))].reset_index(drop=True)
    table["instrument"], table["strategy"] = instrument, strategy
    table["day"] = np.tile(np.repeat(np.arange(last_day + 1), len(STATES)), places)
    table["state"] = np.tile(np.array(STATES, dtype=object), places * (last_day + 1))
    for name, values in (("estimate", found.share), ("low", found.low), ("high", found.high)):
        table[name] = values.ravel()
    table["method"] = INTERVAL_METHOD
    everybody = np.broadcast_to(followed, found.people.shape)
    started = np.broadcast_to(followed[:, :1], found.people.shape)
    table["numerator"] = pd.array(found.people.ravel(), dtype="Int64")
    table["denominator"] = pd.array(everybody.ravel(), dtype="Int64")
    table["status"] = np.select([started.ravel() == 0, everybody.ravel() == 0], ["empty", "nobody followed"], "ok")
    table["std_error"] = found.std_error.ravel()
    table["started"] = pd.array(started.ravel(), dtype="Int64")
    return table.assign(known_days=known_days, due=due_basis(cohort), definitions=cohort.definitions.label)


def current_response(
    cohort: Cohort,
    *,
    instrument: str,
    day: int | Sequence[int],
    by: str | Sequence[str] = (),
    known_days: int = KNOWN_DAYS,
) -> pd.DataFrame:
    """Estimate how many of all who started are in response on a day, with bounds for those of whom it is not known.

    Parameters
    ----------
    cohort : Cohort
    instrument : str
    day : int or sequence of int
        Days since the first session. Everybody counts who is followed to that day: the day is not after the data cut.
    by, known_days
        As in `occupancy`.

    Returns
    -------
    DataFrame
        One row per group, day and estimand, in the columns of `response_rates`; ``window`` is ``on day 90``. In
        response is who has responded or remitted by a score of the last ``known_days``, in treatment or not.
        ``scored`` are those of the eligible whose state is known, those who died among them. The estimands:
        ``observed`` (of those known), ``nonresponder`` (of the eligible), ``starters`` (of all starters; not known =
        not in response), ``bounds of the eligible`` and ``bounds of all starters`` (from none to all of those not known
        in response; ranges without an estimate and without chance in them).

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Notes
    -----
    Measured on 10,000 simulated people whose truth is known (benchmarks/occupancy_bias.md): with visits as clinics have
    them, ``observed`` is 14 points too high on day 90 and 30 on day 365, as the unwell stay away; not known = not is
    7 to 9 points too low; the bounds hold. In the first weeks all are up to 5 points too low, as nobody sees who
    responds between two visits, and there the bounds, in which a state counts as known for 35 days, do not show it.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> table = current_response(derive(open_dataset("data/demo")), instrument="PHQ-9", day=90).set_index("estimand")
    >>> share, bounds = table.loc["starters", "estimate"], table.loc["bounds of all starters"]
    >>> bool(share == bounds["low"] < bounds["high"])
    True
    """
    days = [day] if isinstance(day, int) else list(day)
    if not days or len(set(days)) < len(days):
        raise CallError("day: name at least one day, and none twice.")
    for each in days:
        _whole("day", each, 0, MOST_DAYS)
    tally = OccupancyTally(instrument, start_groups(by), max(YEAR, *days), known_days, "treatment-policy")
    _checked(cohort, tally)
    moves, place, levels = _count_moves(cohort, tally)
    tables = [_rates_on(each, _people_on(each, moves, place, len(levels)), levels) for each in days]
    table = pd.concat(tables).sort_index(kind="stable").reset_index(drop=True)
    if known_days != KNOWN_DAYS:
        table["window"] += f", known for {known_days} days"
    table["instrument"], table["outcome"], table["period"] = instrument, "response", "all"
    table["due"], table["definitions"] = due_basis(cohort), cohort.definitions.label
    rungs = ["started", "with_baseline", "eligible", "scored"]
    columns = [*tally.by, "instrument", "window", "outcome", "estimand", *ESTIMATE_COLUMNS, *rungs]
    return table[[*columns, "period", "due", "definitions"]]


def _people_on(day: int, moves: pd.DataFrame, place: Places, groups: int) -> Counts:
    """Count who is in each state on a day among those followed to it, by group and entry."""
    people = np.zeros((groups, len(ENTRIES), len(STATES) + 2), dtype=np.int64)
    entry = pd.Index(ENTRIES).get_indexer(pd.Index(moves["entry"]))
    # Who is no longer followed leaves after the last day on which they were.
    past = (moves["day"] + (moves["after"] == ENDED) <= day).to_numpy()
    for column, sign in (("after", 1), ("before", -1)):
        state, number = moves[column].to_numpy()[past], sign * moves["people"].to_numpy("int64")[past]
        np.add.at(people, (place[past], entry[past], state), number)
    return people[:, :, : len(STATES)]


def _rates_on(day: int, people: Counts, levels: pd.DataFrame) -> pd.DataFrame:
    """Lay the people of one day out as a ladder, and estimate each rate of it."""
    eligible = people[:, ENTRIES.index("eligible")]
    ladder = levels.assign(
        window=f"on day {day}",
        started=people.sum(axis=(1, 2)),
        with_baseline=people[:, [ENTRIES.index("eligible"), ENTRIES.index("not eligible")]].sum(axis=(1, 2)),
        eligible=eligible.sum(axis=1),
        scored=eligible[:, [place for place, state in enumerate(STATES) if state not in UNSEEN]].sum(axis=1),
        with_outcome=eligible[:, [STATES.index(state) for state in IN_RESPONSE]].sum(axis=1),
    )
    tables = [estimate_rates(ladder, estimand=name) for name in ("observed", "nonresponder", "starters")]
    tables.append(estimate_bounds(ladder).assign(estimand="bounds of the eligible"))
    bounds = estimate_bounds(ladder.assign(eligible=ladder["started"]))
    tables.append(bounds.assign(estimand="bounds of all starters", eligible=tables[0]["eligible"]))
    return pd.concat(tables).sort_index(kind="stable")


def _count_moves(cohort: Cohort, tally: OccupancyTally) -> tuple[pd.DataFrame, Places, pd.DataFrame]:
    """Count the moves; also the place of each row's group among all groups, and these in their order."""
    _, moves, *groups = count_all(cohort, [DueTally(), tally, *group_tallies(tally.by, tally.instrument)])
    if not tally.by:
        return moves, np.zeros(len(moves), dtype=np.intp), pd.DataFrame(index=[0])
    every = pd.MultiIndex.from_product([group_levels(each) for each in groups], names=tally.by)
    place = every.get_indexer(pd.MultiIndex.from_frame(moves[list(tally.by)]))
    return moves, place, every.to_frame(index=False)


def _checked(cohort: Cohort, tally: OccupancyTally) -> OccupancyTally:
    """Check what is asked before anything is counted, and complete it."""
    ask(cohort, instrument=tally.instrument, window="by day 1")
    if tally.strategy not in STRATEGIES:
        raise CallError(f"strategy: '{tally.strategy}' is unknown. There are: {', '.join(STRATEGIES)}.")
    _whole("last_day", tally.last_day, 1, MOST_DAYS)
    _whole("known_days", tally.known_days, 0, MOST_DAYS)
    return tally


def _whole(option: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= most:
        raise CallError(f"{option}: a whole number from {least} to {most} is needed.")
