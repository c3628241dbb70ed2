"""The cohort's own rate beside published ones: as context, with what differs spelled out, and never as a target."""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.windows import parse_window
from analysis.estimate.people_measures import with_shares
from analysis.estimate.random_effects import SUMMARY_METHOD, random_effects
from analysis.estimate.rates import ESTIMATE_COLUMNS, SHOWN_LADDER, response_rates
from analysis.vocabulary.definitions import Definitions
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.periods import Period
from analysis.vocabulary.published import published_results

PHASES = {"end": "end of loading", "late": "end of loading", "month": "maintenance"}
"""What published results are set beside a window, by its kind."""

CAUTION = (
    "Published results are context and no target: other people were treated in other ways, and counted differently. "
    "What "
    "differs stands beside each."
)
_HALF = "at least half of the baseline gone"
_COUNTED = {
    "observed": "of those scored: compare with 'observed'",
    "nonresponder": "not seen counts as without it: compare with 'nonresponder'",
    "carried-forward": "the last score carried forward stands for those not seen",
    "model": "a model's estimate and no share of people",
    "not known": "who was counted is not known",
}


def in_context(
    cohort: Cohort,
    *,
    instrument: str = "PHQ-9",
    window: str = "end of loading",
    outcome: str = "response",
    period: str | int | Period | None = None,
) -> pd.DataFrame:
    """Set the cohort's own rate beside published ones, each with what is different about it.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    instrument, window, period
        As in `response_rates`; a window at the end of loading, or in a month after it.
    outcome : {"response", "remission"}

    Returns
    -------
    DataFrame
        ``kind`` (``own``, ``published``, ``summary``), ``study, instrument, window, outcome, estimand`` (who was
        counted), ``estimate, low, high`` (shares of 1), ``method, numerator, denominator, status``, ``differences`` (in
        words, published rows), ``certainty, reference``, ``prediction_low, prediction_high`` (summaries), the ladder
        (own rows) and ``period, due, definitions``. The own rows are those of `response_rates` for those scored, all
        eligible and everyone who started. Published results stand in the order of the file, those on the same scale
        first, never by rate. A summary is made of at least two studies that share scale, outcome, cut-off, phase and
        who was counted, of those with counts that were not carried forward.

    Raises
    ------
    CallError
        For another outcome or window, or as `response_rates`.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> table = in_context(derive(open_dataset("data/demo")))
    >>> table.loc[table["study"] == "Sakurai 2020", "differences"].item().split("; ")[0]
    'scale QIDS-SR16 instead of PHQ-9'
    """
    if outcome not in {"response", "remission"}:
        raise CallError(f"outcome: there are published results for 'response' and 'remission' only, not '{outcome}'.")
    own = response_rates(
        cohort,
        instrument=instrument,
        window=window,
        outcome=outcome,
        denominator=("observed", "nonresponder", "starters"),
        period=period,
    )
    kind = parse_window(window, cohort.definitions).kind
    if kind not in PHASES:
        raise CallError(
            f"window: published results are of the end of loading or of months after it, not of '{window}'; ask for "
            "'end of loading' or 'month 3 after loading'."
        )
    published = published_results(outcome=outcome, phase=PHASES[kind])
    published = published[~published["arm"].isin(["placebo"])].reset_index(drop=True)
    others = (published["instrument"] != instrument).to_numpy()
    published = published.iloc[np.argsort(others, kind="stable")].reset_index(drop=True)
    tables = [own.assign(kind="own", study=cohort.dataset.name), _as_rates(published, instrument, cohort.definitions)]
    summaries = [_summary(alike) for alike in _alike(published)]
    table = pd.concat([*tables, *([pd.DataFrame(summaries)] if summaries else [])], ignore_index=True)
    for name in ("period", "due", "definitions"):
        table[name] = own[name].iloc[0]
    texts = ["differences", "certainty", "reference"]
    table[texts] = table[texts].fillna("")
    columns = [
        "kind", "study", "instrument", "window", "outcome", "estimand", *ESTIMATE_COLUMNS, *texts, "prediction_low",
        "prediction_high", *SHOWN_LADDER, "period", "due", "definitions",
    ]  # fmt: skip
    table = table.reindex(columns=columns)
    whole = ["numerator", "denominator", *SHOWN_LADDER]
    return table.astype(dict.fromkeys(whole, "Int64") | dict.fromkeys(["prediction_low", "prediction_high"], "float64"))


