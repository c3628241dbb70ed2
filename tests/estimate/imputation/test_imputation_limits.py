"""The totals that have an outcome, against the definition in exact fractions, and against what the cohort judged."""

from fractions import Fraction

import numpy as np
import pytest

from analysis.estimate.imputation.limits import outcome_limits
from analysis.vocabulary.definitions import default_definitions

RULES = default_definitions()
OF_ALL = ("response", "remission", "partial_response", "reliable_improvement", "reliable_deterioration", "worsening")


def by_definition(outcome, scale, total, baseline):
    """Say whether a total has an outcome: the methods page in words, without the package's arithmetic."""
    better = total - baseline if scale.direction == "higher" else baseline - total
    half = better >= baseline / 2 if scale.response_points is None else better >= scale.response_points
    return {
        "response": half,
        "rapid_response": half,
        "remission": total >= (scale.remission_score or 0)
        if scale.direction == "higher"
        else total <= (scale.remission_score or 0),
        "remission_12": total <= 12,
        "partial_response": baseline / 4 <= better < baseline / 2,
        "reliable_improvement": better >= (scale.reliable_change or 0),
        "reliable_deterioration": -better >= (scale.reliable_change or 0),
        "worsening": -better >= (scale.reliable_change or 0),
    }[outcome]


@pytest.mark.parametrize("name", ["PHQ-9", "GAD-7", "MADRS", "WHO-5", "QIDS-SR16"])
@pytest.mark.parametrize("outcome", [*OF_ALL, "rapid_response", "remission_12"])
def test_every_total_and_baseline(name, outcome):
    scale = RULES.instruments[name]
    if outcome == "remission_12" and 12 not in scale.remission_alternatives:
        pytest.skip("not a cut-off of the scale")
    if outcome == "remission" and scale.remission_score is None:
        pytest.skip("no cut-off")
    if "reliable" in outcome + ("reliable" if outcome == "worsening" else "") and scale.reliable_change is None:
        pytest.skip("no reliable change")
    if outcome == "partial_response" and scale.response_points is not None:
        pytest.skip("response is in points")
    totals = range(scale.total_min, scale.total_max + 1, scale.multiplier)
    sums = np.array([value for value in range(1, 3 * scale.total_max + 1) for _ in (1, 2, 3)])
    n = np.tile([1, 2, 3], 3 * scale.total_max)
    kept = sums <= n * scale.total_max
    sums, n = sums[kept], n[kept]
    lowest, highest = outcome_limits(outcome, scale, RULES, sums, n)
    for place in range(0, len(sums), 7):
        baseline = Fraction(int(sums[place]), int(n[place]))
        for total in totals:
            inside = lowest[place] <= total <= highest[place]
            assert inside == by_definition(outcome, scale, total, baseline), (baseline, total)


@pytest.mark.parametrize("outcome", OF_ALL[:5])
def test_as_the_cohort_judged_its_scores(demo_cohort, outcome):
    rows = demo_cohort.outcomes
    rows = rows[(rows["instrument"] == "PHQ-9") & rows[outcome].notna()]
    assert len(rows) > 5000
    baseline = rows["baseline"].to_numpy("int64")
    ones = np.ones(len(rows), dtype="int64")
    lowest, highest = outcome_limits(outcome, RULES.instruments["PHQ-9"], RULES, baseline, ones)
    total = rows["total"].to_numpy("int64")
    assert (((lowest <= total) & (total <= highest)) == rows[outcome].to_numpy(bool)).all()
