"""The files of SDTM: one domain each, as CSV or SAS transport file, and the qualifiers that supplement them."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pandas as pd

from analysis.intake.mapping_grammar import Beside, SourceFile
from analysis.intake.readers.delimited import read_delimited
from analysis.intake.readers.source_table import check_names, row_list
from analysis.intake.readers.statistical import read_statistical
from analysis.vocabulary.errors import DataError

SUBJECT = "USUBJID"

QUALIFIER_READ = "a qualifier, read with its row"
QUALIFIER_ALONE = "a qualifier of a row that is not in the file"
QUALIFIER_UNASKED = "a qualifier that the mapping does not ask for"

_PROGRAMS = {".xpt": "xport", ".sas7bdat": "sas"}


def read_domain(folder: Path, file: SourceFile, code: str, path: str) -> pd.DataFrame:
    """Read one domain.

    Parameters
    ----------
    folder : Path
    file : SourceFile
        With ``missing``, ``delimiter`` and ``encoding``, which all of its files share.
    code : str
        The domain, such as ``EX``.
    path : str
        Where it is.

    Returns
    -------
    DataFrame
        Cells as text, empty where missing, by row number; column names in capitals.

    Raises
    ------
    DataError
        The file is not there, is no such domain, or cannot be read.
    """
    rows = _read(folder, file, code, path)
    _need(rows, path, code, SUBJECT)
    if "DOMAIN" in rows:
        others = rows.index[~rows["DOMAIN"].isin([code, ""])]
        if len(others):
            raise DataError(
                f"{path}, {row_list(others)}, column 'DOMAIN': rows of another domain than {code}. "
                f"Correct `files.{file.name}.domain`, or export one domain to a file."
            )
    return rows


def column_of(rows: pd.DataFrame, name: str) -> pd.Series:
    """Return a column, with empty cells where the file has none of this name."""
    return rows[name] if name in rows else pd.Series("", index=rows.index, dtype="str", name=name)


def number_texts(cells: pd.Series) -> pd.Series:
    """Write whole numbers in one way: SAS and other programs write the same 1 as ``1`` or ``1.0``.

    Examples
    --------
    >>> number_texts(pd.Series(["1.0", "1", "10", "PT1H"])).tolist()
    ['1', '1', '10', 'PT1H']
    """
    return cells.str.replace(r"\.0*$", "", regex=True)


def add_qualifiers(rows: pd.DataFrame, folder: Path, file: SourceFile, code: str) -> tuple[pd.DataFrame, pd.Series]:
    """Bring the qualifiers that the mapping asks for to the rows they qualify.

    Parameters
    ----------
    rows : DataFrame
        Of the domain, from `read_domain`.
    folder : Path
    file : SourceFile
    code : str
        The supplement, such as ``SUPPEX``.

    Returns
    -------
    tuple of DataFrame and Series
        The rows with one more column for each qualifier, and by row number of the supplement what became of it.

    Raises
    ------
    DataError
        The file is no supplement of the domain, or a row has two values of one qualifier.
    """
    beside = file.sdtm.beside[code] if file.sdtm else Beside("")
    path = beside.path
    extra = _read(folder, file, code, path)
    for name in (SUBJECT, "IDVAR", "IDVARVAL", "QNAM", "QVAL"):
        _need(extra, path, code, name)
    for name in beside.qualifiers:
        if name in rows:
            raise DataError(f"`files.{file.name}.with.{code}.qualifiers`: {name} is a column of the domain already.")
    others = extra.index[~column_of(extra, "RDOMAIN").isin([code.removeprefix("SUPP"), ""])]
    if len(others):
        raise DataError(f"{path}, {row_list(others)}, column 'RDOMAIN': rows for another domain than {code}.")
    fate = pd.Series(QUALIFIER_ALONE, index=extra.index, dtype="str")
    fate = fate.mask(~extra["QNAM"].isin(beside.qualifiers), QUALIFIER_UNASKED)
    extra = extra[fate == QUALIFIER_ALONE]
    repeated = extra.index[extra.duplicated([SUBJECT, "IDVAR", "IDVARVAL", "QNAM"], keep=False)]
    if len(repeated):
        raise DataError(f"{path}, {row_list(repeated)}: the same qualifier of the same row more than once.")
    rows = rows.assign(**dict.fromkeys(beside.qualifiers, ""))
    for pair, told in extra.groupby(["IDVAR", "QNAM"], sort=True):
        variable, name = map(str, pair)
        if variable and variable not in rows:
            continue
        key = rows[SUBJECT] + "\0" + (number_texts(rows[variable]) if variable else "")
        given = told[SUBJECT] + "\0" + (number_texts(told["IDVARVAL"]) if variable else "")
        values = pd.Series(told["QVAL"].array, index=given.array)
        rows[name] = rows[name].mask(key.isin(given), key.map(values[~values.index.duplicated()]))
        fate[told.index[given.isin(key).to_numpy()]] = QUALIFIER_READ
    return rows, fate


def _read(folder: Path, file: SourceFile, code: str, path: str) -> pd.DataFrame:
    if not (folder / path).is_file():
        raise DataError(f"{path}: there is no such file in {folder.name} (`files.{file.name}.with.{code}`).")
    program = _PROGRAMS.get(PurePosixPath(path).suffix.lower())
    if program:
        rows = read_statistical(folder, replace(file, path=path, format=program)).rows
    else:
        rows = read_delimited(folder, replace(file, path=path, encoding=file.encoding or "utf-8")).rows
    names = [str(name).upper() for name in rows.columns]
    check_names(names, path)
    rows = rows.set_axis(names, axis="columns")
    return rows.mask(rows.isin(file.missing), "") if file.missing else rows


def _need(rows: pd.DataFrame, path: str, code: str, name: str) -> None:
    if name not in rows:
        raise DataError(f"{path} has no column {name}; it is not the SDTM domain {code}.")
