"""Each format has its own options; another one's are refused, and the ending decides when nothing else does."""

import pytest

from analysis.intake.mapping_files import read_source_file
from analysis.intake.toml_tables import TomlTable
from analysis.vocabulary.errors import CallError


def read(**keys):
    return read_source_file("visits", TomlTable({"path": "visits.csv"} | keys, "files.visits"))


@pytest.mark.parametrize(
    ("path", "how"),
    [
        ("a.csv", "text"),
        ("a.TXT", "text"),
        ("export", "text"),
        ("a.xlsx", "xlsx"),
        ("a.parquet", "parquet"),
        ("a.sav", "spss"),
        ("a.dta", "stata"),
        ("a.sas7bdat", "sas"),
        ("a.xpt", "xport"),
    ],
)
def test_the_ending_tells_the_format(path, how):
    assert read(path=path).format == how


def test_options_reach_the_file():
    book = read(path="a.xlsx", sheet=["One", "Two"], header_row=2)
    assert (book.sheets, book.header_row) == (("One", "Two"), 2)
    assert read(path="a.xlsx", sheet="One").sheets == ("One",)
    assert read(path="a.sav", labels=True).labels
    assert read(path="a.tsv").delimiter == "\t"
    assert read(path="a.tsv", delimiter=";").delimiter == ";"
    redcap = read(format="redcap", dictionary="d.csv", rows="phq9", keep=["visit_date"])
    assert (redcap.dictionary, redcap.rows, redcap.keep) == ("d.csv", "phq9", ("visit_date",))
    fhir = read(path="a.ndjson", resource="Patient", timezone="Europe/Berlin")
    assert (fhir.format, fhir.resource, fhir.timezone) == ("fhir", "Patient", "Europe/Berlin")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"format": "excel"},
            "`files.visits.format` must be one of text, xlsx, parquet, spss, stata, sas, xport, redcap, fhir, ",
        ),
        ({"path": "a.xls"}, "`files.visits.path`: .xls is not read; save the workbook as .xlsx."),
        ({"sheet": "One"}, '`files.visits.sheet` is for the format "xlsx", and visits.csv is read as "text".'),
        (
            {"path": "a.xlsx", "delimiter": ";"},
            '`files.visits.delimiter` is for the format "text" or "redcap" or "sdtm", and a.xlsx',
        ),
        (
            {"path": "a.xlsx", "sheet": []},
            "`files.visits.sheet` must be the name of a sheet, or a list of different ones.",
        ),
        ({"path": "a.xlsx", "sheet": ["A", "A"]}, "`files.visits.sheet` must be the name of a sheet, or a list"),
        ({"path": "a.xlsx", "header_row": 0}, "`files.visits.header_row` must be 1 or more, as the spreadsheet counts"),
        ({"path": "a.xlsx", "header_row": "2"}, "`files.visits.header_row` must be a whole number."),
        ({"path": "a.sav", "labels": "yes"}, "`files.visits.labels` must be true or false."),
        ({"format": "redcap"}, "`files.visits.dictionary` is missing."),
        ({"path": "a.ndjson"}, "`files.visits.resource` is missing."),
        ({"path": "a.json", "resource": "Observations"}, "`files.visits.resource` must be one of Questionn"),
        ({"path": "a.json", "resource": "Patient", "timezone": "Mars/Base"}, "`files.visits.timezone` must be a time"),
        ({"shet": "One"}, "unknown key `files.visits.shet`. Did you mean 'sheet'?"),
        ({"encoding": "utf-9"}, "`files.visits.encoding` is not an encoding Python knows, such as utf-8 or cp1252."),
        ({"delimiter": "ab"}, '`files.visits.delimiter` must be one character, such as ",", ";" or "\\t".'),
        ({"path": "../a.csv"}, "`files.visits.path` must lie inside the folder that is imported."),
    ],
)
def test_a_mistake_is_named(keys, message):
    with pytest.raises(CallError) as error:
        read(**keys)
    assert str(error.value).startswith(message)
