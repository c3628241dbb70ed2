"""The cohort: sessions with their phases, courses, and scores with their outcomes, derived once and lazily.

The derivation stands in ``courses.sql`` and ``outcomes.sql``; the definitions come in as parameters.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import Any

import duckdb
import pandas as pd

from analysis.cohort.derived_tables import DERIVED, nullable
from analysis.cohort.engines import Engine, choose_engine
from analysis.cohort.statements import definition_values, run_statement, sql_statements, write_settings, write_table
from analysis.cohort.windows import Window
from analysis.intake.dataset import Dataset, rows_of_parts
from analysis.intake.partition import Partition, open_partition
from analysis.vocabulary.definitions import Definitions
from analysis.vocabulary.errors import CallError, nearest_name

MOST_ROWS = 1_000_000


def derive(
    dataset: Dataset,
    definitions: Definitions | None = None,
    *,
    engine: str = "local",
    scheduler: str | None = None,
    memory: str | None = None,
) -> "Cohort":
    """Derive courses, phases and outcomes from a dataset.

    Parameters
    ----------
    dataset : Dataset
        From `open_dataset`.
    definitions : Definitions, optional
        What the words mean; the dataset's own definitions when left out.
    engine : {"local", "dask"}
        Where the partitions of a large dataset are counted: on all cores of this machine, or on a Dask cluster.
    scheduler : str, optional
        The address of a Dask scheduler, such as ``tcp://10.0.0.5:8786``; a cluster on this machine when left out.
    memory : str, optional
        What the partitions that are counted at the same time may take, such as ``1GB``; a quarter of the machine when
        left out.

    Returns
    -------
    Cohort
        Nothing is computed until something is asked for.

    Raises
    ------
    CallError
        When what is given is not an open dataset, or for an engine or memory that makes no sense.
    """
    if not isinstance(dataset, Dataset):
        raise CallError("derive: a dataset is needed; open its folder with open_dataset(...).")
    chosen = choose_engine(engine, scheduler=scheduler, memory=memory)
    return Cohort(dataset, definitions or dataset.definitions, chosen)


@contextmanager
def derive_part(partition: Partition, definitions: Definitions, *, memory: int, threads: int) -> Iterator["Cohort"]:
    """Derive one partition, and let go of it afterwards.

    Parameters
    ----------
    partition : Partition
    definitions : Definitions
    memory : int
        Bytes for DuckDB.
    threads : int

    Yields
    ------
    Cohort
    """
    dataset = open_partition(partition, memory=memory, threads=threads)
    try:
        yield Cohort(dataset, definitions)
    finally:
        dataset.connect().close()


@dataclass(frozen=True, eq=False, repr=False)
class Cohort:
    """People in treatment: one row per course, per treatment session and per score.

    Attributes
    ----------
    courses, sessions, maintenance, outcomes : DataFrame
        The derived tables (columns in ``data/README.md``); up to a million rows, else use `table`.
    set_aside : DataFrame
        ``table, reason, rows``: what was read and is not used, by reason.
    """

    dataset: Dataset
    definitions: Definitions
    engine: Engine = field(default_factory=Engine)

    @cached_property
    def counted(self) -> dict[Any, dict[Any, pd.DataFrame]]:
        """What has been counted of this cohort so far (see `analysis.counts.engine`)."""
        return {}

    @property
    def courses(self) -> pd.DataFrame:
        """One row per course of treatment."""
        return self.table("courses")

    @property
    def sessions(self) -> pd.DataFrame:
        """One row per treatment session, with its course and phase."""
        return self.table("sessions")

    @property
    def maintenance(self) -> pd.DataFrame:
        """One row per course: how often maintenance sessions were given, and re-loading."""
        return self.table("maintenance")

    @property
    def outcomes(self) -> pd.DataFrame:
        """One row per usable score of a person in treatment, with its outcomes."""
        return self.table("outcomes")

    def table(
        self, name: str, *, columns: str | Sequence[str] | None = None, where: Mapping[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return a derived table, or a part of it.

        Parameters
        ----------
        name : {"courses", "sessions", "outcomes"}
        columns : str or sequence of str, optional
            Only these columns.
        where : mapping of str to value or list of values, optional
            Only rows whose column has this value (or one of these values).

        Returns
        -------
        DataFrame

        Raises
        ------
        CallError
            For an unknown table or column, or when the result has more than a million rows.
        """
        _known(name, list(DERIVED), "table")
        if self.dataset.in_parts:
            return self._table_of_parts(name, columns, where)
        relation, chosen, order = DERIVED[name]
        known = [row[0] for row in self.connection.execute(f"DESCRIBE SELECT {chosen} FROM {relation}").fetchall()]
        columns = [columns] if isinstance(columns, str) else columns
        for column in [*(columns or ()), *(where or ())]:
            _known(column, known, f"column of {name}")
        values = {
            column: [value] if isinstance(value, str) or not isinstance(value, Iterable) else list(value)
            for column, value in (where or {}).items()
        }
        conditions = " AND ".join(f'list_contains(${k}, "{k}")' for k in values) or "true"
        try:
            rows = self.connection.execute(f"SELECT count(*) FROM {relation} WHERE {conditions}", values).fetchone()
        except duckdb.Error:
            raise CallError("where: a value is of another type than its column.") from None
        _refuse_too_many(name, rows[0] if rows else 0)
        if columns:
            chosen = ", ".join(f'"{column}"' for column in columns)
        ordered = f"SELECT {chosen} FROM {relation} WHERE {conditions} ORDER BY {order}"
        return nullable(self.connection.execute(ordered, values).df())

    def _table_of_parts(
        self, name: str, columns: str | Sequence[str] | None, where: Mapping[str, Any] | None
    ) -> pd.DataFrame:
        asked = [columns] if isinstance(columns, str) else columns and list(columns)
        wanted = asked and list(dict.fromkeys(["patient_id", *asked]))
        found: list[pd.DataFrame] = []
        for part in self.parts():
            found.append(part.table(name, columns=wanted, where=where))
            _refuse_too_many(name, sum(map(len, found)))
        # A patient's rows are in one part and in order there.
        rows = rows_of_parts(found).sort_values("patient_id", kind="stable", ignore_index=True)
        return rows[asked] if asked else rows

    def parts(self) -> Iterator["Cohort"]:
        """Derive one partition after the other; each is let go of when the next is asked for.

        Yields
        ------
        Cohort
            Of one partition; this cohort itself when it is not laid out in partitions.
        """
        if not self.dataset.in_parts:
            yield self
            return
        for partition in self.dataset.partitions:
            with derive_part(
                partition, self.definitions, memory=self.engine.memory, threads=self.engine.workers
            ) as part:
                yield part

    @cached_property
    def set_aside(self) -> pd.DataFrame:
        """Rows that were read and are not used, by table and reason."""
        derived = pd.concat([part._not_derived() for part in self.parts()])
        derived = derived.groupby(["table", "reason"], as_index=False).sum()
        return pd.concat([self.dataset.set_aside, derived], ignore_index=True)

    def _not_derived(self) -> pd.DataFrame:
        """Count what the derivation leaves out, in one partition."""
        query = """
            SELECT 'sessions' AS "table", 'not a treatment (' || status || ')' AS reason, count(*)::INTEGER AS "rows"
            FROM sessions WHERE status NOT IN ('given', 'stopped-early') GROUP BY status
            UNION ALL
            SELECT 'scores', 'person never treated', count(*)::INTEGER FROM scores
            WHERE patient_id NOT IN (SELECT patient_id FROM people) HAVING count(*) > 0"""
        return self.connection.execute(query).df()

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The DuckDB connection that holds the derived tables.

        Raises
        ------
        CallError
            When the cohort is laid out in several partitions, which are never in memory together.
        """
        if self.dataset.in_parts:
            raise CallError(
                f"{self.dataset.name} is laid out in {len(self.dataset.partitions)} partitions, so there is no one "
                "connection: ask for cohort.table(..., where=...), or go through cohort.parts()."
            )
        connection = self.dataset.connect()
        write_settings(connection, self.definitions)
        values = definition_values(self.definitions) | {"data_cut": self.dataset.data_cut}
        for script in ("courses.sql", "outcomes.sql"):
            for statement in sql_statements(script):
                run_statement(connection, statement, values)
        return connection

    def pick_scores(self, windows: Sequence[Window], instrument: str) -> str:
        """Pick one score for each course and window, each window once, and name the table that holds them.

        Parameters
        ----------
        windows : sequence of Window
        instrument : str

        Returns
        -------
        str
            A table with one row per course and window that has a score, of these windows and of earlier ones.
        """
        scale = self.scale_number(instrument)
        table, known = f"picked_scores_{scale}", self._picked.setdefault(instrument, set())
        if missing := [window for window in dict.fromkeys(windows) if window not in known]:
            self.ask_windows(missing)
            query = sql_statements("windows.sql")[0].format(scale=scale)
            into = f"INSERT INTO {table}" if known else f"CREATE TEMP TABLE {table} AS"
            values = {"hours_recall_days": self.definitions.windows.hours_recall_days}
            run_statement(self.connection, f"{into} {query}", values)
            known.update(missing)
        return table

    def scale_number(self, instrument: str) -> int:
        """Return the number of an instrument in the derived tables.

        Parameters
        ----------
        instrument : str

        Returns
        -------
        int
        """
        return list(self.definitions.instruments).index(instrument)

    def ask_windows(self, windows: Sequence[Window]) -> None:
        """Write the windows as the table ``asked_windows``, each with a number of its own.

        Parameters
        ----------
        windows : sequence of Window
        """
        write_table(
            self.connection,
            'asked_windows(number INTEGER, window_name VARCHAR, window_kind VARCHAR, "first" INTEGER, '
            '"last" INTEGER, nearest INTEGER, due_day INTEGER, session_number INTEGER, by_day INTEGER)',
            [
                (number, w.name, w.kind, w.first, w.last, w.nearest, w.due_day, w.session_number, w.by_day)
                for number, w in zip(map(self.window_number, windows), windows, strict=True)
            ],
        )

    def window_number(self, window: Window) -> int:
        """Return the number of a window in the derived tables.

        Parameters
        ----------
        window : Window

        Returns
        -------
        int
        """
        return self._window_numbers.setdefault(window, len(self._window_numbers))

    @cached_property
    def _window_numbers(self) -> dict[Window, int]:
        return {}

    @cached_property
    def _picked(self) -> dict[str, set[Window]]:
        return {}

    @cached_property
    def _summary(self) -> list[tuple[str, str]]:
        if self.dataset.in_parts:
            # A look at the cohort must not take minutes: nothing is derived for it.
            parts = f"{len(self.dataset.partitions):,}"
            return [("Dataset", self.dataset.name), ("Partitions", parts), ("Definitions", self.definitions.label)]
        counts = self.connection.execute(
            "SELECT count(DISTINCT patient), count(*), (SELECT count(*) FROM course_sessions), "
            "(SELECT count(*) FROM judged_scores) FROM courses"
        ).fetchone()
        patients, courses, sessions, scores = counts or (0, 0, 0, 0)
        return [
            ("Dataset", self.dataset.name),
            ("People treated", f"{patients:,}"),
            ("Courses", f"{courses:,}"),
            ("Treatment sessions", f"{sessions:,}"),
            ("Scores used", f"{scores:,}"),
            ("Definitions", self.definitions.label),
        ]

    def __repr__(self) -> str:
        return "Cohort\n" + "\n".join(f"  {label}: {value}" for label, value in self._summary)

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{escape(label)}</th><td>{escape(value)}</td></tr>' for label, value in self._summary
        )
        return f"<table><caption>Cohort</caption><tbody>{rows}</tbody></table>"


def _refuse_too_many(name: str, rows: int) -> None:
    if rows > MOST_ROWS:
        raise CallError(
            f"{name} has {rows:,} rows here, more than {MOST_ROWS:,}: ask for a part with "
            f"cohort.table('{name}', columns=..., where=...)."
        )


def _known(name: str, known: list[str], what: str) -> None:
    if name not in known:
        raise CallError(f"'{name}' is not a {what}.{nearest_name(name, known)}")
