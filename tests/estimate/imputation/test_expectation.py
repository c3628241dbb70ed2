"""The model's own share: from the normal distribution by hand, by simulation, and where it cannot be given."""

import numpy as np
import pytest
from drawn_scores import RULES, drawn_people, people_with, question_of
from scipy import stats

from analysis.estimate.imputation.expectation import expected_shares
from analysis.estimate.imputation.preparation import prepare_model


def expected(scores, *, by=(), covariates=(), draws=50, outcome="response"):
    question = question_of(scores, by=by, outcome=outcome)
    model = prepare_model(scores, question.windows, groups=by, covariates=covariates, draws=draws, seed=1)
    return expected_shares(model, question, RULES), model


def test_by_hand_with_one_baseline_and_one_window():
    """Everybody at 20: response is 10 or less, so Phi((10.5 - mean) / s), s with n - 1."""
    draw = np.random.default_rng(5)
    totals = np.clip(np.floor(draw.normal(11, 4, 60) + 0.5), 0, 27)[:, None]
    found, _ = expected(people_with(totals, 20))
    chance = stats.norm.cdf((10.5 - totals.mean()) / totals.std(ddof=1))
    row = found.iloc[0]
    assert row["estimate"] == pytest.approx(chance, abs=1e-6)
    assert row["low"] < chance < row["high"]


def test_it_is_averaged_over_the_baselines():
    scores = drawn_people(200, seed=6, visits=1, missing=0)
    found, _ = expected(scores)
    baseline, total = scores.people["baseline_sum"].to_numpy(float), scores.totals[:, 0]
    design = np.column_stack([np.ones(200), baseline])
    slopes = np.linalg.lstsq(design, total, rcond=None)[0]
    s = np.sqrt(((total - design @ slopes) ** 2).sum() / 198)
    chances = stats.norm.cdf((np.floor(baseline / 2) + 0.5 - design @ slopes) / s)
    assert found["estimate"].iloc[0] == pytest.approx(chances.mean(), abs=1e-6)


def test_two_limits_and_the_ends_of_the_range():
    """Partial response lies between two limits; a limit at the end of the range is none."""
    draw = np.random.default_rng(5)
    totals = np.clip(np.floor(draw.normal(11, 4, 60) + 0.5), 0, 27)[:, None]
    mean, s = totals.mean(), totals.std(ddof=1)
    partial, _ = expected(people_with(totals, 20), outcome="partial_response")  # 11 to 15
    chance = stats.norm.cdf((15.5 - mean) / s) - stats.norm.cdf((10.5 - mean) / s)
    assert partial["estimate"].iloc[0] == pytest.approx(chance, abs=1e-6)
    worse, _ = expected(people_with(totals, 20), outcome="reliable_deterioration")  # 26 or 27
    assert worse["estimate"].iloc[0] == pytest.approx(stats.norm.sf((25.5 - mean) / s), abs=1e-6)
    # From 25 nobody can lose 6 points on a scale that ends at 27.
    never, _ = expected(people_with(totals, 25), outcome="reliable_deterioration")
    assert never[["estimate", "low", "high"]].iloc[0].tolist() == [0, 0, 0]


def test_unseen_people_count_in():
    """With half of the second visit missing at random it is near the share of everybody."""
    scores = drawn_people(1500, seed=8, visits=2, missing=0)
    truth = (2 * scores.totals[:, 1] <= scores.people["baseline_sum"]).mean()
    totals = scores.totals.copy()
    totals[totals[:, 0] > 13, 1] = np.nan
    found, _ = expected(people_with(totals, scores.people["baseline_sum"]))
    row = found.iloc[0]
    assert row["low"] < truth < row["high"]


def test_the_interval_is_as_wide_as_estimates_vary():
    shares, errors = [], []
    for seed in range(60):
        found, _ = expected(drawn_people(150, seed=seed, visits=2, missing=0.2))
        row = found.iloc[0]
        shares.append(np.log(row["estimate"] / (1 - row["estimate"])))
        wide = np.log(row["high"] / (1 - row["high"])) - np.log(row["low"] / (1 - row["low"]))
        errors.append(wide / 2 / 1.96)
    assert np.mean(errors) == pytest.approx(np.std(shares, ddof=1), rel=0.25)


def test_somebody_of_whom_the_model_cannot_speak_stops_it():
    """Also when that person was seen at other windows; the group of everybody else has its share."""
    scores = drawn_people(60, missing=0.1)
    totals = scores.totals.copy()
    totals[:5, -1] = np.nan
    route = np.repeat(["oral", "iv"], [5, 55])
    found, _ = expected(people_with(totals, scores.people["baseline_sum"], route=route), by=("route",))
    assert found.set_index("route")["status"].to_dict() == {"iv": "ok", "oral": "stratum without scores"}
    assert found.set_index("route").loc["oral", ["estimate", "low", "high"]].isna().all()


def test_too_few_and_constant_scores():
    few = drawn_people(2, missing=0)
    assert expected(few)[0]["status"].tolist() == ["too few scores"]
    scores = drawn_people(40, missing=0)
    totals = scores.totals.copy()
    totals[:, -1] = 5
    assert expected(people_with(totals, scores.people["baseline_sum"]))[0]["status"].tolist() == ["constant scores"]
