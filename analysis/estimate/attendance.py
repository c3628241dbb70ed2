"""Attendance: what became of the sessions that were planned."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.attendance_tally import ATTENDANCE, ATTENDANCE_GROUPS, AttendanceTally
from analysis.counts.engine import count_all
from analysis.counts.groups import checked_groups
from analysis.counts.ladder import group_levels, with_every_group
from analysis.estimate.agreement import clustered_share
from analysis.estimate.rates import ESTIMATE_COLUMNS


def attendance(cohort: Cohort, *, by: str | Sequence[str] = ()) -> pd.DataFrame:
    """Estimate the shares of planned sessions that were given, stopped early, cancelled or missed.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    by : str or sequence of str
        ``clinic_id, route, treatment, quarter`` (of the session), ``payer, sex, race_ethnicity, diagnosis`` (of the
        person).

    Returns
    -------
    DataFrame
        One row per group and status: the group columns, ``outcome`` (``given, stopped-early, cancelled, no-show``),
        ``estimate, low, high`` (of planned sessions), ``method, numerator, denominator`` (sessions), ``status,
        patients`` (with any planned session), ``definitions``.

    Raises
    ------
    CallError
        Naming the group that is unknown.

    Notes
    -----
    All planned sessions count, of every course and of people who never came to one. A person's sessions are alike:
    Wilson's interval is on the effective number of sessions, clustered by person. A clinic that does not write down
    what was cancelled has none: its share of 0 then says nothing.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> table = attendance(derive(open_dataset("data/demo")))
    >>> table["outcome"].tolist()
    ['given', 'stopped-early', 'cancelled', 'no-show']
    """
    groups = checked_groups(by, ATTENDANCE_GROUPS)
    (counts,) = count_all(cohort, [AttendanceTally(groups)])
    levels = [group_levels(pd.DataFrame({"place": 0, "level": counts[name].unique()})) for name in groups]
    table = with_every_group(counts, [*groups, "status"], [*levels, ATTENDANCE]).rename(columns={"status": "outcome"})
    limits = []
    for _, row in table.iterrows():
        x, m, xx, xm, mm = (int(row[name]) for name in ("sessions", "planned", "xx", "xm", "mm"))
        # The two cells that clustering is by: sessions of this status, and all others.
        products = [[xx, xm - xx], [xm - xx, mm - 2 * xm + xx]]
        limits.append(clustered_share([True, False], [x, m - x], products, people=int(row["people"])))
    table["low"], table["high"] = (np.array([pair[end] for pair in limits], dtype="float64") for end in (0, 1))
    given, n = table["sessions"].to_numpy("float64"), table["planned"].to_numpy("float64")
    table["estimate"] = np.divide(given, n, out=np.full(len(table), np.nan), where=n > 0)
    table["method"] = "Wilson on the effective number, clustered by person, 95 %"
    table["status"] = np.where(n > 0, "ok", "empty")
    for name, counted in {"numerator": "sessions", "denominator": "planned", "patients": "people"}.items():
        table[name] = table[counted].astype("Int64")
    table["definitions"] = cohort.definitions.label
    return table[[*groups, "outcome", *ESTIMATE_COLUMNS, "patients", "definitions"]]
