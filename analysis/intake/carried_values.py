"""Numbers that are not measured at each session, such as the weight: the last one stands for the sessions after it."""

from dataclasses import replace

import pandas as pd

from analysis.intake.built_parts import BuiltPart, given_sessions


def carry_values(sessions: list[BuiltPart]) -> list[BuiltPart]:
    """Fill numbers that are missing with the patient's last one, where the mapping asks for it.

    Parameters
    ----------
    sessions : list of BuiltPart
        The parts of the table sessions, with their days.

    Returns
    -------
    list of BuiltPart
        Numbers are carried between all given sessions that are written and whose column asks for it, from an earlier
        day or an earlier session of the day. A number that was carried is not carried on: its days are counted from the
        session where it was measured.
    """
    for target in sorted({target for each in sessions for target, _ in _asking(each)}):
        asking = [number for number, each in enumerate(sessions) if target in dict(_asking(each))]
        found = _last_measured(pd.concat([_measured(sessions[number], target, number) for number in asking]))
        for number in asking:
            sessions = [*sessions]
            sessions[number] = _filled(sessions[number], target, found[found["part"] == number].set_index("row"))
    return sessions


def _asking(each: BuiltPart) -> list[tuple[str, int]]:
    return [(target, rule.carried_days) for target, rule in each.part.columns.items() if rule.carried_days is not None]


def _measured(each: BuiltPart, target: str, number: int) -> pd.DataFrame:
    rows = each.written[given_sessions(each.written)]
    sequence = rows["sequence"].fillna("1") if "sequence" in rows else "1"
    return pd.DataFrame(
        {
            "part": number,
            "row": rows.index,
            "patient": rows["patient_id"].to_numpy(),
            "day": pd.to_numeric(rows["day"]).to_numpy(),
            "sequence": pd.to_numeric(pd.Series(sequence, index=rows.index)).to_numpy(),
            "value": rows[target].to_numpy(),
        }
    )


def _last_measured(rows: pd.DataFrame) -> pd.DataFrame:
    """Give each session the last value of the patient, and how many days before it was measured."""
    rows = rows.sort_values(["patient", "day", "sequence"], kind="stable", ignore_index=True)
    measured_on = rows["day"].where(rows["value"].notna())
    by_patient = rows["patient"]
    last_day = measured_on.groupby(by_patient).ffill()
    return rows.assign(last=rows["value"].groupby(by_patient).ffill(), days=rows["day"] - last_day)


def _filled(each: BuiltPart, target: str, found: pd.DataFrame) -> BuiltPart:
    limit = dict(_asking(each))[target]
    found = found.reindex(each.rows.index)
    carried = each.rows[target].isna() & (found["days"] <= limit)
    rows = each.rows.assign(**{target: each.rows[target].mask(carried, found["last"])})
    what = f"carried forward, for {limit} days at most"
    return replace(each, rows=rows, marks=each.marks | {(target, what): carried})
