"""Curves, tests and fits against R (survival, cmprsk), statsmodels, published examples and slow second opinions."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from plain_times import jackknife_error, plain_gray, plain_turnbull
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from analysis.estimate.curve_tests import gray, log_rank
from analysis.estimate.day_curves import DayCounts, area_with_error, day_curves, day_reached, log_log_limits
from analysis.estimate.interval_fits import fit_intervals, interval_log_rank
from analysis.estimate.turnbull import turnbull

FOLDER = Path(__file__).parent


def made(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def followed():
    return pd.read_csv(FOLDER / "followed.csv")


def counts_of(rows, groups=1, days=None, delayed=False):
    """Count people by day, as the tallies do; whoever comes at the end of day d is at risk from day d + 1."""
    days = days or int(rows["time"].max()) + 1
    group = rows["group"].to_numpy() if groups > 1 else np.zeros(len(rows), int)
    entered, censored = np.zeros((groups, days), int), np.zeros((groups, days), int)
    exits = np.zeros((groups, 2, days), int)
    first = rows["entry"].to_numpy() + 1 if delayed else np.zeros(len(rows), int)
    np.add.at(entered, (group, first), 1)
    time, cause = rows["time"].to_numpy(), rows["cause"].to_numpy()
    np.add.at(censored, (group[cause == 0], time[cause == 0]), 1)
    for number in (1, 2):
        which = cause == number
        np.add.at(exits, (group[which], number - 1, time[which]), 1)
    return DayCounts(entered, exits, censored)


def numbers(values):
    return np.array([np.nan if value in (None, "NA") else value for value in values], dtype=float)


@pytest.mark.parametrize(
    ("name", "group", "delayed"), [("plain", None, False), ("delayed", None, True), ("censored", 2, False)]
)
def test_kaplan_meier_of_r(followed, name, group, delayed):
    rows = followed if group is None else followed[followed["group"] == group]
    counts = counts_of(rows, delayed=delayed)
    curves, theirs = day_curves(counts), made("curves")[name]
    days = np.array(theirs["time"])
    assert curves.at_risk[0, days].tolist() == theirs["at_risk"]
    free, error = curves.free[0, days], np.sqrt(curves.free_variance[0, days])
    np.testing.assert_allclose(free, theirs["free"], rtol=0, atol=1e-12)
    some = free > 0
    np.testing.assert_allclose(error[some], numbers(theirs["error"])[some], rtol=1e-8)
    low, high = log_log_limits(free, error**2)
    known = ~np.isnan(numbers(theirs["low"])) & (free < 1) & some
    assert known.any()
    np.testing.assert_allclose(low[known], numbers(theirs["low"])[known], rtol=1e-8)
    np.testing.assert_allclose(high[known], numbers(theirs["high"])[known], rtol=1e-8)


def test_aalen_johansen_of_r(followed):
    curves, theirs = day_curves(counts_of(followed)), made("curves")["states"]
    days, share, error = (np.array(theirs[name]) for name in ("time", "share", "error"))
    ours = np.stack([curves.free[0, days], *curves.happened[0][:, days]], axis=1)
    spread = np.stack([curves.free_variance[0, days], *curves.happened_variance[0][:, days]], axis=1)
    np.testing.assert_allclose(ours, share, rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.sqrt(spread), error, rtol=1e-8, atol=1e-12)


def test_restricted_means_of_r(followed):
    counts, theirs = counts_of(followed), made("curves")
    mean, error = area_with_error(counts, 0, 60)
    assert mean == pytest.approx(theirs["restricted"]["mean"], rel=1e-10)
    assert error == pytest.approx(theirs["restricted"]["error"], rel=1e-8)
    lost = [area_with_error(counts, 0, 60, cause=cause)[0] for cause in (0, 1)]
    assert [mean, *lost] == pytest.approx(theirs["states"]["days"], rel=1e-10)


def test_the_error_of_the_days_lost_is_that_of_a_jackknife_person_by_person(followed):
    rows = followed.head(60)
    times, causes = rows["time"].tolist(), rows["cause"].tolist()
    expected = jackknife_error(times, causes, 40, lambda _, happened: sum(happened))
    counts = counts_of(rows, days=max(max(times) + 1, 41))
    assert area_with_error(counts, 0, 40, cause=0)[1] == pytest.approx(expected, rel=1e-6)


def test_quantiles_of_r(followed):
    curves, theirs = day_curves(counts_of(followed)), made("curves")["quantiles"]
    free = curves.free[0]
    low, high = log_log_limits(free, curves.free_variance[0])
    for share, middle, under, over in zip(
        (0.25, 0.5, 0.75), theirs["quantile"], theirs["low"], theirs["high"], strict=True
    ):
        found = [day_reached(line, share) for line in (1 - free, 1 - low, 1 - high)]
        assert found == pytest.approx(numbers([middle, under, over]), nan_ok=True)


def test_kaplan_meier_of_statsmodels_with_delayed_entry(followed):
    theirs = SurvfuncRight(followed["time"], followed["cause"] > 0, entry=followed["entry"])
    curves = day_curves(counts_of(followed, delayed=True))
    days = theirs.surv_times.astype(int)
    np.testing.assert_allclose(curves.free[0, days], theirs.surv_prob, atol=1e-12)
    some = theirs.surv_prob > 0
    np.testing.assert_allclose(np.sqrt(curves.free_variance[0, days])[some], theirs.surv_prob_se[some], rtol=1e-8)


def by_stratum(followed):
    days = int(followed["time"].max()) + 1
    return [counts_of(part, 3, days) for _, part in followed.groupby("stratum")]


def test_log_rank_of_r_and_statsmodels(followed):
    theirs = made("tests")
    plain, stratified = log_rank([counts_of(followed, 3)]), log_rank(by_stratum(followed))
    assert (plain.statistic, plain.df) == (pytest.approx(theirs["log_rank"]["statistic"], rel=1e-8), 2)
    assert stratified.statistic == pytest.approx(theirs["stratified"]["statistic"], rel=1e-8)
    statistic, p_value = survdiff(followed["time"], followed["cause"] == 1, followed["group"])
    assert (plain.statistic, plain.p_value) == pytest.approx((statistic, p_value), rel=1e-6)
    statistic, _ = survdiff(followed["time"], followed["cause"] == 1, followed["group"], strata=followed["stratum"])
    assert stratified.statistic == pytest.approx(statistic, rel=1e-6)


def test_a_group_without_anybody_changes_no_test(followed):
    counts = counts_of(followed, 4)
    for test in (log_rank, gray):
        with_empty, without = test([counts]), test([counts_of(followed, 3)])
        assert (with_empty.statistic, with_empty.df) == (pytest.approx(without.statistic, rel=1e-10), without.df)


def test_grays_test_of_the_authors_program(followed):
    theirs = made("tests")
    for counts, name in ([counts_of(followed, 3)], "gray"), (by_stratum(followed), "gray_stratified"):
        for cause, expected in enumerate(theirs[name]):
            turned = [DayCounts(each.entered, each.exits[:, [cause, 1 - cause]], each.censored) for each in counts]
            found = gray(turned)
            assert found.statistic == pytest.approx(expected["statistic"], rel=1e-8)
            assert (found.p_value, found.df) == (pytest.approx(expected["p_value"], rel=1e-6), expected["df"])


def test_grays_test_as_its_author_printed_it():
    """cmprsk, tests/test.Rout.save: cuminc(ss, cc, gg, strt)."""
    rows = pd.read_csv(FOLDER / "gray.csv")
    rows["group"] = rows["group"].map({"a": 0, "b": 1, "c": 2})
    strata = [counts_of(part, 3, 102) for _, part in rows.groupby("stratum")]
    turned = [DayCounts(each.entered, each.exits[:, ::-1], each.censored) for each in strata]
    found = [gray(strata), gray(turned)]
    assert [round(each.statistic, 6) for each in found] == [3.393977, 1.989511]
    assert [round(each.p_value, 7) for each in found] == [0.1832345, 0.3698139]
    assert [each.df for each in found] == [2, 2]


def test_grays_test_by_a_slow_second_opinion(followed):
    rows = followed.head(150)
    expected = plain_gray(rows["time"].tolist(), rows["cause"].tolist(), rows["group"].tolist())
    assert gray([counts_of(rows, 3)]).statistic == pytest.approx(expected, rel=1e-9)


def cosmesis():
    rows = pd.read_csv(FOLDER / "cosmesis.csv")
    rows["up_to"] = rows["up_to"].fillna(np.inf)
    return [
        (part["after"].to_numpy(float), part["up_to"].to_numpy(float), np.ones(len(part)))
        for _, part in rows.groupby("treatment", sort=False)
    ]


@pytest.mark.parametrize("arm", [0, 1])
def test_turnbull_of_the_breast_cosmesis_data_by_self_consistency_alone(arm):
    after, up_to, people = cosmesis()[arm]
    expected = plain_turnbull(list(zip(after, up_to, strict=True)))
    found = turnbull(after, up_to, people)
    assert list(zip(found.left, found.right, strict=True)) == list(expected)
    np.testing.assert_allclose(found.share, list(expected.values()), atol=1e-6)
    assert found.gap < 1e-9


def test_the_breast_cosmesis_data_are_those_that_are_published():
    radiotherapy, both = cosmesis()
    assert (len(radiotherapy[0]), len(both[0])) == (46, 48)
    assert sum(int(np.isinf(up_to).sum()) for _, up_to, _ in (radiotherapy, both)) == 38


@pytest.mark.parametrize("seed", range(6))
def test_turnbull_of_drawn_intervals_by_self_consistency_alone(seed):
    draw = np.random.default_rng(seed)
    after = draw.integers(0, 12, 40).astype(float)
    up_to = np.where(draw.random(40) < 0.25, np.inf, after + draw.integers(1, 9, 40))
    expected = plain_turnbull(list(zip(after, up_to, strict=True)))
    found = turnbull(after, up_to, np.ones(40))
    assert list(zip(found.left, found.right, strict=True)) == list(expected)
    np.testing.assert_allclose(np.cumsum(found.share), np.cumsum(list(expected.values())), atol=1e-4)
    assert found.gap < 1e-9


def test_turnbull_of_r():
    """R stops earlier, so its curve is compared to four digits."""
    after, up_to, people, _ = intervals()
    theirs, found = made("intervals")["turnbull"], turnbull(after, up_to, people)
    free = dict(zip(theirs["time"], theirs["free"], strict=True))
    ends = found.right[np.isfinite(found.right) & (found.share > 1e-6)]
    least, _ = found.happened_by(ends)
    times = np.array(theirs["time"])
    at_end = np.array([free[times[times <= end].max()] for end in ends])
    np.testing.assert_allclose(1 - least, at_end, atol=2e-3)


def intervals():
    rows = pd.read_csv(FOLDER / "intervals.csv")
    up_to = np.where(rows["up_to"] < 0, np.inf, rows["up_to"])
    return rows["after"].to_numpy(float), up_to, np.ones(len(rows)), rows["arm"].to_numpy()


@pytest.mark.parametrize(("distribution", "name"), [("Weibull", "weibull"), ("log-normal", "lognormal")])
def test_parametric_fits_of_r(distribution, name):
    after, up_to, people, _ = intervals()
    theirs, fit = made("intervals")[name], fit_intervals(after, up_to, people, distribution=distribution)
    assert (fit.location, fit.scale) == pytest.approx((theirs["location"], theirs["scale"]), rel=1e-8)
    assert fit.log_likelihood == pytest.approx(theirs["log_likelihood"], rel=1e-10)
    np.testing.assert_allclose(fit.covariance, theirs["covariance"], rtol=1e-6, atol=1e-12)
    for share, time, error in zip((0.25, 0.5, 0.75), theirs["quantile"], theirs["error"], strict=True):
        middle, low, high = fit.quantile(share)
        assert middle == pytest.approx(time, rel=1e-8)
        # R gives the error of the time itself; ours are limits on its logarithm.
        assert np.log(high / low) / (2 * 1.959963984540054) == pytest.approx(error / time, rel=1e-6)


def test_the_test_of_intervals_is_the_log_rank_of_right_ends_where_all_is_exact():
    """With every event known to its day the scores are 1 less the summed hazard, the log-rank's own."""
    draw = np.random.default_rng(4)
    arm, time = np.repeat([0, 1], 60), draw.integers(1, 30, 120).astype(float)
    time[arm == 1] += 4
    seen = draw.random(120) < 0.7
    after, up_to = np.where(seen, time - 1, time), np.where(seen, time, np.inf)
    hazard, at, total = 0.0, {}, len(time)
    for day in np.unique(time):
        hazard += (seen & (time == day)).sum() / (time >= day).sum()
        at[day] = hazard
    score = seen - np.array([at[day] for day in time])
    away = [score[arm == each].sum() - (arm == each).sum() * score.mean() for each in (0, 1)]
    expected = sum(each**2 / 60 for each in away) / (((score - score.mean()) ** 2).sum() / (total - 1))
    found = interval_log_rank([(after[arm == each], up_to[arm == each], np.ones(60)) for each in (0, 1)])
    assert found.statistic == pytest.approx(expected, rel=1e-7)
    assert found.df == 1


def test_the_test_of_intervals_does_not_find_what_is_not_there():
    """Of 400 pairs of groups from one distribution and schedule, about 1 in 20 differ at 5 %."""
    draw, found = np.random.default_rng(7), 0
    for _ in range(400):
        time = draw.exponential(40, 80)
        step = draw.integers(5, 25, 80)
        up_to = (np.floor(time / step) + 1) * step
        after = up_to - step
        up_to[after >= 60] = np.inf
        halves = [(after[part], up_to[part], np.ones(40)) for part in (slice(0, 40), slice(40, 80))]
        found += interval_log_rank(halves).p_value < 0.05
    assert 8 <= found <= 34
