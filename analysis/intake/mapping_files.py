"""Reading the part of a mapping that says how each file is read: its format and the options of that format."""

from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from analysis.intake.mapping_grammar import Database, Join, LeaveOut, SourceFile
from analysis.intake.mapping_remotes import read_place, refuse_secrets
from analysis.intake.readers.sdtm_rules import read_sdtm_rules
from analysis.intake.toml_tables import TomlTable
from analysis.vocabulary.errors import CallError, nearest_name

# The options of each format, and the endings of the files it is taken from.
FORMATS: dict[str, tuple[set[str], tuple[str, ...]]] = {
    "text": ({"delimiter", "encoding"}, (".csv", ".tsv", ".tab", ".txt", ".psv")),
    "xlsx": ({"sheet", "header_row"}, (".xlsx", ".xlsm")),
    "parquet": (set(), (".parquet",)),
    "spss": ({"labels", "encoding"}, (".sav", ".zsav")),
    "stata": ({"labels", "encoding"}, (".dta",)),
    "sas": ({"encoding"}, (".sas7bdat",)),
    "xport": ({"encoding"}, (".xpt",)),
    "redcap": ({"delimiter", "encoding", "dictionary", "rows", "keep"}, ()),
    "fhir": ({"resource", "timezone"}, (".ndjson", ".json")),
    "redcap-api": ({"url", "token_from", "rows", "keep"}, ()),
    "sql": ({"database", "table", "timezone"}, ()),
    "sdtm": ({"domain", "with", "intervals", "not_given", "dose_units", "instruments", "delimiter", "encoding"}, ()),
}
OPTIONS = set[str]().union(*(options for options, _ in FORMATS.values()))
RESOURCES = (
    *("QuestionnaireResponse", "Observation", "Procedure", "MedicationAdministration"),
    *("Condition", "Coverage", "AdverseEvent", "Patient", "Encounter", "Appointment", "ServiceRequest"),
)
OLD_WORKBOOKS = {".xls", ".xlsb", ".ods"}


def read_source_file(name: str, table: TomlTable, databases: dict[str, Database] | None = None) -> SourceFile:
    """Read ``files.NAME`` of a mapping.

    Parameters
    ----------
    name : str
    table : TomlTable
    databases : dict of str to Database, optional
        The databases that the mapping names.

    Returns
    -------
    SourceFile

    Raises
    ------
    CallError
        A key that is unknown, of the wrong kind, or of another format than the file's.
    """
    refuse_secrets(table)
    table.only("path", "format", "decimal", "missing", "join", "leave_out", "drop", *sorted(OPTIONS))
    how = _format(table)
    place = read_place(how, table, databases or {})
    path = place.pop("path")
    for key in sorted(OPTIONS - FORMATS[how][0]):
        if key in table:
            meant = " or ".join(f'"{each}"' for each, (options, _) in FORMATS.items() if key in options)
            raise CallError(f'`{table.at(key)}` is for the format {meant}, and {path} is read as "{how}".')
    decimal = table.text("decimal", ".")
    if decimal not in {".", ","}:
        raise CallError(f'`{table.at("decimal")}` must be "." or ",".')
    drop = table.table("drop")
    return SourceFile(
        name,
        path,
        _delimiter(path, table),
        _encoding(table, "utf-8" if how in {"text", "redcap"} else ""),
        table.texts("missing"),
        {other: _join(each) for other, each in table.table("join").tables().items()},
        tuple(_leave_out(row) for row in table.rows("leave_out")),
        {column: drop.text(column) for column in drop.data},
        decimal,
        format=how,
        sheets=_sheets(table),
        header_row=_header_row(table),
        labels=table.flag("labels"),
        dictionary=table.text("dictionary") if how == "redcap" else "",
        rows=table.text("rows") if "rows" in table else "",
        keep=table.texts("keep"),
        resource=_resource(table) if how == "fhir" else "",
        timezone=_timezone(table),
        sdtm=read_sdtm_rules(table) if how == "sdtm" else None,
        **place,
    )


def _format(table: TomlTable) -> str:
    if "format" not in table:
        ending = PurePosixPath(table.text("path")).suffix.lower()
        if ending in OLD_WORKBOOKS:
            raise CallError(f"`{table.at('path')}`: {ending} is not read; save the workbook as .xlsx.")
        return next((name for name, (_, endings) in FORMATS.items() if ending in endings), "text")
    how = table.text("format")
    if how not in FORMATS:
        raise CallError(
            f"`{table.at('format')}` must be one of {', '.join(FORMATS)}.{nearest_name(how, list(FORMATS))}"
        )
    return how


def _delimiter(path: str, table: TomlTable) -> str:
    tabbed = PurePosixPath(path).suffix.lower() in {".tsv", ".tab"}
    delimiter = table.data.get("delimiter", "\t" if tabbed else ",")
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
        raise CallError(f'`{table.at("delimiter")}` must be one character, such as ",", ";" or "\\t".')
    return delimiter


def _encoding(table: TomlTable, default: str) -> str:
    encoding = table.text("encoding") if "encoding" in table else default
    try:
        "".encode(encoding or "utf-8")
    except LookupError:
        raise CallError(f"`{table.at('encoding')}` is not an encoding Python knows, such as utf-8 or cp1252.") from None
    return encoding


def _sheets(table: TomlTable) -> tuple[str, ...]:
    if isinstance(table.data.get("sheet"), str):
        return (table.text("sheet"),)
    sheets = table.texts("sheet")
    if "sheet" in table and (not sheets or len(set(sheets)) < len(sheets)):
        raise CallError(f"`{table.at('sheet')}` must be the name of a sheet, or a list of different ones.")
    return sheets


def _header_row(table: TomlTable) -> int:
    row = table.whole_number("header_row") if "header_row" in table else 1
    if row < 1:
        raise CallError(f"`{table.at('header_row')}` must be 1 or more, as the spreadsheet counts its rows.")
    return row


def _resource(table: TomlTable) -> str:
    resource = table.text("resource")
    if resource not in RESOURCES:
        hint = nearest_name(resource, list(RESOURCES))
        raise CallError(f"`{table.at('resource')}` must be one of {', '.join(RESOURCES)}.{hint}")
    return resource


def _timezone(table: TomlTable) -> str:
    if "timezone" not in table:
        return ""
    name = table.text("timezone")
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise CallError(f'`{table.at("timezone")}` must be a time zone, such as "America/New_York".') from None
    return name


def _join(table: TomlTable) -> Join:
    table.only("on", "to", "optional")
    return Join(table.path, table.text("on"), table.text("to", table.text("on")), table.flag("optional"))


def _leave_out(table: TomlTable) -> LeaveOut:
    table.only("column", "is", "missing", "reason")
    which = table.one_of("is", "missing")
    cells = table.texts("is") if which == "is" else None
    if which is None or cells == () or (which == "missing" and table.data["missing"] is not True):
        raise CallError(f"`{table.path}` needs `is = [values]` or `missing = true`.")
    return LeaveOut(table.path, table.text("column"), cells, table.text("reason"))
