"""Centres, limits and the signs of change, on series drawn by hand."""

import numpy as np
import pytest

from analysis.estimate.control_limits import find_signals, g_limits, p_limits, run_limits, xmr_limits

FLAT = [5.0, 6.0, 4.0, 5.5, 4.5, 6.0, 4.0, 5.5, 4.5, 6.0, 4.0, 5.0]


def test_limits_stay_those_of_the_first_twelve():
    locked = xmr_limits(FLAT)
    later = xmr_limits([*FLAT, 50.0, 60.0])
    assert later.centre == locked.centre == 5.0
    assert (later.upper == locked.upper[0]).all()


def test_the_limits_of_a_share_go_with_its_number_of_people():
    limits = p_limits([8, 80], [20, 200])
    assert limits.centre == 0.4
    assert limits.upper - 0.4 == pytest.approx([3 * 0.24**0.5 / 20**0.5, 3 * 0.24**0.5 / 200**0.5])


def test_limits_of_a_share_stay_between_0_and_1():
    assert p_limits([1, 1], [5, 10]).lower[0] == 0
    assert p_limits([9, 9], [10, 10]).upper[0] == 1


def test_a_gap_above_the_limit_has_a_probability_of_1_in_741():
    limits = g_limits([9] * 12)  # a chance of 1 in 10 each: q = 0.9
    assert 0.9 ** limits.upper[0] == pytest.approx(0.00135)
    assert limits.lower[0] == 0


def test_events_one_after_the_other_make_a_limit_of_0():
    assert g_limits([0] * 12).upper[0] == 0


def test_a_point_outside_is_a_sign():
    values = [*FLAT, 30.0, 5.0]
    found = find_signals(values, xmr_limits(values), "XmR")
    assert found[12] == "outside the limits"
    assert set(found[:12] + found[13:]) == {""}


def test_seven_on_one_side_are_a_sign_and_six_are_none():
    seven = [*FLAT, 4.0, *[5.2, 5.4] * 3, 5.2, 4.0]
    found = find_signals(seven, xmr_limits(seven), "XmR")
    assert found[13:20] == ["7 in a row above the centre"] * 7
    assert found[20] == found[12] == ""
    six = [*FLAT, 4.0, *[5.2, 5.4] * 3, 4.0]
    assert set(find_signals(six, xmr_limits(six), "XmR")) == {""}


def test_a_point_on_the_centre_ends_a_run_but_not_in_a_run_chart():
    values = [*FLAT, 4.0, 5.2, 5.4, 5.2, 5.0, 5.4, 5.2, 5.4, 5.2, 4.0]
    assert set(find_signals(values, xmr_limits(values), "XmR")) == {""}
    run = [1.0, 1.0, 1.0, 2.0, 3.0, 3.5, 3.0, 2.0, 3.5, 3.0, 3.5]
    assert run_limits([*run, 1.0, 1.0, 1.0]).centre == 2.0
    found = find_signals([*run, 1.0, 1.0, 1.0], run_limits([*run, 1.0, 1.0, 1.0]), "run")
    assert found[4] == found[10] == "6 in a row above the centre"
    assert found[7] == ""  # on the median: passed over


def test_seven_rising_are_a_sign():
    values = [*FLAT, 4.4, 4.6, 4.8, 5.2, 5.4, 5.6, 5.8, 4.0]
    found = find_signals(values, xmr_limits(values), "XmR")
    assert found[12:19] == ["7 in a row rising"] * 7


def test_five_falling_in_a_run_chart_with_an_equal_one_passed_over():
    values = [9.0, 7.0, 6.0, 6.0, 5.0, 4.0]
    found = find_signals(values, run_limits(values), "run")
    assert found == ["5 in a row falling"] * 3 + [""] + ["5 in a row falling"] * 2


def test_two_of_three_near_one_limit_are_a_sign():
    limits = xmr_limits(FLAT)
    near = 5.0 + 0.8 * (limits.upper[0] - 5.0)
    values = [*FLAT, near, 5.0, near, 5.0]
    found = find_signals(values, xmr_limits(values), "XmR")
    assert [found[12], found[13], found[14]] == ["2 of 3 near the upper limit", "", "2 of 3 near the upper limit"]
    apart = [*FLAT, near, 5.0, 10.0 - near, 5.0]
    assert set(find_signals(apart, xmr_limits(apart), "XmR")) == {""}


def test_how_often_a_process_that_does_not_change_shows_a_sign():
    """Limits from 12 points, the last 12 of 24 months of about 20 people: the words of a verdict say one in four."""
    rng = np.random.default_rng(20)
    alarms = 0
    for _ in range(300):
        people = rng.poisson(20, 24) + 1
        responded = rng.binomial(people, 0.4)
        found = find_signals(responded / people, p_limits(responded, people), "p")
        alarms += any(found[-12:])
    assert 0.17 < alarms / 300 < 0.33
