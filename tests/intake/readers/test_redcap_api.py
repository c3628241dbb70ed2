"""REDCap's API: the same rows as from the project's files, little asked for, every refusal in one plain sentence."""

from pathlib import Path

import pytest
from real_files import published_folder
from redcap_server import PROJECT_KEY, Project, redcap_server

from analysis.intake.mapping_grammar import Block, ColumnRule, Mapping, Part, SourceFile
from analysis.intake.readers import redcap_api
from analysis.intake.readers.redcap import read_redcap
from analysis.intake.readers.redcap_api import read_redcap_api
from analysis.intake.readers.remotes import Remotes
from analysis.vocabulary.errors import CallError, DataError

DICTIONARY = """\
Variable / Field Name,Form Name,Section Header,Field Type,Field Label,Choices,Field Note,Validation,Min,Max,Identifier?
record_id,people,,text,Record ID,,,,,,y
full_name,people,,text,Name,,,,,,y
contact,people,,text,Phone,,,phone,,,
sex,people,,radio,Sex,"1, F | 2, M",,,,,
drugs,people,,checkbox,Drugs,"1, A | -2, B",,,,,
about,people,,descriptive,Read this,,,,,,
history,people,,notes,History,,,,,,
born,people,,text,Birth,,,date_ymd,,,y
visit_date,phq9,,text,Date,,,date_ymd,,,
phq1,phq9,,radio,Interest,"0, No | 1, Yes",,,,,
rater,phq9,,text,Rater,,,,,,
"""
DATA = """\
record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,redcap_survey_identifier,redcap_data_access_group,full_name,contact,sex,drugs___1,drugs____2,history,born,people_complete,phq9_timestamp,visit_date,phq1,rater,phq9_complete
1,start_arm_1,,,,north,Jane Doe,555,1,1,0,"free
words",1960-02-03,2,,,,,
1,start_arm_1,phq9,1,jane@x.org,north,,,,,,,,,2026-01-05 09:00,2026-01-05,1,self,2
1,start_arm_1,phq9,2,,north,,,,,,,,,,2026-01-12,0,"nurse, A",2
2,start_arm_1,,,,south,John Roe,,,0,0,,,0,,,,,
3,start_arm_1,,,,south,Jo Poe,,,0,0,,,2,,,,,
"""


def project() -> Project:
    return Project(DATA, DICTIONARY)


def source(url: str = "http://127.0.0.1:9/api/", name: str = "export", **given) -> SourceFile:
    place = {"url": url, "token_from": "REDCAP_TOKEN", "format": "redcap-api"}
    return SourceFile(name, "127.0.0.1 (REDCAP_TOKEN)", ",", "utf-8", (), {}, (), **({"drop": {}} | place | given))


def mapping(*files: SourceFile, **used: list[str]) -> Mapping:
    """A mapping that uses these columns of these files."""
    blocks = [
        Block("", "patients", file, (), (Part("", {column: ColumnRule("", source=column) for column in columns}, {}),))
        for file, columns in used.items()
    ]
    return Mapping("map.toml", {}, {}, {file.name: file for file in files}, tuple(blocks))


def read(server: Project, *, used: tuple[str, ...] = (), **given):
    with redcap_server(server) as url:
        file = source(url, **given)
        with Remotes(mapping(file, export=list(used))) as remotes:
            return read_redcap_api(Path(), file, remotes)


def asked_fields(server: Project) -> list[str]:
    return [value for key, value in server.asked[-1].items() if key.startswith("fields[")]


@pytest.fixture(autouse=True)
def _token(monkeypatch):
    monkeypatch.setenv("REDCAP_TOKEN", PROJECT_KEY)


def test_only_what_is_used_is_asked_for():
    server = project()
    table = read(
        server,
        used=("record_id", "sex", "phq1"),
        drop=dict.fromkeys(("visit_date", "drugs___1", "drugs____2"), "not used"),
    )
    assert asked_fields(server) == ["record_id", "sex", "phq1"]
    assert list(table.rows.columns) == [
        *("record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance", "sex", "phq1")
    ]
    assert table.rows.iloc[1].tolist() == ["1", "start_arm_1", "phq9", "1", "", "1"]
    assert list(table.rows.index) == [2, 3, 4, 5, 6]


def test_every_column_that_was_not_asked_for_has_its_reason():
    table = read(project(), used=("record_id", "sex", "phq1", "visit_date"), drop={"drugs___1": "no place"})
    assert table.refused == {
        "full_name": "identifier by the data dictionary",
        "contact": "identifier by the data dictionary",
        "history": "free text by the data dictionary",
        "born": "identifier by the data dictionary",
        "rater": "free text by the data dictionary (no validation); not used by the mapping",
        "people_complete": "of REDCap itself; not used by the mapping",
        "phq9_complete": "of REDCap itself; not used by the mapping",
    }
    # The other box is neither used nor dropped: it comes along, and the check of the columns will ask about it.
    assert table.rows["drugs____2"].tolist() == ["0", "", "", "0", "0"]


