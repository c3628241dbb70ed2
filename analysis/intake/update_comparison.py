"""What an update changes: two datasets compared row by row, by the key of each table, in DuckDB.

*Rows* are the used rows of a dataset, and values are compared as what they mean (1.50 is 1.5, an empty status is
"given"). A row is added, vanished, unchanged, or changed: the same key, and another value in another column.

*A first treatment that moved.* Days count from the first treatment. When an earlier session is entered late, or the
first is cancelled, all days of that person shift, and no key is what it was. Such a person is recognised by the rows:
the shift under which most of the person's old rows are found again wholly the same (but for the day) is the one that
happened; no shift where that explains as many, the smallest among equals. It is looked for only in people some of
whose rows are not found as they were, and not where calendar dates show the same day 0. The old rows are then compared
with their days counted anew, and so are ``last_day`` and ``wait_days``. Columns that only one of the datasets fills in
do not count here.

*Periods.* Where both datasets have calendar dates, a row belongs to the quarter of its date (``date``, otherwise day 0
and the day), a patient to that of day 0. Where one has none, a day cannot be put into a quarter: a row belongs to the
year in which its person's treatment started, a referral to its own year. What has neither is ``unknown``. Rows before
and those vanished are counted in the period that the old dataset gives them, all others in that of the new one.

*People* are all who have a row in any table, by the period of their first treatment; changed are those whose first
treatment moved.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from analysis.intake.schema import TableLayout, layout_tables
from analysis.intake.update_snapshot import PEOPLE, Snapshot

UNKNOWN = "unknown"
MEMORY = "1GB"
ROW_COUNTS = ["before", "after", "added", "changed", "vanished", "unchanged"]

# A shift of day 0 changes the days of these columns: later days since day 0, fewer days until day 0.
_SHIFTED = {"patients": ("last_day", "+"), "referrals": ("wait_days", "-")}


@dataclass(frozen=True)
class Comparison:
    """Two datasets, compared.

    Attributes
    ----------
    rows : DataFrame
        ``table, period, before, after, added, changed, vanished, unchanged`` and ``lost``: the vanished rows whose
        person is still there. The people come first, as the table ``people``.
    columns : DataFrame
        ``table, column, before`` (filled cells of the rows that both have), ``changed`` (cells that differ), of which
        ``filled`` were empty before and ``emptied`` are empty now.
    dated : bool
        True when periods are quarters.
    """

    rows: pd.DataFrame
    columns: pd.DataFrame
    dated: bool

    @property
    def totals(self) -> pd.DataFrame:
        """The rows of each table, all periods together."""
        counts = self.rows.drop(columns="period").groupby("table", sort=False).sum()
        return counts.reset_index()


def compare_datasets(before: Snapshot, after: Snapshot, work: Path) -> Comparison:
    """Compare two datasets.

    Parameters
    ----------
    before, after : Snapshot
    work : Path
        A folder for the comparison's own file.

    Returns
    -------
    Comparison
    """
    dated = before.has_dates and after.has_dates
    with duckdb.connect(str(work / "comparison.duckdb"), config={"memory_limit": MEMORY}) as con:
        for name, snapshot in (("before", before), ("after", after)):
            con.execute(f"ATTACH '{str(snapshot.path).replace(chr(39), chr(39) * 2)}' AS {name} (READ_ONLY)")
        _find_moved(con, before, after, dated=dated)
        rows, columns = [_people(con, dated=dated)], []
        for table, layout in layout_tables().items():
            grouped = con.execute(_pairs_sql(layout, before, after, dated=dated)).df()
            rows.append(_row_counts(table, grouped))
            columns += list(_column_counts(table, grouped))
    return Comparison(
        pd.concat(rows, ignore_index=True),
        pd.DataFrame(columns, columns=["table", "column", "before", "changed", "filled", "emptied"]),
        dated,
    )


def _find_moved(con: duckdb.DuckDBPyConnection, before: Snapshot, after: Snapshot, *, dated: bool) -> None:
    """Make the table ``moved``: people whose first treatment moved, and by how many days their old days rise."""
    tables = [table for table, layout in layout_tables().items() if "day" in layout.key]
    for name in ("before", "after"):
        parts = []
        for place, table in enumerate(tables):
            shared = [column for column, cells in before.columns[table].items() if cells]
            shared = [column for column in shared if after.columns[table].get(column)]
            content = [f'"{column}"' for column in shared if column not in {"patient_id", "day"}]
            sign = f"hash({', '.join([str(place), *content])})"
            parts.append(f"SELECT patient_id, {place} AS place, day, {sign} AS sign FROM {name}.{table}")
        con.execute(f"CREATE VIEW {name}_rows AS {' UNION ALL '.join(parts)}")
    same_day0 = "old._at IS NOT DISTINCT FROM new._at AND old._at IS NOT NULL" if dated else "false"
    con.execute(
        "CREATE TABLE suspects AS SELECT DISTINCT patient_id "
        "FROM before_rows ANTI JOIN after_rows USING (patient_id, place, day, sign) WHERE patient_id IN "
        f"(SELECT patient_id FROM before.{PEOPLE} AS old JOIN after.{PEOPLE} AS new USING (patient_id) "
        f"WHERE NOT ({same_day0}))"
    )
    con.execute("""
        CREATE TABLE moved AS SELECT patient_id, shift FROM (
            SELECT patient_id, shift FROM (
                SELECT patient_id, new.day - old.day AS shift, count(*) AS same
                FROM suspects JOIN before_rows AS old USING (patient_id)
                JOIN after_rows AS new USING (patient_id, place, sign) GROUP BY ALL
            ) QUALIFY row_number() OVER (
                PARTITION BY patient_id ORDER BY same DESC, shift <> 0, abs(shift), shift DESC
            ) = 1
        ) WHERE shift <> 0
    """)


def _people(con: duckdb.DuckDBPyConnection, *, dated: bool) -> pd.DataFrame:
    grouped = con.execute(f"""
        SELECT {_period("old", dated=dated)} AS before_period, {_period("new", dated=dated)} AS after_period,
            CASE WHEN old.patient_id IS NULL THEN 'added' WHEN new.patient_id IS NULL THEN 'vanished'
                WHEN shift IS NOT NULL THEN 'changed' ELSE 'unchanged' END AS fate,
            false AS stays, count(*) AS rows
        FROM before.{PEOPLE} AS old FULL JOIN after.{PEOPLE} AS new ON old.patient_id = new.patient_id
        LEFT JOIN moved ON moved.patient_id = old.patient_id GROUP BY ALL
    """).df()
    return _row_counts(PEOPLE, grouped)


def _pairs_sql(layout: TableLayout, before: Snapshot, after: Snapshot, *, dated: bool) -> str:
    """Write the query that counts a table's rows by both periods, fate and whether the person stays, and its cells."""
    known = dict.fromkeys([*before.columns[layout.name], *after.columns[layout.name]])
    others = [column for column in known if column not in layout.key]
    old = {column: _value("old", column, before.columns[layout.name]) for column in others}
    new = {column: _value("new", column, after.columns[layout.name]) for column in others}
    differs = {column: f"{old[column]} IS DISTINCT FROM {new[column]}" for column in others}
    both = "old._present AND new._present"
    counts = [
        f"count(*) FILTER ({both} AND {condition}) AS {kind}_{number}"
        for number, column in enumerate(others)
        for kind, condition in (
            ("before", f"{old[column]} IS NOT NULL"),
            ("changed", differs[column]),
            ("filled", f"{old[column]} IS NULL AND {new[column]} IS NOT NULL"),
            ("emptied", f"{old[column]} IS NOT NULL AND {new[column]} IS NULL"),
        )
    ]
    names = ", ".join(f"'{column}'" for column in others)
    keys = " AND ".join(f"old.{column} = new.{column}" for column in layout.key)
    return f"""
        SELECT {_period("old", dated=dated)} AS before_period, {_period("new", dated=dated)} AS after_period,
            CASE WHEN old._present IS NULL THEN 'added' WHEN new._present IS NULL THEN 'vanished'
                WHEN {" OR ".join(differs.values())} THEN 'changed' ELSE 'unchanged' END AS fate,
            old._stays AS stays, count(*) AS rows, [{names}] AS names, {", ".join(counts)}
        FROM (
            SELECT was.* {_shifted(layout)}, true AS _present, was.patient_id IS NULL OR was.patient_id IN
                (SELECT patient_id FROM after.{PEOPLE}) AS _stays
            FROM before.{layout.name} AS was LEFT JOIN moved ON moved.patient_id = was.patient_id
        ) AS old
        FULL JOIN (SELECT *, true AS _present FROM after.{layout.name}) AS new ON {keys}
        GROUP BY ALL
    """


