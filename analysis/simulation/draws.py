"""Random draws shared by the parts of the simulation, and its parameters."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@cache
def parameters() -> dict[str, Any]:
    """Return the numbers of the model, from ``parameters.toml``."""
    return tomllib.loads(files("analysis.simulation").joinpath("parameters.toml").read_text(encoding="utf-8"))


def expit(logit: Array) -> Array:
    """Turn log odds into probabilities.

    Examples
    --------
    >>> expit(np.array([0.0])).tolist()
    [0.5]
    """
    return np.asarray(1.0 / (1.0 + np.exp(-logit)))


def pick(rng: np.random.Generator, weights: Array | list[float], size: int) -> Array:
    """Draw category numbers by their weights.

    Parameters
    ----------
    rng : numpy.random.Generator
    weights : list of float
        Need not sum to 1.
    size : int

    Returns
    -------
    numpy.ndarray of int64

    Examples
    --------
    >>> pick(np.random.default_rng(1), [0.0, 2.0, 0.0], 3).tolist()
    [1, 1, 1]
    """
    edges = np.cumsum(np.asarray(weights, dtype=float))
    return np.searchsorted(edges / edges[-1], rng.random(size), side="right").astype(np.int64)


def spread(count: int, width: float) -> Array:
    """Return values evenly spaced from ``+width`` down to ``-width``; 0 for one.

    Examples
    --------
    >>> spread(3, 0.5).tolist()
    [0.5, 0.0, -0.5]
    """
    return np.linspace(width, -width, count) if count > 1 else np.zeros(1)


def run_starts(*columns: Array) -> Array:
    """Mark the first row of each run of rows that are equal in all columns.

    Examples
    --------
    >>> run_starts(np.array([7, 7, 8, 7])).tolist()
    [True, False, True, True]
    """
    starts = np.zeros(len(columns[0]), dtype=bool)
    starts[:1] = True
    for column in columns:
        starts[1:] |= column[1:] != column[:-1]
    return starts


def run_ends(*columns: Array) -> Array:
    """Mark the last row of each run of rows that are equal in all columns.

    Examples
    --------
    >>> run_ends(np.array([7, 7, 8, 7])).tolist()
    [False, True, True, True]
    """
    return run_starts(*(column[::-1] for column in columns))[::-1]
