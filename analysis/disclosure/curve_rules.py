"""Which steps of curves over time to show: only those between which enough people gather."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.disclosure.families import Numbers, hide_enough, small

VALUES = ["estimate", "low", "high", "numerator", "at_risk", "censored"]
DECIMALS = 2
"""Shares are rounded to whole percent: more digits would tell the order of those who left within a step."""


def step_curves(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Keep of each curve the days between which nobody or more than `most` people had the event, or left otherwise.

    Parameters
    ----------
    table : DataFrame
        The table of `time_to`.
    most : int
        Counts from 1 to this are hidden.

    Returns
    -------
    DataFrame
        With fewer rows: a day on which few people move must not even be named. ``at_risk`` is then who is still at
        risk after the day. Where few stopped, died or were censored, these are hidden together, and only the event and
        who is at risk are shown. A group that is hidden keeps one row.
    """
    groups = [str(name) for name in table.columns[: list(table.columns).index("instrument")]]
    unit = "session" if "session" in table else "day"
    pieces = [piece for _, piece in table.groupby(groups, sort=False)] if groups else [table]
    size = np.array([float(piece["denominator"].max()) for piece in pieces])
    hidden = small(size, most)
    hide_enough(hidden, [size], size, _totals(pieces, groups), most)
    shown = [
        _hidden(piece, unit) if hide else _stepped(piece, unit, most)
        for piece, hide in zip(pieces, hidden, strict=True)
    ]
    together: pd.DataFrame = pd.concat(shown, ignore_index=True).astype(table.dtypes.to_dict())
    return together


def _totals(pieces: Sequence[pd.DataFrame], groups: Sequence[str]) -> list[np.ndarray]:
    """List the groups that add up to a total: all, and with two group columns also along each."""
    found = [np.arange(len(pieces))]
    if len(groups) > 1:
        keys = pd.DataFrame([piece.iloc[0][list(groups)] for piece in pieces]).reset_index(drop=True)
        for name in groups:
            others = [other for other in groups if other != name]
            found += [part.index.to_numpy() for _, part in keys.groupby(others, dropna=False)]
    return found


def _hidden(piece: pd.DataFrame, unit: str) -> pd.DataFrame:
    first: pd.DataFrame = piece[(piece[unit] == piece[unit].min()) & (piece["happened"] == "event")].copy()
    first[[*VALUES, "denominator"]] = np.nan
    first["status"] = "hidden"
    return first


def _stepped(piece: pd.DataFrame, unit: str, most: int) -> pd.DataFrame:
    """Show the steps of all strategies of a group on the same days; where that leaves no step, of the first only."""
    if not (piece["status"] == "ok").any():
        masked: pd.DataFrame = piece.assign(**dict.fromkeys(VALUES, np.nan))
        return masked
    strategies = list(dict.fromkeys(piece["strategy"]))
    for kept in (strategies, strategies[:1]):
        part = piece[piece["strategy"].isin(kept)]
        days, told = _shown_days(part, unit, most)
        if len(days) > 1 or kept == strategies[:1]:
            rest = piece[~piece["strategy"].isin(kept)]
            hidden = [_hidden(rest[rest["strategy"] == each], unit) for each in strategies if each not in kept]
            return pd.concat([_shown(part, unit, days, told), *hidden])
    raise AssertionError("one strategy is always kept")


def _shown_days(part: pd.DataFrame, unit: str, most: int) -> tuple[list[int], dict[str, bool]]:
    """Choose the days, and say of each strategy whether its other ends are shown apart."""
    days = np.sort(part[unit].unique())
    told: dict[str, bool] = {}
    gone: list[Numbers] = []
    still: list[Numbers] = []
    events: list[Numbers] = []
    for strategy, rows in part.groupby("strategy", sort=False):
        # A day on which only another strategy moves leaves these as they were.
        wide = rows.pivot_table(index=unit, columns="happened", values="numerator", aggfunc="first")
        wide = wide.drop(columns="none of these", errors="ignore").assign(
            censored=rows.groupby(unit)["censored"].first()
        )
        ends = {str(name): column.to_numpy(float) for name, column in wide.reindex(days).ffill().fillna(0).items()}
        event = ends.pop("event")
        left = sum(ends.values(), np.zeros(len(days)))
        told[str(strategy)] = not any(small(end[-1:], most).any() for end in ends.values())
        gone += [event, *(ends.values() if told[str(strategy)] else [left])]
        still.append(float(rows["denominator"].iloc[0]) - event - left)
        events.append(event)
    # Somebody whose event comes after stopping is in one strategy's count and not in the other's.
    gone += [one - other for one, other in combinations(events, 2)]
    return _gathered(days, np.stack(gone), np.stack(still), most), told


def _gathered(days: Numbers, gone: Numbers, still: Numbers, most: int) -> list[int]:
    """Go from day to day; keep one when since the last kept each count moved by nobody or by more than `most`."""
    kept: list[int] = []
    last, last_still = np.zeros(len(gone)), np.full(len(still), -1.0)
    for place, day in enumerate(days):
        moved, now = np.abs(gone[:, place] - last), still[:, place]
        # Of all who have left since, too, there are enough: otherwise who is at risk would tell.
        fewer = np.where(last_still < 0, 0.0, last_still - now)
        if kept and not moved.any():
            continue
        if not (small(moved, most).any() or small(now, most).any() or small(fewer, most).any()):
            kept.append(int(day))
            last, last_still = gone[:, place], now
    return kept


def _shown(part: pd.DataFrame, unit: str, days: list[int], told: dict[str, bool]) -> pd.DataFrame:
    pieces = []
    for strategy, rows in part.groupby("strategy", sort=False):
        own = np.sort(rows[unit].unique())
        for day in [day for day in days if day <= own[-1]]:
            step = rows[rows[unit] == own[own <= day][-1]].copy()
            gone = step.loc[step["happened"] != "none of these", "numerator"].sum() + step["censored"].iloc[0]
            step[unit], step["at_risk"] = day, step["denominator"] - gone
            if not told[str(strategy)]:
                step = step[step["happened"] == "event"].assign(censored=np.nan)
            pieces.append(step)
    if not pieces:
        return pd.concat([_hidden(rows, unit) for _, rows in part.groupby("strategy", sort=False)])
    shown = pd.concat(pieces)
    shown[["estimate", "low", "high"]] = shown[["estimate", "low", "high"]].round(DECIMALS)
    ordered: pd.DataFrame = shown.sort_values(["strategy", "happened", unit], kind="stable")
    return ordered
