"""How often the interval of events per session holds the truth: `python -m benchmarks.event_rate_coverage 2000`.

Writes ``benchmarks/event_rate_coverage.md``. Patients have 1 to about 40 sessions and, where they differ, a
proneness of their own (gamma, variance 1), so that events cluster; in the last rows the prone leave earlier. The truth
is the expected number of events over the expected number of sessions.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.estimate.patient_sums import PatientSums, exact_poisson, patient_rate

PAGE = Path(__file__).with_suffix(".md")
PATIENTS = (20, 100, 1000)
RATES = (0.01, 0.1, 0.5)
TRUTH_DRAWS = 4_000_000
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Setting:
    """Whether patients differ in proneness, and whether the prone leave earlier."""

    words: str
    differ: bool
    leave: bool = False


SETTINGS = (
    Setting("all alike", differ=False),
    Setting("differ between patients", differ=True),
    Setting("differ, and the prone leave earlier", differ=True, leave=True),
)


def main() -> None:
    """Simulate, count, and write the table."""
    sets = int(sys.argv[1])
    lines = [
        f"# Coverage of the 95 % interval of events per session, {sets:,} simulated cohorts each",
        "",
        "Written by `python -m benchmarks.event_rate_coverage`. Clustered: exact Poisson on the effective number of",
        "events, variance clustered by patient with k/(k-1), t with k-1 degrees of freedom. Without correction: the",
        "normal interval on the logarithm, the same variance without k/(k-1); none where there is no event.",
        f"The error of a simulated coverage near 95 % is {100 * np.sqrt(0.95 * 0.05 / sets):.1f} points (one standard",
        "error).",
        "",
        "| patients | proneness | events per 100 sessions | events in a cohort | clustered | too low | too high "
        "| exact Poisson | without correction |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for patients in PATIENTS:
        for setting in SETTINGS:
            for rate in RATES:
                lines.append(f"| {patients:,} | {setting.words} | {_row(patients, setting, rate, sets)} |")
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def draw(patients: int, setting: Setting, rate: float, sets: int, seed: int) -> tuple[Counts, Counts]:
    """Draw the events and sessions of each patient of each cohort."""
    random = np.random.default_rng([seed, patients, int(1000 * rate), setting.differ, setting.leave])
    size = (sets, patients)
    prone = random.gamma(1.0, 1.0, size) if setting.differ else np.ones(size)
    stay = 10.0 / (0.5 + 0.5 * prone) if setting.leave else 10.0
    sessions = 1 + np.minimum(random.poisson(random.gamma(1.0, stay, size)), 99)
    return random.poisson(rate * prone * sessions), sessions


def _row(patients: int, setting: Setting, rate: float, sets: int) -> str:
    one_row, many = draw(TRUTH_DRAWS // 4, setting, rate, 4, seed=1), draw(patients, setting, rate, sets, seed=2)
    truth = one_row[0].sum() / one_row[1].sum() if setting.leave else rate
    x, m = many
    events, given, squares = (
        x.sum(axis=1),
        m.sum(axis=1),
        ((x * x).sum(axis=1), (x * m).sum(axis=1), (m * m).sum(axis=1)),
    )
    low, high = patient_rate(PatientSums(events, given, *squares, patients))
    plain_low, plain_high = exact_poisson(events, given)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = events / given
        error = np.sqrt(squares[0] - 2 * ratio * squares[1] + ratio**2 * squares[2]) / events
        factor = np.exp(special.ndtri(0.975) * error)
        uncorrected = (ratio / factor <= truth) & (truth <= ratio * factor)
    found = [np.mean((low <= truth) & (truth <= high)), np.mean(high < truth), np.mean(low > truth)]
    found += [np.mean((plain_low <= truth) & (truth <= plain_high)), np.mean(uncorrected)]
    return " | ".join([f"{100 * truth:.1f}", f"{events.mean():,.0f}", *(f"{100 * share:.1f} %" for share in found)])


if __name__ == "__main__":
    main()
