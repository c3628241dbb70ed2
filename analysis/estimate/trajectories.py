"""How totals went in people who ended differently: quarters by their change in one window, and their mean totals."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.change_tally import ChangeTally
from analysis.counts.engine import count_all
from analysis.counts.ladder import ask, due_basis, group_levels, with_every_group
from analysis.counts.tallies import DueTally, group_tallies
from analysis.estimate.means import estimate_means
from analysis.estimate.rates import ESTIMATE_COLUMNS
from analysis.vocabulary.errors import CallError

QUARTERS = ("most improved quarter", "second quarter", "third quarter", "least improved quarter")
COURSE = ("baseline", "after session 1", "after session 4", "end of loading", "month 1 after loading")
"""The windows shown beside the one by which people are put in quarters."""


def change_trajectories(
    cohort: Cohort,
    *,
    instrument: str,
    reference: str = "month 3 after loading",
    window: str | Sequence[str] = COURSE,
    by: str | Sequence[str] = (),
) -> pd.DataFrame:
    """Put people in quarters by their percent change in one window, and show each quarter's mean total in all windows.

    Parameters
    ----------
    cohort : Cohort
    instrument : str
    reference : str
        The window whose change decides on the quarter.
    window : str or sequence of str
        Further windows to show, as in `mean_scores`.
    by : str or sequence of str
        Groups, as in `mean_scores`; quarters are those of each group.

    Returns
    -------
    DataFrame
        One row per group, quarter and window, the reference last: the group columns, ``quarter, instrument, window,
        reference, estimate, low, high`` (points of the scale), ``method, numerator`` (sum of the totals),
        ``denominator`` (people scored in the window), ``status``, ``people`` (of the quarter), ``least, most`` (their
        change, in percent of the baseline, less is better), ``due`` and ``definitions``.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Notes
    -----
    The rule: people in the order of their change in whole percent, rounded down; those with the same change stay
    together, and belong to the quarter in which the middle one of them stands. Quarters need not be equal in size.

    It describes how those who ended well or badly had come there. People are put together by how they end, so their
    curves fan out also by chance alone: it says nothing of what will become of somebody, and nobody's kind of course
    is found by it.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> table = change_trajectories(derive(open_dataset("data/demo")), instrument="PHQ-9")
    >>> ends = table[table["window"] == "month 3 after loading"]
    >>> bool(ends["estimate"].is_monotonic_increasing)
    True
    """
    question = ask(cohort, instrument=instrument, window=window, by=by)
    (last,) = ask(cohort, instrument=instrument, window=reference).windows
    if last.kind == "baseline":
        raise CallError("reference: nobody has changed at 'baseline'; name a window after treatment began.")
    shown = tuple(dict.fromkeys([*question.windows, last]))
    tally = ChangeTally(instrument, last, shown, question.by)
    _, counted, *groups = count_all(cohort, [DueTally(), tally, *group_tallies(question.by, question.instrument)])
    keys = [*question.by, "quarter", "window"]
    placed = counted.merge(_quarters(counted, list(question.by), last.name), on=[*question.by, "change"], how="left")
    added = placed.drop(columns="change").groupby(keys, as_index=False).sum()
    levels = [*map(group_levels, groups), list(QUARTERS), [each.name for each in shown]]
    filled = with_every_group(added, keys, levels)
    of_quarter = placed[placed["window"] == last.name].groupby(keys[:-1])
    ends = of_quarter.agg(quarter_people=("people", "sum"), least=("change", "min"), most=("change", "max"))
    filled = filled.merge(ends.reset_index(), on=keys[:-1], how="left")
    everybody = filled["quarter_people"].fillna(0).astype("int64")
    counts = filled.assign(scored=filled["people"], started=everybody, with_baseline=everybody, eligible=everybody)
    found = estimate_means(
        counts[[*keys, "started", "with_baseline", "eligible", "scored", "total_sum", "total_squares"]]
    )
    table = found[[*keys, *ESTIMATE_COLUMNS]].assign(
        instrument=instrument,
        reference=last.name,
        people=everybody.astype("Int64"),
        least=filled["least"].astype("Int64"),
        most=filled["most"].astype("Int64"),
        due=due_basis(cohort),
        definitions=cohort.definitions.label,
    )
    first = [*question.by, "quarter", "instrument", "window", "reference"]
    return table[[*first, *ESTIMATE_COLUMNS, "people", "least", "most", "due", "definitions"]]


def _quarters(counted: pd.DataFrame, groups: list[str], reference: str) -> pd.DataFrame:
    """Say in which quarter of its group each change belongs."""
    ends = counted.loc[counted["window"] == reference, [*groups, "change", "people"]]
    ends = ends.sort_values([*groups, "change"]).reset_index(drop=True)
    of_group = ends.groupby(groups)["people"] if groups else ends.groupby(lambda _: 0)["people"]
    middle = of_group.cumsum() - ends["people"] / 2
    place = (4 * middle / of_group.transform("sum")).astype("int64").clip(upper=3)
    names = np.array(QUARTERS, dtype=object)[place.to_numpy("int64")]
    return ends[[*groups, "change"]].assign(quarter=names)
