"""The same tallies by the package. Called as: python package.py SOURCE OUT.json [THREADS] [MEMORY].

The package takes as many threads as the machine has processors, so THREADS is only there to be called like the others.
"""

import sys
from dataclasses import replace

from tally_form import INSTRUMENTS, write_counts

from analysis.cohort.cohort import derive
from analysis.counts.ladder import count_ahead, tally_ladder
from analysis.intake.dataset import open_dataset
from analysis.report.results import planned_results
from analysis.vocabulary.periods import parse_period

COLUMNS = (
    "started", "with_baseline", "eligible", "scored", "with_outcome", "remission", "scored_completed",
    "with_outcome_completed", "total_sum", "total_squares",
)  # fmt: skip


def count(
    source: str, *, memory: str | None, engine: str = "local", scheduler: str | None = None
) -> list[list[object]]:
    """Open, derive and count everything in one pass.

    Parameters
    ----------
    source : str
        The dataset's folder.
    memory : str or None
        As for `derive`; so are ``engine`` and ``scheduler``.

    Returns
    -------
    list
        The rows that `write_counts` writes.
    """
    cohort = derive(open_dataset(source), memory=memory, engine=engine, scheduler=scheduler)
    headline, *others = INSTRUMENTS
    planned = planned_results(
        cohort, scales=[headline, *others], period=parse_period("2026Q3"), breakdown=parse_period("2025")
    )
    questions = [(each.name, each.question(cohort)) for each in planned if each.name != "flow"]
    count_ahead(cohort, [question for _, question in questions])
    rows = []
    for name, question in questions:
        counts = tally_ladder(cohort, question)
        counts["remission"] = tally_ladder(cohort, replace(question, outcome="remission"))["with_outcome"]
        counts["group"] = counts[question.by[0]] if question.by else "all"
        for row in counts[counts["started"] > 0].to_dict("records"):
            numbers = [int(row[column]) for column in COLUMNS]
            # The package adds in hundredths of a point.
            numbers[-2:] = [numbers[-2] // 100, numbers[-1] // 10_000]
            rows.append([name, question.instrument, row["group"], row["window"], *numbers])
    return rows


if __name__ == "__main__":
    write_counts(count(sys.argv[1], memory=sys.argv[4] if len(sys.argv) > 4 else None), sys.argv[2])
