"""REDCap: the raw export of a project as CSV, read with its data dictionary.

Events, arms and repeating instruments stay the columns ``redcap_event_name``, ``redcap_repeat_instrument`` and
``redcap_repeat_instance``; a checkbox field stays one column for each choice, ``field___1`` with 1 for ticked.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.delimited import read_delimited
from analysis.intake.readers.source_table import SourceTable
from analysis.vocabulary.errors import DataError, nearest_name

REPEATED = "redcap_repeat_instrument"
IDENTIFYING = "identifier by the data dictionary"
FREE_TEXT = "free text by the data dictionary"
UPLOADED = "uploaded file by the data dictionary"

# How a text is validated tells a phone number, an address or a record number also where it is not flagged.
IDENTIFYING_TEXTS = ("phone", "email", "ssn", "mrn")
FREE_TYPES = {"notes": FREE_TEXT, "file": UPLOADED, "signature": UPLOADED}

# Columns that REDCap adds to the fields: which row it is, and what the server notes about it.
SYSTEM = ("redcap_event_name", REPEATED, "redcap_repeat_instance", "redcap_data_access_group")
SURVEY_IDENTIFIER = "redcap_survey_identifier"

# The headings of a dictionary downloaded from the project, and those of one fetched through the API.
HEADINGS = {
    "name": ("Variable / Field Name", "field_name"),
    "form": ("Form Name", "form_name"),
    "type": ("Field Type", "field_type"),
    "validation": ("Text Validation Type OR Show Slider Number", "text_validation_type_or_show_slider_number"),
    "identifier": ("Identifier?", "identifier"),
}


@dataclass(frozen=True)
class Field:
    """One line of the data dictionary."""

    name: str
    form: str
    type: str
    validation: str
    identifier: bool


def read_redcap(folder: Path, file: SourceFile) -> SourceTable:
    """Read a REDCap export.

    Parameters
    ----------
    folder : Path
    file : SourceFile
        With ``dictionary``, ``rows`` (an instrument: only the rows that hold it) and ``keep`` (columns that the
        dictionary flags and the mapping uses all the same).

    Returns
    -------
    SourceTable
        Identifiers, notes and uploaded files are refused, but for the record's own number, the first field. Text
        without validation, the status of forms, columns of other instruments and REDCap's own may be passed over.

    Raises
    ------
    DataError
        The files do not belong together, or there is no such instrument.
    """
    fields = _dictionary(folder, file)
    return project_table(read_delimited(folder, file), fields, file)


def project_table(
    table: SourceTable, fields: dict[str, Field], file: SourceFile, *, unread: Collection[str] = ()
) -> SourceTable:
    """Choose the columns and rows of a project's records, as its data dictionary and the mapping say.

    Parameters
    ----------
    table : SourceTable
        The records.
    fields : dict of str to Field
        The data dictionary.
    file : SourceFile
    unread : collection of str
        Columns of the project that were not asked for: refused, dropped or passed over.

    Returns
    -------
    SourceTable
        As of `read_redcap`.

    Raises
    ------
    DataError
        The records are not of this dictionary, or there is no such instrument.
    """
    columns = {column: fields.get(column.partition("___")[0]) for column in table.rows.columns}
    if not any(columns.values()):
        raise DataError(
            f"{file.path} has none of the fields of {file.dictionary}. Export the raw data, with the names of the "
            "fields and not their labels, and the dictionary of the same project."
        )
    for column in file.keep:
        if column not in columns:
            hint = nearest_name(column, [*columns, *unread])
            raise DataError(f"{file.path} has no column '{column}', which `files.{file.name}.keep` names.{hint}")
    refused, spare = {}, {}
    for column in columns:
        reason, spared = column_fate(column, fields, file)
        if reason:
            refused[column] = reason
        elif spared:
            spare[column] = spared
    left_out = _other_rows(table.rows, fields, file, unread) if file.rows else {}
    rows = table.rows.drop(columns=list(refused))
    for column in unread:
        refused[column] = next(filter(None, column_fate(column, fields, file)), file.drop.get(column, ""))
    return replace(table, rows=rows, left_out=left_out, spare=spare, refused=refused)


def column_fate(column: str, fields: dict[str, Field], file: SourceFile) -> tuple[str, str]:
    """Say why a column of a project is refused, and why it may be passed over.

    Parameters
    ----------
    column : str
    fields : dict of str to Field
        The data dictionary.
    file : SourceFile

    Returns
    -------
    tuple of str
        Both are empty for a column that has to be used or dropped.
    """
    field = fields.get(column.partition("___")[0])
    reason = "" if column in {next(iter(fields)), *file.keep} else _refusal(column, field)
    return reason, "" if reason else _passed_over(column, field, {each.form for each in fields.values()}, file.rows)


def check_instrument(fields: dict[str, Field], file: SourceFile) -> None:
    """Refuse ``rows`` that names no instrument of the data dictionary.

    Parameters
    ----------
    fields : dict of str to Field
    file : SourceFile

    Raises
    ------
    DataError
    """
    forms = {field.form for field in fields.values()}
    if file.rows and file.rows not in forms:
        hint = nearest_name(file.rows, sorted(forms))
        raise DataError(f"{file.dictionary} has no instrument '{file.rows}' (`files.{file.name}.rows`).{hint}")


def _dictionary(folder: Path, file: SourceFile) -> dict[str, Field]:
    if not (folder / file.dictionary).is_file():
        raise DataError(
            f"{file.dictionary}: there is no such file in {folder.name} (`files.{file.name}.dictionary`). "
            "Download the data dictionary of the project as CSV."
        )
    return dictionary_fields(read_delimited(folder, replace(file, path=file.dictionary, delimiter=",")).rows, file)


def dictionary_fields(rows: pd.DataFrame, file: SourceFile) -> dict[str, Field]:
    """Read the lines of a data dictionary.

    Parameters
    ----------
    rows : DataFrame
        Cells as text, with the headings of a dictionary downloaded from the project or fetched from its server.
    file : SourceFile
        Whose dictionary it is.

    Returns
    -------
    dict of str to Field
        By the field's name; the first is the record's own number.

    Raises
    ------
    DataError
        It is no data dictionary, or an empty one.
    """
    found = {key: next((name for name in names if name in rows), None) for key, names in HEADINGS.items()}
    absent = [HEADINGS[key][0] for key, column in found.items() if column is None]
    if absent:
        raise DataError(f"{file.dictionary} is no REDCap data dictionary: it has no column '{absent[0]}'.")
    told = rows[list(found.values())].set_axis(list(found), axis="columns")
    fields = {
        name: Field(name, form, kind, validation, flag.lower() in {"y", "yes", "1"})
        for name, form, kind, validation, flag in told.to_numpy().tolist()
        if name
    }
    if not fields:
        raise DataError(f"{file.dictionary} lists no field; download the data dictionary again.")
    return fields


def _refusal(column: str, field: Field | None) -> str:
    if column == SURVEY_IDENTIFIER:
        return "names the person who answers a survey"
    if field is None:
        return ""
    if field.identifier or field.validation.startswith(IDENTIFYING_TEXTS):
        return IDENTIFYING
    return FREE_TYPES.get(field.type, "")


def _passed_over(column: str, field: Field | None, forms: set[str], chosen: str) -> str:
    if field is None:
        told = (
            column in SYSTEM or column.removesuffix("_complete") in forms or column.removesuffix("_timestamp") in forms
        )
        return "of REDCap itself; not used by the mapping" if told else ""
    if chosen and field.form != chosen:
        return f"of another instrument than {chosen}"
    if field.type == "text" and not field.validation:
        return f"{FREE_TEXT} (no validation); not used by the mapping"
    return ""


def _other_rows(
    rows: pd.DataFrame, fields: dict[str, Field], file: SourceFile, unread: Collection[str]
) -> dict[object, str]:
    """Give the reason for each row that does not hold the instrument: of another one, or nothing filled in."""
    check_instrument(fields, file)
    repeated = rows[REPEATED] if REPEATED in rows else pd.Series("", index=rows.index)
    record = next(iter(fields))
    names = {field.name for field in fields.values() if field.form == file.rows and field.name != record}
    filled = rows[[column for column in map(str, rows) if column.partition("___")[0] in names]] != ""
    # A box that is not ticked is 0 in the export also where the form was never opened.
    boxes = [column for column in map(str, filled) if "___" in column]
    filled[boxes] &= rows[boxes] != "0"
    status = f"{file.rows}_complete"
    if status in rows and any(column.partition("___")[0] in names for column in unread):
        # What was not asked for may be filled in; the status of the form tells that it was.
        filled[status] = rows[status].isin(["1", "2"])
    reasons = {}
    for row in rows.index[(repeated != file.rows) & ~((repeated == "") & filled.any(axis="columns"))]:
        reasons[row] = f"nothing of {file.rows} in this row" if repeated[row] == "" else "row of another instrument"
    return reasons
