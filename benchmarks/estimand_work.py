"""Make the table of estimands and write the seconds, without those of importing, opening and deriving.

python -m benchmarks.estimand_work OUT.json DATASET IMPUTATIONS RUNS
"""

import json
import sys
from pathlib import Path

from analysis.cohort.cohort import derive
from analysis.estimate.estimands import Estimands, estimands
from analysis.intake.dataset import open_dataset
from benchmarks.mmrm_work import timed


def main() -> None:
    """Do what is asked for and write what was found."""
    out, dataset, imputations, runs = sys.argv[1:]
    cohort = derive(open_dataset(dataset))
    cohort.connection.execute("SELECT 1")  # derives

    def table() -> Estimands:
        # A cohort keeps what it has counted; each run counts again.
        cohort.counted.clear()
        return estimands(cohort, instrument="PHQ-9", window="end of loading", imputations=int(imputations))

    seconds, found = timed(table, int(runs))
    ranges = found.table["estimand"].str.startswith("bounds")
    made = {
        "seconds": seconds,
        "eligible": int(found.table["eligible"].max()),
        "unseen": int((found.table["eligible"] - found.table["scored"]).max()),
        "without an estimate": int(found.table.loc[~ranges, "estimate"].isna().sum()),
    }
    Path(out).write_text(json.dumps(made), encoding="utf-8")


if __name__ == "__main__":
    main()
