"""The limits and bands that results on safety are counted by: a small frozen object of settings."""

from dataclasses import dataclass
from itertools import pairwise

from analysis.vocabulary.errors import CallError


@dataclass(frozen=True)
class SafetyRules:
    """The limits and bands of `safety`; every one is printed in the name of the row that it makes.

    The limits of blood pressure are those of the esketamine label's reporting (a peak of 180 / 110 mmHg, a rise of
    40 / 25 mmHg); a CADSS over 4 and a MOAA/S under 5 are how esketamine trials counted dissociation and sedation.
    Their sources could not be opened, so they count as unverified.

    Attributes
    ----------
    systolic, diastolic : int
        A peak at or over either is over the limit, mmHg.
    systolic_rise, diastolic_rise : int
        A rise from before the session to its peak at or over this is counted, mmHg.
    cadss : int
        A CADSS total over this counts as dissociation.
    cadss_bands : tuple of int
        The least total of each further band of the first session's CADSS.
    minutes : tuple of int
        By how many minutes after the start what was resolved is given.
    habituation_sessions : int
        The fixed cohort had at least so many sessions in its first course.
    dose_per_kg : tuple of int
        The least hundredths of mg per kg of each further band of ketamine; they lie between usual doses.
    label_doses : tuple of int
        The doses of esketamine, mg.
    numbered_sessions : int
        Session numbers up to this are shown singly.
    sessions_so_far, mg_so_far, months_so_far : tuple of int
        The least value of each further band of cumulative exposure.
    bladder_term : str
        The adverse event that is shown by cumulative exposure.
    """

    systolic: int = 180
    diastolic: int = 110
    systolic_rise: int = 40
    diastolic_rise: int = 25
    cadss: int = 4
    cadss_bands: tuple[int, ...] = (5, 21)
    minutes: tuple[int, ...] = (60, 120)
    habituation_sessions: int = 6
    dose_per_kg: tuple[int, ...] = (45, 65, 85)
    label_doses: tuple[int, ...] = (28, 56, 84)
    numbered_sessions: int = 8
    sessions_so_far: tuple[int, ...] = (9, 17, 33, 65)
    mg_so_far: tuple[int, ...] = (500, 1000, 2500, 5000)
    months_so_far: tuple[int, ...] = (3, 6, 12, 24)
    bladder_term: str = "cystitis"

    def __post_init__(self) -> None:
        """Refuse bands that do not rise, and numbers that make no sense."""
        bands = (
            "cadss_bands",
            "minutes",
            "dose_per_kg",
            "label_doses",
            "sessions_so_far",
            "mg_so_far",
            "months_so_far",
        )
        for name in bands:
            values = getattr(self, name)
            if not values or values[0] < 1 or any(one >= other for one, other in pairwise(values)):
                raise CallError(f"rules: {name} must be rising whole numbers from 1 on.")
        if self.habituation_sessions < 2 or self.numbered_sessions < 1:
            raise CallError("rules: habituation needs at least 2 sessions, and session numbers begin at 1.")


def band_names(edges: tuple[int, ...], *, first: int = 0, unit: str = "", divide: int = 1) -> list[str]:
    """Name the bands that some edges make.

    Parameters
    ----------
    edges : tuple of int
        The least value of each band after the first.
    first : int
        The least value of the first band.
    unit : str
        Written behind the numbers.
    divide : int
        Of how many edges one unit is made; with 1, values are whole numbers and bands end one below the next.

    Returns
    -------
    list of str
        One more than there are edges.

    Examples
    --------
    >>> band_names((5, 21))
    ['0 to 4', '5 to 20', '21 and more']
    >>> band_names((45, 65), unit="mg/kg", divide=100)
    ['under 0.45 mg/kg', '0.45 to under 0.65 mg/kg', '0.65 mg/kg and more']
    """
    behind = f" {unit}" if unit else ""
    if divide > 1:
        texts = [f"{edge / divide:g}" for edge in edges]
        between = [f"{low} to under {high}{behind}" for low, high in pairwise(texts)]
        return [f"under {texts[0]}{behind}", *between, f"{texts[-1]}{behind} and more"]
    whole = [f"{low} to {high - 1}{behind}" for low, high in pairwise((first, *edges))]
    return [*whole, f"{edges[-1]}{behind} and more"]
