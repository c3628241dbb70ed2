"""Fit repeated-measures models to simulated trials and write the seconds, without those of importing and simulating.

python -m benchmarks.mmrm_work OUT.json table PATIENTS RUNS   # from a table, with Satterthwaite; also writes its CSV
python -m benchmarks.mmrm_work OUT.json counts PATIENTS RUNS  # from scores in DuckDB: one-pass tally, then the fit
python -m benchmarks.mmrm_work OUT.json sets SETS             # 100 patients, 8 to 10 visits, complete and 20 % missing
"""

import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from analysis.counts.pattern_tally import pattern_sums
from analysis.counts.patterns import PatternCounts
from analysis.estimate.mmrm.model import ConvergenceWarning, mmrm

VISITS, MISSING = 6, 0.15
FORMULA = "total ~ baseline*visit + arm*visit"


def main() -> None:
    """Do what is asked for and write what was found."""
    out, work, size, *rest = sys.argv[1:]
    runs = int(rest[0]) if rest else 1
    made = {"table": from_table, "counts": from_counts, "sets": many_sets}[work](Path(out), int(size), runs)
    Path(out).write_text(json.dumps(made), encoding="utf-8")


def simulate_scores(patients: int, visits: int, missing: float, seed: int) -> tuple[Any, Any, Any]:
    """Draw baselines, arms and whole-number scores (patients x visits, NaN where missing)."""
    draw = np.random.default_rng(seed)
    lag = np.abs(np.subtract.outer(np.arange(visits), np.arange(visits)))
    deviations = np.linspace(4, 6, visits)
    baseline = draw.normal(20, 4, patients).round().clip(10, 27)
    arm = draw.integers(0, 2, patients)
    root = np.linalg.cholesky(0.7**lag * np.outer(deviations, deviations))
    mean = 16 - np.arange(visits) - 0.5 * arm[:, None] * np.arange(visits) + 0.4 * (baseline[:, None] - 20)
    scores = (mean + draw.standard_normal((patients, visits)) @ root.T).round()
    scores[draw.random(scores.shape) < missing] = np.nan
    return baseline, np.where(arm, "drug", "placebo"), scores


def simulate_table(patients: int, visits: int, missing: float, seed: int) -> pd.DataFrame:
    """Draw a tidy table: one row per patient and visit."""
    baseline, arm, scores = simulate_scores(patients, visits, missing, seed)
    return pd.DataFrame(
        {
            "id": np.repeat(np.arange(patients), visits),
            "visit": np.tile(np.arange(1, visits + 1), patients),
            "arm": np.repeat(arm, visits),
            "baseline": np.repeat(baseline, visits),
            "total": scores.ravel(),
        }
    )


def from_table(out: Path, patients: int, runs: int) -> dict[str, Any]:
    """Fit from a table, with all coefficients and their degrees of freedom; the table is kept for the peer."""
    table = simulate_table(patients, VISITS, MISSING, seed=1)
    table.to_csv(out.with_suffix(".csv"), index=False)

    def fit() -> pd.DataFrame:
        return mmrm(FORMULA, table, patient="id", visit="visit").coefficients

    seconds, coefficients = timed(fit, runs)
    return {"seconds": seconds, "estimates": dict(zip(coefficients["term"], coefficients["estimate"], strict=True))}


def from_counts(_: Path, patients: int, runs: int) -> dict[str, Any]:
    """Tally scores that stand in DuckDB as the derivation leaves them, then fit."""
    baseline, arm, scores = simulate_scores(patients, VISITS, MISSING, seed=1)
    at, number = np.nonzero(~np.isnan(scores))
    people = pd.DataFrame({"patient": np.arange(patients), "group_arm": arm, "x_0": (100 * baseline).astype("int64")})
    scored = pd.DataFrame(
        {"patient": at, "number": number, "total_hundredths": (100 * scores[at, number]).astype("int64")}
    )
    connection = duckdb.connect()
    for name, frame in {"people": people, "scored": scored}.items():
        connection.register("frame", frame)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM frame")
    windows = tuple(f"visit {k}" for k in range(1, VISITS + 1))

    def tally() -> PatternCounts:
        table = connection.execute(pattern_sums(["group_arm"], 1, list(range(VISITS)))).df()
        return PatternCounts(table.rename(columns={"group_arm": "arm"}), "PHQ-9", windows, ("arm",), ("baseline",))

    tally_seconds, counts = timed(tally, runs)
    seconds, _coefficients = timed(lambda: mmrm(FORMULA, counts).coefficients, runs)
    return {"tally": tally_seconds, "fit": seconds, "seconds": tally_seconds + seconds}


def many_sets(_: Path, sets: int, __: int) -> dict[str, Any]:
    """Fit small trials with many visits and count how they ended."""
    steps: dict[str, list[int]] = {"complete": [], "20 % missing": []}
    reasons: list[str] = []
    warnings.simplefilter("ignore", ConvergenceWarning)
    for seed in range(sets):
        for words, missing in (("complete", 0.0), ("20 % missing", 0.2)):
            table = simulate_table(100, 8 + seed % 3, missing, seed)
            fit = mmrm(FORMULA, table, patient="id", visit="visit")
            steps[words].append(fit.convergence.steps)
            if not fit.converged:
                reasons.append(fit.convergence.reason)
    return {
        "fits": 2 * sets,
        "converged": 2 * sets - len(reasons),
        "without a reason": sum(not reason for reason in reasons),
        "most steps": {words: max(taken) for words, taken in steps.items()},
        "median steps": {words: statistics.median(taken) for words, taken in steps.items()},
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
