"""From text to typed values, strictly, as SQL: what is not properly a number or a date stays text, apart.

A table's cells become the columns ``v0``, ``v1`` ... (typed where the layout gives a type, trimmed text elsewhere; an
empty cell is NULL) and ``odd``: NULL in nearly every row, otherwise the texts of the typed columns that are not proper
values, in the order of those columns.
"""

from collections.abc import Sequence

from analysis.intake.schema import SQL_TYPES

TYPED = ("integer", "number", "date", "boolean")
"""The kinds of column that are more than text."""

_SMALL_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT")
_LARGE_WHOLE = ("BIGINT", "UINTEGER")
_NATIVE = {
    "integer": (*_SMALL_WHOLE, *_LARGE_WHOLE, "DOUBLE"),
    "number": (*_SMALL_WHOLE, *_LARGE_WHOLE, "DOUBLE"),
    "date": ("DATE",),
    "boolean": ("BOOLEAN",),
}
_CAST_FIRST = {"integer": "", "number": "isfinite({value}) AND ", "date": "length({text}) = 10 AND "}
"""DuckDB's own cast takes 1.5 for 2, 0x1F for 31 and 'epoch' for a date. It is believed where the value, written as
text, is the text again (and this holds too), which is nearly always; every other text is looked at closely."""

_MOST, _LEAST = 2**31 - 1, -(2**31)
_WHOLE = "[+-]?[0-9]+([.]0*)?"
_NUMBER = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
_ISO_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]00:00:00([.]0+)?)?"


def is_native(kind: str, sql_type: str) -> bool:
    """Say whether a column of a DuckDB type needs no reading as text to become a column of a kind.

    Examples
    --------
    >>> is_native("integer", "BIGINT"), is_native("integer", "VARCHAR"), is_native("id", "BIGINT")
    (True, False, True)
    """
    return kind not in TYPED or sql_type in _NATIVE[kind]


def values_sql(
    kinds: Sequence[str], cells: Sequence[tuple[str, str]], source: str, *, row: str = "", trimmed: bool = False
) -> str:
    """Write the query that types a table's cells.

    Parameters
    ----------
    kinds : sequence of str
        The kind of each column, as in the layout.
    cells : sequence of tuple of str and str
        SQL for the cell of each column in the source, and its DuckDB type. Texts need not be trimmed.
    source : str
        What stands after FROM.
    row : str
        SQL for the number of the row, where it comes along.
    trimmed : bool
        The texts are trimmed already, and none is empty.

    Returns
    -------
    str
        A query with ``row`` (if asked for), ``v0``, ``v1`` ... and ``odd``, in the order of the source.

    Examples
    --------
    >>> import duckdb
    >>> rows = "(VALUES (' P1', '3'), ('P2', '4.0'), ('P3', '1.5'), ('', NULL)) AS rows(id, day)"
    >>> query = values_sql(["id", "integer"], [("id", "VARCHAR"), ("day", "VARCHAR")], rows)
    >>> duckdb.connect().execute(query).fetchall()
    [('P1', 3, None), ('P2', 4, None), ('P3', None, ['1.5']), (None, None, None)]
    """
    read = [f"CAST({row} AS INTEGER) AS row"] if row else []
    cast, values, left, apart = [], [], [], []
    for number, (kind, (cell, sql_type)) in enumerate(zip(kinds, cells, strict=True)):
        native = kind in TYPED and is_native(kind, sql_type)
        # A missing floating-point number is NaN in many files.
        may_be_nan = native and sql_type == "DOUBLE"
        read.append(
            f"CASE WHEN NOT isnan({cell}) THEN {cell} END AS c{number}" if may_be_nan else f"{cell} AS c{number}"
        )
        text = _text(f"c{number}", sql_type)
        if native:
            values.append(f"{_native_sql(kind, sql_type, f'c{number}')} AS v{number}")
        elif kind in _CAST_FIRST:
            cast.append(f"TRY_CAST({text} AS {SQL_TYPES[kind]}) AS i{number}")
            believed = f"{_CAST_FIRST[kind].format(text=text, value=f'i{number}')}CAST(i{number} AS VARCHAR) = {text}"
            close = f"WHEN {text} IS NOT NULL THEN {value_sql(kind, text)}"
            values.append(f"CASE WHEN {believed} THEN i{number} {close} END AS v{number}")
        else:
            values.append(f"{text if trimmed and kind not in TYPED else value_sql(kind, text)} AS v{number}")
        if kind in TYPED:
            left.append(f"(v{number} IS NULL AND c{number} IS NOT NULL)")
            # A cell of spaces is left over here, and is empty when trimmed.
            apart.append(f"CASE WHEN v{number} IS NULL THEN nullif(trim({text}), '') END")
    odd = f"CASE WHEN {' OR '.join(left)} THEN [{', '.join(apart)}] END" if left else "CAST(NULL AS VARCHAR[])"
    names = ", ".join([*["row"][: bool(row)], *(f"v{number}" for number in range(len(kinds)))])
    query = f"SELECT {', '.join(read)} FROM {source}"
    query = f"SELECT {', '.join(['*', *cast])} FROM ({query})"
    query = f"SELECT {', '.join(['*', *values])} FROM ({query})"
    return f"SELECT {names}, {odd} AS odd FROM ({query})"