def test_a_flagged_column_comes_when_the_mapping_keeps_it():
    server = project()
    table = read(server, used=("record_id", "born"), keep=("born",))
    assert "born" in asked_fields(server)
    assert table.rows["born"].tolist()[0] == "1960-02-03"


def test_groups_and_times_of_surveys_come_when_they_are_used():
    """The server adds the survey's identifier to the times; it goes no further than this reader."""
    server = project()
    plain = read(server, used=("record_id",))
    assert not {"redcap_data_access_group", "phq9_timestamp"} & set(plain.rows.columns)
    table = read(server, used=("record_id", "redcap_data_access_group", "phq9_timestamp"))
    assert table.rows["redcap_data_access_group"].tolist() == ["north"] * 3 + ["south"] * 2
    assert table.rows["phq9_timestamp"].tolist() == ["", "2026-01-05 09:00", "", "", ""]
    assert table.refused["redcap_survey_identifier"] == "names the person who answers a survey"
    assert not table.rows.isin(["jane@x.org"]).any(axis=None)


def test_the_rows_of_a_repeating_instrument_are_told_by_all_of_its_fields():
    server = project()
    table = read(server, rows="phq9", used=("record_id", "visit_date"))
    assert asked_fields(server) == ["record_id", "visit_date", "phq1", "rater", "phq9_complete"]
    assert table.left_out == dict.fromkeys([2, 5, 6], "nothing of phq9 in this row")


def test_a_form_with_identifiers_only_is_told_by_its_status():
    """Records 2 and 3 hold a name and nothing else, and names are not asked for; the form of record 3 is complete."""
    server = project()
    table = read(server, rows="people", used=("record_id", "sex"))
    assert "full_name" not in asked_fields(server)
    assert table.left_out == {3: "nothing of people in this row"}  # rows of the repeating instrument are not sent
    assert table.rows["record_id"].tolist() == ["1", "2", "3"]


def test_files_of_one_project_share_one_fetch():
    server = project()
    with redcap_server(server) as url:
        files = [source(url, "people", rows="people"), source(url, "scores", rows="phq9")]
        with Remotes(mapping(*files, people=["sex"], scores=["phq1"])) as remotes:
            people, scores = (read_redcap_api(Path(), file, remotes) for file in files)
        assert [request["content"] for request in server.asked] == ["metadata", "exportFieldNames", "record"]
        with Remotes(mapping(files[0], people=["sex"])) as remotes:
            read_redcap_api(Path(), files[0], remotes)
    assert len(server.asked) == 6  # another import asks again
    assert people.spare["phq1"] == "of another instrument than people"
    assert scores.rows.loc[[3, 4], "rater"].tolist() == ["self", "nurse, A"]


def test_projects_of_one_server_are_two_fetches(monkeypatch):
    monkeypatch.setenv("OTHER_TOKEN", "F" * 32)
    first, second = project(), Project(DATA.replace("north", "east"), DICTIONARY, token="F" * 32)
    with redcap_server(first, second) as url:
        files = [source(url, "a"), source(url, "b", token_from="OTHER_TOKEN")]  # noqa: S106
        group = ["redcap_data_access_group"]
        with Remotes(mapping(*files, a=group, b=group)) as remotes:
            tables = [read_redcap_api(Path(), file, remotes) for file in files]
    assert [table.rows[group[0]].iloc[0] for table in tables] == ["north", "east"]


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("longitudinal", ""),
        ("longitudinal", "demographics"),
        ("longitudinal", "visit_lab_data"),
        ("repeating-instruments-sparse", ""),
        ("repeating-instruments-sparse", "bp"),
        ("arm-multiple-delete", ""),
    ],
)
def test_published_projects_read_like_their_files(name, rows):
    """Cell for cell, in the rows that are used; of the identifiers nothing is asked for."""
    folder = published_folder("redcap_longitudinal") / name
    server = Project.of_folder(folder)
    exported = SourceFile(
        "export", "data.csv", ",", "utf-8", (), {}, (), {}, format="redcap", dictionary="dictionary.csv", rows=rows
    )
    whole = read_redcap(folder, exported)
    used = tuple(column for column in whole.rows if not rows or column not in whole.spare)
    table = read(server, used=used, rows=rows)
    expected = whole.rows.drop(index=list(whole.left_out))[list(used)]
    found = table.rows.drop(index=list(table.left_out))[list(used)]
    assert found.to_numpy().tolist() == expected.to_numpy().tolist()
    assert len(expected) > 0
    flagged = {column for column, why in whole.refused.items() if why.startswith("identifier")}
    assert not flagged & set(asked_fields(server))
    assert {column: table.refused[column] for column in whole.refused} == whole.refused


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            "no right to export",
            "the token's user has no right to export data. Ask for API Export and Data Export rights in the project.",
        ),
        (
            "page of a login",
            "the answer is not one of REDCap's API but something else, such as the page of a login. "
            "Is the address right?",
        ),
        ("leads elsewhere", "the address leads on to another one; give that of the API itself as `url`."),
        ("not found", "there is no REDCap API at this address (HTTP 404)."),
        ("overloaded", "the server cannot answer at the moment (HTTP 503). Try again later."),
        (
            "breaks off",
            "the server cannot be reached, or broke off. Is the address right, and is this computer in the network "
            "that it needs?",
        ),
        ("cut off", "the server's answer is cut off. Try again later."),
        ("slow", "the server does not answer in time. Try again later."),
    ],
)
def test_a_server_that_does_not_answer_as_it_should(fault, message, monkeypatch, caplog):
    caplog.set_level("DEBUG")
    monkeypatch.setattr(redcap_api, "READ_SECONDS", 0.3)
    server = project()
    server.fault = fault
    with pytest.raises(DataError) as error:
        read(server, used=("record_id", "visit_date", "phq1", "rater"))
    assert str(error.value) == f"127.0.0.1 (REDCAP_TOKEN): {message}"
    assert error.value.__context__ is None or error.value.__suppress_context__
    assert PROJECT_KEY not in caplog.text
    assert "Jane" not in caplog.text


