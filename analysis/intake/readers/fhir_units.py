"""Quantities of FHIR in the layout's units: mg, kg and mmHg. A unit that is not known is never guessed."""

import re
from typing import Any

from analysis.intake.readers.fhir_values import find, text_at
from analysis.intake.readers.source_table import plain_text

_MASS: dict[str, float] = {
    "kg": 1_000_000,
    "g": 1_000,
    "gram": 1_000,
    "grams": 1_000,
    "mg": 1,
    "milligram": 1,
    "milligrams": 1,
}
_MASS |= dict.fromkeys(("ug", "mcg", "µg", "μg", "microgram", "micrograms"), 0.001) | {"ng": 0.000_001}
_TIME = {"min": 1, "minute": 1, "h": 60, "hr": 60, "hour": 60}
_WEIGHT: dict[str, float] = {
    "kg": 1,
    "kilogram": 1,
    "kilograms": 1,
    "g": 0.001,
    "[lb_av]": 0.453_592_37,
} | dict.fromkeys(("lb", "lbs", "pound", "pounds"), 0.453_592_37)
_PRESSURE = dict.fromkeys(("mm[hg]", "mmhg", "mm hg", "millimeter of mercury"), 1.0) | {"kpa": 7.500_62}


def dose_in_mg(dosage: Any, *, minutes: float | None, weight_kg: str = "") -> str:
    """Return the dose of an administration in mg.

    Parameters
    ----------
    dosage : dict
        With ``dose``, or else with ``rateQuantity`` or ``rateRatio``, which is multiplied by the minutes.
    minutes : float or None
        How long it was given.
    weight_kg : str
        The patient's weight that day, for doses per kg.

    Returns
    -------
    str
        Empty without a dose. What cannot be made mg says so, and what is written: a mapping with ``number = "dose"``
        leaves it empty and counts it.

    Examples
    --------
    >>> [dose_in_mg({"dose": dose}, minutes=None) for dose in ({"value": 0.04, "unit": "g"}, {"value": 4})]
    ['40', 'not read: 4 without a unit']
    >>> dose_in_mg({"rateQuantity": {"value": 60, "code": "mg/h"}}, minutes=40)
    '40'
    >>> dose_in_mg({"dose": {"value": 0.5, "code": "mg/kg"}}, minutes=None, weight_kg="80")
    '40'
    """
    per = {"kg": float(weight_kg) if _is_number(weight_kg) else None}
    dose = find(dosage, "dose")
    if text_at(dose, "value"):
        return _amount(dose, per)
    rate = find(dosage, "rateQuantity")
    if find(dosage, "rateRatio") is not None:
        rate = _ratio(find(dosage, "rateRatio"))
    if not text_at(rate, "value"):
        return ""
    per |= {unit: None if minutes is None else minutes / length for unit, length in _TIME.items()}
    return _amount(rate, per, needs=set(_TIME))


def in_unit(quantity: Any, what: str) -> str:
    """Return a quantity as a number of kg (``weight``) or mmHg (``pressure``); empty when its unit is not known.

    Examples
    --------
    >>> in_unit({"value": 165, "unit": "lb"}, "weight"), in_unit({"value": 120, "code": "mm[Hg]"}, "pressure")
    ('74.8427', '120')
    >>> in_unit({"value": 120, "unit": "cm"}, "pressure")
    ''
    """
    known = _WEIGHT if what == "weight" else _PRESSURE
    factors = {known[unit] for unit in _units(quantity) if unit in known}
    value = text_at(quantity, "value")
    if len(factors) != 1 or not _is_number(value) or text_at(quantity, "comparator"):
        return ""
    number = float(value) * factors.pop()
    return str(round(number)) if what == "pressure" else plain_text(round(number, 4))


def _amount(quantity: Any, per: dict[str, float | None], needs: set[str] | None = None) -> str:
    value = text_at(quantity, "value")
    amounts = {amount for unit in _units(quantity) if (amount := _factor(unit, per, needs or set())) is not None}
    if len(amounts) == 1 and _is_number(value) and not value.startswith("-") and not text_at(quantity, "comparator"):
        return plain_text(round(float(value) * amounts.pop(), 6))
    return f"not read: {text_at(quantity, 'comparator')}{value} {' or '.join(_units(quantity)) or 'without a unit'}"


def _factor(unit: str, per: dict[str, float | None], needs: set[str]) -> float | None:
    """Return how many mg one of this unit is; None when it is not known, or needs a weight or time that is not."""
    mass, *divisors = unit.split("/")
    if mass not in _MASS or (needs and needs.isdisjoint(divisors)):
        return None
    factor = float(_MASS[mass])
    for divisor in divisors:
        times = per.get(divisor)
        if times is None:
            return None
        factor *= times
    return factor


def _ratio(ratio: Any) -> Any:
    """Write a rate of so much per so much time as a quantity, where the time is a number."""
    above, below = find(ratio, "numerator"), find(ratio, "denominator")
    amount, length = text_at(above, "value"), text_at(below, "value") or "1"
    if not _is_number(amount) or not _is_number(length) or float(length) == 0:
        return None
    units = [f"{one}/{other}" for one in _units(above)[:1] for other in _units(below)[:1]]
    return {"value": float(amount) / float(length), "unit": next(iter(units), "")}


def _units(quantity: Any) -> list[str]:
    said = (text_at(quantity, "code"), text_at(quantity, "unit"))
    return list(dict.fromkeys(re.sub(r"\{.*?\}|(?<=/) | (?=/)", "", each.lower()).strip() for each in said if each))


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d{1,9}(\.\d{1,15})?", text))
