"""Doses as sessions, and what was measured around them."""

import pytest
from sdtm_writer import read_drawn_domain, rows_used

from analysis.vocabulary.errors import DataError

DOSE = "USUBJID | EXTRT | EXDOSE | EXDOSU | EXROUTE | EXSTDTC | EXENDTC | EXDOSFRQ | EXSEQ\nP1 | KETAMINE | {} "


def dose(value="40", unit="mg", *, route="INTRAVENOUS", start="2025-01-05T09:00", end="2025-01-05T09:40", often="ONCE"):
    return DOSE.format(" | ".join([value, unit, route, start, end, often, "1"]))


@pytest.mark.parametrize(
    ("value", "unit", "milligrams"),
    [
        ("40", "mg", "40"),
        ("40.5", "MG", "40.5"),
        ("46900", "ug", "46.9"),
        ("46900", "mcg", "46.9"),
        ("0.0469", "g", "46.9"),
        ("2", "TABLET", "40"),
        ("0", "PATCH", "0"),
        ("", "mL", ""),
        ("0.5", "mg/kg", ""),
    ],
)
def test_doses_in_mg(tmp_path, value, unit, milligrams):
    table = read_drawn_domain(tmp_path, "EX", "dose_units.TABLET = 20", EX=dose(value, unit))
    assert rows_used(table, "dose_mg") == [[milligrams]]


@pytest.mark.parametrize(
    ("value", "unit", "message"),
    [
        (
            "5",
            "mL",
            "ex.csv, row 2, column 'EXDOSU': a unit other than mg, ug, g and mg/kg. Say how many mg one of it is as",
        ),
        ("5", "", "ex.csv, row 2, column 'EXDOSU': a unit other than"),
        ("5-10", "mg", "ex.csv, row 2, column 'EXDOSE': a dose that is no number."),
        ("-5", "mg", "ex.csv, row 2, column 'EXDOSE': a dose that is no number."),
    ],
)
def test_other_doses_are_refused(tmp_path, value, unit, message):
    with pytest.raises(DataError) as error:
        read_drawn_domain(tmp_path, "EX", EX=dose(value, unit))
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("written", "route"),
    [
        ("INTRAVENOUS", "iv"),
        ("Intravenous Drip", "iv"),
        ("INTRAMUSCULAR", "im"),
        ("SUBCUTANEOUS", "sc"),
        ("NASAL", "intranasal"),
        ("SUBLINGUAL", "sublingual"),
        ("ORAL", "oral"),
        ("TRANSDERMAL", "TRANSDERMAL"),
    ],
)
def test_routes(tmp_path, written, route):
    assert rows_used(read_drawn_domain(tmp_path, "EX", EX=dose(route=written)), "route") == [[route]]


@pytest.mark.parametrize(
    ("start", "end", "often", "minutes"),
    [
        ("2025-01-05T09:00", "2025-01-05T09:40", "ONCE", "40"),
        ("2025-01-05T09:00", "2025-01-05T09:40:30", "", "40"),
        ("2025-01-05T23:40", "2025-01-06T00:20", "", "40"),
        ("2025-01-05", "2025-01-05", "BIW", ""),
        ("2025-01-05", "2025-01-05", "QD", ""),
        ("2025-01-05", "2025-01-05", "Q24H", ""),
        ("2025-01-05", "2025-01-06", "ONCE", ""),
        ("2025-01-05", "", "", ""),
        ("2025-01-05", "", "ONCE", ""),
    ],
)
def test_one_administration_is_a_session(tmp_path, start, end, often, minutes):
    table = read_drawn_domain(tmp_path, "EX", EX=dose(start=start, end=end, often=often))
    assert rows_used(table, "date sequence duration_min") == [["2025-01-05", "1", minutes]]


