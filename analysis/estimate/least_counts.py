"""The smallest groups of people that a rate is made of, by which it is judged whether the rate may leave."""

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.counts.intensity_tally import STATES


def with_least_count(
    rows: Mapping[str, pd.DataFrame],
    *,
    keys: Sequence[str],
    strata: pd.DataFrame | None = None,
    intensity: pd.DataFrame | None = None,
) -> dict[str, pd.DataFrame]:
    """Add ``least_count`` to rates that are made of more counts than their rows show.

    Parameters
    ----------
    rows : mapping of str to DataFrame
        Tables of rates by estimand, ``observed`` among them; one row for each group and window.
    keys : sequence of str
        The groups and the window.
    strata : DataFrame, optional
        What ``weighted`` was made of: ``eligible, scored, with_outcome`` of each stratum.
    intensity : DataFrame, optional
        What ``inverse-intensity`` was made of.

    Returns
    -------
    dict of str to DataFrame
        ``least_count``: the smallest number of people, other than none, of a stratum or of the people whose score was
        carried forward, with or without the outcome or not seen. Missing for rates whose rows show all they are of.

    Examples
    --------
    >>> observed = pd.DataFrame({"window": ["w"], "numerator": [20], "denominator": [40], "scored": 40, "eligible": 90})
    >>> carried = observed.assign(numerator=23, denominator=60)
    >>> found = with_least_count({"observed": observed, "carried-forward": carried}, keys=["window"])
    >>> int(found["carried-forward"]["least_count"].iloc[0])
    3
    """
    parts: dict[str, list[pd.DataFrame]] = {}
    if "carried-forward" in rows:
        parts["carried-forward"] = [_carried(rows["observed"], rows["carried-forward"], keys)]
    if strata is not None:
        parts["weighted"] = [_split(strata[list(keys)], strata["eligible"], strata["scored"], strata["with_outcome"])]
    if intensity is not None:
        groups = intensity[list(keys)]
        parts["inverse-intensity"] = [
            _split(groups, intensity["people"], intensity[f"seen_{state}"], intensity[f"had_{state}"])
            for state in STATES
        ]
    return {
        name: table.assign(least_count=_least(table[list(keys)], parts.get(name, []))) for name, table in rows.items()
    }


def _carried(observed: pd.DataFrame, carried: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    more = carried["denominator"] - observed["scored"]
    with_outcome = carried["numerator"] - observed["numerator"]
    return _split(carried[list(keys)], carried["eligible"] - observed["scored"], more, with_outcome)


def _split(groups: pd.DataFrame, people: pd.Series, seen: pd.Series, with_outcome: pd.Series) -> pd.DataFrame:
    """Split people into those not seen, and those seen with and without the outcome; and all of them, and all seen."""
    return groups.assign(
        people=people, seen=seen, unseen=people - seen, with_outcome=with_outcome, without=seen - with_outcome
    )


def _least(keys: pd.DataFrame, parts: Sequence[pd.DataFrame]) -> pd.Series:
    if not parts:
        return pd.Series(pd.NA, index=keys.index, dtype="Int64")
    together = pd.concat(parts, ignore_index=True)
    counts = together.columns.difference(keys.columns)
    smallest = together[counts].where(together[counts] > 0).min(axis=1)
    least = smallest.groupby([together[name] for name in keys], sort=False).min().rename("least_count").reset_index()
    found = keys.merge(least, on=list(keys.columns), how="left", validate="one_to_one")["least_count"]
    return found.astype("Int64").set_axis(keys.index)
