"""Reading source files: every cell as text, every row numbered, nothing filled in or passed over unsaid."""

from pathlib import Path

import pytest

from analysis.intake.mapping_reading import read_mapping
from analysis.intake.sources import EMPTY_LINE, read_sources
from analysis.vocabulary.errors import DataError

MAPPING = """
dataset = { name = "Trial", basis = "synthetic", data_cut = "2026" }
[files.visits]
path = "visits.csv"
missing = ["n/a", "-9"]
[tables.sessions]
from = "visits"
columns = { patient_id = "id", day = "day", treatment.constant = "ketamine" }
"""
JOINED = (
    MAPPING.replace('"-9"]', '"-9"]\njoin.patients.on = "id"')
    + """
[[files.visits.leave_out]]
column = "patients.id"
missing = true
reason = "not in the list"
[[files.visits.leave_out]]
column = "patients.group"
is = ["HC"]
reason = "control"
[files.patients]
path = "patients.csv"
"""
)


def read(folder: Path, files: dict[str, str | bytes], mapping: str = MAPPING):
    for name, content in {"map.toml": mapping, **files}.items():
        folder.joinpath(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return read_sources(folder, read_mapping(folder / "map.toml"))


def test_cells_are_text_numbered_as_in_a_spreadsheet(tmp_path):
    source = read(tmp_path, {"visits.csv": "id,day\n007, 0 \nNA,n/a\nb,-9\n"})["visits"]
    assert source.rows.index.tolist() == [2, 3, 4]
    assert source.rows["id"].tolist() == ["007", "NA", "b"]
    assert source.rows["day"].isna().tolist() == [False, True, True]
    assert source.rows.loc[2, "day"] == "0"


def test_empty_lines_are_counted_and_not_used(tmp_path):
    source = read(tmp_path, {"visits.csv": "id,day\na,0\n\n,\nb,1\n\n"})["visits"]
    assert source.left_out.dropna().to_dict() == {3: EMPTY_LINE, 4: EMPTY_LINE, 6: EMPTY_LINE}
    assert source.used["id"].tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        ("\ufeffid,day\nä,0\n".encode(), ""),
        ("id;day\r\nä;0\r\n".encode("cp1252"), 'encoding = "cp1252"\ndelimiter = ";"'),
        ("id\tday\nä\t0\n".encode("utf-16"), 'encoding = "utf-16"\ndelimiter = "\\t"'),
        ('"id","day"\n"ä","0"'.encode(), ""),
    ],
)
def test_encodings_delimiters_and_line_ends(tmp_path, content, settings):
    mapping = MAPPING.replace('path = "visits.csv"', f'path = "visits.csv"\n{settings}')
    rows = read(tmp_path, {"visits.csv": content}, mapping)["visits"].rows
    assert rows.to_dict("list") == {"id": ["ä"], "day": ["0"]}


def test_a_quoted_cell_may_hold_delimiter_quotes_and_lines(tmp_path):
    rows = read(tmp_path, {"visits.csv": 'id,day\n"a,""b""\nc",0\nd,1\n'})["visits"].rows
    assert rows["id"].to_dict() == {2: 'a,"b"\nc', 3: "d"}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "visits.csv: there is no such file in FOLDER (`files.visits.path`)."),
        (
            {"Visits.CSV": "id,day\n"},
            "visits.csv: there is no such file in FOLDER (`files.visits.path`). Did you mean 'Visits.CSV'?",
        ),
        ({"visits.csv": ""}, "visits.csv is empty or begins with an empty line; its first row must be the header."),
        (
            {"visits.csv": "\n\nid,day\n"},
            "visits.csv is empty or begins with an empty line; its first row must be the header.",
        ),
        ({"visits.csv": "id,\na,0\n"}, "visits.csv: column 2 has no name in the header row."),
        (
            {"visits.csv": "id,day,id\na,0,b\n"},
            "visits.csv: columns 1, 3 share their names in the header row; rename them.",
        ),
        (
            {"visits.csv": "id,day\na,0\nb\nc,1,2\nd,1\ne"},
            "visits.csv, rows 3, 4, 6: not 2 cells like the header. "
            "The file is cut off, or a delimiter stands inside a cell without quotes.",
        ),
        (
            {"visits.csv": 'id,day\na,0\n"b,1\n'},
            "visits.csv: a quoted cell does not end, or quotes stand inside a cell; save the file again as CSV.",
        ),
        (
            {"visits.csv": "id,day\nä,0\n".encode("latin-1")},
            "visits.csv is not utf-8 text; name its encoding as `files.visits.encoding`.",
        ),
    ],
)
def test_a_fault_in_a_file_is_named(tmp_path, files, message):
    with pytest.raises(DataError) as error:
        read(tmp_path, files)
    assert str(error.value).replace(tmp_path.name, "FOLDER") == message


def test_a_folder_where_a_file_should_be(tmp_path):
    (tmp_path / "visits.csv").mkdir()
    with pytest.raises(DataError, match="there is no such file"):
        read(tmp_path, {})


