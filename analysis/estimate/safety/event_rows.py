"""The rows of adverse events, each made of added counts: of patients and of 100 sessions; serious ones as counts."""

import math
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.counts.ladder import with_every_group
from analysis.counts.safety_tables import EVENT_SPLITS, EXPOSURE_SPLITS, SESSION_SPLITS
from analysis.counts.safety_tally import ANY, CARE_EVENTS
from analysis.estimate.intervals import wilson
from analysis.estimate.patient_sums import RATE_METHOD, PatientSums, exact_poisson, patient_rate
from analysis.estimate.rates import ESTIMATE_COLUMNS
from analysis.vocabulary.safety_rules import SafetyRules

OF_PATIENTS, PER_SESSIONS = "patients with the event", "events per 100 sessions"
REPORTED = "reported"
NONE_RECORDED = "none recorded"
"""The status where nothing of the kind was ever recorded: that nothing happened cannot be told from it."""

EVENT_COLUMNS = [
    "split", "level", "source", "term", "measure", *ESTIMATE_COLUMNS, "poisson_low", "poisson_high",
    "patients_with", "patients", "sessions",
]  # fmt: skip
_FIRST = ("mild", "moderate", "severe", "serious", "not serious", "day of a session", "later day")


def event_rows(
    sessions: pd.DataFrame,
    events: pd.DataFrame,
    *,
    by: Sequence[str],
    levels: Sequence[Sequence[str]],
    terms: Sequence[str],
) -> pd.DataFrame:
    """Estimate how often adverse events were recorded, of patients and of sessions.

    Parameters
    ----------
    sessions : DataFrame
        Counts of `SafetySessionTally`.
    events : DataFrame
        Counts of `AdverseEventTally`.
    by : sequence of str
        The groups.
    levels : sequence of sequence of str
        Of each group, in the order wanted.
    terms : sequence of str
        Reported terms that have a row in the split ``all`` also where nobody has them.

    Returns
    -------
    DataFrame
        The groups and `EVENT_COLUMNS`.
    """
    keys = [*by, "split", "level", "source", "term"]
    splits = {**SESSION_SPLITS, **EVENT_SPLITS}
    frames = []
    for split in splits:
        own = events[events["split"] == split]
        pairs = _pairs(own, terms if split == "all" else (ANY,))
        found = own["level"] if split in EVENT_SPLITS else sessions.loc[sessions["split"] == split, "level"]
        asked = sorted(found.unique(), key=level_order)
        frames.append(_with_pairs(own, keys, [*levels, [split], asked], pairs))
    return _estimated(pd.concat(frames, ignore_index=True), sessions, events, by)


def exposure_event_rows(
    sessions: pd.DataFrame,
    events: pd.DataFrame,
    *,
    by: Sequence[str],
    levels: Sequence[Sequence[str]],
    rules: SafetyRules,
) -> pd.DataFrame:
    """Estimate how often bladder symptoms were recorded, by cumulative exposure up to the session that they follow.

    Parameters
    ----------
    sessions, events : DataFrame
        As in `event_rows`.
    by : sequence of str
    levels : sequence of sequence of str
    rules : SafetyRules
        With the term.

    Returns
    -------
    DataFrame
        As from `event_rows`; patients are those who came as far as the band.
    """
    keys = [*by, "split", "level", "source", "term"]
    frames = []
    for split in EXPOSURE_SPLITS:
        own = events[(events["split"] == split) & (events["term"] == rules.bladder_term)]
        asked = sorted(sessions.loc[sessions["split"] == split, "level"].unique(), key=level_order)
        frames.append(
            _with_pairs(own, keys, [*levels, [split], asked], _pairs(own, (rules.bladder_term,), with_any=False))
        )
    return _estimated(pd.concat(frames, ignore_index=True), sessions, events, by)


def serious_rows(
    events: pd.DataFrame, care: pd.DataFrame, *, by: Sequence[str], levels: Sequence[Sequence[str]], has_care: bool
) -> pd.DataFrame:
    """Count serious adverse events, those of which it is not said, and serious events of care.

    Parameters
    ----------
    events : DataFrame
        Counts of `AdverseEventTally`.
    care : DataFrame
        Counts of `CareEventTally`.
    by : sequence of str
    levels : sequence of sequence of str
    has_care : bool
        Whether the dataset has the table ``events``.

    Returns
    -------
    DataFrame
        The groups, ``source, term, seriousness, count`` (events), ``patients`` and ``status``; counts are missing where
        nothing was ever recorded.
    """
    keys = [*by, "source", "term", "seriousness"]
    own = events[(events["split"] == "seriousness") & (events["level"] != "not serious")]
    own = own.rename(columns={"level": "seriousness", "events": "count"})[[*keys, "count", "patients"]]
    pairs = _pairs(own, (ANY,))
    adverse = _with_pairs(own, keys, levels, pairs, last=["serious", "unknown"])
    adverse["status"] = np.where(_is_recorded(adverse, events, by), "ok", NONE_RECORDED)
    of_care = care.rename(columns={"events": "count"}).assign(source="care event", seriousness="serious")
    care_rows = with_every_group(of_care, keys, [*levels, ["care event"], CARE_EVENTS, ["serious"]])
    care_rows["status"] = "ok" if has_care else NONE_RECORDED
    table = pd.concat([adverse, care_rows], ignore_index=True).astype({"count": "Int64", "patients": "Int64"})
    unknown = table["status"] == NONE_RECORDED
    return table.assign(count=table["count"].mask(unknown), patients=table["patients"].mask(unknown))


