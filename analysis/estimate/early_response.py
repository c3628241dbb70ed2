"""What a response in the first days says about a response later: the two by two, with predictive values."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.early_tally import CELLS, EarlyTally
from analysis.counts.engine import count_all
from analysis.counts.ladder import ask, due_basis, group_levels, with_every_group
from analysis.counts.tallies import DueTally, group_tallies
from analysis.estimate.intervals import wilson
from analysis.estimate.rates import ESTIMATE_COLUMNS, SHOWN_LADDER
from analysis.vocabulary.errors import CallError

EARLY_WINDOWS = ("by day 1", "by day 7", "by day 28")

PREDICTIVE = {
    "responds later, of early responders": ("both", "early_only"),
    "does not respond later, of the others": ("neither", "later_only"),
    "had responded early, of later responders": ("both", "later_only"),
    "had not responded early, of later non-responders": ("neither", "early_only"),
}
"""Positive and negative predictive value, sensitivity and specificity: the cell counted, and the rest of its people."""


def early_response(
    cohort: Cohort,
    *,
    instrument: str,
    window: str | Sequence[str] = "month 3 after loading",
    early: str | Sequence[str] = EARLY_WINDOWS,
    by: str | Sequence[str] = (),
) -> pd.DataFrame:
    """Cross a response early on with a response later, and estimate what the one says about the other.

    Parameters
    ----------
    cohort : Cohort
    instrument : str
    window : str or sequence of str
        When the later response is looked for, as in `response_rates`.
    early : str or sequence of str
        Windows that close by a day: ``by day 7`` is the last score from day 1 to day 7.
    by : str or sequence of str
        Groups, as in `response_rates`.

    Returns
    -------
    DataFrame
        One row per group, early window, later window and what is estimated: the group columns, ``instrument, early,
        window, outcome, estimand, estimate, low, high`` (shares of 1), ``method, numerator, denominator, status``
        (``ok``, or ``empty`` when nobody is in the denominator), the cells ``both, early_only, later_only, neither``,
        and ``started, with_baseline, eligible, scored`` (scored in both, the later one on a later day), ``due`` and
        ``definitions``.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Notes
    -----
    Each is of those scored in both windows. Who stays to be scored later is often who does well, so predictive values
    may be too high for everybody who is scored early; that no more can be said of the others is no sign of how they do.
    Predictive values go with how common the later response is, and do not carry over to other clinics as they are.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> table = early_response(derive(open_dataset("data/demo")), instrument="PHQ-9", early="by day 7")
    >>> bool((table[["both", "early_only", "later_only", "neither"]].sum(axis=1) == table["scored"]).all())
    True
    """
    question = ask(cohort, instrument=instrument, window=window, by=by)
    before = ask(cohort, instrument=instrument, window=early).windows
    for each in before:
        if each.kind != "by":
            raise CallError(f"early: '{each.name}' is not a window by a day, such as 'by day 7'.")
        for later in question.windows:
            if later.due_day <= each.due_day:
                raise CallError(f"window: '{later.name}' does not come after '{each.name}'.")
    tallies = [EarlyTally(question.instrument, each, question.windows, question.by) for each in before]
    _, *counted = count_all(cohort, [DueTally(), *group_tallies(question.by, question.instrument), *tallies])
    groups, counts = counted[: len(question.by)], counted[len(question.by) :]
    levels = [*map(group_levels, groups), [each.name for each in question.windows]]
    keys = [*question.by, "window"]
    tables = [
        _crossed(with_every_group(one, keys, levels)).assign(early=each.name)
        for each, one in zip(before, counts, strict=True)
    ]
    table = pd.concat(tables).sort_index(kind="stable").reset_index(drop=True)
    table["instrument"], table["outcome"] = instrument, "response"
    table["due"], table["definitions"] = due_basis(cohort), cohort.definitions.label
    first = [*question.by, "instrument", "early", "window", "outcome", "estimand"]
    return table[[*first, *ESTIMATE_COLUMNS, *CELLS, *SHOWN_LADDER, "due", "definitions"]]


def _crossed(counts: pd.DataFrame) -> pd.DataFrame:
    """Estimate each share of a two by two with Wilson's interval."""
    tables = []
    for name, (cell, rest) in PREDICTIVE.items():
        x, n = counts[cell].to_numpy("int64"), (counts[cell] + counts[rest]).to_numpy("int64")
        low, high = wilson(x, n)
        tables.append(
            counts.assign(
                estimand=name,
                estimate=np.divide(x, n, out=np.full(len(counts), np.nan), where=n > 0),
                low=low,
                high=high,
                method="Wilson, 95 %",
                numerator=pd.array(x, dtype="Int64"),
                denominator=pd.array(n, dtype="Int64"),
                status=np.where(n > 0, "ok", "empty"),
            )
        )
    return pd.concat(tables).sort_index(kind="stable")
