"""Adverse events and other events of SDTM."""

from sdtm_writer import read_drawn_domain, rows_used

AE = """
    USUBJID | AEDECOD | AETERM | AESEV    | AESER | AESTDTC          | AEENDTC          | AEOUT
    P1      | NAUSEA  | sick | MILD     | N     | 2025-01-05T09:12 | 2025-01-05T10:00 | RECOVERED/RESOLVED
    P1      |         | itch | SEVERE   | Y     | 2025-01-05T08:50 | 2025-01-06T09:00 | Recovered/Resolved with sequelae
    P1      | FALL    | fell | MODERATE |       | 2025-01-05T09:30 | 2025-01-05T11:00 | NOT RECOVERED/NOT RESOLVED
    P1      | FALL    | fell |          |       | 2025-01-05       | 2025-01-05T11:00 |
    P1      | FALL    | fell |          |       | 2025-01-06T09:30 | 2025-01-06T11:00 |
    P1      | FALL    | fell |          |       | 2025-01-05T16:00 | 2025-01-05T16:30 |
    P1      | FALL    | fell |          |       | 2025-01          |                  |
"""
EX = "USUBJID | EXSTDTC\nP1 | 2025-01-05T09:00\nP1 | 2025-01-05T15:00\nP2 | 2025-01-06T09:00"


def test_minutes_from_the_session_of_the_same_day_the_last_that_had_begun(tmp_path):
    table = read_drawn_domain(tmp_path, "AE", 'with.EX = "ex.csv"', AE=AE, EX=EX)
    assert rows_used(table, "term severity serious onset_min resolved_min") == [
        ["NAUSEA", "mild", "false", "12", "60"],
        ["itch", "severe", "true", "-10", "1440"],
        ["FALL", "moderate", "", "30", ""],
        ["FALL", "", "", "", ""],
        ["FALL", "", "", "", ""],
        ["FALL", "", "", "60", "90"],
    ]
    assert table.left_out == {8: "a partial date: its day is not known"}


def test_without_the_exposure_there_are_no_minutes(tmp_path):
    assert rows_used(read_drawn_domain(tmp_path, "AE", AE=AE), "onset_min")[0] == [""]


def test_a_dose_that_was_not_given_is_no_session(tmp_path):
    planned = "USUBJID | ECOCCUR | ECSTDTC\nP1 | N | 2025-01-05T09:00\nP1 | Y | 2025-01-05T08:00"
    table = read_drawn_domain(tmp_path, "AE", 'with.EC = "ec.csv"', AE=AE, EC=planned)
    assert rows_used(table, "onset_min")[0] == ["72"]


def test_a_partial_date_and_its_study_day(tmp_path):
    drawn = (
        "USUBJID | AEDECOD | AESTDTC | AESTDY\nP1 | FALL | 2025-01 | 3\nP1 | FALL | 2025-02 | 3\nP2 | FALL | 2025 | 3"
    )
    subjects = "USUBJID | RFSTDTC\nP1 | 2025-01-05\nP2 | 2025-01"
    table = read_drawn_domain(tmp_path, "AE", 'with.DM = "dm.csv"', AE=drawn, DM=subjects)
    assert rows_used(table, "patient date day") == [["P1", "2025-01-07", "2"], ["P2", "", "2"]]
    assert table.left_out == {3: "the study day contradicts the partial date"}


def test_any_other_domain_has_its_term_and_dates(tmp_path):
    drawn = "USUBJID | CMTRT | CMCAT | CMSTDTC | CMENDTC\nP1 | SERTRALINE | ANTIDEPRESSANT | 2024-05-01 | 2025-01"
    table = read_drawn_domain(tmp_path, "CM", CM=drawn)
    assert rows_used(table, "term category date end_date") == [["SERTRALINE", "ANTIDEPRESSANT", "2024-05-01", ""]]


def test_a_findings_domain_has_its_results(tmp_path):
    drawn = "USUBJID | VSTESTCD | VSSTRESN | VSORRES | VSSTRESU | VSDTC\nP1 | TEMP | 36.60 | 97.9 | C | 2025-01-05"
    table = read_drawn_domain(tmp_path, "VS", VS=drawn)
    assert rows_used(table, "test value unit date") == [["TEMP", "36.6", "c", "2025-01-05"]]
