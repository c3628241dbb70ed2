"""One made-up clinic, written in every format that is read: each import gives the same tables, to the byte."""

import csv
import json
import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pyreadstat
import pytest
from fhir_twins import PHQ9, bundle, coded, us_core, us_core_panel, write_ndjson
from openpyxl import Workbook
from real_files import published_folder

from analysis.intake.dataset import open_dataset
from analysis.intake.mapping import import_folder
from analysis.vocabulary.errors import OutcomesError

PHQ_COLUMNS = [f"phq{number}" for number in range(1, 10)]
SEXES, DIAGNOSES, STATUSES = ["weiblich", "männlich"], ["F33.2", "F43.1"], ["completed", "stopped"]
DATASET = 'dataset = { name = "Clinic", basis = "synthetic", data_cut = "2026-09-30" }'
TABLES = """
[tables.patients.columns]
patient_id = "id"
sex = { from = "sex", values = { "weiblich" = "female", "männlich" = "male" } }
age = { age_from = "born", date = DATE }
diagnosis = { from = "diagnosis", values = { "F33.2" = "mdd", "F43.1" = "ptsd" } }
[tables.sessions.columns]
patient_id = "id"
date = { from = "day", date = DATE }
treatment.constant = "ketamine"
route.constant = "iv"
dose_mg = { from = "dose", number = "decimal" }
duration_min = { from = "minutes", number = "integer" }
status = { from = "status", values = { completed = "given", stopped = "stopped-early" } }
[tables.scores.columns]
patient_id = "id"
date = { from = "day", date = DATE }
instrument.constant = "PHQ-9"
total = { from = "total", number = "integer" }
"""
TABLES += "".join(f'item_{n} = {{ from = "phq{n}", number = "integer" }}\n' for n in range(1, 10))
TABLES = TABLES.replace(
    "[tables.patients.columns]",
    '[tables]\npatients.from = "people"\nsessions.from = "sessions"\nscores.from = "scores"\n[tables.patients.columns]',
    1,
)
Clinic = dict[str, list[dict]]


@pytest.fixture(scope="module")
def clinic() -> Clinic:
    draw = random.Random(7)  # noqa: S311
    people, sessions, scores = [], [], []
    for number in range(1, 13):
        name, first = f"P{number:02}", date(2025, 11, 3) + timedelta(days=draw.randrange(60))
        born = date(draw.randrange(1950, 2000), draw.randrange(1, 13), draw.randrange(1, 28))
        people.append({"id": name, "sex": draw.choice(SEXES), "born": born, "diagnosis": draw.choice(DIAGNOSES)})
        for visit in range(draw.randrange(2, 6)):
            day = first + timedelta(days=3 * visit)
            dose, status = draw.choice([35.0, 40.5, 42.25]), draw.choice(STATUSES) if visit else "completed"
            sessions.append({"id": name, "day": day, "dose": dose, "minutes": draw.choice([40, 45]), "status": status})
            items = {column: draw.randrange(4) for column in PHQ_COLUMNS}
            if draw.random() < 0.2:
                items["phq4"] = None
            answered = [value for value in items.values() if value is not None]
            total = sum(answered) if len(answered) == 9 else None
            scores.append({"id": name, "day": day, **items, "total": total})
    return {"people": people, "sessions": sessions, "scores": scores}


def expected_tables(clinic: Clinic) -> dict[str, list[dict[str, str]]]:
    """The dataset's tables by hand: days from the first session, ages on that day, items as they are."""
    first = {}
    for row in clinic["sessions"]:
        first[row["id"]] = min(row["day"], first.get(row["id"], row["day"]))
    tables: dict[str, list[dict[str, str]]] = {"patients": [], "sessions": [], "scores": []}
    for row in clinic["people"]:
        start, born = first[row["id"]], row["born"]
        age = start.year - born.year - ((start.month, start.day) < (born.month, born.day))
        sex = {"weiblich": "female", "männlich": "male"}[row["sex"]]
        diagnosis = {"F33.2": "mdd", "F43.1": "ptsd"}[row["diagnosis"]]
        made = {"start_year": str(start.year), "age": str(age), "sex": sex, "diagnosis": diagnosis}
        tables["patients"].append({"patient_id": row["id"]} | made)
    for row in clinic["sessions"]:
        given = {"completed": "given", "stopped": "stopped-early"}[row["status"]]
        made = {"dose_mg": str(row["dose"]), "duration_min": str(row["minutes"]), "status": given}
        day = str((row["day"] - first[row["id"]]).days)
        tables["sessions"].append({"patient_id": row["id"], "day": day, "treatment": "ketamine", "route": "iv"} | made)
    for row in clinic["scores"]:
        shown = {"total": row["total"], **{f"item_{n}": row[f"phq{n}"] for n in range(1, 10)}}
        day = str((row["day"] - first[row["id"]]).days)
        cells = {column: "" if value is None else str(value) for column, value in shown.items()}
        tables["scores"].append({"patient_id": row["id"], "day": day, "instrument": "PHQ-9"} | cells)
    return tables


