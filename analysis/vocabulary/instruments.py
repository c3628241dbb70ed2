"""Rating scales: their items, ranges and cut-offs, read from ``instruments.toml``."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Instrument:
    """One rating scale.

    ``item_max`` holds the highest score of each item, so that its sum is the highest total. ``reliable_change`` is in
    points and None where no value is established. ``severity`` lists (lowest total, name) in rising order.
    """

    title: str
    items: int
    item_max: tuple[int, ...]
    entry_score: int
    remission_max: int
    relapse_score: int
    missing_items_allowed: int
    recall_days: int
    rater: str
    severity: tuple[tuple[int, str], ...]
    source: str
    verified: bool
    reliable_change: int | None = None
    suicide_item: int | None = None
    name: str = ""

    @property
    def total_max(self) -> int:
        """The highest possible total."""
        return sum(self.item_max)


def contradictions(instrument: Instrument) -> list[str]:
    """List what cannot be true at once in an instrument's numbers.

    Parameters
    ----------
    instrument : Instrument

    Returns
    -------
    list of str
        One sentence for each contradiction; empty when there is none.
    """
    found = []
    if len(instrument.item_max) != instrument.items:
        found.append(f"item_max lists {len(instrument.item_max)} numbers for {instrument.items} items")
    if instrument.remission_max >= instrument.entry_score:
        found.append("remission_max must lie under entry_score")
    if not 0 < instrument.entry_score <= instrument.total_max:
        found.append(f"entry_score must lie between 1 and the highest total {instrument.total_max}")
    if not 0 <= instrument.missing_items_allowed < instrument.items:
        found.append("missing_items_allowed must be 0 or more and fewer than the items")
    lows = [low for low, _ in instrument.severity]
    if lows != sorted(set(lows)) or lows[:1] != [0]:
        found.append("severity bands must start at 0 and rise")
    return found
