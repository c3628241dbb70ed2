"""A dataset of the layout written as a CDISC SDTM submission: one file for each domain, as CSV or SAS transport files.

It is written as trials write it and not as is easiest to read: dates with times and, now and then, partial ones with a
study day; doses in mg, micrograms and grams; vital signs as one row for each test and time point, with others around
them that mean nothing; scores as one row for each item; items that were not done; qualifiers in supplements.
"""

import csv
import tomllib
from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyreadstat
from drawn_tables import read_drawn

from analysis.intake.mapping_files import read_source_file
from analysis.intake.readers.formats import read_table
from analysis.intake.readers.source_table import SourceTable
from analysis.intake.toml_tables import TomlTable

Row = dict[str, str]
Tables = dict[str, list[Row]]

STUDY = "KET01"
START = "T09:00"
NOT_CARRIED = {"referrals"}
"""SDTM begins with the subjects of a trial: it has no place for people who were referred."""

SEXES = {"female": "F", "male": "M", "other": "UNDIFFERENTIATED"}
DIAGNOSES = {
    "mdd": "MAJOR DEPRESSIVE DISORDER",
    "bipolar": "BIPOLAR DISORDER",
    "ptsd": "PTSD",
    "gad": "GENERALIZED ANXIETY DISORDER",
    "ocd": "OCD",
    "other": "OTHER",
}
ENDS = {
    "ongoing": "ONGOING",
    "completed": "COMPLETED",
    "stopped": "WITHDRAWAL BY SUBJECT",
    "transferred": "TRANSFERRED",
    "lost": "LOST TO FOLLOW-UP",
    "died": "DEATH",
}
RACES = {
    "white": "WHITE",
    "black-or-african-american": "BLACK OR AFRICAN AMERICAN",
    "asian": "ASIAN",
    "multiracial": "MULTIPLE",
    "unknown": "NOT REPORTED",
    "hispanic-or-latino": "WHITE",
    "": "",
}
ROUTES = {"iv": "INTRAVENOUS", "im": "INTRAMUSCULAR", "intranasal": "NASAL"}
STATUSES = {"given": "GIVEN", "stopped-early": "STOPPED EARLY"}
REASONS = {"cancelled": "CANCELLED", "no-show": "NO SHOW"}
PHASES = {"loading": "INDUCTION", "maintenance": "MAINTENANCE", "": ""}
POINTS = {"pre": "PREDOSE", "post": "POSTDOSE", "between": "BETWEEN VISITS"}
RATERS = {"self": "STUDY SUBJECT", "clinician": "INVESTIGATOR"}
SOURCES = {"reported": "REPORTED", "scale": "SCALE", "vital-sign": "VITAL SIGN"}
EVENTS = {
    "hospitalisation-psychiatric": "PSYCHIATRIC HOSPITALIZATION",
    "hospitalisation-other": "HOSPITALIZATION",
    "other": "OTHER",
}
TERMS = {"psychosis": "PSYCHOTIC DISORDER", "suicidal-ideation": "SUICIDAL IDEATION", "other": "HICCUPS"}
PREFIXES = {"PHQ-9": "PHQ01", "GAD-7": "GAD01", "MADRS": "MADRS1", "HAM-D17": "HAMD1"}
ITEMS = {"PHQ-9": 9, "GAD-7": 7, "MADRS": 10, "HAM-D17": 17}


def read_tables(folder: Path, patients: int | None = None) -> Tables:
    """Read the tables of a dataset as text, all or those of the first patients."""
    tables = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as stream:
            tables[path.stem] = list(csv.DictReader(stream))
    chosen = {row["patient_id"] for row in tables["patients"][:patients]}
    return {name: [row for row in rows if row["patient_id"] in chosen] for name, rows in tables.items()}


def study_day(day: int) -> str:
    """SDTM counts from 1, and has no day 0."""
    return str(day + 1 if day >= 0 else day)


