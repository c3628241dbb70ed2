"""Count everything that `safety` needs. Called as: python -m benchmarks.safety_work DATASET OUT.json [MEMORY].

Writes how many rows each table has and the events and sessions in all, so that two runs can be compared.
"""

import json
import sys
from pathlib import Path

import pandas as pd

from analysis.cohort.cohort import derive
from analysis.estimate.safety.summary import safety
from analysis.intake.dataset import open_dataset


def main() -> None:
    """Derive, count, estimate, and write what was found."""
    source, out, *memory = sys.argv[1:]
    found = safety(derive(open_dataset(source), memory=memory[0] if memory else None))
    tables = {name: table for name, table in vars(found).items() if isinstance(table, pd.DataFrame)}
    whole = found.events.query("split == 'all' and term == 'any' and measure == 'events per 100 sessions'")
    said = {
        "rows": {name: len(table) for name, table in tables.items()},
        "events": {row.source: int(row.numerator) for row in whole.itertuples()},
        "sessions": int(whole["denominator"].to_numpy("int64").max()),
    }
    Path(out).write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main()
