"""Files of statistics programs: SPSS (.sav), Stata (.dta), SAS (.sas7bdat, and the transport format .xpt)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.source_table import SourceTable, check_names, plain_text
from analysis.vocabulary.errors import DataError

PROGRAMS: dict[str, tuple[str, Callable[..., tuple[pd.DataFrame, Any]]]] = {
    "spss": ("an SPSS file (.sav)", pyreadstat.read_sav),
    "stata": ("a Stata file (.dta)", pyreadstat.read_dta),
    "sas": ("a SAS file (.sas7bdat)", pyreadstat.read_sas7bdat),
    "xport": ("a SAS transport file (.xpt)", pyreadstat.read_xport),
}
TRANSPORT_RECORD = 80


def read_statistical(folder: Path, file: SourceFile) -> SourceTable:
    """Read a file of SPSS, Stata or SAS.

    Parameters
    ----------
    folder : Path
    file : SourceFile
        With ``labels``, a value that has a label is read as the label, otherwise as the code. ``encoding`` overrides
        what the file says of itself.

    Returns
    -------
    SourceTable
        Rows numbered as if a header stood above them. Values that the file declares missing are empty; dates are ISO.

    Raises
    ------
    DataError
        The file is damaged, cut off, or of another kind.
    """
    path = folder / file.path
    kind, read = PROGRAMS[file.format]
    options: dict[str, Any] = {"encoding": file.encoding} if file.encoding else {}
    if file.labels:
        options |= {"apply_value_formats": True, "formats_as_category": False}
    try:
        cells, meta = read(str(path), **options)
    except OSError:
        raise
    except Exception:  # The library raises whatever it stumbles over in a damaged file.
        raise DataError(
            f"{file.path} is damaged, or is not {kind}, or its text is in another encoding than it says "
            f"(`files.{file.name}.encoding`). Export it again."
        ) from None
    short = file.format == "xport" and path.stat().st_size % TRANSPORT_RECORD
    if short or (meta.number_rows is not None and meta.number_rows != len(cells)):
        raise DataError(f"{file.path} is cut off; export it again.")
    names = [str(name).strip() for name in cells.columns]
    check_names(names, file.path)
    # Stata's `float` holds about seven digits; with more, 0.1 would be read as 0.100000001490116.
    single = {name for name, stored in meta.readstat_variable_types.items() if stored == "float"}
    texts = {name: _texts(cells[column], single=column in single) for name, column in zip(names, cells, strict=True)}
    return SourceTable(pd.DataFrame(texts, index=pd.RangeIndex(2, len(cells) + 2), dtype="str"))


def _texts(column: pd.Series, *, single: bool) -> list[str]:
    if single and column.dtype.kind == "f":
        return [plain_text(float(str(np.float32(value)))) for value in column]
    return [plain_text(value) for value in column]
