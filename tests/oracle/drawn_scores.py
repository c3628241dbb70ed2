"""People with drawn scores, as `read_person_scores` gives them, for the imputation's own tests."""

import numpy as np
import pandas as pd

from analysis.cohort.windows import parse_window
from analysis.counts.ladder import Question
from analysis.counts.person_scores import PersonScores
from analysis.vocabulary.definitions import default_definitions

RULES = default_definitions()
NAMES = ("after session 1", "after session 3", "end of loading", "month 1 after loading")


def windows_named(*names):
    return tuple(parse_window(name, RULES) for name in names)


def people_with(totals, baseline, *, stopped=False, windows=None, **groups):
    """Make people of a table of totals (NaN where not seen) and their baselines; everybody counts in everywhere."""
    totals = np.asarray(totals, dtype=float)
    people = pd.DataFrame(
        {
            "patient_id": [f"P{number:05}" for number in range(len(totals))],
            **{name: np.broadcast_to(values, len(totals)) for name, values in groups.items()},
            "baseline_sum": np.broadcast_to(np.asarray(baseline), len(totals)).astype("int64"),
            "baseline_n": 1,
            "has_stopped": np.broadcast_to(stopped, len(totals)),
        }
    )
    named = windows_named(*(windows or NAMES[: totals.shape[1]]))
    left = np.cumsum(~np.isnan(totals)[:, ::-1], axis=1)[:, ::-1] == 0
    return PersonScores(people, named, totals, np.ones(totals.shape, dtype=bool), left)


def drawn_people(n, seed=0, *, visits=3, missing=0.3):
    """Draw people whose scores are normal, rounded, and missing at random."""
    draw = np.random.default_rng(seed)
    baseline = draw.integers(10, 28, n)
    lag = np.abs(np.subtract.outer(np.arange(visits), np.arange(visits)))
    mean = 13 - np.arange(visits) + 0.5 * (baseline[:, None] - 18)
    totals = mean + draw.multivariate_normal(np.zeros(visits), 25 * 0.7**lag, n)
    totals = np.clip(np.floor(totals + 0.5), 0, 27)
    totals[draw.random(totals.shape) < missing] = np.nan
    return people_with(totals, baseline)


def question_of(scores, *names, by=(), outcome="response"):
    """Ask for an outcome in some of the windows."""
    return Question("PHQ-9", windows_named(*(names or [scores.windows[-1].name])), tuple(by), outcome, "first", None)
