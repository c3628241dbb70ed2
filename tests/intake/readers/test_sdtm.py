"""A domain as a whole: what may be passed over, what is left out, and how its rows are named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sdtm_writer import read_drawn_domain, rows_used, write_submission

from analysis.vocabulary.errors import DataError

EX = "USUBJID | EXTRT | EXSTDTC\nP1 | KETAMINE | 2025-01-05\n | KETAMINE | 2025-01-06\nP2 | KETAMINE |"


def test_any_column_may_be_passed_over_and_each_says_why(tmp_path):
    table = read_drawn_domain(tmp_path, "EX", EX=EX)
    assert set(table.spare) == set(table.rows.columns)
    assert table.spare["date"] == "not used by the mapping"
    assert table.spare["EXSTDTC"] == "not used by this name"


def test_rows_without_a_subject_or_a_day_are_left_out_by_their_row_number(tmp_path):
    table = read_drawn_domain(tmp_path, "EX", EX=EX)
    assert rows_used(table, "patient EXTRT date") == [["P1", "KETAMINE", "2025-01-05"]]
    assert table.left_out == {3: "no USUBJID", 4: "neither a date nor a study day"}


def test_identifying_columns_are_refused(tmp_path):
    drawn = "USUBJID | SUBJID | INVNAM | INVID | AESTDTC\nP1 | 7710 | DR. GRAY | I77 | 2025-01-05"
    table = read_drawn_domain(tmp_path, "AE", AE=drawn)
    assert set(table.refused) == {"SUBJID", "INVNAM", "INVID"}
    assert "7710" not in table.rows.to_csv()
    assert "GRAY" not in table.rows.to_csv()


def test_an_empty_file_has_no_rows(tmp_path):
    (tmp_path / "ae.csv").write_text("DOMAIN,USUBJID,AESTDTC,AEENDTC\n")
    table = read_drawn_domain(tmp_path, "AE")
    assert len(table.rows) == 0
    (tmp_path / "ex.csv").write_text("DOMAIN,USUBJID,EXSTDTC,EXENDTC\n")
    assert len(read_drawn_domain(tmp_path, "EX").rows) == 0
    (tmp_path / "qs.csv").write_text("DOMAIN,USUBJID,QSTESTCD,QSDTC\n")
    assert len(read_drawn_domain(tmp_path, "QS").rows) == 0


def test_a_subject_twice_in_the_demographics_is_refused_where_study_days_count_from_it(tmp_path):
    subjects = "USUBJID | RFSTDTC\nP1 | 2025-01-05\nP1 | 2025-01-06"
    with pytest.raises(DataError, match="dm.csv, rows 2, 3: the same USUBJID more than once; DM has one row"):
        read_drawn_domain(tmp_path, "EX", 'with.DM = "dm.csv"', EX=EX, DM=subjects)


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "USUBJID": st.sampled_from(["P1", "P2", ""]),
            "TESTCD": st.sampled_from(["SYSBP", "DIABP", "PULSE", "TEMP", ""]),
            "STRESN": st.sampled_from(["120", "80", "", "x"]),
            "STRESU": st.sampled_from(["mmHg", "", "kPa"]),
            "STAT": st.sampled_from(["", "NOT DONE"]),
            "DTC": st.sampled_from(["2025-01-05", "2025-01-05T08:00", "2025-01-05T10:00", "2025-01", "", "2025-01-09"]),
            "TPT": st.sampled_from(["", "PRE", "POST", "LATER"]),
            "VISITNUM": st.sampled_from(["1", "2", ""]),
        }
    ),
    max_size=12,
)
DOSES = st.lists(
    st.tuples(st.sampled_from(["P1", "P2"]), st.sampled_from(["2025-01-05T09:00", "2025-01-05", "2025-01-09", "2025"])),
    min_size=1,
    max_size=4,
)


@settings(max_examples=15, deadline=None)
@given(ROWS, DOSES, st.booleans())
def test_every_row_of_every_file_is_used_or_left_out_for_a_reason(tmp_path_factory, rows, doses, listed):
    folder = tmp_path_factory.mktemp("any")
    vitals = [
        {"DOMAIN": "VS", **{f"VS{k}" if k not in {"USUBJID", "VISITNUM"} else k: v for k, v in row.items()}}
        for row in rows
    ]
    header = {"DOMAIN": "VS", "USUBJID": "P9", "VSTESTCD": "TEMP", "VSDTC": "2025-01-05"}
    write_submission({"VS": [header, *vitals]}, folder)
    write_submission({"EX": [{"DOMAIN": "EX", "USUBJID": one, "EXSTDTC": when} for one, when in doses]}, folder)
    lists = ', before = ["PRE"], after = ["POST"]' if listed else ""
    table = read_drawn_domain(folder, "EX", f'with.VS = {{ path = "vs.csv"{lists} }}')
    assert list(table.rows.index) == [f"EX:{n + 2}" for n in range(len(doses))] + [
        f"VS:{n + 2}" for n in range(len(rows) + 1)
    ]
    assert set(table.left_out) >= {f"VS:{n + 2}" for n in range(len(rows) + 1)}
    assert all(table.left_out.values())
    read = [place for place, why in table.left_out.items() if why == "a measurement, read with its session"]
    used = [place for place in table.rows.index if place not in table.left_out]
    given_values = table.rows.loc[
        used, [c for c in table.rows if c.endswith(("systolic", "_before", "_peak", "diastolic", "pulse"))]
    ]
    assert bool(read) == bool((given_values != "").any(axis=None))
