"""No identifier and no date of a clinic's export leaves by an import: in no file, no message and no account.

The export is made up: 50 clients with a name, an e-mail address, a telephone and a record number each (200 in all), a
birth date, a social security number, visits, questionnaires and referrals, as a clinic's software writes them.
"""

import csv
import random
import re
import stat
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis import cli
from analysis.cohort.cohort import derive
from analysis.intake import mapping as importing
from analysis.intake.dataset import check_dataset, open_dataset
from analysis.intake.mapping import import_folder
from analysis.vocabulary.errors import DataError, OutcomesError

MAPPING = """
[dataset]
name = "A clinic"
basis = "safe-harbor"
data_cut = "2025"

[pseudonyms]
clinic_id = "recode"

[files.clients]
path = "All Clients.csv"
[files.clients.drop]
"Client Name" = "name"
"E-mail" = "address"
"Phone" = "telephone"
SSN = "social security number"

[files.visits]
path = "Visit Notes.csv"
missing = ["#VALUE!"]
[files.visits.drop]
Note = "free text"

[files.phq]
path = "PHQ9.csv"
delimiter = ";"
[files.phq.drop]
mood = "free text"

[files.referrals]
path = "Referrals.csv"

[tables.patients]
from = "clients"
[tables.patients.columns]
patient_id = "MRN"
clinic_id = "Site"
age = { age_from = "DOB", date = "month/day/year" }
sex = { from = "Sex", values = { F = "female", M = "male" } }
last_day = { from = "Last seen", date = "year-month-day" }
[tables.patients.columns.payer]
from = "Payer"
values = { Cash = "self-pay", BCBS = "commercial", VA = "va" }
rare = { fewer_than = 11, becomes = "other" }

[tables.sessions]
from = "visits"
[tables.sessions.columns]
patient_id = "MRN"
date = { from = "Visit Date", date = ["year-month-day", "month/day/year", "excel"] }
treatment.constant = "ketamine"
route.constant = "iv"
dose_mg = { from = "final_ketamine_dose", number = "dose" }
weight_kg = { from = "weight", number = "weight" }
systolic_before = "BP"
status = { from = "Status", values = { Done = "given", "No Show" = "no-show" } }

[tables.scores]
from = "phq"
[tables.scores.columns]
patient_id = "client_id"
date = { from = "date_submited", date = "year-month-day" }
instrument.constant = "PHQ-9"
occasion.constant = "pre"
total = { from = "phq9total", number = "integer" }
[tables.scores.needs]
date = "not dated"
total = "no total"

[tables.referrals]
from = "referrals"
[tables.referrals.columns]
referral_id = "Case"
patient_id = "MRN"
date = { from = "Received", date = "day.month.year" }
source = "Source"
"""
FIRST_NAMES = [
    "Aurelia",
    "Bartholomew",
    "Clementine",
    "Desmond",
    "Evangeline",
    "Fitzgerald",
    "Guinevere",
    "Hildegard",
    "Ignatius",
    "Jocasta",
]
LAST_NAMES = ["Abernathy", "Blankenship", "Castellanos", "Dombrowski", "Eisenhauer"]


