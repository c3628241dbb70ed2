"""Whatever an export holds, each of its rows is written, merged or left out by a named reason, and the account says so.

The exports are drawn at random: people, visits and forms with rows that belong to nobody, are archived, cancelled, not
dated, repeated, empty or without a total. A plain reading of each row, one at a time, says what must become of it.
"""

import csv
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.intake.mapping import import_folder

MAPPING = """
dataset = { name = "Drawn", basis = "synthetic", data_cut = "2026", keep_dates = true }

[files.people]
path = "people.csv"
[[files.people.leave_out]]
column = "group"
is = ["control"]
reason = "control"

[files.visits]
path = "visits.csv"
join.people = { on = "client", to = "id" }
[[files.visits.leave_out]]
column = "people.id"
missing = true
reason = "not on the list"
[[files.visits.leave_out]]
column = "people.group"
is = ["control"]
reason = "control"

[files.forms]
path = "forms.csv"
join.people = { on = "client", to = "id" }
[[files.forms.leave_out]]
column = "archived"
is = ["TRUE"]
reason = "archived"
[[files.forms.leave_out]]
column = "people.id"
missing = true
reason = "not on the list"
[[files.forms.leave_out]]
column = "people.group"
is = ["control"]
reason = "control"

[tables.patients]
from = "people"
columns.patient_id = "id"

[tables.sessions]
from = "visits"
needs.date = "visit without a date"
[tables.sessions.columns]
patient_id = "client"
date = { from = "when", date = ["year-month-day", "excel", "day month year"] }
treatment.constant = "ketamine"
weight_kg = { from = "weight", number = "weight", carry_forward = { days = 3 } }
status = { from = "status", values = { Done = "given", Missed = "no-show" } }

[tables.scores]
from = "forms"
once_per = ["patient_id", "date", "instrument"]
needs = { date = "form without a date", total = "no total" }
[tables.scores.columns]
patient_id = "client"
date = { from = ["sent", "opened"], date = ["year-month-day", "month/day/year"] }
instrument = "scale"
total = { from = "total", number = "integer" }
"""
NO_START = "no first treatment to count days from"
EMPTY = "empty line"
FIRST = date(2025, 1, 1)
NAMES = ["A", "B", "C", "D", "stranger"]
WAYS = [
    date.isoformat,
    lambda day: f"{day.isoformat()}T00:00:00.000Z",
    lambda day: str((day - date(1899, 12, 30)).days),
    lambda day: f"{day.day} {('Jan', 'Feb')[day.month - 1]} {day.year}",
]
WEIGHTS = st.sampled_from(["71.5", "71.5 kg", "reweight", "0", "", "70 - 72"])
DAYS = st.none() | st.integers(0, 40).map(lambda days: FIRST + timedelta(days))


@st.composite
def exports(draw):
    """Draw three files: lists of rows, each a dictionary; None stands for an empty line."""
    groups = draw(st.lists(st.sampled_from(["patient", "patient", "control"]), min_size=3, max_size=3))
    people = [{"id": name, "group": group} for name, group in zip("ABCD", ["patient", *groups], strict=True)]
    # One person has a visit and a form at least: a table without any row is no dataset.
    visits = [{"client": "A", "when": FIRST, "status": "Done"}]
    forms = [{"client": "A", "sent": FIRST, "opened": FIRST, "scale": "PHQ-9", "archived": "", "total": "12"}]
    for client, when in draw(st.lists(st.tuples(st.sampled_from(NAMES), DAYS), max_size=12, unique=True)):
        if (client, when) != ("A", FIRST):
            visits.append({"client": client, "when": when, "status": draw(st.sampled_from(["Done", "Missed"]))})
    keys = st.tuples(st.sampled_from(NAMES), DAYS, st.sampled_from(["PHQ-9", "GAD-7"]))
    for client, day, scale in draw(st.lists(keys, max_size=12, unique=True)):
        if (client, day, scale) != ("A", FIRST, "PHQ-9"):
            sent, opened = draw(st.sampled_from([(day, None), (None, day), (day, day and FIRST)]))
            archived, total = draw(st.sampled_from(["", "", "TRUE"])), draw(st.sampled_from(["12", "", "0"]))
            form = {"client": client, "sent": sent, "opened": opened, "scale": scale, "archived": archived}
            forms += [form | {"total": total}] * draw(st.sampled_from([1, 1, 2, 3]))
    for row in visits:
        row["way"], row["weight"] = draw(st.sampled_from(range(4))), draw(WEIGHTS)
    return tuple(draw(st.permutations([*rows, *[None] * draw(st.integers(0, 2))])) for rows in (people, visits, forms))


