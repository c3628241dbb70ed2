"""Which rules the columns of a file allow for a table."""

import pandas as pd

from analysis.intake.drafting.blocks import generic_items, lists_people, rules_for
from analysis.intake.drafting.files import FoundTable
from analysis.intake.drafting.links import Linked


def source(**columns: list) -> Linked:
    frame = pd.DataFrame({name.replace("__", " "): cells for name, cells in columns.items()}, dtype="object")
    return Linked(FoundTable("a", {"path": "a.csv"}, frame, "text"), "MRN", {}, frame)


def test_of_two_columns_with_one_meaning_the_likelier_that_holds_it_is_used():
    found = rules_for(source(MRN=["1"], Dose=["see MAR"], Final__dose=["40"]), "sessions")
    assert found.rules["dose_mg"].value == {"from": "Final dose", "number": "decimal"}
    assert found.reasons == {"Dose": "to confirm: most of its cells cannot be read as a dose"}


def test_columns_that_are_taken_are_not_used_again():
    found = rules_for(source(MRN=["1"], Dose=["40"]), "sessions", but=frozenset(["Dose"]))
    assert list(found.rules) == ["patient_id"]


def test_dates_decide_over_days():
    found = rules_for(source(MRN=["1"], Day=["3"], Infusion__Date=["2025-01-03"]), "sessions")
    assert set(found.rules) == {"patient_id", "date"}
    assert found.reasons == {"Day": "days are counted from the dates"}


def test_what_is_found_out_once_is_not_changed_by_who_uses_it():
    each = source(MRN=["1"], Dose=["40"])
    rules_for(each, "sessions").rules.clear()
    assert set(rules_for(each, "sessions").rules) == {"patient_id", "dose_mg"}


def test_items_that_are_only_numbered():
    each = source(MRN=["1"], Q1=["3"], item_2=["2"], question__03=["1"], Q99=["1"], q4=["often"])
    assert set(generic_items(each, "MADRS")) == {"item_1", "item_2", "item_3"}


def test_what_lists_people():
    assert lists_people(source(MRN=["1", "2"], Sex=["F", "M"]))
    assert not lists_people(source(MRN=["1", "1"], Sex=["F", "F"]))
    assert not lists_people(source(MRN=["1", "2"], Visit__Date=["2025-01-03", "2025-01-03"]))
    assert not lists_people(source(MRN=["1", "2"], phq9=["3", "4"]))
