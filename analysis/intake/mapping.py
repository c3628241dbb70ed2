"""Importing a folder of source files: one mapping, one pass, a checked dataset and an account of every row."""

from pathlib import Path

import duckdb
import pandas as pd

from analysis.intake.account import Account, account_of, make_account
from analysis.intake.dataset import check_dataset
from analysis.intake.folders import replacing_folder
from analysis.intake.mapping_apply import assemble_tables, build_parts, ordered_parts
from analysis.intake.mapping_grammar import Mapping
from analysis.intake.mapping_reading import read_mapping
from analysis.intake.pseudonyms import open_pseudonyms
from analysis.intake.sources import read_sources
from analysis.intake.streaming import STREAMED_FROM, bytes_to_stream, can_stream, stream_tables
from analysis.intake.table_files import LARGEST_CSV, write_csv, write_parquet
from analysis.intake.toml_tables import Settings, toml_text
from analysis.vocabulary.errors import CallError, DataError


def import_folder(
    folder: str | Path, *, mapping: str | Path, out: str | Path, key_file: str | Path | None = None, force: bool = False
) -> Account:
    r"""Turn a folder of source files into a dataset, as a mapping says.

    Parameters
    ----------
    folder : str or Path
        Where the source files are. It is only read.
    mapping : str or Path
        The TOML file that says how files and columns become the dataset's tables (see ``mapping_grammar``).
    out : str or Path
        The dataset folder to write. It is written as one: an import that fails leaves what was there before.
    key_file : str, Path or None
        Where the pseudonyms are kept, when the mapping asks for random ones; one that is there is used and added to.
    force : bool
        Replace a dataset that is there already.

    Returns
    -------
    Account
        Rows read, used and left out by reason; rows written; columns kept, changed and dropped; what the checks found.

    Raises
    ------
    CallError
        The mapping is wrong, the folder is not there, or ``out`` or the key file cannot be written.
    DataError
        The files are not as the mapping says, or the dataset has errors. The message names file, column and row
        numbers, never a value.

    Examples
    --------
    >>> import tempfile
    >>> base = Path(tempfile.mkdtemp())
    >>> _ = base.joinpath("visits.csv").write_text("id;visit;phq\nA1;week 0;18\nA1;week 2;7\n")
    >>> _ = base.joinpath("map.toml").write_text('''
    ... dataset = { name = "Two visits", basis = "synthetic", data_cut = "2026" }
    ... files.visits = { path = "visits.csv", delimiter = ";" }
    ... [tables.sessions]
    ... from = "visits"
    ... once_per = ["patient_id"]
    ... columns = { patient_id = "id", day.constant = 0, treatment.constant = "ketamine", route.constant = "iv" }
    ... [tables.scores]
    ... from = "visits"
    ... columns.patient_id = "id"
    ... columns.day = { from = "visit", visits = { "week 0" = 0, "week 2" = 14 } }
    ... columns.instrument.constant = "PHQ-9"
    ... columns.total = { from = "phq", number = "integer" }
    ... ''')
    >>> account = import_folder(base, mapping=base / "map.toml", out=base / "dataset")
    >>> account.tables[["table", "source_rows", "written", "merged", "not_written"]]
          table  source_rows  written  merged  not_written
    0  sessions            2        1       1            0
    1    scores            2        2       0            0
    >>> print((base / "dataset" / "scores.csv").read_text(), end="")
    patient_id,day,instrument,total
    A1,0,PHQ-9,18
    A1,14,PHQ-9,7
    """
    folder, out = Path(folder), Path(out)
    if not folder.is_dir():
        raise CallError(f"{folder.name}: there is no such folder to import.")
    if out.resolve() in [folder.resolve(), *folder.resolve().parents]:
        raise CallError(f"{out.name} holds the files to import; name another folder to write to.")
    rules = read_mapping(mapping)
    pseudonyms = open_pseudonyms(rules.pseudonyms, key_file=key_file, outside=(folder, out))
    with replacing_folder(out, force=force, marker="dataset.toml") as work:
        _write_settings(work, rules)
        if can_stream(rules) and bytes_to_stream(folder, rules) >= STREAMED_FROM:
            tally, sources = stream_tables(folder, rules, pseudonyms, work)
            problems = check_dataset(work)
            account = account_of(rules, tally, sources, ordered_parts(rules), problems)
        else:
            sources = read_sources(folder, rules)
            built = build_parts(rules, sources)
            _write_tables(work, assemble_tables(built, rules, pseudonyms))
            problems = check_dataset(work)
            account = make_account(rules, sources, built, problems)
        _refuse_errors(problems)
        if pseudonyms is not None:
            pseudonyms.save()  # before the dataset is put in place: no pseudonym without its key
        return account


def _write_settings(work: Path, mapping: Mapping) -> None:
    settings: Settings = {"layout": 1} | mapping.dataset
    if mapping.definitions:
        settings = {"layout": 1, "definitions": "definitions.toml"} | mapping.dataset
        work.joinpath("definitions.toml").write_text(toml_text(mapping.definitions), encoding="utf-8", newline="\n")
    work.joinpath("dataset.toml").write_text(toml_text(settings), encoding="utf-8", newline="\n")


def _write_tables(work: Path, tables: dict[str, pd.DataFrame]) -> None:
    for name, table in tables.items():
        if len(table) <= LARGEST_CSV:
            write_csv(work / f"{name}.csv", [table])
        else:
            with duckdb.connect() as con:
                con.register("rows", table)
                write_parquet(work / f"{name}.parquet", con, "FROM rows")


def _refuse_errors(problems: pd.DataFrame) -> None:
    errors = problems[problems["severity"] == "error"]
    if len(errors):
        listed = "\n".join(f"  {row.message}" for row in errors.itertuples())
        raise DataError(f"The mapped tables have errors; nothing was written.\n{listed}")
