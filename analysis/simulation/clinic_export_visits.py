"""The visits of a clinic's export: notes of three eras under different column names, and what happened beside them."""

from datetime import date

import numpy as np
import pandas as pd

from analysis.simulation.clinic_export_cells import (
    cell_texts,
    date_texts,
    dose_texts,
    mixed_dates,
    spaced,
    translated,
    weight_texts,
)

_ATTENDED = ("given", "stopped-early")
_SERIES: dict[object, str] = {"loading": "Foundation", "maintenance": "LTC"}
_KIND: dict[object, str] = {"iv": "IV", "im": "IM"}
_MEASURES = ("systolic_before", "diastolic_before", "systolic_peak", "diastolic_peak")

# The old table ends, and the prior version of the notes begins, at these shares of the time.
_OLD_UNTIL, _PRIOR_FROM, _PRIOR_UNTIL = 0.25, 0.2, 0.6

_CURRENT = {
    "client_id": "client_id",
    "date": "visit_date",
    "clinic": "location",
    "kind": "route",
    "series": "phase_of_care",
    "weight": "weight_kg",
    "dose": "final_ketamine_dose_current_visit_mg",
    "minutes": "infusion_minutes",
    "status": "stopped_early",
    "systolic_before": "bp_systolic_before",
    "diastolic_before": "bp_diastolic_before",
    "systolic_peak": "bp_systolic_highest",
    "diastolic_peak": "bp_diastolic_highest",
    "cadss": "cadss_highest",
    "sedation": "moaas_lowest",
    "ready": "minutes_until_ready",
    "note": "visit_note",
}
_PRIOR = _CURRENT | {
    "client_id": "Client ID",
    "date": "Date of Visit",
    "clinic": "Clinic",
    "kind": "Route",
    "series": "Series",
    "weight": "Weight today",
    "dose": "final_ketamine_order_for_current_infusion_mg",
    "minutes": "Duration (min)",
    "status": "Stopped early?",
    "note": "Comments",
}
_OLD = _PRIOR | {"date": "Visit", "weight": "Wt", "dose": "Dose", "note": "Notes"}


def ketamine_visits(rng: np.random.Generator, sessions: pd.DataFrame) -> pd.DataFrame:
    """Put the ketamine sessions that took place into the clinic's words, in order of patient and date."""
    rows = sessions[sessions["status"].isin(_ATTENDED) & (sessions["treatment"] == "ketamine")]
    rows = rows.assign(patient_id=rows["patient_id"].astype("str")).sort_values(["patient_id", "date"])
    return pd.DataFrame(
        {
            "day": rows["date"],
            "client_id": rows["patient_id"],
            "clinic": cell_texts(rows["clinic_id"]),
            "kind": translated(rows["route"], _KIND),
            "series": translated(rows["phase_recorded"], _SERIES),
            "weight": weight_texts(rng, rows),
            "dose": dose_texts(rng, rows["dose_mg"], rows["weight_kg"]),
            "minutes": cell_texts(rows["duration_min"]),
            "status": translated(rows["status"], {"given": "No", "stopped-early": "Yes"}),
            **{name: cell_texts(rows[name]) for name in _MEASURES},
            "cadss": cell_texts(rows["cadss_peak"]),
            "sedation": cell_texts(rows["sedation_peak"]),
            "ready": cell_texts(rows["ready_min"]),
        }
    ).reset_index(drop=True)


