"""Clinics beside each other."""

import pandas as pd
import pytest
from drawn_tables import write_folder

from analysis.charts import clinic_rates
from analysis.cohort.cohort import derive
from analysis.disclosure.suppression import disclose
from analysis.estimate.clinics import POOLED, clinics
from analysis.estimate.intervals import wilson
from analysis.estimate.rates import response_rates
from analysis.intake.dataset import open_dataset
from analysis.vocabulary.errors import CallError


def cohort_of(folder, people):
    """Make people of (clinic, how many responded, how many did not); half of each are women."""
    sessions, scores, patients = [], [], []
    for clinic, responded, others in people:
        for k in range(responded + others):
            name = f"{clinic or 'none'}-{k}"
            sessions.append({"patient_id": name, "day": 0, "treatment": "ketamine", "route": "iv", "clinic_id": clinic})
            patients.append({"patient_id": name, "sex": ["female", "male"][k % 2]})
            scores += [
                {"patient_id": name, "day": day, "instrument": "PHQ-9", "total": total}
                for day, total in ((0, 20), (7, 10 if k < responded else 11))
            ]
    return derive(open_dataset(write_folder(folder, {"sessions": sessions, "scores": scores, "patients": patients})))


def rows_of(table, adjusted="none"):
    return table[table["adjusted"] == adjusted].set_index("clinic_id")


def test_rates_limits_and_where_a_clinic_lies(tmp_path):
    found = clinics(cohort_of(tmp_path / "d", [("B", 20, 20), ("A", 2, 18), ("C", 18, 22)]), adjust=())
    plain = rows_of(found.table)
    assert list(plain.index) == ["A", "B", "C"]  # by name, never by rate
    assert plain[["numerator", "denominator"]].to_numpy().tolist() == [[2, 20], [20, 40], [18, 40]]
    assert plain["target"].unique().tolist() == [0.4]
    assert plain["expected"].tolist() == [8, 16, 16]
    # Of 20 people at 40 %, 3 or fewer have a probability of 1.6 %, 4 or fewer of 5.1 %; 2 or fewer one of 0.4 %.
    assert plain["position"].tolist() == ["below 95 %", "inside", "inside"]
    assert plain["dispersion"].isna().all()
    assert "Under ten clinics" in found.words


def test_adjusting_for_what_is_alike_everywhere_changes_nothing(tmp_path):
    table = clinics(cohort_of(tmp_path / "d", [("A", 10, 10), ("B", 16, 4)]), adjust="diagnosis").table
    plain, adjusted = rows_of(table), rows_of(table, "for diagnosis")
    for name in ("estimate", "low", "high", "low_95", "high_95", "expected"):
        assert adjusted[name].tolist() == pytest.approx(plain[name].tolist()), name


def test_pooled_rates_lie_between_the_clinics_and_all(tmp_path):
    table = clinics(cohort_of(tmp_path / "d", [("A", 1, 3), ("B", 40, 40), ("C", 36, 44)]), adjust=()).table
    plain, pooled = rows_of(table), rows_of(table, POOLED)
    assert plain.loc["A", "estimate"] < pooled.loc["A", "estimate"] < plain.loc["A", "target"]
    assert abs(pooled.loc["B", "estimate"] - 0.5) < abs(pooled.loc["A", "estimate"] - 0.25)
    assert pooled["position"].isna().all()


def test_ten_clinics_have_their_dispersion(tmp_path):
    people = [(f"K{k}", [4, 16][k % 2], [16, 4][k % 2]) for k in range(10)]
    found = clinics(cohort_of(tmp_path / "d", people), adjust=())
    # Every z is (0.2 - 0.5) / sqrt(0.25 / 20) = -2.68 or 2.68, and its square 7.2.
    assert found.table["dispersion"].dropna().unique().tolist() == pytest.approx([7.2])
    assert (rows_of(found.table)["position"] == "inside").all()
    assert "7.2 times as large" in found.words


def test_people_without_a_clinic_are_shown_and_not_compared(tmp_path):
    table = clinics(cohort_of(tmp_path / "d", [("A", 10, 10), ("B", 10, 10), (None, 20, 0)]), adjust="sex").table
    unknown = table[table["clinic_id"] == "unknown"]
    assert unknown["adjusted"].tolist() == ["none"]
    assert unknown["position"].isna().all()
    assert table["target"].unique().tolist() == [0.5]


