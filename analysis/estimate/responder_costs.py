"""What a responder took: sessions and, with prices, money for each person who responded."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.windows import parse_window
from analysis.counts.attendance_tally import KIND, ResponderTally
from analysis.counts.completeness_tally import COURSE_GROUPS
from analysis.counts.engine import count_all
from analysis.counts.groups import checked_groups
from analysis.counts.ladder import due_basis, refuse_undated
from analysis.estimate.access import sorted_levels
from analysis.estimate.rates import ESTIMATE_COLUMNS
from analysis.estimate.ratio_of_means import fieller
from analysis.vocabulary.errors import CallError, DataError, nearest_name
from analysis.vocabulary.periods import Period, parse_period
from analysis.vocabulary.prices import PriceList

_METHOD = "Fieller, by person, 95 %"


def responder_costs(
    cohort: Cohort,
    *,
    by: str | Sequence[str] = (),
    instrument: str = "PHQ-9",
    window: str = "end of loading",
    prices: PriceList | None = None,
    period: str | int | Period | None = None,
) -> pd.DataFrame:
    """Estimate the sessions, and with prices the cost, per responder.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    by : str or sequence of str
        ``clinic_id, route, treatment, payer, diagnosis, sex, age_band, race_ethnicity``.
    instrument, window : str
        By which scale and when a response counts.
    prices : PriceList, optional
        From `read_prices`.
    period : str, int or Period, optional
        Only windows that close in it.

    Returns
    -------
    DataFrame
        One row per group and measure: the group columns, ``instrument, window, measure`` (``sessions per responder``,
        ``cost per responder``), ``unit, estimate, low, high, method, numerator`` (sessions; the cost in whole
        hundredths of the currency), ``denominator`` (responders), ``status, started`` (the people), ``prices`` (the
        list's name), ``period, due, definitions``. ``status``: ``ok``; ``unbounded`` (so few responded that the cost
        has no upper limit); ``undefined`` (nobody responded, or every ratio is possible); ``empty`` (nobody started).

    Raises
    ------
    DataError
        When a kind of session was given that the list has no price for.
    CallError
        Naming the option that is wrong and what it can be.

    Notes
    -----
    Everything spent on everybody who started, over everybody who responded: the sessions of those who did not respond,
    or were not seen, are part of what a response took. Of first courses; people who had ketamine before are left out.
    At the end of loading the loading sessions count, in other windows all sessions of the course until the window has
    closed. A session that was stopped early costs a session. The interval is Fieller's for the ratio of two means over
    the same people. It is no cost-effectiveness: part of those who responded would have without treatment.

    References
    ----------
    Fieller EC (1954), J R Stat Soc B 16:175-185.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> table = responder_costs(derive(open_dataset("data/demo")), by="route")
    >>> table["measure"].unique().tolist()
    ['sessions per responder']
    """
    groups = checked_groups(by, COURSE_GROUPS)
    known = list(cohort.definitions.instruments)
    if instrument not in known:
        raise CallError(f"instrument: '{instrument}' is unknown.{nearest_name(instrument, known)}")
    if prices is not None and not isinstance(prices, PriceList):
        raise CallError("prices: a price list is needed; read its file with read_prices(...).")
    asked = parse_window(window, cohort.definitions)
    if asked.kind == "baseline":
        raise CallError("window: nobody has responded at the baseline.")
    chosen = None if period is None else parse_period(period)
    (counts,) = count_all(cohort, [ResponderTally(instrument, asked, groups, chosen)])
    refuse_undated(cohort, chosen)
    kinds = sorted(({*counts["one"], *counts["other"]}) - {"people", "responders"})
    weights: dict[str, tuple[dict[str, int], str, int]] = {
        "sessions per responder": (dict.fromkeys(kinds, 1), "sessions", 1)
    }
    if prices is not None:
        weights["cost per responder"] = (_prices(prices, kinds), prices.currency, 100)
    levels = counts[list(groups)].drop_duplicates() if groups else pd.DataFrame(index=[0])
    rows = []
    for _, level in sorted_levels(levels).iterrows():
        own = counts[(counts[list(groups)] == level).all(axis="columns")] if groups else counts
        products = {
            frozenset(pair): int(product)
            for *pair, product in own[["one", "other", "product"]].itertuples(index=False, name=None)
        }
        for measure, (weight, unit, parts) in weights.items():
            rows.append(level.to_dict() | {"measure": measure, "unit": unit} | _ratio(products, weight, parts))
    table = pd.DataFrame(rows, columns=[*groups, "measure", "unit", *ESTIMATE_COLUMNS, "started"])
    table = table.astype({"numerator": "Int64", "denominator": "Int64", "started": "Int64"}).assign(
        instrument=instrument,
        window=asked.name,
        prices=prices.name if prices else "none",
        period=chosen.name if chosen else "all",
        due=due_basis(cohort),
        definitions=cohort.definitions.label,
    )
    columns = ["instrument", "window", "measure", "unit", *ESTIMATE_COLUMNS, "started", "prices", "period", "due"]
    return table[[*groups, *columns, "definitions"]]


def _prices(prices: PriceList, kinds: list[str]) -> dict[str, int]:
    """Find the price of each kind of session that was given."""
    found, missing = {}, []
    for kind in kinds:
        treatment, route = kind.split(KIND)
        cents = prices.cents_of(treatment, route)
        if cents is None:
            missing.append(f"{treatment} {route}")
        else:
            found[kind] = cents
    if missing:
        raise DataError(
            f"{prices.name}: no price for {', '.join(missing)}, of which sessions were given. Add a [[prices]] entry "
            "with its treatment, route and per_session."
        )
    return found


def _ratio(products: Mapping[frozenset[str], int], weight: Mapping[str, int], parts: int) -> dict[str, Any]:
    """Turn the sums of products of one group into a ratio; ``parts`` is how many of what is added make one."""
    people, responders = (products.get(frozenset(pair), 0) for pair in (("people",), ("people", "responders")))
    total, crossed = (
        sum(each * products.get(frozenset((kind, with_whom)), 0) for kind, each in weight.items())
        for with_whom in ("people", "responders")
    )
    square = sum(
        one_weight * other_weight * products.get(frozenset((one, other)), 0)
        for one, one_weight in weight.items()
        for other, other_weight in weight.items()
    )
    low, high, status = fieller(people, (total, responders), (square, responders), crossed)
    estimate = total / responders / parts if responders else np.nan
    values = (estimate, low / parts, high / parts, _METHOD, total, responders, status if people else "empty")
    return dict(zip(ESTIMATE_COLUMNS, values, strict=True)) | {"started": people}
