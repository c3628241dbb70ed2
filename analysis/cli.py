"""The command `outcomes`: one subcommand for each thing a person does with a dataset.

Only the calls and their words are here; the work is done by the modules they load, each when it is needed.
Exit codes: 0 done, 1 the data, 2 the call, 3 not due yet, 4 disclosure; 70 a fault of the program, 74 of the machine.
"""

import io
import os
import sys
import textwrap
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer.main import get_command

from analysis import __version__
from analysis.vocabulary.errors import CallError, DataError, OutcomesError

if TYPE_CHECKING:
    import pandas as pd

    from analysis.intake.dataset import Dataset
    from analysis.vocabulary.periods import Period

EXIT_FAULT = 70
EXIT_MACHINE = 74
EXIT_INTERRUPTED = 130
EXIT_NO_READER = 141

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

DatasetFolder = Annotated[Path, typer.Argument(metavar="DATASET", help="The dataset's folder, e.g. data/demo.")]
Memory = Annotated[
    str | None, typer.Option(metavar="1GB", help="The most that the work may hold in memory; a quarter of the machine.")
]
EngineName = Annotated[
    Literal["local", "dask"], typer.Option(help="Where the parts of a large dataset are counted: here, or by Dask.")
]
Scheduler = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Of a Dask cluster; without it one is started on this machine.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace what an earlier run wrote there.")]


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and stop.")] = False,
) -> None:
    """Outcome statistics for ketamine and esketamine clinics, from session and score files."""
    if version:
        typer.echo(f"outcomes {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("check")
def check_command(dataset: DatasetFolder) -> None:
    """List every problem of a dataset: where it is, and what to do. Ends with 1 when there are errors."""
    from analysis.intake.dataset import check_dataset

    problems = check_dataset(dataset)
    for line in _problem_lines(problems):
        typer.echo(line)
    if (problems["severity"] == "error").any():
        raise typer.Exit(1)


@app.command("risk")
def risk_command(
    dataset: DatasetFolder,
    *,
    known: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FACT", help="What others may know of a person, such as age or clinic_id; again for more."
        ),
    ] = None,
    sensitive: Annotated[str, typer.Option(metavar="COLUMN", help="What they would like to learn.")] = "diagnosis",
) -> None:
    """Count how many people share what others may know of them, before the data is passed on."""
    from analysis.intake.risk import reidentification_risk

    risk = reidentification_risk(_opened(dataset), known=known, sensitive=sensitive)
    for found in risk.table.to_dict("records"):
        merging = risk.merging[risk.merging["known"] == found["known"]].drop(columns="known")
        typer.echo(f"Whoever knows {found['known']}:")
        typer.echo(f"  {found['alone']:,} of {found['people']:,} people have nobody like them in this data;")
        smallest = f"the smallest of {found['smallest_group']}"
        typer.echo(f"  {found['in_small_groups']:,} are in groups of up to 10, {smallest};")
        typer.echo(f"  {found['given_away']:,} are in groups of two or more in which all have the same {sensitive}.")
        if len(merging):
            typer.echo("  With one of these facts given coarser:")
            typer.echo(textwrap.indent(merging.to_string(index=False), "    "))
        typer.echo("")
    for sentence in risk.basis:
        typer.echo(textwrap.fill(sentence, 110))


@app.command("report")
def report_command(
    dataset: DatasetFolder,
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write the report to.")],
    quarter: Annotated[str | None, typer.Option(metavar="2026Q3", help="The quarter to report.")] = None,
    year: Annotated[str | None, typer.Option(metavar="2026", help="The year to report.")] = None,
    audience: Annotated[
        Literal["public", "internal"], typer.Option(help="An internal report shows small numbers; never publish it.")
    ] = "public",
    engine: EngineName = "local",
    scheduler: Scheduler = None,
    memory: Memory = None,
    force: Force = False,
) -> None:
    """Write a report (report.html, tables, figures) of one quarter, one year, or, with neither, of everything."""
    period = _asked_period(quarter, year)
    from analysis.report.quarterly import write_report

    page = write_report(
        _opened(dataset, memory),
        period=period,
        out=out,
        force=force,
        audience=audience,
        engine=engine,
        scheduler=scheduler,
        memory=memory,
        progress=_Progress(),
    )
    typer.echo(f"The report is in {page}")


