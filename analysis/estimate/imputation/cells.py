"""Groups by windows: who is in each, who of them was not seen, and whether the model can speak of these."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.estimate.imputation.completion import can_complete
from analysis.estimate.imputation.preparation import PreparedModel
from analysis.estimate.weighting import UNSCORED_STRATUM

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GroupCells:
    """Groups with anybody in them by the windows asked about.

    Attributes
    ----------
    levels : DataFrame
        The groups, one row each; one row without columns when there are none.
    code : int array
        The group of each person.
    inside : bool array
        People x windows: who counts in.
    eligible, unseen : int array
        Groups x windows: how many count in, and of how many of them there is no score.
    status : array of str
        Groups x windows: ``ok``; ``empty``; or why those unseen cannot be imputed.
    """

    levels: pd.DataFrame
    code: NDArray[np.int64]
    inside: NDArray[np.bool_]
    eligible: NDArray[np.int64]
    unseen: NDArray[np.int64]
    status: NDArray[np.str_]

    def add(self, values: Array) -> Array:
        """Add values of people x windows over those who count in: groups x windows."""
        return np.column_stack(
            [
                np.bincount(self.code[who], weights=column[who], minlength=len(self.levels))
                for column, who in zip(values.T, self.inside.T, strict=True)
            ]
        )


def group_cells(model: PreparedModel, by: Sequence[str], *, of_all: bool = False) -> GroupCells:
    """Sort the people of a model into groups and windows.

    Parameters
    ----------
    model : PreparedModel
    by : sequence of str
    of_all : bool
        Whether the model must be able to speak of everybody, not of the unseen only.

    Returns
    -------
    GroupCells
    """
    people = model.scores.people
    code = np.zeros(len(people), dtype=np.int64)
    if by:
        code = np.asarray(people.groupby(list(by), sort=True).ngroup(), dtype=np.int64)
    count = int(code.max()) + 1 if len(code) else 0
    first = np.unique(code, return_index=True)[1]
    levels = people[list(by)].iloc[first].reset_index(drop=True)
    inside = model.scores.counts_in[:, model.asked]
    missing = np.isnan(model.scores.totals[:, model.asked])
    beyond = inside & ~can_complete(model)[:, model.asked] & (missing | of_all)

    def counted(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.column_stack([np.bincount(code[column], minlength=count) for column in which.T]).astype(np.int64)

    eligible, unseen, out_of_reach = counted(inside), counted(inside & missing), counted(beyond)
    of_visit = np.array([model.status[visit] for visit in model.asked])
    why = np.where(of_visit == "ok", UNSCORED_STRATUM, of_visit)
    status = np.where(eligible == 0, "empty", np.where(out_of_reach > 0, why, "ok"))
    return GroupCells(levels, code, inside, eligible, unseen, status)
