"""Kaplan-Meier with intervals by statsmodels or lifelines: kaplan_meier.py NAME ROWS.csv OUT.json."""

import json
import statistics
import sys
import time
from pathlib import Path

import pandas as pd


def main() -> None:
    """Fit five times and write the median seconds and three shares."""
    name, rows, out = sys.argv[1:]
    table = pd.read_csv(rows)
    fit = {"statsmodels": by_statsmodels, "lifelines": by_lifelines}[name]
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        free = fit(table)
        taken.append(time.perf_counter() - start)
    Path(out).write_text(json.dumps({"seconds": statistics.median(taken), "free": free}), encoding="utf-8")


def by_statsmodels(table: pd.DataFrame) -> list[float]:
    """Fit with standard errors; the log-log limits of three quantiles stand for its intervals."""
    from statsmodels.duration.survfunc import SurvfuncRight  # noqa: PLC0415

    found = SurvfuncRight(table["time"], table["event"])
    free = pd.Series(found.surv_prob, index=found.surv_times)
    return [float(free.loc[:day].iloc[-1]) for day in (30, 180, 360)]


def by_lifelines(table: pd.DataFrame) -> list[float]:
    """Fit with its own log-log limits."""
    from lifelines import KaplanMeierFitter  # noqa: PLC0415

    found = KaplanMeierFitter().fit(table["time"], table["event"])
    return [float(found.predict(day)) for day in (30, 180, 360)]


if __name__ == "__main__":
    main()