def files_of(paths: dict[str, str], **options: str) -> str:
    lines = "".join(f"{key} = {value}\n" for key, value in options.items())
    return "".join(f'[files.{name}]\npath = "{path}"\n{lines}' for name, path in paths.items())


def mapping(files: str, *, dates: str = '"year-month-day"', tables: str = TABLES) -> str:
    return f"{DATASET}\n{files}\n{tables.replace('DATE', dates)}"


def write_text(folder: Path, clinic: Clinic) -> str:
    for name, rows in clinic.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="cp1252") as stream:
            writer = csv.writer(stream, delimiter=";")
            writer.writerow(rows[0])
            for row in rows:
                cells = [value.strftime("%d.%m.%Y") if isinstance(value, date) else value for value in row.values()]
                writer.writerow([str(cell).replace(".", ",") if isinstance(cell, float) else cell for cell in cells])
    paths = {name: f"{name}.csv" for name in clinic}
    files = files_of(paths, delimiter='";"', encoding='"cp1252"', decimal='","')
    return mapping(files, dates='"day.month.year"')


def write_xlsx(folder: Path, clinic: Clinic) -> str:
    """Sessions on two sheets below a title, people and scores on one each."""
    half = len(clinic["sessions"]) // 2
    book = Workbook()
    book.remove(book.active)
    for title, rows in (
        ("People", clinic["people"]),
        ("Scores", clinic["scores"]),
        ("Visits until spring", clinic["sessions"][:half]),
        ("Visits since", clinic["sessions"][half:]),
    ):
        sheet = book.create_sheet(title)
        sheet.append(["Export of the clinic"])
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append(list(row.values()))
    book.save(folder / "clinic.xlsx")
    sheets = {"people": '"People"', "scores": '"Scores"', "sessions": '["Visits until spring", "Visits since"]'}
    files = "".join(files_of({name: "clinic.xlsx"}, sheet=sheet, header_row="2") for name, sheet in sheets.items())
    return mapping(files)


def frames(clinic: Clinic) -> dict[str, pd.DataFrame]:
    return {name: pd.DataFrame(rows) for name, rows in clinic.items()}


def write_parquet(folder: Path, clinic: Clinic) -> str:
    with duckdb.connect() as con:
        for name, frame in frames(clinic).items():
            con.register("frame", frame)
            con.execute(f"COPY (SELECT * FROM frame) TO '{folder / name}.parquet' (FORMAT parquet)")
    return mapping(files_of({name: f"{name}.parquet" for name in clinic}))


def write_spss(folder: Path, clinic: Clinic) -> str:
    """Sex as a code with a label."""
    for name, frame in frames(clinic).items():
        labels = {"sex": dict(enumerate(SEXES, start=1))} if name == "people" else {}
        if name == "people":
            frame["sex"] = frame["sex"].map({sex: code for code, sex in labels["sex"].items()})
        pyreadstat.write_sav(frame, str(folder / f"{name}.sav"), variable_value_labels=labels)
    return mapping(files_of({name: f"{name}.sav" for name in clinic}, labels="true"))


def write_stata(folder: Path, clinic: Clinic) -> str:
    for name, frame in frames(clinic).items():
        pyreadstat.write_dta(frame, str(folder / f"{name}.dta"))
    return mapping(files_of({name: f"{name}.dta" for name in clinic}))


def write_xport(folder: Path, clinic: Clinic) -> str:
    for name, frame in frames(clinic).items():
        formats = {column: "DATE9" for column in ("born", "day") if column in frame}
        pyreadstat.write_xport(frame, str(folder / f"{name}.xpt"), variable_format=formats)
    return mapping(files_of({name: f"{name}.xpt" for name in clinic}))


