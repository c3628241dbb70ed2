"""Rows that repeat earlier ones in files too big to hold: remembered by fingerprints that tell nothing of cells."""

import secrets

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.intake.mapping_grammar import Block

Prints = npt.NDArray[np.uint64]

_MIX = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_STACKED = 8

MOST_ODD = 10_000
"""How many keys of rows that do not agree are remembered."""


def fingerprints(rows: pd.DataFrame, secret: str) -> Prints:
    """Compute a number for each row, which is the same for the same cells and otherwise another one.

    Two different rows among ten million share theirs with a probability of about 1 in 400,000.

    Parameters
    ----------
    rows : DataFrame
        Columns of categories.
    secret : str
        16 characters; without them nothing can be told from the numbers.

    Returns
    -------
    array of uint64

    Examples
    --------
    >>> rows = pd.DataFrame({"a": pd.Categorical(["x", "y", "x"]), "b": pd.Categorical(["1", None, "1"])})
    >>> first, other, same = fingerprints(rows, "0123456789abcdef")
    >>> bool(first == same), bool(first == other)
    (True, False)
    """
    together = np.zeros(len(rows), dtype=np.uint64)
    for _, column in rows.items():
        texts = np.append(column.cat.categories.to_numpy(dtype=object), "\0")  # the code of a missing cell is -1
        prints = pd.util.hash_array(texts, hash_key=secret, categorize=False)
        together = together * _MIX + prints[column.cat.codes.to_numpy()]
        together ^= together >> _HALF
    return together


class RepeatsSoFar:
    """Which rows of a part repeat earlier ones, chunk after chunk; what `repeated_rows` is for a whole file.

    Attributes
    ----------
    odd : set of int
        The fingerprints of the keys with rows that do not agree; of the first ones, if they are very many.
    """

    def __init__(self) -> None:
        self.odd: set[int] = set()
        self._secret = secrets.token_hex(8)
        self._known: list[tuple[Prints, Prints]] = []

    def keys_of(self, block: Block, rows: pd.DataFrame) -> Prints:
        """Return the fingerprints of the ``once_per`` cells."""
        return fingerprints(rows[list(block.once_per)], self._secret)

    def __call__(self, block: Block, rows: pd.DataFrame, file: str) -> pd.Series:  # noqa: ARG002
        """Say which rows repeat one of this chunk or of an earlier one."""
        places, keys = pd.factorize(self.keys_of(block, rows))
        whole = fingerprints(rows, self._secret)
        again = pd.Series(places).duplicated().to_numpy()
        first = whole[~again]
        seen = np.zeros(len(keys), dtype=bool)
        for known, wholes in self._known:
            at = np.searchsorted(known, keys)
            found = at < len(known)
            found[found] = known[at[found]] == keys[found]
            first[found] = wholes[at[found]]
            seen |= found
        if len(self.odd) < MOST_ODD:
            self.odd.update(map(int, keys[np.unique(places[whole != first[places]])]))
        self._remember(keys[~seen], first[~seen])
        return pd.Series(again | seen[places], index=rows.index)

    def _remember(self, keys: Prints, whole: Prints) -> None:
        self._known.append((keys, whole))
        merged = self._known if len(self._known) > _STACKED else self._known[-1:]
        keys, whole = (np.concatenate(each) for each in zip(*merged, strict=True))
        order = np.argsort(keys)
        self._known[-len(merged) :] = [(keys[order], whole[order])]
