"""Which of a finding's cells counts, and in what unit."""

import pandas as pd
import pytest
from drawn_tables import read_drawn

from analysis.intake.readers.sdtm_results import in_layout_unit, read_results, result_texts


def read(text: str) -> pd.DataFrame:
    return read_results(pd.DataFrame(read_drawn(text), dtype="str"), "VS")


def test_the_standard_number_comes_before_the_standard_text_and_that_before_the_original():
    found = read("""
        VSSTRESN | VSSTRESC | VSORRES | VSSTRESU | VSORRESU
        70.3     | 70.3     | 155     | kg       | LB
                 | 70.3     | 155     | kg       | LB
                 |          | 155     | kg       | LB
                 |          |         | kg       | LB
                 | HIGH     | +++     | kg       | LB
    """)
    assert result_texts(found["value"]).tolist() == ["70.3", "70.3", "155", "", ""]
    assert found["unit"].tolist()[:3] == ["kg", "kg", "lb"]
    assert found["reason"].tolist() == ["", "", "", "no result", "a result that is no number"]


def test_what_was_not_done_has_no_value_whatever_else_it_says():
    found = read("""
        VSSTRESN | VSSTAT
        120      | NOT DONE
                 | Not done
        120      |
    """)
    assert result_texts(found["value"]).tolist() == ["", "", "120"]
    assert found["reason"].tolist() == ["not done", "not done", ""]


@pytest.mark.parametrize(
    ("name", "unit", "value", "given"),
    [
        ("systolic", "mmhg", "120", "120"),
        ("systolic", "kpa", "16", ""),
        ("diastolic", "", "80", ""),
        ("weight", "kg", "70.3", "70.3"),
        ("weight", "lb", "100", "45.359237"),
        ("weight", "g", "70300", "70.3"),
        ("weight", "stone", "11", ""),
        ("pulse", "beats/min", "70", "70"),
        ("cadss", "", "12", "12"),
    ],
)
def test_units_become_those_of_the_layout_and_others_are_not_guessed(name, unit, value, given):
    results = pd.DataFrame({"value": pd.Series([float(value)], dtype="Float64"), "unit": [unit], "reason": [""]})
    found = in_layout_unit(results, pd.Series([name]))
    assert result_texts(found["value"]).tolist() == [given]
    assert found["reason"].tolist() == ["" if given else "a result without a unit, or in one that is not read"]
