"""Occupancy by day in steps: what a reader of the published table can work out of single people."""

import numpy as np
import pandas as pd
import pytest

from analysis.disclosure.suppression import disclose
from analysis.estimate.occupancy import occupancy
from analysis.vocabulary.errors import CallError

STATES = ("responded", "not known", "died")


def table(rows, *, states=STATES, **groups):
    """Rows of occupancy from the people of each day, in the order of the states."""
    made = [
        {
            **groups,
            "instrument": "PHQ-9", "strategy": "treatment-policy", "day": day, "state": state,
            "estimate": count / sum(counts), "low": 0.0, "high": 1.0, "method": "m",
            "numerator": count, "denominator": sum(counts), "status": "ok", "std_error": 0.01, "started": sum(rows[0]),
        }
        for day, counts in enumerate(rows)
        for state, count in zip(states, counts, strict=True)
    ]  # fmt: skip
    counts = dict.fromkeys(["numerator", "denominator", "started"], "Int64")
    return pd.DataFrame(made).astype(counts)


def shown(given):
    """The numbers by day, `-` where hidden."""
    found = disclose(given).table
    wide = found.set_index(["day", "state"])["numerator"].unstack()[list(STATES)]  # noqa: PD010
    return ["  ".join("-" if pd.isna(number) else str(number) for number in row) for row in wide.to_numpy()]


def test_a_count_is_shown_again_once_it_has_changed_by_more_than_eleven():
    """On day 1 three have moved, on day 2 eleven, on day 3 twelve."""
    found = shown(table([(100, 100, 0), (103, 97, 0), (111, 89, 0), (112, 88, 0)]))
    assert found == ["100  100  0", "-  -  0", "-  -  0", "112  88  0"]


def test_a_small_count_is_held_back_with_another():
    """The dead are few; they would be what the others leave."""
    found = shown(table([(100, 100, 0), (80, 116, 4), (60, 128, 12)]))
    assert found == ["100  100  0", "80  -  -", "60  128  12"]


def test_shares_are_in_tenths_of_a_percent():
    found = disclose(table([(100, 101, 0)])).table
    assert found["estimate"].tolist() == [0.498, 0.502, 0.0]


def test_no_group_is_held_back_alone():
    """In clinic A three have moved on day 1; B and C would give it away as the rest of all, so one of them is held."""
    given = pd.concat(
        [
            table([(100, 100, 0), (103, 97, 0)], clinic_id="A"),
            table([(100, 100, 0), (120, 80, 0)], clinic_id="B"),
            table([(100, 100, 0), (150, 50, 0)], clinic_id="C"),
        ],
        ignore_index=True,
    )
    found = disclose(given).table
    day_1 = found[(found["day"] == 1) & (found["state"] == "responded")].set_index("clinic_id")["status"]
    assert day_1.to_dict() == {"A": "hidden", "B": "hidden", "C": "ok"}


def test_a_group_of_few_people_is_hidden_altogether_and_not_alone():
    given = pd.concat(
        [table([(3, 3, 0)], clinic_id="A"), table([(50, 50, 0)], clinic_id="B"), table([(60, 60, 0)], clinic_id="C")],
        ignore_index=True,
    )
    found = disclose(given).table.groupby("clinic_id")[["started", "denominator"]].count()
    assert found["started"].to_dict() == {"A": 0, "B": 0, "C": 3}


@pytest.mark.parametrize("by", [(), "route"])
def test_no_step_that_is_shown_is_small(demo_cohort, by):
    given = occupancy(demo_cohort, instrument="PHQ-9", by=by, last_day=200)
    found = disclose(given).table
    assert (found["status"] == "ok").sum() > 100
    groups = ["route"] if by else []
    for _, rows in found.groupby([*groups, "state"]):
        steps = np.abs(np.diff(rows["numerator"].dropna().to_numpy("int64")))
        assert not ((steps > 0) & (steps <= 10)).any()
    assert not found["numerator"].between(1, 10).any()


@pytest.mark.parametrize("by", [(), "route"])
def test_what_is_left_of_a_day_is_not_small(demo_cohort, by):
    """Of the counts that are not shown on a day, together, against what they were when they were shown last."""
    given = occupancy(demo_cohort, instrument="PHQ-9", by=by, last_day=200)
    found = disclose(given).table
    groups = ["route"] if by else []
    given["last"] = found.groupby([*groups, "state"])["numerator"].ffill().fillna(0)
    shown_total = found["denominator"].notna()
    for _, rows in given[shown_total & (given["status"] == "ok")].groupby([*groups, "day"]):
        rest = abs(int(rows["numerator"].sum() - rows["last"].sum()))
        assert not 1 <= rest <= 10


def test_a_part_of_a_table_is_refused(demo_cohort):
    given = occupancy(demo_cohort, instrument="PHQ-9", last_day=20)
    with pytest.raises(CallError, match="judged as a whole"):
        disclose(given[given["state"] != "died"].iloc[1:])


def test_internal_tables_are_whole(demo_cohort):
    given = occupancy(demo_cohort, instrument="PHQ-9", last_day=20)
    assert disclose(given, audience="internal").hidden == 0
