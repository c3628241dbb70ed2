"""What a heading probably means: the column of the dataset it stands for, or the reason to drop it.

The spellings are data, in ``known_headers.toml``. A guess is never more than a draft that a person confirms.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from analysis.intake.identifiers import identifier_in_name

BIRTH_DATE = "a birth date"

# Spellings that hold for every table rank after a table's own.
FIRST_OF_EVERY_TABLE = 100

Rank = tuple[int, int]


@dataclass(frozen=True)
class Spelling:
    """How headings of one meaning are written: whole, or with all of some words and none of others."""

    names: tuple[str, ...] = ()
    words: tuple[frozenset[str], ...] = ()
    without: frozenset[str] = frozenset()

    def rank(self, words: tuple[str, ...]) -> Rank | None:
        """Return how likely words have this meaning, the smaller the likelier; None when they have not."""
        whole = "".join(words)
        if whole in self.names:
            return (0, self.names.index(whole))
        if self.without.isdisjoint(words):
            for place, needed in enumerate(self.words):
                if needed <= set(words):
                    return (4 - min(len(needed), 3), place)
        return None


@lru_cache(maxsize=10_000)
def header_words(header: str) -> tuple[str, ...]:
    """Split a heading into its words.

    Parameters
    ----------
    header : str

    Returns
    -------
    tuple of str
        In small letters, without punctuation; words joined by capitals are parted.

    Examples
    --------
    >>> header_words("Date of Service*"), header_words("patientLastName"), header_words("BP_Systolic (pre)")
    (('date', 'of', 'service'), ('patient', 'last', 'name'), ('bp', 'systolic', 'pre'))
    """
    parted = re.sub(r"([a-z])([A-Z])", r"\1 \2", header).lower()
    return tuple(word for word in re.split(r"[\W_]+", parted) if word)


def known_data() -> dict[str, Any]:
    """Return what ``known_headers.toml`` says."""
    return _data()


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files("analysis.intake.drafting").joinpath("known_headers.toml").read_text(encoding="utf-8"))


@cache
def _spellings(table: str) -> dict[str, Spelling]:
    return {target: _spelling(entry) for target, entry in _data()[table].items()}


@cache
def _drops() -> tuple[tuple[str, Spelling], ...]:
    return tuple((entry["reason"], _spelling(entry)) for entry in _data()["drop"])


def _spelling(entry: dict[str, Any]) -> Spelling:
    return Spelling(
        tuple("".join(header_words(name)) for name in entry.get("names", [])),
        tuple(frozenset(words) for words in entry.get("words", [])),
        frozenset(entry.get("without", [])),
    )


@lru_cache(maxsize=10_000)
def reason_to_drop(header: str) -> str:
    """Say why a column with this heading is not to be used, empty when the heading does not say so.

    Parameters
    ----------
    header : str

    Returns
    -------
    str

    Examples
    --------
    >>> reason_to_drop("Client E-mail"), reason_to_drop("Visit notes"), reason_to_drop("dose")
    ('identifier: an e-mail address', 'free text', '')
    """
    words = header_words(header)
    ranked = [(rank, reason) for reason, spelling in _drops() if (rank := spelling.rank(words)) is not None]
    exact = [reason for rank, reason in ranked if rank[0] == 0]
    if exact:
        return exact[0]
    kind = identifier_in_name(header)
    if kind is not None:
        return f"identifier: {kind}"
    return ranked[0][1] if ranked else ""


@lru_cache(maxsize=10_000)
def target_of_header(header: str, table: str) -> tuple[str, Rank] | None:
    """Say which column of a table a heading stands for.

    Parameters
    ----------
    header : str
    table : str
        A table of the layout.

    Returns
    -------
    tuple of str and rank, or None
        ``visit_id`` and ``first_treatment``, which no table has, help to find what is missing. Of two headings with the
        same meaning the one with the smaller rank is likelier.

    Examples
    --------
    >>> target_of_header("Final Ketamine Dose (mg)", "sessions")
    ('dose_mg', (1, 0))
    >>> target_of_header("date_submited", "scores"), target_of_header("Dose notes", "sessions")
    (('date', (0, 1)), None)
    """
    words = header_words(header)
    found: list[tuple[Rank, int, str]] = []
    for own, name in enumerate((table, "any")):
        for target, spelling in _spellings(name).items():
            rank = spelling.rank(words)
            if rank is not None:
                found.append(((rank[0], rank[1] + FIRST_OF_EVERY_TABLE * own), own, target))
    if not found:
        return None
    rank, _, target = min(found)
    if rank[0] > 0 and target != "birth_date" and reason_to_drop(header):
        return None
    return target, rank
