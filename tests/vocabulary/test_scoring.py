"""Scoring from items and totals: drawn forms and the total that is used."""

import duckdb
import pytest

from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.scoring import scoring_sql


def score(instrument, total, items):
    """Score one form: ``items`` as text, one character an item, ``.`` for a missing one."""
    connection = duckdb.connect()
    answers = ["NULL" if answer == "." else answer for answer in items.ljust(23, ".")]
    columns = ", ".join(f"{answer}::INTEGER AS item_{k}" for k, answer in enumerate(answers, 1))
    given = "NULL" if total is None else total
    form = f"(SELECT 2 AS row, '{instrument}' AS instrument, {given}::INTEGER AS total, {columns})"
    found = connection.execute(scoring_sql(default_definitions().instruments, source=form)).fetchall()
    assert len(found) == 1
    _, used, answered, prorated, reason = found[0]
    return used, answered, prorated, reason


@pytest.mark.parametrize(
    ("instrument", "total", "items", "expected"),
    [
        # A total alone, at the edges of its range.
        ("PHQ-9", 0, "", (0, 0, False, None)),
        ("PHQ-9", 27, "", (27, 0, False, None)),
        ("PHQ-9", 28, "", (None, 0, False, "total out of range")),
        ("PHQ-9", -1, "", (None, 0, False, "total out of range")),
        ("PHQ-9", None, "", (None, 0, False, "no score recorded")),
        # All items.
        ("PHQ-9", None, "333333333", (27, 9, False, None)),
        ("PHQ-9", 12, "222222000", (12, 9, False, None)),
        ("PHQ-9", 13, "222222000", (None, 9, False, "total disagrees with items")),
        ("PHQ-9", None, "422222000", (None, 9, False, "item out of range")),
        ("GAD-7", None, "1111111", (7, 7, False, None)),
        ("GAD-7", None, "11111111", (None, 7, False, "item out of range")),
        # Two missing of nine: the mean of the seven times nine, rounded half up.
        ("PHQ-9", None, "2222222..", (18, 7, True, None)),
        ("PHQ-9", None, "1112111..", (10, 7, True, None)),  # 8 * 9 / 7 = 10.29
        ("PHQ-9", None, "11110000.", (5, 8, True, None)),  # 4 * 9 / 8 = 4.5, half up
        ("PHQ-9", 18, "2222222..", (18, 7, True, None)),  # the recorded total is the prorated one
        ("PHQ-9", 14, "2222222..", (18, 7, True, None)),  # the plain sum is too low and is replaced
        ("PHQ-9", 16, "2222222..", (None, 7, False, "total disagrees with items")),
        # Three missing of nine; clinicians' scales need all items.
        ("PHQ-9", None, "222222...", (None, 6, False, "too few items")),
        ("PHQ-9", 12, "222222...", (None, 6, False, "too few items")),
        ("MADRS", None, "222222222.", (None, 9, False, "too few items")),
        ("MADRS", None, "2222222222", (20, 10, False, None)),
        # The suicide item alone beside a total says nothing about the rest.
        ("PHQ-9", 15, "........1", (15, 1, False, None)),
        ("PHQ-9", None, "........1", (None, 1, False, "too few items")),
        ("PHQ-9", 15, "1........", (None, 1, False, "too few items")),
        # HAM-D17: the fourth item goes to 2 only.
        ("HAM-D17", None, "44422244444222422", (52, 17, False, None)),
        ("HAM-D17", None, "44432244444222422", (None, 17, False, "item out of range")),
        # A scale that is not known.
        ("PHQ-8", 12, "", (None, 0, False, "unknown instrument")),
    ],
)
def test_a_form_gives_its_total_or_the_reason_it_is_set_aside(instrument, total, items, expected):
    assert score(instrument, total, items) == expected


def test_scores_without_item_columns_are_scored_from_totals():
    form = "(SELECT 2 AS row, 'MADRS' AS instrument, 60 AS total)"
    found = duckdb.connect().execute(scoring_sql(default_definitions().instruments, source=form, items=0)).fetchall()
    assert found == [(2, 60, 0, False, None)]
