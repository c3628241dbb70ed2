"""The rows of what is measured at sessions: shares, means, minutes, and the first sessions of a fixed cohort."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.counts.habituation_tally import CHANGE, HAD_ALL, MEASURED_AT_ALL, habituation_names
from analysis.counts.ladder import with_every_group
from analysis.counts.safety_fact_tally import session_facts
from analysis.counts.safety_tally import ANY
from analysis.estimate.intervals import wilson
from analysis.estimate.medians import median_of_counts
from analysis.estimate.minutes import minutes_curve
from analysis.estimate.patient_sums import MEAN_METHOD, SHARE_METHOD, PatientSums, patient_mean, patient_share
from analysis.estimate.rates import ESTIMATE_COLUMNS
from analysis.vocabulary.safety_rules import SafetyRules

OF_SESSIONS, OF_PATIENTS, MEAN = "share of sessions", "patients with it", "mean over sessions"
MINUTES_METHOD = "Kaplan-Meier, log(-log) by Greenwood, 95 %"
QUARTILES = ["median", "lower_quartile", "upper_quartile"]


def fact_rows(
    facts: pd.DataFrame,
    values: pd.DataFrame,
    *,
    by: Sequence[str],
    levels: Sequence[Sequence[str]],
    rules: SafetyRules,
) -> pd.DataFrame:
    """Estimate shares over limits and means of what was measured.

    Parameters
    ----------
    facts : DataFrame
        Counts of `SessionFactTally`.
    values : DataFrame
        Counts of `SessionValueTally`.
    by : sequence of str
    levels : sequence of sequence of str
    rules : SafetyRules

    Returns
    -------
    DataFrame
        The groups, ``name, record, unit, measure``, the columns of an estimate, ``sessions`` (given), ``measured``,
        ``patients_with`` (any such session) of ``patients`` (with the record), and for means the median and quartiles
        of sessions.
    """
    known = session_facts(rules)
    counts = with_every_group(facts, [*by, "name"], [*levels, [fact.name for fact in known]])
    sums = [counts[name].to_numpy("float64") for name in ("total", "known", "xx", "xm", "mm", "patients")]
    total, m, *_, k = sums
    unit = counts["name"].map({fact.name: fact.unit for fact in known})
    base = counts[[*by, "name"]].assign(
        record=counts["name"].map({fact.name: fact.record for fact in known}),
        unit=unit,
        sessions=counts["given"].astype("Int64"),
        measured=counts["known"].astype("Int64"),
        patients_with=counts["patients_with"].astype("Int64").mask(unit != ""),
        patients=counts["patients"].astype("Int64"),
    )
    is_mean = (unit != "").to_numpy()
    people = counts["patients_with"].to_numpy("float64")
    shares, means = ~is_mean, is_mean
    tables = []
    for measure, chosen, numerator, denominator, limits, method in (
        (
            OF_SESSIONS,
            shares,
            total,
            m,
            patient_share(PatientSums(*(np.where(is_mean, 0, each) for each in sums))),
            SHARE_METHOD,
        ),
        (OF_PATIENTS, shares, people, k, wilson(np.where(is_mean, 0, people), k), "Wilson, 95 %"),
        (MEAN, means, total, m, patient_mean(PatientSums(*sums)), MEAN_METHOD),
    ):
        with np.errstate(divide="ignore", invalid="ignore"):
            estimate = numerator / denominator
        table = base.assign(
            measure=measure,
            estimate=estimate,
            low=limits[0],
            high=limits[1],
            method=method,
            numerator=pd.array(numerator.astype("int64"), dtype="Int64"),
            denominator=pd.array(denominator.astype("int64"), dtype="Int64"),
            status=np.where(denominator > 0, "ok", np.where(base["sessions"] > 0, "none recorded", "empty")),
        )
        tables.append(table[chosen])
    together = pd.concat(tables).sort_index(kind="stable").reset_index(drop=True)
    quartiles = _quartiles(together, values, by)
    columns = ["name", "record", "unit", "measure", *ESTIMATE_COLUMNS, "sessions", "measured"]
    return together.assign(**quartiles)[[*by, *columns, "patients_with", "patients", *QUARTILES]]


def _quartiles(rows: pd.DataFrame, values: pd.DataFrame, by: Sequence[str]) -> dict[str, list[float]]:
    own = dict(tuple(values.groupby([*by, "name"], sort=False)))
    found: dict[str, list[float]] = {name: [] for name in QUARTILES}
    for key in rows[[*by, "name"]].itertuples(index=False, name=None):
        part = own.get(key)
        middle = None if part is None else median_of_counts(part["value"], part["sessions"])
        found["median"].append(np.nan if middle is None else middle.estimate)
        found["lower_quartile"].append(np.nan if middle is None else middle.lower_quartile)
        found["upper_quartile"].append(np.nan if middle is None else middle.upper_quartile)
    return found


def minute_rows(
    resolved: pd.DataFrame, *, by: Sequence[str], levels: Sequence[Sequence[str]], rules: SafetyRules
) -> pd.DataFrame:
    """Estimate how long adverse events last, from the start of the session.

    Parameters
    ----------
    resolved : DataFrame
        Counts of `ResolutionTally`.
    by : sequence of str
    levels : sequence of sequence of str
    rules : SafetyRules

    Returns
    -------
    DataFrame
        The groups, ``source, term, name`` (``resolved by 60 minutes`` ..., ``median minutes until resolved``), the
        columns of an estimate, ``censored`` (not yet resolved when last seen) and ``without_time``.
    """
    pairs = sorted(set(resolved[["source", "term"]].itertuples(index=False, name=None))) or [("reported", ANY)]
    rows: list[dict[str, Any]] = []
    every = with_every_group(
        pd.DataFrame(columns=[*by, "pair"]), [*by, "pair"], [*levels, [f"{s}|{t}" for s, t in pairs]]
    )
    parts = dict(tuple(resolved.groupby([*by, "source", "term"], sort=False)))
    for *group, pair in every.itertuples(index=False, name=None):
        source, term = pair.split("|", 1)
        part = parts.get((*group, source, term), resolved.iloc[:0])
        timed = part[part["minute"] >= 0]
        curve = minutes_curve(timed["minute"], timed["resolved"], timed["censored"])
        shown = {f"resolved by {end} minutes": curve.over_by(end) for end in rules.minutes}
        shown["median minutes until resolved"] = curve.median()
        over, censored, without = (int(part[name].sum()) for name in ("resolved", "censored", "without_time"))
        for name, (estimate, low, high) in shown.items():
            watched = over + censored
            missing = "not reached" if watched else "none recorded" if without else "empty"
            status = "ok" if np.isfinite(estimate) else missing
            values = (estimate, low, high, MINUTES_METHOD, over, watched, status)
            row = dict(zip(by, group, strict=True)) | {"source": source, "term": term, "name": name}
            row |= dict(zip(ESTIMATE_COLUMNS, values, strict=True)) | {"censored": censored, "without_time": without}
            rows.append(row)
    whole = ["numerator", "denominator", "censored", "without_time"]
    return pd.DataFrame(rows).astype(dict.fromkeys(whole, "Int64"))


def habituation_rows(
    sums: pd.DataFrame, *, by: Sequence[str], levels: Sequence[Sequence[str]], rules: SafetyRules
) -> pd.DataFrame:
    """Estimate what sessions 1 to k show in the patients who had all of them, and the change over them.

    Parameters
    ----------
    sums : DataFrame
        Counts of `HabituationTally`.
    by : sequence of str
    levels : sequence of sequence of str
    rules : SafetyRules

    Returns
    -------
    DataFrame
        The groups, ``name, unit, people, session``, the columns of an estimate (shares of 1, or means in their unit)
        and ``patients`` (in the fixed cohort). Of a change, the numerator is the sum of the differences.
    """
    units = habituation_names(rules)
    sessions = [*map(str, range(1, rules.habituation_sessions + 1)), CHANGE]
    keys = [*by, "name", "people", "session"]
    counts = with_every_group(sums, keys, [*levels, list(units), [HAD_ALL, MEASURED_AT_ALL], sessions])
    # Whether an event was reported is known of every session, so that there the two are the same patients.
    counts = counts[~(counts["name"].str.endswith(", reported") & (counts["people"] == MEASURED_AT_ALL))]
    n, x, xx = (counts[name].to_numpy("float64") for name in ("known", "total", "xx"))
    unit = counts["name"].map(units)
    is_share = ((unit == "") & (counts["session"] != CHANGE)).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = x / n
        variance = np.maximum(xx - x * mean, 0.0) / (n - 1)
        half = special.stdtrit(np.maximum(n - 1, 1), 0.975) * np.sqrt(variance / n)
        low, high = np.where(n > 1, mean - half, np.nan), np.where(n > 1, mean + half, np.nan)
    share_low, share_high = wilson(np.where(is_share, x, 0), n)
    table = counts[keys].assign(
        unit=unit,
        estimate=mean,
        low=np.where(is_share, share_low, low),
        high=np.where(is_share, share_high, high),
        method=np.where(is_share, "Wilson, 95 %", "t, 95 %"),
        numerator=counts["total"].astype("Int64"),
        denominator=counts["known"].astype("Int64"),
        status=np.where(n > 0, "ok", np.where(counts["patients"] > 0, "none recorded", "empty")),
        patients=counts["patients"].astype("Int64"),
    )
    columns = ["name", "unit", "people", "session", *ESTIMATE_COLUMNS, "patients"]
    return table[[*by, *columns]].reset_index(drop=True)


def exposure_rows(exposure: pd.DataFrame, *, by: Sequence[str], levels: Sequence[Sequence[str]]) -> pd.DataFrame:
    """Estimate the medians of cumulative exposure over patients.

    Parameters
    ----------
    exposure : DataFrame
        Counts of `ExposureTally`.
    by : sequence of str
    levels : sequence of sequence of str

    Returns
    -------
    DataFrame
        The groups, ``name, unit``, the columns of an estimate (numerator: patients at or under the median) and the
        quartiles. Months are of 30 days, from the first session to the last.
    """
    names = {
        "sessions": ("sessions", 1),
        "months": ("months", 30),
        "mg of ketamine": ("mg", 1),
        "mg of esketamine": ("mg", 1),
    }
    own = dict(tuple(exposure.groupby([*by, "name"], sort=False)))
    every = with_every_group(pd.DataFrame(columns=[*by, "name"]), [*by, "name"], [*levels, list(names)])
    rows = []
    for *group, name in every.itertuples(index=False, name=None):
        unit, divide = names[name]
        part = own.get((*group, "days" if name == "months" else name), exposure.iloc[:0])
        found = median_of_counts(part["value"].astype("int64") / divide, part["patients"])
        values = (
            found.estimate, found.low, found.high, "binomial order statistics, 95 %", found.at_most, found.n,
            "ok" if found.n else "empty",
        )  # fmt: skip
        row = dict(zip(by, group, strict=True)) | {"name": f"{name} per patient", "unit": unit}
        row |= dict(zip(ESTIMATE_COLUMNS, values, strict=True))
        rows.append(row | {"lower_quartile": found.lower_quartile, "upper_quartile": found.upper_quartile})
    return pd.DataFrame(rows).astype({"numerator": "Int64", "denominator": "Int64"})
