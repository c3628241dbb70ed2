"""Access: ten referrals of nine people, followed from the referral to maintenance, each step down with its reason."""

import pandas as pd
import pytest
from referred_people import REFERRALS, referred_cohort

from analysis.estimate.access import access
from analysis.vocabulary.errors import CallError, DataError


@pytest.fixture
def cohort(tmp_path):
    return referred_cohort(tmp_path / "clinic")


def test_every_rung_is_the_rung_before_less_the_reasons_between(cohort, same):
    same(
        access(cohort),
        """
        kind   | name              | count | denominator
        rung   | listed            |    10 |          10
        reason | in_treatment      |     1 |          10
        reason | again             |     1 |          10
        rung   | referred          |     8 |          10
        reason | no-contact        |     1 |           8
        reason | waiting           |     1 |           8
        rung   | evaluated         |     6 |           8
        reason | medical           |     1 |           6
        rung   | suitable          |     5 |           6
        reason | cost              |     1 |           5
        reason | waiting           |     0 |           5
        rung   | started           |     4 |           5
        reason | loading_stopped   |     1 |           4
        reason | loading_open      |     1 |           4
        rung   | loading_completed |     2 |           4
        reason | no_maintenance    |     1 |           2
        reason | maintenance_open  |     0 |           2
        rung   | maintenance       |     1 |           2
    """,
    )


@pytest.mark.parametrize("by", [(), "payer", "source", ("payer", "quarter"), "race_ethnicity", "year"])
@pytest.mark.parametrize("period", [None, "2026Q1", "2026"])
def test_no_referral_is_lost(cohort, by, period):
    table = access(cohort, by=by, period=period)
    assert (table["numerator"] == table["count"]).all()
    for _, rows in table.groupby([by] if isinstance(by, str) else list(by) or (lambda _: 0)):
        left = None
        for _, row in rows.sort_values("step").iterrows():
            if row["kind"] == "reason":
                left -= row["count"]
            else:
                assert left is None or left == row["count"], row["name"]
                left = row["count"]


def test_the_payer_is_that_of_the_referral_else_of_the_person(cohort, same):
    table = access(cohort, by="payer")
    same(
        table[table["name"].isin(["referred", "started"])],
        """
        payer    | name     | count
        medicaid | referred |     6
        medicaid | started  |     2
        self-pay | referred |     2
        self-pay | started  |     2
        va       | referred |     0
        va       | started  |     0
    """,
    )


def test_a_period_is_that_of_the_referral(cohort):
    table = access(cohort, period="2025Q4").set_index("name")["count"]
    assert (table["referred"], table["started"], table["maintenance"]) == (1, 1, 1)


def test_what_is_known_of_the_treated_only_gives_no_share_of_the_referred(cohort):
    table = access(cohort, by="race_ethnicity")
    white = table[table["race_ethnicity"] == "white"].set_index("name")
    assert white.loc["started", "status"] == "group known of the treated only"
    assert pd.isna(white.loc["started", "estimate"])
    assert white.loc["loading_completed", "status"] == "ok"
    assert (white.loc["loading_completed", "numerator"], white.loc["loading_completed", "denominator"]) == (1, 3)


def test_where_the_untreated_are_known_the_share_is_given(tmp_path):
    patients = "patient_id | race_ethnicity \n P1 | white \n P2 | white \n P3 | \n P4 | \n P5 | \n P9 | asian"
    referrals = """
        referral_id | patient_id | date       | reason_not_treated
        R1          | P1         | 2026-01-01 |
        R2          | P9         | 2026-01-01 | cost
    """
    cohort = referred_cohort(tmp_path / "known", patients=patients, referrals=referrals)
    table = access(cohort, by="race_ethnicity").set_index(["race_ethnicity", "name"])
    assert table.loc[("asian", "referred"), "count"] == 1
    assert table.loc[("asian", "started"), "count"] == 0
    assert table.loc[("white", "started"), "status"] == "ok"


def test_maintenance_is_open_until_another_course_would_begin(tmp_path):
    """P2's last loading session was on 12 February: 90 days later is 13 May."""
    for cut, expected in {"2026-05-13": "maintenance_open", "2026-05-14": "no_maintenance"}.items():
        folder = tmp_path / cut
        sessions = """
            patient_id | day | date       | treatment | route
            P2         |   0 | 2026-02-02 | ketamine  | im
            P2         |   3 | 2026-02-05 | ketamine  | im
            P2         |   7 | 2026-02-09 | ketamine  | im
            P2         |  10 | 2026-02-12 | ketamine  | im
        """
        referrals = "referral_id | patient_id | date \n R3 | P2 | 2026-01-23"
        referred_cohort(folder, sessions=sessions, referrals=referrals, patients="")
        about = folder / "dataset.toml"
        about.write_text(about.read_text().replace("2026-06-30", cut))
        from analysis.cohort.cohort import derive
        from analysis.intake.dataset import open_dataset

        table = access(derive(open_dataset(folder)))
        row = table[table["name"] == expected]
        assert int(row["count"].iloc[0]) == 1, cut


def test_without_dates_a_referral_leads_to_the_first_course(tmp_path):
    lines = [line.split("|") for line in REFERRALS.strip().splitlines()]
    undated = "\n".join("|".join([*line[:2], *line[3:]]) for line in lines)
    cohort = referred_cohort(tmp_path / "undated", referrals=undated)
    count = access(cohort).groupby("name")["count"].sum()
    assert (count["listed"], count["again"], count["referred"], count["started"]) == (10, 1, 9, 5)
    with pytest.raises(CallError, match="no dates, so they are in no quarter"):
        access(cohort, by="quarter")
    with pytest.raises(CallError, match="period: the referrals have no dates finer than a year|have no dates"):
        access(cohort, period="2026Q1")


def test_no_referrals_is_said(tmp_path):
    cohort = referred_cohort(tmp_path / "none", referrals="")
    with pytest.raises(DataError, match="the dataset has no referrals, so nothing is known of people before"):
        access(cohort)


def test_nobody_started(tmp_path):
    referrals = "referral_id | date | reason_not_treated \n R1 | 2026-01-01 | cost \n R2 | 2026-01-02 | cost"
    table = access(referred_cohort(tmp_path / "never", referrals=referrals)).set_index("name")
    assert table.loc["started", "count"] == 0
    assert table.loc["loading_completed", "status"] == "empty"
    assert pd.isna(table.loc["loading_completed", "estimate"])


def test_a_period_without_referrals_is_empty(cohort):
    for by in ((), "payer"):
        table = access(cohort, by=by, period="2012")
        assert (table["count"] == 0).all()
        assert (table["status"] == "empty").all()


def test_an_unknown_group_is_named(cohort):
    with pytest.raises(CallError, match=r"by: 'payr' is unknown. Did you mean 'payer'\?"):
        access(cohort, by="payr")
    with pytest.raises(CallError, match="named twice"):
        access(cohort, by=["payer", "payer"])