def test_a_clinic_with_nobody_counted_is_there_and_empty(tmp_path):
    cohort = cohort_of(tmp_path / "d", [("A", 10, 10), ("B", 10, 10)])
    table = clinics(cohort, measure="response-by-month", denominator="nonresponder", adjust="sex").table
    assert (table["numerator"] == 0).all()
    with pytest.raises(CallError, match="fewer than two have anybody in the denominator"):
        clinics(cohort, measure="response-by-month", denominator="observed")


@pytest.mark.parametrize("people", [[("A", 10, 10)], [(None, 10, 10)]])
def test_one_clinic_or_none_cannot_be_compared(tmp_path, people):
    with pytest.raises(CallError, match=r"names (one|no) clinic, so there is nothing to compare; monitor\(\)"):
        clinics(cohort_of(tmp_path / "d", people))


@pytest.mark.parametrize("measure", ["remission", "nhs-recovery", "cms159-mips370", "remission-by-month"])
def test_remission_is_not_compared_and_why(demo_cohort, measure):
    with pytest.raises(CallError, match="how ill they were at first .Coley 2020"):
        clinics(demo_cohort, measure=measure)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"measure": "respons"}, "neither a measure nor an outcome. Did you mean 'response'"),
        ({"measure": "mean-score-by-session"}, "compared by a rate"),
        ({"adjust": "loading_status"}, "adjust: 'loading_status' is unknown here"),
        ({"adjust": ["sex", "sex"]}, "named twice"),
        ({"measure": "completeness", "denominator": "observed"}, "There are: of started"),
        ({"measure": "hedis-drr-e", "window": "24 h"}, "of its own; leave them out"),
    ],
)
def test_bad_calls_are_told_what_there_is(demo_cohort, options, words):
    with pytest.raises(CallError, match=words.replace(".", r"\.").replace("(", r"\(")):
        clinics(demo_cohort, **options)


def test_the_plain_rows_are_those_of_response_rates(demo_cohort):
    found = rows_of(clinics(demo_cohort, adjust=()).table)
    rates = response_rates(
        demo_cohort, instrument="PHQ-9", window="end of loading", by="clinic_id", denominator="nonresponder"
    ).set_index("clinic_id")
    names = ["estimate", "low", "high", "numerator", "denominator", "started", "scored"]
    pd.testing.assert_frame_equal(found[names], rates[names])
    assert found["low"].tolist() == pytest.approx(wilson(found["numerator"], found["denominator"])[0].tolist())


def test_a_hidden_clinic_takes_all_made_of_it_along(tmp_path):
    people = [("A", 30, 30), ("B", 5, 40), ("C", 25, 25), ("D", 40, 40)]
    table = clinics(cohort_of(tmp_path / "d", people), adjust="sex").table
    public = disclose(table).table
    plain = rows_of(public)
    assert plain["status"].to_dict() == {"A": "ok", "B": "hidden", "C": "hidden", "D": "ok"}
    made = ["estimate", "low", "high", "numerator", "denominator", "expected", "low_95", "high_99_8", "position"]
    assert plain.loc[["B", "C"], made].isna().all(axis=None)
    assert (public.loc[public["adjusted"] != "none", "status"] == "hidden").all()
    assert public.loc[public["adjusted"] != "none", made].isna().all(axis=None)
    words = [text.get_text() for text in clinic_rates(disclose(table)).texts]
    assert "60 of 120" not in words
    assert words.count("hidden") == 2 + 8


def test_a_funnel_names_only_clinics_outside(tmp_path):
    people = [(f"K{k:02}", 20, 20) for k in range(11)] + [("Far", 2, 38)]
    ax = clinic_rates(clinics(cohort_of(tmp_path / "d", people), adjust=()).table)
    assert [text.get_text() for text in ax.texts if text.get_gid() == "outside"] == ["Far"]
    (points,) = [line for line in ax.lines if line.get_gid() == "points"]
    assert len(points.get_xdata()) == 12
