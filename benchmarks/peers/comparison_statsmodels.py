"""G-computation and weights by statsmodels on rows. Called as: python comparison_statsmodels.py CSV OUT.json.

Both models have every interaction of the categorical covariates, as the counts of strata do. The seconds are of fitting
and predicting, without importing and reading.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf

STRATA = "C(sex)*C(age_band)*C(severity)"


def main() -> None:
    """Read the rows, estimate, and write the seconds and the estimates."""
    source, out = sys.argv[1:]
    people = pd.read_csv(source)
    start = time.perf_counter()
    estimates = estimate(people)
    seconds = time.perf_counter() - start
    Path(out).write_text(json.dumps({"seconds": seconds, "estimates": estimates}), encoding="utf-8")


def estimate(people: pd.DataFrame) -> dict[str, float]:
    """Fit the outcome and predict everybody in both groups; fit being scored and weight those scored by its inverse."""
    binomial = sm.families.Binomial()
    outcome = smf.glm(f"responded ~ C(arm)*{STRATA}", people, family=binomial).fit()
    rates = [float(outcome.predict(people.assign(arm=arm)).mean()) for arm in (1, 0)]
    scored = smf.glm(f"scored ~ C(arm)*{STRATA}", people, family=binomial).fit()
    weight = people["scored"] / scored.fittedvalues
    weighted = [
        float(np.average(people.loc[people["arm"] == arm, "responded"], weights=weight[people["arm"] == arm]))
        for arm in (0, 1)
    ]
    return {
        "rate": rates[0],
        "reference rate": rates[1],
        "difference": rates[0] - rates[1],
        "ratio": rates[0] / rates[1],
        "weighted 0": weighted[0],
        "weighted 1": weighted[1],
    }


if __name__ == "__main__":
    main()
