"""A clinic of two patients, drawn, and valid but for what a test draws differently."""

from pathlib import Path

import pandas as pd
from drawn_tables import read_drawn, write_folder

SESSIONS = """
    patient_id | day | treatment
    P1         |   0 | ketamine
    P1         |   3 | ketamine
    P2         |   0 | ketamine
"""
SCORES = """
    patient_id | day | instrument | total
    P1         |   0 | PHQ-9      | 18
    P1         |   7 | PHQ-9      |  8
    P2         |   0 | PHQ-9      | 15
"""


def write_clinic(
    folder: Path, *, basis: str = "synthetic", data_cut: str = "2026-09-30", settings: str = "", **tables: str
) -> Path:
    """Write a dataset of drawn tables; `sessions` and `scores` are valid where they are not drawn.

    Sessions drawn without a route are `iv`.
    """
    drawn = {"sessions": SESSIONS, "scores": SCORES} | tables
    rows = {name: read_drawn(text) for name, text in drawn.items()}
    rows["sessions"] = [row if "route" in row else row | {"route": "iv"} for row in rows["sessions"]]
    write_folder(folder, rows, data_cut=data_cut)
    about = f'layout = 1\nname = "Drawn"\nbasis = "{basis}"\ndata_cut = "{data_cut}"\n{settings}\n'
    (folder / "dataset.toml").write_text(about, encoding="utf-8")
    return folder


def found(problems: pd.DataFrame) -> list[tuple[str, ...]]:
    """The problems as (severity, table, column, rule, rows)."""
    return list(problems[["severity", "table", "column", "rule", "rows"]].itertuples(index=False, name=None))
