"""The people of a clinic's export: who they are, made up, and what the clinic's lists say of them."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from analysis.simulation.clinic_export_cells import cell_texts, clock_times, date_texts, spaced, translated
from analysis.simulation.draws import pick

_FIRST_NAMES = (
    *("Aurelia", "Bartholomew", "Clementine", "Desmond", "Evangeline", "Fitzgerald"),
    *("Guinevere", "Hildegard", "Ignatius", "Jocasta", "Kasimir", "Leocadia"),
    *("Marigold", "Nathaniel", "Ottoline", "Peregrine", "Quintessa", "Rosamund"),
    *("Sylvester", "Theodora", "Ulysses", "Valentina", "Wilhelmina", "Xanthippe"),
)
_LAST_NAMES = (
    *("Abernathy", "Blankenship", "Castellanos", "Dombrowski", "Eisenhauer", "Fairweather"),
    *("Goldsworthy", "Hawthorne", "Iwanicki", "Jablonski", "Kingsolver", "Lindqvist"),
    *("Montgomery", "Nakagawa", "Ostrowski", "Pemberton", "Quackenbush", "Rutherford"),
    *("Silverstein", "Thistlewood"),
)

TEST_CLIENTS = 2
_NEVER_TREATED = 0.1  # of the clients on the list, for each treated one
_WRONG_BIRTH_DATES = 0.03
_BIRTH_DATE_ON_THE_LIST = 0.85

_SEX: dict[object, str] = {"female": "Female", "male": "Male", "other": "Non-binary"}
_DIAGNOSIS: dict[object, str] = {
    **{"mdd": "F33.2", "bipolar": "F31.81", "ptsd": "F43.10", "gad": "F41.1", "ocd": "F42.2", "other": "F34.1"}
}
_PAYER: dict[object, str] = {
    **{"self-pay": "Self-pay", "commercial": "Commercial insurance", "medicare": "Medicare"},
    **{"medicaid": "Medicaid", "va": "VA Community Care", "other": "Other"},
}
_CARE: dict[object, str] = {
    **{"ongoing": "Active", "completed": "Graduated", "stopped": "Discontinued"},
    **{"transferred": "Transferred out", "lost": "Lost to follow-up", "died": "Deceased"},
}
_YES_NO: dict[object, str] = {True: "Yes", False: "No"}
_SERVICE = {"iv": "Ketamine Infusion", "im": "Ketamine Injection", "intranasal": "Esketamine Visit"}


def made_up_clients(rng: np.random.Generator, patients: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """Make up everyone on the client list: the patients, people who never came, and test entries of the staff.

    Returns
    -------
    DataFrame
        By ``client_id``: ``kind`` (treated, never, test), names, ``start`` (day of the first session), ``birth`` and
        ``entered_birth``, as it was typed into the forms: for some it is wrong.
    """
    never = max(1, int(_NEVER_TREATED * len(patients)))
    ids = [
        *patients["patient_id"].astype("str"),
        *(f"N{number:04}" for number in range(1, never + 1)),
        *(f"TEST{number}" for number in range(1, TEST_CLIENTS + 1)),
    ]
    count = len(ids)
    first_days = sessions["date"] - pd.to_timedelta(sessions["day"], unit="D")
    starts = first_days.groupby(sessions["patient_id"].astype("str")).first()
    age = [*patients["age"], *rng.integers(18, 80, count - len(patients))]
    start = pd.Series(starts.reindex(ids).to_numpy()).fillna(starts.max())
    older = np.where(np.array(age) == 90, rng.integers(0, 7, count), 0)
    birth = [
        _birth_date(day.date(), int(years), int(days))
        for day, years, days in zip(start, np.array(age) + older, rng.integers(0, 361, count), strict=True)
    ]
    wrong = rng.random(count) < _WRONG_BIRTH_DATES
    # Typed in a hurry: the year in which the form was filled in.
    entered = [
        day.replace(year=first.year, day=min(day.day, 28)) if slip else day
        for day, first, slip in zip(birth, start, wrong, strict=True)
    ]
    return pd.DataFrame(
        {
            "client_id": ids,
            "kind": ["treated"] * len(patients) + ["never"] * never + ["test"] * TEST_CLIENTS,
            "first_name": [_FIRST_NAMES[place] for place in rng.integers(0, len(_FIRST_NAMES), count)],
            "last_name": [_LAST_NAMES[place] for place in rng.integers(0, len(_LAST_NAMES), count)],
            "start": start,
            "birth": pd.to_datetime(birth),
            "entered_birth": pd.to_datetime(entered),
            "on_the_list": wrong | (rng.random(count) < _BIRTH_DATE_ON_THE_LIST),
        }
    ).set_index("client_id")


def _birth_date(day: date, years: int, days: int) -> date:
    """Return a birth date of someone who is so many years old on a day; at most 360 days after the birthday."""
    return date(day.year - years, day.month, min(day.day, 28)) - timedelta(days)


def client_list(rng: np.random.Generator, clients: pd.DataFrame, patients: pd.DataFrame) -> pd.DataFrame:
    """Write the client list. Its birth dates were checked at the desk; some are not filled in."""
    told = patients.set_index(patients["patient_id"].astype("str")).reindex(clients.index)
    count = len(clients)
    names = clients["first_name"].str.lower() + "." + clients["last_name"].str.lower()
    return pd.DataFrame(
        {
            "client_id": clients.index,
            "first_name": clients["first_name"],
            "last_name": clients["last_name"],
            "email": [f"{name}{number}@example.org" for number, name in enumerate(names, start=1)],
            "phone": [f"({area}) 555-{line:04}" for area, line in rng.integers([201, 0], [990, 10_000], (count, 2))],
            "date_of_birth": date_texts(clients["birth"].where(clients["on_the_list"]), "iso"),
            "location": cell_texts(told["clinic_id"]),
            "insurance": translated(told["payer"], _PAYER),
            "account_type": np.where(clients["kind"] == "test", "Test", "Client"),
        }
    )


def intake_data(rng: np.random.Generator, clients: pd.DataFrame, patients: pd.DataFrame) -> pd.DataFrame:
    """Write what people filled in before they came."""
    told = patients.set_index(patients["patient_id"].astype("str")).reindex(clients.index)
    submitted = clients["start"] - pd.to_timedelta(rng.integers(1, 30, len(clients)), unit="D")
    clocks = clock_times(rng, len(clients))
    return pd.DataFrame(
        {
            "client_id": clients.index,
            "client_name": clients["last_name"] + ", " + clients["first_name"],
            "submitted_at": [
                f"{day}T{clock}Z" for day, clock in zip(date_texts(submitted, "iso"), clocks, strict=True)
            ],
            "date_of_birth": date_texts(clients["entered_birth"], "american"),
            "zip_code": [f"{number:05}" for number in rng.integers(1001, 99_900, len(clients))],
            "What is your gender?": translated(told["sex"], _SEX),
            "What is your race or ethnicity?": spaced(told["race_ethnicity"]),
            "Primary diagnosis (ICD-10)": translated(told["diagnosis"], _DIAGNOSIS),
            "How many antidepressants have you tried?": cell_texts(told["failed_trials"]),
            "Have you had ketamine or esketamine before?": translated(told["prior_ketamine"], _YES_NO),
            "What do you hope for?": [
                f"{name} would like to sleep, and to work again" for name in clients["first_name"]
            ],
        }
    )


def chart_table(clients: pd.DataFrame, patients: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """Write the patient table: those who had a first treatment, and how far they are in the clinic's own terms."""
    treated = clients[clients["kind"] == "treated"]
    attended = sessions[sessions["status"].isin(["given", "stopped-early"])]
    by_label = {
        label: rows.groupby(rows["patient_id"].astype("str"))["date"].agg(["min", "max", "size"]).reindex(treated.index)
        for label in ("loading", "maintenance")
        for rows in [attended[attended["phase_recorded"] == label]]
    }
    loading, maintenance = by_label["loading"], by_label["maintenance"]
    begun, kept_on = loading["size"].notna(), maintenance["size"].notna()
    return pd.DataFrame(
        {
            "client_id": treated.index,
            "phase_of_care": np.where(kept_on, "LTC", np.where(begun, "Foundation", "")),
            "first_infusion_completed": date_texts(treated["start"], "iso"),
            "foundation_recommended": np.where(begun, "Yes - Full Foundation", ""),
            "foundation_completion_status": np.where(kept_on, "Completed", np.where(begun, "Not completed", "")),
            "number_foundational_infusions_including_today": cell_texts(loading["size"]),
            "last_foundational_infusion": date_texts(loading["max"], "iso"),
            "first_ltc_infusion_date": date_texts(maintenance["min"], "american"),
            "foundation_outcome": np.where(kept_on, "Continues with LTC", ""),
            "last_contact": date_texts(
                treated["start"] + pd.to_timedelta(patients["last_day"].to_numpy(), unit="D"), "iso"
            ),
            "care_status": translated(patients["outcome_of_care"], _CARE),
        }
    )


