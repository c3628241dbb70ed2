"""Reading TOML with errors that name the place, and writing it back."""

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.intake.toml_tables import TomlTable, cell_text, toml_text
from analysis.vocabulary.errors import CallError

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
plain = st.one_of(texts, st.integers(-(2**60), 2**60), st.booleans(), st.dates(), st.floats(allow_nan=False))
settings = st.recursive(
    st.dictionaries(texts, plain, max_size=4),
    lambda inner: st.dictionaries(texts, st.one_of(plain, inner, st.lists(st.one_of(plain, inner), max_size=3))),
    max_leaves=12,
)


@given(settings)
def test_what_is_written_reads_back_the_same(data):
    assert tomllib.loads(toml_text(data)) == data


def test_sections_follow_plain_values_and_odd_names_are_quoted():
    text = toml_text({"report": {"months": 1}, "name": "trial", "instruments": {"HAM D": {"entry_score": 0}}})
    assert text == 'name = "trial"\n\n[report]\nmonths = 1\n\n[instruments."HAM D"]\nentry_score = 0\n'


@pytest.mark.parametrize(
    ("data", "read", "message"),
    [
        ({"pth": "x"}, lambda t: t.only("path", "missing"), "unknown key `files.a.pth`. Did you mean 'path'?"),
        ({}, lambda t: t.text("path"), "`files.a.path` is missing."),
        ({"path": 3}, lambda t: t.text("path"), "`files.a.path` must be a text in quotes, not empty."),
        ({"path": " "}, lambda t: t.text("path"), "`files.a.path` must be a text in quotes, not empty."),
        ({"days": "2"}, lambda t: t.whole_number("days"), "`files.a.days` must be a whole number."),
        ({"days": True}, lambda t: t.whole_number("days"), "`files.a.days` must be a whole number."),
        ({"missing": "n/a"}, lambda t: t.texts("missing"), "`files.a.missing` must be a list of texts."),
        ({"drop": []}, lambda t: t.table("drop"), "`files.a.drop` must be a table of keys and values."),
        (
            {"is": [], "missing": True},
            lambda t: t.one_of("is", "missing"),
            "`files.a` has both `is` and `missing`; keep one.",
        ),
        ({"rows": [{}, 5]}, lambda t: t.rows("rows"), "`files.a.rows[2]` must be a table of keys and values."),
        ({"no pain": {}}, lambda t: t.text("no pain"), '`files.a."no pain"` must be a text in quotes, not empty.'),
    ],
)
def test_errors_name_the_place(data, read, message):
    with pytest.raises(CallError) as error:
        read(TomlTable(data, "files.a"))
    assert str(error.value) == message


def test_one_table_is_a_list_of_one_and_places_are_numbered():
    assert [row.path for row in TomlTable({"scores": {"a": 1}}, "tables").rows("scores")] == ["tables.scores"]
    rows = TomlTable({"scores": [{}, {}]}, "tables").rows("scores")
    assert [row.path for row in rows] == ["tables.scores[1]", "tables.scores[2]"]


@pytest.mark.parametrize(("value", "text"), [("a", "a"), (0, "0"), (True, "true"), (0.5, "0.5")])
def test_plain_values_become_cells(value, text):
    assert cell_text(value, "x") == text


@pytest.mark.parametrize("value", ["", " ", [], {}, date(2026, 1, 1)])
def test_anything_else_is_no_cell(value):
    with pytest.raises(CallError, match="`x` must be a text, a number, true or false, and not empty"):
        cell_text(value, "x")


def test_true_and_false():
    table = TomlTable({"yes": True, "no": False, "one": 1}, "dataset")
    assert (table.flag("yes"), table.flag("no"), table.flag("absent")) == (True, False, False)
    with pytest.raises(CallError, match=r"`dataset\.one` must be true or false"):
        table.flag("one")
