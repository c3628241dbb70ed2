"""Which words of a column a draft may show, and what they stand for.

Only words of ``known_words.toml`` and of the layout itself are ever shown, and always in whole families: what a draft
shows does not depend on which of the rarer words occur. All other cells are somebody's, and are counted.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import pandas as pd

Family = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Translation:
    """What the words of a column stand for.

    Attributes
    ----------
    meant : dict of str to str
        By cell text, the value of the layout; empty when every cell is such a value already.
    known : int
        How many cells hold a word that can be shown.
    others : int
        How many different texts the column holds besides.
    other_cells : int
        In how many cells.
    """

    meant: dict[str, str]
    known: int
    others: int
    other_cells: int

    @property
    def share(self) -> float:
        """The part of the filled cells that can be translated."""
        filled = self.known + self.other_cells
        return self.known / filled if filled else 0.0


def translate_words(cells: pd.Series, kind: str, allowed: tuple[str, ...]) -> Translation:
    """Find what the words of a column stand for.

    Parameters
    ----------
    cells : Series
        Texts, missing as NA.
    kind : str
        The family of words: a column of the layout, ``boolean`` or ``answers``.
    allowed : tuple of str
        What they may stand for: the closed list of the column.

    Returns
    -------
    Translation

    Examples
    --------
    >>> cells = pd.Series(["IV", "IM", "IV", "as discussed with Jane"])
    >>> found = translate_words(cells, "route", ("iv", "im", "sc", "intranasal", "sublingual", "oral"))
    >>> found.meant
    {'IV': 'iv', 'IM': 'im', 'SC': 'sc', 'SQ': 'sc', 'SubQ': 'sc', 'IN': 'intranasal', 'SL': 'sublingual', 'PO': 'oral'}
    >>> found.others, found.other_cells
    (1, 1)
    """
    counts = cells.dropna().value_counts()
    texts = [str(text) for text in counts.index]
    own = {word: (word,) for word in allowed}
    if all(text in own for text in texts):
        return Translation({}, int(counts.sum()), 0, 0)
    families = [*(_fitting(family, allowed) for family in _families().get(kind, ())), own]
    chosen = _chosen(texts, families)
    meant: dict[str, str] = {}
    for family in chosen:
        by_word = {_plain(word): word for words in family.values() for word in words}
        found: dict[str, list[str]] = {}
        for text in texts:
            if text not in meant and _plain(text) in by_word:
                found.setdefault(by_word[_plain(text)], []).append(text)
        style = _style({word: written for word, forms in found.items() for written in forms})
        seen = {_plain(text) for text in meant}
        for value, words in family.items():
            for word in words:
                if _plain(word) not in seen:
                    meant |= dict.fromkeys(found.get(word) or [style(word)], value)
    known = int(sum(counts[text] for text in texts if text in meant))
    unknown = [text for text in texts if text not in meant]
    order = {value: place for place, value in enumerate(allowed)}
    values = {word: meant[word] for word in sorted(meant, key=lambda word: order[meant[word]])}
    return Translation(values, known, len(unknown), int(counts.sum()) - known)


def _chosen(texts: list[str], families: list[Family]) -> list[Family]:
    """Choose families until every word that stands in one is covered, the one with most words first."""
    left = {_plain(text) for text in texts}
    chosen: list[Family] = []
    while True:
        gains = [len(left & {_plain(word) for words in family.values() for word in words}) for family in families]
        if not gains or max(gains) == 0:
            return chosen
        best = families[gains.index(max(gains))]
        chosen.append(best)
        left -= {_plain(word) for words in best.values() for word in words}


def _style(written: dict[str, str]) -> Callable[[str], str]:
    """Find how the words are written: the words that do not occur are written alike, so that none stands out."""
    return max(_STYLES, key=lambda style: sum(style(word) == text for word, text in written.items()))


def _spaced(word: str) -> str:
    return word.replace("-", " ").replace("_", " ")


_STYLES: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.lower,
    str.capitalize,
    str.title,
    _spaced,
    lambda word: _spaced(word).capitalize(),
    lambda word: _spaced(word).title(),
    lambda word: _spaced(word).lower(),
    lambda word: _spaced(word).upper(),
    lambda word: word.lower().replace(" ", "_").replace("-", "_"),
)


def _fitting(family: Family, allowed: tuple[str, ...]) -> Family:
    return family if set(family) <= set(allowed) else {}


def _plain(text: str) -> str:
    return re.sub(r"[\s_.,/\\-]+", "", text).casefold()


@cache
def _families() -> Mapping[str, tuple[Family, ...]]:
    data = tomllib.loads(files("analysis.intake.drafting").joinpath("known_words.toml").read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            kind: tuple({value: tuple(words) for value, words in family.items()} for family in families)
            for kind, families in data.items()
        }
    )