def write_redcap(folder: Path, clinic: Clinic) -> str:
    """A record's own row, then one for each infusion and each questionnaire; a name and a note are in it too."""
    forms = {"people": ["sex", "born", "diagnosis"], "sessions": ["day", "dose", "minutes", "status"]}
    forms["scores"] = [*PHQ_COLUMNS, "total"]
    fields = [
        ("id", "people", "text", "", "y"),
        ("full_name", "people", "text", "", "y"),
        ("notes", "people", "notes", "", ""),
    ]
    flagged = {"born": ("text", "date_ymd", "y"), "day": ("text", "date_ymd", "y"), "dose": ("text", "number", "")}
    for form, columns in forms.items():
        fields += [(column, form, *flagged.get(column, ("radio", "", ""))) for column in columns]
    fields.append(("score_day", "scores", "text", "date_ymd", "y"))
    headings = ["Variable / Field Name", "Form Name", "Field Type"]
    headings += ["Text Validation Type OR Show Slider Number", "Identifier?"]
    system = ["redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"]
    columns = ["id", *system, *(field[0] for field in fields[1:]), *(f"{form}_complete" for form in forms)]
    rows = []
    for person in clinic["people"]:
        personal = {"full_name": "Jane Doe", "notes": "called her sister", "people_complete": 2}
        rows.append(person | personal | {"redcap_event_name": "start_arm_1"})
        for form in ("sessions", "scores"):
            own = [row for row in clinic[form] if row["id"] == person["id"]]
            for instance, row in enumerate(own, start=1):
                place = dict(zip(system, ("visits_arm_1", form, instance), strict=True))
                dated = {"score_day": row["day"], "day": ""} if form == "scores" else {}
                rows.append(row | place | dated | {f"{form}_complete": 2})
    for name, header, lines in (
        ("dictionary.csv", headings, fields),
        ("data.csv", columns, [[row.get(column, "") for column in columns] for row in rows]),
    ):
        with (folder / name).open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([header, *lines])
    keep = {"people": '["born"]', "sessions": '["day"]', "scores": '["score_day"]'}
    files = "".join(
        files_of(
            {form: "data.csv"}, format='"redcap"', dictionary='"dictionary.csv"', rows=f'"{form}"', keep=keep[form]
        )
        for form in forms
    )
    before, after = TABLES.split("[tables.scores.columns]")
    tables = before + "[tables.scores.columns]" + after.replace('"day"', '"score_day"', 1)
    return mapping(files, tables=tables)


def write_fhir(folder: Path, clinic: Clinic) -> str:
    """One bundle for each patient, as a server writes it for one person; no total where an item is missing."""
    (folder / "export").mkdir()
    for person in clinic["people"]:
        subject = {"subject": {"reference": f"Patient/{person['id']}"}}
        gender = {"weiblich": "female", "männlich": "male"}[person["sex"]]
        code = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": person["diagnosis"]}]}
        patient = {"resourceType": "Patient", "id": person["id"], "gender": gender, "name": [{"text": "Jane Doe"}]}
        resources = [
            patient | {"birthDate": str(person["born"])},
            {"resourceType": "Condition", "code": code} | subject,
        ]
        for row in (row for row in clinic["sessions"] if row["id"] == person["id"]):
            period = {"start": f"{row['day']}T09:00:00-05:00", "end": f"{row['day']}T09:{row['minutes']}:00-05:00"}
            body = {"status": row["status"], "effectivePeriod": period, "dosage": {"dose": {"value": row["dose"]}}}
            resources.append({"resourceType": "MedicationAdministration"} | body | subject)
        for row in (row for row in clinic["scores"] if row["id"] == person["id"]):
            items = [
                {"linkId": f"/{loinc}", "answer": [{"valueCoding": coded(row[column])}]}
                for loinc, column in zip(PHQ9, PHQ_COLUMNS, strict=True)
                if row[column] is not None
            ]
            if row["total"] is not None:
                items.append({"linkId": "/44261-6", "answer": [{"valueDecimal": row["total"]}]})
            body = {"status": "completed", "authored": f"{row['day']}T08:30:00-05:00", "item": items}
            resources.append({"resourceType": "QuestionnaireResponse"} | body | subject)
        (folder / "export" / f"{person['id']}.json").write_text(json.dumps(bundle(resources)), encoding="utf-8")
    kinds = {"people": "Patient", "illnesses": "Condition", "sessions": "MedicationAdministration"}
    kinds["scores"] = "QuestionnaireResponse"
    files = "".join(files_of({n: "export"}, format='"fhir"', resource=f'"{kind}"') for n, kind in kinds.items())
    files += '[files.people.join.illnesses]\non = "patient"\n'
    names = {
        '"id"': '"patient"',
        '"sex"': '"gender"',
        "weiblich": "female",
        "männlich": "male",
        '"born"': '"birth_date"',
    }
    names |= {'"diagnosis"': '"illnesses.icd10"', '"day"': '"date"', '"minutes"': '"duration_min"'}
    names |= {f'"phq{n}"': f'"item_{n}"' for n in range(1, 10)}
    tables = TABLES
    for here, there in names.items():
        tables = tables.replace(here, there)
    return mapping(files, tables=tables)