def appointments_list(rng: np.random.Generator, clients: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """Write the appointments: every session, planned or held, and a consultation before the first."""
    status: dict[object, str] = {
        **{"given": "Completed", "stopped-early": "Completed", "cancelled": "Cancelled", "no-show": "No Show"}
    }
    treatments = pd.DataFrame(
        {
            "client_id": sessions["patient_id"].astype("str"),
            "date": sessions["date"],
            "location": sessions["clinic_id"].astype("str"),
            "service": sessions["route"].astype("str").map(_SERVICE),
            "series": translated(sessions["phase_recorded"], {"loading": "Foundation", "maintenance": "LTC"}),
            "status": translated(sessions["status"], status),
        }
    )
    came = clients[clients["kind"] != "test"]
    consultations = pd.DataFrame(
        {
            "client_id": came.index,
            "date": (came["start"] - pd.to_timedelta(rng.integers(1, 15, len(came)), unit="D")).to_numpy(),
            "location": "",
            "service": "Consultation",
            "series": "",
            "status": np.where(came["kind"] == "never", "No Show", "Completed"),
        }
    )
    rows = pd.concat([consultations, treatments]).sort_values(["date", "client_id"], kind="stable", ignore_index=True)
    hours = pick(rng, [1.0] * 8, len(rows)) + 9
    days = date_texts(rows["date"], "month")
    return pd.DataFrame(
        {
            "appointment_id": range(100_001, 100_001 + len(rows)),
            "client_id": rows["client_id"],
            "client_name": (clients["first_name"] + " " + clients["last_name"]).reindex(rows["client_id"]).to_numpy(),
            "appointment_time": [
                f"{day} {(hour - 1) % 12 + 1}:00 {'PM' if hour >= 12 else 'AM'}"
                for day, hour in zip(days, hours, strict=True)
            ],
            **{name: rows[name] for name in ("location", "service", "series", "status")},
        }
    )


def referral_log(rng: np.random.Generator, clients: pd.DataFrame, referrals: pd.DataFrame) -> pd.DataFrame:
    """Write who was referred, and what became of it."""
    ids = cell_texts(referrals["patient_id"])
    others = rng.integers(0, len(_FIRST_NAMES), len(ids)), rng.integers(0, len(_LAST_NAMES), len(ids))
    known = (clients["first_name"] + " " + clients["last_name"]).to_dict()
    names = [
        known[each] if each else f"{_FIRST_NAMES[first]} {_LAST_NAMES[last]}"
        for each, first, last in zip(ids, *others, strict=True)
    ]
    return pd.DataFrame(
        {
            "referral_id": referrals["referral_id"],
            "client_id": ids,
            "name": names,
            "received": date_texts(referrals["date"], "written"),
            "location": cell_texts(referrals["clinic_id"]),
            "referred_by": spaced(referrals["source"]),
            "insurance": translated(referrals["payer"], _PAYER),
            "evaluated": translated(referrals["evaluated"], _YES_NO),
            "suitable": translated(referrals["suitable"], _YES_NO),
            "why_not_treated": spaced(referrals["reason_not_treated"]),
        }
    )
