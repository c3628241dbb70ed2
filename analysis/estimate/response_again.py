"""Responding again: of those who lost their response, how many respond to a re-loading or to a booster."""

import numpy as np
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.again_tally import AFTER, AgainTally
from analysis.counts.engine import count_all
from analysis.counts.follow_up_tally import END_OF_LOADING
from analysis.estimate.intervals import wilson
from analysis.estimate.time_to import checked_event
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.relapse_rule import RelapseRule

AGAIN_WARNING = (
    "Descriptive: scores go up and down by themselves, and who comes back is chosen by that. There is no comparison "
    "with those who lost response and did not come back."
)
SHARES = {
    "treated again": ("treated", "lost_response"),
    "observed": ("responded", "scored"),
    "nonresponder": ("responded", "treated"),
}
"""What is estimated: the count, and the one it is a share of. Missing is no response under ``nonresponder``."""


def response_again(
    cohort: Cohort, *, instrument: str = "PHQ-9", within: int = 35, rule: RelapseRule | None = None
) -> pd.DataFrame:
    """Estimate how many respond again after a re-loading, and after a booster, of those who had lost their response.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    instrument : str
    within : int
        The last score of so many days after the first session of the re-loading or booster is judged.
    rule : RelapseRule, optional

    Returns
    -------
    DataFrame
        One row per ``after`` (``re-loading``, ``booster``) and ``estimand``: ``treated again`` (of those who lost the
        response that they had at the end of loading), ``observed`` (responded, of those scored), ``nonresponder``
        (responded, of those treated again); ``instrument, estimate, low, high`` (shares of 1), ``method, numerator,
        denominator, status`` (``ok``, ``empty``), ``lost_response, treated, scored, responded, warning`` and
        ``definitions``. Treated again are those whose days after it are over by the data cut.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Examples
    --------
    >>> from analysis.cohort.cohort import derive
    >>> from analysis.intake.dataset import open_dataset
    >>> table = response_again(derive(open_dataset("data/demo")))
    >>> bool((table["responded"] <= table["scored"]).all()), len(table)
    (True, 6)
    """
    checked_event(cohort, "lost response", END_OF_LOADING, instrument)
    if isinstance(within, bool) or not isinstance(within, int) or not 1 <= within <= 365:
        raise CallError("within: a whole number of days from 1 to 365 is needed.")
    (counts,) = count_all(cohort, [AgainTally(instrument, within, rule or RelapseRule())])
    counts = counts.set_index("after").loc[list(AFTER)].reset_index()
    tables = []
    for name, (numerator, denominator) in SHARES.items():
        x, n = counts[numerator].to_numpy("int64"), counts[denominator].to_numpy("int64")
        low, high = wilson(x, n)
        tables.append(
            counts.assign(
                instrument=instrument,
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
    table = pd.concat(tables).sort_index(kind="stable").reset_index(drop=True)
    leading = [
        "after",
        "instrument",
        "estimand",
        "estimate",
        "low",
        "high",
        "method",
        "numerator",
        "denominator",
        "status",
    ]
    counted = ["lost_response", "treated", "scored", "responded"]
    return table[[*leading, *counted]].assign(warning=AGAIN_WARNING, definitions=cohort.definitions.label)
