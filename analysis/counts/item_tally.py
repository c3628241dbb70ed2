"""The tallies behind changes of single items: who could change and did, and from which answer to which."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import definition_values, run_statement, sql_statements
from analysis.cohort.windows import Window
from analysis.counts.groups import groups_in_sql
from analysis.counts.rung_counts import OutcomeSource, count_rungs, period_values
from analysis.vocabulary.instruments import Instrument
from analysis.vocabulary.periods import Period

CHANGES = ("improvement", "worsening")
TOTAL = 0
"""The number that stands for the total among the numbers of items."""


@dataclass(frozen=True)
class ItemTally:
    """The ladder of each item and change, of each patient's first course."""

    instrument: str
    items: tuple[int, ...]
    windows: tuple[Window, ...]
    by: tuple[str, ...]
    period: Period | None

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, the item's number, the change and the window."""
        return (*self.by, "item", "change", "window")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the ladder of each group, item, change and window that has anybody in it."""
        _read_answers(part, self.instrument, self.items, self.windows)
        rules = _item_rules(part.definitions.instruments[self.instrument], self.items)
        _, people, scores, _ = sql_statements("items.sql", "analysis.counts")
        source = OutcomeSource(people.format(item_rules=rules), scores.format(item_rules=rules))
        return count_rungs(
            part,
            source,
            {"changed": "changed"},
            instrument=self.instrument,
            by=self.by,
            period=self.period,
            also=("item", "change"),
        )


@dataclass(frozen=True)
class TransitionTally:
    """Those who started, by their answer to one item before treatment and in each window; first courses only."""

    instrument: str
    item: int
    windows: tuple[Window, ...]
    by: tuple[str, ...]
    period: Period | None

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, the window, and the two answers."""
        return (*self.by, "window", "before", "after")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the people of each group, window and pair of answers."""
        _read_answers(part, self.instrument, (self.item,), self.windows)
        best, _ = _range(part.definitions.instruments[self.instrument], self.item)
        chosen, rungs = sql_statements("ladder.sql", "analysis.counts")
        *_, pairs = sql_statements("items.sql", "analysis.counts")
        groups = [f"group_{name}" for name in self.by]
        everybody = "SELECT patient, course, true AS has_baseline, true AS is_over_entry FROM courses"
        started = rungs.format(
            source="chosen CROSS JOIN asked_windows", groups=groups_in_sql(self.by, part, self.instrument)
        )
        found = pairs.format(rungs=started, best=best, keys="".join(f"{group}, " for group in groups))
        keys = ", ".join([*groups, "window_name", '"before"', '"after"'])
        statement = f"""
            WITH chosen AS ({chosen.format(people=everybody, courses="course = 1", also="")})
            SELECT {keys}, count(*) AS people FROM ({found}) GROUP BY {keys}"""
        counts = run_statement(part.connection, statement, period_values(part, self.period)).df()
        return counts.set_axis([*self.keys, "people"], axis="columns")


def item_numbers(scale: Instrument) -> dict[str, int]:
    """Name the items of a scale that patients speak of, by their numbers; 0 is the total.

    Parameters
    ----------
    scale : Instrument

    Returns
    -------
    dict of str to int
        Its named items, and ``suicidal_thoughts`` where it has such an item.

    Examples
    --------
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> item_numbers(default_definitions().instruments["HAM-D17"])
    {'suicidal_thoughts': 3}
    """
    named = dict(scale.named_items)
    if scale.suicide_item is not None:
        named.setdefault("suicidal_thoughts", scale.suicide_item)
    return named


def least_change(scale: Instrument, item: int) -> int:
    """Return the points from which a change counts: one step of an item; of the total the scale's own points.

    Parameters
    ----------
    scale : Instrument
    item : int
        Its number; 0 is the total.

    Returns
    -------
    int
        Of the total the reliable change or, where none is established, the points of a response, or else 1.

    Examples
    --------
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> scale = default_definitions().instruments["PHQ-9"]
    >>> least_change(scale, 9), least_change(scale, 0)
    (1, 6)
    """
    return 1 if item != TOTAL else scale.reliable_change or scale.response_points or 1


def _range(scale: Instrument, item: int) -> tuple[int, int]:
    """Return the best and the worst answer."""
    ends = (scale.total_min, scale.total_max) if item == TOTAL else (scale.item_min, scale.item_max[item - 1])
    return (ends[1], ends[0]) if scale.direction == "higher" else ends


def _item_rules(scale: Instrument, items: Sequence[int]) -> str:
    severity = -1 if scale.direction == "higher" else 1
    rows = [
        (item, change, *_range(scale, item), severity, least_change(scale, item))
        for item in items
        for change in CHANGES
    ]
    names = "item_rules(item, change, best, worst, severity, least_change)"
    return f"(VALUES {', '.join(map(str, rows))}) AS {names}"


def _read_answers(part: Cohort, instrument: str, items: Sequence[int], windows: tuple[Window, ...]) -> None:
    """Write the table ``asked_answers`` of one instrument, of the windows in ``asked_windows``."""
    picked = part.pick_scores(windows, instrument)
    part.ask_windows(windows)
    columns = {item: "total" if item == TOTAL else f"item_{item}" for item in items}
    read, *_ = sql_statements("items.sql", "analysis.counts")
    query = read.format(
        scale=part.scale_number(instrument),
        picked=picked,
        columns="".join(f", {name}" for name in columns.values() if name != "total"),
        answer=f"CASE item {' '.join(f'WHEN {item} THEN {name}' for item, name in columns.items())} END",
        items=list(columns),
    )
    run_statement(part.connection, query, definition_values(part.definitions))
