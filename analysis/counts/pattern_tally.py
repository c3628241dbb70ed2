"""The tally behind the repeated-measures model: for each missingness pattern n, sums and products of whole numbers."""

from dataclasses import dataclass
from itertools import combinations_with_replacement

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import run_statement, sql_statements
from analysis.cohort.windows import Window
from analysis.counts.groups import groups_in_sql
from analysis.counts.outcome_kinds import outcome_kind
from analysis.counts.outcome_sources import outcome_source
from analysis.counts.rung_counts import period_values

COVARIATES = {
    "baseline": ("(100 * baseline_sum) // baseline_n", 100),
    "age": ("age", 1),
    "failed_trials": ("failed_trials", 1),
}
"""Numbers known of a patient: how they are made a whole number, and how many of those make one unit."""

SCORE_UNIT = 100
"""Scores are counted in hundredths of a point."""


@dataclass(frozen=True)
class PatternTally:
    """The picked scores of eligible people in several windows, by which of them there are.

    Bit k of ``pattern`` says whether window k was scored. ``complete`` is 0 for people of whom a covariate is unknown;
    they are counted and not added up.
    """

    instrument: str
    windows: tuple[Window, ...]
    by: tuple[str, ...]
    covariates: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, the pattern, and whether all covariates are known."""
        return (*self.by, "pattern", "complete")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the patients of each pattern and add up what is known of them."""
        kind = outcome_kind("response", part.definitions.instruments[self.instrument])
        source = outcome_source(part, kind, self.instrument, self.windows)
        asked = dict(part.connection.execute("SELECT window_name, number FROM asked_windows").fetchall())
        numbers = [asked[window.name] for window in self.windows]
        chosen, rungs = sql_statements("ladder.sql", "analysis.counts")
        scale = part.scale_number(self.instrument)
        groups = groups_in_sql(self.by, part, self.instrument)
        everybody = rungs.format(source="chosen CROSS JOIN asked_windows", groups=groups)
        scores = f"({source.scores}) JOIN asked_windows USING (number) JOIN chosen USING (patient, course)"
        known = ", ".join([f"any_value(group_{name}) AS group_{name}" for name in self.by])
        values = ", ".join(f"any_value({COVARIATES[name][0]}) AS x_{k}" for k, name in enumerate(self.covariates))
        statement = f"""
            WITH chosen AS ({chosen.format(people=source.people, courses="course = 1", also="")}),
            people AS (
                SELECT {", ".join(filter(None, ["patient", known, values]))} FROM ({everybody})
                JOIN (SELECT patient, course, baseline_sum, baseline_n FROM baselines WHERE scale = {scale})
                    USING (patient, course)
                WHERE is_eligible GROUP BY patient
            ),
            scored AS (
                SELECT patient, number, total_hundredths FROM ({rungs.format(source=scores, groups="")})
                WHERE is_eligible
            )
            {pattern_sums([f"group_{name}" for name in self.by], len(self.covariates), numbers)}"""
        found = run_statement(part.connection, statement, period_values(part, None)).df()
        return found.set_axis([*self.keys, *found.columns[len(self.keys) :]], axis="columns")


def sum_columns(covariates: int, windows: int) -> list[tuple[str, str, str | None]]:
    """Name the columns of sums and products, and the values each is made of.

    Parameters
    ----------
    covariates, windows : int

    Returns
    -------
    list of (str, str, str or None)
        Column, first value, second value (None for a sum); covariates are ``x_0 ...``, scores ``y_0 ...``.
    """
    values = [f"x_{k}" for k in range(covariates)] + [f"y_{k}" for k in range(windows)]
    sums: list[tuple[str, str, str | None]] = [(f"sum_{a}", a, None) for a in values]
    return sums + [(f"product_{a}_{b}", a, b) for a, b in combinations_with_replacement(values, 2)]


def pattern_sums(groups: list[str], covariates: int, numbers: list[int]) -> str:
    """Write the query that makes counts per pattern of ``people`` (patient, groups, x_0 ...) and ``scored``.

    Parameters
    ----------
    groups : list of str
        Columns of ``people`` that are keys.
    covariates : int
        How many columns x there are.
    numbers : list of int
        The windows' numbers in ``scored`` (patient, number, total_hundredths), in order.

    Returns
    -------
    str
        SQL.
    """
    wide = ", ".join(f"max(total_hundredths) FILTER (number = {number}) AS y_{k}" for k, number in enumerate(numbers))
    bits = " + ".join(f"(y_{k} IS NOT NULL)::BIGINT * {2**k}" for k in range(len(numbers)))
    complete = " AND ".join(f"x_{k} IS NOT NULL" for k in range(covariates)) or "true"
    # Chosen after adding: a filter in each sum takes as long as the sum.
    added = {
        name: f"sum({a}::BIGINT * {b})" if b else f"sum({a}::BIGINT)"
        for name, a, b in sum_columns(covariates, len(numbers))
    }
    sums = ", ".join(
        f"(CASE WHEN is_complete THEN coalesce({total}, 0) ELSE 0 END)::BIGINT AS {name}"
        for name, total in added.items()
    )
    keys = ", ".join([*groups, "pattern", "is_complete"])
    shown = ", ".join([*groups, "pattern", "is_complete::INTEGER AS complete"])
    return f"""
        SELECT {shown}, count(*)::BIGINT AS patients, {sums}
        FROM (
            SELECT *, {bits} AS pattern, {complete} AS is_complete
            FROM people LEFT JOIN (SELECT patient, {wide} FROM scored GROUP BY patient) USING (patient)
        )
        GROUP BY {keys}"""
