"""Simulate the trials that the reference fits are of: `python make_data.py` writes trial_*.csv beside this file.

Each has two arms, a baseline, visits 1 to 4 or 5 with rising variances and falling correlations, and a share of the
scores missing, more of them in patients whose last score was high.
"""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
TRIALS = {
    "complete": (60, 4, 0.0),
    "missing_10": (80, 4, 0.1),
    "missing_25": (100, 5, 0.25),
    "missing_40": (120, 4, 0.4),
}


def simulate_trial(patients: int, visits: int, missing: float, seed: int) -> pd.DataFrame:
    """Draw one trial: one row per patient and visit, `score` empty where missing."""
    draw = np.random.default_rng(seed)
    deviations = np.linspace(4, 7, visits)
    correlation = 0.75 ** np.abs(np.subtract.outer(range(visits), range(visits))) * 0.9 + 0.1
    baseline = draw.normal(22, 4, patients).round()
    arm = draw.permutation(np.arange(patients) % 2)
    mean = 20 - 1.5 * np.arange(1, visits + 1) + 0.6 * (baseline[:, None] - 22) - 0.8 * arm[:, None] * np.arange(visits)
    noise = draw.multivariate_normal(np.zeros(visits), correlation * np.outer(deviations, deviations), patients)
    scores = (mean + noise).round(2)
    chance = 2 * missing / (1 + np.exp(-(scores - scores.mean()) / 8))
    gone = draw.random(scores.shape) < np.column_stack([np.full(patients, missing / 2), chance[:, :-1]])
    kept = np.where(gone, np.nan, scores)
    rows = {
        "id": np.repeat(np.arange(1, patients + 1), visits),
        "visit": np.tile(np.arange(1, visits + 1), patients),
        "arm": np.repeat(np.where(arm, "drug", "placebo"), visits),
        "sex": np.repeat(draw.choice(["F", "M"], patients), visits),
        "baseline": np.repeat(baseline.astype(int), visits),
        "score": kept.ravel(),
    }
    return pd.DataFrame(rows)


if __name__ == "__main__":
    for seed, (name, settings) in enumerate(TRIALS.items(), 20261):
        simulate_trial(*settings, seed).to_csv(HERE / f"trial_{name}.csv", index=False)
