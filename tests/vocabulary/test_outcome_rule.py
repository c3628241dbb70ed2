"""The settings of outcomes: who is a case, and what is refused."""

import pytest

from analysis.vocabulary.definitions import default_definitions, read_definitions
from analysis.vocabulary.errors import DataError


@pytest.fixture
def changed(tmp_path):
    """Read a file of changes from its text."""

    def read(text):
        path = tmp_path / "definitions.toml"
        path.write_text(f"[outcome]\n{text}", encoding="utf-8")
        return read_definitions(path)

    return read


def test_the_defaults_are_those_of_the_methods():
    rule = default_definitions().outcome
    assert (rule.response_percent, rule.partial_percent, rule.rapid_day) == (50, 25, 7)
    assert rule.caseness == (("PHQ-9", 10), ("GAD-7", 8))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rapid_day = 0", "`outcome.rapid_day` must be 1 or more"),
        ('caseness = [["PHQ-9", 10]]', "`outcome.caseness` must list two different scales"),
        ('caseness = [["PHQ-9", 10], ["PHQ-9", 8]]', "`outcome.caseness` must list two different scales"),
        ('caseness = [["PHQ-9", 10], ["GAD7", 8]]', "`outcome.caseness` names 'GAD7'. Did you mean 'GAD-7'"),
        ('caseness = [["PHQ-9", 28], ["GAD-7", 8]]', "`outcome.caseness`: PHQ-9 must lie between 1 and 27"),
        ('caseness = [["PHQ-9", 10], ["GAD-7", "8"]]', "must be a whole number"),
        ("partial_percent = 50", "0 < partial_percent < response_percent <= 100"),
    ],
)
def test_what_cannot_be_is_refused_with_the_key(changed, text, told):
    with pytest.raises(DataError) as found:
        changed(text)
    assert told in str(found.value)
