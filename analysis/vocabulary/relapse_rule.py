"""What counts as a relapse, when it is confirmed, and how long a known state lasts."""

from dataclasses import dataclass

KNOWN_DAYS = 35
"""A state is known from the day of an assessment to so many days after it."""


@dataclass(frozen=True)
class RelapseRule:
    """The rules of following people up; all days are whole.

    Attributes
    ----------
    confirm_first, confirm_last : int
        A relapse or lost response is confirmed when another assessment, so many days later, also meets it and none
        between does not.
    known_days : int
        A known state lasts so long after an assessment. A death or a hospitalisation is counted when it comes within
        this time after the last assessment, a stop of treatment when the last session does.
    events : tuple of str
        Rows of the table ``events`` that are a relapse in themselves. As in the SUSTAIN-1 trial (NCT02493868): a
        hospitalisation for the illness, or a suicide attempt.
    """

    confirm_first: int = 5
    confirm_last: int = 35
    known_days: int = KNOWN_DAYS
    events: tuple[str, ...] = ("hospitalisation-psychiatric", "suicide-attempt")
