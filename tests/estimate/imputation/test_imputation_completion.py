"""Drawn scores: their distribution, the scale's steps and range, and what each assumption changes."""

from dataclasses import replace

import numpy as np
import pytest
from drawn_scores import RULES, drawn_people, people_with

from analysis.estimate.imputation.completion import AT_RANDOM, UnseenRule, completed_totals, expected_given_seen
from analysis.estimate.imputation.preparation import prepare_model

PHQ = RULES.instruments["PHQ-9"]
FINE = replace(PHQ, item_max=(3000,) * 9, item_min=-3000)
"""A scale so wide that no range cuts anything off."""


def model_of(scores, *, draws=20, seed=1):
    return prepare_model(scores, scores.windows, groups=(), covariates=(), draws=draws, seed=seed)


def test_what_was_seen_stays_and_all_else_is_filled():
    scores = drawn_people(120)
    seen = ~np.isnan(scores.totals)
    for filled in completed_totals(model_of(scores), AT_RANDOM, PHQ):
        assert (filled[seen] == scores.totals[seen]).all()
        assert not np.isnan(filled).any()


def test_drawn_totals_are_whole_and_on_the_scale():
    scores = drawn_people(200, missing=0.6)
    drawn = np.concatenate([filled.ravel() for filled in completed_totals(model_of(scores), AT_RANDOM, PHQ)])
    assert set(np.unique(drawn)) <= set(range(28))
    assert {0, 27} <= set(drawn)  # what lies outside becomes the end of the range
    who = RULES.instruments["WHO-5"]
    for filled in completed_totals(model_of(drawn_people(60)), AT_RANDOM, who):
        assert (filled[np.isnan(drawn_people(60).totals)] % who.multiplier == 0).all()


def test_draws_have_the_conditional_distribution():
    """Over many draws of parameters: the mean that the whole fit expects, and a spread a little over what it leaves."""
    totals = drawn_people(400, seed=2, missing=0).totals
    totals[0] = [5, 20, np.nan]
    totals[1] = [20, np.nan, np.nan]
    scores = people_with(totals, drawn_people(400, seed=2, missing=0).people["baseline_sum"])
    model = model_of(scores, draws=800)
    drawn = np.array([filled[:2] for filled in completed_totals(model, AT_RANDOM, FINE)])
    for row, seen, missing in ((0, [0, 1], [2]), (1, [0], [1, 2])):
        expected, left = expected_given_seen(
            model, model.whole, 0, rows=np.array([row]), seen=np.array(seen), missing=np.array(missing)
        )
        own = drawn[:, row, missing]
        assert own.mean(axis=0) == pytest.approx(expected[0], abs=4 * np.sqrt(np.diag(left).max() / 800))
        spread = np.cov(own.T).reshape(left.shape)
        assert spread == pytest.approx(left, rel=0.2)


def test_the_covariance_is_not_too_small_in_a_small_sample():
    """30 people of whom one misses a visit: draws vary as a new person would, by s^2 (1 + d/n) with s^2 unbiased."""
    ratios = []
    for seed in range(40):
        scores = drawn_people(30, seed=seed, visits=1, missing=0)
        totals = scores.totals.copy()
        totals[0] = np.nan
        model = model_of(people_with(totals, scores.people["baseline_sum"]), draws=60, seed=seed)
        drawn = np.array([filled[0, 0] for filled in completed_totals(model, AT_RANDOM, FINE)])
        design, seen = model.design[1:], totals[1:, 0]
        left = seen - design @ np.linalg.lstsq(design, seen, rcond=None)[0]
        leverage = float(model.design[0] @ np.linalg.inv(design.T @ design) @ model.design[0])
        ratios.append(drawn.var(ddof=1) / (left @ left / 27 * (1 + leverage)))
    assert np.mean(ratios) == pytest.approx(1, abs=0.12)


def test_those_who_left_are_worse_by_the_points_in_each_window_missed():
    """Not more in later windows, and not for who came back."""
    scores = drawn_people(100, missing=0)
    totals = scores.totals.copy()
    totals[0] = [15, np.nan, np.nan]
    totals[1] = [15, np.nan, 14]
    model = model_of(people_with(totals, scores.people["baseline_sum"]))
    plain = np.array(list(completed_totals(model, AT_RANDOM, FINE)))
    worse = np.array(list(completed_totals(model, UnseenRule(worse_by=6), FINE)))
    added = worse - plain
    assert (added[:, 0] == [0, 6, 6]).all()
    assert (added[:, 1:] == 0).all()
    turned = replace(FINE, direction="higher")
    better_is_higher = np.array(list(completed_totals(model, UnseenRule(worse_by=6), turned)))
    assert (better_is_higher[:, 0] - plain[:, 0] == [0, -6, -6]).all()


def test_those_who_stopped_are_around_their_baseline_again():
    """Whatever their earlier scores were; who did not stop is drawn as at random."""
    scores = drawn_people(300, seed=9, missing=0)
    totals = scores.totals.copy()
    totals[:2, 2] = np.nan
    totals[:2, :2] = 0
    stopped = np.arange(300) == 0
    people = people_with(totals, scores.people["baseline_sum"], stopped=stopped)
    model = model_of(people, draws=400)
    plain = np.array(list(completed_totals(model, AT_RANDOM, FINE)))
    back = np.array(list(completed_totals(model, UnseenRule(back_to_baseline=True), FINE)))
    baseline = float(people.people["baseline_sum"].iloc[0])
    variance = model.whole.covariances[0][2, 2]
    assert back[:, 0, 2].mean() == pytest.approx(baseline, abs=4 * np.sqrt(variance / 400))
    assert back[:, 0, 2].var() == pytest.approx(variance, rel=0.2)
    assert plain[:, 0, 2].mean() < baseline - 5
    assert (back[:, 1:] == plain[:, 1:]).all()


def test_only_who_counts_in_is_drawn():
    scores = drawn_people(50)
    inside = scores.counts_in.copy()
    inside[:10] = False
    model = model_of(replace(scores, counts_in=inside))
    (filled, *_) = completed_totals(model, AT_RANDOM, PHQ)
    assert (np.isnan(filled[:10]) == np.isnan(scores.totals[:10])).all()
    assert not np.isnan(filled[10:]).any()
