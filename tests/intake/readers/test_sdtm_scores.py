"""Questionnaires of SDTM: the rows of one assessment become one score."""

import pytest
from sdtm_writer import read_drawn_domain, rows_used

from analysis.intake.readers.sdtm_scores import TEST_CODES, slots_of
from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.errors import DataError

ONE = """
    QSTESTCD | QSORRES          | QSSTRESC | QSSTRESN | QSSTAT   | QSDTC
    PHQ0101  | Several days     | 1        | 1        |          | 2025-01-05T08:00
    PHQ0102  | Nearly every day | 3        |          |          | 2025-01-05T08:01
    PHQ0103  |                  |          |          | NOT DONE | 2025-01-05T08:02
    PHQ0110  | Not difficult    | 0        | 0        |          | 2025-01-05T08:02
    PHQ0111  | 4                | 4        | 4        |          | 2025-01-05T08:02
"""
SAME = {"USUBJID": "P1", "VISITNUM": "1", "QSTPT": "PREDOSE", "QSEVAL": "STUDY SUBJECT", "QSEVLINT": "-P14D"}


def with_the_same(text: str, **cells: str) -> str:
    header, *rows = text.strip().splitlines()
    return "\n".join([" | ".join([header, *cells]), *(" | ".join([row, *cells.values()]) for row in rows)])


def test_items_and_total_in_one_row_and_every_row_accounted_for(tmp_path):
    table = read_drawn_domain(tmp_path, "QS", QS=with_the_same(ONE, **SAME))
    columns = "patient instrument date time item_1 item_2 item_3 total timepoint recall_days elapsed_hours"
    assert rows_used(table, columns) == [["P1", "PHQ-9", "2025-01-05", "08:00", "1", "3", "", "4", "PREDOSE", "14", ""]]
    assert table.left_out == {
        3: "part of a score, read with it",
        4: "not done",
        5: "a test that belongs to no instrument",
        6: "part of a score, read with it",
    }


def total(patient: str, value: str, **more: str) -> str:
    cells = {
        "QSDTC": "2025-01-05",
        "VISITNUM": "1",
        "QSTPT": "",
        "QSEVAL": "",
        "QSDY": "",
        "QSTESTCD": "PHQ0111",
    } | more
    return " | ".join([patient, value, *cells.values()])


HEADER = "USUBJID | QSSTRESN | QSDTC | VISITNUM | QSTPT | QSEVAL | QSDY | QSTESTCD"


@pytest.mark.parametrize(
    "more",
    [
        {"QSDTC": "2025-01-06"},
        {"VISITNUM": "2"},
        {"QSTPT": "POSTDOSE"},
        {"QSEVAL": "INVESTIGATOR"},
        {"QSTESTCD": "GAD0108"},
        {"QSDTC": "2025-01-05T10:00"},
    ],
)
def test_another_day_visit_time_point_rater_instrument_or_time_is_another_assessment(tmp_path, more):
    first = {"QSDTC": "2025-01-05T09:00"} if "10:00" in more.get("QSDTC", "") else {}
    drawn = "\n".join([HEADER, total("P1", "7", **first), total("P1", "9", **more)])
    table = read_drawn_domain(tmp_path, "QS", QS=drawn)
    assert rows_used(table, "total") == [["7"], ["9"]]


def test_the_same_visit_in_two_spellings_is_one_assessment(tmp_path):
    drawn = "\n".join([HEADER, total("P1", "7"), total("P1", "3", VISITNUM="1.0", QSTESTCD="PHQ0101")])
    assert rows_used(read_drawn_domain(tmp_path, "QS", QS=drawn), "total item_1") == [["7", "3"]]


def test_two_results_of_one_test_are_used_neither_and_the_same_one_twice_is_one(tmp_path):
    drawn = "\n".join([HEADER, total("P1", "7"), total("P1", "8"), total("P2", "5"), total("P2", "5.0")])
    table = read_drawn_domain(tmp_path, "QS", QS=drawn)
    assert rows_used(table, "patient total") == [["P2", "5"]]
    assert table.left_out == {
        2: "several different results of one test",
        3: "several different results of one test",
        5: "part of a score, read with it",
    }


