"""Auditing a report's folder: reading it and those before it, and writing down what was found, for the inside only."""

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.audit.audit import COLUMNS, Audit, audit_published
from analysis.audit.published import read_earlier, read_published
from analysis.report.table_text import table_text
from analysis.vocabulary.errors import CallError


def audit_report(
    report: str | Path, *, previous: Sequence[str | Path] | None = None, out: str | Path | None = None
) -> Audit:
    """Audit a report as it was written, and write the findings beside it.

    Parameters
    ----------
    report : str or Path
        The report's folder.
    previous : sequence of str or Path, optional
        The folders of earlier reports; all earlier ones beside the report when left out.
    out : str or Path, optional
        The file for the findings; ``NAME-audit-internal.csv`` beside the folder when left out. It tells what could be
        worked out, so it must never be published.

    Returns
    -------
    Audit

    Raises
    ------
    CallError
        When a folder is no report, is internal or of another dataset, or the findings cannot be written there.
    DataError
        When a report's files are not as they were written.
    """
    own = Path(report).resolve()
    earlier = read_earlier(own) if previous is None else [Path(each) for each in previous]
    if own in {place.resolve() for place in earlier}:
        raise CallError(f"--previous {own.name}: that is the report itself; name earlier ones.")
    file = own.parent / f"{own.name}-audit-internal.csv" if out is None else Path(out).resolve()
    if file.is_relative_to(own):
        raise CallError("The findings are for the inside only; they cannot be written into the report's folder.")
    audit = audit_published(read_published(own), previous=[read_published(place) for place in earlier])
    try:
        file.write_text(table_text(findings_table(audit)), encoding="utf-8", newline="\n")
    except OSError as error:
        raise CallError(f"{file.name} cannot be written here ({error.strerror}).") from None
    return audit


def findings_table(audit: Audit) -> pd.DataFrame:
    """Return everything that was found in one table, what fails first.

    Parameters
    ----------
    audit : Audit

    Returns
    -------
    DataFrame
        ``attacker, count, table, lowest, highest, found, verdict``; an empty ``highest`` where nothing limits it.
    """
    cells = audit.cells.assign(count=audit.cells["count"].map(str))
    changes = pd.DataFrame(
        {
            "attacker": "an outsider",
            "count": audit.changes["count"].map(str) + "; changed since " + audit.changes["earlier"],
            "table": "",
            "lowest": (audit.changes["later_value"] - audit.changes["earlier_value"]).astype("float64"),
            "highest": (audit.changes["later_value"] - audit.changes["earlier_value"]).astype("float64"),
            "found": "two reports",
            "verdict": "too narrow",
        }
    )
    others = audit.not_audited.assign(
        attacker="an outsider",
        count=audit.not_audited["what"] + ", not audited",
        lowest=np.nan,
        highest=np.nan,
        found="",
    )
    table = pd.concat([cells, changes, others[COLUMNS]], ignore_index=True)
    for column in ("lowest", "highest"):
        values = table[column].astype("float64")
        table[column] = values.where(np.isfinite(values)).abs().astype("Int64")
    return table.sort_values("verdict", key=lambda verdict: verdict == "safe", kind="stable").reset_index(drop=True)


def audit_text(audit: Audit, *, most_rows: int = 20) -> str:
    """Say in a few lines what was found.

    Parameters
    ----------
    audit : Audit
    most_rows : int
        How many of the findings to name.

    Returns
    -------
    str
    """
    beside = f" with {', '.join(audit.previous)}" if audit.previous else " alone"
    kinds = audit.cells["attacker"].eq("an outsider").sum()
    lines = [f"{audit.report}{beside}: {kinds:,} counts that are not printed were looked at."]
    table = findings_table(audit)
    failed = table[table["verdict"] != "safe"]
    for row in failed.head(most_rows).to_dict("records"):
        where = f" ({row['table']})" if row["table"] else ""
        lines.append(f"  {row['attacker']}: {row['count']}{where}: {_range(row)}, {row['verdict']}")
    if len(failed) > most_rows:
        lines.append(f"  and {len(failed) - most_rows:,} more")
    if len(audit.not_audited):
        names = ", ".join(sorted(set(audit.not_audited["table"])))
        lines.append(f"Not audited, being no counts: {len(audit.not_audited)} kinds of numbers of {names}.")
    if audit.by_two_clinics:
        lines.append(f"Two clinics together could work out {audit.by_two_clinics:,} hidden counts of other clinics.")
    lines.append(
        "Passed: no hidden count can be narrowed to a small one."
        if audit.passed
        else f"Failed: {len(failed):,} findings. Hide more before this leaves."
    )
    return "\n".join(lines)


def _range(row: dict[Hashable, Any]) -> str:
    low, high = row["lowest"], row["highest"]
    if pd.isna(low):
        return "printed"
    if pd.isna(high):
        return f"{low} or more"
    return f"{low}" if low == high else f"{low} to {high}"