def test_a_join_brings_columns_and_rules_are_tried_in_order(tmp_path):
    files = {"patients.csv": "id,group\na,MDD\nb,HC\n,MDD\n", "visits.csv": "id,day\nb,0\na,0\nz,0\nn/a,0\na,1\n"}
    source = read(tmp_path, files, JOINED)["visits"]
    assert source.left_out.dropna().to_dict() == {2: "control", 4: "not in the list", 5: "not in the list"}
    assert source.used["patients.group"].tolist() == ["MDD", "MDD"]
    assert source.partners["patients"].to_dict() == {2: 3, 3: 2, 4: 0, 5: 0, 6: 2}


def test_a_row_without_a_partner_needs_a_reason(tmp_path):
    files = {"patients.csv": "id,group\na,MDD\n", "visits.csv": "id,day\na,0\nz,0\n"}
    without_rule = JOINED.replace("missing = true", 'is = ["nobody"]')
    with pytest.raises(DataError) as error:
        read(tmp_path, files, without_rule)
    assert str(error.value) == (
        "visits.csv, row 3: no row in patients.csv has the same 'id' (`files.visits.join.patients`). "
        'To leave them out, add a rule to `files.visits.leave_out` with column = "patients.id" and missing = true.'
    )


def test_an_optional_join_leaves_the_cells_of_a_row_without_a_partner_empty(tmp_path):
    mapping = JOINED.replace('join.patients.on = "id"', 'join.patients = { on = "id", optional = true }')
    mapping = mapping.replace('column = "patients.id"\nmissing = true', 'column = "day"\nis = ["9"]')
    files = {"visits.csv": "id,day\na,0\nz,3\n", "patients.csv": "id,group\na,MDD\n"}
    source = read(tmp_path, files, mapping)["visits"]
    assert source.left_out.isna().all()
    assert source.partners["patients"].to_dict() == {2: 2, 3: 0}
    assert source.rows["patients.group"].fillna("-").tolist() == ["MDD", "-"]


def test_a_join_to_several_rows_is_refused(tmp_path):
    files = {"patients.csv": "id,group\na,MDD\nb,HC\na,MDD\n", "visits.csv": "id,day\na,0\n"}
    with pytest.raises(DataError) as error:
        read(tmp_path, files, JOINED)
    assert str(error.value) == (
        "patients.csv, rows 2, 4, column 'id': the same value stands in several rows; `files.visits.join.patients` "
        "needs one row for each."
    )


REDCAP = """
dataset = { name = "Trial", basis = "synthetic", data_cut = "2026" }
[files.visits]
path = "visits.csv"
format = "redcap"
dictionary = "dictionary.csv"
rows = "visit"
[tables.sessions]
from = "visits"
columns = { patient_id = "id", day = "day", treatment.constant = "ketamine" }
"""
DICTIONARY = (
    "field_name,form_name,field_type,text_validation_type_or_show_slider_number,identifier\n"
    "id,person,text,,\nname,person,text,,y\nday,visit,text,integer,\n"
)
EXPORT = "id,name,day,visit_complete\n1,Jane Doe,,0\n1,,0,2\n,,,\n"


def test_what_a_reader_sets_aside_is_in_the_source(tmp_path):
    source = read(tmp_path, {"visits.csv": EXPORT, "dictionary.csv": DICTIONARY}, REDCAP)["visits"]
    nothing = "nothing of visit in this row"
    assert source.left_out.dropna().to_dict() == {2: nothing, 4: nothing}
    assert source.dropped == {
        "name": "identifier by the data dictionary",
        "visit_complete": "of REDCap itself; not used by the mapping",
    }
    assert source.header == ["id", "day", "visit_complete", "name"]
    assert "name" not in source.rows


def test_a_column_that_the_dictionary_flags_cannot_be_used(tmp_path):
    with pytest.raises(DataError) as error:
        read(tmp_path, {"visits.csv": EXPORT, "dictionary.csv": DICTIONARY}, REDCAP.replace('"id"', '"name"'))
    assert str(error.value) == (
        "visits.csv: `tables.sessions.columns.patient_id` uses 'name', which is refused: identifier by the data "
        "dictionary. To use it nevertheless, list it under `files.visits.keep`."
    )


def test_sheets_of_a_workbook_join_by_the_place_of_their_rows(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "2026"
    book["2026"].append(["id", "day"])
    book["2026"].append(["b", 0])
    book.create_sheet("2025").append(["id", "day"])
    book["2025"].append(["z", 3])
    book["2025"].append(["a", "#N/A"])
    people = book.create_sheet("people")
    for row in (["id", "group"], ["a", "HC"], ["b", "MDD"]):
        people.append(row)
    book.save(tmp_path / "all.xlsx")
    mapping = JOINED.replace('path = "visits.csv"', 'path = "all.xlsx"\nsheet = ["2026", "2025"]')
    mapping = mapping.replace('path = "patients.csv"', 'path = "all.xlsx"\nsheet = "people"')
    source = read(tmp_path, {}, mapping)["visits"]
    assert source.partners["patients"].to_dict() == {"2026!2": 3, "2025!2": 0, "2025!3": 2}
    assert source.left_out.dropna().to_dict() == {"2025!2": "not in the list", "2025!3": "control"}
    assert source.error_cells == {"day": 1}