class Export:
    """A made-up export: its rows by file, and what must not be seen anywhere."""

    def __init__(self, people: int = 50, seed: int = 7) -> None:
        draw = random.Random(seed)  # noqa: S311
        self.planted: list[str] = []
        self.dates: set[date] = set()
        self.files: dict[str, list[list[str]]] = {
            "All Clients.csv": [
                ["MRN", "Client Name", "E-mail", "Phone", "SSN", "DOB", "Sex", "Site", "Payer", "Last seen"]
            ],
            "Visit Notes.csv": [["MRN", "Visit Date", "final_ketamine_dose", "weight", "BP", "Status", "Note"]],
            "PHQ9.csv": [["client_id", "date_submited", "phq9total", "mood"]],
            "Referrals.csv": [["Case", "MRN", "Received", "Source"]],
        }
        for number in range(people):
            self._person(number, draw)
        for name, rows in self.files.items():
            if name != "All Clients.csv":
                rows[1:] = draw.sample(rows[1:], len(rows) - 1)

    def _person(self, number: int, draw: random.Random) -> None:
        name = f"{FIRST_NAMES[number % 10]} {LAST_NAMES[number // 10]}"
        email, phone = name.lower().replace(" ", ".") + "@example.org", f"617-555-{1000 + number}"
        mrn, ssn = f"{48_100_000 + 7 * number}", f"521-44-{6000 + number}"
        birth = date(1930, 1, 1) + timedelta(draw.randrange(25_000))
        self.planted += [name, email, phone, mrn]
        clients, visits, phq, referrals = self.files.values()
        start = date(2024, 1, 3) + timedelta(draw.randrange(300))
        seen = start + timedelta(200)
        text = f"{name} called from {phone}"
        site = "Beacon Hill" if number % 3 else "Dorchester Ave"
        payer = "VA" if number < 4 else ("Cash" if number % 2 else "BCBS")
        treated = number % 10 != 9
        american = birth.strftime("%m/%d/%Y")
        clients.append(
            [mrn, name, email, phone, ssn, american, "FM"[number % 2], site, payer, seen.isoformat() if treated else ""]
        )
        referrals.append([f"{mrn}-A", mrn, (start - timedelta(20)).strftime("%d.%m.%Y"), "psychiatrist"])
        self.planted += [ssn, f"{mrn}-A", american, birth.isoformat()]
        self.dates |= {start - timedelta(20), seen} if treated else {start - timedelta(20)}
        for week in range(4):
            day = start + timedelta(7 * week)
            self.dates |= {day}
            shown = [
                f"{day}T00:00:00.000Z",
                day.isoformat(),
                f"{day.month}/{day.day}/{day.year}",
                str((day - date(1899, 12, 30)).days),
            ]
            dose = draw.choice(["40 mg = 0.50 mg/kg", "35 --> 40 mg", "40mg (split)", "40", f"see {name}"])
            weight = draw.choice(["71..5 kg", "80 - 82", "reweight", "75", mrn])
            status = "Done" if treated else "No Show"
            visits.append(
                [
                    mrn,
                    shown[(number + week) % 4],
                    dose,
                    weight,
                    phone.replace("-", "") if week == 3 else "120",
                    status,
                    text,
                ]
            )
            phq.append([mrn, f"{day} 08:30:00", str(20 - 4 * week), text])
        phq.append([mrn, "", "12", email])

    def write(self, folder: Path) -> Path:
        folder.mkdir(exist_ok=True)
        for name, rows in self.files.items():
            with folder.joinpath(name).open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream, delimiter=";" if name.startswith("PHQ") else ",").writerows(rows)
        return folder

    def leaks(self, text: str) -> list[str]:
        """List what a text gives away. Dates are looked for in every form in which the export writes them."""
        dates = {
            each
            for day in self.dates
            for each in (day.isoformat(), f"{day.month}/{day.day}/{day.year}", day.strftime("%d.%m.%Y"))
        }
        serials = {str((day - date(1899, 12, 30)).days) for day in self.dates}
        words = set(re.findall(r"[A-Za-z]+", text))
        parts = {part for name in FIRST_NAMES + LAST_NAMES for part in (name, name.lower())} & words
        sites = {site for site in ("Beacon", "Dorchester") if site in text}
        return [*sorted(each for each in {*self.planted, *dates, *serials} if each in text), *sorted(parts | sites)]


def run(export: Export, place: Path, *, text: str = MAPPING, key: str = "key.csv", force: bool = False):
    place.joinpath("map.toml").write_text(text)
    folder = export.write(place / "source")
    return import_folder(folder, mapping=place / "map.toml", out=place / "dataset", key_file=place / key, force=force)


def everything_written(place: Path, *, but: tuple[str, ...] = ("source", "map.toml", "key.csv")) -> str:
    """All that stands on the disk beside what was there before, file names too."""
    files = [p for p in place.rglob("*") if p.is_file() and p.relative_to(place).parts[0] not in but]
    return "\n".join(f"{p.name}\n{p.read_text(encoding='utf-8')}" for p in files)


def everything_said(account) -> str:
    tables = [table for table in vars(account).values() if isinstance(table, pd.DataFrame)]
    return "\n".join([str(account), account._repr_html_(), *(table.to_csv() for table in tables)])


def test_200_identifiers_and_all_dates_stay_behind(tmp_path, capfd):
    export = Export()
    assert len(set(export.planted)) >= 200
    assert len(export.leaks(str(export.files))) > 400  # what it looks for, it would find
    account = run(export, tmp_path)
    written = everything_written(tmp_path)
    assert "patient_id" in written
    assert export.leaks(written) == []
    assert export.leaks(everything_said(account)) == []
    assert capfd.readouterr() == ("", "")
    assert (check_dataset(tmp_path / "dataset")["severity"] == "error").sum() == 0


