"""How long `outcomes import` takes for the CSV export of so many patients, and how much memory.

    python benchmarks/import_csv.py --patients 20000 --runs 3

Simulated patients (at most 100,000; more are the same ones again under other identifiers) are written as an export with
record numbers, names, birth dates and dated visits, in the order of the dates, into a temporary folder. Each run is a
process of its own. The memory is the largest sum over the process and its children (unique set size: memory that is
theirs alone), looked up every tenth of a second. Linux only.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from analysis.simulation import simulate
from analysis.simulation.files import write_dataset

SIMULATED_AT_ONCE = 100_000

MAPPING = """
[dataset]
name = "Import benchmark"
basis = "synthetic"
data_cut = "2026-09-30"
[pseudonyms]
clinic_id = "recode"
[files.people]
path = "people.csv"
drop = { full_name = "identifies", phone = "identifies" }
[files.visits]
path = "visits.csv"
drop = { nurse = "identifies a member of staff" }
[files.questionnaires]
path = "questionnaires.csv"

[tables.patients]
from = "people"
[tables.patients.columns]
patient_id = "mrn"
clinic_id = "site"
age = { age_from = "birth_date", date = "month/day/year" }
sex = { from = "sex", values = { F = "female", M = "male", X = "other" } }
failed_trials = { from = "failed_trials", number = "integer" }
race_ethnicity = { from = "race", rare = { fewer_than = 11, becomes = "other" } }
prior_ketamine = { from = "prior_ketamine", values = { Y = "true", N = "false" } }
outcome_of_care = "outcome"
[tables.patients.columns.diagnosis]
from = "icd10"
values = { "F33.2" = "mdd", "F31.9" = "bipolar", "F43.10" = "ptsd", "F41.1" = "gad", "F42.9" = "ocd", "F99" = "other" }
[tables.patients.columns.payer]
from = "payer"
values."Self Pay" = "self-pay"
values."Commercial" = "commercial"
values."Medicare" = "medicare"
values."Medicaid" = "medicaid"
values."VA" = "va"
values."Other" = "other"

[tables.sessions]
from = "visits"
[tables.sessions.columns]
patient_id = "mrn"
date = { from = "visit_start", date = "month/day/year" }
sequence = { from = "visit_of_day", number = "integer" }
clinic_id = "site"
treatment = { from = "drug", values = { KETAMINE = "ketamine", SPRAVATO = "esketamine" } }
route = { from = "route", values = { IV = "iv", IM = "im", NAS = "intranasal" } }
dose_mg = { from = "dose", number = "dose" }
weight_kg = { from = "weight", number = "weight" }
phase_recorded = "phase"
duration_min = { from = "minutes", number = "integer" }
systolic_before = { from = "sys_pre", number = "integer" }
diastolic_before = { from = "dia_pre", number = "integer" }
systolic_peak = { from = "sys_max", number = "integer" }
diastolic_peak = { from = "dia_max", number = "integer" }
cadss_peak = { from = "cadss", number = "integer" }
sedation_peak = { from = "moaas", number = "integer" }
ready_min = { from = "ready", number = "integer" }
status = { from = "status", values = { COMP = "given", STOP = "stopped-early", CANC = "cancelled", NS = "no-show" } }

