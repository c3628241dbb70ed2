"""The same tallies by the package: python package.py SOURCE OUT.json [THREADS] [MEMORY]"""

import json
import sys
from dataclasses import replace

from analysis.cohort.cohort import derive
from analysis.counts.ladder import count_ahead, tally_ladder
from analysis.intake.dataset import open_dataset
from analysis.report.results import planned_results
from analysis.vocabulary.periods import parse_period


def main() -> None:
    """Open, derive, count everything in one pass, and write the counts."""
    source, out = sys.argv[1:3]
    cohort = derive(open_dataset(source), memory=sys.argv[4] if len(sys.argv) > 4 else None)
    planned = planned_results(
        cohort, scales=["PHQ-9", "MADRS", "GAD-7"], period=parse_period("2026Q3"), breakdown=parse_period("2025")
    )
    questions = [(each.name, each.question(cohort)) for each in planned if each.name != "flow"]
    count_ahead(cohort, [question for _, question in questions])
    rows = []
    for name, question in questions:
        counts = tally_ladder(cohort, question)
        counts["remission"] = tally_ladder(cohort, replace(question, outcome="remission"))["with_outcome"]
        counts["group"] = counts[question.by[0]] if question.by else "all"
        columns = [
            "started", "with_baseline", "eligible", "scored", "with_outcome", "remission", "scored_completed",
            "with_outcome_completed", "total_sum", "total_squares",
        ]  # fmt: skip
        for row in counts[counts["started"] > 0].to_dict("records"):
            numbers = [int(row[column]) for column in columns]
            # The package adds in hundredths of a point.
            numbers[-2:] = [numbers[-2] // 100, numbers[-1] // 10_000]
            rows.append([name, question.instrument, row["group"], row["window"], *numbers])
    with open(out, "w", encoding="utf-8") as file:
        json.dump(sorted(rows), file)


if __name__ == "__main__":
    main()
