"""Draw the data of the comparisons with R: ties, delayed entry, heavy censoring, three groups and two strata.

python tests/reference/time_to/make_data.py
"""

import csv
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent


def main() -> None:
    """Write ``followed.csv`` (right-censored, competing) and ``intervals.csv``."""
    draw = np.random.default_rng(20)
    people = 400
    group, stratum = draw.integers(0, 3, people), draw.integers(0, 2, people)
    times = [1 + draw.exponential(mean, people).astype(int) for mean in (40 + 15 * group, 60 + 0 * group)]
    # Most are censored early in group 2.
    censored = np.where(group == 2, draw.integers(1, 25, people), draw.integers(5, 120, people))
    time = np.minimum(np.minimum(*times), censored)
    cause = np.where(time == times[0], 1, np.where(time == times[1], 2, 0))
    late = np.where(draw.random(people) < 0.4, draw.integers(0, 20, people), 0)
    entry = np.minimum(late, time - 1)
    _write("followed.csv", {"entry": entry, "time": time, "cause": cause, "group": group, "stratum": stratum})

    people = 300
    arm = draw.integers(0, 2, people)
    true = draw.weibull(1.3, people) * (60 + 25 * arm)
    after, up_to = np.zeros(people, int), np.full(people, -1)
    for who in range(people):
        visits = np.cumsum(draw.integers(5, 30, 12))
        visits = visits[visits <= draw.integers(20, 150)]
        before, since = visits[visits < true[who]], visits[visits >= true[who]]
        after[who] = before[-1] if len(before) else 0
        up_to[who] = since[0] if len(since) else -1
    _write("intervals.csv", {"after": after, "up_to": up_to, "arm": arm})


def _write(name: str, columns: dict[str, np.ndarray]) -> None:
    with (FOLDER / name).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(columns)
        rows.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))


if __name__ == "__main__":
    main()
