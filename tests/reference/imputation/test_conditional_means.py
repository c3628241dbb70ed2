"""What is expected of scores not seen, given those seen, against R's nlme::gls."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawn_scores import windows_named

from analysis.counts.person_scores import PersonScores
from analysis.estimate.imputation.completion import expected_given_seen
from analysis.estimate.imputation.preparation import prepare_model

HERE = Path(__file__).parent
VISITS = ("after session 1", "after session 2", "after session 3", "end of loading", "month 1 after loading")


@pytest.fixture(scope="module")
def reference():
    return json.loads((HERE / "conditional_means.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def model(reference):
    rows = pd.read_csv(HERE.parent / "mmrm" / "trial_missing_25.csv")
    totals = rows.pivot_table(index="id", columns="visit", values="score", dropna=False)
    assert totals.shape[1] == len(reference["covariance"])
    people = rows.drop_duplicates("id").set_index("id").loc[totals.index]
    table = pd.DataFrame(
        {
            "patient_id": [str(each) for each in totals.index],
            "arm": people["arm"].to_numpy(),
            "sex": people["sex"].to_numpy(),
            "baseline_sum": people["baseline"].to_numpy("int64"),
            "baseline_n": 1,
            "has_stopped": False,
        }
    )
    everybody = np.ones(totals.shape, dtype=bool)
    windows = windows_named(*VISITS[: totals.shape[1]])
    scores = PersonScores(table, windows, totals.to_numpy(float), everybody, ~everybody)
    return prepare_model(scores, windows[-1:], groups=("arm",), covariates=("sex",), draws=5, seed=1)


def test_the_covariance_is_rs(model, reference):
    expected = np.array(reference["covariance"])
    assert model.whole.converged
    assert model.whole.covariances[0] == pytest.approx(expected, rel=2e-3)


def test_conditional_means_and_covariances_are_rs(model, reference):
    names = list(model.scores.people["patient_id"])
    assert len(reference["patients"]) > 50
    for name, expected in reference["patients"].items():
        row = np.array([names.index(name)])
        missing = np.array(expected["missing"]) - 1
        seen = np.setdiff1d(np.arange(len(model.windows)), missing)
        found, left = expected_given_seen(model, model.whole, 0, rows=row, seen=seen, missing=missing)
        assert found[0] == pytest.approx(expected["expected"], abs=5e-3)  # of standard deviations of 4 to 6
        assert left == pytest.approx(np.array(expected["left"]), rel=5e-3, abs=5e-3)
