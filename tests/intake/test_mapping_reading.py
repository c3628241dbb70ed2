"""Each mistake in a mapping ends in one sentence that names the file, the place and the remedy."""

from pathlib import Path

import pytest

from analysis.intake.date_cells import DateRule
from analysis.intake.mapping_grammar import PseudonymRules, Visit
from analysis.intake.mapping_reading import read_mapping
from analysis.vocabulary.errors import CallError

WHOLE = """
[dataset]
name = "Trial"
basis = "synthetic"
data_cut = "2026"

[files.visits]
path = "visits.csv"

[files.visits.drop]
note = "free text"

[tables.sessions]
from = "visits"
once_per = ["patient_id"]
columns = { patient_id = "id", day.constant = 0, treatment.constant = "ketamine" }

[tables.scores]
from = "visits"
needs.total = "not scored"

[tables.scores.columns]
patient_id = "id"
instrument.constant = "PHQ-9"
total = { from = "phq", number = "integer" }

[tables.scores.columns.day]
from = "label"
without_session = "no session"
visits = { before = -1, after = { days = 1, after = { treatment = "ketamine" } } }
"""


def read(tmp_path: Path, text: str):
    path = tmp_path / "map.toml"
    path.write_text(text, encoding="utf-8")
    return read_mapping(path)


def test_a_whole_mapping(tmp_path):
    mapping = read(tmp_path, WHOLE)
    assert mapping.dataset == {"name": "Trial", "basis": "synthetic", "data_cut": "2026"}
    assert mapping.files["visits"].drop == {"note": "free text"}
    sessions, scores = mapping.blocks
    assert (sessions.table, sessions.once_per, sessions.parts[0].name) == ("sessions", ("patient_id",), "")
    columns = scores.parts[0].columns
    assert columns["patient_id"].source == "id"
    assert columns["instrument"].constant == "PHQ-9"
    assert columns["day"].visits == {"before": Visit(-1), "after": Visit(1, (("treatment", "ketamine"),))}
    assert scores.parts[0].needs == {"total": "not scored"}


def test_a_repeat_adds_its_own_columns_and_needs(tmp_path):
    text = WHOLE.replace('total = { from = "phq", number = "integer" }\n', "").replace(
        'instrument.constant = "PHQ-9"\n', ""
    )
    text = text.replace('needs.total = "not scored"\n', "")
    for name in ("PHQ-9", "GAD-7"):
        text += f'[[tables.scores.repeat]]\nname = "{name}"\ncolumns.instrument.constant = "{name}"\n'
        text += f'columns.total = "{name} total"\nneeds.total = "no {name}"\n'
    parts = read(tmp_path, text).blocks[1].parts
    assert [part.name for part in parts] == ["PHQ-9", "GAD-7"]
    assert [part.columns["total"].source for part in parts] == ["PHQ-9 total", "GAD-7 total"]
    assert [part.needs for part in parts] == [{"total": "no PHQ-9"}, {"total": "no GAD-7"}]
    assert all(part.columns["patient_id"].source == "id" for part in parts)