def _value(side: str, column: str, present: dict[str, int]) -> str:
    return f'{side}."{column}"' if column in present else "NULL"


def _shifted(layout: TableLayout) -> str:
    column, sign = _SHIFTED.get(layout.name, ("day", "+"))
    return f"REPLACE (was.{column} {sign} coalesce(moved.shift, 0) AS {column})"


def _period(side: str, *, dated: bool) -> str:
    quarter = f"year({side}._at) || 'Q' || quarter({side}._at)"
    return f"coalesce({quarter if dated else f'CAST({side}._year AS VARCHAR)'}, '{UNKNOWN}')"


def _row_counts(table: str, grouped: pd.DataFrame) -> pd.DataFrame:
    """Put the counted pairs into the periods they belong to: the old one for what was, the new one for what is."""
    was, now = grouped["fate"] != "added", grouped["fate"] != "vanished"
    chosen = {
        "before": (was, "before_period"),
        "after": (now, "after_period"),
        "added": (grouped["fate"] == "added", "after_period"),
        "changed": (grouped["fate"] == "changed", "after_period"),
        "vanished": (~now, "before_period"),
        "unchanged": (grouped["fate"] == "unchanged", "after_period"),
        "lost": (~now & grouped["stays"].eq(True), "before_period"),
    }
    counted = {name: grouped[rows].groupby(period)["rows"].sum() for name, (rows, period) in chosen.items()}
    counts = pd.DataFrame(counted, columns=list(chosen)).fillna(0).astype("int64").sort_index()
    counts = counts.rename_axis("period").reset_index()
    counts.insert(0, "table", table)
    return counts.astype({"table": "str", "period": "str"})


def _column_counts(table: str, grouped: pd.DataFrame) -> Iterator[tuple[str, str, int, int, int, int]]:
    names = grouped["names"].iloc[0] if len(grouped) else []
    for number, column in enumerate(names):
        before, changed, filled, emptied = (
            int(grouped[f"{kind}_{number}"].sum()) for kind in ("before", "changed", "filled", "emptied")
        )
        if before or changed:
            yield table, str(column), before, changed, filled, emptied
