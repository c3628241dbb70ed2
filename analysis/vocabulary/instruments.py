"""Rating scales: their items, ranges and cut-offs, read from ``instruments.toml``."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Instrument:
    """One rating scale; ``instruments.toml`` says what each key means.

    None stands for what is not established: without an ``entry_score`` nobody is eligible and every outcome is unknown.
    Where ``direction`` is "higher", more is better: a baseline at or under ``entry_score`` is eligible, a total at or
    above ``remission_score`` is a remission. The range of the total follows from the items.
    """

    title: str
    items: int
    item_max: tuple[int, ...]
    rater: str
    source: str
    verified: bool
    score_kind: str = "total"
    direction: str = "lower"
    item_min: int = 0
    domains: tuple[tuple[int, ...], ...] = ()
    either: tuple[tuple[int, ...], ...] = ()
    multiplier: int = 1
    category_items: tuple[tuple[int, ...], ...] = ()
    skips: tuple[tuple[int, tuple[int, ...]], ...] = ()
    missing_items_allowed: int = 0
    entry_score: int | None = None
    response_points: int | None = None
    remission_score: int | None = None
    remission_alternatives: tuple[int, ...] = ()
    relapse_score: int | None = None
    reliable_change: int | None = None
    meaningful_change: tuple[tuple[float, str, bool], ...] = ()
    meaningful_percent: tuple[tuple[float, str, bool], ...] = ()
    severity: tuple[tuple[int, str], ...] = ()
    suicide_item: int | None = None
    named_items: dict[str, int] = field(default_factory=dict)
    recall_days: int | None = None
    loinc: str | None = None
    licence: str = ""
    name: str = ""

    @property
    def total_min(self) -> int:
        """The lowest possible total, as counted."""
        return 0 if self.score_kind == "category" else self.multiplier * self.item_min * len(self.summed)

    @property
    def total_max(self) -> int:
        """The highest possible total, as counted; of a category, the number of the highest."""
        if self.score_kind == "category":
            return len(self.category_items)
        return self.multiplier * sum(max(self.item_max[number - 1] for number in group) for group in self.summed)

    @property
    def summed(self) -> tuple[tuple[int, ...], ...]:
        """The groups of items whose highest answers add up to the total; most often each item by itself."""
        return self.domains or tuple((number,) for number in range(1, self.items + 1))

    @property
    def sums_items(self) -> bool:
        """True when all items count alike: the total is their sum, or a multiple of it."""
        return self.score_kind == "total" and not self.domains
