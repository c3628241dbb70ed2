"""A printed share and a small denominator leave few pairs of counts."""

import numpy as np
import pytest

from analysis.audit.shares import possible_pairs, share_range
from analysis.estimate.intervals import wilson


def test_43_percent_of_at_most_10_is_3_of_7():
    assert possible_pairs(estimate="43 %", numerator=(0, 10), denominator=(1, 10)).tolist() == [[3, 7]]


@pytest.mark.parametrize(
    ("text", "expected"), [("0.43", (0.425, 0.435)), ("43 %", (0.425, 0.435)), ("0.5", (0.45, 0.55))]
)
def test_a_share_is_as_wide_as_its_last_digit(text, expected):
    assert share_range(text) == pytest.approx(expected)


def test_wilson_limits_alone_give_the_counts_away():
    low, high = wilson(4, 9)
    found = possible_pairs(low=f"{float(low):.3f}", high=f"{float(high):.3f}", numerator=(0, 40), denominator=(1, 40))
    assert found.tolist() == [[4, 9]]


@pytest.mark.parametrize("seed", range(20))
def test_the_true_pair_is_always_among_those_found(seed):
    random = np.random.default_rng(seed)
    n = int(random.integers(1, 30))
    x = int(random.integers(0, n + 1))
    low, high = wilson(x, n)
    text = [f"{100 * float(value):.0f} %" for value in (x / n, low, high)]
    pairs = possible_pairs(estimate=text[0], low=text[1], high=text[2], numerator=(0, 30), denominator=(1, 30))
    assert [x, n] in pairs.tolist()
