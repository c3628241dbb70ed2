"""What may leave: a small frozen policy."""

from dataclasses import dataclass

AUDIENCES = ("public", "internal")


@dataclass(frozen=True)
class Policy:
    """The counts that are hidden from the public.

    Counts from 1 to ``hide_up_to``, and one more (``band``), are hidden with everything they could be worked out from.
    Zero is shown: it names nobody. The default is the US Centers for Medicare & Medicaid Services' cell size policy.
    """

    name: str = "counts 1 to 10 hidden"
    hide_up_to: int = 10

    @property
    def band(self) -> int:
        """The largest count that is hidden for itself: one more than the policy asks.

        Everybody knows the policy. Were 11 always shown, `hidden` would say for certain that a count is 10 or fewer.
        """
        return self.hide_up_to + 1

    def __post_init__(self) -> None:
        """Refuse a threshold that hides nothing."""
        if self.hide_up_to < 1:
            raise ValueError("hide_up_to must be 1 or more.")


DEFAULT_POLICY = Policy()
