"""Counts per pattern and a table of the same scores give the same fit."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analysis.counts.pattern_tally import sum_columns
from analysis.counts.patterns import PatternCounts, count_patterns
from analysis.estimate.mmrm.model import mmrm
from analysis.vocabulary.errors import CallError, DataError

WINDOWS = ("after session 1", "after session 3", "end of loading")


def counted(people, by=("route",), covariates=("baseline", "age")):
    """Count people in Python's own whole numbers: one row each, scores in y_0, y_1 ... (None = not seen)."""
    scale = {"baseline": 100, "age": 1, "failed_trials": 1}
    windows = sum(name.startswith("y_") for name in people.columns)
    rows = {}
    for person in people.to_dict("records"):
        x = {f"x_{k}": int(person[name] * scale[name]) for k, name in enumerate(covariates)}
        y = {f"y_{k}": int(100 * person[f"y_{k}"]) for k in range(windows) if person[f"y_{k}"] is not None}
        values = {**dict.fromkeys((f"y_{k}" for k in range(windows)), 0), **x, **y}
        pattern = sum(2 ** int(name[2:]) for name in y)
        key = (*(person[name] for name in by), pattern, 1)
        sums = rows.setdefault(
            key, dict.fromkeys(["patients", *(name for name, _, _ in sum_columns(len(x), windows))], 0)
        )
        sums["patients"] += 1
        for name, a, b in sum_columns(len(x), windows):
            sums[name] += values[a] * (values[b] if b else 1)
    keys = pd.DataFrame(list(rows), columns=[*by, "pattern", "complete"])
    table = pd.concat([keys, pd.DataFrame(list(rows.values()))], axis=1)
    return PatternCounts(table, "PHQ-9", WINDOWS[:windows], tuple(by), tuple(covariates))


@pytest.fixture(scope="module")
def people():
    draw = np.random.default_rng(7)
    n = 90
    baseline = draw.integers(10, 28, n)
    level = draw.normal(0, 3, n)
    people = pd.DataFrame(
        {"id": range(n), "route": draw.choice(["im", "iv"], n), "age": draw.integers(18, 80, n), "baseline": baseline}
    )
    for k in range(3):
        score = (baseline * (0.8 - 0.1 * k) + level + draw.normal(0, 2, n)).round().clip(0, 27)
        people[f"y_{k}"] = pd.Series(score).astype(object).where(draw.random(n) > 0.2 * k, None)
    return people


@pytest.fixture(scope="module")
def rows(people):
    long = people.melt(["id", "route", "age", "baseline"], ["y_0", "y_1", "y_2"], value_name="total")
    long["visit"] = pd.Categorical(
        long["variable"].map(dict(zip(["y_0", "y_1", "y_2"], WINDOWS, strict=True))), categories=WINDOWS
    )
    long["total"] = long["total"].astype(float)
    return long.assign(change=long["total"] - long["baseline"])


@pytest.mark.parametrize("outcome", ["total", "change"])
@pytest.mark.parametrize(
    ("terms", "options"),
    [
        ("baseline*visit + route*visit + age", {}),
        ("baseline*visit + route*visit + age", {"df": "kenward-roger", "covariance": "heterogeneous-toeplitz"}),
        ("0 + visit + route:baseline + age:visit", {"covariance": "heterogeneous-ar1", "method": "ml"}),
        ("C(visit)*route*baseline", {"covariance": "toeplitz", "df": "kenward-roger-linear"}),
        ("visit + baseline", {"covariance_by": "route"}),
        ("visit", {"covariance": "compound-symmetry"}),
    ],
)
def test_both_entries_are_one_fit(people, rows, outcome, terms, options):
    of_counts = mmrm(f"{outcome} ~ {terms}", counted(people), **options)
    of_rows = mmrm(f"{outcome} ~ {terms}", rows, patient="id", visit="visit", **options)
    assert list(of_counts.coefficients["term"]) == list(of_rows.coefficients["term"])
    ours, theirs = (fit.coefficients.drop(columns="term").to_numpy() for fit in (of_counts, of_rows))
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)
    assert of_counts.covariance.to_numpy() == pytest.approx(of_rows.covariance.to_numpy(), rel=1e-9)
    assert of_counts.deviance == pytest.approx(of_rows.deviance, rel=1e-11)
    by = ["route"] if "route" in terms else []
    numbers = ["estimate", "low", "high", "numerator", "denominator", "std_error", "df", "observed"]
    means = [fit.means(by=by)[numbers].to_numpy(float) for fit in (of_counts, of_rows)]
    assert means[0] == pytest.approx(means[1], rel=1e-9, abs=1e-9)


