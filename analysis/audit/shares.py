"""Which counts a printed share can be: a small denominator leaves few."""

from decimal import Decimal, InvalidOperation

import numpy as np
from numpy.typing import NDArray

from analysis.audit.positions import Printed
from analysis.audit.system import System
from analysis.disclosure.families import Numbers
from analysis.estimate.intervals import wilson

_LONGEST = 400  # the largest denominator for which every pair behind a share is tried
_FULL = 12  # digits after which a share is not rounded by hand but by the machine


def share_range(text: str) -> tuple[float, float]:
    """Say between what a printed share lies, given how it is rounded; percent is written with its sign.

    Parameters
    ----------
    text : str
        ``0.43``, ``43 %`` or ``43.0%``.

    Returns
    -------
    low, high : float
        Shares of 1.

    Examples
    --------
    >>> share_range("43 %")
    (0.425, 0.435)
    """
    percent = text.rstrip().endswith("%")
    number = Decimal(text.replace("%", "").strip())
    exponent = number.as_tuple().exponent
    digits = -exponent if isinstance(exponent, int) else 0
    half = Decimal(5).scaleb(-digits - 1) if digits < _FULL else Decimal("1e-11")
    scale = 100 if percent else 1
    return float((number - half) / scale), float((number + half) / scale)


def possible_pairs(
    *, estimate: str = "", low: str = "", high: str = "", numerator: tuple[int, int], denominator: tuple[int, int]
) -> NDArray[np.int64]:
    """List the pairs of counts that print as a share and its Wilson limits.

    Parameters
    ----------
    estimate, low, high : str
        As printed; an empty text says nothing.
    numerator, denominator : tuple of int
        The lowest and the highest that each can be.

    Returns
    -------
    ndarray
        One row for each pair: numerator, denominator.

    Examples
    --------
    >>> possible_pairs(estimate="43 %", numerator=(1, 10), denominator=(1, 10)).tolist()
    [[3, 7]]
    """
    found = []
    for n in range(max(1, denominator[0]), denominator[1] + 1):
        x = np.arange(numerator[0], min(numerator[1], n) + 1)
        fits = np.ones(len(x), dtype=bool)
        for text, values in zip((estimate, low, high), (x / n, *wilson(x, np.full(len(x), n))), strict=True):
            if text and _is_share(text):
                least, most = share_range(text)
                fits &= (values >= least - 1e-12) & (values <= most + 1e-12)
        found.append(np.column_stack([x[fits], np.full(int(fits.sum()), n)]))
    return np.concatenate(found) if found else np.zeros((0, 2), dtype=np.int64)


def _is_share(text: str) -> bool:
    try:
        share_range(text)
    except InvalidOperation:
        return False
    return True


def add_shares(system: System, printed: Printed) -> None:
    """Say that a share which is printed without its counts keeps them in proportion.

    Parameters
    ----------
    system : System
        It is changed.
    printed : Printed
    """
    for share in printed.shares:
        numerator, denominator = system.cell(share.numerator), system.cell(share.denominator)
        for text, is_least in ((share.estimate or share.low, True), (share.estimate or share.high, False)):
            if text:
                limit = share_range(text)[0 if is_least else 1]
                endless = float("inf")
                system.add_row(
                    {numerator: 1.0, denominator: -limit}, *((0.0, endless) if is_least else (-endless, 0.0))
                )


def limit_pairs(system: System, printed: Printed, low: Numbers, high: Numbers) -> None:
    """Keep of the counts behind a printed share only those that print as it does, when its denominator is small.

    Parameters
    ----------
    system : System
        It is changed.
    printed : Printed
    low, high : ndarray
        What each cell can be.
    """
    for share in printed.shares:
        numerator, denominator = system.cell(share.numerator), system.cell(share.denominator)
        if high[denominator] > _LONGEST:
            continue
        pairs = possible_pairs(
            estimate=share.estimate,
            low=share.low,
            high=share.high,
            numerator=(int(low[numerator]), int(min(high[numerator], high[denominator]))),
            denominator=(int(low[denominator]), int(high[denominator])),
        )
        for count, values in zip((share.numerator, share.denominator), pairs.T, strict=True):
            system.limit(count, [(int(value), int(value)) for value in set(values.tolist())])
