"""The spec is drawn: small tables in, the package called, small tables out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from drawn_tables import check_same, read_drawn, with_default, write_folder

CohortOf = Callable[..., Any]


@pytest.fixture
def dataset_of(tmp_path: Path) -> Callable[..., Any]:
    """Turn drawn tables into an open dataset.

    Sessions are `ketamine` `iv` and scores `PHQ-9` where the drawn table has no such column, and a session without a
    `clinic_id` column is given in a clinic named like its patient, so that results by clinic are results by patient.
    Without drawn scores there is one of the first patient, too long before treatment to count for anything.
    """
    from analysis.intake.dataset import open_dataset

    made = iter(range(100))

    def make(
        sessions: str,
        scores: str = "",
        patients: str = "",
        *,
        data_cut: str = "2030-12-31",
        definitions: str = "",
    ) -> Any:
        session_rows = with_default(read_drawn(sessions), treatment="ketamine", route="iv")
        long_before = f"patient_id | day | total \n {session_rows[0]['patient_id']} | -99 | 20"
        tables = {
            "sessions": [{"clinic_id": row["patient_id"]} | row for row in session_rows],
            "scores": with_default(read_drawn(scores or long_before), instrument="PHQ-9"),
        }
        if patients:
            tables["patients"] = read_drawn(patients)
        folder = tmp_path / f"dataset-{next(made)}"
        return open_dataset(write_folder(folder, tables, data_cut=data_cut, definitions=definitions))

    return make


@pytest.fixture
def cohort_of(dataset_of: Callable[..., Any]) -> CohortOf:
    """Turn drawn tables into a derived cohort; see `dataset_of` for what may be left out of them."""
    from analysis.cohort.cohort import derive

    def make(*tables: str, **options: str) -> Any:
        return derive(dataset_of(*tables, **options))

    return make


@pytest.fixture
def same() -> Callable[[pd.DataFrame, str], None]:
    """Check a frame against a drawn table: the drawn columns, the rows in any order."""
    return check_same


@pytest.fixture
def picked() -> Callable[..., pd.DataFrame]:
    """Show the total that a window picks for each patient (`patient_id`, `picked`; empty = none)."""
    from analysis.estimate.means import mean_scores

    def pick(cohort: Any, window: str, instrument: str = "PHQ-9") -> pd.DataFrame:
        table = mean_scores(cohort, instrument=instrument, window=window, by=("clinic_id",))
        assert table["denominator"].isin([0, 1]).all()
        sums = table["numerator"].where(table["denominator"] == 1)
        return pd.DataFrame({"patient_id": table["clinic_id"], "picked": sums})

    return pick
