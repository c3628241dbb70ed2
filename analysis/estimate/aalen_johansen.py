"""State occupancy by Aalen and Johansen's product of transition matrices, from counts of moves per day.

With N the people in each state on a day, E those whose following ends with it and M the moves of the next day, the next
day's people at risk are Y = N - E, the transition matrix is P = I + (M - diag(M 1)) / Y row by row, and the occupancy
goes from p to p P. Its covariance goes from V to P' V P + sum over states h of p_h^2 / Y_h (diag(P_h) - P_h P_h')
(Aalen OO, Johansen S (1978), Scand J Stat 5:141-150; Andersen PK, Borgan O, Gill RD, Keiding N (1993), Statistical
Models Based on Counting Processes, IV.4).

The estimate is right for occupancy also where the process is not Markov, if following ends independently of the states
(Datta S, Satten GA (2001), Stat Probab Lett 55:403-411). While nobody's following has ended, p is the plain share and V
the multinomial covariance, whatever the process. Afterwards V takes the part that those followed for a shorter time
add to it as of a Markov process.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.counts.occupancy_tally import ENDED, START, STATES
from analysis.estimate.intervals import wilson

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]

INTERVAL_METHOD = "Aalen-Johansen, Wilson on the effective number, 95 %"


@dataclass(frozen=True)
class Occupancy:
    """What is estimated of some groups: each array has a row for each group, then days, then states.

    ``people`` are those seen in a state among those followed to the day; ``share``, ``low``, ``high`` and ``std_error``
    are missing on days to which nobody is followed.
    """

    people: Counts
    share: Numbers
    std_error: Numbers
    low: Numbers
    high: Numbers


def estimate_occupancy(moves: Counts) -> Occupancy:
    """Estimate the share of people in each state on each day.

    Parameters
    ----------
    moves : ndarray
        People by group, day, state before and state after, the states numbered as in
        `analysis.counts.occupancy_tally.STATES`, with `START` and `ENDED` after them.

    Returns
    -------
    Occupancy

    Examples
    --------
    Of four people one goes from state 0 to state 1 on day 1, and another is not followed after day 0.

    >>> moves = np.zeros((1, 2, 10, 10), dtype=np.int64)
    >>> moves[0, 0, START, 0] = 4
    >>> moves[0, 0, 0, ENDED] = 1
    >>> moves[0, 1, 0, 1] = 1
    >>> found = estimate_occupancy(moves)
    >>> found.people[0, 1, :2].tolist(), found.share[0, 1, :2].round(4).tolist()
    ([2, 1], [0.6667, 0.3333])
    """
    groups, days = moves.shape[:2]
    size = len(STATES)
    people = np.zeros((groups, days, size), dtype=np.int64)
    share, variance = np.full((2, groups, days, size), np.nan)
    identity = np.eye(size)
    at_risk = np.zeros((groups, size), dtype=np.int64)
    for day in range(days):
        entering, moving = moves[:, day, START, :size], moves[:, day, :size, :size]
        if day == 0:
            people[:, 0] = entering
            started = entering.sum(axis=1)
            p = _over(entering, started[:, None])
            v = _over(_multinomial(p), started[:, None, None])
        else:
            chance = identity + _over(moving - identity * moving.sum(axis=2)[:, :, None], at_risk[:, :, None])
            people[:, day] = at_risk + moving.sum(axis=1) - moving.sum(axis=2)
            weight = _over(p**2, at_risk)
            added = identity * np.einsum("gh,ghj->gj", weight, chance)[:, None, :]
            added -= np.einsum("gh,ghj,ghk->gjk", weight, chance, chance)
            # Who is in a state without anybody at risk stays there, without a variance of its own.
            p = np.einsum("gh,ghj->gj", p, chance)
            v = np.swapaxes(chance, 1, 2) @ v @ chance + added
        share[:, day], variance[:, day] = p, np.einsum("gjj->gj", v)
        at_risk = people[:, day] - moves[:, day, :size, ENDED]
    followed = people.sum(axis=2)
    nobody = followed == 0
    share[nobody] = variance[nobody] = np.nan
    variance = np.maximum(variance, 0)
    low, high = _interval(share, variance, followed[:, :, None], started[:, None, None])
    return Occupancy(people, share, np.sqrt(variance), low, high)


def _interval(share: Numbers, variance: Numbers, followed: Counts, started: Counts) -> tuple[Numbers, Numbers]:
    """Take Wilson's interval on the number of people whose plain share would have this variance.

    Where there is no variance, as while nobody has been in a state, it is the number followed to the day.
    """
    spread = share * (1 - share)
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.where(variance > 1e-12 * spread, spread / variance, followed)
    effective = np.where(spread > 1e-12, np.minimum(effective, started), followed)
    return wilson(np.nan_to_num(share) * effective, np.where(np.isnan(share), 0, effective))


def _multinomial(p: Numbers) -> Numbers:
    return np.eye(p.shape[1]) * p[:, None, :] - p[:, :, None] * p[:, None, :]


def _over(above: Numbers | Counts, below: Numbers | Counts) -> Numbers:
    """Divide, with 0 where there is nobody below."""
    return np.divide(above, below, out=np.zeros(above.shape), where=np.broadcast_to(below > 0, above.shape))
