"""A rate weighted by the share scored in each stratum: hand-worked, and against weights given to each person."""

from fractions import Fraction
from random import Random

import numpy as np
import pandas as pd
import pytest

from analysis.estimate.intervals import wilson
from analysis.estimate.weighting import standardised, weight_rates


def strata(*rows, window="end of loading"):
    columns = ["eligible", "scored", "with_outcome"]
    return pd.DataFrame(rows, columns=columns).assign(window=window, stratum=range(len(rows)))


def test_two_strata_by_hand():
    """0.6 x 15/30 + 0.4 x 8/10 = 0.62.

    Variance: 0.36 x 0.25/30 + 0.16 x 0.16/10 + (0.6 x 0.12^2 + 0.4 x 0.18^2)/100 = 0.003 + 0.00256 + 0.000216.
    Effective number: 0.62 x 0.38 / 0.005776 = 40.79, but the weights leave 1 / (0.36/30 + 0.16/10) = 35.71.
    """
    (found,) = weight_rates(strata((60, 30, 15), (40, 10, 8)), keys=["window"]).to_dict("records")
    assert found["estimate"] == pytest.approx(0.62)
    low, high = wilson(0.62 / 0.028, 1 / 0.028)
    assert (found["low"], found["high"]) == pytest.approx((float(low), float(high)))
    assert found["status"] == "ok"


def test_the_variance_counts_where_it_leaves_less_than_the_weights():
    """Strata of 0.5 and 0.5 with 50 of 100 and 10 of 100 scored, and no difference between them: Kish is exact.

    With 0.5 in the stratum seldom scored and 0.1 in the other the variance is 0.25 x 0.25/10 + 0.25 x 0.09/50 +
    0.04/200 = 0.0069, so the effective number is 0.21/0.0069 = 30.43, under 1 / (0.25/50 + 0.25/10) = 33.33.
    """
    rate, low, high = standardised([5, 5], [50, 10], [100, 100])
    assert rate == pytest.approx(0.3)
    assert (low, high) == pytest.approx([float(end) for end in wilson(0.3 * 0.21 / 0.0069, 0.21 / 0.0069)])


def test_one_stratum_is_the_observed_rate():
    assert standardised([30], [47], [80]) == pytest.approx((30 / 47, *map(float, wilson(30, 47))))


def test_everybody_scored_is_the_rate_of_all():
    assert standardised([3, 20], [10, 30], [10, 30]) == pytest.approx((23 / 40, *map(float, wilson(23, 40))))


@pytest.mark.parametrize(("x", "end"), [([0, 0], 0.0), ([30, 10], 1.0)])
def test_none_and_all_have_the_width_of_what_the_weights_leave(x, end):
    rate, low, high = standardised(x, [30, 10], [60, 40])
    assert rate == end
    assert (low, high) == pytest.approx([float(limit) for limit in wilson(end / 0.028, 1 / 0.028)])


def test_a_stratum_without_scores_is_named_and_not_dropped():
    found = weight_rates(strata((60, 30, 15), (40, 0, 0)), keys=["window"])
    assert found["status"].tolist() == ["stratum without scores"]
    assert found[["estimate", "low", "high"]].isna().all(axis=None)


def test_a_stratum_without_people_needs_no_scores():
    found = weight_rates(strata((60, 30, 15), (0, 0, 0)), keys=["window"])
    assert (found["status"].item(), found["estimate"].item()) == ("ok", 0.5)


def test_nobody_eligible_is_empty():
    assert weight_rates(strata((0, 0, 0)), keys=["window"])["status"].tolist() == ["empty"]


def test_each_group_is_weighted_by_itself():
    together = pd.concat([strata((60, 30, 15), (40, 10, 8)), strata((10, 10, 1), window="late")])
    assert weight_rates(together, keys=["window"])["estimate"].tolist() == pytest.approx([0.62, 0.1])


@pytest.mark.parametrize("seed", range(20))
def test_the_same_by_weights_given_to_each_person(seed):
    """Person by person: 1 over the share scored in the stratum, and the variance of the estimating equations."""
    chance = Random(seed)  # noqa: S311 - no secrets here
    people = [
        (place, chance.random() < 0.7, chance.random() < 0.2 + 0.2 * place) for place in range(4) for _ in range(30)
    ]
    people += [(place, True, outcome) for place in range(4) for outcome in (True, False)]
    share = {
        place: Fraction(sum(seen for at, seen, _ in people if at == place), sum(at == place for at, _, _ in people))
        for place in range(4)
    }
    rate = sum(1 / share[at] for at, seen, outcome in people if seen and outcome) / len(people)
    of = {
        place: Fraction(
            sum(seen and outcome for at, seen, outcome in people if at == place),
            sum(seen for at, seen, _ in people if at == place),
        )
        for place in range(4)
    }
    # Each person's part in the estimate, the estimated shares taken into account.
    influence = [
        (outcome - of[at]) / share[at] + of[at] - rate if seen else of[at] - rate for at, seen, outcome in people
    ]
    variance = sum(part**2 for part in influence) / len(people) ** 2
    counts = [
        [
            sum(at == place and seen and outcome for at, seen, outcome in people),
            sum(at == place and seen for at, seen, _ in people),
            sum(at == place for at, _, _ in people),
        ]
        for place in range(4)
    ]
    weights = [1 / share[at] for at, seen, _ in people if seen]
    kish = sum(weights) ** 2 / sum(weight**2 for weight in weights)
    effective = float(min(kish, rate * (1 - rate) / variance))
    found = standardised(*np.transpose(counts))
    assert found == pytest.approx([float(rate), *map(float, wilson(float(rate) * effective, effective))])


def test_the_interval_covers_the_rate_of_all_when_scoring_depends_on_the_stratum():
    """2,000 samples of 200, of whom 9 in 10 are scored where 7 in 10 respond and 3 in 10 where 2 in 10 do."""
    draw = np.random.default_rng(20260101)
    covered = 0
    for _ in range(2000):
        first = draw.binomial(200, 0.5)
        eligible = np.array([first, 200 - first])
        scored = np.maximum(draw.binomial(eligible, [0.9, 0.3]), 1)
        _, low, high = standardised(draw.binomial(scored, [0.7, 0.2]), scored, eligible)
        covered += low <= 0.45 <= high
    assert 0.94 <= covered / 2000 <= 0.975
