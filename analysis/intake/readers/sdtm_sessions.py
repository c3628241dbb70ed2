"""Sessions out of SDTM's exposure (EX, EC), and what was measured around them (VS, QS, RS, FT)."""

import pandas as pd

from analysis.intake.mapping_grammar import Beside, SourceFile
from analysis.intake.readers.sdtm_dates import minutes_of_duration, split_moments
from analysis.intake.readers.sdtm_results import in_layout_unit, read_results, result_texts
from analysis.intake.readers.sdtm_tables import SUBJECT, column_of, number_texts
from analysis.intake.readers.source_table import plain_text, row_list
from analysis.vocabulary.errors import DataError

INTERVAL = "doses on several days, or several a day: not one session"
NOT_GIVEN = "planned and not given"

MEASURE_READ = "a measurement, read with its session"
MEASURE_ALONE = "a measurement that belongs to no session"
MEASURE_UNCLEAR = "a measurement on a day with several sessions that cannot be told apart"
MEASURE_UNNAMED = "a measurement that the mapping does not name"
OTHER_TIME_POINT = "a measurement at a time point that the mapping does not name"
NO_CLOCK = "a measurement at a time point, without a clock time to tell before from after"

ROUTES = {
    **dict.fromkeys(("INTRAVENOUS", "INTRAVENOUS DRIP", "INTRAVENOUS BOLUS"), "iv"),
    "INTRAMUSCULAR": "im",
    "SUBCUTANEOUS": "sc",
    **dict.fromkeys(("NASAL", "INTRANASAL"), "intranasal"),
    "SUBLINGUAL": "sublingual",
    "ORAL": "oral",
}
DOSE_UNITS = {"mg": 1.0, "ug": 0.001, "mcg": 0.001, "µg": 0.001, "μg": 0.001, "g": 1000.0}
PER_WEIGHT = {"mg/kg": 1.0, "ug/kg": 0.001, "mcg/kg": 0.001}

_ONCE = ["", "ONCE"]
_SEVERAL_A_DAY = r"BID|TID|QID|Q([1-9]|1\d|2[0-3])H|Q\d+MIN|\d+ TIMES PER DAY|PRN"
_DAY_MINUTES = 24 * 60


def session_cells(rows: pd.DataFrame, timed: pd.DataFrame, file: SourceFile) -> tuple[pd.DataFrame, pd.Series]:
    """Make the columns of sessions out of exposures.

    Parameters
    ----------
    rows : DataFrame
        From `read_domain`.
    timed : DataFrame
        From `timed_rows`, of the start.
    file : SourceFile
        Of the domain EX or EC, with ``dose_units``: further units, and the mg in one.

    Returns
    -------
    tuple of DataFrame and Series
        The cells, and where a row is no single administration.

    Raises
    ------
    DataError
        A dose in a unit that is not read; naming the rows.
    """
    code = file.sdtm.domain if file.sdtm else ""
    start, end = timed["date"] + "T" + timed["time"], split_moments(column_of(rows, f"{code}ENDTC"), file.path)
    minutes = _minutes(start.where(timed["time"] != "", ""), end)
    duration = column_of(rows, f"{code}DUR").map(minutes_of_duration).astype("Float64").fillna(minutes)
    dose, per_kg = _doses(rows, code, file)
    cells = pd.DataFrame(
        {
            "sequence": "",
            "dose_mg": result_texts(dose),
            "dose_mg_per_kg": result_texts(per_kg),
            "route": column_of(rows, f"{code}ROUTE").str.upper().map(lambda text: ROUTES.get(text, text)),
            "duration_min": result_texts(duration.where((duration >= 0) & (duration < _DAY_MINUTES)).round()),
            "occurred": given_doses(rows, code).map({True: "yes", False: "no"}),
        }
    )
    return cells, ~_single(rows, code, timed, end, minutes)


def given_doses(rows: pd.DataFrame, code: str) -> pd.Series:
    """Say which rows were given: all but those that say otherwise (--OCCUR, --STAT)."""
    occurred, status = column_of(rows, f"{code}OCCUR").str.upper(), column_of(rows, f"{code}STAT").str.upper()
    return (occurred != "N") & (status != "NOT DONE")


