"""Where the time of deriving and counting goes: the same work as `peers/package.py`, stage by stage.

python -m benchmarks.stages SECONDS.json DATASET MEMORY
"""

import json
import sys
import time
from pathlib import Path


def main() -> None:
    """Run the stages one after the other, and write the seconds of each."""
    out, source, memory = sys.argv[1:4]
    clock = time.perf_counter()
    seconds: dict[str, float] = {}

    def stage(name: str) -> None:
        nonlocal clock
        seconds[name], clock = time.perf_counter() - clock, time.perf_counter()

    from analysis.cohort.cohort import derive  # noqa: PLC0415 - importing is the first stage
    from analysis.counts.ladder import count_ahead  # noqa: PLC0415
    from analysis.intake.dataset import open_dataset  # noqa: PLC0415
    from analysis.report.results import planned_results  # noqa: PLC0415
    from analysis.vocabulary.periods import parse_period  # noqa: PLC0415

    stage("importing")
    dataset = open_dataset(source)
    stage("opening and checking")
    cohort = derive(dataset, memory=memory)
    cohort.connection.execute("SELECT count(*) FROM judged_scores").fetchone()
    stage("deriving courses, phases and outcomes")
    planned = planned_results(
        cohort, scales=["PHQ-9", "GAD-7", "MADRS"], period=parse_period("2026Q3"), breakdown=parse_period("2025")
    )
    count_ahead(cohort, [each.question(cohort) for each in planned if each.name != "flow"])
    stage("picking scores for windows and counting")
    Path(out).write_text(json.dumps(seconds), encoding="utf-8")


if __name__ == "__main__":
    main()