def test_extra_columns_may_be_mapped(tmp_path):
    text = WHOLE.replace('data_cut = "2026"', 'data_cut = "2026"\nextra_columns = { scores = ["site"] }')
    mapping = read(tmp_path, text.replace("instrument.constant", 'site = "centre"\ninstrument.constant'))
    assert mapping.dataset["extra_columns"] == {"scores": ["site"]}
    assert mapping.blocks[1].parts[0].columns["site"].source == "centre"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[files.visits]", "[file.visits]", "unknown key `file`. Did you mean 'files'?"),
        ('basis = "synthetic"', "", "`dataset.basis` is missing."),
        ('data_cut = "2026"', "data_cut = 2026", "`dataset.data_cut` must be a text in quotes, not empty."),
        ('path = "visits.csv"', 'pth = "visits.csv"', "unknown key `files.visits.pth`. Did you mean 'path'?"),
        (
            'path = "visits.csv"',
            'path = "../visits.csv"',
            "`files.visits.path` must lie inside the folder that is imported.",
        ),
        (
            'path = "visits.csv"',
            'path = "/visits.csv"',
            "`files.visits.path` must lie inside the folder that is imported.",
        ),
        (
            'path = "visits.csv"',
            'path = "visits.csv"\ndelimiter = ";;"',
            '`files.visits.delimiter` must be one character, such as ",", ";" or "\\t".',
        ),
        (
            'path = "visits.csv"',
            'path = "visits.csv"\nencoding = "hex"',
            "`files.visits.encoding` is not an encoding Python knows, such as utf-8 or cp1252.",
        ),
        (
            'path = "visits.csv"',
            'path = "visits.csv"\njoin.vists.on = "id"',
            "`files.visits.join.vists` names no other file of the mapping.",
        ),
        (
            'path = "visits.csv"',
            'path = "visits.csv"\nleave_out = { column = "group", reason = "control" }',
            "`files.visits.leave_out` needs `is = [values]` or `missing = true`.",
        ),
        (
            'path = "visits.csv"',
            'path = "visits.csv"\nleave_out = [{ column = "group", is = ["HC"] }]',
            "`files.visits.leave_out[1].reason` is missing.",
        ),
        ('note = "free text"', "note = true", "`files.visits.drop.note` must be a text in quotes, not empty."),
        (
            "[tables.scores]",
            "[tables.score]",
            "`tables.score`: the layout has no table of this name. Did you mean 'scores'?",
        ),
        (
            'from = "visits"\nneeds',
            'from = "visit"\nneeds',
            "`tables.scores.from` names no file of the mapping. Did you mean 'visits'?",
        ),
        ("total = {", "totl = {", "unknown key `tables.scores.columns.totl`. Did you mean 'total'?"),
        (
            'needs.total = "not scored"',
            'needs.rater = "x"',
            "`tables.scores.needs.rater`: the column is not among `tables.scores.columns`.",
        ),
        (
            'instrument.constant = "PHQ-9"',
            "",
            "`tables.scores.columns.instrument` is missing; the table scores needs it.",
        ),
        (
            '{ from = "phq", number',
            '{ form = "phq", number',
            "unknown key `tables.scores.columns.total.form`. Did you mean 'from'?",
        ),
        (
            'from = "phq", number = "integer"',
            'number = "integer"',
            "`tables.scores.columns.total` needs `from` (a column of the file) or `constant`.",
        ),
        (
            'number = "integer"',
            'number = "whole"',
            '`tables.scores.columns.total.number` must be "integer", "decimal", "age", "dose", "weight" or "zip3".',
        ),
        (
            'number = "integer"',
            'number = "integer", without_session = "x"',
            "unknown key `tables.scores.columns.total.without_session`.",
        ),
        (
            'number = "integer"',
            'number = "integer", values = { a = 1 }',
            "`tables.scores.columns.total` has both `values` and `number`; keep one.",
        ),
        ("before = -1", 'before = "-1"', "`tables.scores.columns.day.visits.before` must be a whole number."),
        (
            'after = { treatment = "ketamine" }',
            'after = { treatmnt = "ketamine" }',
            "unknown key `tables.scores.columns.day.visits.after.after.treatmnt`. Did you mean 'treatment'?",
        ),
        (
            'after = { treatment = "ketamine" }',
            "after = {}",
            "`tables.scores.columns.day.visits.after.after` must say after which session, such as "
            '{ treatment = "ketamine" }.',
        ),
        (
            'without_session = "no session"',
            "",
            "`tables.scores.columns.day.without_session` and `after` go together: it is the reason counted for a visit "
            "whose session did not take place.",
        ),
        (
            'basis = "synthetic"',
            'basis = "safe-harbor"\nkeep_dates = true',
            "`dataset.keep_dates`: dates may be written with a basis of limited-data-set, expert-determination, "
            "synthetic, public-research only.",
        ),
        (
            'basis = "synthetic"',
            'basis = "synthetic"\nkeep_dates = "yes"',
            "`dataset.keep_dates` must be true or false.",
        ),
        (
            'path = "visits.csv"',
            'path = "visits.csv"\ndecimal = ";"',
            '`files.visits.decimal` must be "." or ",".',
        ),
        (
            "day.constant = 0, ",
            "",
            "`tables.sessions.columns.day` is missing; the table sessions needs it (or a date).",
        ),
        (
            'once_per = ["patient_id"]',
            'once_per = ["sequence"]',
            "`tables.sessions.once_per` names sequence, which is not in `tables.sessions.columns`.",
        ),
    ],
)
def test_a_mistake_is_named(tmp_path, old, new, message):
    assert WHOLE.count(old) == 1
    with pytest.raises(CallError) as error:
        read(tmp_path, WHOLE.replace(old, new))
    assert str(error.value) == f"map.toml: {message}"


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ('method = "md5"', '`pseudonyms.method` must be "random" or "hmac-sha256".'),
        (
            'method = "hmac-sha256"',
            '`pseudonyms.secret_from` names the environment variable that holds the secret of "hmac-sha256"; the two '
            "go together.",
        ),
        (
            'secret_from = "KEY"',
            '`pseudonyms.secret_from` names the environment variable that holds the secret of "hmac-sha256"; the two '
            "go together.",
        ),
        ('clinic_id = "keep"', '`pseudonyms.clinic_id` can only be "recode".'),
        ('secret = "abc"', "unknown key `pseudonyms.secret`. Did you mean 'secret_from'?"),
    ],
)
def test_a_mistake_in_pseudonyms(tmp_path, section, message):
    with pytest.raises(CallError) as error:
        read(tmp_path, WHOLE.replace("[files.visits]", f"[pseudonyms]\n{section}\n[files.visits]"))
    assert str(error.value) == f"map.toml: {message}"


