"""The account: every source row and column and where it went, as tables, as text and as safe HTML."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.intake.account import NOT_REFERRED_TO, make_account
from analysis.intake.mapping_apply import assemble_tables, build_parts
from analysis.intake.mapping_reading import read_mapping
from analysis.intake.sources import EMPTY_LINE, read_sources

MAPPING = """
dataset = { name = "<b>Trial</b>", basis = "synthetic", data_cut = "2026" }

[files.people]
path = "people.csv"
[files.people.drop]
note = "free <i>text</i>"

[files.visits]
path = "visits.csv"
[files.visits.join.people]
on = "id"
[[files.visits.leave_out]]
column = "people.id"
missing = true
reason = "not in the list"
[[files.visits.leave_out]]
column = "people.group"
is = ["HC"]
reason = "control"
[[files.visits.leave_out]]
column = "label"
is = ["phone"]
reason = "by telephone"

[tables.sessions]
from = "visits"
once_per = ["patient_id"]
columns = { patient_id = "id", day.constant = 0, treatment.constant = "ketamine" }

[tables.scores]
from = "visits"
needs.total = "not scored"
[tables.scores.columns]
patient_id = "id"
day = { from = "label", without_session = "no session", visits = { pre = -1, post = { days = 1, after.day = 0 } } }
instrument.constant = "PHQ-9"
occasion = "when"
total = { from = "total", number = "integer" }
"""
PEOPLE = "id,group,note\na,MDD,x\nb,HC,x\nc,MDD,x\n"
VISITS = "id,label,when,total\na,pre,pre,20\na,pre,post,\nb,pre,pre,1\nz,pre,pre,2\n,,,\na,phone,pre,3\n"


def account_of(folder: Path, people: str = PEOPLE, visits: str = VISITS):
    for name, text in {"people.csv": people, "visits.csv": visits, "map.toml": MAPPING}.items():
        folder.joinpath(name).write_text(text)
    mapping = read_mapping(folder / "map.toml")
    sources = read_sources(folder, mapping)
    built = build_parts(mapping, sources)
    problems = pd.DataFrame({"severity": ["warning"], "message": ["scores: <script>"]})
    return make_account(mapping, sources, built, problems), assemble_tables(built, mapping)


def records(table: pd.DataFrame) -> list[tuple]:
    return list(table.itertuples(index=False, name=None))


def test_rows_of_files(tmp_path):
    account, _ = account_of(tmp_path)
    assert records(account.files) == [("people", "people.csv", 3, 1, 2), ("visits", "visits.csv", 6, 2, 4)]
    assert records(account.left_out) == [
        ("people", NOT_REFERRED_TO, 2),
        ("visits", "not in the list", 1),
        ("visits", "control", 1),
        ("visits", "by telephone", 1),
        ("visits", EMPTY_LINE, 1),
    ]


def test_rows_of_tables(tmp_path):
    account, tables = account_of(tmp_path)
    assert records(account.tables) == [("sessions", "visits", "", 2, 1, 1, 0), ("scores", "visits", "", 2, 1, 0, 1)]
    assert records(account.not_written) == [("scores", "visits", "", "not scored", 1)]
    assert {name: len(table) for name, table in tables.items()} == {"sessions": 1, "scores": 1}


def test_columns(tmp_path):
    account, _ = account_of(tmp_path)
    assert records(account.columns) == [
        ("people", "id", "used", "-", "", ""),
        ("people", "group", "used", "-", "", ""),
        ("people", "note", "dropped", "-", "", "free <i>text</i>"),
        ("visits", "id", "kept", "sessions.patient_id, scores.patient_id", "", ""),
        ("visits", "label", "changed", "scores.day", "visit to day", ""),
        ("visits", "when", "kept", "scores.occasion", "", ""),
        ("visits", "total", "changed", "scores.total", "whole number", ""),
    ]


def test_plain_text(tmp_path):
    text = str(account_of(tmp_path)[0])
    assert text.startswith("Imported: <b>Trial</b>\n\nRows of the files (read = used + left out)\n")
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for line in (
        "visits visits.csv 6 2 4",
        "visits control 1",
        "scores visits not scored 1",
        "people note free <i>text</i>",
    ):
        assert line in lines
    assert lines[-1] == "warning: scores: <script>"


def test_html_is_escaped(tmp_path):
    html = account_of(tmp_path)[0]._repr_html_()
    assert "&lt;b&gt;Trial&lt;/b&gt;" in html
    assert "free &lt;i&gt;text&lt;/i&gt;" in html
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    assert "<b>" not in html


def test_rows_that_do_not_add_up_are_refused(tmp_path):
    account, _ = account_of(tmp_path)
    wrong = account.files.assign(used=account.files["used"] + 1)
    parts = {
        name: getattr(account, name)
        for name in ("left_out", "tables", "not_written", "changed_values", "columns", "problems")
    }
    with pytest.raises(RuntimeError, match="does not add up"):
        type(account)(dataset="Trial", files=wrong, **parts)


people = st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(["MDD", "HC", ""])), unique_by=lambda row: row[0])
visits = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d", "e", "z", ""]),
        st.sampled_from(["pre", "post", "phone"]),
        st.sampled_from(["pre", "post", "between"]),
        st.sampled_from(["", "0", "7", "27.0"]),
    ),
    unique_by=lambda row: row[:3],
)


@settings(max_examples=30, deadline=None)
@given(people=people, visits=visits, blank=st.integers(0, 2))
def test_every_row_is_accounted_for(tmp_path_factory, people, visits, blank):
    folder = tmp_path_factory.mktemp("random")
    people_text = "id,group,note\n" + "".join(f"{i},{group},n\n" for i, group in people)
    visits_text = "id,label,when,total\n" + "\n" * blank + "".join(f"{','.join(row)}\n" for row in visits)
    account, tables = account_of(folder, people_text, visits_text)

    expected = {"not in the list": 0, "control": 0, "by telephone": 0, EMPTY_LINE: blank}
    kept = []
    for row in visits:
        group = dict(people).get(row[0])
        if group is None:
            expected["not in the list"] += 1
        elif group == "HC":
            expected["control"] += 1
        elif row[1] == "phone":
            expected["by telephone"] += 1
        else:
            kept.append(row)
    scored = [row for row in kept if row[3]]
    patients = {row[0] for row in kept}

    assert account.files.set_index("file")["read"].to_dict() == {"people": len(people), "visits": len(visits) + blank}
    assert account.files.set_index("file")["used"].to_dict() == {"people": len(patients), "visits": len(kept)}
    left_out = account.left_out[account.left_out["file"] == "visits"].set_index("reason")["rows"].to_dict()
    assert {EMPTY_LINE: 0} | left_out == expected
    assert account.tables.set_index("table")["written"].to_dict() == {"sessions": len(patients), "scores": len(scored)}
    assert account.tables.set_index("table")["merged"].to_dict() == {"sessions": len(kept) - len(patients), "scores": 0}
    assert account.not_written["rows"].sum() == len(kept) - len(scored)
    assert {name: len(table) for name, table in tables.items()} == {"sessions": len(patients), "scores": len(scored)}
    days = {"pre": "-1", "post": "1"}
    assert set(tables["scores"][["patient_id", "day", "occasion", "total"]].itertuples(index=False, name=None)) == {
        (i, days[label], when, str(int(float(total)))) for i, label, when, total in scored
    }


def test_values_left_empty_and_columns_changed_are_told(tmp_path):
    mapping = """
    dataset = { name = "Trial", basis = "synthetic", data_cut = "2026" }
    pseudonyms = {}
    files.visits.path = "visits.csv"
    [tables.sessions]
    from = "visits"
    [tables.sessions.columns]
    patient_id = "id"
    date = { from = "on", date = "month/day/year" }
    treatment.constant = "ketamine"
    dose_mg = { from = "dose", number = "dose" }
    """
    tmp_path.joinpath("map.toml").write_text(mapping)
    tmp_path.joinpath("visits.csv").write_text("id,on,dose\na,1/3/2025,40 mg\na,1/10/2025,see note\n")
    rules = read_mapping(tmp_path / "map.toml")
    sources = read_sources(tmp_path, rules)
    account = make_account(rules, sources, build_parts(rules, sources), pd.DataFrame({"severity": [], "message": []}))
    assert records(account.changed_values) == [
        ("sessions", "visits", "", "dose_mg", "not read as a dose: no number", 1)
    ]
    assert records(account.columns) == [
        ("visits", "id", "changed", "sessions.patient_id", "pseudonym", ""),
        ("visits", "on", "changed", "sessions.day", "date (month/day/year)", ""),
        ("visits", "dose", "changed", "sessions.dose_mg", "dose in mg", ""),
    ]
    assert "not read as a dose" in str(account)
    assert "see note" not in str(account)
