"""The summary of phases: as a plain reading of the files has it, the same from any number of parts, and its errors."""

from datetime import date
from random import Random

import numpy as np
import pandas as pd
import plain_methods
import plain_phases
import pytest
from drawn_tables import check_same, read_drawn, typed, with_default, write_folder

from analysis.cohort.cohort import derive
from analysis.disclosure.suppression import disclose
from analysis.estimate.phases import phases
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset
from analysis.vocabulary.errors import CallError

TABLES = ("table", "numbers", "courses", "agreement", "days")
CUT = date(2026, 6, 30)
LONG_BEFORE = {"day": -99, "instrument": "PHQ-9", "total": 20}


@pytest.fixture(scope="module", params=[1, 2, 3])
def read_twice(request, tmp_path_factory):
    """Random people, as a cohort and in the plain reading."""
    tables = plain_phases.random_sessions(Random(request.param), people=150, data_cut=CUT)  # noqa: S311
    tables["scores"] = [{"patient_id": "P0"} | LONG_BEFORE]
    folder = write_folder(tmp_path_factory.mktemp("random") / "dataset", tables, data_cut=str(CUT))
    patients = [row | {"prior_ketamine": row["prior_ketamine"] == "true"} for row in tables["patients"]]
    plain = plain_methods.derive(tables | {"patients": patients, "scores": []}, instruments={}, data_cut=CUT)
    return derive(open_dataset(folder)), plain, tables


def test_the_reason_and_the_maintenance_of_every_course_are_those_of_the_plain_reading(read_twice):
    cohort, plain, tables = read_twice
    found = cohort.courses.set_index(["patient_id", "course"])
    files = {(row["patient_id"], row["day"], row["sequence"]): row for row in tables["sessions"]}
    wanted = {
        (course["patient_id"], course["course"]): (
            plain_phases.reason_of(course),
            plain_phases.switches_of(course, files, "route"),
            plain_phases.switches_of(course, files, "clinic_id"),
        )
        for course in plain.courses
    }
    columns = ["loading_reason", "route_switches", "clinic_switches"]
    assert dict(zip(found.index, found[columns].itertuples(index=False, name=None), strict=True)) == wanted
    rows = pd.DataFrame([plain_phases.maintenance_of(course) for course in plain.courses])
    expected = rows.sort_values(["patient_id", "course"], ignore_index=True)
    pd.testing.assert_frame_equal(cohort.maintenance, expected.astype(cohort.maintenance.dtypes))


def test_every_share_number_cell_and_day_is_that_of_the_plain_reading(read_twice):
    cohort, plain, tables = read_twice
    found, wanted = phases(cohort), plain_phases.summary(plain, tables)
    shares = found.table[found.table["numerator"] > 0]
    counts = zip(shares["numerator"], shares["denominator"], strict=True)
    assert dict(zip(zip(shares["name"], shares["reason"], strict=True), counts, strict=True)) == {
        key: share for key, share in wanted["shares"].items() if share[0]
    }
    medians = found.numbers.set_index("name")
    for name, values in wanted["numbers"].items():
        row = medians.loc[name]
        assert (
            row[["lower_quartile", "estimate", "upper_quartile"]].to_list()
            == np.quantile(values, [0.25, 0.5, 0.75]).tolist()
        )
        assert (row["denominator"], row["numerator"]) == (
            len(values),
            sum(value <= row["estimate"] for value in values),
        )
    month = medians.loc["maintenance sessions a month"]
    assert (month["numerator"], month["denominator"]) == wanted["month"]
    cells = found.agreement.iloc[0]
    assert {name: cells[name] for name in wanted["cells"] if name != "unlabelled"} == {
        name: n for name, n in wanted["cells"].items() if name != "unlabelled"
    }
    assert cells["denominator"] - cells["numerator"] == wanted["cells"]["unlabelled"]
    days = zip(found.days["phase"], found.days["course_day"], strict=True)
    assert dict(zip(days, found.days["sessions"], strict=True)) == wanted["days"]


