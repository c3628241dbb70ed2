"""The datasets of the benchmarks, made once and kept in a folder.

``dN``: N simulated patients as `outcomes simulate` writes them (CSV). ``pN``: the same, checked, as one Parquet file
for each table. ``qN-K``: ``pN`` laid out in K parts by `outcomes partition`. Ten million patients are ten times the
same million under other identifiers.
"""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Command, run_once

PYTHON = sys.executable
OUTCOMES = str(Path(PYTHON).with_name("outcomes"))
MOST_SIMULATED = 1_000_000
CHECKED_FILE = "checked.json"
"""What the checks of a dataset in parts found; without it they are run when the dataset is opened."""
OPEN = "import sys; from analysis.intake.dataset import open_dataset; open_dataset(sys.argv[1])"


@dataclass
class Data:
    """The folder of the datasets. Each method returns the folder of one, and makes it first if it is not there."""

    folder: Path
    memory: str

    def simulated(self, patients: int, clinics: int = 20) -> Path:
        """Simulate patients."""
        folder = self.folder / (f"d{patients}" if clinics == 20 else f"d{patients}-{clinics}-clinics")
        if not folder.is_dir():
            run_once(simulate_command(patients, folder, clinics))
        return folder

    def checked(self, patients: int, clinics: int = 20) -> Path:
        """Write the rows that pass the checks as Parquet."""
        copies = max(1, patients // MOST_SIMULATED)
        folder = self.folder / (f"p{patients}" if clinics == 20 else f"p{patients}-{clinics}-clinics")
        if not folder.is_dir():
            if copies > 1:
                words: tuple[str, ...] = ("copies", str(self.checked(patients // copies)), str(folder), str(copies))
            else:
                words = ("checked", str(self.simulated(patients, clinics)), str(folder))
            run_once(Command("prepare", (PYTHON, "-m", "benchmarks.prepare", *words)))
        return folder

    def parts(self, patients: int, parts: int) -> Path:
        """Lay a dataset out in parts, and open it, so that what its checks find is kept beside it."""
        folder = self.folder / f"q{patients}-{parts}"
        if not folder.is_dir():
            run_once(partition_command(self.checked(patients), folder, parts, self.memory))
        run_once(Command("open", (PYTHON, "-c", OPEN, str(folder))))
        return folder


def simulate_command(patients: int, out: Path, clinics: int = 20) -> Command:
    """Return the command that simulates so many patients."""
    words = (OUTCOMES, "simulate", str(out), "--patients", str(patients), "--clinics", str(clinics), "--force")
    return Command("simulate", words)


def partition_command(dataset: Path, out: Path, parts: int, memory: str) -> Command:
    """Return the command that lays a dataset out in parts."""
    words = (
        OUTCOMES,
        "partition",
        str(dataset),
        "--out",
        str(out),
        "--parts",
        str(parts),
        "--memory",
        memory,
        "--force",
    )
    return Command("partition", words)


def into_page_cache(folder: Path) -> None:
    """Read all files of a dataset once, so that the first command measured finds them where the later ones do."""
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            with file.open("rb") as stream:
                shutil.copyfileobj(stream, _Nowhere(), 1 << 20)


class _Nowhere:
    def write(self, piece: bytes) -> int:
        return len(piece)


def disk_mb(folder: Path) -> int:
    """Return the size of a dataset's files in MB."""
    return round(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6)
