"""Effects of two groups from four counts: differences, ratios, the number needed to treat, the E-value."""

import numpy as np
import pytest

from analysis.estimate.effects import MEASURES, Effect, crude_effects, e_value, number_needed
from analysis.vocabulary.errors import CallError


def by_measure(effects: list[Effect]) -> dict[str, Effect]:
    assert [each.measure for each in effects] == list(MEASURES)
    return {each.measure: each for each in effects}


def test_the_published_difference_of_elekt_d():
    """Anand 2023, N Engl J Med 388:2315: 55.4 v 41.2 %, difference 14.2 points (3.9 to 24.2)."""
    found = by_measure(crude_effects(108, 195, 70, 170))
    points = found["difference"]
    assert [round(100 * each, 1) for each in (points.estimate, points.low, points.high)] == [14.2, 3.9, 24.2]
    assert points.method == "Miettinen-Nurminen, 95 %"
    # By hand: (108/195)/(70/170), and (108 x 100)/(70 x 87).
    assert found["ratio"].estimate == pytest.approx(108 * 170 / (70 * 195))
    assert found["odds ratio"].estimate == pytest.approx(10800 / 6090)
    need = found["number needed to treat"]
    assert (round(need.estimate, 1), round(need.low, 1), round(need.high, 1)) == (7.0, 4.1, 25.5)
    assert need.status == "ok"
    assert need.note == "people for one more to have the outcome in the group than in the reference"


def test_newcombes_interval_on_request():
    difference = crude_effects(91, 336, 60, 340, method="newcombe")[0]
    assert [round(100 * each, 1) for each in (difference.low, difference.high)] == [3.2, 15.6]
    assert difference.method == "Newcombe, 95 %"


def test_fewer_is_a_negative_number_needed():
    need = by_measure(crude_effects(70, 170, 108, 195))["number needed to treat"]
    assert (round(need.estimate, 1), round(need.low, 1), round(need.high, 1)) == (-7.0, -25.5, -4.1)
    assert "one fewer" in need.note


def test_an_interval_that_holds_no_difference_goes_through_infinity():
    """Altman 1998, BMJ 317:1309: from a number needed of 4 for benefit through infinity to 20 for harm."""
    need = number_needed(Effect("difference", 0.10, -0.05, 0.25, "Wald", "ok"))
    assert (need.estimate, need.low, need.high) == pytest.approx((10, -20, 4))
    assert need.status == "disjoint"
    assert not need.low < need.estimate < need.high  # what lies between the limits is what is left out


@pytest.mark.parametrize(
    ("low", "high", "limits", "status"),
    [
        (0.0, 0.25, (4, np.inf), "unbounded"),
        (-0.25, 0.0, (-np.inf, -4), "unbounded"),
        (0.0, 0.0, (np.nan, np.nan), "undefined"),
    ],
)
def test_a_limit_of_no_difference_is_an_infinite_number(low, high, limits, status):
    need = number_needed(Effect("difference", (low + high) / 2, low, high, "any", "ok"))
    assert (need.low, need.high) == pytest.approx(limits, nan_ok=True)
    assert need.status == status


@pytest.mark.parametrize(
    ("ratio", "expected"),
    # 3.9 gives 7.26 in VanderWeele & Ding 2017. The others by hand: 1.8 + sqrt(1.44), 2 + sqrt(2).
    [(3.9, 7.26), (1.8, 3.0), (1, 1), (2, 3.414), (0.5, 3.414), (0, np.inf), (np.inf, np.inf)],
)
def test_the_e_value_of_a_ratio(ratio, expected):
    assert e_value(ratio) == pytest.approx(expected, abs=0.005)


def test_a_negative_ratio_has_no_e_value():
    with pytest.raises(CallError, match="0 or more"):
        e_value(-1)


def test_the_e_value_of_the_limit_is_that_nearer_to_one():
    more, fewer = (by_measure(crude_effects(*table)) for table in ((108, 195, 70, 170), (70, 170, 108, 195)))
    for found, limit in ((more, more["ratio"].low), (fewer, fewer["ratio"].high)):
        assert found["E-value"].low == pytest.approx(e_value(limit))
        assert np.isnan(found["E-value"].high)
    assert more["E-value"].estimate == pytest.approx(fewer["E-value"].estimate)
    assert by_measure(crude_effects(5, 10, 4, 10))["E-value"].low == 1  # the interval holds 1


@pytest.mark.parametrize(
    ("table", "statuses"),
    [
        ((0, 0, 3, 10), ["empty"] * 5),
        ((3, 10, 0, 0), ["empty"] * 5),
        ((0, 10, 0, 12), ["ok", "undefined", "undefined", "disjoint", "undefined"]),
        ((12, 12, 10, 10), ["ok", "ok", "undefined", "disjoint", "ok"]),
        ((8, 10, 0, 12), ["ok", "unbounded", "unbounded", "ok", "unbounded"]),
        ((0, 12, 8, 10), ["ok", "ok", "ok", "ok", "unbounded"]),
    ],
)
def test_what_cannot_be_said_has_a_named_status(table, statuses):
    effects = crude_effects(*table)
    assert [each.status for each in effects] == statuses
    for each in effects:
        assert np.isnan(each.estimate) == (each.status in {"empty", "undefined"})
