"""A report as an outsider has it: the tables as they are printed, and what the manifest says of them."""

import csv
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.disclosure.policy import Policy
from analysis.intake.folders import file_sha256
from analysis.report.content import Content
from analysis.report.manifest import MANIFEST
from analysis.report.table_text import table_text
from analysis.vocabulary.errors import CallError, DataError
from analysis.vocabulary.periods import parse_period


@dataclass(frozen=True, eq=False)
class Published:
    """A published report.

    Attributes
    ----------
    name : str
        The folder's name.
    tables : dict of str to DataFrame
        Every cell as the text that is printed; an empty text where nothing is.
    audience : str
    most : int
        Counts from 1 to this are hidden.
    dataset, dataset_sha256 : str
    data_cut : date
    period : str or None
    further : int
        How many counts were hidden after an audit.
    definitions_sha256 : str
    """

    name: str
    tables: dict[str, pd.DataFrame]
    audience: str
    most: int
    dataset: str
    dataset_sha256: str
    data_cut: date
    period: str | None
    definitions_sha256: str
    further: int = 0

    @property
    def band(self) -> int:
        """The largest count that is hidden for itself, as in `analysis.disclosure.policy.Policy`."""
        return Policy(hide_up_to=self.most).band

    @property
    def order(self) -> tuple[date, date]:
        """Reports come out in this order: by their data, then by what they are about."""
        return self.data_cut, parse_period(self.period).last if self.period else self.data_cut


def read_published(folder: str | Path) -> Published:
    """Read a report's folder, as it was written.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    Published

    Raises
    ------
    CallError
        When the folder is no report.
    DataError
        When a file is missing, was edited, or does not belong to the report.
    """
    place = Path(folder)
    manifest = _manifest(place)
    try:
        outputs = {str(name): str(sha256) for name, sha256 in manifest["outputs"].items()}
        _refuse_changed(place, outputs)
        names = [name for name in outputs if name.startswith("tables/") and name.endswith(".csv")]
        report, dataset = manifest["report"], manifest["dataset"]
        return Published(
            name=place.resolve().name,
            tables={Path(name).stem: printed_table((place / name).read_text(encoding="utf-8")) for name in names},
            audience=str(report["audience"]),
            most=int(report["policy"]["hide_up_to"]),
            dataset=str(dataset["name"]),
            dataset_sha256=str(dataset["sha256"]),
            data_cut=date.fromisoformat(dataset["data_cut"]),
            period=report["period"],
            definitions_sha256=str(manifest["definitions"]["sha256"]),
            further=int(report.get("hidden_after_audit", 0)),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise CallError(
            f"{place.name}: {MANIFEST} is not that of a report; name a folder that 'outcomes report' wrote."
        ) from None


def read_earlier(report: str | Path) -> list[Path]:
    """List the folders beside a report that hold earlier public reports of the same dataset.

    Parameters
    ----------
    report : str or Path
        The report's folder.

    Returns
    -------
    list of Path
    """
    own_place = Path(report).resolve()
    own = read_published(own_place)
    found = []
    for place in sorted(own_place.parent.iterdir()):
        if place == own_place or not (place / MANIFEST).is_file():
            continue
        try:
            other = read_published(place)
        except CallError:
            continue  # a manifest of something else
        same = (other.dataset, other.audience) == (own.dataset, "public")
        if same and other.order <= own.order and (other.order, other.period) != (own.order, own.period):
            found.append(place)
    return found


def published_content(content: Content, *, name: str) -> Published:
    """Return a report as it will be published, before it is written.

    Parameters
    ----------
    content : Content
    name : str
        What to call it.

    Returns
    -------
    Published
    """
    dataset = content.cohort.dataset
    return Published(
        name=name,
        tables={table.name: printed_table(table_text(table.frame)) for table in content.tables.values()},
        audience=content.audience,
        most=content.policy.hide_up_to,
        dataset=dataset.name,
        dataset_sha256=dataset.sha256,
        data_cut=dataset.data_cut,
        period=content.period.name if content.period else None,
        definitions_sha256=content.cohort.definitions.sha256,
        further=content.hidden_after_audit,
    )


def printed_table(text: str) -> pd.DataFrame:
    r"""Read CSV text without taking anything for a number: what is printed is what an outsider has.

    Examples
    --------
    >>> printed_table("a,b\n1.50,\n").to_dict("list")
    {'a': ['1.50'], 'b': ['']}
    """
    header, *rows = list(csv.reader(text.splitlines()))
    return pd.DataFrame(rows, columns=header, dtype=object)


def _manifest(place: Path) -> dict[str, Any]:
    if not place.is_dir():
        raise CallError(f"{place.name}: there is no such folder; name a folder that 'outcomes report' wrote.")
    try:
        manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CallError(
            f"{place.name} is no report: it holds no {MANIFEST}. Name a folder that 'outcomes report' wrote."
        ) from None
    except (OSError, ValueError):
        raise DataError(f"{place.name}/{MANIFEST} cannot be read; write the report again.") from None
    if not isinstance(manifest, dict) or "outputs" not in manifest or "report" not in manifest:
        raise CallError(f"{place.name} is no report: its {MANIFEST} is another's. Name a folder of 'outcomes report'.")
    return manifest


def _refuse_changed(place: Path, outputs: dict[str, str]) -> None:
    again = "The audit is of the report as it was written: write it again."
    for name, sha256 in outputs.items():
        path = place / name
        if not path.resolve().is_relative_to(place.resolve()):
            raise DataError(f"{place.name}/{MANIFEST} names a file outside the report. {again}")
        if not path.is_file():
            raise DataError(f"{place.name}/{name} is missing. {again}")
        if file_sha256(path) != sha256:
            raise DataError(f"{place.name}/{name} is not as it was written. {again}")
    for path in sorted(place.rglob("*")):
        if path.is_file() and path.relative_to(place).as_posix() not in {*outputs, MANIFEST}:
            raise DataError(
                f"{place.name}/{path.relative_to(place).as_posix()} is not one of the report's files. {again}"
            )
