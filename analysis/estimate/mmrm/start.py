"""Where the search for the covariance parameters starts."""

import numpy as np
from numpy.typing import NDArray

from analysis.estimate.mmrm.moments import Moments, least_squares
from analysis.estimate.mmrm.structures import Structure

Array = NDArray[np.float64]


def first_parameters(moments: Moments, structure: Structure) -> Array:
    """Start from the covariance of least-squares residuals, of each pair of visits by who has both.

    Parameters
    ----------
    moments : Moments
    structure : Structure

    Returns
    -------
    array
        Parameters of positive definite covariances.
    """
    parameters = []
    for rough in rough_covariances(moments):
        for share in (1.0, 0.9, 0.7, 0.4, 0.0):
            mixed = share * rough + (1 - share) * np.diag(np.diag(rough))
            found = structure.start(mixed)
            if np.linalg.eigvalsh(structure.matrix(found))[0] > 1e-3 * np.diag(rough).min():
                break
        parameters.append(found)
    return np.concatenate(parameters)


def rough_covariances(moments: Moments) -> Array:
    """Give each group's covariance of least-squares residuals, pair of visits by pair.

    Parameters
    ----------
    moments : Moments

    Returns
    -------
    array
        Groups x visits x visits.
    """
    _, _, squares = least_squares(moments)
    both = moments.seen[:, :, None] & moments.seen[:, None, :]
    visits = np.arange(moments.visits)
    found = np.zeros((moments.groups, moments.visits, moments.visits))
    for group in range(moments.groups):
        mine = moments.group == group
        counts = (moments.n[mine, None, None] * both[mine]).sum(axis=0)
        found[group] = squares[mine].sum(axis=0) / np.maximum(counts, 1)
        own = found[group][visits, visits]
        found[group][visits, visits] = np.maximum(own, 1e-6 * own.max())
    return found
