"""The committed demo: the same bytes from the same command, clean but for stated faults, large enough to publish."""

import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.disclosure.suppression import disclose
from analysis.estimate.rates import response_rates
from analysis.intake.schema import layout_tables
from analysis.simulation import simulate, write_dataset

DICTIONARY = Path(__file__).parents[2] / "data" / "README.md"
ARMS = ["observed", "nonresponder", "starters"]


def recorded_command() -> dict[str, str]:
    """Read the demo's command in the dictionary."""
    command = re.search(r"^outcomes simulate data/demo (.+)$", DICTIONARY.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(re.findall(r"--(\w+) (\w+)", command[1]))


def test_the_recorded_command_makes_the_same_bytes(demo_folder, tmp_path):
    options = recorded_command()
    numbers = {name: int(options[name]) for name in ("patients", "clinics", "seed")}
    assert (numbers["patients"], numbers["clinics"]) == (1200, 4)
    again = write_dataset(simulate(**numbers, first=options["from"], last=options["to"]), tmp_path / "demo")
    files = sorted(path.name for path in demo_folder.iterdir())
    assert files == sorted(path.name for path in again.iterdir())
    for name in files:
        assert (again / name).read_bytes() == (demo_folder / name).read_bytes(), name


def test_the_demo_is_small_enough_to_keep_in_the_repository(demo_folder):
    assert sum(path.stat().st_size for path in demo_folder.iterdir()) < 6_000_000


def test_the_demo_is_clean_but_for_its_stated_faults(demo):
    problems = demo.problems[["table", "rule", "severity", "count"]]
    assert sorted(map(tuple, problems.to_numpy())) == [
        ("scores", "total disagrees with items", "set-aside", 5),
        ("scores", "total out of range", "set-aside", 5),
    ]
    assert (demo.basis, demo.data_cut.isoformat()) == ("synthetic", "2026-09-30")
    text = DICTIONARY.read_text(encoding="utf-8")
    assert "ten rows of `scores` are set aside, five with a total outside" in text


def test_four_clinics_of_similar_size_and_a_full_2025(demo):
    patients = demo.table("patients")
    assert patients["clinic_id"].value_counts(normalize=True).min() >= 0.2
    assert 340 <= (patients["start_year"] == 2025).sum() <= 400


@pytest.fixture(scope="module")
def first_courses(demo_folder) -> pd.DataFrame:
    """Read first courses due by the cut, baseline and end-of-loading PHQ-9 from the files, without the package."""
    sessions = pd.read_csv(demo_folder / "sessions.csv").query("status in ('given', 'stopped-early')")
    patients = pd.read_csv(demo_folder / "patients.csv").query("not prior_ketamine").set_index("patient_id")
    scores = pd.read_csv(demo_folder / "scores.csv").query("instrument == 'PHQ-9' and occasion != 'post'")
    items = scores[[f"item_{k}" for k in range(1, 10)]]
    answered, item_sum = items.notna().sum(axis=1), items.sum(axis=1)
    prorated = (item_sum * 9 / answered.where(answered > 0) + 0.5) // 1
    given = scores["total"]
    disagrees = (answered > 0) & given.notna() & (given != prorated) & ~((answered < 9) & (given == item_sum))
    scores = scores.assign(used=prorated.where(answered > 0, given))[~disagrees & ~(given > 27)]
    scores_of = dict(iter(scores.groupby("patient_id")))
    rows = []
    for patient, own in sessions.groupby("patient_id"):
        start = pd.Timestamp(own["date"].iloc[0])
        if patient not in patients.index or start + pd.Timedelta(42, "D") > pd.Timestamp("2026-09-30"):
            continue
        last, maintenance = 0, None
        for place, session in enumerate(own.itertuples(), start=1):
            if session.treatment != own["treatment"].iloc[0] or session.day - last > 90:
                break
            series = session.treatment == "ketamine"
            if session.day >= 28 or (series and (place > 8 or session.day - last > 10)):
                maintenance = session.day
                break
            last = session.day
        mine = scores_of.get(patient, scores.iloc[:0])
        before = mine[mine["day"].between(-30, 0)]
        after = mine[mine["day"].between(last + 1, min(last + 14, maintenance or last + 14))]
        after = after.assign(distance=(after["day"] - last - 7).abs()).sort_values(["distance", "day"])
        rows.append(
            {
                "clinic_id": patients["clinic_id"][patient],
                "baseline": before["used"].iloc[-1] if len(before) else None,
                "end": after["used"].iloc[0] if len(after) else None,
            }
        )
    return pd.DataFrame(rows)


@pytest.mark.parametrize("outcome", ["response", "remission"])
def test_rates_equal_a_plain_reading_of_the_files(first_courses, demo_cohort, outcome):
    people = first_courses
    eligible = people["baseline"] >= 10
    scored = eligible & people["end"].notna()
    met = scored & ((2 * people["end"] <= people["baseline"]) if outcome == "response" else (people["end"] <= 4))
    plain = pd.DataFrame({"started": 1, "eligible": eligible, "scored": scored, "numerator": met})
    plain = plain.groupby(people["clinic_id"]).sum()
    rates = response_rates(
        demo_cohort, instrument="PHQ-9", window="end of loading", by="clinic_id", outcome=outcome
    ).set_index("clinic_id")
    assert rates[list(plain)].astype(int).to_dict() == plain.astype(int).to_dict()


def test_at_least_four_in_five_of_the_yearly_cells_are_published(demo_cohort):
    breakdowns = [
        {"window": "end of loading", "by": "clinic_id"},
        {"window": "end of loading", "by": "route"},
        {"window": [f"after session {k}" for k in range(1, 9)]},
        {"window": ["end of loading", *(f"month {m} after loading" for m in range(1, 13))]},
    ]
    shown = [
        status == "ok"
        for outcome in ("response", "remission")
        for breakdown in breakdowns
        for status in disclose(
            response_rates(
                demo_cohort, instrument="PHQ-9", outcome=outcome, denominator=ARMS, period="2025", **breakdown
            )
        ).table["status"]
    ]
    assert len(shown) == 2 * 3 * (4 + 3 + 8 + 13)
    assert sum(shown) / len(shown) >= 0.8


def documented(part: str) -> dict[str, str]:
    """Return the sections of a part of the dictionary, by table."""
    text = DICTIONARY.read_text(encoding="utf-8")
    inside = re.search(rf"^## {part}$(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1]
    return dict(re.findall(r"^### (\w+)[^\n]*\n(.*?)(?=^### |\Z)", inside, re.MULTILINE | re.DOTALL))


def columns_of(section: str) -> list[str]:
    return re.findall(r"^\| `(\w+)`", section, re.MULTILINE)


def test_the_dictionary_lists_every_input_column_and_allowed_word():
    sections = documented("Input columns")
    assert list(sections) == list(layout_tables())
    for name, table in layout_tables().items():
        listed = [column for column in columns_of(sections[name]) if column != "item_1"]
        assert listed == [column for column in table.columns if not column.startswith("item_")]
        for column in table.columns.values():
            words = column.values  # noqa: PD011 - the allowed words of a layout column, no pandas object
            row = re.search(rf"^\| `{column.name}`.*$", sections[name], re.MULTILINE)
            assert row is None or all(f"`{word}`" in row[0] for word in words), (name, column.name)


@pytest.mark.parametrize("name", ["courses", "sessions", "maintenance", "outcomes"])
def test_the_dictionary_lists_every_derived_column(demo_cohort, name):
    kinds = {
        "text": {"str", "object"},
        "whole number": {"Int64"},
        "number": {"float64"},
        "date": {"datetime64[us]"},
        "true, false or unknown": {"boolean"},
    }
    section = documented("Derived columns")[name]
    table = getattr(demo_cohort, name)
    listed = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section, re.MULTILINE))
    assert list(listed) == list(table)
    for column, kind in listed.items():
        assert str(table[column].dtype) in kinds[kind], column
