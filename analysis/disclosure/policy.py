"""What may leave: a small frozen policy."""

from dataclasses import dataclass

AUDIENCES = ("public", "internal")


@dataclass(frozen=True)
class Policy:
    """The counts that are hidden from the public.

    Counts from 1 to ``hide_up_to`` are hidden with everything they could be worked out from. Zero is shown: it names
    nobody. The default is the US Centers for Medicare & Medicaid Services' cell size policy.
    """

    name: str = "counts 1 to 10 hidden"
    hide_up_to: int = 10

    def __post_init__(self) -> None:
        """Refuse a threshold that hides nothing."""
        if self.hide_up_to < 1:
            raise ValueError("hide_up_to must be 1 or more.")


DEFAULT_POLICY = Policy()
