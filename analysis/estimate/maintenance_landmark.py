"""Losing response by whether maintenance had come by a landmark: only what happens after it is looked at."""

import warnings

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.engine import count_all
from analysis.counts.follow_up_tally import END_OF_LOADING
from analysis.counts.landmark_tally import BY_THEN, GONE, NONE_BY_THEN, LandmarkTally
from analysis.estimate.maintenance_trial import MaintenanceWarning
from analysis.estimate.time_to import FEWEST, TimeTo, checked_event, spread_times
from analysis.estimate.time_to_rows import curve_rows, day_counts, make_curves, risk_rows, run_tests, summary_rows
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.relapse_rule import RelapseRule

SHORTEST, LONGEST = 14, 365
LANDMARK_WARNING = (
    "Grouped by what had come by the landmark, so no time is immortal; but who had maintenance by then differs in more "
    "than that, and nothing is adjusted for. It is no effect of maintenance; see maintenance_trial."
)


def maintenance_landmark(
    cohort: Cohort,
    *,
    event: str = "lost response",
    instrument: str = "PHQ-9",
    within: int = 28,
    until: int | None = None,
    fewest: int = FEWEST,
    rule: RelapseRule | None = None,
) -> TimeTo:
    """Follow people in response from a landmark after loading, by whether a maintenance session had come by then.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    event, instrument, until, fewest, rule
        As in `time_to`, of the events that count from the response at the end of loading.
    within : int
        The landmark is so many days after loading closed: at least 14, so that the window of the end of
        loading is over.

    Returns
    -------
    TimeTo
        As from `time_to`, with ``maintenance`` (``maintenance by then``, ``none by then``) as the group and days
        counted from the landmark; under treatment-policy: whoever changes group later stays. Its ``notes`` say how
        many were in response at the end of loading but no longer followed at the landmark.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.
    MaintenanceWarning
        As a warning, with every result.

    Examples
    --------
    >>> from analysis.cohort.cohort import derive
    >>> from analysis.intake.dataset import open_dataset
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", MaintenanceWarning)
    ...     found = maintenance_landmark(derive(open_dataset("data/demo")))
    >>> found.tests["test"].tolist()[0], found.table["maintenance"].unique().tolist()
    ('log-rank', ['maintenance by then', 'none by then'])
    """
    checked_event(cohort, event, END_OF_LOADING, instrument)
    if isinstance(within, bool) or not isinstance(within, int) or not SHORTEST <= within <= LONGEST:
        raise CallError(f"within: a whole number of days from {SHORTEST} to {LONGEST} is needed.")
    if fewest < 1:
        raise CallError("fewest: at least 1 is needed.")
    rule = rule or RelapseRule()
    (counted,) = count_all(cohort, [LandmarkTally(event, instrument, within, rule)])
    gone = int(counted.loc[counted["maintenance"] == GONE, "people"].sum())
    followed = counted[counted["maintenance"] != GONE]
    names = [{"maintenance": group, "strategy": "treatment-policy"} for group in (BY_THEN, NONE_BY_THEN)]
    of = make_curves(followed, names, fewest=fewest)
    about = {"instrument": instrument, "event": event, "origin": f"{within} days after loading closed"}

    def labelled(table: pd.DataFrame) -> pd.DataFrame:
        for place, (name, value) in enumerate(about.items(), start=1):
            table.insert(place, name, value)
        return table.assign(definitions=cohort.definitions.label)

    days = int(followed["time"].max()) + 1 if len(followed) else 1
    tests = [
        {"strategy": "treatment-policy", "test": test, "statistic": result.statistic, "df": result.df,
         "p_value": result.p_value, "status": result.status}
        for test, result in run_tests([day_counts(followed, names, days)]).items()
    ]  # fmt: skip
    warnings.warn(LANDMARK_WARNING, MaintenanceWarning, stacklevel=2)
    stayed = int(followed["people"].sum())
    notes = (
        f"{stayed + gone:,} in response at the end of loading; {gone:,} of them had the event, had died or were no "
        f"longer followed at the landmark, {within} days after loading closed.",
        LANDMARK_WARNING,
        f"Rule: {rule}.",
    )
    return TimeTo(
        labelled(curve_rows(of, "day")),
        labelled(risk_rows(of, "day", spread_times(max(of.shown)))),
        labelled(summary_rows(of, "day", until)),
        pd.DataFrame(tests).astype({"df": "Int64"}),
        notes,
    )
