"""Definitions: the defaults are those of the methods page, changes are laid over them, errors are exact."""

import pytest

from analysis.vocabulary.definitions import default_definitions, read_definitions
from analysis.vocabulary.errors import DataError


@pytest.fixture
def changed(tmp_path):
    """Read a file of changes from its text."""

    def read(text):
        path = tmp_path / "definitions.toml"
        path.write_text(text, encoding="utf-8")
        return read_definitions(path)

    return read


def test_the_defaults_are_those_of_the_methods():
    rules = default_definitions()
    assert rules.course.gap_days == 90
    assert (rules.series.loading_sessions, rules.series.loading_days, rules.series.loading_gap) == (8, 28, 10)
    assert (rules.series.completed_sessions, rules.label_rule.completed_sessions) == (4, 6)
    assert (rules.windows.end_first, rules.windows.end_last, rules.windows.end_nearest) == (1, 14, 7)
    assert (rules.windows.late_first, rules.windows.late_last, rules.windows.late_nearest) == (14, 31, 21)
    assert rules.baseline.days_before == 30
    phq = rules.instruments["PHQ-9"]
    assert (phq.entry_score, phq.remission_score, phq.reliable_change) == (10, 4, 6)
    assert (phq.relapse_score, phq.total_max) == (10, 27)
    assert rules.instruments["MADRS"].remission_score == 10
    assert rules.instruments["MADRS"].relapse_score == 22
    assert rules.instruments["GAD-7"].reliable_change == 4
    assert [rules.instruments[name].total_max for name in ("GAD-7", "MADRS", "HAM-D17")] == [21, 60, 52]


def test_a_change_of_one_number_keeps_the_rest_and_changes_the_hash(changed):
    rules = changed('name = "ours"\n[instruments.MADRS]\nremission_score = 12\n')
    assert rules.instruments["MADRS"].remission_score == 12
    assert rules.instruments["MADRS"].entry_score == default_definitions().instruments["MADRS"].entry_score
    assert rules.series == default_definitions().series
    assert rules.sha256 != default_definitions().sha256
    assert rules.label.startswith("ours 1 (")


def test_the_hash_depends_on_the_content_and_not_on_how_the_file_is_written(changed):
    one = changed('name = "ours"\n[course]\ngap_days = 60\n')
    other = changed('# a comment\nname   =   "ours"\ncourse = { gap_days = 60 }\n')
    assert one.sha256 == other.sha256


def test_changes_without_a_name_do_not_pass_for_the_default(changed):
    assert changed("[course]\ngap_days = 60\n").name == "changed"


def test_a_new_instrument_needs_no_code(changed):
    entry = """
        [instruments.MINE]
        title = "Our own scale"
        items = 4
        item_max = 5
        entry_score = 8
        remission_score = 3
        relapse_score = 8
        missing_items_allowed = 1
        recall_days = 7
        rater = "self"
        severity = [[0, "none"], [8, "some"]]
        source = "ours"
        verified = false
    """
    assert changed(entry).instruments["MINE"].total_max == 20


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[course]\ngapdays = 60", r"unknown key `gapdays`. Did you mean 'gap_days'\?"),
        ("[course]\ngap_days = 'long'", r"`gap_days` must be a whole number"),
        ("[course]\ngap_days = true", r"`gap_days` must be a whole number"),
        ("phase_rules = []", r"`phase_rules` is empty, which changes nothing.* add a row .* rule = \"recorded\""),
        ("course = 3", r"`course`: a table is needed"),
        ("[instruments.NEW]\nitems = 3", r"`instruments.NEW`: the key `title` is missing"),
        (
            "[instruments.PHQ-9]\nremission_score = 12",
            r"`instruments.PHQ-9`: remission_score must lie under entry_score",
        ),
        ("[instruments.PHQ-9]\nentry_score = 40", r"entry_score must lie between 1 and the highest total 27"),
        ("[instruments.PHQ-9]\nitems = 8\nitem_max = [3]", r"item_max lists 1 numbers for 8 items"),
        ("[instruments.PHQ-9]\nseverity = [[5, 'mild']]", r"severity bands must start at 0"),
        ("[instruments.PHQ-9]\nseverity = 5", r"`severity` must be a list"),
        ("[instruments.PHQ-9]\nseverity = [[5]]", r"`severity` must list 2 values"),
        ("[baseline]\nchoose = 'best'", r"`baseline.choose` must be last, worst, first or mean"),
        ("[outcome]\npartial_percent = 60", r"0 < partial_percent < response_percent"),
        ("[windows]\nend_last = 0", r"ends before it begins"),
        ("[[phase_rules]]\ntreatment = 'ect'\nroutes = []\nrule = 'many'", r"names the rule 'many'"),
        ("[report]\ninstruments = ['PHQ9']", r"names 'PHQ9'. Did you mean 'PHQ-9'\?"),
        ("[report]\ninstruments = ['CADSS']", r"names 'CADSS': the report shows response and remission, and it has no"),
        ("[report]\ninstruments = ['PCL-5']", r"names 'PCL-5': the report shows response and remission, and it has no"),
        ("name = ", r"not valid TOML"),
    ],
)
def test_a_wrong_definition_is_named_with_its_file_and_key(changed, text, message):
    with pytest.raises(DataError, match=message) as caught:
        changed(text)
    assert str(caught.value).startswith("definitions.toml")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match="none.toml: the definitions file cannot be read"):
        read_definitions(tmp_path / "none.toml")
