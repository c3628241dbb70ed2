"""Draw people with a covariate that changes over time, many ties, and some followed late: `python make_data.py`."""

from pathlib import Path

import numpy as np
import pandas as pd


def main() -> None:
    """Write ``intervals.csv``: from after `start` to `stop` the covariates were `recent` and `severe`."""
    chance = np.random.default_rng(11)
    rows = []
    for person in range(150):
        severe, start = int(chance.random() < 0.4), 0
        length = int(chance.integers(5, 40))
        changes = sorted(set(chance.integers(1, 40, size=3).tolist()))
        recent = int(chance.random() < 0.5)
        for stop in [*(day for day in changes if day < length), length]:
            event = int(stop == length and chance.random() < (0.75 - 0.4 * recent))
            rows.append((person, start, stop, event, recent, severe))
            start, recent = stop, 1 - recent
    table = pd.DataFrame(rows, columns=["person", "start", "stop", "event", "recent", "severe"])
    table.to_csv(Path(__file__).with_name("intervals.csv"), index=False)


if __name__ == "__main__":
    main()
