"""The manifest: what went into a report and what came out, by hash. No times, no places, no people."""

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis import __version__
from analysis.intake.folders import file_sha256
from analysis.intake.reading import find_files
from analysis.intake.settings import SETTINGS_FILE
from analysis.report.content import Content
from analysis.report.methods import measure_rows

MANIFEST = "manifest.json"
LIBRARIES = ("duckdb", "jinja2", "matplotlib", "numpy", "pandas", "scipy")


def provenance(content: Content) -> dict[str, str]:
    """Say where a report's numbers come from.

    Parameters
    ----------
    content : Content

    Returns
    -------
    dict of str to str
        ``commit`` is empty where the package is not run from a git clone.
    """
    definitions, policy = content.cohort.definitions, content.policy
    hidden = f"{policy.name}" if content.audience == "public" else "nothing hidden (internal)"
    return {
        "dataset": content.cohort.dataset.sha256,
        "definitions": definitions.label,
        "definitions_sha256": definitions.sha256,
        "version": __version__,
        "commit": commit_of(Path(__file__).parents[2]),
        "disclosure": hidden,
    }


def make_manifest(content: Content, folder: Path) -> dict[str, Any]:
    """List the inputs and outputs of a report.

    Parameters
    ----------
    content : Content
    folder : Path
        The folder that holds the report's files, all but the manifest.

    Returns
    -------
    dict
        Ready for JSON; the same report gives the same manifest on the same machine.
    """
    dataset, definitions, policy = content.cohort.dataset, content.cohort.definitions, content.policy
    return {
        "report": {
            "period": content.period.name if content.period else None,
            "breakdown_period": content.breakdown.name if content.breakdown else None,
            "audience": content.audience,
            "policy": {"name": policy.name, "hide_up_to": policy.hide_up_to},
            "instrument": content.instrument.name,
            # An outsider is told, so that the audit may count on it that hidden does not always mean small.
            **({"hidden_after_audit": content.hidden_after_audit} if content.hidden_after_audit else {}),
        },
        "dataset": {
            "name": dataset.name,
            "basis": dataset.basis,
            "data_cut": dataset.data_cut.isoformat(),
            "sha256": dataset.sha256,
            "files": _input_hashes(dataset.path),
            "rows": _rows(content),
        },
        "definitions": {"name": definitions.name, "version": definitions.version, "sha256": definitions.sha256},
        "measures": [measure["label"] for measure in measure_rows(content)],
        "versions": {
            "ketamine-outcomes": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
        "commit": commit_of(Path(__file__).parents[2]) or None,
        "outputs": {
            path.relative_to(folder).as_posix(): file_sha256(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != MANIFEST
        },
    }


def _input_hashes(folder: Path) -> dict[str, str]:
    tables, _ = find_files(folder)
    files = [folder / SETTINGS_FILE, *(path for paths in tables.values() for path in paths)]
    return {path.relative_to(folder).as_posix(): file_sha256(path) for path in sorted(files)}


def _rows(content: Content) -> dict[str, dict[str, Any]]:
    """Count the rows of each file as the report shows them; what is hidden there is null here."""
    counts: dict[str, dict[str, Any]] = {}
    for row in content.tables["rows"].records:
        file = counts.setdefault(str(row["table"]), {"read": None, "used": None, "set_aside": {}})
        if row["kind"] == "rung":
            file[str(row["name"])] = row["count"]
        else:
            file["set_aside"][str(row["name"])] = row["count"]
    return counts


def commit_of(folder: Path) -> str:
    """Return the commit that a git clone has checked out, read from its files.

    Parameters
    ----------
    folder : Path
        The top folder of the clone.

    Returns
    -------
    str
        40 hexadecimal digits; empty where the folder is no clone or has no commit.
    """
    git = folder / ".git"
    try:
        if git.is_file():  # a worktree: .git names the folder that has its HEAD
            git = folder / git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        shared = git / "commondir"
        common = git / shared.read_text(encoding="utf-8").strip() if shared.is_file() else git
        for place in (git / name, common / name):
            if place.is_file():
                return place.read_text(encoding="utf-8").strip()
        packed = (common / "packed-refs").read_text(encoding="utf-8").splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")
    except OSError:
        return ""