@app.command("audit")
def audit_command(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="The folder of a public report.")],
    *,
    previous: Annotated[
        list[Path] | None,
        typer.Option(metavar="REPORT", help="An earlier report, also several times; all those beside it if left out."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where the findings go; NAME-audit-internal.csv beside the report."),
    ] = None,
) -> None:
    """Work out, as an outsider could, what hidden numbers a report gives away. Ends with 4 when one is too narrow."""
    from analysis.audit.findings import audit_report, audit_text

    audit = audit_report(report, previous=previous, out=out)
    typer.echo(audit_text(audit))
    if not audit.passed:
        raise typer.Exit(4)


@app.command("derive")
def derive_command(
    dataset: DatasetFolder,
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write the three tables to.")],
    force: Force = False,
) -> None:
    """Write the courses, sessions and outcomes of a dataset as Parquet files, for work in other programs."""
    from analysis.cohort.cohort import derive
    from analysis.cohort.derived_files import write_derived
    from analysis.report.place import refuse_overlap

    refuse_overlap(out, dataset=dataset)
    write_derived(derive(_opened(dataset)), out, force=force)
    typer.echo(f"courses.parquet, sessions.parquet and outcomes.parquet are in {out}")


@app.command("partition")
def partition_command(
    dataset: DatasetFolder,
    *,
    out: Annotated[Path, typer.Option(metavar="DATASET", help="The dataset folder to write.")],
    parts: Annotated[
        int | None, typer.Option(metavar="N", help="How many parts; one for every 30,000 patients.")
    ] = None,
    memory: Memory = None,
    force: Force = False,
) -> None:
    """Lay a large dataset out in parts, so that it needs little memory. Results stay the same to the last bit."""
    from analysis.intake.partition import partition_dataset

    partition_dataset(dataset, out=out, parts=parts, memory=memory, force=force)
    typer.echo(f"The dataset in parts is in {out}")


@app.command("map")
def map_command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder with the files as they are.")],
    *,
    out: Annotated[Path, typer.Option(metavar="MAP.toml", help="The mapping to write, for you to confirm.")],
    force: Force = False,
) -> None:
    """Draft the mapping of a folder of other files from their headings, showing no value of them."""
    from analysis.intake.drafting.draft import draft_mapping

    typer.echo(str(draft_mapping(folder, out=out, force=force)))


@app.command("import")
def import_command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder with the files as they are.")],
    *,
    mapping: Annotated[Path, typer.Option("--map", metavar="MAP.toml", help="What its files and columns mean.")],
    out: Annotated[Path, typer.Option(metavar="DATASET", help="The dataset folder to write.")],
    key_file: Annotated[
        Path | None,
        typer.Option(
            metavar="KEY", help="Where the pseudonyms are kept, apart from the data; used again if it is there."
        ),
    ] = None,
    force: Force = False,
) -> None:
    """Turn a folder of other files into a dataset, and account for every row of it."""
    from analysis.intake.mapping import import_folder

    typer.echo(str(import_folder(folder, mapping=mapping, out=out, key_file=key_file, force=force)))


@app.command("update")
def update_command(
    dataset: DatasetFolder,
    folder: Annotated[Path, typer.Argument(metavar="NEW_FOLDER", help="The folder with the new export, all of it.")],
    *,
    mapping: Annotated[Path, typer.Option("--map", metavar="MAP.toml", help="The mapping, its data_cut moved on.")],
    key_file: Annotated[
        Path | None, typer.Option(metavar="KEY", help="Where the pseudonyms are kept: the file of the import before.")
    ] = None,
    confirm_shrink: Annotated[
        bool, typer.Option("--confirm-shrink", help="Go on although much of the dataset is not in the new export.")
    ] = False,
) -> None:
    """Import the next export of a dataset, tell what it adds, changes and takes away, and keep the old one."""
    from analysis.intake.update import update_dataset

    revision = update_dataset(dataset, folder, mapping=mapping, key_file=key_file, confirm_shrink=confirm_shrink)
    if not revision.changes_nothing:
        typer.echo(f"{revision.account}\n")
    typer.echo(str(revision))


