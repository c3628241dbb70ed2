"""The SQL of one scale: what it says about a row."""

from dataclasses import replace

import duckdb
import pytest

from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.scoring_scales import scale_sql

INSTRUMENTS = default_definitions().instruments


def value(text, answers):
    """Evaluate one expression over a form of some answers, `.` for a missing one."""
    cells = ", ".join(
        f"{'NULL' if answer == '.' else answer}::INTEGER AS item_{k}" for k, answer in enumerate(answers, 1)
    )
    return duckdb.execute(f"SELECT {text} FROM (SELECT {cells})").fetchone()[0]


@pytest.mark.parametrize(
    ("name", "answers", "whole", "answered", "none"),
    [
        ("WSAS", "12345", 15, 5, False),
        ("WSAS", "1234.", None, 4, False),
        ("WSAS", ".....", None, 0, True),
        ("WHO-5", "00001", 4, 5, False),
        ("QIDS-SR16", "0123333333333333", 27, 16, False),
        ("QIDS-SR16", "012333.3.3333333", 27, 14, False),
        ("C-SSRS", "00...0.", 0, 3, False),
        ("C-SSRS", "11...0.", None, 3, False),
    ],
)
def test_a_form_is_whole_when_nothing_that_is_needed_is_missing(name, answers, whole, answered, none):
    sql = scale_sql(INSTRUMENTS[name], items=len(answers))
    assert (value(sql.whole, answers), value(sql.answered, answers), value(sql.none, answers)) == (
        whole,
        answered,
        none,
    )


def test_items_beyond_the_columns_there_are_count_as_missing():
    sql = scale_sql(INSTRUMENTS["C-SSRS"], items=6)
    assert value(sql.whole, "00...0") == 0
    assert value(sql.whole, "00...1") is None
    assert scale_sql(INSTRUMENTS["QIDS-SR16"], items=0).none == "true"
    assert scale_sql(INSTRUMENTS["MADRS"], items=9).only_suicide == "NULL::INTEGER IS NOT NULL"


def test_a_scale_whose_items_all_count_by_themselves_is_their_plain_sum():
    plain = replace(INSTRUMENTS["QIDS-SR16"], domains=(), either=())
    assert value(scale_sql(plain, items=16).whole, "3" * 16) == 48


def test_an_item_may_be_skipped_after_more_than_one_question():
    """After a no to 2 both 3 and 4 may be blank; after a yes to 2 and a no to 3, only 4."""
    nested = replace(INSTRUMENTS["C-SSRS"], skips=((2, (3, 4, 5)), (3, (4, 5)), (6, (7,))))
    sql = scale_sql(nested, items=7)
    assert value(sql.whole, "00...0.") == 0
    assert value(sql.whole, "110..0.") == 1
    assert value(sql.whole, "111..0.") is None
