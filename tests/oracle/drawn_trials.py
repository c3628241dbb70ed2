"""Small simulated trials for repeated-measures models."""

import numpy as np
import pandas as pd


def drawn_trial(patients=60, visits=4, missing=0.2, seed=1, arms=("drug", "placebo")):
    """One row per patient and visit: id, visit, arm, baseline, score (whole numbers, empty where missing)."""
    draw = np.random.default_rng(seed)
    lag = np.abs(np.subtract.outer(np.arange(visits), np.arange(visits)))
    deviations = np.linspace(4, 6, visits)
    baseline = draw.normal(20, 4, patients).round()
    arm = np.arange(patients) % len(arms)
    mean = 16 - np.arange(visits) - 0.5 * arm[:, None] * np.arange(visits) + 0.4 * (baseline[:, None] - 20)
    scores = (
        mean + draw.multivariate_normal(np.zeros(visits), 0.7**lag * np.outer(deviations, deviations), patients)
    ).round()
    scores[draw.random(scores.shape) < missing] = np.nan
    return pd.DataFrame(
        {
            "id": np.repeat(np.arange(patients), visits),
            "visit": np.tile(np.arange(1, visits + 1), patients),
            "arm": np.repeat(np.array(arms)[arm], visits),
            "baseline": np.repeat(baseline, visits),
            "score": scores.ravel(),
        }
    )
