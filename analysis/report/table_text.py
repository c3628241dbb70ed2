"""Tables as CSV text that reads back to the same numbers, and that a spreadsheet does not take for formulas."""

import csv
import io
import re

import pandas as pd

_FORMULA = re.compile(r"\s*[=+\-@\t\r\0\uFF1D\uFF0B\uFF0D\uFF20]")


def table_text(table: pd.DataFrame) -> str:
    r"""Write a table as CSV: UTF-8 text with line feeds, numbers in full, a missing value as an empty cell.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    str

    Notes
    -----
    A text (also a heading) that begins like a formula gets a leading ``'``. Numbers are left as they are: a change of
    -6 begins with a minus and is no formula.

    Examples
    --------
    >>> table_text(pd.DataFrame({"clinic_id": ["=cmd()"], "change": [-6], "estimate": [1 / 3]}))
    "clinic_id,change,estimate\n'=cmd(),-6,0.3333333333333333\n"
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([_guarded(str(name)) for name in table.columns])
    columns = [[_written(value) for value in table[name]] for name in table.columns]
    writer.writerows(zip(*columns, strict=True))
    return buffer.getvalue()


def _written(value: object) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return ""
    if isinstance(value, str):
        return _guarded(value)
    if isinstance(value, float):
        return repr(float(value))
    return str(value)


def _guarded(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text
