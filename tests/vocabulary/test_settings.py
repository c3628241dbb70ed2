"""Settings made of TOML tables: what is right is taken, and what is wrong is named."""

from dataclasses import dataclass, field

import pytest

from analysis.vocabulary.errors import DataError
from analysis.vocabulary.settings import merged_tables, settings_of


@dataclass(frozen=True)
class Part:
    """A table within a table."""

    size: int


@dataclass(frozen=True)
class Whole:
    """A bit of everything."""

    name: str
    part: Part
    share: float = 0.5
    limit: int | None = None
    pairs: tuple[tuple[int, str], ...] = ()
    wanted: bool = True
    places: dict[str, int] = field(default_factory=dict)
    kind: str = field(default="", metadata={"key": "class"})


RIGHT = {"name": "x", "part": {"size": 3}}


def test_a_table_becomes_frozen_settings_with_the_defaults_of_what_it_leaves_out():
    full = {"share": 1, "limit": 2, "pairs": [[1, "one"]], "wanted": False, "places": {"a": 1}, "class": "k"}
    assert settings_of(Whole, RIGHT, "f.toml") == Whole("x", Part(3))
    assert settings_of(Whole, RIGHT | full, "f.toml") == Whole("x", Part(3), 1, 2, ((1, "one"),), False, {"a": 1}, "k")


def test_settings_that_are_made_already_are_taken_as_they_are():
    assert settings_of(Whole, RIGHT | {"part": Part(4)}, "f.toml").part == Part(4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"nmae": "x"}, "f.toml: unknown key `nmae`. Did you mean 'name'?"),
        ({"kind": "x"}, "f.toml: unknown key `kind`."),
        ({"name": 3}, "f.toml: `name` must be a text."),
        ({"part": 3}, "f.toml: `part`: a table is needed here."),
        ({"part": {}}, "f.toml: `part`: the key `size` is missing."),
        ({"part": {"size": True}}, "f.toml: `part`: `size` must be a whole number."),
        ({"share": "half"}, "f.toml: `share` must be a number."),
        ({"share": True}, "f.toml: `share` must be a number."),
        ({"limit": 1.5}, "f.toml: `limit` must be a whole number."),
        ({"pairs": 1}, "f.toml: `pairs` must be a list."),
        ({"pairs": [[1]]}, "f.toml: `pairs` must list 2 values."),
        ({"pairs": [["one", 1]]}, "f.toml: `pairs` must be a whole number."),
        ({"wanted": 1}, "f.toml: `wanted` must be true or false."),
        ({"places": 1}, "f.toml: `places` must be a table."),
        ({"places": {"a": "b"}}, "f.toml: `places.a` must be a whole number."),
    ],
)
def test_what_is_wrong_is_named_with_its_place(change, message):
    with pytest.raises(DataError) as caught:
        settings_of(Whole, RIGHT | change, "f.toml")
    assert str(caught.value).startswith(message)


def test_changes_are_laid_over_tables_and_replace_lists():
    base = {"a": {"b": 1, "c": [1, 2]}, "d": 3}
    assert merged_tables(base, {"a": {"c": [4]}, "e": 5}) == {"a": {"b": 1, "c": [4]}, "d": 3, "e": 5}
    assert base == {"a": {"b": 1, "c": [1, 2]}, "d": 3}