def test_pseudonyms_and_dates_are_asked_for(tmp_path):
    assert read(tmp_path, WHOLE).pseudonyms is None
    assert not read(tmp_path, WHOLE).keep_dates
    text = WHOLE.replace("[files.visits]", '[pseudonyms]\nclinic_id = "recode"\n[files.visits]')
    mapping = read(tmp_path, text.replace('data_cut = "2026"', 'data_cut = "2026"\nkeep_dates = true'))
    assert mapping.pseudonyms == PseudonymRules(("patient_id", "referral_id", "clinic_id"))
    assert mapping.keep_dates
    text = WHOLE.replace("[files.visits]", '[pseudonyms]\nmethod = "hmac-sha256"\nsecret_from = "KEY"\n[files.visits]')
    assert read(tmp_path, text).pseudonyms == PseudonymRules(("patient_id", "referral_id"), secret_from="KEY")  # noqa: S106


def test_beside_identifiers_no_text_is_copied(tmp_path):
    """A column that may hold anything, such as the clinic's, may hold a name; its values must be stated or replaced."""
    text = WHOLE.replace("[files.visits]", "[pseudonyms]\n[files.visits]")
    clinic = text.replace('patient_id = "id", day', 'patient_id = "id", clinic_id = "site", day')
    with pytest.raises(CallError) as error:
        read(tmp_path, clinic)
    assert str(error.value) == (
        "map.toml: `tables.sessions.columns.clinic_id` copies text beside identifiers; give it `values`, or "
        '`pseudonyms.clinic_id = "recode"`.'
    )
    read(tmp_path, clinic.replace("[pseudonyms]", '[pseudonyms]\nclinic_id = "recode"'))
    read(tmp_path, clinic.replace('clinic_id = "site"', 'clinic_id = { from = "site", values = { North = "north" } }'))
    extra = text.replace('data_cut = "2026"', 'data_cut = "2026"\nextra_columns = { scores = ["site"] }')
    with pytest.raises(
        CallError, match=r"`tables.scores.columns.site` copies text beside identifiers; give it `values`\.$"
    ):
        read(tmp_path, extra.replace("instrument.constant", 'site = "centre"\ninstrument.constant'))


def test_a_date_may_stand_for_the_day(tmp_path):
    dated = WHOLE.replace("day.constant = 0", 'date = "when"').replace('once_per = ["patient_id"]', "once_per = []")
    assert read(tmp_path, dated).blocks[0].parts[0].columns["date"].dates == DateRule()
    events = '[tables.adverse_events]\nfrom = "visits"\n'
    events += 'columns = { patient_id = "id", date = "on", term.constant = "nausea" }\n'
    assert read(tmp_path, dated + events).blocks[2].parts[0].columns["date"].dates == DateRule()


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("events", 'event.constant = "death", date = "when"'),
        ("patients", 'age = { age_from = "born" }'),
        ("patients", 'last_day = { from = "seen", date = "year-month-day" }'),
    ],
)
def test_days_are_counted_from_sessions_with_dates(tmp_path, table, columns):
    text = WHOLE + f'[tables.{table}]\nfrom = "visits"\ncolumns = {{ patient_id = "id", {columns} }}\n'
    with pytest.raises(CallError, match=r"is counted from the first session; `tables.sessions` needs a date\.$"):
        read(tmp_path, text)
    read(tmp_path, text.replace("day.constant = 0", 'date = "when"'))


def test_a_column_given_twice(tmp_path):
    text = WHOLE + '[[tables.scores.repeat]]\nname = "x"\ncolumns.instrument.constant = "GAD-7"\n'
    with pytest.raises(
        CallError, match=r"`tables.scores.repeat\[1\].columns.instrument` is given in `tables.scores.columns`"
    ):
        read(tmp_path, text)


def test_visits_after_a_session_need_sessions(tmp_path):
    start, end = WHOLE.index("[tables.sessions]"), WHOLE.index("[tables.scores]")
    with pytest.raises(
        CallError, match=r"`tables.scores.columns.day.visits` uses `after`, which needs a `tables.sessions`"
    ):
        read(tmp_path, WHOLE[:start] + WHOLE[end:])


def test_a_mapping_without_tables(tmp_path):
    with pytest.raises(CallError, match="a mapping needs at least one file under `files` and one table under `tables`"):
        read(tmp_path, WHOLE[: WHOLE.index("[tables.sessions]")])


def test_no_file_no_toml_no_text(tmp_path):
    with pytest.raises(CallError, match=r"gone\.toml: the mapping cannot be read"):
        read_mapping(tmp_path / "gone.toml")
    with pytest.raises(CallError, match=r"map\.toml: not valid TOML"):
        read(tmp_path, "a = ")
    path = tmp_path / "latin.toml"
    path.write_bytes("a = 'é'".encode("latin-1"))
    with pytest.raises(CallError, match=r"latin\.toml: not valid TOML"):
        read_mapping(path)


def test_a_byte_order_mark_is_no_matter(tmp_path):
    path = tmp_path / "map.toml"
    path.write_text(WHOLE, encoding="utf-8-sig")
    assert read_mapping(path).files.keys() == {"visits"}
