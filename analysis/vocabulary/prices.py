"""Prices of sessions, read from a TOML file of the clinic or the payer.

The file says what a session of each treatment and route costs::

    layout = 1
    name = "Price list of 2026"
    currency = "USD"

    [[prices]]
    treatment = "ketamine"
    route = "iv"
    per_session = 450.00
"""

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from analysis.vocabulary.errors import DataError
from analysis.vocabulary.settings import settings_of

LAYOUT = 1


@dataclass(frozen=True)
class Price:
    """What one session costs, in the currency of the file."""

    treatment: str
    route: str
    per_session: float

    @property
    def cents(self) -> int:
        """The price in hundredths: whole numbers add exactly."""
        return int(Decimal(str(self.per_session)) * 100)


@dataclass(frozen=True)
class PriceList:
    """The prices of one file."""

    layout: int
    name: str
    currency: str
    prices: tuple[Price, ...]

    def cents_of(self, treatment: str, route: str) -> int | None:
        """Give the price of a session in hundredths; None where the list has none."""
        return next((each.cents for each in self.prices if (each.treatment, each.route) == (treatment, route)), None)


def read_prices(path: str | Path) -> PriceList:
    """Read a price list.

    Parameters
    ----------
    path : str or Path
        A TOML file, as in the head of this module.

    Returns
    -------
    PriceList

    Raises
    ------
    DataError
        Naming the file and the key: unknown, missing, of the wrong type, a price below 0 or finer than a hundredth, or
        two prices for one treatment and route.

    Examples
    --------
    >>> read_prices("no-such-file.toml")
    Traceback (most recent call last):
    analysis.vocabulary.errors.DataError: no-such-file.toml: the price list cannot be read (No such file or directory).
    """
    path = Path(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path.name}: the price list cannot be read ({error.strerror}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name}: not valid TOML ({error}).") from None
    found: PriceList = settings_of(PriceList, data, path.name)
    if found.layout != LAYOUT:
        raise DataError(f"{path.name}: `layout` must be {LAYOUT}.")
    kinds = [(each.treatment, each.route) for each in found.prices]
    for each, kind in zip(found.prices, kinds, strict=True):
        where = f"{path.name}: `prices`: {each.treatment} {each.route}"
        price = Decimal(str(each.per_session))
        if not price.is_finite() or price < 0 or price != round(price, 2):
            raise DataError(f"{where}: `per_session` must be 0 or more, with at most two decimals.")
        if kinds.count(kind) > 1:
            raise DataError(f"{where} has two prices; leave one.")
    return found
