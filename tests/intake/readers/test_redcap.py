"""REDCap: what the data dictionary says is dropped is dropped, and rows are those of the instrument asked for."""

from pathlib import Path

import pytest
from real_files import published_folder

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.redcap import read_redcap
from analysis.vocabulary.errors import DataError

HEADING = (
    '"Variable / Field Name","Form Name","Field Type","Field Label",'
    '"Text Validation Type OR Show Slider Number",Identifier?\n'
)
DICTIONARY = HEADING + (
    "record_id,people,text,Record ID,,y\n"
    "full_name,people,text,Name,,y\n"
    "contact,people,text,Phone,phone,\n"
    "sex,people,radio,Sex,,\n"
    "history,people,notes,History,,\n"
    "consent,people,file,Form,,\n"
    "nickname,people,text,Called,,\n"
    "drugs,people,checkbox,Drugs,,\n"
    "visit_date,phq9,text,Date,date_ymd,y\n"
    "phq1,phq9,radio,Interest,,\n"
)
COLUMNS = (
    "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,redcap_survey_identifier,full_name,"
    "contact,sex,history,consent,nickname,drugs___1,drugs___2,people_complete,visit_date,phq1,phq9_complete"
)
DATA = f"""{COLUMNS}
1,start_arm_1,,,,Jane Doe,555,1,free words,,JD,1,0,2,,,
1,start_arm_1,phq9,1,jane@x.org,,,,,,,,,,2026-01-05,2,2
1,start_arm_1,phq9,2,,,,,,,,,,,2026-01-12,1,2
2,start_arm_1,,,,,,,,,,0,0,0,,,
2,follow_arm_1,,,,,,,,,,,,,2026-01-19,0,2
"""


def options(**given) -> SourceFile:
    file = {"format": "redcap", "dictionary": "dictionary.csv"} | given
    return SourceFile("export", "data.csv", ",", "utf-8", (), {}, (), {}, **file)


def write(folder: Path, data: str = DATA, dictionary: str = DICTIONARY) -> Path:
    folder.joinpath("data.csv").write_text(data)
    folder.joinpath("dictionary.csv").write_text(dictionary)
    return folder


def test_what_the_dictionary_flags_is_refused_and_its_cells_are_gone(tmp_path):
    table = read_redcap(write(tmp_path), options())
    assert table.refused == {
        "redcap_survey_identifier": "names the person who answers a survey",
        "full_name": "identifier by the data dictionary",
        "contact": "identifier by the data dictionary",
        "history": "free text by the data dictionary",
        "consent": "uploaded file by the data dictionary",
        "visit_date": "identifier by the data dictionary",
    }
    assert not table.refused.keys() & set(table.rows.columns)
    assert not table.rows.isin(["Jane Doe", "555", "free words", "jane@x.org"]).any(axis=None)


def test_a_flagged_date_may_be_kept_and_the_record_stays(tmp_path):
    table = read_redcap(write(tmp_path), options(keep=("visit_date",)))
    assert table.rows["visit_date"].tolist() == ["", "2026-01-05", "2026-01-12", "", "2026-01-19"]
    assert table.rows["record_id"].tolist() == ["1", "1", "1", "2", "2"]
    assert "visit_date" not in table.refused


def test_what_a_mapping_may_pass_over(tmp_path):
    table = read_redcap(write(tmp_path), options())
    assert {column for column in table.rows.columns if column not in table.spare} == {
        "sex",
        "drugs___1",
        "drugs___2",
        "phq1",
    }
    assert table.spare["nickname"] == "free text by the data dictionary (no validation); not used by the mapping"
    assert table.spare["phq9_complete"] == "of REDCap itself; not used by the mapping"


def test_a_checkbox_is_one_column_for_each_choice(tmp_path):
    rows = read_redcap(write(tmp_path), options()).rows
    assert rows.loc[2, ["drugs___1", "drugs___2"]].tolist() == ["1", "0"]


def test_the_rows_of_a_repeating_instrument(tmp_path):
    """Row 6 holds the same instrument in an event where it does not repeat."""
    table = read_redcap(write(tmp_path), options(rows="phq9"))
    assert table.left_out == {2: "nothing of phq9 in this row", 5: "nothing of phq9 in this row"}
    assert table.spare["sex"] == "of another instrument than phq9"
    assert "phq1" not in table.spare


