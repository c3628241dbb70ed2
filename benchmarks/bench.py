"""What the rows of the benchmarks share: the commands of the package and its peers, and counting beside the peers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.data import CHECKED_FILE, OUTCOMES, PYTHON, Data, disk_mb, into_page_cache
from benchmarks.measure import Command, Run, measure_in_turn, run_once
from benchmarks.results import Row, measured

PEERS = Path(__file__).parent / "peers"
QUARTER = "2026Q3"
DUCKDB, PANDAS, POLARS, NOTEBOOK = (
    "hand-written DuckDB script", "vectorised pandas", "Polars lazy", "groupby.apply notebook",
)  # fmt: skip
SCAN = "bare scan of the needed columns"
SCRIPTS = {
    DUCKDB: "duckdb_script.py",
    PANDAS: "pandas_vectorised.py",
    POLARS: "polars_lazy.py",
    NOTEBOOK: "groupby_notebook.py",
    SCAN: "bare_scan.py",
}
THREADS_OF = {PANDAS: "OMP_NUM_THREADS", POLARS: "POLARS_MAX_THREADS"}
PARTS = {10_000: 1, 100_000: 4, 1_000_000: 32, 10_000_000: 320}


@dataclass(frozen=True)
class Bench:
    """What the rows share: the data, a folder for what is written, how often and with what each command is run."""

    data: Data
    out: Path
    runs: int
    threads: int
    memory: str
    peer_python: str

    def package(self, dataset: Path) -> Command:
        """Derive and count by the package."""
        words = (PYTHON, str(PEERS / "package.py"), str(dataset), self.counts(dataset, "package"), str(self.threads))
        return Command(f"package {dataset.name}", (*words, self.memory))

    def first_opening(self, dataset: Path) -> Run:
        """Derive and count a dataset in parts that has not been checked yet."""
        (dataset / CHECKED_FILE).unlink(missing_ok=True)
        return run_once(self.package(dataset))

    def peer(self, name: str, dataset: Path) -> Command:
        """Derive and count by a peer; the notebook once only, as it takes minutes."""
        words = (self.peer_python, str(PEERS / SCRIPTS[name]), str(dataset), self.counts(dataset, name))
        threads = str(self.threads)
        runs = 1 if name == NOTEBOOK else None
        environment = {THREADS_OF[name]: threads} if name in THREADS_OF else {}
        return Command(name, (*words, threads) if name in (DUCKDB, SCAN) else words, environment, runs)

    def counts(self, dataset: Path, name: str) -> str:
        """Return the file that a program writes its counts to."""
        return str(self.out / f"{dataset.name} {name}.json".replace(" ", "-"))

    def agrees(self, dataset: Path, name: str) -> bool:
        """Say whether a peer's counts are those of the package."""
        return Path(self.counts(dataset, name)).read_bytes() == Path(self.counts(dataset, "package")).read_bytes()

    def shown(self, command: Command) -> str:
        """Write a command as one would type it, with DATA and OUT for the folders."""
        added = [f"{name}={value}" for name, value in command.environment.items()]
        text = " ".join([*added, *command.words])
        for path, name in (
            (PYTHON, "python"), (OUTCOMES, "outcomes"), (self.peer_python, ".venv-bench/bin/python"),
            (str(self.out), "OUT"), (str(self.data.folder), "DATA"), (f"{PEERS.parents[1]}/", ""),
        ):  # fmt: skip
            text = text.replace(path, name)
        return text


def report_command(dataset: Path, out: Path, memory: str | None = None) -> Command:
    """Return the command that writes the quarterly report."""
    words = (OUTCOMES, "report", str(dataset), "--quarter", QUARTER, "--out", str(out), "--force")
    return Command("report", (*words, "--memory", memory) if memory else words)


def count_beside_peers(bench: Bench, patients: int, peers: Sequence[str]) -> tuple[Row, dict[str, list[Run]]]:
    """Derive and count everything of a report, by the package and by peers, on the same files."""
    parts = PARTS[patients]
    dataset = bench.data.parts(patients, parts)
    into_page_cache(dataset)
    first = bench.first_opening(dataset)
    package = bench.package(dataset)
    programs = [bench.peer(name, dataset) for name in peers]
    found = measure_in_turn([package, *programs], bench.runs)
    laid_out = "1 partition" if parts == 1 else f"{parts} partitions"
    work = f"derive and count, {patients:,} patients in {laid_out}, --memory {bench.memory}"
    row = Row(f"count-{patients}", work, bench.shown(package), found[package.name])
    row.more = {"files_mb": disk_mb(dataset), "first opening": measured([first])}
    for program in programs:
        agrees = None if program.name == SCAN else bench.agrees(dataset, program.name)
        row.compare(program.name, bench.shown(program), found[program.name], agrees)
        if agrees is not None:
            row.equal(f"the same counts as the {program.name}", agrees)
    return row, found
