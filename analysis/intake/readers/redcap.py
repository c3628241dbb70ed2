"""REDCap: the raw export of a project as CSV, read with its data dictionary.

Events, arms and repeating instruments stay the columns ``redcap_event_name``, ``redcap_repeat_instrument`` and
``redcap_repeat_instance``; a checkbox field stays one column for each choice, ``field___1`` with 1 for ticked.
"""

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
    table = read_delimited(folder, file)
    columns = {column: fields.get(column.partition("___")[0]) for column in table.rows.columns}
    if not any(columns.values()):
        raise DataError(
            f"{file.path} has none of the fields of {file.dictionary}. Export the raw data, with the names of the "
            "fields and not their labels, and the dictionary of the same project."
        )
    for column in file.keep:
        if column not in columns:
            hint = nearest_name(column, list(columns))
            raise DataError(f"{file.path} has no column '{column}', which `files.{file.name}.keep` names.{hint}")
    forms = {field.form for field in fields.values()}
    record = next(iter(fields))
    refused, spare = {}, {}
    for column, field in columns.items():
        reason = _refusal(column, field)
        if reason and column not in {record, *file.keep}:
            refused[column] = reason
        elif passed := _passed_over(column, field, forms, file.rows):
            spare[column] = passed
    left_out = _other_rows(table.rows, columns, forms, file, record) if file.rows else {}
    return replace(table, rows=table.rows.drop(columns=list(refused)), left_out=left_out, spare=spare, refused=refused)


def _dictionary(folder: Path, file: SourceFile) -> dict[str, Field]:
    if not (folder / file.dictionary).is_file():
        raise DataError(
            f"{file.dictionary}: there is no such file in {folder.name} (`files.{file.name}.dictionary`). "
            "Download the data dictionary of the project as CSV."
        )
    rows = read_delimited(folder, replace(file, path=file.dictionary, delimiter=",")).rows
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
    rows: pd.DataFrame, columns: dict[str, Field | None], forms: set[str], file: SourceFile, record: str
) -> dict[object, str]:
    """Give the reason for each row that does not hold the instrument: of another one, or nothing filled in."""
    if file.rows not in forms:
        hint = nearest_name(file.rows, sorted(forms))
        raise DataError(f"{file.dictionary} has no instrument '{file.rows}' (`files.{file.name}.rows`).{hint}")
    repeated = rows[REPEATED] if REPEATED in rows else pd.Series("", index=rows.index)
    own = [column for column, field in columns.items() if field and field.form == file.rows and column != record]
    filled = rows[own] != ""
    # A box that is not ticked is 0 in the export also where the form was never opened.
    boxes = [column for column in own if "___" in column]
    filled[boxes] &= rows[boxes] != "0"
    reasons = {}
    for row in rows.index[(repeated != file.rows) & ~((repeated == "") & filled.any(axis="columns"))]:
        reasons[row] = f"nothing of {file.rows} in this row" if repeated[row] == "" else "row of another instrument"
    return reasons