def test_the_rows_of_an_instrument_that_does_not_repeat(tmp_path):
    """Row 5 holds boxes that are not ticked and nothing else: the form was never filled in."""
    assert read_redcap(write(tmp_path), options(rows="people")).left_out == {
        3: "row of another instrument",
        4: "row of another instrument",
        5: "nothing of people in this row",
        6: "nothing of people in this row",
    }


def test_a_dictionary_from_the_server_has_other_headings(tmp_path):
    names = "field_name,form_name,field_type,field_label,text_validation_type_or_show_slider_number,identifier\n"
    write(tmp_path, dictionary=DICTIONARY.replace(HEADING, names))
    assert "full_name" in read_redcap(tmp_path, options()).refused


@pytest.mark.parametrize(
    ("dictionary", "given", "message"),
    [
        (
            None,
            {},
            "dictionary.csv: there is no such file in FOLDER (`files.export.dictionary`). "
            "Download the data dictionary of the project as CSV.",
        ),
        (
            DICTIONARY.replace("Identifier?", "Id?"),
            {},
            "dictionary.csv is no REDCap data dictionary: it has no column 'Identifier?'.",
        ),
        (HEADING, {}, "dictionary.csv lists no field; download the data dictionary again."),
        (
            HEADING + "other,form,text,Other,,\n",
            {},
            "data.csv has none of the fields of dictionary.csv. Export the raw data, with the names of the fields and "
            "not their labels, and the dictionary of the same project.",
        ),
        (
            DICTIONARY,
            {"rows": "phq"},
            "dictionary.csv has no instrument 'phq' (`files.export.rows`). Did you mean 'phq9'?",
        ),
        (
            DICTIONARY,
            {"keep": ("visit_dat",)},
            "data.csv has no column 'visit_dat', which `files.export.keep` names. Did you mean 'visit_date'?",
        ),
        (
            DICTIONARY[:-20] + "a,b\n",
            {},
            "dictionary.csv, row 11: not 6 cells like the header. "
            "The file is cut off, or a delimiter stands inside a cell without quotes.",
        ),
    ],
)
def test_a_fault_is_named(tmp_path, dictionary, given, message):
    write(tmp_path, dictionary=dictionary or "")
    if dictionary is None:
        (tmp_path / "dictionary.csv").unlink()
    with pytest.raises(DataError) as error:
        read_redcap(tmp_path, options(**given))
    assert str(error.value).replace(tmp_path.name, "FOLDER") == message


def published(project: str, **given):
    folder = published_folder("redcap_longitudinal")
    paths = {"path": f"{project}/data.csv", "dictionary": f"{project}/dictionary.csv"}
    settings = {
        "name": "export",
        "delimiter": ",",
        "encoding": "utf-8",
        "missing": (),
        "joins": {},
        "leave_out": (),
        "drop": {},
    }
    return read_redcap(folder, SourceFile(**settings, **paths, format="redcap", **given))


def test_the_published_longitudinal_project():
    table = published("longitudinal")
    flagged = ["first_name", "last_name", "telephone_1", "email", "dob"]
    assert [name for name, why in table.refused.items() if why.startswith("identifier")][:5] == flagged
    assert {"comments", "patient_document", "next_of_kin_contact_address"} <= table.refused.keys()
    assert {f"gym___{choice}" for choice in range(5)} <= set(table.rows.columns)
    events = table.rows["redcap_event_name"].value_counts()
    assert events["enrollment_arm_1"] + events.get("enrollment_arm_2", 0) == table.rows["study_id"].nunique()


def test_the_published_repeating_project():
    assert len(published("repeating-instruments-sparse", rows="bp").left_out) == 5
    assert len(published("repeating-instruments-sparse", rows="demographics").left_out) == 4


def test_the_published_project_of_three_arms():
    rows = published("arm-multiple-delete").rows
    assert set(rows["redcap_event_name"]) == {f"event_1_arm_{arm}" for arm in (1, 2, 3)}
