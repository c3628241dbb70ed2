"""From items and recorded totals to the total that is used, in SQL, so that it works at any size.

The rules, with each instrument's own numbers:

- No total and no item: set aside, ``no score recorded``.
- All items answered: the total is their sum; a recorded total that differs is set aside.
- No more items missing than the instrument allows: the total is the mean of the answered items times the number of
  items, rounded half up, and flagged as prorated. A recorded total may equal it, or equal the plain sum of the answered
  items (which is too low, and is replaced); any other is set aside.
- More items missing: set aside, unless the suicide item alone is recorded beside a total (a common export); then the
  recorded total is used.
- An item or a total outside its range, a total that no answers give, or an item the scale does not have: set aside.
- A scale with domains adds up the highest answer of each. A missing answer may have been the highest, so it is set
  aside, unless the answers are alternatives of which one is enough.
- A scale with a multiplier is counted multiplied, and so are recorded totals; one beside items that was not multiplied
  is replaced.
- A category is the highest one that an item was answered yes for. An item that the form skips may be blank; one that is
  answered yes all the same contradicts, and is set aside. So is a form whose missing answers could make the category a
  higher one, and a recorded total without items: it may be a sum.
"""

from collections.abc import Iterable, Mapping

from analysis.vocabulary.instruments import Instrument
from analysis.vocabulary.scoring_scales import scale_sql

REASONS = (
    "unknown instrument",
    "no score recorded",
    "item out of range",
    "answers contradict each other",
    "total of a category",
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
    written = [scale_sql(scale, items=items) for scale in scales]
    known = " ".join(f"WHEN {_quoted(name)} THEN {number}" for number, name in enumerate(instruments))

    def by_scale(texts: Iterable[str], otherwise: str) -> str:
        """Write what each scale's own text makes of a row; scales with the same text share one branch."""
        alike: dict[str, list[int]] = {}
        for number, text in enumerate(texts):
            alike.setdefault(text, []).append(number)
        alike.pop(otherwise, None)
        # A longer list would be looked up by a join.
        groups = [(text, those[k : k + 4]) for text, those in alike.items() for k in range(0, len(those), 4)]
        cases = " ".join(f"WHEN _scale IN ({', '.join(map(str, those))}) THEN {text}" for text, those in groups)
        return f"CASE {cases} ELSE {otherwise} END" if cases else otherwise

    # Most forms have all items or none; only the others are counted item by item.
    whole = by_scale((each.whole for each in written), "NULL::INTEGER")
    none = by_scale((each.none for each in written), "true")
    whole_answered = by_scale((each.whole_answered for each in written), "0")
    answered = by_scale((each.answered for each in written), "0")
    part = by_scale((each.part for each in written), "0")
    length = by_scale((each.length for each in written), "0")
    needed = by_scale((each.needed for each in written), "1")
    scored = f"""SELECT *, CASE WHEN NOT _by_items THEN total WHEN items_answered = _items THEN _sum
      ELSE (2 * _sum * _items + items_answered) // (2 * items_answered) END::INTEGER AS _used
    FROM (
      SELECT *, items_answered >= {needed} AS _by_items
      FROM (
        SELECT *, {length} AS _items,
          CASE WHEN _whole IS NOT NULL THEN {whole_answered} WHEN {none} THEN 0 ELSE {answered} END AS items_answered,
          CASE WHEN _whole IS NOT NULL THEN _whole WHEN {none} THEN 0 ELSE {part} END AS _sum
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
    lowest = by_scale((str(scale.total_min) for scale in scales), "0")
    highest = by_scale((str(scale.total_max) for scale in scales), "0")
    is_category = by_scale(("true" if scale.score_kind == "category" else "false" for scale in scales), "false")
    return f"""SELECT * EXCLUDE (_reason, {own_columns}) REPLACE (CASE WHEN _reason IS NULL THEN _used END AS total),
  _reason IS NULL AND {prorated}, _reason
FROM (
  SELECT *, CASE
      WHEN _scale IS NULL THEN 'unknown instrument'
      WHEN {by_scale((each.wrong_item for each in written), "false")} THEN 'item out of range'
      WHEN {by_scale((each.contradiction for each in written), "false")} THEN 'answers contradict each other'
      WHEN total IS NOT NULL AND items_answered = 0 AND {is_category} THEN 'total of a category'
      WHEN total NOT BETWEEN {lowest} AND {highest}
        OR {by_scale((each.impossible_total for each in written), "false")} THEN 'total out of range'
      WHEN total IS NULL AND items_answered = 0 THEN 'no score recorded'
      WHEN _by_items AND total <> _used AND (items_answered = _items OR total <> _sum)
        AND NOT {by_scale((each.raw_total for each in written), "false")} THEN 'total disagrees with items'
      WHEN NOT _by_items AND items_answered > 0 AND (total IS NULL OR NOT (items_answered = 1
        AND {by_scale((each.only_suicide for each in written), "false")})) THEN 'too few items'
    END AS _reason
  FROM ({scored})
)"""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
