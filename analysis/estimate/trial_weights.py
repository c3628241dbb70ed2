"""Two strategies over the same people: whose days are still in line with each, what they weigh, and what follows.

Each person is in both arms until leaving one (cloning; Cain LE and others (2010), Int J Biostat 6:18; Hernán MA, Robins
JM (2016), Am J Epidemiol 183:758-764). Who leaves an arm is censored there, and those who stay weigh the more, by the
inverse of the chance of staying given the state known so far.

- stopping: no further session. Each day without one weighs 1 / (1 - p), p the chance of a session on it.
- keeping up: never more than ``every`` + ``grace`` days without a session. Up to ``every`` days nothing is asked. In
  the days of grace the session is due, and on which of them it comes is left as it is among those alike: with r days
  left, today's among them, and p today, a session weighs 1 / (1 - (1-p)^r), a day without one
  (1 - (1-p)^(r-1)) / (1 - (1-p)^r), which is 0 on the last. Multiplied over the days of grace with an unchanged p, that
  is the chance under the strategy divided by the chance as things were.
"""

from dataclasses import dataclass

import numpy as np

from analysis.estimate.session_model import Numbers
from analysis.estimate.trial_days import TrialDays

STOPPING, KEEPING_UP = 0, 1
"""The arms, by their numbers."""


@dataclass(frozen=True, eq=False)
class Arm:
    """One strategy's arm on each day: hazards are made of ``weight`` on the days at risk."""

    weight: Numbers
    in_line: Numbers


def weigh_stopping(days: TrialDays, chance: Numbers) -> Arm:
    """Weigh the arm of no further session.

    Parameters
    ----------
    days : TrialDays
    chance : ndarray
        Of a session, for each pattern.

    Returns
    -------
    Arm
    """
    ahead = np.append(1 / (1 - chance), 1.0)
    factor = np.where(days.session, 0.0, ahead[days.pattern])
    return _arm(days, factor)


def weigh_keeping_up(days: TrialDays, chance: Numbers, *, every: int, grace: int) -> Arm:
    """Weigh the arm of a session at least every so many days, with days of grace.

    Parameters
    ----------
    days : TrialDays
    chance : ndarray
    every, grace : int

    Returns
    -------
    Arm
    """
    factor = np.where(days.gap > every + grace, 0.0, 1.0)
    due = days.at_risk & (days.gap > every) & (days.gap <= every + grace)
    left = every + grace + 1 - days.gap[due]
    none_today = 1 - np.append(chance, 0.0)[days.pattern[due]]
    comes = 1 - none_today**left
    factor[due] = np.where(days.session[due], 1.0, 1 - none_today ** (left - 1)) / comes
    return _arm(days, factor)


def _arm(days: TrialDays, factor: Numbers) -> Arm:
    weight = np.asarray(np.cumprod(np.where(days.at_risk, factor, 0.0), axis=1), dtype=float)
    return Arm(weight, (weight > 0).astype(float))


def weighted_incidence(days: TrialDays, weight: Numbers, copies: Numbers | None = None) -> Numbers:
    """Estimate the share with the event up to each day, death competing, from weighted people.

    Parameters
    ----------
    days : TrialDays
    weight : ndarray, people x days
    copies : ndarray, optional
        How often each person counts.

    Returns
    -------
    ndarray
        By day; missing from the day on which nobody weighs anything.
    """
    counted = weight if copies is None else weight * copies[:, None]
    at_risk = counted.sum(axis=0)
    some = np.maximum(at_risk, 1e-300)
    event, death = ((counted * flags).sum(axis=0) / some for flags in (days.event, days.death))
    free = np.cumprod(1 - event - death)
    share = np.cumsum(np.concatenate([[1.0], free[:-1]]) * event)
    gone = np.flatnonzero((at_risk <= 0) & (np.concatenate([[1.0], free[:-1]]) > 0))
    if len(gone):
        share[gone[0] :] = np.nan
    return np.asarray(share)


def effective_number(weight: Numbers) -> Numbers:
    """Say how many people of equal weight the weighted ones are worth on each day (Kish): (sum w)^2 / sum w^2.

    Parameters
    ----------
    weight : ndarray, people x days

    Returns
    -------
    ndarray
        0 where nobody is.

    Examples
    --------
    >>> effective_number(np.array([[1.0, 3.0], [1.0, 1.0]])).tolist()
    [2.0, 1.6]
    """
    squares = (weight**2).sum(axis=0)
    return np.asarray(weight.sum(axis=0) ** 2 / np.where(squares > 0, squares, 1.0))