def test_one_part_and_seven_give_the_same(demo_cohort, demo_folder, tmp_path):
    laid_out = partition_dataset(demo_folder, out=tmp_path / "seven", parts=7)
    parts = derive(open_dataset(laid_out))
    for by in ((), "clinic_id", ("route", "loading_status")):
        whole, added = phases(demo_cohort, by=by), phases(parts, by=by)
        for name in TABLES:
            pd.testing.assert_frame_equal(getattr(added, name), getattr(whole, name), check_exact=True)
    pd.testing.assert_frame_equal(parts.maintenance, demo_cohort.maintenance, check_exact=True)


def test_groups_add_up_to_the_whole(demo_cohort):
    whole, groups = phases(demo_cohort), phases(demo_cohort, by=["clinic_id", "route"])
    for name, counts in (("table", ["numerator", "denominator"]), ("courses", ["courses", "sessions"])):
        key = [column for column in ("name", "reason", "kind") if column in getattr(whole, name)]
        added = getattr(groups, name).groupby(key, sort=False)[counts].sum()
        assert added.equals(getattr(whole, name).set_index(key)[counts])
    assert groups.days["sessions"].sum() == whole.days["sessions"].sum()


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """One completes loading and goes on, one stops, one is unknown, one was treated before; C has only the last."""
    sessions = with_default(
        read_drawn("""
        patient_id | day | route | clinic_id | phase_recorded
        P1         |   0 | iv    | A         | loading
        P1         |   7 | iv    | A         | loading
        P1         |  14 | iv    | A         | loading
        P1         |  21 | iv    | A         | maintenance
        P1         |  35 | iv    | A         | maintenance
        P1         |  49 | iv    | A         | maintenance
        P2         |   0 | iv    | A         |
        P3         |   0 | oral  | B         |
        P4         |   0 | iv    | C         | loading
    """),
        treatment="ketamine",
    )
    patients = typed(read_drawn("patient_id|prior_ketamine\nP1|\nP2|false\nP3|\nP4|true"))
    folder = tmp_path_factory.mktemp("four") / "dataset"
    tables = {"sessions": sessions, "patients": patients, "scores": [{"patient_id": "P1"} | LONG_BEFORE]}
    return derive(open_dataset(write_folder(folder, tables)))


def test_the_shares_of_four_people(four):
    check_same(
        phases(four).table,
        """
        name                | reason    | share_of                                 | numerator | denominator | status
        loading completed   | any       | first courses                            |         1 |           3 | ok
        loading completed   | day limit | first courses                            |         1 |           3 | ok
        loading stopped     | any       | first courses                            |         1 |           3 | ok
        loading stopped     | gap       | first courses                            |         1 |           3 | ok
        loading open        | any       | first courses                            |         0 |           3 | ok
        loading unknown     | any       | first courses                            |         1 |           3 | ok
        loading unknown     | no label  | first courses                            |         1 |           3 | ok
        reached maintenance | any       | first courses whose loading has closed   |         1 |           2 | ok
        re-loading          | any       | first courses with a maintenance session |         0 |           1 | ok
        route switch        | any       | first courses                            |         0 |           3 | ok
        clinic switch       | any       | first courses                            |         0 |           3 | ok
        repeat course       | any       | people                                   |         0 |           3 | ok
        booster             | any       | people                                   |         0 |           3 | ok
    """,
    )


def test_the_numbers_of_four_people(four):
    check_same(
        phases(four).numbers,
        """
        name                             | unit       | estimate | numerator | denominator | status
        sessions                         | sessions   |        1 |         2 |           3 | ok
        loading sessions                 | sessions   |      2.5 |         1 |           2 | ok
        loading days                     | days       |     10.5 |         1 |           2 | ok
        days from loading to maintenance | days       |       14 |         1 |           1 | ok
        median gap in maintenance        | days       |       14 |         1 |           1 | ok
        longest gap in maintenance       | days       |       14 |         1 |           1 | ok
        maintenance sessions a month     | in 30 days |     2.14 |         1 |          14 | ok
    """,
    )


def test_the_agreement_of_four_people(four):
    """Of 8 sessions under a rule 7 have a label: 4 are loading by both, 2 maintenance by both, 1 is not the same."""
    check_same(
        phases(four).agreement,
        """
        name          | estimate | numerator | denominator
        labelled      |     0.88 |         7 |           8
        same phase    |     0.86 |         6 |           7
        Cohen's kappa |      0.7 |         6 |           7
    """,
    )
    cells = phases(four).agreement[["loading_loading", "loading_maintenance"]].drop_duplicates()
    check_same(cells, "loading_loading | loading_maintenance\n4 | 1")
    others = phases(four).agreement[["maintenance_loading", "maintenance_maintenance"]].drop_duplicates()
    check_same(others, "maintenance_loading | maintenance_maintenance\n0 | 2")