def _as_rates(published: pd.DataFrame, instrument: str, definitions: Definitions) -> pd.DataFrame:
    known = published["denominator"].notna()
    made = with_shares(published.assign(**{name: published[name].fillna(0) for name in ("numerator", "denominator")}))
    for name, printed in (("estimate", "percent"), ("low", "low"), ("high", "high")):
        made[name] = made[name].where(known, published[printed].astype("float64") / 100)
    # Parts of a study other than the arm that is meant stand apart.
    named = ~published["arm"].isin(["all", "ketamine", "esketamine"])
    return made.assign(
        kind="published",
        study=published["study"].where(~named, published["study"] + ", " + published["arm"]),
        # Not the name of an own estimate: what is published already needs no judging before it leaves.
        estimand=published["counted"].replace("carried-forward", "last score carried forward"),
        method=made["method"].where(known, "as printed"),
        numerator=published["numerator"],
        denominator=published["denominator"],
        status="ok",
        differences=["; ".join(_differences(row, instrument, definitions)) for _, row in published.iterrows()],
    )


def _differences(row: pd.Series, instrument: str, definitions: Definitions) -> Iterator[str]:
    if row["instrument"] == "not known":
        yield "the scale is not known"
    elif row["instrument"] != instrument:
        yield f"scale {row['instrument']} instead of {instrument}"
    if row["outcome"] == "response":
        if row["cut_off"] != _HALF:
            yield f"how response was judged: {row['cut_off']}"
        elif definitions.outcome.response_percent != 50:
            yield f"{_HALF} instead of {definitions.outcome.response_percent} %"
    else:
        own, theirs = definitions.instruments[instrument].remission_score, _highest(row["cut_off"])
        if theirs is None:
            yield "the cut-off of remission is not known"
        elif theirs != own or row["instrument"] != instrument:
            yield f"remission at {row['cut_off']} instead of {own} or less"
    yield f"when: {row['window']}"
    yield f"{_COUNTED.get(row['counted'], row['counted'])} ({row['denominator_words']})"
    yield f"{row['route']} {row['treatment']}, {row['design']}"
    if row["note"]:
        yield str(row["note"])


def _highest(cut_off: str) -> int | None:
    """Read the highest score that remits: ``under 5`` is 4, ``10 or less`` is 10."""
    if found := re.fullmatch(r"under (\d+)", cut_off):
        return int(found[1]) - 1
    found = re.fullmatch(r"(\d+) or less", cut_off)
    return int(found[1]) if found else None


def _alike(published: pd.DataFrame) -> Iterator[pd.DataFrame]:
    counted = published[
        published["denominator"].notna()
        & published["counted"].isin(["observed", "nonresponder"])
        & ~published["instrument"].isin(["not known", "several"])
        & (published["cut_off"] != "not known")
    ]
    for _, alike in counted.groupby(["instrument", "cut_off", "counted"], sort=False):
        # Several times of one study are the same people.
        if alike["study"].nunique() >= 2 and not alike["study"].duplicated().any():
            yield alike


def _summary(alike: pd.DataFrame) -> dict[str, object]:
    made = random_effects(alike["numerator"], alike["denominator"])
    few = "; so few studies say little about how far studies differ" if made.studies < 5 else ""
    return {
        "kind": "summary",
        "study": f"Summary of {made.studies} studies",
        "instrument": alike["instrument"].iloc[0],
        "window": alike["phase"].iloc[0],
        "outcome": alike["outcome"].iloc[0],
        "estimand": alike["counted"].iloc[0],
        "estimate": made.estimate,
        "low": made.low,
        "high": made.high,
        "method": SUMMARY_METHOD,
        "numerator": int(alike["numerator"].sum()),
        "denominator": int(alike["denominator"].sum()),
        "status": "ok",
        "differences": f"{' and '.join(alike['study'])}; I2 {100 * made.i_squared:.0f} %{few}",
        "prediction_low": made.prediction_low,
        "prediction_high": made.prediction_high,
    }
