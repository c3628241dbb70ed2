"""The rows of dissociation against later response, and of the harms that scores show."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.counts.dissociation_tally import dissociation_bands
from analysis.counts.ladder import with_every_group
from analysis.estimate.intervals import miettinen_nurminen, wilson
from analysis.estimate.rates import ESTIMATE_COLUMNS, SHOWN_LADDER, estimate_each
from analysis.vocabulary.safety_rules import SafetyRules

NEW_THOUGHTS, WORSENING = "new suicidal thoughts", "worsening"


def dissociation_rows(
    counts: pd.DataFrame,
    *,
    by: Sequence[str],
    levels: Sequence[Sequence[str]],
    windows: Sequence[str],
    rules: SafetyRules,
) -> pd.DataFrame:
    """Estimate response by what the first session showed, and its difference to the band that showed least.

    Parameters
    ----------
    counts : DataFrame
        Counts of `DissociationTally`.
    by : sequence of str
    levels : sequence of sequence of str
    windows : sequence of str
    rules : SafetyRules

    Returns
    -------
    DataFrame
        The groups, ``sign, band, window, estimand``, the columns of an estimate, four rungs of the ladder, and
        ``difference, difference_low, difference_high`` to the sign's first band (Miettinen and Nurminen).
    """
    bands = [f"{sign}|{band}" for sign, names in dissociation_bands(rules).items() for band in names]
    joined = counts.assign(pair=counts["sign"] + "|" + counts["band"]).drop(columns=["sign", "band"])
    filled = with_every_group(joined, [*by, "pair", "window"], [*levels, bands, list(windows)])
    filled = filled.rename(
        columns={"response_count": "with_outcome", "response_count_completed": "with_outcome_completed"}
    )
    tables = estimate_each(filled, estimands=("observed", "nonresponder"))
    parts = filled.loc[tables.index, "pair"].str.split("|", n=1)
    table = tables.drop(columns="pair").assign(sign=parts.str[0], band=parts.str[1]).reset_index(drop=True)
    table[["difference", "difference_low", "difference_high"]] = _differences(table, by)
    columns = ["sign", "band", "window", "estimand", *ESTIMATE_COLUMNS, *SHOWN_LADDER]
    return table[[*by, *columns, "difference", "difference_low", "difference_high"]]


def _differences(table: pd.DataFrame, by: Sequence[str]) -> np.ndarray:
    found = np.full((len(table), 3), np.nan)
    for _, rows in table.groupby([*by, "sign", "window", "estimand"], sort=False):
        counts = rows[["numerator", "denominator"]].to_numpy("int64").tolist()
        x2, n2 = counts[0]
        for row, (x1, n1) in zip(rows.index[1:], counts[1:], strict=True):
            if n1 and n2:
                found[row] = (x1 / n1 - x2 / n2, *miettinen_nurminen(x1, n1, x2, n2))
    return found


def harm_rows(transitions: pd.DataFrame | None, worsening: pd.DataFrame | None, by: Sequence[str]) -> pd.DataFrame:
    """Estimate new suicidal thoughts and worsening as harms.

    Parameters
    ----------
    transitions : DataFrame or None
        From `item_transitions`, of suicidal thoughts; None where the scale has no such item.
    worsening : DataFrame or None
        From `response_rates` of worsening, observed; None where the scale has no reliable change.
    by : sequence of str

    Returns
    -------
    DataFrame
        The groups, ``name, instrument, window, share_of``, the columns of an estimate, ``started`` and ``not_known``
        (of those it is a share of before any answer was missing: who could have had it, and was not asked or scored).
    """
    tables = []
    if transitions is not None:
        tables.append(_new_thoughts(transitions, by))
    if worsening is not None:
        tables.append(
            worsening.assign(
                name=WORSENING,
                share_of="people with a baseline, scored in the window",
                not_known=worsening["eligible"] - worsening["scored"],
            )
        )
    columns = ["name", "instrument", "window", "share_of", *ESTIMATE_COLUMNS, "started", "not_known"]
    if not tables:
        return pd.DataFrame(columns=[*by, *columns])
    return pd.concat([table[[*by, *columns]] for table in tables], ignore_index=True)


def _new_thoughts(transitions: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    keys = [*by, "instrument", "window"]
    without = transitions[transitions["before"] == "none"]
    cells = without.pivot_table(index=keys, columns="after", values="count", aggfunc="sum", sort=False).reset_index()
    new, old, unknown = (cells[name].to_numpy("int64") for name in ("some", "none", "unknown"))
    low, high = wilson(new, new + old)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = new / (new + old)
    started = transitions.drop_duplicates(keys).set_index(keys)["started"]
    return cells[keys].assign(
        name=NEW_THOUGHTS,
        share_of="people without them before treatment, who answered in the window",
        estimate=share,
        low=low,
        high=high,
        method="Wilson, 95 %",
        numerator=pd.array(new, dtype="Int64"),
        denominator=pd.array(new + old, dtype="Int64"),
        status=np.where(new + old > 0, "ok", "empty"),
        started=started.reindex(pd.MultiIndex.from_frame(cells[keys])).to_numpy(),
        not_known=pd.array(unknown, dtype="Int64"),
    )
