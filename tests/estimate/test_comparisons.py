"""Groups of a cohort compared: the numbers, the warning, the parts of a cohort, wrong calls."""

import numpy as np
import pandas as pd
import pytest
from drawn_tables import write_folder

from analysis.cohort.cohort import derive
from analysis.disclosure.suppression import disclose
from analysis.estimate.comparisons import WARNING, compare
from analysis.estimate.effects import MEASURES
from analysis.estimate.rates import ESTIMATE_COLUMNS, response_rates
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset
from analysis.vocabulary.errors import CallError

PHQ = {"groups": "route", "instrument": "PHQ-9", "window": "end of loading"}


@pytest.fixture(scope="module")
def like_elekt_d(tmp_path_factory):
    """108 of 195 people respond on iv and 70 of 170 on im, as in the two arms of ELEKT-D; everybody is scored."""
    sessions, scores = [], []
    for route, responders, people in (("iv", 108, 195), ("im", 70, 170)):
        for number in range(people):
            patient = f"{route}{number}"
            sessions.append(
                {"patient_id": patient, "day": 0, "treatment": "ketamine", "route": route, "clinic_id": "A"}
            )
            for day, total in ((0, 20), (7, 5 if number < responders else 18)):
                scores.append({"patient_id": patient, "day": day, "instrument": "PHQ-9", "total": total})
    folder = tmp_path_factory.mktemp("elekt") / "dataset"
    return derive(open_dataset(write_folder(folder, {"sessions": sessions, "scores": scores})))


def test_the_counts_of_elekt_d_give_its_published_difference(like_elekt_d):
    """Anand 2023, N Engl J Med 388:2315: 55.4 v 41.2 %, 14.2 points (3.9 to 24.2)."""
    table = compare(like_elekt_d, **PHQ, reference="im").table
    assert list(table["measure"]) == list(MEASURES)
    row = table.iloc[0]
    assert row[["route", "reference", "adjusted"]].to_list() == ["iv", "im", "none"]
    counts = ["numerator", "denominator", "reference_numerator", "reference_denominator"]
    assert row[counts].to_list() == [108, 195, 70, 170]
    assert [round(100 * row[name], 1) for name in ("rate", "reference_rate")] == [55.4, 41.2]
    assert [round(100 * row[name], 1) for name in ("estimate", "low", "high")] == [14.2, 3.9, 24.2]


def test_the_reference_is_the_largest_group_unless_named(like_elekt_d):
    assert set(compare(like_elekt_d, **PHQ).table["reference"]) == {"iv"}


def test_the_table_has_the_columns_of_every_estimate_and_both_groups(like_elekt_d):
    table = compare(like_elekt_d, **PHQ).table
    assert list(table.columns) == [
        "route", "reference", "instrument", "window", "outcome", "estimand", "adjusted", "measure", *ESTIMATE_COLUMNS,
        "reference_numerator", "reference_denominator", "rate", "reference_rate", "note", "started", "with_baseline",
        "eligible", "scored", "reference_started", "reference_with_baseline", "reference_eligible",
        "reference_scored", "least_count", "period", "due", "definitions",
    ]  # fmt: skip


@pytest.mark.parametrize("denominator", ["nonresponder", "observed", "starters", "completers"])
def test_the_counts_are_those_of_the_rates(demo_cohort, denominator):
    found = compare(demo_cohort, **PHQ, denominator=denominator, outcome="remission", period="2025").table
    rates = response_rates(
        demo_cohort, instrument="PHQ-9", window="end of loading", by="route", denominator=denominator,
        outcome="remission", period="2025",
    ).set_index("route")  # fmt: skip
    assert set(found["route"]) | set(found["reference"]) == set(rates.index)
    for row in found.itertuples():
        assert (row.numerator, row.denominator) == tuple(rates.loc[row.route, ["numerator", "denominator"]])
        assert row.rate == pytest.approx(rates.loc[row.route, "estimate"])
        assert row.reference_rate == pytest.approx(rates.loc[row.reference, "estimate"])
        assert row.estimand == denominator


