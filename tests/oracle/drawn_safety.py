"""A drawn clinic with sessions and adverse events, for the tests of safety."""

from pathlib import Path
from typing import Any

from drawn_tables import read_drawn, with_default, write_folder


def safety_cohort(
    folder: Path, sessions: str, adverse_events: str = "", *, scores: str = "", patients: str = "", events: str = ""
) -> Any:
    """Derive a cohort; sessions are ketamine iv where the drawn table does not say otherwise."""
    from analysis.cohort.cohort import derive
    from analysis.intake.dataset import open_dataset

    rows = with_default(read_drawn(sessions), treatment="ketamine", route="iv")
    long_before = f"patient_id | day | total \n {rows[0]['patient_id']} | -99 | 20"
    tables = {"sessions": rows, "scores": with_default(read_drawn(scores or long_before), instrument="PHQ-9")}
    for name, text in (("adverse_events", adverse_events), ("patients", patients), ("events", events)):
        if text:
            tables[name] = read_drawn(text)
    return derive(open_dataset(write_folder(folder / f"drawn-{len(list(folder.iterdir()))}", tables)))