def test_a_group_without_first_courses_is_there_and_empty(four):
    by_clinic = phases(four, by="clinic_id")
    nobody = by_clinic.table[by_clinic.table["clinic_id"] == "C"]
    assert len(nobody) == len(by_clinic.table) / 3
    assert set(nobody["status"]) == {"empty"}
    assert nobody["estimate"].isna().all()
    kinds = by_clinic.courses[by_clinic.courses["clinic_id"] == "C"].set_index("kind")["courses"]
    assert kinds.to_dict() == {"first": 0, "prior ketamine": 1, "repeat": 0, "booster": 0}


def test_nobody_but_people_treated_before_gives_empty_tables(tmp_path):
    sessions = with_default(read_drawn("patient_id | day\nP1 | 0"), treatment="ketamine", route="oral")
    tables = {"sessions": sessions, "patients": [{"patient_id": "P1", "prior_ketamine": "true"}]}
    tables["scores"] = [{"patient_id": "P1"} | LONG_BEFORE]
    found = phases(derive(open_dataset(write_folder(tmp_path / "dataset", tables))))
    for table in (found.table, found.numbers, found.agreement):
        assert set(table["status"]) == {"empty"}
        assert table[["estimate", "low", "high"]].isna().all(axis=None)
    assert found.days.empty


def test_counts_are_whole_and_estimates_stand_beside_them(demo_cohort):
    found = phases(demo_cohort, by="route")
    usual = ["estimate", "low", "high", "method", "numerator", "denominator", "status"]
    for table in (found.table, found.numbers, found.agreement):
        place = list(table.columns).index("estimate")
        assert list(table.columns[place : place + 7]) == usual
        assert table.columns[0] == "route"
        assert str(table["numerator"].dtype) == str(table["denominator"].dtype) == "Int64"
        assert set(table["definitions"]) == {demo_cohort.definitions.label}
    kappa = found.agreement[found.agreement["name"] == "Cohen's kappa"]
    assert (kappa["low"].notna() == (kappa["estimate"] < 1)).all()
    assert ((kappa["low"] < kappa["estimate"]) & (kappa["estimate"] <= kappa["high"]) | kappa["low"].isna()).all()


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("rout", r"by: 'rout' is unknown. Did you mean 'route'\? There are: clinic_id"),
        ("maintenance", r"by: 'maintenance' is unknown"),
        ("course_kind", r"by: 'course_kind' is unknown"),
        (("route", "route"), "by: a group is named twice"),
    ],
)
def test_an_unknown_group_is_named(demo_cohort, by, message):
    with pytest.raises(CallError, match=message):
        phases(demo_cohort, by=by)


def test_what_is_not_a_cohort_is_refused(demo):
    with pytest.raises(CallError, match="cohort: a cohort is needed"):
        phases(demo)


def test_representations_are_plain_and_escaped(tmp_path):
    sessions = with_default(
        read_drawn("patient_id | day | clinic_id\nP1 | 0 | A\nP2 | 0 | A"), treatment="ketamine", route="iv"
    )
    name = "[[phase_rules]]\ntreatment='tms'\nroutes=[]\nrule='series'\n"
    definitions = f"name = '<b>ours</b>'\n{name}"
    tables = {"sessions": sessions, "scores": [{"patient_id": "P1"} | LONG_BEFORE]}
    found = phases(derive(open_dataset(write_folder(tmp_path / "dataset", tables, definitions=definitions))))
    assert repr(found).startswith("Phases\nShares (table)\n")
    assert "<b>" not in found._repr_html_()
    assert "&lt;b&gt;ours" in found._repr_html_()
    assert "clinic&#x27;s own label" in found._repr_html_()


def test_no_table_of_phases_passes_the_gate_which_has_no_rule_for_them(demo_cohort):
    found = phases(demo_cohort)
    for name in TABLES:
        with pytest.raises(CallError, match="disclose: a table from response_rates, mean_scores or flow is needed"):
            disclose(getattr(found, name))