def test_parts_added_in_any_order_are_the_same_counts_and_so_the_same_fit(people):
    parts = [counted(people.iloc[places]) for places in np.array_split(np.random.default_rng(1).permutation(90), 4)]
    together = (
        pd.concat([part.table for part in reversed(parts)])
        .groupby(["route", "pattern", "complete"], as_index=False)
        .sum()
    )
    one, added = (
        mmrm("total ~ baseline*visit + route", counts)
        for counts in (
            dataclasses.replace(
                counted(people), table=counted(people).table.sort_values(["route", "pattern"], ignore_index=True)
            ),
            dataclasses.replace(parts[0], table=together),
        )
    )
    pd.testing.assert_frame_equal(one.coefficients, added.coefficients, check_exact=True)


def test_the_demo_from_counts(demo_cohort):
    counts = count_patterns(demo_cohort, instrument="PHQ-9", window=WINDOWS, by=("route", "sex"))
    fit = mmrm("change ~ baseline*visit + route*visit", counts)
    assert fit.converged
    means = fit.means(by="route")
    assert set(means["outcome"]) == {"PHQ-9 change"}
    left = fit.source.left_out["people without a score in any window"]
    assert fit.source.moments.patients + left == counts.table["patients"].sum()
    assert "Left out: people without a score in any window" in repr(fit)


@pytest.mark.parametrize(
    ("formula", "options", "words"),
    [
        ("score ~ visit", {}, "from counts the outcome is total or change, not 'score'"),
        ("total ~ visit + weight", {}, "'weight' was not counted"),
        ("total ~ visit + np.log(age)", {}, r"'np.log\(age\)' was not counted"),
        ("total ~ visit + C(age)", {}, "'age' was counted as a number"),
        ("total ~ visit + age:baseline", {}, "the product of age and baseline was not counted"),
        ("total ~ visit", {"sandwich": "empirical"}, "counts hold sums over patients only"),
        ("total ~ visit", {"covariance_by": "sex"}, "'sex' is not a group of the counts"),
    ],
)
def test_what_counts_cannot_tell_is_refused(people, formula, options, words):
    with pytest.raises(CallError, match=words):
        mmrm(formula, counted(people), **options)


def test_change_needs_the_baseline(people):
    with pytest.raises(CallError, match="'change' needs the covariate 'baseline'"):
        mmrm("change ~ visit", counted(people, covariates=("age",)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda p: p.assign(route=p["route"].where(p["id"] != 3, "sc")),
            "1 of the 3 levels of route belong to a single patient",
        ),
        (lambda p: p.assign(y_0=None, y_1=None, y_2=None), "nobody has a score in any of the windows"),
        (lambda p: p.assign(y_1=None), "nobody has an outcome at the visit after session 3"),
        (lambda p: p.assign(age=40), r"age of the design follows exactly from \(Intercept\)"),
        (lambda p: p.assign(y_0=5, y_1=5, y_2=5), "the outcome is constant"),
        (lambda p: p.head(3).assign(y_0=[9, 5, 8], y_1=[3, 4, 6], y_2=[5, 9, 2]), "only 3 patients at 3 visits"),
    ],
)
def test_counts_that_cannot_be_fitted(people, change, words):
    terms = "visit" if "3 patients" in words else "visit + route + age"
    with pytest.raises(DataError, match=words):
        mmrm(f"total ~ {terms}", counted(change(people)))


def test_one_window_only(people):
    with pytest.raises(DataError, match="one visit only"):
        mmrm("total ~ baseline", counted(people.drop(columns=["y_1", "y_2"])))
