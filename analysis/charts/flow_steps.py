"""The steps of a flow as a chart needs them, and the check that what is shown adds up."""

from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from analysis.charts.tidy import Tidy
from analysis.charts.wording import listed, number
from analysis.vocabulary.errors import CallError

KINDS = ("rung", "reason", "branch")


@dataclass(frozen=True)
class Rung:
    """One step of the ladder, with the reasons why people of the step before are not in it."""

    row: pd.Series
    reasons: pd.DataFrame


def one_flow(data: Tidy) -> None:
    """Refuse a table that holds more than one flow.

    Raises
    ------
    CallError
        When windows or groups vary, a kind is unknown, or a step stands there twice.
    """
    several = [name for name in (*data.groups, "window") if data.varies(name)]
    if several:
        raise CallError(
            f"flow_diagram draws one flow; the table has several, by {listed(several)}. "
            f"Select one: table[table['{several[0]}'] == ...]."
        )
    unknown = sorted(set(data.rows["kind"].astype(str)) - set(KINDS))
    if unknown:
        raise CallError(f"flow_diagram does not know the kind '{unknown[0]}'. Known: {', '.join(KINDS)}.")
    if data.rows["name"].duplicated().any():
        raise CallError("flow_diagram: a step stands in the table twice. Give one flow, of one period.")


def ladder(data: Tidy) -> tuple[list[Rung], pd.DataFrame]:
    """Sort the steps into rungs with the reasons before each, and the branches beside them.

    Raises
    ------
    CallError
        When a reason does not stand between two rungs.
    """
    rows = data.rows.sort_values("step", kind="stable")
    branches = rows[rows["kind"] == "branch"]
    rungs: list[Rung] = []
    pending: list[int] = []
    for index, row in rows[rows["kind"] != "branch"].iterrows():
        if row["kind"] == "reason":
            pending.append(int(str(index)))
        else:
            rungs.append(Rung(row, rows.loc[pending]))
            pending = []
    if not rungs or len(rungs[0].reasons) or pending:
        raise CallError("flow_diagram: the steps must begin and end with a rung; reasons stand between two rungs.")
    return rungs, branches


def adds_up(rungs: list[Rung], branches: pd.DataFrame) -> None:
    """Check the arithmetic of the counts that are shown; where one of a sum is hidden, the sum is not checked.

    Raises
    ------
    CallError
        When a rung is not the rung before it less the reasons between, or the branches are not those who started.
    """
    for before, rung in pairwise(rungs):
        parts = [before.row["count"], rung.row["count"], *rung.reasons["count"]]
        if _any_hidden([before.row["status"], rung.row["status"], *rung.reasons["status"]], parts):
            continue
        if int(before.row["count"]) - sum(int(count) for count in rung.reasons["count"]) != int(rung.row["count"]):
            raise CallError(
                f"flow_diagram: the counts do not add up at '{rung.row['label']}': {number(before.row['count'])} "
                f"less the reasons ({', '.join(number(count) for count in rung.reasons['count']) or 'none'}) "
                f"is not {number(rung.row['count'])}. "
                "Give the table of flow() as it is, without rows taken out."
            )
    started = next((rung.row for rung in rungs if rung.row["name"] == "started"), None)
    if (
        started is None
        or branches.empty
        or _any_hidden([started["status"], *branches["status"]], [started["count"], *branches["count"]])
    ):
        return
    if sum(int(count) for count in branches["count"]) != int(started["count"]):
        raise CallError(
            f"flow_diagram: the branches ({', '.join(number(count) for count in branches['count'])}) do not add up to "
            f"the {number(started['count'])} who started. Give the table of flow() as it is, without rows taken out."
        )


def _any_hidden(statuses: list[object], counts: list[object]) -> bool:
    return "hidden" in statuses or any(pd.isna(count) for count in counts)  # type: ignore[call-overload]


def shown_count(row: pd.Series) -> str:
    """Return a step's count as text, or "hidden"."""
    return "hidden" if _any_hidden([row["status"]], [row["count"]]) else number(row["count"])