def test_the_dataset_is_the_one_that_was_meant(tmp_path):
    """Worked from the export itself: days, ages, doses, weights and rare payers."""
    export = Export()
    account = run(export, tmp_path)
    key = pd.read_csv(tmp_path / "key.csv", dtype=str).query("kind == 'patient_id'").set_index("pseudonym")["original"]
    sessions = pd.read_csv(tmp_path / "dataset" / "sessions.csv")
    patients = pd.read_csv(tmp_path / "dataset" / "patients.csv")
    assert len(sessions) == 45 * 4  # 5 of 50 never came; their 4 visits each have no day
    assert sessions.groupby("patient_id")["day"].apply(list).tolist() == [[0, 7, 14, 21]] * 45
    assert "date" not in sessions
    visits = export.files["Visit Notes.csv"][1:]
    treated = [row for row in visits if row[5] == "Done"]
    read = [row for row in treated if not row[2].startswith("see")]
    assert sessions["dose_mg"].dropna().tolist() == [40.0] * len(read)
    assert sessions["weight_kg"].isin([71.5, 75.0]).sum() == sum(row[3] in {"71..5 kg", "75"} for row in treated)
    assert sessions["systolic_before"].isna().sum() == 45  # a telephone number is no blood pressure
    births = {row[0]: row[5] for row in export.files["All Clients.csv"][1:]}
    firsts = {row[1]: row[2] for row in export.files["Referrals.csv"][1:]}  # received 20 days before the first session
    for row in patients.dropna(subset=["age"]).itertuples():
        month, day, year = map(int, births[key[row.patient_id]].split("/"))
        d, m, y = map(int, firsts[key[row.patient_id]].split("."))
        first = date(y, m, d) + timedelta(20)
        assert row.age == min(90, first.year - year - ((first.month, first.day) < (month, day)))
        assert row.start_year == first.year
        assert row.last_day == 200
    assert patients["age"].notna().sum() == 45
    assert patients["payer"].value_counts().to_dict().keys() == {"self-pay", "commercial", "other"}
    assert (patients["payer"] == "other").sum() == 4
    referrals = pd.read_csv(tmp_path / "dataset" / "referrals.csv")
    assert referrals["wait_days"].dropna().tolist() == [20] * 45
    reasons = account.not_written.set_index(["table", "reason"])["rows"].to_dict()
    assert reasons == {
        ("sessions", "no first treatment to count days from"): 20,
        ("scores", "no first treatment to count days from"): 20,
        ("scores", "not dated"): 50,
    }
    counted = account.changed_values.set_index(["column", "reason"])["cells"].to_dict()
    not_read = [cells for (_, reason), cells in counted.items() if reason.startswith("not read as a dose: ")]
    assert sum(not_read) == len(treated) - len(read)
    assert counted["systolic_before", "not from 40 to 300"] == 45
    assert counted["payer", "fewer than 11 patients, now 'other'"] == 4
    assert len(derive(open_dataset(tmp_path / "dataset")).courses) == 45


def test_the_order_of_the_rows_tells_nothing(tmp_path):
    run(Export(), tmp_path)
    key = pd.read_csv(tmp_path / "key.csv", dtype=str).query("kind == 'patient_id'").set_index("pseudonym")["original"]
    patients = pd.read_csv(tmp_path / "dataset" / "patients.csv")["patient_id"]
    assert patients.is_monotonic_increasing
    assert not patients.map(key).astype(int).is_monotonic_increasing


def test_the_same_key_file_gives_the_same_dataset_and_a_later_export_keeps_the_pseudonyms(tmp_path):
    run(Export(people=30), tmp_path)
    first = everything_written(tmp_path)
    key = (tmp_path / "key.csv").read_text()
    assert stat.S_IMODE((tmp_path / "key.csv").stat().st_mode) == 0o600
    shuffled = Export(people=30)
    for rows in shuffled.files.values():
        rows[1:] = reversed(rows[1:])
    run(shuffled, tmp_path, force=True)
    assert everything_written(tmp_path) == first
    assert (tmp_path / "key.csv").read_text() == key
    run(Export(), tmp_path, force=True)
    assert set(key.splitlines()) < set((tmp_path / "key.csv").read_text().splitlines())
    other = tmp_path / "other"
    other.mkdir()
    run(Export(people=30), other)
    pseudonyms = [set(pd.read_csv(place / "key.csv", dtype=str)["pseudonym"]) for place in (tmp_path, other)]
    assert not pseudonyms[0] & pseudonyms[1]


MAPPED = {
    "All Clients.csv": ["MRN", "DOB", "Sex", "Site", "Payer", "Last seen"],
    "Visit Notes.csv": ["MRN", "Visit Date", "final_ketamine_dose", "weight", "BP", "Status"],
    "PHQ9.csv": ["client_id", "date_submited", "phq9total"],
    "Referrals.csv": ["Case", "MRN", "Received", "Source"],
}
STRAY = ["Aurelia Abernathy", "6175551000", "48100000", "3/4/1951"]


