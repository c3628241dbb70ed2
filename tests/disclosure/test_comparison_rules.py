"""What may leave of a comparison: both rates it is made of may, and every stratum that it is adjusted for."""

import numpy as np
import pandas as pd
import pytest
from drawn_tables import write_folder

from analysis.cohort.cohort import derive
from analysis.disclosure.comparison_rules import linked_rates
from analysis.disclosure.suppression import disclose
from analysis.estimate.comparisons import compare
from analysis.estimate.rates import response_rates
from analysis.intake.dataset import open_dataset

ASKED = {"instrument": "PHQ-9", "window": "end of loading"}
COUNTS = ["numerator", "denominator", "reference_numerator", "reference_denominator"]
VALUES = [*COUNTS, "estimate", "low", "high", "rate", "reference_rate", "note", "least_count"]


def clinics(path, people, strata=None):
    """Make a cohort of (clinic, people, responders), everybody scored; ``strata`` gives each clinic's women as such."""
    sessions, scores, patients = [], [], []

    def add(clinic, number, responders, sex):
        for k in range(number):
            patient = f"{clinic}{sex[0]}{k}"
            patients.append({"patient_id": patient, "sex": sex})
            sessions.append(
                {"patient_id": patient, "day": 0, "treatment": "ketamine", "route": "iv", "clinic_id": clinic}
            )
            for day, total in ((0, 20), (7, 5 if k < responders else 18)):
                scores.append({"patient_id": patient, "day": day, "instrument": "PHQ-9", "total": total})

    for clinic, number, responders in people:
        add(clinic, number, responders, "male")
    for clinic, number, responders in strata or ():
        add(clinic, number, responders, "female")
    tables = {"sessions": sessions, "scores": scores, "patients": patients}
    return derive(open_dataset(write_folder(path / "dataset", tables)))


def statuses(found, by=None):
    hidden = found["status"].eq("hidden").map({True: "hidden", False: "shown"})
    return hidden.groupby(found[by or found.columns[0]], sort=False).agg(set).to_dict()


def test_two_rates_that_may_leave_let_their_comparison_leave(tmp_path):
    table = compare(clinics(tmp_path, [("A", 60, 30), ("B", 80, 20)]), groups="clinic_id", **ASKED).table
    public = disclose(table)
    assert public.hidden == 0
    pd.testing.assert_frame_equal(public.table, table)


@pytest.mark.parametrize("responders", [4, 57])
def test_a_small_numerator_or_complement_hides_the_comparison_and_one_more_group(tmp_path, responders):
    """B cannot be worked out from the total of all clinics, so the next smallest of the groups goes too."""
    cohort = clinics(tmp_path, [("A", 100, 50), ("B", 60, responders), ("C", 80, 40), ("D", 90, 40)])
    public = disclose(compare(cohort, groups="clinic_id", **ASKED).table).table
    assert statuses(public) == {"B": {"hidden"}, "C": {"hidden"}, "D": {"shown"}}
    assert public.loc[public["status"] == "hidden", VALUES].isna().all(axis=None)


def test_a_hidden_reference_hides_every_comparison(tmp_path):
    cohort = clinics(tmp_path, [("A", 100, 4), ("B", 60, 30), ("C", 80, 40)])
    public = disclose(compare(cohort, groups="clinic_id", reference="A", **ASKED).table).table
    assert set(public["status"]) == {"hidden"}


def test_two_groups_hide_each_other(tmp_path):
    public = disclose(compare(clinics(tmp_path, [("A", 100, 50), ("B", 60, 4)]), groups="clinic_id", **ASKED).table)
    assert set(public.table["status"]) == {"hidden"}


def test_a_small_stratum_hides_the_adjusted_rows_only(tmp_path):
    """5 of the 20 women of B respond: beside the crude rate the adjusted one would give them away."""
    cohort = clinics(tmp_path, [("A", 60, 30), ("B", 60, 30)], [("A", 40, 20), ("B", 20, 5)])
    found = compare(cohort, groups="clinic_id", strata="sex", standardise="sex", **ASKED)
    assert set(found.table.loc[found.table["adjusted"] != "none", "least_count"]) == {5}
    public = disclose(found.table).table
    assert statuses(public, "adjusted") == {
        "none": {"shown"},
        "Mantel-Haenszel over sex": {"hidden"},
        "standardised to the sex of all": {"hidden"},
    }


def test_large_strata_let_the_adjusted_rows_leave(tmp_path):
    cohort = clinics(tmp_path, [("A", 60, 30), ("B", 60, 30)], [("A", 40, 20), ("B", 40, 15)])
    assert disclose(compare(cohort, groups="clinic_id", strata="sex", standardise="sex", **ASKED).table).hidden == 0


@pytest.mark.parametrize(
    ("by", "denominator", "period"),
    [("clinic_id", "nonresponder", None), ("age_band", "observed", "2025"), ("payer", "starters", "2025")],
)
def test_a_group_is_hidden_just_where_its_rate_is(demo_cohort, by, denominator, period):
    rates = response_rates(demo_cohort, **ASKED, by=by, denominator=denominator, period=period)
    table = compare(demo_cohort, groups=by, denominator=denominator, period=period, **ASKED).table
    linked = linked_rates(table).set_index(by)
    same = ["numerator", "denominator", "started", "eligible", "scored"]
    pd.testing.assert_frame_equal(linked[same].sort_index(), rates.set_index(by)[same].sort_index())
    hidden = set(disclose(rates).table.loc[lambda each: each["status"] == "hidden", by])
    public = disclose(table).table
    expected = table[by].isin(hidden) | table["reference"].isin(hidden)
    assert ((public["status"] == "hidden") == expected).all()


def test_without_their_differences_the_rows_are_judged_alike(demo_cohort):
    table = compare(demo_cohort, groups="age_band", **ASKED).table
    ratios = table[table["measure"] == "ratio"].reset_index(drop=True)
    whole = disclose(table).table
    kept = whole[whole["measure"] == "ratio"].reset_index(drop=True)
    pd.testing.assert_frame_equal(disclose(ratios).table, kept)


@pytest.mark.parametrize("groups", ["route", "payer"])
def test_no_hidden_level_of_the_balance_is_what_is_left_of_a_total(demo_cohort, groups):
    names = ["sex", "age_band", "race_ethnicity", "failed_trials_band"]
    found = compare(demo_cohort, groups=groups, standardise=[each for each in names if each != groups], **ASKED)
    public = disclose(found.balance).table
    assert (public["status"] == "hidden").any()
    for _, rows in public.groupby([groups, "covariate"]):
        known = found.balance.loc[rows.index]
        for prefix in ("", "reference_"):
            gone = rows[f"{prefix}numerator"].isna()
            left = known.loc[gone[gone].index, f"{prefix}numerator"]
            assert not gone.any() or (left > 0).sum() != 1 or left.sum() > 10
            assert left.sum() == 0 or left.sum() > 10
            shown = rows.loc[~gone, f"{prefix}numerator"]
            assert ((shown == 0) | (shown > 10)).all()
    hidden = public["status"] == "hidden"
    assert public.loc[hidden, ["estimate", "low", "high", "standardised_difference"]].isna().all(axis=None)


def test_inside_nothing_is_hidden(demo_cohort):
    found = compare(demo_cohort, groups="age_band", standardise="sex", **ASKED)
    for table in (found.table, found.balance):
        inside = disclose(table, audience="internal")
        assert inside.hidden == 0
        pd.testing.assert_frame_equal(inside.table, table)
    assert np.isfinite(found.table["estimate"]).any()
