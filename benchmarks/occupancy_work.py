"""Derive, count and estimate state occupancy: `python -m benchmarks.occupancy_work DATASET OUT.csv MEMORY`."""

import sys

from analysis.cohort.cohort import derive
from analysis.estimate.occupancy import occupancy
from analysis.intake.dataset import open_dataset


def main() -> None:
    """Estimate the states of the PHQ-9 on each day of the first year, and write the table."""
    dataset, out, memory = sys.argv[1:]
    cohort = derive(open_dataset(dataset), memory=memory)
    occupancy(cohort, instrument="PHQ-9", last_day=365).to_csv(out, index=False)


if __name__ == "__main__":
    main()
