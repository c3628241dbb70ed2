"""Files of SPSS, Stata and SAS: codes or labels, dates, declared missing values, and what is damaged."""

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.statistical import read_statistical
from analysis.vocabulary.errors import DataError

TABLE = pd.DataFrame(
    {
        "id": ["a1", "b2", ""],
        "sex": [1.0, 2.0, float("nan")],
        "dose": [40.0, 0.5, float("nan")],
        "when": pd.to_datetime(["2026-01-05", "2026-01-08", None]).date,
    }
)
WRITERS = {"spss": ("t.sav", pyreadstat.write_sav), "stata": ("t.dta", pyreadstat.write_dta)}
ALL = WRITERS | {"xport": ("t.xpt", pyreadstat.write_xport)}


def options(how: str, **given) -> SourceFile:
    return SourceFile("people", ALL.get(how, ("t.sas7bdat",))[0], ",", "", (), {}, (), {}, format=how, **given)


def write(folder: Path, how: str, table: pd.DataFrame = TABLE, **given) -> Path:
    name, writer = ALL[how]
    writer(table, str(folder / name), **given)
    return folder


@pytest.mark.parametrize("how", list(ALL))
def test_values_become_text(tmp_path, how):
    dated = {"variable_format": {"when": "DATE9"}} if how == "xport" else {}
    rows = read_statistical(write(tmp_path, how, **dated), options(how)).rows
    assert rows.index.tolist() == [2, 3, 4]
    assert rows.to_numpy().tolist() == [
        ["a1", "1", "40", "2026-01-05"],
        ["b2", "2", "0.5", "2026-01-08"],
        ["", "", "", ""],
    ]


@pytest.mark.parametrize("how", list(WRITERS))
def test_labels_on_request(tmp_path, how):
    write(tmp_path, how, TABLE[["id", "sex"]], variable_value_labels={"sex": {1: "female"}})
    assert read_statistical(tmp_path, options(how)).rows["sex"].tolist() == ["1", "2", ""]
    assert read_statistical(tmp_path, options(how, labels=True)).rows["sex"].tolist() == ["female", "2", ""]


def test_values_declared_missing_are_empty(tmp_path):
    write(tmp_path, "spss", pd.DataFrame({"phq": [12.0, -9.0]}), missing_ranges={"phq": [-9]})
    assert read_statistical(tmp_path, options("spss")).rows["phq"].tolist() == ["12", ""]


def test_single_precision_shows_the_digits_it_holds(tmp_path):
    pd.DataFrame({"dose": pd.Series([0.1, 2.0, None], dtype="float32")}).to_stata(tmp_path / "t.dta")
    assert read_statistical(tmp_path, options("stata")).rows["dose"].tolist() == ["0.1", "2", ""]


@pytest.mark.parametrize("how", list(ALL))
def test_a_file_that_is_cut_off(tmp_path, how):
    big = pd.DataFrame({"id": [f"patient-{n}" for n in range(800)], "total": [float(n) + 0.5 for n in range(800)]})
    path = write(tmp_path, how, big) / ALL[how][0]
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2 + 7])
    with pytest.raises(DataError, match=r"^t\.\w+ is (damaged|cut off).*[Ee]xport it again\.$") as error:
        read_statistical(tmp_path, options(how))
    assert "patient-" not in str(error.value)


@pytest.mark.parametrize("how", ["spss", "stata", "sas", "xport"])
def test_a_file_of_another_kind(tmp_path, how):
    file = options(how)
    tmp_path.joinpath(file.path).write_bytes(b"id,day\nJane Doe,0\n" * 40)
    with pytest.raises(DataError) as error:
        read_statistical(tmp_path, file)
    assert str(error.value).startswith(f"{file.path} is damaged, or is not a")
    assert "Jane" not in str(error.value)
