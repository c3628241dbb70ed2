"""From items and recorded totals to the total that is used, in SQL, so that it works at any size.

The rules (the same for every instrument, with the instrument's own numbers):

- No total and no item: set aside, ``no score recorded``.
- All items answered: the total is their sum; a recorded total that differs is set aside.
- No more items missing than the instrument allows: the total is the mean of the answered items times the number of
  items, rounded half up, and flagged as prorated. A recorded total may equal it, or equal the plain sum of the answered
  items (which is too low, and is replaced); any other is set aside.
- More items missing: set aside, unless the suicide item alone is recorded beside a total (a common export); then the
  recorded total is used.
- An item or a total outside its range, or an item the scale does not have: set aside.
"""

from collections.abc import Callable, Mapping

from analysis.vocabulary.instruments import Instrument

REASONS = (
    "unknown instrument",
    "no score recorded",
    "item out of range",
    "total out of range",
    "too few items",
    "total disagrees with items",
)
"""Why a score is set aside."""

MOST_ITEMS = 23


def scoring_sql(instruments: Mapping[str, Instrument], *, source: str, items: int = MOST_ITEMS) -> str:
    """Write the query that scores every row of a table of scores.

    Parameters
    ----------
    instruments : mapping of str to Instrument
        The scales, by the name used in the data.
    source : str
        A relation with the columns ``row``, ``instrument``, ``total`` and ``item_1`` ... ``item_<items>`` (integers).
    items : int
        How many item columns the relation has; 0 when it has none.

    Returns
    -------
    str
        A query with one row for each row of the source: ``row, total, items_answered, prorated, reason``. ``reason`` is
        one of `REASONS` for a row to set aside, and NULL otherwise; ``total`` is NULL exactly when there is a reason.

    Examples
    --------
    >>> import duckdb
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> scores = "(SELECT 2 AS row, 'PHQ-9' AS instrument, 300 AS total)"
    >>> query = scoring_sql(default_definitions().instruments, source=scores, items=0)
    >>> duckdb.connect().execute(query).fetchall()
    [(2, None, 0, False, 'total out of range')]
    """
    scored = scored_rows_sql(instruments, source=source, items=items)
    return f"SELECT row, total, items_answered, prorated, _reason AS reason FROM ({scored})"