class Submission:
    """The domains as they fill up; --SEQ counts within a subject and domain."""

    def __init__(self, starts: dict[str, date]) -> None:
        self.starts = starts
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self.numbers: dict[tuple[str, str], int] = defaultdict(int)

    def add(self, code: str, subject: str, **cells: object) -> str:
        """Add a row to a domain (names without the domain's letters but for general ones); return its --SEQ."""
        self.numbers[code, subject] += 1
        number = str(self.numbers[code, subject])
        general = {"VISITNUM", "VISIT", "EPOCH"}
        named = {name if name in general else f"{code}{name}": str(value) for name, value in cells.items()}
        self.rows[code].append({"STUDYID": STUDY, "DOMAIN": code, "USUBJID": subject, f"{code}SEQ": number, **named})
        return number

    def qualify(self, code: str, subject: str, number: str, **cells: str) -> None:
        """Add qualifiers to a row of a domain, or without a number to the subject."""
        place = {"IDVAR": f"{code}SEQ" if number else "", "IDVARVAL": number}
        for name, value in cells.items():
            if value:
                row = {"STUDYID": STUDY, "RDOMAIN": code, "USUBJID": subject, **place, "QNAM": name, "QVAL": value}
                self.rows[f"SUPP{code}"].append(row | {"QLABEL": name.title(), "QORIG": "CRF"})

    def when(self, subject: str, day: int, time: str = "") -> str:
        return f"{self.starts[subject] + timedelta(days=day)}{time}"


def make_submission(tables: Tables) -> dict[str, list[Row]]:
    """Turn the tables into the rows of each domain."""
    given = [row for row in tables["sessions"] if row["status"] in STATUSES]
    starts = {}
    for row in given:
        if row["day"] == "0":
            starts[row["patient_id"]] = date.fromisoformat(row["date"])
    made = Submission(starts)
    for row in tables["patients"]:
        _add_subject(made, row)
    for number, row in enumerate(tables["sessions"]):
        _add_session(made, row, number)
    for number, row in enumerate(tables["scores"]):
        _add_score(made, row, number)
    for row in tables["adverse_events"]:
        _add_adverse_event(made, row)
    for row in tables["events"]:
        term = EVENTS.get(row["event"], row["event"].replace("-", " ").upper())
        made.add("CE", row["patient_id"], TERM=term, STDTC=row["date"], STDY=study_day(int(row["day"])))
    return dict(made.rows)


