"""Over random datasets full of scores at the edges of the rules, outcomes and changes of items are as read plainly."""

from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import plain_methods
import plain_outcomes
import pytest
from drawn_tables import write_folder

from analysis.cohort.cohort import Cohort, derive
from analysis.counts.ladder import ask, tally_ladder
from analysis.estimate.items import item_changes, item_transitions
from analysis.estimate.rates import response_rates
from analysis.intake.dataset import open_dataset

CUT = date(2026, 6, 30)
WELLBEING = """
[instruments.WELL]
title = "Wellbeing, made up"
items = 2
item_max = 25
direction = "higher"
entry_score = 25
response_points = 5
remission_score = 36
reliable_change = 6
named_items = { wellbeing = 0, first = 1 }
rater = "self"
recall_days = 14
source = "made up"
verified = false
"""
MONTHS = ["month 1 after loading", "month 2 after loading"]
CASES = [
    ("PHQ-9", "worsening", ["end of loading", "after session 2"]),
    ("PHQ-9", "sustained_response", MONTHS),
    ("PHQ-9", "rapid_response", ["24 h", "by day 7"]),
    ("PHQ-9", "recovery", ["end of loading", "by day 7", "month 1 after loading"]),
    ("GAD-7", "reliable_recovery", ["end of loading", "month 1 after loading"]),
    ("MADRS", "remission_12", ["end of loading"]),
    *(("WELL", outcome, ["end of loading"]) for outcome in ("response", "remission", "worsening")),
    ("WELL", "sustained_response", MONTHS),
]
DENOMINATORS = ("observed", "nonresponder", "starters", "completers")


def random_tables(chance: Random, people: int = 18) -> dict[str, list[dict[str, Any]]]:
    """Draw people with one or two courses, and scores near every edge of the windows and of the rules."""
    tables: dict[str, list[dict[str, Any]]] = {"patients": [], "sessions": [], "scores": []}
    for number in range(people):
        patient = f"P{number:03}"
        start = CUT - timedelta(days=chance.choice([7, 8, 41, 42, 72, 73, 102, 103, 300, 400, 500]))
        tables["patients"].append({"patient_id": patient, "prior_ketamine": chance.choice([None, None, None, "true"])})
        days = [0]
        for _ in range(chance.choice([0, 1, 3, 3, 5, 8])):
            days.append(days[-1] + chance.choice([3, 3, 4, 10, 11]))
        if chance.random() < 0.3:
            second = days[-1] + chance.choice([91, 120])
            days += [second, *([second + 3, second + 7] if chance.random() < 0.5 else [])]
        tables["sessions"] += [
            {"patient_id": patient, "day": day, "date": start + timedelta(day), "treatment": "ketamine", "route": "iv"}
            for day in days
            if start + timedelta(day) <= CUT
        ]
        after = [chance.choice([0, 1, 3, 6, 7, 8, 13, 14, 15, 29, 30, 31, 45, 46, 60, 61]) for _ in range(14)]
        before = [chance.choice([-31, -30, -14, -7, 0, 0]) for _ in range(3)]
        scored_days = sorted({*before, *(chance.choice(days) + each for each in after), 0})
        tables["scores"] += random_scores(
            chance, patient, [day for day in scored_days if start + timedelta(day) <= CUT]
        )
    return tables


