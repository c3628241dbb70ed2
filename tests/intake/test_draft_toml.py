"""Writing keys, values and comments that TOML reads back."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.intake.drafting.toml import comment_lines, setting_line, toml_key, toml_string

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(key=TEXTS, value=TEXTS)
def test_any_text_reads_back(key, value):
    assert tomllib.loads(setting_line(key, value)) == {key: value}
    assert tomllib.loads(f"{toml_key(key)} = {{ {toml_key(key)} = {toml_string(value)} }}") == {key: {key: value}}


@given(text=TEXTS)
def test_any_text_may_stand_in_a_comment(text):
    assert tomllib.loads("\n".join(comment_lines(f"CONFIRM: {text}"))) == {}


@pytest.mark.parametrize("sign", ["\u202e", "\x00", "\x7f", "\n", "\u2028", "\U000e0041"])
def test_signs_that_do_not_show_are_escaped(sign):
    assert sign not in setting_line(sign, sign) + "".join(comment_lines(f"a{sign}b"))


def test_a_comment_stands_behind_the_value():
    assert setting_line("name", "A clinic", "CONFIRM") == 'name = "A clinic"               # CONFIRM'