def write_submission(domains: dict[str, list[Row]], folder: Path, *, ending: str = "csv") -> Path:
    """Write each domain to a file of its own; ``csv`` as programs of R write it, or ``xpt``."""
    folder.mkdir(parents=True, exist_ok=True)
    for code, rows in domains.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        path = folder / f"{code.lower()}.{ending}"
        if ending == "csv":
            with path.open("w", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(stream, columns, restval="")
                writer.writeheader()
                writer.writerows(rows)
            continue
        frame = pd.DataFrame(rows, columns=columns).fillna("")
        numeric = ("SEQ", "DY", "VISITNUM", "STRESN", "TPTNUM", "DOSE", "AGE")
        for column in frame:
            if str(column).endswith(numeric):
                frame[column] = pd.to_numeric(frame[column])
        pyreadstat.write_xport(frame, str(path), file_format_version=5, table_name=code)
    return folder


def read_drawn_domain(folder: Path, domain: str, options: str = "", **drawn: str) -> SourceTable:
    """Read a domain out of drawn tables, one for each domain by its code, with options as a mapping writes them."""
    for code, text in drawn.items():
        rows = [{"DOMAIN": code} | row for row in read_drawn(text)]
        supplement = [{"RDOMAIN": code[4:]} | row for row in read_drawn(text)]
        write_submission({code: supplement if code.startswith("SUPP") else rows}, folder)
    text = f'path = "{domain.lower()}.csv"\nformat = "sdtm"\ndomain = "{domain}"\n{options}'
    return read_table(folder, read_source_file("x", TomlTable(tomllib.loads(text), "files.x")))


def rows_used(table: SourceTable, columns: str) -> list[list[str]]:
    """The cells of some columns in the rows that are not left out, as one text for each row."""
    used = [place for place in table.rows.index if place not in table.left_out]
    return [" ".join(cells).split(" ") for cells in table.rows.loc[used, columns.split()].to_numpy().tolist()]


def _add_subject(made: Submission, row: Row) -> None:
    name = row["patient_id"]
    first, last = made.when(name, 0, START), made.when(name, int(row["last_day"]), "T16:30")
    hispanic = "HISPANIC OR LATINO" if row["race_ethnicity"] == "hispanic-or-latino" else "NOT HISPANIC OR LATINO"
    dates = {"RFSTDTC": first, "RFXSTDTC": first, "RFENDTC": last[:10], "RFPENDTC": last, "BRTHDTC": ""}
    died = "Y" if row["outcome_of_care"] == "died" else ""
    told = {"SITEID": row["clinic_id"], "INVNAM": "DR. MARTHA GRAYSTONE", "AGE": row["age"], "AGEU": "YEARS"}
    told |= {"SEX": SEXES[row["sex"]], "RACE": RACES[row["race_ethnicity"]], "ETHNIC": hispanic, "DTHFL": died}
    subject = {"STUDYID": STUDY, "DOMAIN": "DM", "USUBJID": name, "SUBJID": name.removeprefix("P")}
    made.rows["DM"].append(subject | dates | told | {"ARM": "KETAMINE", "COUNTRY": "USA"})
    facts = {"DIAGNOS": DIAGNOSES[row["diagnosis"]], "FAILED": row["failed_trials"]}
    facts |= {"PAYER": row["payer"].removesuffix("-pay").upper()}
    prior = {"true": "Y", "false": "N", "": ""}[row["prior_ketamine"]]
    made.qualify("DM", name, "", **facts, PRIORKET=prior, HANDED="RIGHT")
    made.add("DS", name, DECOD="RANDOMIZED", CAT="PROTOCOL MILESTONE", STDTC=first[:10])
    made.add("DS", name, DECOD=ENDS[row["outcome_of_care"]], CAT="DISPOSITION EVENT", STDTC=last[:10])


def _add_session(made: Submission, row: Row, number: int) -> None:
    name, day = row["patient_id"], int(row["day"])
    start = made.when(name, day, START)
    plan = {"TRT": row["treatment"].upper(), "ROUTE": ROUTES[row["route"]], "STDTC": start}
    plan |= {"STDY": study_day(day), "VISITNUM": number + 1, "EPOCH": PHASES[row["phase_recorded"]]}
    if row["status"] in REASONS:
        place = made.add("EC", name, OCCUR="N", REASOC=REASONS[row["status"]], **plan)
        made.qualify("EC", name, place, CLINIC=row["clinic_id"])
        return
    end = start[:10]
    if row["duration_min"]:
        end = (datetime.fromisoformat(start) + timedelta(minutes=int(row["duration_min"]))).isoformat()
    unit, factor = [("mg", 1), ("ug", 1000), ("mg", 1), ("g", 0.001)][number % 4]
    dose = f"{float(row['dose_mg']) * factor:.10g}" if row["dose_mg"] else ""
    place = made.add("EX", name, DOSE=dose, DOSU=unit, DOSFRQ="ONCE", ENDTC=end, **plan)
    made.qualify("EX", name, place, CLINIC=row["clinic_id"], STATUS=STATUSES[row["status"]], READYMIN=row["ready_min"])
    _add_measures(made, row, start[:10], number)


def _add_measures(made: Submission, row: Row, day: str, number: int) -> None:
    """Around the values of the session: an earlier one before, lower ones after, one at a time point of neither."""
    name = row["patient_id"]
    for test, stem, unit in (("SYSBP", "systolic", "mmHg"), ("DIABP", "diastolic", "mmHg")):
        before, peak = row[f"{stem}_before"], row[f"{stem}_peak"]
        if not before:
            continue
        common = {"TESTCD": test, "ORRESU": unit, "STRESU": unit, "VISITNUM": number + 1}
        readings = [("SCREENING", "T07:00", 199), ("PREDOSE", "T08:30", int(before) + 7), ("PREDOSE", "T08:50", before)]
        readings += [("40 MIN POSTDOSE", "T09:40", peak), ("1.5 H POSTDOSE", "T10:30", int(peak) - 3)]
        for point, time, value in readings if number % 2 else readings[:3] + readings[:2:-1]:
            made.add("VS", name, **common, ORRES=value, STRESN=value, TPT=point, DTC=f"{day}{time}")
        made.add("VS", name, **common, STAT="NOT DONE", TPT="40 MIN POSTDOSE", DTC=day)
    if row["weight_kg"]:
        pounds = f"{float(row['weight_kg']) / 0.45359237:.1f}"
        weight = {"ORRES": pounds, "ORRESU": "LB", "STRESN": row["weight_kg"], "STRESU": "kg"}
        made.add("VS", name, TESTCD="WEIGHT", **weight, DTC=day, VISITNUM=number + 1)
    made.add("VS", name, TESTCD="TEMP", STRESN="36.6", STRESU="C", DTC=day, VISITNUM=number + 1)
    for test, column, milder in (("CADSSTOT", "cadss_peak", -1), ("MOAAS", "sedation_peak", 1)):
        if row[column]:
            worst = int(row[column])
            for point, value in (("40 MIN POSTDOSE", worst), ("1.5 H POSTDOSE", max(worst + milder, 0))):
                made.add("RS", name, TESTCD=test, ORRES=value, STRESN=value, TPT=point, DTC=f"{day}T10:00")


def _add_score(made: Submission, row: Row, number: int) -> None:
    """One row for each item, and one for the total; the first item in words, with its number in --STRESN."""
    name, day, scale = row["patient_id"], int(row["day"]), row["instrument"]
    code, prefix = "QS" if row["rater"] == "self" else "RS", PREFIXES[scale]
    written = made.when(name, day)
    common = {
        "CAT": scale.upper(),
        "TPT": POINTS[row["occasion"]],
        "EVAL": RATERS[row["rater"]],
        # Now and then the day is not in the date, but in the study day.
        "DTC": written[:7] if number % 9 == 4 else f"{written}T08:15" if number % 2 else written,
        "DY": study_day(day),
        "EVLINT": f"-P{row['recall_days']}D" if row["recall_days"] != "1" else "-PT24H",
        "ELTM": f"PT{row['hours_after']}H" if row["hours_after"] else "",
    }
    answers = {f"{prefix}{n:02}": row.get(f"item_{n}", "") for n in range(1, ITEMS[scale] + 1)}
    if any(answers.values()):
        for place, (test, value) in enumerate(answers.items()):
            result = {"ORRES": "Several days" if place == 0 else value, "STRESC": value, "STRESN": value}
            made.add(code, name, TESTCD=test, **(result if value else {"STAT": "NOT DONE"}), **common)
    if row["total"]:
        total = f"{prefix}{ITEMS[scale] + (2 if scale == 'PHQ-9' else 1):02}"
        made.add(code, name, TESTCD=total, ORRES=row["total"], STRESC=row["total"], STRESN=row["total"], **common)


def _add_adverse_event(made: Submission, row: Row) -> None:
    name, day = row["patient_id"], int(row["day"])
    start = datetime.fromisoformat(made.when(name, day, START))
    term = TERMS.get(row["term"], row["term"].upper())
    begun = (start + timedelta(minutes=int(row["onset_min"]))).isoformat(timespec="minutes")
    end, outcome = "", "NOT RECOVERED/NOT RESOLVED"
    if row["resolved_min"]:
        end = (start + timedelta(minutes=int(row["resolved_min"]))).isoformat(timespec="minutes")
        outcome = "RECOVERED/RESOLVED"
    told = {"TERM": term.lower(), "DECOD": term, "CAT": SOURCES[row["source"]], "SEV": row["severity"].upper()}
    serious = "Y" if row["serious"] == "true" else "N"
    made.add("AE", name, **told, SER=serious, OUT=outcome, STDTC=begun, ENDTC=end, STDY=study_day(day))