def test_of_items_16a_and_16b_the_one_that_was_answered(tmp_path):
    drawn = """
        USUBJID | RSTESTCD | RSSTRESN | RSSTAT   | RSDTC
        P1      | HAMD116A | 1        |          | 2025-01-05
        P1      | HAMD116B | 3        | NOT DONE | 2025-01-05
        P2      | HAMD116A |          | NOT DONE | 2025-01-05
        P2      | HAMD116B | 2        |          | 2025-01-05
        P2      | HAMD118  | 20       |          | 2025-01-05
    """
    table = read_drawn_domain(tmp_path, "RS", RS=drawn)
    assert rows_used(table, "instrument item_16 total") == [["HAM-D17", "1", ""], ["HAM-D17", "2", "20"]]


def test_a_mapping_names_its_own_codes(tmp_path):
    options = 'instruments.MADRS = { items = ["M1", "M2"], total = "MT" }'
    drawn = "USUBJID | QSTESTCD | QSSTRESN | QSDTC\nP1 | M2 | 4 | 2025-01-05\nP1 | MT | 30 | 2025-01-05"
    table = read_drawn_domain(tmp_path, "QS", options, QS=drawn)
    assert rows_used(table, "instrument item_1 item_2 total") == [["MADRS", "", "4", "30"]]


def test_results_that_are_no_numbers_are_left_out(tmp_path):
    drawn = "\n".join([HEADER, total("P1", "many"), total("P1", "3", QSTESTCD="PHQ0101"), total("", "9")])
    table = read_drawn_domain(tmp_path, "QS", QS=drawn)
    assert rows_used(table, "item_1 total") == [["3", ""]]
    assert table.left_out == {2: "a result that is no number", 4: "no USUBJID"}


def test_without_dates_days_count_from_the_first_dose(tmp_path):
    """Reference start: the day before the first dose. Study days -2, 1, 2 and 16 are days -3, -1, 0 and 14."""
    days = ["-2", "1", "2", "16"]
    drawn = "\n".join([HEADER, *(total("P1", day.strip("-"), QSDTC="", QSDY=day) for day in days)])
    drawn += "\n" + total("P2", "9", QSDTC="", QSDY="1")
    doses = "USUBJID | EXSTDTC | EXSTDY\nP1 | | 9\nP1 | | 2"
    table = read_drawn_domain(tmp_path, "QS", 'with.EX = "ex.csv"', QS=drawn, EX=doses)
    assert rows_used(table, "day date") == [["-3", ""], ["-1", ""], ["0", ""], ["14", ""]]
    assert list(table.left_out.values()) == ["no first treatment to count days from"]
    plain = read_drawn_domain(tmp_path, "QS", QS=drawn)
    assert rows_used(plain, "day") == [["-2"], ["0"], ["1"], ["15"], ["0"]]


def test_a_file_without_any_known_test_says_what_to_do(tmp_path):
    drawn = "USUBJID | QSTESTCD | QSSTRESN | QSDTC\nP1 | SECRET1 | 4 | 2025-01-05"
    with pytest.raises(DataError) as error:
        read_drawn_domain(tmp_path, "QS", QS=drawn)
    assert str(error.value) == (
        "qs.csv holds no test of the instruments that are known; name the test codes as `files.x.instruments`, such as "
        '{ CADSS = { total = "CODE" } }.'
    )


def test_the_known_codes_are_as_many_as_the_items_and_each_stands_once():
    instruments = default_definitions().instruments
    assert set(TEST_CODES) == set(instruments) & set(TEST_CODES)
    codes = []
    for name, (items, its_total) in TEST_CODES.items():
        assert len(items) == instruments[name].items
        codes += [*slots_of(name, items, its_total)]
    assert len(codes) == len(set(codes)) == 9 + 1 + 7 + 1 + 10 + 1 + 18 + 1
    assert all(len(code) <= 8 for code in codes)
