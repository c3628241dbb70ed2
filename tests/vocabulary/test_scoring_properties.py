"""Scoring in SQL against the plain scorer, over forms of every scale."""

from itertools import product
from random import Random
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_scoring import LENGTHS, offers, plain_score

from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.scoring import REASONS, scored_rows_sql, scoring_sql

COLUMNS = 23
INSTRUMENTS = default_definitions().instruments
Form = tuple[str, int | None, list[int | None]]


def form(chance: Random) -> Form:
    """Make up a form: mostly of answers that the scale offers, none, few or many missing, with a total that may fit."""
    name = chance.choice([*LENGTHS, "PHQ-8"])
    offered = offers(name) if name in LENGTHS else [range(4)] * 8
    items: list[int | None] = [chance.choice(each) for each in offered]
    left_out = chance.choice([0, 0, 0.05, 0.1, 0.2, 0.5, 1])
    items = [None if chance.random() < left_out else item for item in items]
    if chance.random() < 0.1:
        items = [None] * len(items)
        items[chance.randrange(len(items))] = chance.choice([0, 1])
    if chance.random() < 0.05:
        items[chance.randrange(len(items))] = chance.choice([-1, 4, 9])
    items += [None] * (COLUMNS - len(items))
    if len(offered) < COLUMNS and chance.random() < 0.02:
        items[len(offered)] = 1
    added = sum(item for item in items if item is not None)
    used = plain_score(name, None, items)[0]
    total = chance.choice([None, None, added, added, 4 * added, used, added + 1, chance.randint(-1, 101)])
    return name, total, items


def scored(forms: list[Form], *, reasons: bool) -> list[tuple[Any, ...]]:
    con = duckdb.connect()
    cells = ", ".join(f"items[{k}] AS item_{k}" for k in range(1, COLUMNS + 1))
    con.execute(
        f"CREATE TABLE forms AS SELECT row, instrument, total, {cells} FROM (SELECT unnest(?::INTEGER[]) AS row, "
        "unnest(?::VARCHAR[]) AS instrument, unnest(?::INTEGER[]) AS total, unnest(?::INTEGER[][]) AS items)",
        [list(range(len(forms))), *map(list, zip(*forms, strict=True))],
    )
    if reasons:
        query = scoring_sql(INSTRUMENTS, source="forms")
        return con.execute(f"SELECT total, items_answered, prorated, reason FROM ({query}) ORDER BY row").fetchall()
    query = scored_rows_sql(INSTRUMENTS, source="forms", reasons=False)
    return con.execute(f"SELECT total, items_answered, prorated FROM ({query}) ORDER BY row").fetchall()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32))
def test_scoring_in_sql_equals_the_plain_scorer(seed):
    chance = Random(seed)  # noqa: S311 - made-up forms, not cryptography
    forms = [form(chance) for _ in range(400)]
    expected = [plain_score(*each) for each in forms]
    found = scored(forms, reasons=True)
    wrong = [both for both in zip(forms, found, expected, strict=True) if both[1] != both[2]]
    assert wrong == []
    for total, _, prorated, reason in found:
        assert (total is None) == (reason is not None)
        assert reason is None or reason in REASONS
        assert not (prorated and reason)
    # Without the reasons, the rows that are used come to the same.
    pairs = zip(scored(forms, reasons=False), expected, strict=True)
    assert all(short == whole[:3] for short, whole in pairs if whole[3] is None)


def test_every_form_of_the_c_ssrs_screener_there_can_be():
    forms: list[Form] = [
        ("C-SSRS", total, [*answers, *[None] * (COLUMNS - 7)])
        for answers in product((0, 1, None), repeat=7)
        for total in (None, 2)
    ]
    expected = [plain_score(*each) for each in forms]
    assert scored(forms, reasons=True) == expected
    # Every category and every reason is among them.
    assert {total for total, *_ in expected} == {0, 1, 2, 3, None}
    assert {reason for *_, reason in expected} == {
        None,
        "answers contradict each other",
        "no score recorded",
        "too few items",
        "total disagrees with items",
        "total of a category",
    }


def test_the_plain_scorer_knows_the_scales_that_the_package_knows():
    assert {name: scale.items for name, scale in INSTRUMENTS.items()} == LENGTHS
