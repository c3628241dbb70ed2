"""The work behind the rows of the audit, in a process of its own: `python -m benchmarks.audit_work OUT.json WHAT ...`.

WHAT is ``report DATASET QUARTER``, or ``drawn CLINICS QUARTERS``: five linked outcomes of made-up counts.
"""

import json
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.audit.audit import Audit, audit_published
from analysis.audit.published import Published, printed_table, published_content
from analysis.cohort.cohort import derive
from analysis.disclosure.suppression import disclose
from analysis.estimate.intervals import wilson
from analysis.intake.dataset import open_dataset
from analysis.report.content import make_content
from analysis.report.table_text import table_text
from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.periods import parse_period

OUTCOMES = ("response", "remission", "partial_response", "reliable_improvement", "reliable_deterioration")


def main() -> int:
    """Do the work asked for and write what was measured."""
    out, what, *rest = sys.argv[1:]
    found = _report(*rest) if what == "report" else _drawn(*map(int, rest))
    Path(out).write_text(json.dumps(found), encoding="utf-8")
    return 0


def _report(folder: str, quarter: str) -> dict[str, Any]:
    cohort = derive(open_dataset(folder))
    content = make_content(cohort, period=parse_period(quarter))
    start = time.perf_counter()
    for table in content.tables.values():
        disclose(table.frame)
    audit = audit_published(published_content(content, name=quarter))
    return _measured(audit, time.perf_counter() - start)


def _drawn(clinics: int, quarters: int) -> dict[str, Any]:
    random = np.random.default_rng(1)
    names = [f"{2020 + k // 4}Q{k % 4 + 1}" for k in range(quarters)]
    by_clinic = {name: _counts(random, clinics) for name in names}
    years = {name[:4] for name in names}
    by_clinic |= {year: _added([by_clinic[name] for name in names if name[:4] == year]) for year in sorted(years)}
    start = time.perf_counter()
    tables = {}
    for name, counts in by_clinic.items():
        tables[f"by_clinic_{name}"] = _printed(counts, name)
        tables[f"total_{name}"] = _printed(
            counts.drop(columns="clinic_id").groupby("outcome", sort=False, as_index=False).sum(), name
        )
    own = default_definitions().sha256
    report = Published("drawn", tables, "public", 10, "Drawn", "0" * 64, date(2026, 9, 30), None, own)
    return _measured(audit_published(report, clinics=False), time.perf_counter() - start)


def _counts(random: np.random.Generator, clinics: int) -> pd.DataFrame:
    """Draw each clinic's ladder and outcomes: remission within response within improvement, the others beside them."""
    started = random.poisson(random.gamma(4.0, 10.0, clinics))
    with_baseline = random.binomial(started, 0.93)
    eligible = random.binomial(with_baseline, 0.88)
    scored = random.binomial(eligible, 0.65)
    improved = random.binomial(scored, 0.7)
    response = random.binomial(improved, 0.75)
    counts = {
        "response": response,
        "remission": random.binomial(response, 0.6),
        "partial_response": random.binomial(improved - response, 0.8),
        "reliable_improvement": improved,
        "reliable_deterioration": random.binomial(scored - improved, 0.2),
    }
    ladder = {"started": started, "with_baseline": with_baseline, "eligible": eligible, "scored": scored}
    clinic = [f"C{k:03d}" for k in range(clinics)]
    return pd.concat(
        [
            pd.DataFrame({"clinic_id": clinic, "outcome": name, "numerator": counts[name], **ladder})
            for name in OUTCOMES
        ],
        ignore_index=True,
    )


def _added(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(parts).groupby(["clinic_id", "outcome"], sort=False, as_index=False).sum()


def _printed(counts: pd.DataFrame, period: str) -> pd.DataFrame:
    low, high = wilson(counts["numerator"], counts["scored"])
    table = counts.assign(
        instrument="PHQ-9", window="end of loading", estimand="observed", low=low, high=high, status="ok",
        estimate=counts["numerator"] / counts["scored"], denominator=counts["scored"], period=period,
    )  # fmt: skip
    whole = ["numerator", "denominator", "started", "with_baseline", "eligible", "scored"]
    return printed_table(table_text(disclose(table.astype(dict.fromkeys(whole, "Int64"))).table))


def _measured(audit: Audit, seconds: float) -> dict[str, Any]:
    outsider = audit.cells[audit.cells["attacker"] == "an outsider"]
    verdicts = outsider["verdict"].value_counts().to_dict()
    return {"seconds": seconds, "cells": len(outsider), "verdicts": verdicts}


if __name__ == "__main__":
    sys.exit(main())
