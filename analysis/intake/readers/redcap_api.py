"""REDCap: a project straight from its server, through the API, read as the export of the same project is.

The token comes from the environment and goes to the server in an encrypted request; it stands in no message. Columns
that the data dictionary flags, and those that the mapping neither uses nor needs, are not asked for.
"""

import csv
import io
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.redcap import (
    Field,
    check_instrument,
    column_fate,
    dictionary_fields,
    project_table,
)
from analysis.intake.readers.remotes import Remotes
from analysis.intake.readers.source_table import SourceTable, check_names
from analysis.vocabulary.errors import CallError, DataError

if TYPE_CHECKING:
    import requests
    from redcap.project import Project

CONNECT_SECONDS, READ_SECONDS = 15, 600

_SIGNS = r"[0-9A-Za-z]{32}"
_NO_API = "the answer is not one of REDCap's API but something else, such as the page of a login. Is the address right?"
_GROUP = "redcap_data_access_group"


@dataclass(frozen=True)
class FetchedProject:
    """What all files of a mapping need of one project, in the memory of one import.

    ``unread`` are the columns that were not asked for.
    """

    records: SourceTable
    fields: dict[str, Field]
    unread: tuple[str, ...]


def read_redcap_api(folder: Path, file: SourceFile, remotes: Remotes) -> SourceTable:  # noqa: ARG001
    """Read a REDCap project from its server.

    Parameters
    ----------
    folder : Path
        Not used: nothing of a server is in the folder.
    file : SourceFile
        With ``url``, ``token_from``, ``rows`` and ``keep``.
    remotes : Remotes
        Files of the same project share one fetch.

    Returns
    -------
    SourceTable
        As of ``read_redcap``; rows are numbered as the server sent them, as if a header stood above them.

    Raises
    ------
    CallError
        The environment holds no token.
    DataError
        The server is not there, does not accept the token, gives no right to export, or answers with something else
        than records; the project does not have the instrument.
    """
    project = remotes.once(("redcap", file.url, file.token_from), lambda: _fetched(file, remotes))
    return project_table(project.records, project.fields, _named(file), unread=project.unread)


def _named(file: SourceFile) -> SourceFile:
    return replace(file, dictionary=f"the data dictionary of {file.path}")


def _fetched(file: SourceFile, remotes: Remotes) -> AbstractContextManager[FetchedProject]:
    """Fetch once what every file of this project needs."""
    files = [
        _named(each)
        for each in remotes.mapping.files.values()
        if each.format == "redcap-api" and (each.url, each.token_from) == (file.url, file.token_from)
    ]
    project = _project(file)
    with _faults(file):
        lines, names = project.metadata, project.export_field_names()
    fields = dictionary_fields(_text_table(lines, file), _named(file))
    columns = _export_columns(fields, _text_table(names, file))
    for each in files:
        check_instrument(fields, each)
    used = {each.name: remotes.used_columns(each.name) for each in files}
    needed = {column for each in files for column in columns if _is_needed(column, fields, each, used[each.name])}
    anywhere = set().union(*used.values())
    with _faults(file):
        text = project.export_records(
            format_type="csv",
            fields=list(dict.fromkeys(columns[column] for column in columns if column in needed)),
            event_name="unique",
            export_survey_fields=any(column.removesuffix("_timestamp") != column for column in anywhere - set(columns)),
            export_data_access_groups=_GROUP in anywhere,
        )
    records = _records(text, next(iter(fields)), file)
    _refuse_gaps([column for column in columns if column in needed and column not in records.rows], file)
    unread = tuple(column for column in columns if column not in records.rows)
    return nullcontext(FetchedProject(records, fields, unread))


def _project(file: SourceFile) -> "Project":
    from redcap.project import Project  # noqa: PLC0415

    token = os.environ.get(file.token_from, "").strip()
    if not token:
        raise CallError(
            f"`files.{file.name}.token_from`: the environment variable {file.token_from} is not set. "
            "Put the token of the project into it."
        )
    if not re.fullmatch(_SIGNS, token):  # PyCap would show it in its own complaint.
        raise CallError(
            f"`files.{file.name}.token_from`: what the environment variable {file.token_from} holds is not the token "
            "of a REDCap project, which has 32 letters and digits."
        )
    # A redirect would take the token elsewhere, and so would a proxy on the way to this very machine.
    options: dict[str, Any] = {"proxies": {"http": None, "all": None}} if file.url.startswith("http:") else {}
    return Project(
        file.url,
        token,
        timeout=(CONNECT_SECONDS, READ_SECONDS),
        allow_redirects=False,
        hooks={"response": _check_answer(file)},
        **options,
    )


def _check_answer(file: SourceFile) -> Any:
    def check(response: "requests.Response", **_: Any) -> None:
        response.encoding = "utf-8"
        if response.status_code != 200:
            raise DataError(f"{file.path}: {_refusal_of(response)}")

    return check


