"""`dataset.toml`: every key read, and every fault told by its key or line."""

from datetime import date

import pytest

from analysis.intake.settings import read_settings

GOOD = {"layout": "1", "name": '"River"', "basis": '"synthetic"', "data_cut": '"2026-09-30"'}


def read(tmp_path, content):
    if isinstance(content, dict):
        content = "\n".join(f"{key} = {value}" for key, value in content.items() if value is not None)
    (tmp_path / "dataset.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_settings(tmp_path)


def test_the_keys_are_read(tmp_path):
    settings, problems = read(tmp_path, GOOD | {"extra_columns": '{ sessions = ["room"], scores = ["device"] }'})
    assert problems == []
    assert (settings.name, settings.basis, settings.data_cut) == ("River", "synthetic", date(2026, 9, 30))
    assert settings.extras("sessions") == ("room",)
    assert settings.extras("events") == ()
    assert settings.definitions.label.startswith("default 1 ")


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ('"2026-02-28"', date(2026, 2, 28)),
        ("2026-02-28", date(2026, 2, 28)),
        ('"2026Q3"', date(2026, 9, 30)),
        ('"2025"', date(2025, 12, 31)),
        ("2025", date(2025, 12, 31)),
    ],
)
def test_a_data_cut_is_a_date_a_quarter_or_a_year(tmp_path, written, day):
    settings, problems = read(tmp_path, GOOD | {"data_cut": written})
    assert (settings.data_cut, problems) == (day, [])


@pytest.mark.parametrize(
    "written", ['"2026-02-30"', '"2026Q5"', '"soon"', "20", "true", "2026-02-28T10:00:00", '["2026"]', "2026.5"]
)
def test_any_other_data_cut_is_an_error(tmp_path, written):
    _, problems = read(tmp_path, GOOD | {"data_cut": written})
    assert [problem.rule for problem in problems] == ["wrong value"]
    assert "`data_cut` must be a date, a quarter or a year that exists" in problems[0].message


@pytest.mark.parametrize("key", GOOD)
def test_a_missing_key_is_named_with_an_example(tmp_path, key):
    _, problems = read(tmp_path, GOOD | {key: None})
    assert [problem.rule for problem in problems] == ["missing key"]
    assert f"the key `{key}` is missing. Add it: {key} = " in problems[0].message


@pytest.mark.parametrize(
    ("key", "written", "words"),
    [
        ("layout", "2", "`layout` is not 1"),
        ("layout", '"1"', "`layout` is not 1"),
        ("layout", "true", "`layout` is not 1"),
        ("name", "5", "`name` must be a text of one line"),
        ("name", '" "', "`name` must be a text of one line"),
        ("name", '"a\\nb"', "`name` must be a text of one line"),
        ("basis", '"hipaa"', "`basis` must be one of synthetic, public-research, safe-harbor"),
        ("basis", "1", "`basis` must be one of"),
        ("definitions", '"none.toml"', "`definitions` names a file that is not there"),
        ("definitions", "3", "`definitions` must be the name of a TOML file"),
        ("extra_columns", '["room"]', "`extra_columns` must be a table"),
        ("extra_columns", '{ visits = ["room"] }', "`extra_columns` names an unknown table"),
        ("extra_columns", '{ sessions = "room" }', "`extra_columns.sessions` must be a list"),
        ("extra_columns", '{ sessions = ["room", "Room"] }', "lists a column twice"),
        ("extra_columns", '{ sessions = ["day"] }', "lists `day`, which already has a meaning"),
        ("extra_columns", '{ sessions = ["row"] }', "lists `row`, which already has a meaning"),
        ("extra_columns", '{ sessions = ["my room"] }', "other signs than letters, digits and _"),
        ("extra_columns", '{ sessions = ["x\\"; DROP TABLE cells_scores; --"] }', "other signs than letters"),
    ],
)
def test_a_wrong_value_is_told(tmp_path, key, written, words):
    _, problems = read(tmp_path, GOOD | {key: written})
    assert [(problem.rule, problem.severity) for problem in problems] == [("wrong value", "error")]
    assert words in problems[0].message


def test_an_unknown_key_is_told_with_the_nearest(tmp_path):
    _, problems = read(tmp_path, GOOD | {"extra_column": "{}"})
    assert "unknown key `extra_column`" in problems[0].message
    assert "Did you mean 'extra_columns'?" in problems[0].message


def test_several_faults_are_told_at_once(tmp_path):
    _, problems = read(tmp_path, {"layout": "2", "basis": '"x"', "colour": "1"})
    assert sorted(problem.rule for problem in problems) == [
        "missing key",
        "missing key",
        "unknown key",
        "wrong value",
        "wrong value",
    ]


def test_toml_that_breaks_off_is_told_by_its_line_and_not_quoted(tmp_path):
    _, problems = read(tmp_path, 'layout = 1\nname = Zebedee\nbasis = "synthetic"\n')
    assert "at line 2" in problems[0].message
    assert "Zebedee" not in problems[0].message


def test_a_file_in_another_encoding_is_told(tmp_path):
    _, problems = read(tmp_path, 'name = "Müller"'.encode("latin-1"))
    assert problems[0].rule == "encoding"


def test_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path):
    content = "\r\n".join(f"{key} = {value}" for key, value in GOOD.items())
    assert read(tmp_path, b"\xef\xbb\xbf" + content.encode())[1] == []


def test_no_file_is_an_error(tmp_path):
    _, problems = read_settings(tmp_path)
    assert [problem.rule for problem in problems] == ["missing file"]


def test_changed_definitions_are_read_and_their_faults_told(tmp_path):
    about = GOOD | {"definitions": '"ours.toml"'}
    (tmp_path / "ours.toml").write_text('name = "ours"\n[course]\ngap_days = 60\n')
    settings, problems = read(tmp_path, about)
    assert (settings.definitions.course.gap_days, problems) == (60, [])
    (tmp_path / "ours.toml").write_text("[course]\ngap_dais = 60\n")
    _, problems = read(tmp_path, about)
    assert "unknown key `gap_dais`" in problems[0].message


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (
            'treatment = "ketamin"\nroutes = ["iv"]',
            "names the treatment 'ketamin'. Did you mean 'ketamine'? There are: ketamine,",
        ),
        (
            'treatment = "ketamine"\nroutes = ["iv", "vein"]',
            "names the route 'vein'. There are: iv, im, sc, intranasal",
        ),
    ],
)
def test_a_phase_rule_for_a_treatment_or_route_that_does_not_exist_is_named(tmp_path, choice, message):
    (tmp_path / "ours.toml").write_text(f'name = "ours"\n[[phase_rules]]\n{choice}\nrule = "series"\n')
    _, problems = read(tmp_path, GOOD | {"definitions": '"ours.toml"'})
    assert f"ours.toml: `phase_rules` {message}" in problems[0].message
    assert problems[0].severity == "error"
