"""How a draft begins."""

import tomllib

import pytest

from analysis.intake.drafting.opening import dataset_lines, head_lines, pseudonym_lines
from analysis.intake.drafting.plan import DraftPlan


@pytest.mark.parametrize(("known", "told"), [(True, "the year of the newest date"), (False, "No date was found")])
def test_where_the_data_cut_comes_from_is_told(known, told):
    lines = list(dataset_lines(2025, known=known))
    assert told in " ".join(line.strip("# ") for line in lines)
    assert tomllib.loads("\n".join(lines))["dataset"]["data_cut"] == "2025"


def test_files_that_are_not_used_are_told_and_cannot_break_out_of_the_comment():
    plan = DraftPlan(unused=[("odd\nname.csv", "no column looks like a patient's number")])
    lines = list(head_lines(plan, ["consent.pdf: no format that is read"], number="3"))
    assert all(not line or line.startswith("#") for line in lines)
    assert "#   odd\\u000aname.csv: not used: no column looks like a patient's number" in lines
    assert "Search for CONFIRM: 3 places" in " ".join(lines)


def test_pseudonyms_are_always_drafted():
    assert tomllib.loads("\n".join(pseudonym_lines(DraftPlan())))["pseudonyms"] == {"method": "random"}
