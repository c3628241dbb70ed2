"""The price list: exact to the hundredth, and clear about what is wrong."""

import pytest

from analysis.vocabulary.errors import DataError
from analysis.vocabulary.prices import read_prices

HEAD = 'layout = 1\nname = "List"\ncurrency = "USD"\n'
ROW = '[[prices]]\ntreatment = "ketamine"\nroute = "iv"\nper_session = {}\n'


@pytest.fixture
def read(tmp_path):
    def make(text):
        path = tmp_path / "prices.toml"
        path.write_text(text, encoding="utf-8")
        return read_prices(path)

    return make


def test_prices_are_whole_hundredths(read):
    found = read(HEAD + ROW.format("19.99"))
    assert found.cents_of("ketamine", "iv") == 1999
    assert found.cents_of("ketamine", "im") is None
    assert read(HEAD + ROW.format("0.07")).cents_of("ketamine", "iv") == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + ROW.format("-1"), "prices.toml: `prices`: ketamine iv: `per_session` must be 0 or more"),
        (HEAD + ROW.format("1.005"), "at most two decimals"),
        (HEAD + ROW.format("nan"), "must be 0 or more"),
        (HEAD + ROW.format("inf"), "must be 0 or more"),
        (HEAD + ROW.format("1") + ROW.format("2"), "ketamine iv has two prices; leave one"),
        (HEAD + ROW.format('"450"'), "`per_session`.* must be a number"),
        (HEAD.replace("layout = 1", "layout = 2") + ROW.format("1"), "`layout` must be 1"),
        (HEAD + ROW.format("1").replace("per_session", "persession"), "unknown key `persession`"),
        (HEAD, "the key `prices` is missing"),
        ("layout = ", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_named(read, text, message):
    with pytest.raises(DataError, match=message):
        read(text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"none\.toml: the price list cannot be read"):
        read_prices(tmp_path / "none.toml")