[tables.scores]
from = "questionnaires"
[tables.scores.columns]
patient_id = "mrn"
date = { from = "completed", date = "month/day/year" }
instrument = { from = "form", values = { PHQ9 = "PHQ-9", GAD7 = "GAD-7", MADRS = "MADRS" } }
occasion = "occasion"
hours_after = { from = "hours_after", number = "decimal" }
rater = "rater"
total = { from = "total", number = "integer" }
"""
MAPPING += "".join(f'item_{n} = {{ from = "q{n}", number = "integer" }}\n' for n in range(1, 11))

MRN = f"'MRN-' || lpad(CAST(7919 * (number + copy * {SIMULATED_AT_ONCE}) AS VARCHAR), 11, '0') AS mrn"
QUERIES = {
    "people": f"""
        SELECT {MRN}, 'Doe, Jane ' || patient_id AS full_name,
            '555-01' || right(patient_id, 2) AS phone,
            strftime(make_date(start_year - age, 1 + age % 12, CAST(1 + hash(patient_id) % 28 AS BIGINT)), '%m/%d/%Y')
                AS birth_date,
            CASE sex WHEN 'female' THEN 'F' WHEN 'male' THEN 'M' ELSE 'X' END AS sex, clinic_id AS site, failed_trials,
            CASE diagnosis WHEN 'mdd' THEN 'F33.2' WHEN 'bipolar' THEN 'F31.9' WHEN 'ptsd' THEN 'F43.10'
                WHEN 'gad' THEN 'F41.1' WHEN 'ocd' THEN 'F42.9' ELSE 'F99' END AS icd10,
            CASE payer WHEN 'self-pay' THEN 'Self Pay' WHEN 'va' THEN 'VA'
                ELSE upper(left(payer, 1)) || substr(payer, 2) END AS payer,
            race_ethnicity AS race, CASE WHEN prior_ketamine = 'true' THEN 'Y' ELSE 'N' END AS prior_ketamine,
            outcome_of_care AS outcome
        FROM patients""",
    "visits": f"""
        SELECT {MRN}, strftime(date, '%m/%d/%Y') || ' ' || lpad(CAST(8 + hash(day) % 10 AS VARCHAR), 2, '0')
                || ':' || lpad(CAST(hash(patient_id, day) % 60 AS VARCHAR), 2, '0') AS visit_start,
            sequence AS visit_of_day, clinic_id AS site, 'Staff ' || hash(patient_id, day) % 90 AS nurse,
            CASE treatment WHEN 'ketamine' THEN 'KETAMINE' ELSE 'SPRAVATO' END AS drug,
            CASE route WHEN 'iv' THEN 'IV' WHEN 'im' THEN 'IM' ELSE 'NAS' END AS route,
            dose_mg || ' mg' AS dose, weight_kg AS weight, phase_recorded AS phase, duration_min AS minutes,
            systolic_before AS sys_pre, diastolic_before AS dia_pre, systolic_peak AS sys_max,
            diastolic_peak AS dia_max, cadss_peak AS cadss, sedation_peak AS moaas, ready_min AS ready,
            CASE status WHEN 'given' THEN 'COMP' WHEN 'stopped-early' THEN 'STOP' WHEN 'cancelled' THEN 'CANC'
                ELSE 'NS' END AS status
        FROM sessions""",
    "questionnaires": f"""
        SELECT {MRN}, strftime(date, '%m/%d/%Y') AS completed, replace(instrument, '-', '') AS form,
            occasion, hours_after, {", ".join(f"item_{n} AS q{n}" for n in range(1, 11))}, total, rater
        FROM scores WHERE instrument IN ('PHQ-9', 'MADRS') OR instrument = 'GAD-7' AND occasion <> 'between'""",
}


def write_export(folder: Path, patients: int) -> None:
    """Write the export, and the mapping ``map.toml`` beside its folder ``export``."""
    export = folder / "export"
    export.mkdir()
    (folder / "map.toml").write_text(MAPPING, encoding="utf-8")
    simulated = write_dataset(
        simulate(patients=min(patients, SIMULATED_AT_ONCE), clinics=20, seed=1), folder / "simulated"
    )
    copies = -(-patients // SIMULATED_AT_ONCE)
    with duckdb.connect() as con:
        for table in ("patients", "sessions", "scores"):
            # Each row of the simulated patients stands for as many patients as there are copies.
            rows = f"SELECT *, CAST(substr(patient_id, 2) AS BIGINT) AS number FROM '{simulated / table}.csv'"
            order = "" if table == "patients" else "ORDER BY date, patient_id"
            con.execute(f"CREATE TABLE one_{table} AS {rows} {order}")
            con.execute(f"CREATE VIEW {table} AS SELECT *, unnest(range({copies})) AS copy FROM one_{table}")
        for name, query in QUERIES.items():
            con.execute(f"COPY ({query}) TO '{export / name}.csv' (HEADER)")


def timed_import(folder: Path, run: Path) -> tuple[float, float]:
    """Run one import in a folder of its own; return its seconds and the largest memory in MB."""
    run.mkdir()
    outcomes = Path(sys.executable).with_name("outcomes")
    command = [outcomes, "import", folder / "export", "--map", folder / "map.toml"]
    command += ["--out", run / "dataset", "--key-file", run / "key.csv"]
    start, peak = time.perf_counter(), 0
    with (run / "account.txt").open("w", encoding="utf-8") as account:
        process = subprocess.Popen(command, stdout=account)  # noqa: S603
        while process.poll() is None:
            peak = max(peak, sum(_own_memory(each) for each in _tree(process.pid)))
            time.sleep(0.1)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(process.returncode)
    shutil.rmtree(run)
    return seconds, peak / 1024


def _tree(process: int) -> list[int]:
    try:
        tasks = Path(f"/proc/{process}/task").iterdir()
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []
    return [process, *(each for child in children for each in _tree(child))]


def _own_memory(process: int) -> int:
    """Return the memory of a process in kB that it shares with no other."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty")))


def main() -> None:
    """Write the export once and import it so many times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="import-csv-") as place:
        folder = Path(place)
        write_export(folder, arguments.patients)
        size = sum(path.stat().st_size for path in (folder / "export").iterdir())
        runs = [timed_import(folder, folder / str(number)) for number in range(arguments.runs)]
    seconds, memory = zip(*runs, strict=True)
    result = {
        "patients": arguments.patients,
        "export_mb": round(size / 1e6),
        "seconds": [round(each, 1) for each in seconds],
        "peak_mb": [round(each) for each in memory],
        "cores": os.cpu_count(),
    }
    print(json.dumps(result))  # noqa: T201 - this is what a benchmark says


if __name__ == "__main__":
    main()