def random_scores(chance: Random, patient: str, days: list[int]) -> list[dict[str, Any]]:
    """Draw the scores of a person's days, with items, parts of items or totals alone."""
    rows = []
    for day in days:
        for scale, items, most in (("PHQ-9", 9, 3), ("GAD-7", 7, 3), ("MADRS", 10, 6), ("WELL", 2, 25)):
            if chance.random() < 0.35:
                continue
            low = day > 0 and chance.random() < 0.6
            answers = [chance.choice([0, 0, 1, 1, 2] if low else [0, 1, 2, 2, 3]) * most // 3 for _ in range(items)]
            row = {"patient_id": patient, "day": day, "instrument": scale, "total": None}
            row |= {"occasion": chance.choice(["pre", "pre", "pre", "between", "post"]), "hours_after": None}
            if chance.random() < 0.2:
                row |= {"hours_after": chance.choice([17, 18, 24, 36, 37]), "recall_days": chance.choice([0, 1, 2])}
            kind = chance.random()
            if kind < 0.25:
                row["total"] = sum(answers)
                if kind < 0.1 and scale == "PHQ-9":
                    row["item_9"] = answers[8]
            else:
                row |= {f"item_{place}": answer for place, answer in enumerate(answers, start=1)}
                for left_out in chance.sample(range(1, items + 1), chance.choice([0, 0, 0, 1, 2])):
                    if scale in ("PHQ-9", "GAD-7"):
                        row[f"item_{left_out}"] = None
            rows.append(row)
    return rows


def opened(tables: dict[str, list[dict[str, Any]]], folder: Path, choose: str) -> Cohort:
    """Write the dataset, open it as a user would, and derive its cohort."""
    definitions = f'{WELLBEING}\n[baseline]\nchoose = "{choose}"\n'
    return derive(open_dataset(write_folder(folder, tables, data_cut=str(CUT), definitions=definitions)))


def check_scores(cohort: Cohort, plain: plain_methods.PlainCohort) -> None:
    """Compare what is said of every single score."""
    key = ["patient_id", "instrument", "day", "occasion"]
    judged = cohort.outcomes[[*key, *plain_methods.JUDGED]].astype(object)
    found = {row[:4]: row[4:] for row in judged.where(judged.notna(), None).itertuples(index=False, name=None)}
    assert len(found) == len(plain.outcomes)
    for row in plain.outcomes:
        place = tuple(row[name] for name in key)
        assert found[place] == tuple(row[name] for name in plain_methods.JUDGED), place


def check_rates(cohort: Cohort, plain: plain_methods.PlainCohort, *, courses: str) -> int:
    """Compare the counts of every outcome; tell how many people had any."""
    instruments, seen = cohort.definitions.instruments, 0
    for instrument, outcome, windows in CASES:
        rates = response_rates(
            cohort, instrument=instrument, window=windows, outcome=outcome, denominator=DENOMINATORS, courses=courses
        )
        for window, table in rates.groupby("window", sort=False):
            count = plain_methods.ladder(
                plain,
                instruments=instruments,
                instrument=instrument,
                window=window,
                data_cut=CUT,
                outcome=outcome,
                courses=courses,
                rungs=plain_outcomes.rungs,
            )
            wanted = [
                (count["responded"], count["scored"]),
                (count["responded"], count["eligible"]),
                (count["responded"], count["started"]),
                (count["completers_responded"], count["completers_scored"]),
            ]
            found = list(zip(table["numerator"], table["denominator"], strict=True))
            assert found == wanted, (instrument, outcome, window)
            assert table["with_baseline"].iloc[0] == count["baseline"], (instrument, outcome, window)
            seen += count["responded"]
    return seen


def check_squares(cohort: Cohort, plain: plain_methods.PlainCohort) -> None:
    """Compare what clustered intervals are made of: squares and products of each patient's counts."""
    instruments = cohort.definitions.instruments
    people = [
        plain_methods.PlainCohort(
            [course for course in plain.courses if course["patient_id"] == patient],
            [],
            [row for row in plain.outcomes if row["patient_id"] == patient],
        )
        for patient in {course["patient_id"] for course in plain.courses}
    ]
    for outcome in ("recovery", "sustained_response", "worsening"):
        asked = {"instrument": "PHQ-9", "window": MONTHS[0], "outcome": outcome, "courses": "all"}
        counts = tally_ladder(cohort, ask(cohort, **asked)).iloc[0]
        pairs = [
            plain_methods.ladder(person, instruments=instruments, data_cut=CUT, rungs=plain_outcomes.rungs, **asked)
            for person in people
        ]
        for estimand, x, m in (
            ("observed", "responded", "scored"),
            ("nonresponder", "responded", "eligible"),
            ("starters", "responded", "started"),
            ("completers", "completers_responded", "completers_scored"),
        ):
            found = [counts[f"{estimand}_{suffix}"] for suffix in ("xx", "xm", "mm", "k")]
            wanted = [sum(each[one] * each[other] for each in pairs) for one, other in ((x, x), (x, m), (m, m))]
            assert found == [*wanted, sum(each[m] > 0 for each in pairs)], (outcome, estimand)


def check_items(cohort: Cohort, plain: plain_methods.PlainCohort, tables: dict[str, Any], choose: str) -> int:
    """Compare the ladder of every item and the transitions of item 9; tell how many changed."""
    changed_in_all = 0
    for name, window in (("PHQ-9", "end of loading"), ("WELL", "month 1 after loading"), ("GAD-7", "by day 7")):
        scale = cohort.definitions.instruments[name]
        courses = plain_outcomes.started(plain, window, CUT)
        changes = item_changes(cohort, instrument=name, window=window, denominator="starters")
        for (item, change), table in changes.groupby(["item", "outcome"], sort=False):
            number = scale.named_items[item]
            pairs = [
                plain_outcomes.answers(tables, plain, course, scale=scale, window=window, item=number, choose=choose)
                for course in courses
            ]
            worst = 50 if name == "WELL" and number == 0 else 25 if name == "WELL" else 3
            ends, least = ((worst, 0), 6 if number == 0 else 1) if name == "WELL" else ((0, worst), 1)
            row = table.iloc[0]
            found = [row[each] for each in ("started", "with_baseline", "eligible", "scored", "numerator")]
            wanted = plain_outcomes.item_ladder(pairs, change=change, ends=ends, least=least)
            assert found == list(wanted), (name, item, change)
            changed_in_all += wanted[-1]
            if number == 9:
                counted = item_transitions(cohort, instrument=name, window=window).set_index(["before", "after"])[
                    "count"
                ]
                assert len(counted) == 9
                assert counted.to_dict() == {key: plain_outcomes.transitions(pairs)[key] for key in counted.index}
    return changed_in_all


def agree(seed: int, folder: Path) -> None:
    """Compare the package with the plain reading of one random dataset."""
    chance = Random(seed)  # noqa: S311
    choose = ["last", "mean", "worst", "first"][seed % 4]
    tables = random_tables(chance)
    cohort = opened(tables, folder, choose)
    patients = [row | {"prior_ketamine": row["prior_ketamine"] == "true"} for row in tables["patients"]]
    plain = plain_methods.derive(
        tables | {"patients": patients}, instruments=cohort.definitions.instruments, data_cut=CUT, choose=choose
    )
    check_scores(cohort, plain)
    assert check_rates(cohort, plain, courses="first") > 0
    assert check_rates(cohort, plain, courses="all") > 0
    check_squares(cohort, plain)
    assert check_items(cohort, plain, tables, choose) > 0


@pytest.mark.parametrize("seed", range(4))
def test_every_outcome_and_item_agrees_with_the_plain_reading(seed, tmp_path):
    agree(seed, tmp_path / "dataset")


@pytest.mark.full
@pytest.mark.parametrize("seed", range(100, 160))
def test_every_outcome_and_item_agrees_over_many_datasets(seed, tmp_path):
    agree(seed, tmp_path / "dataset")
