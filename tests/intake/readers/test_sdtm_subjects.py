"""Demographics as patients."""

import pytest
from sdtm_writer import read_drawn_domain, rows_used

from analysis.vocabulary.errors import DataError

DM = """
    USUBJID | SUBJID | RFSTDTC          | RFXSTDTC   | RFPENDTC   | RFENDTC    | BRTHDTC
    P1      | 77101  | 2025-01-05T09:00 | 2025-01-06 | 2025-09-30 | 2025-03-01 | 1978-01
    P2      | 77102  | 2025-02          |            | 2025       | 2025-03-01 | 1978-01-31
    P3      | 77103  |                  | 2024       |            |            |
"""
WHO = """
    USUBJID | AGE | AGEU   | SEX | RACE     | ETHNIC             | DTHFL
    P1      | 47  | YEARS  | F   | WHITE    |                    |
    P2      | 300 | MONTHS | M   | WHITE    | HISPANIC OR LATINO | Y
    P3      |     |        | U   | MULTIPLE | NOT REPORTED       | N
"""


def test_plain_columns(tmp_path):
    table = read_drawn_domain(tmp_path, "DM", DM=WHO)
    assert rows_used(table, "patient age sex race_ethnicity died") == [
        ["P1", "47", "female", "white", ""],
        ["P2", "25", "male", "hispanic-or-latino", "true"],
        ["P3", "", "", "multiracial", "false"],
    ]
    table = read_drawn_domain(tmp_path, "DM", DM=DM)
    assert rows_used(table, "start_year reference_date last_date birth_date") == [
        ["2025", "2025-01-05", "2025-09-30", ""],
        ["2025", "", "2025-03-01", "1978-01-31"],
        ["2024", "", "", ""],
    ]


def test_identifiers_are_refused(tmp_path):
    table = read_drawn_domain(tmp_path, "DM", DM=DM)
    assert table.refused == {"SUBJID": "identifies the subject"}
    assert not {"SUBJID", "USUBJID", "BRTHDTC"} & set(table.rows.columns)
    assert "77101" not in table.rows.to_csv()


@pytest.mark.parametrize(
    ("unit", "age", "years"),
    [
        ("YEARS", "89.9", "89"),
        ("MONTHS", "24", "2"),
        ("MONTHS", "35", "2"),
        ("WEEKS", "105", "2"),
        ("DECADES", "7", "70"),
    ],
)
def test_ages_in_full_years(tmp_path, unit, age, years):
    drawn = f"USUBJID | AGE | AGEU\nP1 | {age} | {unit}"
    assert rows_used(read_drawn_domain(tmp_path, "DM", DM=drawn), "age") == [[years]]


@pytest.mark.parametrize(
    ("drawn", "message"),
    [
        ("USUBJID | AGE | AGEU\nP1 | 47 |", "dm.csv, row 2, column 'AGEU': no unit of age, or another than YEARS"),
        ("USUBJID | AGE | AGEU\nP1 | 47 | Y", "dm.csv, row 2, column 'AGEU': no unit of age, or another than YEARS"),
        ("USUBJID | AGE | AGEU\nP1 | old | YEARS", "dm.csv, row 2, column 'AGE': an age that is no number."),
        ("USUBJID | RFSTDTC\nP1 | 01/05/2025", "dm.csv, row 2, column 'RFSTDTC': not a date as SDTM writes it"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, drawn, message):
    with pytest.raises(DataError) as error:
        read_drawn_domain(tmp_path, "DM", DM=drawn)
    assert str(error.value).startswith(message)


DS = """
    USUBJID | DSSEQ | DSDECOD           | DSCAT              | DSSTDTC
    P1      | 1     | RANDOMIZED        | PROTOCOL MILESTONE | 2025-12-01
    P1      | 2     | COMPLETED         | DISPOSITION EVENT  | 2025-03-01
    P1      | 3     | LOST TO FOLLOW-UP | DISPOSITION EVENT  | 2025-02-01
    P2      | 10    | COMPLETED         | DISPOSITION EVENT  |
    P2      | 9     | DEATH             | DISPOSITION EVENT  |
"""


def test_the_last_disposition_event_by_date_and_then_by_number(tmp_path):
    table = read_drawn_domain(tmp_path, "DM", 'with.DS = "ds.csv"', DM=DM, DS=DS)
    assert rows_used(table, "patient disposition") == [["P1", "COMPLETED"], ["P2", "COMPLETED"], ["P3", ""]]