@pytest.mark.parametrize(("file", "column"), [(file, column) for file, columns in MAPPED.items() for column in columns])
def test_an_identifier_in_the_wrong_cell_stays_behind_too(tmp_path, file, column):
    """Whatever cell it strays into: the import stops without showing it, or goes on without it."""
    for number, stray in enumerate(STRAY):
        export = Export(people=6)
        export.planted.append(stray)
        rows = export.files[file]
        rows[3][rows[0].index(column)] = stray
        place = tmp_path / str(number)
        place.mkdir()
        try:
            said = everything_said(run(export, place))
        except OutcomesError as error:
            said = str(error)
            assert {p.name for p in place.iterdir()} == {"source", "map.toml"}
            assert ".csv, row" in said
        assert export.leaks(said) == []
        assert export.leaks(everything_written(place)) == []


def test_only_finished_tables_reach_the_disk_and_a_run_that_dies_leaves_nothing(tmp_path, monkeypatch):
    export = Export()
    seen = []

    def die(folder):
        seen.append(everything_written(folder, but=()))
        raise KeyboardInterrupt

    monkeypatch.setattr(importing, "check_dataset", die)
    with pytest.raises(KeyboardInterrupt):
        run(export, tmp_path)
    assert "patient_id" in seen[0]
    assert export.leaks(seen[0]) == []
    assert {p.name for p in tmp_path.iterdir()} == {"source", "map.toml"}


def test_an_ambiguous_date_is_an_error_that_names_its_place(tmp_path):
    export = Export(people=3)
    visits = export.files["Visit Notes.csv"]
    visits[2][1], visits[5][1] = "03/04/2024", "4/3/2024"
    text = MAPPING.replace(
        '{ from = "Visit Date", date = ["year-month-day", "month/day/year", "excel"] }', '"Visit Date"'
    )
    for row in visits[1:]:
        if "/" not in row[1]:
            row[1] = "2024-06-01"
        elif row not in (visits[2], visits[5]):
            row[1] = "6/30/2024"
    with pytest.raises(DataError) as error:
        run(export, tmp_path, text=text)
    assert str(error.value) == (
        "Visit Notes.csv, rows 3, 6, column 'Visit Date': a date that can be read with the day or the month first; "
        "say which as `tables.sessions.columns.date.date`."
    )


def test_the_command_says_the_same_and_no_more(tmp_path, capsys):
    export = Export(people=6)
    tmp_path.joinpath("map.toml").write_text(MAPPING)
    folder = export.write(tmp_path / "source")
    call = ["import", folder, "--map", tmp_path / "map.toml", "--out", tmp_path / "dataset"]
    assert cli.main([str(each) for each in call]) == 2
    assert "Name one with --key-file" in capsys.readouterr().err
    assert cli.main([str(each) for each in [*call, "--key-file", tmp_path / "key.csv"]]) == 0
    said = capsys.readouterr()
    assert export.leaks(said.out + said.err) == []
    assert "Rows not written, by reason" in said.out


def test_dates_are_kept_only_where_the_basis_allows_and_the_mapping_asks(tmp_path):
    export = Export(people=6)
    limited = MAPPING.replace('"safe-harbor"', '"limited-data-set"')
    run(export, tmp_path, text=limited)
    assert export.leaks(everything_written(tmp_path)) == []
    run(export, tmp_path, text=limited.replace("data_cut", "keep_dates = true\ndata_cut"), force=True)
    dataset = open_dataset(tmp_path / "dataset")
    assert dataset.has_dates
    sessions = dataset.table("sessions")
    assert (
        (sessions["date"] - sessions.groupby("patient_id")["date"].transform("min")).dt.days == sessions["day"]
    ).all()
    with pytest.raises(OutcomesError, match="keep_dates"):
        run(export, tmp_path, text=MAPPING.replace("data_cut", "keep_dates = true\ndata_cut"), force=True)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    people=st.integers(4, 8),  # more rows than blanks, so that a table never loses all of its rows
    seed=st.integers(0, 1000),
    blanks=st.lists(st.tuples(st.sampled_from(["Visit Notes.csv", "PHQ9.csv"]), st.integers(0, 40)), max_size=8),
)
def test_every_row_of_any_such_export_is_accounted_for(tmp_path_factory, people, seed, blanks):
    export = Export(people=people, seed=seed)
    for file, number in blanks:
        rows = export.files[file][1:]
        rows[number % len(rows)][1 if file == "PHQ9.csv" else 2] = ""
    place = tmp_path_factory.mktemp("random")
    account = run(export, place)
    read = account.files.set_index("path")
    tables = account.tables.set_index("table")
    assert read["read"].to_dict() == {name: len(rows) - 1 for name, rows in export.files.items()}
    for table in ("patients", "sessions", "scores", "referrals"):
        path = place / "dataset" / f"{table}.csv"
        assert tables.loc[table, "written"] == len(pd.read_csv(path))
        left = account.not_written.query("table == @table")["rows"].sum()
        assert tables.loc[table, "source_rows"] == tables.loc[table, "written"] + left
    assert export.leaks(everything_written(place)) == []