def level_order(level: str) -> tuple[object, ...]:
    """Sort levels as one reads them: by their numbers, the unknown last.

    Examples
    --------
    >>> sorted(["unknown", "21 and more", "5 to 20", "iv, 84 mg", "iv, under 28 mg"], key=level_order)
    ['5 to 20', '21 and more', 'iv, under 28 mg', 'iv, 84 mg', 'unknown']
    """
    head, _, rest = level.rpartition(", ")
    found = re.search(r"\d+(\.\d+)?", rest)
    number = float(found[0]) if found else math.inf
    place = _FIRST.index(level) if level in _FIRST else len(_FIRST)
    return level == "unknown", place, head, not rest.startswith("under"), number, rest


def _pairs(events: pd.DataFrame, always: Sequence[str], *, with_any: bool = True) -> pd.DataFrame:
    """List the sources with their terms, the reported first and ``any`` before the terms."""
    wanted = [(REPORTED, term) for term in ([ANY] if with_any else []) + [term for term in always if term != ANY]]
    found = list(events[["source", "term"]].drop_duplicates().itertuples(index=False, name=None))
    order = ["reported", "scale", "vital-sign", "unknown"]
    pairs = sorted({*wanted, *found}, key=lambda pair: (order.index(pair[0]), pair[1] != ANY, pair[1]))
    return pd.DataFrame(pairs, columns=["source", "term"])


def _with_pairs(
    own: pd.DataFrame,
    keys: list[str],
    levels: Sequence[Sequence[str]],
    pairs: pd.DataFrame,
    *,
    last: Sequence[str] = (),
) -> pd.DataFrame:
    """Give every group, level and pair of source and term a row, with zeros where nothing was counted."""
    pair_names = [f"{source}|{term}" for source, term in pairs.itertuples(index=False)]
    joined = own.assign(pair=own["source"] + "|" + own["term"]).drop(columns=["source", "term"])
    names = [*(name for name in keys if name not in {"source", "term", "seriousness"}), "pair"]
    names += ["seriousness"] if last else []
    filled = with_every_group(joined, names, [*levels, pair_names, *([list(last)] if last else [])])
    parts = filled["pair"].str.split("|", n=1)
    return filled.assign(source=parts.str[0], term=parts.str[1]).drop(columns="pair")[
        [*keys, *(name for name in filled.columns if name not in {*keys, "pair"})]
    ]


def _estimated(counts: pd.DataFrame, sessions: pd.DataFrame, events: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Turn counts into two rows each: of patients, and of sessions."""
    within = counts[[*by, "split", "level"]].copy()
    of_all = within["split"].isin(list(EVENT_SPLITS))
    within.loc[of_all, ["split", "level"]] = "all"
    named = sessions.rename(columns={"patients": "k", "sessions": "m"})
    joined = within.merge(named, on=[*by, "split", "level"], how="left", validate="many_to_one")
    k, m, mm = (joined[name].fillna(0).to_numpy("float64") for name in ("k", "m", "mm"))
    x, people, xx, xm = (counts[name].to_numpy("float64") for name in ("events", "patients", "xx", "xm"))
    recorded = _is_recorded(counts, events, by)
    status = np.where(m == 0, "empty", np.where(recorded, "ok", NONE_RECORDED))
    known = status == "ok"
    low, high = patient_rate(PatientSums(x, m, xx, xm, mm, k))
    poisson = exact_poisson(x, m)
    share_low, share_high = wilson(people, k)
    keys = counts[[*by, "split", "level", "source", "term"]]
    with np.errstate(divide="ignore", invalid="ignore"):
        values = {
            OF_PATIENTS: (people / k, share_low, share_high, "Wilson, 95 %", people, k, np.nan, np.nan),
            PER_SESSIONS: (
                100 * x / m, 100 * low, 100 * high, RATE_METHOD, x, m, 100 * poisson[0], 100 * poisson[1],
            ),
        }  # fmt: skip
    tables = []
    for measure, (estimate, lower, upper, method, numerator, denominator, exact_low, exact_high) in values.items():
        shown = {
            "estimate": estimate, "low": lower, "high": upper, "poisson_low": exact_low, "poisson_high": exact_high,
        }  # fmt: skip
        table = keys.assign(
            measure=measure,
            **{name: np.where(known, value, np.nan) for name, value in shown.items()},
            method=method,
            numerator=pd.array(numerator.astype("int64"), dtype="Int64"),
            denominator=pd.array(denominator.astype("int64"), dtype="Int64"),
            status=status,
            patients_with=pd.array(people.astype("int64"), dtype="Int64"),
            patients=pd.array(k.astype("int64"), dtype="Int64"),
            sessions=pd.array(m.astype("int64"), dtype="Int64"),
        )
        tables.append(table)
    together = pd.concat(tables).sort_index(kind="stable").reset_index(drop=True)
    return together[[*by, *EVENT_COLUMNS]]


def _is_recorded(rows: pd.DataFrame, events: pd.DataFrame, by: Sequence[str]) -> np.ndarray:
    """Say whether in the row's group the row's source ever recorded an adverse event of any term."""
    seen = events.loc[events["split"] == "all", [*by, "source"]].drop_duplicates().assign(seen=True)
    return rows[[*by, "source"]].merge(seen, on=[*by, "source"], how="left")["seen"].notna().to_numpy()
