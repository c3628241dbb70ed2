"""Standardise and weight rates of simulated people, and write the seconds, without those of importing and simulating.

python -m benchmarks.comparison_work OUT.json PEOPLE RUNS  # also writes the people as OUT.csv, for the peer
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from analysis.estimate.strata_effects import standardised_effects, standardised_rate
from analysis.estimate.weighting import weight_rates

LEVELS = {"sex": 2, "age_band": 6, "severity": 3}
"""The covariates and how many levels each has: 36 strata, each with people of both groups."""


def main() -> None:
    """Do what is asked for and write what was found."""
    out, people, runs = sys.argv[1:]
    table = simulate_people(int(people), seed=1)
    table.to_csv(Path(out).with_suffix(".csv"), index=False)
    connection = duckdb.connect()
    connection.register("frame", table)
    connection.execute("CREATE TABLE people AS SELECT * FROM frame")
    seconds, estimates = timed(lambda: estimate(connection), int(runs))
    Path(out).write_text(json.dumps({"seconds": seconds, "estimates": estimates}), encoding="utf-8")


def simulate_people(people: int, seed: int) -> pd.DataFrame:
    """Draw people whose group, outcome and being scored all depend on their covariates."""
    draw = np.random.default_rng(seed)
    table = pd.DataFrame({name: draw.integers(0, levels, people) for name, levels in LEVELS.items()})
    lean = 0.3 * table["sex"] - 0.1 * table["age_band"] + 0.4 * table["severity"]

    def chance(log_odds: Any) -> Any:
        return draw.random(people) < 1 / (1 + np.exp(-log_odds))

    table["arm"] = chance(lean - 0.2).astype(int)
    table["scored"] = chance(1.2 - lean).astype(int)
    table["responded"] = chance(0.4 * table["arm"] - lean).astype(int) * table["scored"]
    return table


def estimate(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Count the people of each stratum once, and make everything of the counts."""
    names = list(LEVELS)
    counts = connection.execute(
        f"SELECT arm, {', '.join(names)}, count(*) AS eligible, sum(scored)::BIGINT AS scored, "
        "sum(responded)::BIGINT AS with_outcome FROM people GROUP BY ALL ORDER BY ALL"
    ).df()
    x1, n1, x0, n0 = (
        counts.loc[counts["arm"] == arm, column].to_numpy("float64")
        for arm in (1, 0)
        for column in ("with_outcome", "eligible")
    )
    difference, ratio, *_ = standardised_effects(x1, n1, x0, n0, n1 + n0)
    weighted = weight_rates(counts, keys=["arm"])["estimate"]
    return {
        "rate": standardised_rate(x1, n1, n1 + n0)[0],
        "reference rate": standardised_rate(x0, n0, n1 + n0)[0],
        "difference": difference.estimate,
        "ratio": ratio.estimate,
        "weighted 0": float(weighted.iloc[0]),
        "weighted 1": float(weighted.iloc[1]),
    }


def timed(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Return the median seconds of some runs, after one that warms up, and what the work returns."""
    work()
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        found = work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken), found


if __name__ == "__main__":
    main()