@pytest.mark.parametrize(
    ("start", "end", "often"),
    [
        ("2025-01-05", "2025-01-12", ""),
        ("2025-01-05", "2025-01-12", "QD"),
        ("2025-01-05", "", "QD"),
        ("2025-01-05", "2025-01", ""),
        ("2025-01-05", "2025-01-05", "BID"),
        ("2025-01-05T09:00", "2025-01-05T12:00", "Q4H"),
    ],
)
def test_an_interval_is_left_out_or_a_session_on_its_first_day(tmp_path, start, end, often):
    both = dose(start=start, end=end, often=often) + "\nP2 | KETAMINE | 40 | mg | ORAL | 2025-01-07 | 2025-01-07 | | 1"
    table = read_drawn_domain(tmp_path, "EX", EX=both)
    assert rows_used(table, "patient") == [["P2"]]
    assert table.left_out == {2: "doses on several days, or several a day: not one session"}
    first = read_drawn_domain(tmp_path, "EX", 'intervals = "first-day"', EX=both)
    assert rows_used(first, "patient date") == [["P1", "2025-01-05"], ["P2", "2025-01-07"]]


def test_nothing_but_intervals_says_what_to_do(tmp_path):
    with pytest.raises(DataError) as error:
        read_drawn_domain(tmp_path, "EX", EX=dose(end="2025-02-05", often="QD"))
    assert str(error.value) == (
        "ex.csv: in every row doses on several days, or several a day: not one session. If one session on its first "
        'day shall stand for each, set `files.x.intervals = "first-day"`.'
    )


def test_days_without_dates(tmp_path):
    """Study days 2 and 9, from a reference start on the day before the first dose."""
    drawn = "USUBJID | EXSTDY | EXENDY | EXSTDTC\nP1 | 2 | 2 |\nP1 | 9.0 | 9 |\nP1 | 12 | 14 |\nP1 | | | 2025"
    table = read_drawn_domain(tmp_path, "EX", EX=drawn)
    assert rows_used(table, "day date sequence") == [["0", "", "1"], ["7", "", "1"]]
    assert list(table.left_out) == [4, 5]
    assert table.left_out[5] == "a partial date: its day is not known"


def test_sessions_of_one_day_are_numbered_by_their_time(tmp_path):
    drawn = """
        USUBJID | EXSEQ | EXSTDTC
        P1      | 2     | 2025-01-05T15:00
        P1      | 1     | 2025-01-05T09:00
        P2      | 10    | 2025-01-05
        P2      | 9     | 2025-01-05
    """
    table = read_drawn_domain(tmp_path, "EX", EX=drawn)
    assert rows_used(table, "patient EXSEQ sequence") == [
        ["P1", "2", "2"],
        ["P1", "1", "1"],
        ["P2", "10", "2"],
        ["P2", "9", "1"],
    ]


def test_what_was_planned_and_not_given(tmp_path):
    drawn = """
        USUBJID | ECOCCUR | ECSTAT   | ECSTDTC
        P1      | Y       |          | 2025-01-05
        P1      | N       |          | 2025-01-08
        P1      |         |          | 2025-01-09
        P1      |         | NOT DONE | 2025-01-10
    """
    table = read_drawn_domain(tmp_path, "EC", EC=drawn)
    assert rows_used(table, "date") == [["2025-01-05"], ["2025-01-09"]]
    assert table.left_out == {3: "planned and not given", 5: "planned and not given"}
    table = read_drawn_domain(tmp_path, "EC", 'not_given = "keep"', EC=drawn)
    assert rows_used(table, "occurred") == [["yes"], ["no"], ["yes"], ["no"]]


