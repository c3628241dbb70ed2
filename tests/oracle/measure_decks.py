"""Decks for the measures: everyone drawn in a row of scores, treated on the same days, and shown one by one."""

from typing import Any

import pandas as pd
from drawn_tables import read_drawn


def given_on(days: str, scores: str) -> str:
    """Draw the sessions of everyone in a drawn table of scores, all on the same days."""
    people = dict.fromkeys(row["patient_id"] for row in read_drawn(scores))
    return "patient_id | day" + "".join(f"\n{person} | {day}" for person in people for day in days.split())


def each_person(measured: Any) -> pd.DataFrame:
    """Show a measure taken by clinic, where everyone has a clinic of their own: who is counted, scored, and in what."""
    table = measured.table.set_index(["clinic_id", "outcome"])
    assert table["denominator"].isin([0, 1]).all()
    outcomes = list(dict.fromkeys(name for _, name in table.index))
    first = table.xs(outcomes[0], level="outcome")
    shown = {"patient_id": first.index, "counted": first["denominator"] == 1, "scored": first["scored"] == 1}
    for name in outcomes:
        shown[name] = table.xs(name, level="outcome")["numerator"] == 1
    return pd.DataFrame(shown).astype(dict.fromkeys(["counted", "scored", *outcomes], bool)).reset_index(drop=True)
