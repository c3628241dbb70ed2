"""Answers to single items that add up to a given total."""

from functools import cache

import numpy as np

from analysis.simulation.draws import Array
from analysis.vocabulary.definitions import default_definitions

_PATTERNS = 300
_SEED = 20_230_101
# Sleep and tiredness are common on the PHQ-9; restlessness and thoughts of death are rarer.
_COMMON = {"PHQ-9": (1.1, 1.1, 1.2, 1.35, 0.9, 1.1, 1.0, 0.6, 0.45)}


@cache
def answer_patterns(instrument: str) -> Array:
    """Return made-up answers for every total of a scale.

    Each pattern is an order in which a rising total fills the items, so all patterns of a total add up to it.

    Returns
    -------
    numpy.ndarray of int8
        By total, pattern and item.

    Examples
    --------
    >>> answers = answer_patterns("PHQ-9")
    >>> bool((answers.sum(axis=2) == np.arange(28)[:, None]).all()), int(answers.max())
    (True, 3)
    """
    scale = default_definitions().instruments[instrument]
    rng = np.random.default_rng(_SEED)
    common = np.array(_COMMON.get(instrument, (1.0,) * scale.items))
    tendency = common * np.exp(0.7 * rng.standard_normal((_PATTERNS, scale.items)))
    item_of_point = np.repeat(np.arange(scale.items), scale.item_max)
    waits = rng.standard_exponential((_PATTERNS, scale.total_max)) / tendency[:, item_of_point]
    filled = item_of_point[np.argsort(waits, axis=1)]
    points = (filled[:, :, None] == np.arange(scale.items)).cumsum(axis=1)
    nothing = np.zeros((_PATTERNS, 1, scale.items), dtype=points.dtype)
    return np.concatenate([nothing, points], axis=1).transpose(1, 0, 2).astype(np.int8)


def skip_items(rng: np.random.Generator, items: Array, total: Array) -> Array:
    """Leave one or two answers of each row empty (-1), where prorating still gives the row's total.

    Parameters
    ----------
    rng : numpy.random.Generator
    items : numpy.ndarray
        Complete answers, one row for each score.
    total : numpy.ndarray
        Their sums.

    Returns
    -------
    numpy.ndarray
        The answers; rows that prorating would change stay complete.
    """
    rows, width = items.shape
    place = np.argsort(rng.random((rows, width)), axis=1)
    two = rng.random(rows) < 0.3
    skipped = np.zeros((rows, width), dtype=bool)
    skipped[np.arange(rows), place[:, 0]] = True
    skipped[np.arange(rows), place[:, 1]] |= two
    answered = width - skipped.sum(axis=1)
    left = np.where(skipped, 0, items).sum(axis=1)
    prorated = (2 * left * width + answered) // (2 * answered)  # rounded half up
    return np.where(skipped & (prorated == total)[:, None], np.int8(-1), items)