def test_an_answer_that_ends_inside_quotes():
    server = Project(DATA.replace('"nurse, A"', '"nurse ""A, B, C"""'), DICTIONARY)
    server.fault = "cut off"
    server.rows = server.rows[:3]
    server.columns.remove("phq9_complete")
    with pytest.raises(DataError, match="the server's answer is cut off"):
        read(server, used=("rater",))


def test_a_server_that_does_not_speak_https():
    with redcap_server(project()) as url:
        file = source(url.replace("http:", "https:"))
        with Remotes(mapping(file)) as remotes, pytest.raises(DataError) as error:
            read_redcap_api(Path(), file, remotes)
    assert str(error.value).endswith(
        "the connection cannot be encrypted, or the server's certificate is not trusted "
        "(REQUESTS_CA_BUNDLE can name your organisation's own). Nothing was sent."
    )


def test_a_server_that_is_gone():
    with redcap_server(project()) as url:
        pass
    file = source(url)
    with Remotes(mapping(file)) as remotes, pytest.raises(DataError, match="cannot be reached, or broke off"):
        read_redcap_api(Path(), file, remotes)


def test_a_token_of_another_project(monkeypatch):
    monkeypatch.setenv("REDCAP_TOKEN", "0" * 32)
    with pytest.raises(DataError) as error:
        read(project())
    assert str(error.value) == (
        "127.0.0.1 (REDCAP_TOKEN): the server does not accept the token. "
        "Is it the one of this project, and still valid?"
    )


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ("", "the environment variable REDCAP_TOKEN is not set. Put the token of the project into it."),
        (
            "sesame-open-42",
            "what the environment variable REDCAP_TOKEN holds is not the token of a REDCap project, which has 32 "
            "letters and digits.",
        ),
        (f"{PROJECT_KEY}00", "what the environment variable REDCAP_TOKEN holds is not the token of a REDCap project"),
    ],
)
def test_no_token_is_asked_for_before_the_server_is(held, message, monkeypatch):
    monkeypatch.setenv("REDCAP_TOKEN", held)
    server = project()
    with pytest.raises(CallError) as error:
        read(server)
    assert str(error.value).startswith(f"`files.export.token_from`: {message}")
    assert not held or held not in str(error.value)
    assert server.asked == []


def test_an_instrument_that_the_project_lacks():
    with pytest.raises(DataError) as error:
        read(project(), rows="phq")
    assert str(error.value) == (
        "the data dictionary of 127.0.0.1 (REDCAP_TOKEN) has no instrument 'phq' (`files.export.rows`). "
        "Did you mean 'phq9'?"
    )


def test_an_instrument_that_the_user_may_not_export():
    server = project()
    server.forbidden_forms = {"phq9"}
    with pytest.raises(DataError) as error:
        read(server, used=("sex", "phq1"), drop={"visit_date": "no", "drugs___1": "no", "drugs____2": "no"})
    assert str(error.value) == (
        "127.0.0.1 (REDCAP_TOKEN): the server leaves out phq1. Has the token's user the right to export the "
        "instruments that hold them?"
    )


def test_a_project_without_records():
    with pytest.raises(DataError, match="sends no record: there is none, or the token's user may see none"):
        read(Project(DATA.splitlines(keepends=True)[0], DICTIONARY))


def test_a_column_to_keep_that_the_project_lacks():
    with pytest.raises(DataError, match="has no column 'birth', which `files.export.keep` names"):
        read(project(), keep=("birth",))


def test_a_proxy_is_not_shown_what_stays_on_this_computer(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert len(read(project(), used=("sex",)).rows) > 0