def write_export(folder, people, visits, forms):
    def american(day):
        return "" if day is None else f"{day.month}/{day.day}/{day.year} 08:30:00"

    files = {
        "people.csv": (["id", "group"], people, lambda row: row),
        "visits.csv": (
            ["client", "when", "weight", "status"],
            visits,
            lambda row: row | {"when": "" if row["when"] is None else WAYS[row["way"]](row["when"])},
        ),
        "forms.csv": (
            ["client", "sent", "opened", "scale", "total", "archived"],
            forms,
            lambda row: row | {"sent": row["sent"] or "", "opened": american(row["opened"])},
        ),
    }
    folder.mkdir()
    for name, (header, rows, written) in files.items():
        with (folder / name).open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(header)
            writer.writerows(
                [""] * len(header) if row is None else [written(row)[key] for key in header] for row in rows
            )


def fates(people, visits, forms):
    """Say what must become of each row: "written", "merged" or the reason for which it is left out."""
    group = {row["id"]: row["group"] for row in people if row}
    everyone = {row["client"] for row in visits if row}
    done = [row for row in visits if row and row["status"] == "Done"]
    came = {row["client"] for row in done if visit_fate(row, group, everyone) == "written"}
    seen: set[tuple] = set()
    return {
        "people": [EMPTY if row is None else row["group"].replace("patient", "written") for row in people],
        "visits": [visit_fate(row, group, came) for row in visits],
        "forms": [form_fate(row, group, came, seen) for row in forms],
    }


def outsider(row, group):
    return {None: "not on the list", "control": "control"}.get(group.get(row["client"]))


def visit_fate(row, group, came):
    if row is None:
        return EMPTY
    if outsider(row, group):
        return outsider(row, group)
    if row["when"] is None:
        return "visit without a date"
    return "written" if row["client"] in came else NO_START


def form_fate(row, group, came, seen):
    if row is None:
        return EMPTY
    day = row["sent"] or row["opened"]
    reasons = [
        (row["archived"], "archived"),
        (outsider(row, group), outsider(row, group)),
        (day is None, "form without a date"),
        (row["total"] == "", "no total"),
        (row["client"] not in came, NO_START),
        ((row["client"], day, row["scale"]) in seen, "merged"),
    ]
    fate = next((reason for holds, reason in reasons if holds), "written")
    if fate == "written":
        seen.add((row["client"], day, row["scale"]))
    return fate


def check_account(tmp_path_factory, export):
    place = tmp_path_factory.mktemp("drawn")
    write_export(place / "files", *export)
    (place / "map.toml").write_text(MAPPING, encoding="utf-8")
    account = import_folder(place / "files", mapping=place / "map.toml", out=place / "dataset")
    expected = fates(*export)
    for file, table in (("people", "patients"), ("visits", "sessions"), ("forms", "scores")):
        counts = Counter(expected[file])
        told = account.files.set_index("file").loc[file]
        reasons = account.left_out.query("file == @file and rows > 0").set_index("reason")["rows"].to_dict()
        assert (told["read"], told["used"]) == (len(expected[file]), counts["written"] + counts["merged"])
        assert reasons == {fate: rows for fate, rows in counts.items() if fate not in {"written", "merged"}}
        rows = account.tables.set_index("table").loc[table]
        assert (rows["written"], rows["merged"]) == (counts["written"], counts["merged"])
        with (place / "dataset" / f"{table}.csv").open(newline="", encoding="utf-8") as stream:
            written = [
                tuple(row[key] for key in ("patient_id", "date") if key in row) for row in csv.DictReader(stream)
            ]
        kept = (row for row, fate in zip(export[NUMBER[file]], expected[file], strict=True) if fate == "written")
        assert sorted(written) == sorted(KEY[file](row) for row in kept)


NUMBER = {"people": 0, "visits": 1, "forms": 2}
KEY = {
    "people": lambda row: (row["id"],),
    "visits": lambda row: (row["client"], row["when"].isoformat()),
    "forms": lambda row: (row["client"], (row["sent"] or row["opened"]).isoformat()),
}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(exports())
def test_every_row_of_a_random_export_is_written_merged_or_left_out_by_its_reason(tmp_path_factory, export):
    check_account(tmp_path_factory, export)


@pytest.mark.full
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(exports())
def test_every_row_of_many_random_exports_is_written_merged_or_left_out_by_its_reason(tmp_path_factory, export):
    check_account(tmp_path_factory, export)