EX = """
    USUBJID | EXSEQ | EXDOSE | EXDOSU | EXSTDTC          | VISITNUM
    P1      | 1     | 0.5    | mg/kg  | 2025-01-05T09:00 | 1
    P1      | 2     | 40     | mg     | 2025-01-08T09:00 | 2
"""
VS = """
    USUBJID | VSSEQ | VSTESTCD | VSSTRESN | VSSTRESU  | VSDTC            | VSTPT   | VSTPTNUM | VSELTM | VISITNUM
    P1      | 1     | SYSBP    | 118      | mmHg      | 2025-01-05T08:30 | PREDOSE | 1        | -PT30M | 1
    P1      | 2     | SYSBP    | 121      | mmHg      | 2025-01-05T08:50 | PREDOSE | 1        | -PT10M | 1
    P1      | 3     | SYSBP    | 150      | mmHg      | 2025-01-05T09:40 | 40 MIN  | 2        | PT40M  | 1
    P1      | 4     | SYSBP    | 139      | mmHg      | 2025-01-05T10:30 | 90 MIN  | 3        | PT90M  | 1
    P1      | 5     | SYSBP    | 100      | mmHg      | 2025-01-05T19:30 | EVENING | 4        | PT10H  | 1
    P1      | 6     | WEIGHT   | 80       | kg        | 2025-01-05       |         |          |        | 1
    P1      | 7     | TEMP     | 36.6     | C         | 2025-01-05       |         |          |        | 1
    P1      | 8     | SYSBP    | 16       | kPa       | 2025-01-05T09:41 | 40 MIN  | 2        | PT40M  | 1
    P1      | 9     | SYSBP    | 130      | mmHg      | 2025-01-06T09:41 | 40 MIN  | 2        | PT40M  | 1
    P2      | 1     | SYSBP    | 130      | mmHg      | 2025-01-05T09:41 | 40 MIN  | 2        | PT40M  | 1
    P1      | 10    | SYSBP    | 130      | mmHg      | 2025-01          | 40 MIN  | 2        | PT40M  | 1
"""
FATES = {
    **dict.fromkeys((2, 3, 4, 5, 7), "a measurement, read with its session"),
    6: "a measurement at a time point that the mapping does not name",
    8: "a measurement that the mapping does not name",
    9: "a result without a unit, or in one that is not read",
    **dict.fromkeys((10, 11), "a measurement that belongs to no session"),
    12: "a partial date: its day is not known",
}
COLUMNS = "systolic_before systolic_peak systolic_lowest weight dose_mg"


@pytest.mark.parametrize(
    ("before", "after"),
    [(["PREDOSE"], ["40 MIN", "90 MIN"]), (["1.0"], ["2", "3"]), (["-PT30M", "-PT10M"], ["PT40M", "PT90M"])],
)
def test_before_peak_and_lowest_by_time_point_and_every_row_accounted_for(tmp_path, before, after):
    options = f'with.VS = {{ path = "vs.csv", before = {before}, after = {after} }}'
    table = read_drawn_domain(tmp_path, "EX", options, EX=EX, VS=VS)
    assert rows_used(table, COLUMNS) == [["121", "150", "139", "80", "40"], ["", "", "", "", "40"]]
    assert table.left_out == {f"VS:{row}": why for row, why in FATES.items()}


def test_without_lists_the_clock_decides(tmp_path):
    table = read_drawn_domain(tmp_path, "EX", 'with.VS = "vs.csv"', EX=EX, VS=VS)
    assert rows_used(table, COLUMNS)[0] == ["121", "150", "100", "80", "40"]
    assert table.left_out["VS:6"] == "a measurement, read with its session"
    hourless = VS.replace("T08:30", "      ").replace("T09:40", "T09   ")
    table = read_drawn_domain(tmp_path, "EX", 'with.VS = "vs.csv"', EX=EX, VS=hourless)
    assert rows_used(table, COLUMNS)[0] == ["121", "139", "100", "80", "40"]
    unclear = "a measurement at a time point, without a clock time to tell before from after"
    assert table.left_out["VS:2"] == table.left_out["VS:4"] == unclear


def test_two_sessions_on_a_day_are_told_apart_by_the_visit(tmp_path):
    twice = EX.replace("2025-01-08T09:00", "2025-01-05T15:00")
    options = 'with.VS = { path = "vs.csv", before = ["PREDOSE"], after = ["40 MIN"] }'
    table = read_drawn_domain(tmp_path, "EX", options, EX=twice, VS=VS)
    assert rows_used(table, "EXSEQ systolic_before") == [["1", "121"], ["2", ""]]
    same = twice.replace("| 2\n", "| 1\n")
    table = read_drawn_domain(tmp_path, "EX", options, EX=same, VS=VS)
    assert rows_used(table, "EXSEQ systolic_before") == [["1", ""], ["2", ""]]
    assert table.left_out["VS:2"] == "a measurement on a day with several sessions that cannot be told apart"


def test_days_without_dates_find_their_session_too(tmp_path):
    doses = "USUBJID | EXSTDY\nP1 | 3\nP1 | 6"
    vitals = "USUBJID | VSDY | VSTESTCD | VSSTRESN | VSSTRESU\nP1 | 6 | PULSE | 70 | beats/min"
    table = read_drawn_domain(tmp_path, "EX", 'with.VS = "vs.csv"', EX=doses, VS=vitals)
    assert rows_used(table, "day pulse") == [["0", ""], ["3", "70"]]