WRITERS: dict[str, Callable[[Path, Clinic], str]] = {
    "text": write_text,
    "xlsx": write_xlsx,
    "parquet": write_parquet,
    "spss": write_spss,
    "stata": write_stata,
    "xport": write_xport,
    "redcap": write_redcap,
    "fhir": write_fhir,
}


@pytest.mark.parametrize("how", list(WRITERS))
def test_every_format_gives_the_same_tables(tmp_path, clinic, how):
    source = tmp_path / "source"
    source.mkdir()
    (tmp_path / "map.toml").write_text(WRITERS[how](source, clinic), encoding="utf-8")
    account = import_folder(source, mapping=tmp_path / "map.toml", out=tmp_path / "dataset")
    for name, rows in expected_tables(clinic).items():
        with (tmp_path / "dataset" / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
            assert list(csv.DictReader(stream)) == rows, name
    assert account.problems.query("severity == 'error'").empty
    assert account.tables.set_index("table")["written"].to_dict() == {
        "patients": len(clinic["people"]),
        "sessions": len(clinic["sessions"]),
        "scores": len(clinic["scores"]),
    }
    everything = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "dataset").iterdir()) + str(account)
    assert "Jane Doe" not in everything
    assert "called her sister" not in everything


def damaged(whole: bytes, draw: random.Random) -> bytes:
    content, place = bytearray(whole), draw.randrange(len(whole))
    kind = draw.choice(["cut off", "one bit", "zeros"])
    if kind == "cut off":
        return bytes(content[:place])
    if kind == "one bit":
        content[place] ^= 1 << draw.randrange(8)
    else:
        content[place : place + 64] = bytes(64)
    return bytes(content)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("how", list(WRITERS))
def test_a_damaged_file_comes_in_or_ends_in_one_clear_error(tmp_path, clinic, how, seed):
    source = tmp_path / "source"
    source.mkdir()
    (tmp_path / "map.toml").write_text(WRITERS[how](source, clinic), encoding="utf-8")
    draw = random.Random(f"{how} {seed}")  # noqa: S311
    path = draw.choice(sorted(path for path in source.rglob("*") if path.is_file()))
    path.write_bytes(damaged(path.read_bytes(), draw))
    said = ""
    try:
        import_folder(source, mapping=tmp_path / "map.toml", out=tmp_path / "dataset")
    except OutcomesError as error:
        said = str(error)
    assert (tmp_path / "dataset").exists() == (said == "")
    assert "Jane" not in said


PUBLISHED = """
dataset = { name = "Published example", basis = "public-research", data_cut = "2026" }
[files.answers]
path = "FOLDER"
format = "fhir"
resource = "RESOURCE"
[[files.answers.leave_out]]
column = "instrument"
missing = true
reason = "no PHQ-9 or GAD-7"
[tables.sessions]
from = "answers"
once_per = ["patient_id"]
columns = { patient_id = "patient", date = "date", treatment.constant = "ketamine" }
[tables.scores]
from = "answers"
columns = { patient_id = "patient", date = "date", instrument = "instrument", total = "total", ITEMS }
"""


@pytest.mark.parametrize("resource", ["QuestionnaireResponse", "Observation"])
@pytest.mark.parametrize(("folder", "total"), [("fhir_uscore_phq9", 12), ("fhir_mii_phq9", 27), ("made up", 12)])
def test_published_questionnaires_come_in_with_their_totals(tmp_path, folder, total, resource):
    """The treatment on the day of the score is made up: the examples hold a questionnaire and nothing else."""
    if folder == "made up":
        (tmp_path / folder).mkdir()
        values = [2, 2, 2, 2, 1, 1, 2, 0, 0]
        write_ndjson(tmp_path / folder / "a.ndjson", [us_core(values, total), *us_core_panel(values, total)])
        source = tmp_path / folder
    else:
        source = published_folder(folder)
    items = ", ".join(f'item_{n} = "item_{n}"' for n in range(1, 10))
    text = PUBLISHED.replace("FOLDER", folder).replace("RESOURCE", resource).replace("ITEMS", items)
    (tmp_path / "map.toml").write_text(text)
    account = import_folder(source.parent, mapping=tmp_path / "map.toml", out=tmp_path.parent / f"{tmp_path.name}-out")
    scores = open_dataset(tmp_path.parent / f"{tmp_path.name}-out").table("scores")
    assert scores[["instrument", "total"]].to_numpy().tolist() == [["PHQ-9", total]]
    assert account.files["read"].tolist() == [account.files["used"].sum() + account.left_out["rows"].sum()]