def numbered_sessions(rows: pd.DataFrame, code: str, timed: pd.DataFrame, used: pd.Series) -> pd.Series:
    """Return the numbers of each patient's sessions of one day, by their time and then by --SEQ; empty if not used."""
    order = pd.to_numeric(column_of(rows, f"{code}SEQ"), errors="coerce")
    keys = pd.DataFrame({"moment": moment_of(rows, timed), "time": timed["time"], "order": order})[used]
    keys = keys.sort_values(["time", "order"], kind="stable")
    return (keys.groupby("moment").cumcount() + 1).astype("str").reindex(rows.index, fill_value="")


def moment_of(rows: pd.DataFrame, timed: pd.DataFrame) -> pd.Series:
    """Name the patient and the day of each row: the date, or the day where there is none."""
    return rows[SUBJECT] + "\0" + timed["date"].where(timed["date"] != "", timed["day"].astype("str").fillna(""))


def measure_sessions(
    sessions: pd.DataFrame, measures: pd.DataFrame, code: str, timed: pd.DataFrame, beside: Beside
) -> tuple[pd.DataFrame, pd.Series]:
    """Bring what was measured on the day of a session to the session.

    Parameters
    ----------
    sessions : DataFrame
        ``moment``, ``visit`` and ``time`` of those that are used.
    measures : DataFrame
        The rows of the other domain.
    code : str
        The other domain.
    timed : DataFrame
        From `timed_rows`, of the other domain.
    beside : Beside

    Returns
    -------
    tuple of DataFrame and Series
        For each session NAME (the last without a time point), NAME_before (the last), NAME_peak (the highest after) and
        NAME_lowest (the lowest after); and by row of the other domain what became of it.
    """
    names = column_of(measures, f"{code}TESTCD").map(beside.tests).astype("str").fillna("")
    results = in_layout_unit(read_results(measures, code), names)
    place, alone = _places(sessions, moment_of(measures, timed), number_texts(column_of(measures, "VISITNUM")))
    side, unplaced = _sides(measures, code, timed["time"], place.map(sessions["time"]).astype("str").fillna(""), beside)
    fate = results["reason"].mask(unplaced != "", unplaced).mask(alone != "", alone)
    fate = fate.mask(timed["reason"] != "", timed["reason"]).mask(names == "", MEASURE_UNNAMED)
    order = pd.DataFrame(
        {
            "place": place,
            "name": names,
            "side": side,
            "value": results["value"],
            "time": timed["time"],
            "point": pd.to_numeric(column_of(measures, f"{code}TPTNUM"), errors="coerce"),
            "number": pd.to_numeric(column_of(measures, f"{code}SEQ"), errors="coerce"),
        }
    )[fate == ""].sort_values(["time", "point", "number"], kind="stable")
    cells = pd.DataFrame(index=sessions.index)
    for name in dict.fromkeys(beside.tests.values()):
        own = order[order["name"] == name]
        for ending, at, how in (("", "", "last"), ("_before", "before", "last"), ("_peak", "after", "max")):
            cells[f"{name}{ending}"] = _chosen(own[own["side"] == at], how, sessions.index)
        cells[f"{name}_lowest"] = _chosen(own[own["side"] == "after"], "min", sessions.index)
    return cells, fate.mask(fate == "", MEASURE_READ)


def _chosen(rows: pd.DataFrame, how: str, places: pd.Index) -> pd.Series:
    return result_texts(rows.groupby("place")["value"].agg(how).reindex(places))


