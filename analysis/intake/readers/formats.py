"""Which reader reads which file."""

from collections.abc import Callable
from pathlib import Path

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.columnar import read_columnar
from analysis.intake.readers.delimited import read_delimited
from analysis.intake.readers.fhir import read_fhir
from analysis.intake.readers.redcap import read_redcap
from analysis.intake.readers.redcap_api import read_redcap_api
from analysis.intake.readers.remotes import Remotes
from analysis.intake.readers.sdtm import read_sdtm
from analysis.intake.readers.source_table import SourceTable
from analysis.intake.readers.sql import read_sql
from analysis.intake.readers.statistical import read_statistical
from analysis.intake.readers.workbook import read_workbook
from analysis.vocabulary.errors import DataError, nearest_name

READERS: dict[str, Callable[[Path, SourceFile], SourceTable]] = {
    "text": read_delimited,
    "xlsx": read_workbook,
    "parquet": read_columnar,
    "spss": read_statistical,
    "sas": read_statistical,
    "xport": read_statistical,
    "stata": read_statistical,
    "redcap": read_redcap,
    "fhir": read_fhir,
    "sdtm": read_sdtm,
}
REMOTE_READERS: dict[str, Callable[[Path, SourceFile, Remotes], SourceTable]] = {
    "redcap-api": read_redcap_api,
    "sql": read_sql,
}
FOLDERS = {"parquet", "fhir"}

# How files of another kind begin. The old Excel format and an encrypted workbook begin alike.
KINDS = {
    b"PK\x03\x04": ("an Excel workbook or another zip archive", {"xlsx"}),
    b"\xd0\xcf\x11\xe0": ("an Excel workbook in the old format, or one with a password", set()),
    b"PAR1": ("Parquet", {"parquet"}),
    b"$FL2": ("an SPSS file", {"spss"}),
    b"$FL3": ("an SPSS file", {"spss"}),
    b"%PDF": ("a PDF", set()),
}


def read_table(folder: Path, file: SourceFile, remotes: Remotes | None = None) -> SourceTable:
    """Read a file with the reader of its format.

    Parameters
    ----------
    folder : Path
        Where the files are.
    file : SourceFile
    remotes : Remotes, optional
        The servers and databases of the import.

    Returns
    -------
    SourceTable

    Raises
    ------
    DataError
        The file is not there, empty, of another kind, or its reader refuses it.
    """
    if remotes is not None and file.format in REMOTE_READERS:
        return REMOTE_READERS[file.format](folder, file, remotes)
    path = folder / file.path
    if not path.is_file() and not (path.is_dir() and file.format in FOLDERS):
        near = nearest_name(
            file.path, sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
        )
        raise DataError(f"{file.path}: there is no such file in {folder.name} (`files.{file.name}.path`).{near}")
    try:
        if path.is_file():
            _check_kind(path, file)
        return READERS[file.format](folder, file)
    except OSError as error:
        raise DataError(f"{file.path}: the file cannot be read ({error.strerror}).") from None


def _check_kind(path: Path, file: SourceFile) -> None:
    with path.open("rb") as stream:
        start = stream.read(4)
    if not start and file.format not in {"text", "redcap"}:
        raise DataError(f"{file.path} is empty; export it again.")
    for mark, (kind, formats) in KINDS.items():
        if start == mark and file.format not in formats:
            # A workbook may carry the ending of a text file, and an encrypted one that of a workbook.
            remedy = f'Set `files.{file.name}.format = "{min(formats)}"`.' if formats else "Save it as .xlsx or .csv."
            if start == b"\xd0\xcf\x11\xe0":
                remedy = "Save it as .xlsx without a password."
            raise DataError(f"{file.path} is {kind}, not {file.format}. {remedy}")
