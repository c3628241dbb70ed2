"""Estimate times to an event and write the seconds, without those of importing and drawing the data.

python -m benchmarks.time_work OUT.json turnbull PEOPLE  # Turnbull's estimate of so many drawn intervals
python -m benchmarks.time_work OUT.json curve PEOPLE     # count in DuckDB by day, then Kaplan-Meier with intervals
"""

import json
import sys
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from analysis.estimate.day_curves import DayCounts, day_curves, log_log_limits
from analysis.estimate.turnbull import turnbull
from benchmarks.mmrm_work import timed

RUNS = 5
DAYS = 731


def main() -> None:
    """Do what is asked for and write what was found."""
    out, work, people = sys.argv[1:]
    made = {"turnbull": estimate_intervals, "curve": estimate_curve}[work](Path(out), int(people))
    Path(out).write_text(json.dumps(made), encoding="utf-8")


def draw_intervals(people: int) -> pd.DataFrame:
    """Draw events between visits about two weeks apart, over two years; -1 where the event was not seen."""
    draw = np.random.default_rng(1)
    event, leaves = draw.weibull(1.1, people) * 300, draw.integers(30, DAYS, people)
    after, up_to, day = np.zeros(people), np.full(people, -1.0), np.zeros(people)
    watched = np.ones(people, dtype=bool)
    while watched.any():
        day = day + draw.integers(9, 29, people)
        seen = watched & (day <= leaves)
        found = seen & (event <= day)
        up_to[found], after[seen & ~found] = day[found], day[seen & ~found]
        watched = seen & ~found
    return pd.DataFrame({"after": after, "up_to": up_to})


def estimate_intervals(_: Path, people: int) -> dict[str, Any]:
    """Estimate from one row for each person: as they come, without counting pairs first."""
    rows = draw_intervals(people)
    up_to = np.where(rows["up_to"] < 0, np.inf, rows["up_to"])
    seconds, found = timed(lambda: turnbull(rows["after"].to_numpy(), up_to, np.ones(people)), RUNS)
    return {"seconds": seconds, "gap": found.gap, "regions": int((found.share > 1e-9).sum())}


def estimate_curve(out: Path, people: int) -> dict[str, Any]:
    """Count whole days in DuckDB, as they stand after the derivation, and estimate; the rows are kept for the peers."""
    draw = np.random.default_rng(2)
    event, leaves = draw.exponential(400, people).astype(int), draw.integers(1, DAYS, people)
    rows = pd.DataFrame({"time": np.minimum(event, leaves), "event": event <= leaves})
    connection = duckdb.connect()
    connection.register("drawn", rows)
    connection.execute("CREATE TABLE followed AS SELECT * FROM drawn")
    connection.execute(f"COPY followed TO '{out.with_suffix('.csv')}' (HEADER)")

    def estimate() -> dict[str, list[float]]:
        counted = connection.execute(
            "SELECT time, count(*) FILTER (event) AS events, count(*) FILTER (NOT event) AS censored "
            "FROM followed GROUP BY time"
        ).fetchnumpy()
        entered, events, censored = (np.zeros((1, DAYS), dtype=np.int64) for _ in range(3))
        entered[0, 0] = people
        events[0, counted["time"]], censored[0, counted["time"]] = counted["events"], counted["censored"]
        curves = day_curves(DayCounts(entered, events[:, None, :], censored))
        low, high = log_log_limits(curves.free, curves.free_variance)
        return {"free": curves.free[0].tolist(), "low": low[0].tolist(), "high": high[0].tolist()}

    seconds, found = timed(estimate, RUNS)
    return {"seconds": seconds, "free": [found["free"][day] for day in (30, 180, 360)]}


if __name__ == "__main__":
    main()
