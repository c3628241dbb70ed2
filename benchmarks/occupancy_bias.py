"""How far current response is from the truth under different visits: `python -m benchmarks.occupancy_bias 4000`.

Writes ``benchmarks/occupancy_bias.md``. Everybody's true PHQ-9 on each day comes from the simulation; what differs is
on which days it is seen. In response is a true total of at most half of that of day 0.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.cohort.cohort import derive
from analysis.estimate.occupancy import IN_RESPONSE, current_response, occupancy
from analysis.intake.dataset import open_dataset
from analysis.simulation import Simulated, simulate

PAGE = Path(__file__).with_suffix(".md")
DAYS, LAST_DAY = (14, 28, 90, 180, 365), 365
SCHEDULE = (*range(3, 28, 4), *range(28, LAST_DAY + 1, 28))
"""Two visits a week at first, then one every four weeks."""


def main() -> None:
    """Simulate, derive each kind of visits, and write the table."""
    simulated = simulate(patients=int(sys.argv[1]), clinics=10, seed=7, first="2022Q1", last="2025Q4")
    truth = daily_truth(simulated)
    lines = [
        f"# Current response and the truth, {simulated.patients:,} simulated people",
        "",
        "Written by `python -m benchmarks.occupancy_bias`. What differs is on which days the true totals are seen.",
        "",
        "- true: the share of the eligible who are in response on the day, seen or not",
        "- known: the share of the eligible with a score of the last 35 days",
        "- observed: the share of those known; not known = not: of all eligible; error: less the truth, in points",
        "- bounds: none to all of those not known are in response",
        "- curve: responded and remitted together by `occupancy`, of all starters, less its truth",
        "",
        "Bounds hold whatever decides on who is seen, but for what changes in the 35 days for which a state counts as",
        "known: soon after the start many respond between two visits. The observed share does not hold: when the",
        "unwell stay away it is too high, and the more so the later.",
        "",
        "| visits | day | true | known | observed, error | not known = not, error | bounds | hold | curve, error |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as scratch:
        kinds = {"as simulated clinics record": _recorded(simulated), **VISITS}
        for number, (words, see) in enumerate(kinds.items()):
            seen = see(truth, np.random.default_rng(number))
            folder = write_visits(simulated, truth, seen, Path(scratch) / str(number))
            lines += rows_of(folder, truth, words)
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def daily_truth(simulated: Simulated, last_day: int = LAST_DAY) -> pd.DataFrame:
    """List true totals on each day from 0 on, and whether each is a response; nobody who died or was treated before."""
    patients, stretches = simulated.tables["patients"], simulated.truth
    left_out = {
        *patients.loc[patients["prior_ketamine"].astype(bool), "patient_id"],
        *stretches.loc[stretches["state"] == "died", "patient_id"],
    }
    stretches = stretches[(stretches["instrument"] == "PHQ-9") & ~stretches["patient_id"].isin(left_out)]
    first = stretches["from_day"].to_numpy("int64").clip(0)
    length = (stretches["to_day"].to_numpy("int64").clip(max=last_day) - first + 1).clip(0)
    place = np.repeat(np.arange(len(stretches)), length)
    day = first[place] + np.arange(len(place)) - np.repeat(np.cumsum(length) - length, length)
    patient = stretches["patient_id"].astype(str).to_numpy()[place]
    daily = pd.DataFrame({"patient_id": patient, "day": day, "total": stretches["total"].to_numpy("int64")[place]})
    baseline = daily[daily["day"] == 0].set_index("patient_id")["total"]
    daily["baseline"] = daily["patient_id"].map(baseline)
    daily["response"] = 2 * daily["total"] <= daily["baseline"]
    return daily


def write_visits(simulated: Simulated, truth: pd.DataFrame, seen: np.ndarray, folder: Path) -> Path:
    """Write a dataset in which the true totals are known on day 0 and on the days seen."""
    folder.mkdir()
    people = truth["patient_id"].unique()
    sessions = simulated.tables["sessions"]
    sessions = sessions.loc[sessions["patient_id"].isin(people)]
    columns = ["patient_id", "day", "sequence", "date", "clinic_id", "treatment", "route", "status"]
    sessions[columns].to_csv(folder / "sessions.csv", index=False)
    scores = truth.loc[seen | (truth["day"] == 0), ["patient_id", "day", "total"]]
    scores.assign(instrument="PHQ-9").to_csv(folder / "scores.csv", index=False)
    (folder / "dataset.toml").write_text(
        f'layout = 1\nname = "Visits"\nbasis = "synthetic"\ndata_cut = "{simulated.data_cut}"\n', encoding="utf-8"
    )
    return folder


def rows_of(folder: Path, truth: pd.DataFrame, words: str) -> list[str]:
    """Estimate current response on each day and lay it beside the truth."""
    cohort = derive(open_dataset(folder))
    rates = current_response(cohort, instrument="PHQ-9", day=DAYS).set_index(["window", "estimand"])
    curve = occupancy(cohort, instrument="PHQ-9")
    curve = curve[curve["state"].isin(IN_RESPONSE)].groupby("day")["estimate"].sum()
    lines = []
    for day in DAYS:
        today = truth[truth["day"] == day]
        in_response = int(today.loc[today["baseline"] >= 10, "response"].sum())
        of = rates.loc[f"on day {day}"]
        eligible = of.loc["nonresponder", "denominator"]
        true = in_response / eligible
        low, high = of.loc["bounds of the eligible", ["low", "high"]]
        cells = [
            words, str(day), _percent(true), _percent(of.loc["observed", "denominator"] / eligible),
            _points(of.loc["observed", "estimate"] - true), _points(of.loc["nonresponder", "estimate"] - true),
            f"{100 * low:.1f} to {100 * high:.1f} %", "yes" if low - 1e-12 <= true <= high + 1e-12 else "no",
            _points(curve.loc[day] - in_response / of.loc["starters", "denominator"]),
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _recorded(simulated: Simulated) -> Callable[..., np.ndarray]:
    scores = simulated.tables["scores"]
    scores = scores[(scores["instrument"] == "PHQ-9") & (scores["occasion"] != "post")]
    known = pd.MultiIndex.from_arrays([scores["patient_id"].astype(str), scores["day"].astype("int64")])
    return lambda truth, _: np.asarray(pd.MultiIndex.from_frame(truth[["patient_id", "day"]]).isin(known))


def _attended(well: float, unwell: float) -> Callable[..., np.ndarray]:
    """Make visits on schedule that are kept with a chance for who is in response and another for who is not."""

    def see(truth: pd.DataFrame, chance: np.random.Generator) -> np.ndarray:
        kept = chance.random(len(truth)) < np.where(truth["response"], well, unwell)
        return np.asarray(truth["day"].isin(SCHEDULE) & kept)

    return see


def _until_leaving(well: float, unwell: float) -> Callable[..., np.ndarray]:
    """Make visits on schedule until somebody leaves for good, with a chance at each visit that depends on the state."""

    def see(truth: pd.DataFrame, chance: np.random.Generator) -> np.ndarray:
        visit = truth["day"].isin(SCHEDULE).to_numpy()
        leaves = visit & (chance.random(len(truth)) < np.where(truth["response"], well, unwell))
        left = pd.Series(leaves).groupby(truth["patient_id"].to_numpy()).cumsum().to_numpy()
        return np.asarray(visit & ((left == 0) | (leaves & (left == 1))))

    return see


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f}".replace("-", "−")


VISITS: dict[str, Callable[..., np.ndarray]] = {
    "every day": lambda truth, _: np.ones(len(truth), dtype=bool),
    "on schedule, all kept": _attended(1.0, 1.0),
    "on schedule, 7 of 10 kept by chance": _attended(0.7, 0.7),
    "on schedule, kept by 9 of 10 in response, 5 of 10 others": _attended(0.9, 0.5),
    "1 of 20 in response leaves at each visit, 4 of 20 others": _until_leaving(0.05, 0.2),
    "4 of 20 in response leave at each visit, 1 of 20 others": _until_leaving(0.2, 0.05),
}


if __name__ == "__main__":
    main()
