"""Which words a draft shows, and that they are shown in whole families."""

import tomllib
from pathlib import Path

import pandas as pd
import pytest

from analysis.intake.drafting import words
from analysis.intake.drafting.scales import item_count
from analysis.intake.drafting.words import translate_words
from analysis.intake.schema import layout_tables

SEX = ("female", "male", "other")
FAMILIES = tomllib.loads(Path(words.__file__).with_name("known_words.toml").read_text(encoding="utf-8"))
OWN = {
    "boolean": ("true", "false"),
    "void": ("true", "false"),
    "no_session": ("true",),
    "answers": ("0", "1", "2", "3"),
}


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["F", "M"], {"F": "female", "M": "male", "O": "other", "X": "other"}),
        (["f"], {"f": "female", "m": "male", "o": "other", "x": "other"}),
        (["weiblich"], {"weiblich": "female", "w": "female", "männlich": "male", "divers": "other"}),
        (["Female", "male"], None),
        (["female", "other"], {}),
    ],
)
def test_a_family_is_written_whole_and_in_the_manner_of_the_cells(cells, values):
    found = translate_words(pd.Series(cells), "sex", SEX)
    if values is None:
        assert found.meant["Female"] == "female"
        assert found.meant["male"] == "male"
    else:
        assert found.meant == values
    assert (found.known, found.others) == (len(cells), 0)


def test_what_is_shown_does_not_depend_on_which_words_of_the_family_occur():
    one = translate_words(pd.Series(["F", "F"]), "sex", SEX)
    other = translate_words(pd.Series(["M", "X"]), "sex", SEX)
    assert list(one.meant.items()) == list(other.meant.items())


def test_all_other_cells_are_only_counted():
    found = translate_words(pd.Series(["F", "Jane Doe", "Jane Doe", "F?", None]), "sex", SEX)
    assert "Jane Doe" not in found.meant
    assert (found.known, found.others, found.other_cells) == (1, 2, 3)
    assert found.share == 0.25


def test_blanks_hyphens_and_case_make_no_other_word():
    found = translate_words(
        pd.Series(["NO SHOW", "No-Show", "no_show"]), "status", ("given", "cancelled", "no-show", "stopped-early")
    )
    assert {found.meant[word] for word in ("NO SHOW", "No-Show", "no_show")} == {"no-show"}


def test_no_known_word():
    found = translate_words(pd.Series(["blue", "green"]), "sex", SEX)
    assert (found.meant, found.known, found.others) == ({}, 0, 2)


@pytest.mark.parametrize("kind", FAMILIES)
def test_every_family_translates_to_what_a_column_allows(kind):
    allowed = [OWN[kind]] if kind in OWN else []
    for table in layout_tables().values():
        if kind in table.columns and table.columns[kind].values:  # noqa: PD011
            allowed.append(table.columns[kind].values)
    for family in FAMILIES[kind]:
        if kind == "instrument":
            assert all(item_count(name) for name in family)
        else:
            assert any(set(family) <= set(values) for values in allowed), family


@pytest.mark.parametrize("kind", FAMILIES)
def test_no_word_stands_for_two_values_in_a_family(kind):
    for family in FAMILIES[kind]:
        plain = [words._plain(word) for values in family.values() for word in values]
        assert len(plain) == len(set(plain)), family