@app.command("simulate")
def simulate_command(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The dataset folder to write.")],
    *,
    patients: Annotated[int, typer.Option(min=1, help="How many patients.")] = 1200,
    clinics: Annotated[int, typer.Option(min=1, help="How many clinics.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same dataset.")] = 1,
    first: Annotated[str, typer.Option("--from", metavar="2023Q1", help="The first quarter.")] = "2023Q1",
    last: Annotated[str, typer.Option("--to", metavar="2026Q3", help="The last quarter.")] = "2026Q3",
    truth: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write what truly happened, outside the dataset.")
    ] = None,
    form: Annotated[
        Literal["dataset", "clinic-export"],
        typer.Option("--as", help="A dataset, or a clinic's messy export to try `outcomes import` on."),
    ] = "dataset",
    force: Force = False,
) -> None:
    """Write a dataset of made-up patients."""
    from analysis.simulation import simulate, write_clinic_export, write_dataset

    if form == "clinic-export" and truth is not None:
        raise CallError("--truth belongs to a dataset; write it with the same numbers and without --as clinic-export.")
    simulated = simulate(patients=patients, clinics=clinics, seed=seed, first=first, last=last)
    if form == "clinic-export":
        write_clinic_export(simulated, out, seed=seed, force=force)
        typer.echo(f"The export of a clinic with {patients} made-up patients is in {out}")
        return
    write_dataset(simulated, out, truth=truth, force=force)
    typer.echo(f"A dataset of {patients} made-up patients is in {out}")


@app.command("lab", context_settings={"ignore_unknown_options": True})
def lab_command(
    options: Annotated[list[str] | None, typer.Argument(metavar="[JUPYTER OPTIONS]", show_default=False)] = None,
) -> None:
    """Open JupyterLab on the notebooks. What follows is passed on to it, e.g. --no-browser."""
    project = next((place for place in (Path.cwd(), Path(__file__).parents[1]) if (place / "notebooks").is_dir()), None)
    if project is None:
        raise CallError("There is no folder 'notebooks' here: go to the project's folder first.")
    from jupyterlab.labapp import LabApp

    LabApp.launch_instance(
        [
            f"--ServerApp.root_dir={project}",
            "--LabApp.default_url=/lab/tree/notebooks",
            # Nothing is asked of the network: patient data may be open here.
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--LabApp.news_url=None",
            "--LabApp.extension_manager=readonly",
            *(options or []),
        ]
    )


@app.command("measures")
def measures_command(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", show_default=False, help="The measure whose card to print.")
    ] = None,
    *,
    definitions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A file of changed definitions, whose numbers the card names.")
    ] = None,
) -> None:
    """List the measures, or print the card of one."""
    from analysis.vocabulary.definitions import default_definitions, read_definitions
    from analysis.vocabulary.measure_words import card_list, card_text

    if name is None and definitions is not None:
        raise CallError("--definitions belongs to a card; name the measure too.")
    in_force = default_definitions() if definitions is None else read_definitions(definitions)
    typer.echo(card_list() if name is None else card_text(name, in_force))


@app.command("definitions-page", hidden=True)
def definitions_page_command(
    specs: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of the specifications.")],
    *,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The page to write, e.g. docs/definitions.md.")],
) -> None:
    """Write the page of definitions from the definitions, scales, measures and specifications."""
    from analysis.report.definitions_page import definitions_page

    out.write_text(definitions_page(specs), encoding="utf-8", newline="\n")
    typer.echo(f"The definitions are in {out}")


@app.command("notebooks", hidden=True)
def notebooks_command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER")],
    *,
    dataset: Annotated[Path, typer.Option(metavar="DATASET", help="The dataset that the notebooks open.")],
) -> None:
    """Rerun the notebooks of a folder and save them with their results."""
    from analysis.report.notebooks import rerun_notebooks

    for notebook in rerun_notebooks(folder, dataset=dataset):
        typer.echo(f"{notebook}: rerun and saved")


@app.command("notebook-results", hidden=True)
def notebook_results_command(
    *,
    staged: Annotated[
        bool, typer.Option("--staged", help="Only what the next commit would hold, as it is in it.")
    ] = False,
) -> None:
    """Refuse notebooks that Git keeps with results of other data than the demo."""
    from analysis.intake.dataset import open_dataset
    from analysis.report.notebook_results import committed_notebooks, why_refused

    project = Path(__file__).resolve().parents[1]
    found = list(committed_notebooks(project, staged=staged))
    demo = open_dataset(project / "data" / "demo").sha256 if found else ""
    reasons = {name: why_refused(text, demo_sha256=demo) for name, text in found}
    refused = [f"- {name}: {why}" for name, why in reasons.items() if why]
    if refused:
        raise DataError(
            "\n".join(["these notebooks must not be committed as they are:", *refused])
            + "\nClear their results (Edit, Clear Outputs of All Cells), or keep them in a folder under data/, which "
            "Git ignores. 'make notebooks' saves the project's own with the results of the demo."
        )


