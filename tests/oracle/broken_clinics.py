"""Random small datasets with every kind of fault in them, the same for the same number."""

import csv
from pathlib import Path
from random import Random
from typing import Any

WHOLE = ["", "", " 7 ", "7.0", "7.5", "x", "-3", "70000", "99999999999", "1e3", "+4", "007"]
NUMBERS = ["", "56.0", "inf", "1e400", ".5", "-1", "5000", "a"]
DATES = ["", "2026-01-05", "2026-13-01", "1980-01-01", "2026-01-05 00:00:00", "05.01.2026", "2027-03-01"]
FLAGS = ["true", "FALSE", "", "1", "no"]
CODES = ["C1", "C2", "", "C 3", "jane.doe@example.org", "555-234-5678", "x" * 70]

Rows = list[dict[str, Any]]


def write_broken_clinic(folder: Path, seed: int, *, faults: float = 0.1) -> Path:
    """Write a dataset of some twenty patients as CSV files.

    Parameters
    ----------
    folder : Path
    seed : int
    faults : float
        The share of cells that are drawn from the faulty ones.

    Returns
    -------
    Path
        The folder.
    """
    chance = Random(seed)  # noqa: S311
    clean = chance.random() < 0.3  # some datasets without errors, so that they can be opened
    faults = 0.02 if clean else faults

    def one(right: Any, wrong: list[str]) -> Any:
        return chance.choice(wrong) if chance.random() < faults else right

    people = [f"P{number:03}" for number in range(chance.randint(1, 24))]
    everybody = people if clean else [*people, "P999", one("", ["P 1", "Jane Doe", ""])]
    tables = {
        "patients": _patients(people, one, chance),
        "sessions": _sessions(everybody, one, chance),
        "scores": _scores(everybody, one, chance, clean),
        "adverse_events": _events(everybody, one, chance, "term", ["nausea", "Nausea", "rash", "fall"]),
        "events": _events(everybody, one, chance, "event", ["death", "other", "Death", "birth"]),
        "referrals": _referrals(everybody, one, chance, clean),
    }
    if clean:
        tables = {name: _without_copies(name, rows) for name, rows in tables.items()}
    elif chance.random() < 0.5:
        tables["sessions"] += tables["sessions"][:2]
    settings = ""
    if chance.random() < 0.4:
        settings = 'extra_columns = { sessions = ["room"] }\n'
        for row in tables["sessions"]:
            row["room"] = chance.choice(["a", "b"]) if clean else f"{chance.randint(1, 90)} Main St"
    basis = chance.choice(["synthetic", "limited-data-set", "safe-harbor"]) if not clean else "synthetic"
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        if name in {"sessions", "scores"} or (rows and (clean or chance.random() < 0.8)):
            with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(stream, list(rows[0]) if rows else ["patient_id"], lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
    if chance.random() < 0.2:
        (folder / "notes.xlsx").touch()
    about = f'layout = 1\nname = "Broken"\nbasis = "{basis}"\ndata_cut = "2026-09-30"\n{settings}'
    (folder / "dataset.toml").write_text(about, encoding="utf-8")
    return folder


def _without_copies(table: str, rows: Rows) -> Rows:
    keys = {"scores": ("patient_id", "day", "instrument", "occasion"), "referrals": ("referral_id",)}
    key = keys.get(table, ("patient_id", "day", "sequence", "term", "event"))
    return list({tuple(str(row.get(name, "")).strip() for name in key): row for row in rows}.values())


def _patients(people: list[str], one: Any, chance: Random) -> Rows:
    return [
        {
            "patient_id": person,
            "age": one(str(chance.randint(18, 95)), WHOLE),
            "sex": one("female", ["Female", "f", ""]),
            "start_year": one("2026", WHOLE),
            "prior_ketamine": one("true", FLAGS),
            "zip3": one("123", ["12", "", "12345"]),
            "last_day": one("", ["30", "x"]),
            "outcome_of_care": one("ongoing", ["completed", "On going"]),
        }
        for person in people
    ]


def _sessions(people: list[str], one: Any, chance: Random) -> Rows:
    return [
        {
            "patient_id": person,
            "day": one(str(day), WHOLE),
            "sequence": one("", ["1", "2", "0", "x"]),
            "date": one(f"2026-01-{5 + day:02}", DATES),
            "clinic_id": one("C1", CODES),
            "treatment": one("ketamine", ["Ketamine", "aspirin", ""]),
            "route": one("iv", ["IV", "im", "", "nasal"]),
            "dose_mg": one("56.0", NUMBERS),
            "cadss_peak": one("12", WHOLE),
            "status": one("given", ["", "no-show", "no show"]),
        }
        for person in people
        for day in chance.sample(range(0, 20), chance.randint(0, 4))
    ]


def _scores(people: list[str], one: Any, chance: Random, clean: bool) -> Rows:
    scales = ["PHQ-9", "GAD-7"] if clean else ["PHQ-9", "GAD-7", "PHQ9", "PCL-5", "QIDS", ""]
    rows = []
    for person in people:
        for day in chance.sample(range(-5, 30), chance.randint(0, 5)):
            items = [one(str(chance.randint(0, 3)), ["", "", "4", "x"]) for _ in range(7)]
            total = sum(int(item) for item in items if item.isdigit())
            rows.append(
                {
                    "patient_id": person,
                    "day": one(str(day), WHOLE),
                    "date": one("", DATES),
                    "instrument": chance.choice(scales),
                    "occasion": one("pre", ["", "post", "Pre", "later"]),
                    "total": one("", [str(total), str(total + 1), "300", "x"]),
                    **{f"item_{number}": item for number, item in enumerate(items, 1)},
                }
            )
    return rows or [{"patient_id": "P000", "day": "0", "instrument": "PHQ-9", "total": "5"}]


def _events(people: list[str], one: Any, chance: Random, kind: str, names: list[str]) -> Rows:
    return [
        {"patient_id": person, "day": one(str(number), WHOLE), kind: one(names[0], names), "sequence": one("1", WHOLE)}
        for number, person in enumerate(people)
        if chance.random() < 0.5
    ]


def _referrals(people: list[str], one: Any, chance: Random, clean: bool) -> Rows:
    return [
        {
            "referral_id": f"R{number if clean else chance.randint(0, 30)}",
            "patient_id": chance.choice([*people, "", ""]),
            "date": one("2026-01-01", DATES),
            "evaluated": one("true", FLAGS),
            "wait_days": one("5", WHOLE),
        }
        for number in range(chance.randint(0, 12))
    ]
