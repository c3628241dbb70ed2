"""Phase rules of a dataset's own: laid over the defaults, and every fault named with its key."""

from importlib.resources import files

import pytest

from analysis.vocabulary.definitions import default_definitions, read_definitions
from analysis.vocabulary.errors import DataError
from analysis.vocabulary.phase_rules import PhaseRule

CHOSEN = '[[phase_rules]]\ntreatment = "tms"\nroutes = []\nrule = "tms"\n'
LIMITS = {"kind": "'series'", "loading_days": 56, "completed_sessions": 20, "loading_sessions": 36, "loading_gap": 10}


def written(chosen=CHOSEN, name="tms", **changes):
    """Write a rule; a limit of None is left out."""
    limits = {key: value for key, value in (LIMITS | changes).items() if value is not None}
    return f"{chosen}[phase_rule.{name}]\n" + "".join(f"{key} = {value}\n" for key, value in limits.items())


@pytest.fixture
def read(tmp_path):
    def from_text(text):
        path = tmp_path / "definitions.toml"
        path.write_text(f'name = "ours"\n{text}', encoding="utf-8")
        return read_definitions(path)

    return from_text


def test_a_rule_of_the_datasets_own_stands_beside_those_of_the_package(read):
    limits = read(written()).phase_limits
    assert list(limits) == ["series", "label", "tms"]
    assert limits["tms"] == PhaseRule("series", 56, 20, loading_sessions=36, loading_gap=10)
    assert limits["series"] == default_definitions().phase_limits["series"]


def test_a_rule_of_the_kind_label(read):
    label = {"loading_sessions": None, "loading_gap": None, "kind": "'label'", "optimisation_days": 84}
    assert read(written(**label)).phase_limits["tms"] == PhaseRule("label", 56, 20, optimisation_days=84)


def test_rows_of_the_dataset_stand_before_the_defaults_and_need_not_repeat_them(read):
    chosen = [(choice.treatment, choice.rule) for choice in read(written()).phase_rules]
    assert chosen == [("tms", "tms"), ("ketamine", "series"), ("placebo", "series"), ("esketamine", "label")]


def test_a_rule_changes_the_hash(read):
    assert read(written()).sha256 != read(written(loading_days=57)).sha256


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CHOSEN, r"`phase_rules` names the rule 'tms'\. There are: series, label, recorded\."),
        (
            written(name="tmss"),
            r"names the rule 'tms'\. Did you mean 'tmss'\? There are: series, label, recorded, tmss",
        ),
        (written(chosen=""), r"`phase_rule.tms`: no row of `phase_rules` chooses this rule; add one"),
        (written(name="label"), r"`phase_rule.label`: there is a rule of this name already|names the rule 'tms'"),
        (
            written(chosen=CHOSEN.replace('rule = "tms"', 'rule = "label"'), name="label"),
            r"`phase_rule.label`: there is a rule of this name already; change `label`, or choose another name",
        ),
        (
            written(kind="'serie'"),
            r"`phase_rule.tms`: `kind` must be series or label, not 'serie'\. Did you mean 'series'\?",
        ),
        (written(kind="'x'"), r"`phase_rule.tms`: `kind` must be series or label, not 'x'\.$"),
        (written(kind=3), r"`phase_rule.tms`: `kind` must be a text"),
        (written(kind=None), r"`phase_rule.tms`: the key `kind` is missing"),
        (written(loading_day=3), r"`phase_rule.tms`: unknown key `loading_day`. Did you mean 'loading_days'\?"),
        (written(loading_days="'x'"), r"`phase_rule.tms`: `loading_days` must be a whole number"),
        (written(loading_sessions=None), r"the key `loading_sessions` is missing, which the kind 'series' needs"),
        (
            written(optimisation_days=70),
            r"`optimisation_days` belongs to the kind 'label', and this rule is of the kind",
        ),
        (
            written(kind="'label'"),
            r"the key `optimisation_days` is missing|`loading_sessions` belongs to the kind 'series'",
        ),
        (written(loading_days=0), r"`phase_rule.tms`: `loading_days` must be at least 1"),
        (
            written(completed_sessions=37),
            r"`completed_sessions` \(37\) must not be more than `loading_sessions` \(36\)",
        ),
        (written(loading_gap=91), r"`loading_gap` \(91\) must not be longer than `course.gap_days` \(90\)"),
        ("phase_rule = 3", r"`phase_rule` must be a table"),
        ("[phase_rule]\ntms = 3", r"`phase_rule.tms`: a table is needed here|`phase_rule.tms`"),
        ("phase_rules = 3", r"`phase_rules` must be a list"),
        ("[series]\ncompleted_sessions = 9", r"`series`: `completed_sessions` \(9\) must not be more than"),
        (
            "[label]\noptimisation_days = 27",
            r"`label`: `optimisation_days` \(27\) must not be less than `loading_days`",
        ),
        ("[course]\ngap_days = 9", r"`series`: `loading_gap` \(10\) must not be longer than `course.gap_days` \(9\)"),
        ("[course]\ngap_days = 0", r"`course.gap_days` must be at least 1"),
        ("[reloading]\nsessions = 1", r"`reloading.sessions` must be at least 2"),
    ],
)
def test_a_fault_is_named_with_its_file_and_key(read, text, message):
    with pytest.raises(DataError, match=message) as told:
        read(text)
    assert str(told.value).startswith("definitions.toml: ")
    assert str(told.value).endswith((".", "?"))


def test_limits_at_the_edge_of_a_contradiction_are_accepted(read):
    rule = read(written(completed_sessions=36, loading_gap=90, loading_days=1)).phase_limits["tms"]
    assert (rule.completed_sessions, rule.loading_gap, rule.loading_days) == (36, 90, 1)


def test_the_example_in_the_file_of_defaults_can_be_used_as_it_stands(read):
    text = files("analysis.vocabulary").joinpath("definitions.toml").read_text(encoding="utf-8")
    example = "\n".join(line.removeprefix("#   ") for line in text.splitlines() if line.startswith("#   "))
    rules = read(example)
    assert rules.phase_limits["daily-tms"].loading_sessions == 36
    assert (rules.phase_rules[0].treatment, rules.phase_rules[0].rule) == ("tms", "daily-tms")
