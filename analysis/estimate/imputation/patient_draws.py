"""Random numbers that belong to a patient: the same whatever the order of the rows and however they are laid out.

Each patient has a stream of numbers of its own, started from the seed and the patient's name, and each number in it has
its place. The generator is SplitMix64 (Steele GL, Lea D, Flood CH (2014), Fast splittable pseudorandom number
generators, OOPSLA), whose numbers can be asked for in any order.
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from scipy import special

_STEP = np.uint64(0x9E3779B97F4A7C15)


def stream_starts(patients: Sequence[str], seed: int) -> NDArray[np.uint64]:
    """Start a stream for each patient.

    Parameters
    ----------
    patients : sequence of str
    seed : int

    Returns
    -------
    array of uint64
    """
    digests = b"".join(blake2b(f"{seed}\n{name}".encode(), digest_size=8).digest() for name in patients)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def uniforms(starts: NDArray[np.uint64], place: int) -> NDArray[np.float64]:
    """Give the numbers at one place of some streams, between 0 and 1 and never either.

    Parameters
    ----------
    starts : array of uint64
    place : int
        From 0.

    Returns
    -------
    array

    Examples
    --------
    >>> uniforms(np.zeros(1, dtype=np.uint64), 0).round(6).tolist()  # SplitMix64 from 0 begins with 0xe220a8397b1dcdaf
    [0.883311]
    """
    offset = np.uint64((place + 1) * int(_STEP) % 2**64)
    mixed = starts + offset
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return ((mixed >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def exponentials(starts: NDArray[np.uint64], place: int) -> NDArray[np.float64]:
    """Give exponential numbers of mean 1 at one place of some streams.

    Parameters
    ----------
    starts : array of uint64
    place : int

    Returns
    -------
    array
    """
    return np.asarray(-np.log(uniforms(starts, place)))


def normals(starts: NDArray[np.uint64], places: Sequence[int]) -> NDArray[np.float64]:
    """Give standard normal numbers at some places of some streams.

    Parameters
    ----------
    starts : array of uint64
    places : sequence of int

    Returns
    -------
    array
        Streams x places.
    """
    if not len(places):
        return np.zeros((len(starts), 0))
    return np.column_stack([special.ndtri(uniforms(starts, place)) for place in places])
