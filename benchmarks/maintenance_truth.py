"""Whether what is said of maintenance is true, on drawn people: `python -m benchmarks.maintenance_truth 4000`.

Writes ``benchmarks/maintenance_truth.md``. Everybody is in response on day 19. Some are well and some only just; being
only just in response is shown by the score of each week, makes losing it likelier, and makes coming for sessions less
likely. So who keeps coming does well, whether sessions do anything or not.
"""

import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.cohort.cohort import Cohort, derive
from analysis.estimate.maintenance_hazard import maintenance_hazard
from analysis.estimate.maintenance_trial import maintenance_trial
from analysis.intake.dataset import open_dataset

PAGE = Path(__file__).with_suffix(".md")
LOADING, ORIGIN, WEEKS = (0, 4, 8, 12), 19, 13
DAYS = 7 * WEEKS
EVERY, GRACE = 28, 28
COMES = {"well": 0.03, "just": 0.01}
LOSES = {"well": 0.001, "just": 0.012}
WORSENS = 0.008
EFFECTS = {"no effect": 1.0, "a session halves the hazards for 28 days": 0.5}


@dataclass(frozen=True)
class Drawn:
    """What happened to each person: sessions by day, scores by week, and the week that first shows the loss."""

    sessions: NDArray[np.bool_]
    totals: NDArray[np.int64]
    lost_by: NDArray[np.bool_]