def _text(cell: str, sql_type: str) -> str:
    return cell if sql_type == "VARCHAR" else f"CAST({cell} AS VARCHAR)"


def _native_sql(kind: str, sql_type: str, cell: str) -> str:
    """Write the same value as `value_sql` gives for the cell as text, without the text."""
    if kind == "integer" and sql_type in _LARGE_WHOLE:
        clipped = f"CASE WHEN {cell} > {_MOST} THEN {_MOST} WHEN {cell} < {_LEAST} THEN {_LEAST} ELSE {cell} END"
        return f"CAST({clipped} AS INTEGER)"
    if kind == "integer" and sql_type == "DOUBLE":
        # Whether a larger one has an exponent when written decides: as text it is whole without one only.
        whole = f"{cell} = trunc({cell}) AND abs({cell}) <= {_MOST}"
        return f"CASE WHEN {whole} THEN CAST({cell} AS INTEGER) ELSE {value_sql('integer', _text(cell, sql_type))} END"
    if kind == "number" and sql_type == "DOUBLE":
        return f"CASE WHEN isfinite({cell}) THEN {cell} END"
    if kind == "date":
        return f"CASE WHEN {cell} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN {cell} END"
    return f"CAST({cell} AS {SQL_TYPES[kind]})"


def value_sql(kind: str, text: str) -> str:
    """Write the value of a text: typed, or NULL where it is not a proper value of its kind.

    Parameters
    ----------
    kind : str
        As in the layout.
    text : str
        SQL for the text, not yet trimmed.

    Returns
    -------
    str
        A number too large for its column becomes the largest or smallest there is, which no range allows.
    """
    trimmed = f"trim({text})"
    if kind == "integer":
        large = f"TRY_CAST({trimmed} AS BIGINT)"
        clipped = f"CASE WHEN {large} > 0 THEN {_MOST} WHEN {large} < 0 THEN {_LEAST} END"
        value = f"coalesce(TRY_CAST({trimmed} AS INTEGER), {clipped})"
        return f"CASE WHEN regexp_full_match({trimmed}, '{_WHOLE}') THEN {value} END"
    if kind == "number":
        most = "1.7976931348623157e308"
        clipped = f"least(greatest(TRY_CAST({trimmed} AS DOUBLE), -{most}), {most})"
        return f"CASE WHEN regexp_full_match({trimmed}, '{_NUMBER}') THEN {clipped} END"
    if kind == "date":
        return f"CASE WHEN regexp_full_match({trimmed}, '{_ISO_DATE}') THEN TRY_CAST({trimmed}[:10] AS DATE) END"
    if kind == "boolean":
        return f"CASE lower({trimmed}) WHEN 'true' THEN true WHEN 'false' THEN false END"
    return f"nullif({trimmed}, '')"
