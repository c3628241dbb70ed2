"""Reports drawn by hand, as an outsider has them."""

from datetime import date

import pandas as pd

from analysis.audit.published import Published
from analysis.vocabulary.definitions import default_definitions

RUNGS = ("started", "with_baseline", "eligible", "scored")
DENOMINATORS = {"observed": "scored", "nonresponder": "eligible", "starters": "started"}


def rate_row(numerator="", *, outcome="response", estimand="starters", shares=("", "", ""), denominator=None, **about):
    """Draw one printed row of rates; a count that is left out is hidden."""
    rungs = {rung: str(about.pop(rung, "")) for rung in RUNGS}
    if denominator is None:
        denominator = rungs[DENOMINATORS[estimand]] if numerator != "" else ""
    named = {"instrument": "PHQ-9", "window": "end of loading", "period": "2025"} | about
    return {
        **{name: value for name, value in named.items() if name not in {"instrument", "window", "period"}},
        "instrument": named["instrument"],
        "window": named["window"],
        "outcome": outcome,
        "estimand": estimand,
        **dict(zip(("estimate", "low", "high"), shares, strict=True)),
        "numerator": str(numerator),
        "denominator": str(denominator),
        "status": "hidden" if numerator == "" else "ok",
        **rungs,
        "period": named["period"],
    }


def drawn_report(name="now", *, cut=date(2026, 9, 30), data="a" * 64, dataset="Drawn", audience="public", **tables):
    """Draw a report: each table as a list of rows."""
    frames = {table: pd.DataFrame(rows, dtype=object) for table, rows in tables.items()}
    own = default_definitions().sha256
    return Published(name, frames, audience, 10, dataset, data, cut, "2026Q3", own)