def draw_people(people: int, effect: float, seed: int, strategy: str = "as it comes") -> Drawn:
    """Draw people from the end of loading on, who come as they like or by a strategy."""
    chance = np.random.default_rng(seed)
    just = chance.random(people) < 0.5
    known_just, lost = just.copy(), np.zeros(people, dtype=bool)
    last = np.full(people, LOADING[-1] - ORIGIN)
    treated = np.zeros(people, dtype=bool)
    sessions = np.zeros((people, DAYS + 1), dtype=bool)
    totals = np.zeros((people, WEEKS + 1), dtype=np.int64)
    totals[:, 0] = np.where(just, 9, 4)
    for day in range(DAYS + 1):
        gap = day - last
        p = np.where(gap < 14, 0.0, np.where(known_just, COMES["just"], COMES["well"]))
        if strategy == "stopping":
            p = np.zeros(people)
        if strategy == "keeping up":
            due = gap > EVERY
            p[due] /= 1 - (1 - p[due]) ** np.maximum(EVERY + GRACE + 1 - gap[due], 1)
        here = chance.random(people) < p
        sessions[:, day] = here
        last, treated = np.where(here, day, last), treated | here
        helped = np.where(treated & (day - last < 28), effect, 1.0)
        lost |= chance.random(people) < helped * np.where(just, LOSES["just"], LOSES["well"])
        just |= chance.random(people) < helped * WORSENS
        if (day + 1) % 7 == 0 and (day + 1) <= DAYS:
            # Seen on the morning of the next day, before its session; it is known from the day after on.
            totals[:, (day + 1) // 7] = np.where(lost, 15, np.where(just, 9, 4))
        if day % 7 == 0 and day:
            known_just = totals[:, day // 7] >= 9
    return Drawn(sessions, totals, totals >= 15)


def write_people(drawn: Drawn, folder: Path) -> Path:
    """Write them as a dataset."""
    folder.mkdir()
    people = len(drawn.totals)
    names = np.array([f"P{number:05d}" for number in range(people)])
    person, day = np.nonzero(drawn.sessions)
    loading = pd.DataFrame({"patient_id": np.repeat(names, len(LOADING)), "day": np.tile(LOADING, people)})
    later = pd.DataFrame({"patient_id": names[person], "day": day + ORIGIN})
    pd.concat([loading, later]).assign(treatment="ketamine", route="iv").to_csv(folder / "sessions.csv", index=False)
    start = pd.DataFrame({"patient_id": names, "day": 0, "total": 20})
    weekly = pd.DataFrame(
        {
            "patient_id": np.repeat(names, WEEKS + 1),
            "day": np.tile(ORIGIN + 7 * np.arange(WEEKS + 1), people),
            "total": drawn.totals.ravel(),
        }
    )
    scores = pd.concat([start, weekly]).assign(instrument="PHQ-9", occasion="between")
    scores.to_csv(folder / "scores.csv", index=False)
    (folder / "dataset.toml").write_text(
        'layout = 1\nname = "Maintenance"\nbasis = "synthetic"\ndata_cut = "2030-12-31"\n', encoding="utf-8"
    )
    return folder


def true_difference(effect: float, people: int = 200_000) -> tuple[float, float]:
    """Give the share that has lost response by the last day when all keep up, and when all stop."""
    keeping_up, stopping = (
        float(draw_people(people, effect, 99, strategy).lost_by.any(axis=1).mean())
        for strategy in ("keeping up", "stopping")
    )
    return keeping_up, stopping


def naive_difference(drawn: Drawn) -> float:
    """Compare who ever came for maintenance before losing response with who never did: the naive way."""
    seen = np.where(drawn.lost_by.any(axis=1), 7 * drawn.lost_by.argmax(axis=1), DAYS)
    first = np.where(drawn.sessions.any(axis=1), drawn.sessions.argmax(axis=1), DAYS + 1)
    lost = np.asarray(drawn.lost_by.any(axis=1))
    ever = np.asarray(first <= seen)
    return float(np.mean(lost[ever]) - np.mean(lost[~ever]))


def cohort_of_people(drawn: Drawn, folder: Path) -> Cohort:
    """Derive the cohort of drawn people."""
    return derive(open_dataset(write_people(drawn, folder)))


def main() -> None:
    """Draw people with and without an effect, and lay every answer beside the truth."""
    people = int(sys.argv[1])
    warnings.simplefilter("ignore")
    lines = [
        f"# Maintenance and the truth, {people:,} drawn people a row",
        "",
        f"Written by `python -m benchmarks.maintenance_truth {people}`. Who is only just in response loses it",
        "sooner and comes for fewer sessions; scores are weekly for everybody. In each row other people are drawn.",
        "",
        f"- true: the share that has lost response by day {DAYS} if all kept up ({EVERY} days, {GRACE} of grace) less",
        "  if all stopped, from 200,000 people drawn under each strategy",
        "- target trial: `maintenance_trial`, with its 95 % interval (100 bootstrap samples); holds: the truth is in",
        "- unweighted: the same clones, without weights",
        "- ever maintained: those with a maintenance session before the loss less those without",
        "- Cox: the hazard ratio of a session in the last 28 days, clustered by patient; 1 is no difference",
        "",
        "| drawn | true, points | target trial | 95 % | holds | unweighted | ever maintained | Cox (95 %) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as scratch:
        for words, effect in EFFECTS.items():
            keeping_up, stopping = true_difference(effect)
            for seed in range(4):
                drawn = draw_people(people, effect, seed)
                cohort = cohort_of_people(drawn, Path(scratch) / f"{effect}-{seed}")
                found = maintenance_trial(cohort, every=EVERY, grace=GRACE, day=DAYS, adjust=(), replicates=100)
                row = found.differences.iloc[0]
                end = found.table[found.table["day"] == DAYS].set_index("strategy")["unweighted"]
                plain = end[f"a session at least every {EVERY} days"] - end["no further session"]
                cox = maintenance_hazard(cohort, until=DAYS).iloc[0]
                true = keeping_up - stopping
                cells = [
                    words, _points(true), _points(row["estimate"]), f"{_points(row['low'])} to {_points(row['high'])}",
                    "yes" if row["low"] <= true <= row["high"] else "no", _points(plain),
                    _points(naive_difference(drawn)),
                    f"{cox['estimate']:.2f} ({cox['low']:.2f} to {cox['high']:.2f})",
                ]  # fmt: skip
                lines.append(f"| {' | '.join(cells)} |")
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")


if __name__ == "__main__":
    main()