def visit_sheets(
    rng: np.random.Generator, visits: pd.DataFrame, clients: pd.DataFrame, *, first: date, last: date
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Lay out the visits as they were kept: an old table, the notes' prior version, and the current one.

    The old table and the prior version overlap: visits that were moved stand in both. The current notes hold a visit of
    a test client, and both versions an empty line.
    """
    begin, span = pd.Timestamp(first), pd.Timestamp(last) - pd.Timestamp(first)
    names = (clients["first_name"] + " " + clients["last_name"]).reindex(visits["client_id"])
    notes = [f"Spoke with {name} about the next visit." for name in names]
    visits = visits.assign(date=mixed_dates(rng, visits["day"]), note=notes)
    old = visits[visits["day"] < begin + _OLD_UNTIL * span]
    prior = visits[(visits["day"] >= begin + _PRIOR_FROM * span) & (visits["day"] < begin + _PRIOR_UNTIL * span)]
    current = visits[visits["day"] >= begin + _PRIOR_UNTIL * span]
    old_table = old.assign(date=date_texts(old["day"], "american"))[list(_OLD)].rename(columns=_OLD)
    old_table["moved to visit notes"] = np.where(old["day"] >= begin + _PRIOR_FROM * span, "Yes", "")
    test_visit = {"client_id": clients.index[clients["kind"] == "test"][0], "date": last.isoformat(), "dose": "1 mg"}
    return (
        old_table,
        _sheet(prior[list(_PRIOR)]).rename(columns=_PRIOR),
        _sheet(current[list(_CURRENT)], test_visit).rename(columns=_CURRENT),
    )


def _sheet(table: pd.DataFrame, *more: dict[str, str]) -> pd.DataFrame:
    rows = pd.DataFrame([{}, *more], columns=table.columns)
    return pd.concat([table[:1], rows, table[1:]]).fillna("")


def esketamine_visits(rng: np.random.Generator, sessions: pd.DataFrame) -> pd.DataFrame:
    """Write the esketamine sessions that took place, which are monitored on a form of their own."""
    rows = sessions[sessions["status"].isin(_ATTENDED) & (sessions["treatment"] == "esketamine")]
    return pd.DataFrame(
        {
            "client_id": cell_texts(rows["patient_id"]),
            "visit_date": mixed_dates(rng, rows["date"]),
            "location": cell_texts(rows["clinic_id"]),
            "series": translated(rows["phase_recorded"], _SERIES),
            "dose": [f"{dose} mg" for dose in cell_texts(rows["dose_mg"])],
            "stopped_early": translated(rows["status"], {"given": "No", "stopped-early": "Yes"}),
            **{f"bp_{name}": cell_texts(rows[name]) for name in _MEASURES},
            "dissociation (CADSS)": cell_texts(rows["cadss_peak"]),
            "sedation (MOAA/S)": cell_texts(rows["sedation_peak"]),
            "minutes_until_ready": cell_texts(rows["ready_min"]),
        }
    )


def incident_log(clients: pd.DataFrame, adverse_events: pd.DataFrame) -> pd.DataFrame:
    """Write the adverse events of sessions."""
    ids = cell_texts(adverse_events["patient_id"])
    start = clients["start"].reindex(ids).reset_index(drop=True)
    days = start + pd.to_timedelta(adverse_events["day"].reset_index(drop=True), unit="D")
    severity: dict[object, str] = {"mild": "1 - mild", "moderate": "2 - moderate", "severe": "3 - severe"}
    source: dict[object, str] = {"reported": "Client", "scale": "CADSS", "vital-sign": "Blood pressure"}
    return pd.DataFrame(
        {
            "client_id": ids,
            "visit": date_texts(days, "american"),
            "what_happened": spaced(adverse_events["term"]),
            "severity": translated(adverse_events["severity"], severity),
            "serious": translated(adverse_events["serious"], {True: "Y", False: "N"}),
            "seen_by": translated(adverse_events["source"], source),
            "minutes_after_start": cell_texts(adverse_events["onset_min"]),
            "gone_after_minutes": cell_texts(adverse_events["resolved_min"]),
        }
    )


def life_events(events: pd.DataFrame) -> pd.DataFrame:
    """Write hospital stays, changes of medication and the like."""
    return pd.DataFrame(
        {
            "client_id": cell_texts(events["patient_id"]),
            "on": date_texts(events["date"], "written"),
            "event": spaced(events["event"]),
        }
    )
