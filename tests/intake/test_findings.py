"""Counts of parts add up to those of the whole, and come back from a file as they were."""

from analysis.intake.findings import Findings, Found, TableFindings

ONE = Findings(
    {
        "sessions": TableFindings(
            3, 1, (3, 2), {"day: wrong type": Found(1, (4,))}, {"route": {"iv": 1}}, {"": Found(2)}
        )
    },
    dated=1,
    scales={"PCL5": 2},
)
TWO = Findings(
    {"sessions": TableFindings(2, 0, (2, 2), {}, {"route": {"iv": 2, "im": 1}}, {"": Found(1), "x": Found(1, (2,))})},
    dated=2,
    start_years=1,
    scales={"PCL5": 1},
)


def test_the_first_rows_of_all_parts_are_named():
    assert Found(4, (2, 9, 12, 30)) + Found(2, (3, 11)) == Found(6, (2, 3, 9, 11, 12))


def test_the_counts_of_two_parts_add_up():
    table = TableFindings(
        5,
        1,
        (5, 4),
        {"day: wrong type": Found(1, (4,))},
        {"route": {"iv": 3, "im": 1}},
        {"": Found(3), "x": Found(1, (2,))},
    )
    assert Findings({"sessions": table}, 3, 1, {"PCL5": 3}) == ONE + TWO
    assert (ONE + TWO).tables["sessions"].used == 3


def test_a_file_gives_the_counts_back():
    assert Findings.from_data((ONE + TWO).as_data()) == ONE + TWO