def _refusal_of(response: "requests.Response") -> str:
    """Say what a refusal means. What the server wrote is looked into and not shown."""
    said = response.text[:2000].lower()
    status = response.status_code
    if 300 <= status < 400:
        return "the address leads on to another one; give that of the API itself as `url`."
    if "privileges" in said or "export rights" in said:
        return "the token's user has no right to export data. Ask for API Export and Data Export rights in the project."
    if status in {401, 403} or "permissions to use the api" in said or "invalid token" in said:
        return "the server does not accept the token. Is it the one of this project, and still valid?"
    if status == 404:
        return "there is no REDCap API at this address (HTTP 404)."
    if status == 400:
        return "the server does not accept the request (HTTP 400). Is the project still in use, and the server current?"
    return f"the server cannot answer at the moment (HTTP {status}). Try again later."


@contextmanager
def _faults(file: SourceFile) -> Iterator[None]:
    """Say in one sentence what a server does that does not answer as it should; no text of its own is shown."""
    from requests import exceptions  # noqa: PLC0415

    try:
        yield
    except exceptions.Timeout:
        raise DataError(f"{file.path}: the server does not answer in time. Try again later.") from None
    except exceptions.SSLError:
        raise DataError(
            f"{file.path}: the connection cannot be encrypted, or the server's certificate is not trusted "
            "(REQUESTS_CA_BUNDLE can name your organisation's own). Nothing was sent."
        ) from None
    except exceptions.InvalidJSONError:
        raise DataError(f"{file.path}: {_NO_API}") from None
    except (exceptions.ConnectionError, exceptions.ChunkedEncodingError):
        raise DataError(
            f"{file.path}: the server cannot be reached, or broke off. Is the address right, and is this computer in "
            "the network that it needs?"
        ) from None
    except exceptions.RequestException:
        raise DataError(f"{file.path}: the server refuses the request, or its answer cannot be read.") from None


def _text_table(answer: Any, file: SourceFile) -> pd.DataFrame:
    """Return an answer, a list of records with plain values, as a table of texts."""
    if not isinstance(answer, list) or not all(isinstance(line, dict) for line in answer):
        raise DataError(f"{file.path}: {_NO_API}")
    return pd.DataFrame(answer).fillna("").astype("str").map(str.strip)


def _export_columns(fields: dict[str, Field], names: pd.DataFrame) -> dict[str, str]:
    """Return the columns of an export, each with the field to ask for: one for each choice of a checkbox field."""
    columns: dict[str, str] = {}
    told: dict[str, list[str]] = {}
    if {"original_field_name", "export_field_name"} <= set(names):
        for field, column in names[["original_field_name", "export_field_name"]].itertuples(index=False):
            told.setdefault(field, []).append(column)
    for name, field in fields.items():
        if field.type != "descriptive":
            columns |= dict.fromkeys(told.get(name, [name]), name)
    return columns | {f"{form}_complete": f"{form}_complete" for form in {field.form: 0 for field in fields.values()}}


def _is_needed(column: str, fields: dict[str, Field], file: SourceFile, used: set[str]) -> bool:
    """Say whether a column is asked for: what is used and, to tell which rows hold it, all of the chosen instrument."""
    if column == next(iter(fields)):
        return True
    refused, spare = column_fate(column, fields, file)
    if refused:
        return False
    field = fields.get(column.partition("___")[0])
    if file.rows and (column == f"{file.rows}_complete" or (field is not None and field.form == file.rows)):
        return True
    return column in used or column in file.keep or not (spare or column in file.drop)


def _records(text: object, record: str, file: SourceFile) -> SourceTable:
    """Read the records out of the server's CSV."""
    if not isinstance(text, str):
        raise DataError(f"{file.path}: {_NO_API}")
    if not text.strip():
        raise DataError(f"{file.path}: the server sends no record: there is none, or the token's user may see none.")
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(lines)]
    except csv.Error:
        header = []
    if record not in header:
        raise DataError(f"{file.path}: {_NO_API}")
    try:
        cells = [line for line in lines if line]
        whole = all(len(line) == len(header) for line in cells)
    except csv.Error:  # it ends inside quotes
        whole = False
    if not whole:
        raise DataError(f"{file.path}: the server's answer is cut off. Try again later.")
    check_names(header, file.path)
    rows = pd.DataFrame(cells, columns=header, index=pd.RangeIndex(2, len(cells) + 2), dtype="str")
    return SourceTable(rows.apply(lambda column: column.str.strip()))


def _refuse_gaps(absent: list[str], file: SourceFile) -> None:
    if absent:
        raise DataError(
            f"{file.path}: the server leaves out {', '.join(absent)}. Has the token's user the right to export "
            "the instruments that hold them?"
        )
