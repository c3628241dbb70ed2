"""Fieller's interval: the ratios that the data do not reject."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.estimate.ratio_of_means import fieller
from analysis.vocabulary.errors import CallError


def sums_of(y, x):
    return (
        len(y),
        (sum(y), sum(x)),
        (sum(v * v for v in y), sum(v * v for v in x)),
        sum(a * b for a, b in zip(y, x, strict=True)),
    )


def p_value(y, x, ratio):
    return stats.ttest_1samp(np.array(y) - ratio * np.array(x), 0.0).pvalue


def test_the_limits_are_where_a_t_test_rejects():
    """The difference y - ratio * x has mean 0 by scipy's t test, with p = 0.05, at both limits."""
    rng = np.random.default_rng(5)
    x = (rng.random(60) < 0.5).astype(int).tolist()
    y = (rng.integers(1, 9, 60)).tolist()
    low, high, status = fieller(*sums_of(y, x))
    assert status == "ok"
    assert p_value(y, x, low) == pytest.approx(0.05, abs=1e-9)
    assert p_value(y, x, high) == pytest.approx(0.05, abs=1e-9)
    assert low < sum(y) / sum(x) < high


def test_few_responders_leave_no_upper_limit():
    y, x = [6, 8, 6, 4], [1, 1, 1, 0]
    low, high, status = fieller(*sums_of(y, x))
    assert (high, status) == (np.inf, "unbounded")
    assert p_value(y, x, low) == pytest.approx(0.05, abs=1e-9)
    assert p_value(y, x, 1000) > 0.05


@pytest.mark.parametrize(("y", "x"), [([3], [1]), ([3, 4], [0, 0]), ([], [])])
def test_too_few_people_or_no_responder(y, x):
    assert fieller(*sums_of(y, x))[2] == "undefined"


def test_costs_in_cents_are_exact():
    """Squares of a million costs of a million cents exceed 64 bits."""
    n = 1_000_000
    low, high, status = fieller(n, (n * 10**7, n // 2), (n * 10**14, n // 2), n // 2 * 10**7)
    assert status == "ok"
    assert low < 2 * 10**7 < high


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 1)), min_size=3, max_size=30))
def test_inside_is_not_rejected_and_outside_is(people):
    y, x = [a for a, _ in people], [b for _, b in people]
    low, high, status = fieller(*sums_of(y, x))
    if status == "undefined" or len(set(y)) == 1 or len(set(x)) == 1:
        return
    inside = [low * 1.01 + 0.001, (low + high) / 2 if np.isfinite(high) else low * 50 + 50]
    for ratio in inside:
        if ratio < high:
            assert p_value(y, x, ratio) > 0.05 - 1e-7
    if low > 0:
        assert p_value(y, x, low * 0.99) < 0.05 + 1e-7
    if np.isfinite(high):
        assert p_value(y, x, high * 1.01) < 0.05 + 1e-7


def test_a_negative_sum_is_refused():
    with pytest.raises(CallError, match="0 or more"):
        fieller(3, (-1, 2), (1, 2), 0)