def scored_rows_sql(
    instruments: Mapping[str, Instrument], *, source: str, items: int = MOST_ITEMS, reasons: bool = True
) -> str:
    """Write the query that scores every row of a table of scores and keeps its other columns, in one pass.

    Parameters
    ----------
    instruments, source, items
        As for `scoring_sql`.
    reasons : bool
        Also find the reasons for which rows are set aside; without, only rows that are used may be asked for.

    Returns
    -------
    str
        The source's columns, with ``total`` the one that is used, and ``items_answered, prorated``; with ``_reason``
        if asked for.

    Examples
    --------
    >>> import duckdb
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> scores = "(SELECT 2 AS row, 'P1' AS patient_id, 'PHQ-9' AS instrument, 12 AS total)"
    >>> query = scored_rows_sql(default_definitions().instruments, source=scores, items=0)
    >>> duckdb.connect().execute(query).fetchall()
    [(2, 'P1', 'PHQ-9', 12, 0, False, None)]
    """
    scales = list(instruments.values())
    known = " ".join(f"WHEN {_quoted(name)} THEN {number}" for number, name in enumerate(instruments))

    def of_scale(each: Callable[[Instrument], str], otherwise: str) -> str:
        """Write what a scale's own numbers make of a row; scales that are alike in it share one branch."""
        alike: dict[str, list[int]] = {}
        for number, scale in enumerate(scales):
            alike.setdefault(each(scale), []).append(number)
        cases = " ".join(
            f"WHEN _scale IN ({', '.join(map(str, numbers))}) THEN {written}" for written, numbers in alike.items()
        )
        return f"CASE {cases} ELSE {otherwise} END" if cases else otherwise

    def own(scale: Instrument) -> list[str]:
        return [f"item_{k}" for k in range(1, min(scale.items, items) + 1)]

    def wrong(scale: Instrument) -> str:
        tops: dict[int, list[str]] = {}
        for item, top in zip(own(scale), scale.item_max, strict=False):
            tops.setdefault(top, []).append(item)
        # Of several items, the greatest and the least pass over those that are missing.
        tests = [f"greatest({', '.join(those)}) > {top}" for top, those in tops.items()]
        tests += [f"least({', '.join(own(scale))}) < 0"] if own(scale) else []
        others = [f"item_{k}" for k in range(scale.items + 1, items + 1)]
        tests += [f"coalesce({', '.join(others)}) IS NOT NULL"] if others else []
        return f"coalesce({' OR '.join(tests)}, false)" if tests else "false"

    def suicide(scale: Instrument) -> str:
        number = scale.suicide_item
        return f"item_{number} IS NOT NULL" if number and number <= items else "false"

    # Most forms have all items or none; only the others are counted item by item.
    whole = of_scale(lambda scale: " + ".join(own(scale)) or "NULL::INTEGER", "NULL::INTEGER")
    none = of_scale(lambda scale: f"coalesce({', '.join(own(scale))}) IS NULL" if own(scale) else "true", "true")
    all_own = of_scale(lambda scale: str(len(own(scale))), "0")
    answered = of_scale(lambda scale: " + ".join(f"({item} IS NOT NULL)::INTEGER" for item in own(scale)) or "0", "0")
    item_sum = of_scale(lambda scale: " + ".join(f"coalesce({item}, 0)" for item in own(scale)) or "0", "0")
    length = of_scale(lambda scale: str(scale.items), "0")
    needed = of_scale(lambda scale: str(scale.items - scale.missing_items_allowed), "1")
    scored = f"""SELECT *, CASE WHEN NOT _by_items THEN total WHEN items_answered = _items THEN _sum
      ELSE (2 * _sum * _items + items_answered) // (2 * items_answered) END::INTEGER AS _used
    FROM (
      SELECT *, items_answered >= {needed} AS _by_items
      FROM (
        SELECT *, {length} AS _items,
          CASE WHEN _whole IS NOT NULL THEN {all_own} WHEN {none} THEN 0 ELSE {answered} END AS items_answered,
          CASE WHEN _whole IS NOT NULL THEN _whole WHEN {none} THEN 0 ELSE {item_sum} END AS _sum
        FROM (
          SELECT *, {whole} AS _whole
          FROM (SELECT *, CASE instrument {known or "WHEN NULL THEN 0"} END AS _scale FROM {source})
        )
      )
    )"""
    own_columns = "_scale, _whole, _sum, _items, _by_items, _used"
    prorated = "_by_items AND items_answered < _items AS prorated"
    if not reasons:
        return f"SELECT * EXCLUDE ({own_columns}) REPLACE (_used AS total), {prorated} FROM ({scored})"
    highest = of_scale(lambda scale: str(scale.total_max), "0")
    return f"""SELECT * EXCLUDE (_reason, {own_columns}) REPLACE (CASE WHEN _reason IS NULL THEN _used END AS total),
  _reason IS NULL AND {prorated}, _reason
FROM (
  SELECT *, CASE
      WHEN _scale IS NULL THEN 'unknown instrument'
      WHEN {of_scale(wrong, "false")} THEN 'item out of range'
      WHEN total NOT BETWEEN 0 AND {highest} THEN 'total out of range'
      WHEN total IS NULL AND items_answered = 0 THEN 'no score recorded'
      WHEN _by_items AND total <> _used AND (items_answered = _items OR total <> _sum) THEN 'total disagrees with items'
      WHEN NOT _by_items AND items_answered > 0
        AND (total IS NULL OR NOT (items_answered = 1 AND {of_scale(suicide, "false")})) THEN 'too few items'
    END AS _reason
  FROM ({scored})
)"""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
