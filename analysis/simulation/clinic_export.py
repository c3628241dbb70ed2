"""A simulated cohort as the messy export of a clinic's software: many files, free text, names, three eras of visits.

The shape follows what real exports hold; the people in it, their names, addresses and telephones are made up. With the
mapping ``data/mappings/clinic_export.toml`` it is imported again.

What the export loses: doses and weights that nobody can read out of the text, or that were not written down. All else
comes back as it was.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from openpyxl import Workbook

from analysis.intake.folders import replacing_folder
from analysis.simulation.clinic_export_people import (
    appointments_list,
    chart_table,
    client_list,
    intake_data,
    made_up_clients,
    referral_log,
)
from analysis.simulation.clinic_export_scores import clinician_ratings, gad7_answers, phq9_answers
from analysis.simulation.clinic_export_visits import (
    esketamine_visits,
    incident_log,
    ketamine_visits,
    life_events,
    visit_sheets,
)
from analysis.simulation.simulated import Simulated
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.periods import parse_period

MARKER = "List - All Clients.csv"
WORKBOOK = "Infusion Visit Notes.xlsx"
ROWS_OF_A_SHEET = 1_048_576


def write_clinic_export(simulated: Simulated, folder: str | Path, *, seed: int, force: bool = False) -> Path:
    r"""Write a simulated cohort as the messy export of a clinic.

    Parameters
    ----------
    simulated : Simulated
        What `simulate` gave.
    folder : str or Path
        The folder to write.
    seed : int
        0 or more. The same seed gives the same cells.
    force : bool
        Replace an export that is there already.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    CallError
        The folder is there already and ``force`` is False, or holds other files; the seed is negative; the cohort has
        more visits than a sheet of a workbook has rows.

    Examples
    --------
    >>> import tempfile
    >>> from analysis.simulation import simulate
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = write_clinic_export(simulate(patients=5, clinics=1, seed=1), Path(folder) / "export", seed=1)
    ...     print(*sorted(path.name for path in written.iterdir()), sep="\n")
    Adverse Events.csv
    Clinician Ratings.csv
    Esketamine Visits.csv
    GAD7 Data.csv
    Infusion Visit Notes.xlsx
    Intake Data.csv
    Life Events.csv
    List - All Appointments.csv
    List - All Clients.csv
    PHQ9 Data.csv
    Patients.csv
    Referrals.csv
    Visits (old).csv
    """
    folder = Path(folder)
    if seed < 0:
        raise CallError(f"`seed` is {seed}; it must be 0 or more.")
    with replacing_folder(folder, force=force, marker=MARKER) as work:
        files, sheets = _contents(simulated, seed)
        for name, table in files.items():
            encoding = "cp1252" if name == "Clinician Ratings.csv" else "utf-8-sig"
            delimiter = ";" if name == "Clinician Ratings.csv" else ","
            table.to_csv(work / name, index=False, sep=delimiter, encoding=encoding, lineterminator="\r\n")
        _write_workbook(work / WORKBOOK, sheets)
    return folder


def _contents(simulated: Simulated, seed: int) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    tables = simulated.tables
    streams = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(12))
    clients = made_up_clients(next(streams), tables["patients"], tables["sessions"])
    ketamine = ketamine_visits(next(streams), tables["sessions"])
    old, prior, current = visit_sheets(
        next(streams), ketamine, clients, first=parse_period(simulated.first).first, last=simulated.data_cut
    )
    files = {
        MARKER: client_list(next(streams), clients, tables["patients"]),
        "List - All Appointments.csv": appointments_list(next(streams), clients, tables["sessions"]),
        "Intake Data.csv": intake_data(next(streams), clients, tables["patients"]),
        "Patients.csv": chart_table(clients, tables["patients"], tables["sessions"]),
        "Visits (old).csv": old,
        "Esketamine Visits.csv": esketamine_visits(next(streams), tables["sessions"]),
        "PHQ9 Data.csv": phq9_answers(next(streams), clients, tables["scores"]),
        "GAD7 Data.csv": gad7_answers(next(streams), clients, tables["scores"]),
        "Clinician Ratings.csv": clinician_ratings(next(streams), tables["scores"]),
        "Adverse Events.csv": incident_log(clients, tables["adverse_events"]),
        "Life Events.csv": life_events(tables["events"]),
        "Referrals.csv": referral_log(next(streams), clients, tables["referrals"]),
    }
    return files, {"Current": current, "Prior Version": prior}


def _write_workbook(path: Path, sheets: dict[str, pd.DataFrame]) -> None:
    """Write every cell as text, as the clinic's software does."""
    book = Workbook(write_only=True)
    for name, table in sheets.items():
        if len(table) >= ROWS_OF_A_SHEET:
            raise CallError(f"A sheet of a workbook cannot hold {len(table):,} visits; simulate fewer patients.")
        sheet = book.create_sheet(name)
        sheet.append(list(table.columns))
        for row in table.itertuples(index=False, name=None):
            sheet.append([cell or None for cell in row])
    book.save(path)
