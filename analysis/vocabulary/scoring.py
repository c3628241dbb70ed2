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

from collections.abc import Mapping

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
    queries = [_one_instrument(name, each, source, items) for name, each in instruments.items()]
    known = ", ".join(_quoted(name) for name in instruments)
    queries.append(
        f"SELECT row, NULL::INTEGER AS total, 0 AS items_answered, false AS prorated, 'unknown instrument' AS reason\n"
        f"FROM {source} WHERE instrument IS NULL OR instrument NOT IN ({known or 'NULL'})"
    )
    return "\nUNION ALL\n".join(queries)


def _one_instrument(name: str, instrument: Instrument, source: str, items: int) -> str:
    own = [f"item_{k}" for k in range(1, min(instrument.items, items) + 1)]
    others = [f"item_{k}" for k in range(instrument.items + 1, items + 1)]
    answered = " + ".join(f"({item} IS NOT NULL)::INTEGER" for item in own) or "0"
    item_sum = " + ".join(f"coalesce({item}, 0)" for item in own) or "0"
    wrong = [f"{item} NOT BETWEEN 0 AND {top}" for item, top in zip(own, instrument.item_max, strict=False)]
    wrong += [f"{item} IS NOT NULL" for item in others]
    any_wrong = " OR ".join(f"coalesce({each}, false)" for each in wrong) or "false"
    suicide = f"item_{instrument.suicide_item}" if instrument.suicide_item in range(1, items + 1) else "NULL"
    n, allowed = instrument.items, instrument.missing_items_allowed
    return f"""SELECT row, CASE WHEN reason IS NULL THEN used END AS total, answered AS items_answered,
    reason IS NULL AND by_items AND answered < {n} AS prorated, reason
FROM (
  SELECT *, CASE
      WHEN wrong_item THEN 'item out of range'
      WHEN given NOT BETWEEN 0 AND {instrument.total_max} THEN 'total out of range'
      WHEN given IS NULL AND answered = 0 THEN 'no score recorded'
      WHEN by_items AND given <> used AND (answered = {n} OR given <> item_sum) THEN 'total disagrees with items'
      WHEN NOT by_items AND answered > 0 AND (given IS NULL OR NOT only_suicide_item) THEN 'too few items'
    END AS reason
  FROM (
    SELECT *, CASE WHEN by_items THEN (2 * item_sum * {n} + answered) // (2 * answered) ELSE given END::INTEGER AS used
    FROM (
      SELECT *, answered >= {n - allowed} AS by_items, answered = 1 AND {suicide} IS NOT NULL AS only_suicide_item
      FROM (
        SELECT *, total AS given, {answered} AS answered, {item_sum} AS item_sum, {any_wrong} AS wrong_item
        FROM {source} WHERE instrument = {_quoted(name)}
      )
    )
  )
)"""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
