"""What is said of rows that do not fit together in a table, by where they stand in the sources."""

import pandas as pd

from analysis.intake.readers.source_table import row_list
from analysis.vocabulary.errors import DataError


def stranger_error(table: str, file: str, path: str, rows: pd.Index) -> DataError:
    """Say that a row's patient is not in the table patients.

    Parameters
    ----------
    table, file, path : str
        The table, the source's name in the mapping, and its path.
    rows : Index
        Row numbers.

    Returns
    -------
    DataError
    """
    return DataError(
        f"{path}, {row_list(rows)}: the patient of a row for the table {table} is not in the table patients. Add the "
        f"patient to the source of patients, or leave the rows out by `files.{file}.join` and `leave_out`."
    )


def repeated_key_error(table: str, key: list[str], rows: dict[str, pd.Index]) -> DataError:
    """Say that rows have the same key.

    Parameters
    ----------
    table : str
    key : list of str
        Its columns.
    rows : dict of str to Index
        By the path of the source, row numbers; some may be named twice.

    Returns
    -------
    DataError
    """
    places = "; ".join(f"{path}, {row_list(numbers.unique())}" for path, numbers in rows.items())
    return DataError(
        f"{places}: the same {', '.join(key)} more than once in the table {table}. "
        f"Tell them apart by a further key column, leave one out, or give `tables.{table}.once_per`."
    )