def _opened(folder: Path, memory: str | None = None) -> "Dataset":
    from analysis.intake.dataset import open_dataset

    dataset = open_dataset(folder, memory=memory)
    if set_aside := _set_aside(dataset.problems):
        typer.echo(f"{set_aside:,} rows or values are set aside; 'outcomes check {folder}' names them.", err=True)
    return dataset


def _set_aside(problems: "pd.DataFrame") -> int:
    return int(problems.loc[problems["severity"] == "set-aside", "count"].sum())


def _asked_period(quarter: str | None, year: str | None) -> "Period | None":
    from analysis.vocabulary.periods import parse_period

    if quarter is not None and year is not None:
        raise CallError("Give --quarter or --year, not both.")
    asked = quarter if quarter is not None else year
    if asked is None:
        return None
    period = parse_period(asked)
    if period.is_year != (year is not None):
        raise CallError(
            f"'{asked}' is a {'year' if period.is_year else 'quarter'}: write --quarter 2026Q3 or --year 2026."
        )
    return period


_SEVERITIES = {
    "error": "Errors: the dataset cannot be used until these are mended.",
    "set-aside": "Set aside: these rows or values are left out, and counted.",
    "warning": "Warnings: used as they are; please look.",
}


def _problem_lines(problems: "pd.DataFrame") -> list[str]:
    lines = []
    for severity, heading in _SEVERITIES.items():
        group = problems[problems["severity"] == severity]
        if len(group):
            lines.append(heading)
        for rule, count, message in zip(group["rule"], group["count"], group["message"], strict=True):
            rows = f", {count:,} row{'' if count == 1 else 's'}" if count else ""
            text = f"- {message} [{rule}{rows}]"
            lines += textwrap.wrap(text, 110, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
    found = problems["severity"].value_counts()
    lines.append(
        f"errors: {found.get('error', 0)}; rows or values set aside: {_set_aside(problems):,}; "
        f"warnings: {found.get('warning', 0)}"
    )
    return lines


class _Progress:
    """Say on stderr what is being done, every three seconds: a quick run says nothing."""

    def __init__(self) -> None:
        self.spoke = time.monotonic()

    def __call__(self, step: str) -> None:
        if time.monotonic() - self.spoke > 3:
            typer.echo(f"{step} ...", err=True)
            self.spoke = time.monotonic()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; every failure is one message on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without a letter shows '?', not a crash
    given = list(sys.argv[1:] if arguments is None else arguments)
    message, code = "", 0
    try:
        with get_command(app).make_context("outcomes", given) as context:
            context.command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as done:
        code = done.exit_code
    except OutcomesError as problem:
        message, code = str(problem), problem.exit_code
    except typer.TyperException as problem:
        message, code = _call_text(problem), 2
    except KeyboardInterrupt:
        message, code = "stopped.", EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that closing it does not fail again
        code = EXIT_NO_READER
    except OSError as problem:
        message, code = _machine_text(problem), EXIT_MACHINE
    except Exception as fault:  # the last resort: the text of a foreign exception may hold a patient's value
        if os.environ.get("OUTCOMES_DEBUG"):
            raise
        message, code = _fault_text(fault), EXIT_FAULT
    if message:
        typer.echo(f"outcomes: {message}", err=True)
    return code


def _call_text(problem: typer.TyperException) -> str:
    context: typer.Context | None = getattr(problem, "ctx", None)
    command = context.command_path if context else "outcomes"
    sentence = " ".join(problem.format_message().split())
    stop = "" if sentence.endswith((".", "?")) else "."
    return f"{sentence}{stop} '{command} --help' shows how."


def _machine_text(problem: OSError) -> str:
    reason = problem.strerror or type(problem).__name__
    return f"{reason}: '{problem.filename}'" if problem.filename else reason


def _fault_text(fault: Exception) -> str:
    package = str(Path(__file__).parent)
    frames = [frame for frame in traceback.extract_tb(fault.__traceback__) if frame.filename.startswith(package)]
    place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return (
        f"a fault of the program, not of your call: {type(fault).__name__}{place}. "
        "Set OUTCOMES_DEBUG=1 and run it again for the details; they may show values of the data."
    )


if __name__ == "__main__":
    sys.exit(main())
