"""Items and totals as rules."""

import pandas as pd

from analysis.intake.drafting.columns import DraftRule
from analysis.intake.drafting.scales import Scale
from analysis.intake.drafting.scores import scale_rules, score_needs, settle_items


def items(cells: list, instrument: str = "PHQ-9", choices: dict | None = None):
    rows = pd.DataFrame({"q": cells}, dtype="object")
    return scale_rules(Scale(instrument, "", {1: "q"}), rows, choices={"q": choices or {}}, decimal=".")


def test_numbers_are_numbers():
    rules, reasons = items(["0", "3", None])
    assert rules["item_1"].value == {"from": "q", "number": "integer"}
    assert reasons == {}


def test_codes_are_counted_by_the_words_that_the_file_has_for_them():
    rules, _ = items(["A", "B"], choices={"A": "Not at all", "B": "Nearly every day"})
    assert rules["item_1"].value == {"from": "q", "values": {"A": 0, "B": 3}}


def test_what_holds_no_answers_is_not_used():
    assert items(["sad", "very sad"])[1]["q"].startswith("to confirm: as an item it should hold whole numbers")
    assert items([None, None])[1] == {"q": "empty column"}
    assert items(["Not at all"], instrument="WSAS")[0] == {}


def test_one_to_three_is_not_taken_for_one_to_four():
    assert items(["1", "3"])[0]["item_1"].value == {"from": "q", "number": "integer"}
    assert items(["1", "4"])[0]["item_1"].value["values"] == {"1": "0", "2": "1", "3": "2", "4": "3"}


def test_no_column_tells_whether_a_row_holds_a_score():
    total = DraftRule("t", ("t",), cells=pd.Series(["5", None, None]))
    item = DraftRule("i", ("i",), cells=pd.Series([None, "2", None]))
    assert score_needs({"total": total, "item_1": item}, "PHQ-9") == {}
    assert score_needs({"total": total}, "PHQ-9") == {"total": "no PHQ-9 in this row"}


def test_clinician_scales_need_all_items():
    rules = {f"item_{n}": DraftRule(f"m{n}", (f"m{n}",)) for n in range(1, 10)}
    assert list(settle_items("MADRS", rules)[0]) == list(rules)
    used, left, _ = settle_items("MADRS", rules | {"total": DraftRule("t", ("t",))})
    assert list(used) == ["total"]
    assert len(left) == 9