def _places(sessions: pd.DataFrame, moments: pd.Series, visits: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Find the session of each measurement: of its patient and day and, where these are several, of its visit."""
    place = pd.Series(pd.NA, index=moments.index, dtype="object")
    of_day, of_visit = sessions["moment"], sessions["moment"] + "\0" + sessions["visit"]
    for theirs, ours in ((of_day, moments), (of_visit, moments + "\0" + visits)):
        once = ~theirs.duplicated(keep=False)
        found = ours.map(pd.Series(sessions.index[once], index=theirs[once].array, dtype="object"))
        place = place.where(place.notna(), found)
    several = place.isna() & moments.isin(sessions["moment"])
    alone = pd.Series("", index=moments.index, dtype="str").mask(place.isna(), MEASURE_ALONE)
    return place, alone.mask(several, MEASURE_UNCLEAR)


def _sides(
    measures: pd.DataFrame, code: str, time: pd.Series, start: pd.Series, beside: Beside
) -> tuple[pd.Series, pd.Series]:
    """Say which measurement was before the session and which after it (neither without a time point)."""
    points = [number_texts(column_of(measures, f"{code}{end}")) for end in ("TPT", "TPTNUM", "ELTM")]
    labelled = (points[0] != "") | (points[1] != "") | (points[2] != "")
    side = pd.Series("", index=measures.index, dtype="str")
    if not beside.before and not beside.after:
        timed = (time != "") & (start != "")
        side = side.mask(timed & (time <= start), "before").mask(timed & (time > start), "after")
        return side, pd.Series("", index=side.index, dtype="str").mask(~timed & labelled, NO_CLOCK)
    for name, labels in (("before", beside.before), ("after", beside.after)):
        for cells in points:
            side = side.mask((side == "") & cells.isin(number_texts(pd.Series(labels, dtype="str"))), name)
    return side, pd.Series("", index=side.index, dtype="str").mask((side == "") & labelled, OTHER_TIME_POINT)


def _minutes(start: pd.Series, end: pd.DataFrame) -> pd.Series:
    ends = (end["date"] + "T" + end["time"]).where(end["time"] != "", "")
    both = (start != "") & (ends != "")
    length = pd.to_datetime(ends.where(both)) - pd.to_datetime(start.where(both))
    return (length.dt.total_seconds() / 60).astype("Float64")


def _single(rows: pd.DataFrame, code: str, timed: pd.DataFrame, end: pd.DataFrame, minutes: pd.Series) -> pd.Series:
    """Say which rows are one administration.

    It begins and ends on one day or within 24 hours, or is given once; and not several times a day.
    """
    often = column_of(rows, f"{code}DOSFRQ").str.upper()
    ended, last_day = column_of(rows, f"{code}ENDTC"), number_texts(column_of(rows, f"{code}ENDY"))
    open_end = (ended == "") & (last_day == "")
    one_day = (end["date"] != "") & (end["date"] == timed["date"])
    one_day |= (end["date"] == "") & (last_day != "") & (last_day == number_texts(column_of(rows, f"{code}STDY")))
    one_day |= minutes.between(0, _DAY_MINUTES - 1).fillna(False).astype(bool)
    once = often.isin(_ONCE)
    return (one_day & ~often.str.fullmatch(_SEVERAL_A_DAY)) | (open_end & once) | (often == "ONCE")


def _doses(rows: pd.DataFrame, code: str, file: SourceFile) -> tuple[pd.Series, pd.Series]:
    """Return the dose in mg and in mg per kg of weight."""
    cells, units = column_of(rows, f"{code}DOSE"), column_of(rows, f"{code}DOSU").str.lower()
    sound = cells.str.fullmatch(r"[0-9]{1,9}(\.[0-9]*)?|\.[0-9]+")
    wrong = rows.index[(cells != "") & ~sound]
    if len(wrong):
        raise DataError(f"{file.path}, {row_list(wrong)}, column '{code}DOSE': a dose that is no number.")
    dose = pd.to_numeric(cells.where(sound)).astype("Float64")
    known = DOSE_UNITS | (file.sdtm.dose_units if file.sdtm else {})
    nothing = (dose == 0).fillna(False).astype(bool)  # which is 0 mg in every unit
    strange = rows.index[dose.notna() & ~nothing & ~units.isin([*known, *PER_WEIGHT])]
    if len(strange):
        raise DataError(
            f"{file.path}, {row_list(strange)}, column '{code}DOSU': a unit other than mg, ug, g and mg/kg. Say how "
            f"many mg one of it is as `files.{file.name}.dose_units`, such as {{ TABLET = 20 }}."
        )
    in_mg = dose * units.map(known).astype("Float64")
    return in_mg.mask(nothing, 0), dose * units.map(PER_WEIGHT).astype("Float64")


def weighed_doses(cells: pd.DataFrame) -> pd.Series:
    """Return the doses in mg, those per kg of weight times the weight of the day (the last before, else any).

    Examples
    --------
    >>> cells = {"dose_mg": ["", "56"], "dose_mg_per_kg": ["0.5", ""], "weight": ["80", ""]}
    >>> weighed_doses(pd.DataFrame(cells)).tolist()
    ['40', '56']
    """
    weight = pd.Series("", index=cells.index, dtype="str")
    for name in ("weight_before", "weight"):
        weight = weight.mask((weight == "") & (column_of(cells, name) != ""), column_of(cells, name))
    made = pd.to_numeric(cells["dose_mg_per_kg"]).astype("Float64") * pd.to_numeric(weight).astype("Float64")
    texts = made.map(lambda value: plain_text(float(value)), na_action="ignore").astype("str").fillna("")
    return cells["dose_mg"].mask(cells["dose_mg"] == "", texts)