def test_standardised_rates_of_the_same_case_mix_differ_by_the_difference(demo_cohort):
    found = compare(demo_cohort, **PHQ, strata=["sex"], standardise=["sex"])
    table = found.table[found.table["adjusted"] == "standardised to the sex of all"]
    differences = table[table["measure"] == "difference"]
    assert (differences["status"] == "ok").all()
    assert np.allclose(differences["estimate"], differences["rate"] - differences["reference_rate"])
    assert set(found.balance["covariate"]) == {"sex"}
    assert (
        found.balance.groupby("route")["numerator"].sum() == found.balance.groupby("route")["denominator"].max()
    ).all()


def test_seven_parts_give_what_one_gives(demo_folder, demo_cohort, tmp_path):
    seven = derive(open_dataset(partition_dataset(demo_folder, out=tmp_path / "seven", parts=7)))
    asked = PHQ | {"groups": "clinic_id", "strata": ["sex", "age_band"], "standardise": "route", "period": "2025"}
    whole, parts = compare(demo_cohort, **asked), compare(seven, **asked)
    pd.testing.assert_frame_equal(parts.table, whole.table, check_exact=True)
    pd.testing.assert_frame_equal(parts.balance, whole.balance, check_exact=True)


def test_the_warning_is_on_everything_that_is_shown(demo_cohort, like_elekt_d):
    one, several = compare(like_elekt_d, **PHQ), compare(demo_cohort, **PHQ, strata="sex")
    assert one.warning == WARNING
    assert several.warning.endswith(
        "The 2 comparisons are not corrected for their number: some intervals will leave out the truth by chance."
    )
    for found in (one, several):
        assert repr(found).startswith(found.warning)
        assert found.warning in found._repr_html_()
        assert found.table.to_string(index=False) in repr(found)
    assert several.balance.to_string(index=False) in repr(several)
    assert one.balance.empty
    assert one._repr_html_().count("<table") == 1


def test_a_comparison_itself_is_no_table(like_elekt_d):
    with pytest.raises(CallError, match=r"a table is needed, such as the \.table"):
        disclose(compare(like_elekt_d, **PHQ))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": "rout"}, "by: 'rout' is unknown. Did you mean 'route'"),
        ({"groups": ["route"]}, "groups: name one group column"),
        ({"groups": "clinic_id"}, "groups: there are fewer than two groups of clinic_id"),
        ({"window": ["day 7 +- 3", "day 28 +- 7"]}, "window: a comparison is of one window"),
        ({"window": "baseline"}, "'baseline' has mean scores only"),
        ({"outcome": "respons"}, "Did you mean 'response'"),
        ({"reference": "in"}, "reference: 'in' is no group of route.*There are: im, iv"),
        ({"denominator": "bounds"}, "denominator: 'bounds' is unknown.*There are: observed, nonresponder"),
        ({"method": "wald"}, "method: 'wald' is unknown. There are: miettinen-nurminen, newcombe"),
        ({"strata": "route"}, "strata: 'route' is what is compared"),
        ({"standardise": ["sex", "sex"]}, "standardise: a covariate is named twice"),
        ({"strata": "age"}, "by: 'age' is unknown"),
        ({"strata": None}, "strata: name the covariates as texts"),
        ({"standardise": [1]}, "standardise: name the covariates as texts"),
        ({"strata": "maintenance"}, "month m after loading"),
        ({"period": "2026Q3"}, "neither dates nor start years"),
    ],
)
def test_a_wrong_call_says_what_it_can_be(like_elekt_d, options, message):
    with pytest.raises(CallError, match=message):
        compare(like_elekt_d, **(PHQ | options))


def test_what_is_no_cohort_is_refused():
    with pytest.raises(CallError, match="a cohort is needed"):
        compare("data/demo", **PHQ)
