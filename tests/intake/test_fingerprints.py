"""Rows that repeat earlier ones are found in chunks as in the whole, by numbers that tell nothing of their cells."""

import random

import pandas as pd
import pytest

from analysis.intake.fingerprints import RepeatsSoFar, fingerprints
from analysis.intake.mapping_grammar import Block
from analysis.intake.part_building import repeated_rows
from analysis.vocabulary.errors import DataError

BLOCK = Block("tables.patients", "patients", "visits", ("patient_id", "site"), ())


def drawn_rows(seed: int) -> pd.DataFrame:
    draw = random.Random(seed)  # noqa: S311
    keys = [(draw.choice("abcdefgh"), draw.choice(["x", "y", None])) for _ in range(60)]
    rows = [(patient, site, ord(patient) % 3 and "late", None) for patient, site in keys]
    return pd.DataFrame(rows, columns=["patient_id", "site", "word", "none"], index=range(2, 62)).astype("str")


def in_chunks(rows: pd.DataFrame, size: int) -> tuple[list[bool], RepeatsSoFar]:
    repeats, found = RepeatsSoFar(), []
    for start in range(0, len(rows), size):
        found += repeats(BLOCK, rows[start : start + size].astype("category"), "visits.csv").tolist()
    return found, repeats


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_chunks_find_the_repeats_of_the_whole(size):
    for seed in range(20):
        rows = drawn_rows(seed)
        found, repeats = in_chunks(rows, size)
        assert found == repeated_rows(BLOCK, rows, "visits.csv").tolist()
        assert not repeats.odd


@pytest.mark.parametrize("size", [1, 7, 100])
def test_rows_that_do_not_agree_are_remembered_by_their_key(size):
    rows = drawn_rows(1)
    keys = rows[["patient_id", "site"]]
    again = keys.index[keys.duplicated()][5]
    rows.loc[again, "word"] = "different"
    with pytest.raises(DataError, match=f"row {again}: word not the same"):
        repeated_rows(BLOCK, rows, "visits.csv")
    _, repeats = in_chunks(rows, size)
    (odd,) = repeats.odd
    own = dict(zip(rows.index, repeats.keys_of(BLOCK, rows.astype("category")), strict=True))
    assert own[again] == odd


def test_without_the_secret_the_numbers_are_others():
    rows = drawn_rows(1).astype("category")
    one, other = (set(fingerprints(rows, secret)) for secret in ("0123456789abcdef", "fedcba9876543210"))
    assert len(one) == len(rows.drop_duplicates())
    assert not one & other


def test_cells_that_change_places_are_other_rows():
    rows = pd.DataFrame({"a": ["x", "y", None, "x"], "b": ["y", "x", "x", None]}).astype("category")
    assert len(set(fingerprints(rows, "0123456789abcdef"))) == 4
