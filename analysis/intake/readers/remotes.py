"""What the files of one import share: one fetch for each project on a server, one connection for each database."""

from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Any, Self, TypeVar

from analysis.intake.mapping_grammar import Mapping

Kept = TypeVar("Kept")


class Remotes:
    """The servers and databases that an import has open, closed with the ``with`` block.

    Nothing is kept longer: the next import asks again.

    Parameters
    ----------
    mapping : Mapping

    Examples
    --------
    >>> from contextlib import nullcontext
    >>> with Remotes(Mapping("map.toml", {}, {}, {}, ())) as remotes:
    ...     first = remotes.once("warehouse", lambda: nullcontext(["open"]))
    ...     first is remotes.once("warehouse", lambda: nullcontext(["open"]))
    True
    """

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._open = ExitStack()
        self._kept: dict[Hashable, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kept.clear()
        self._open.close()

    def once(self, key: Hashable, make: Callable[[], AbstractContextManager[Kept]]) -> Kept:
        """Return what is kept under a key; the first time, open it."""
        if key not in self._kept:
            self._kept[key] = self._open.enter_context(make())
        kept: Kept = self._kept[key]
        return kept

    def used_columns(self, file: str) -> set[str]:
        """Return the columns of a file that the mapping names, also from another file that joins it."""
        used = set()
        for reader, column, _ in self.mapping.references():
            other, dot, rest = column.partition(".")
            if reader == file:
                used.add(column)
            if dot and other == file and other in self.mapping.files[reader].joins:
                used.add(rest)
        return used
