"""Which formats the dates of a column are in, as far as every cell agrees."""

from dataclasses import dataclass

import pandas as pd

from analysis.intake.date_cells import DateRule, read_dates

FEWEST_DATES = 0.8
LAST_SHORT_YEAR = 68
LOOKED_AT_FIRST = 500
_LIKE_A_DATE = r"\d[-/. ]+\w+[-/.,]* ?\d|^[A-Za-z]{3,9}\.? \d|^\d{5}"

# Dates whose year stands first are read in one way; the others in one of two, which a person may know better.
_YEAR_FIRST = tuple(f"year{sign}month{sign}day" for sign in "-/.")
_YEAR_LAST = tuple((f"month{sign}day{sign}year", f"day{sign}month{sign}year") for sign in "/-. ")
_SERIALS = (20_000, 60_000)

EITHER = "every date can be read with the day or the month first"
BOTH = "some dates have the day first, others the month"


@dataclass(frozen=True)
class DateFormats:
    """How the dates of a column are written.

    Attributes
    ----------
    formats : tuple of str
        Those in which every date of their kind can be read.
    doubt : str
        What a person has to decide, empty when nothing is left open.
    choices : tuple of str
        The formats to decide between.
    unread : int
        How many cells none of the formats reads.
    short_years : bool
        Some years have two digits.
    years : tuple of int
        The years of the dates that are read without doubt, in order.
    """

    formats: tuple[str, ...]
    doubt: str = ""
    choices: tuple[str, ...] = ()
    unread: int = 0
    short_years: bool = False
    years: tuple[int, ...] = ()

    @property
    def rule(self) -> DateRule:
        """How the draft reads the cells: without formats where a person has to decide."""
        pivot = LAST_SHORT_YEAR if self.short_years else None
        return DateRule(() if self.doubt else self.formats, pivot)


def find_date_formats(cells: pd.Series) -> DateFormats | None:
    """Find the formats of a column of dates.

    Parameters
    ----------
    cells : Series
        Texts, missing as NA.

    Returns
    -------
    DateFormats or None
        None when the column does not hold dates.

    Examples
    --------
    >>> find_date_formats(pd.Series(["2025-01-03", "45660", "1/23/2025"])).formats
    ('year-month-day', 'month/day/year', 'excel')
    >>> find_date_formats(pd.Series(["03/04/2025", "05/04/2025"])).doubt
    'every date can be read with the day or the month first'
    >>> find_date_formats(pd.Series(["nausea", "none"])) is None
    True
    """
    filled = cells.dropna()
    texts = pd.Series(filled.unique(), dtype="str")
    if not texts[:LOOKED_AT_FIRST].str.contains(_LIKE_A_DATE).any():
        return None
    rest = pd.Series(True, index=texts.index)
    formats: list[str] = []
    choices: list[str] = []
    doubt, short = "", False
    for form in _YEAR_FIRST:
        read = rest & _readable(texts, form)
        if read.any():
            formats.append(form)
            rest &= ~read
    for forms in _YEAR_LAST:
        by_form = {form: rest & _readable(texts, form) for form in forms}
        either = by_form[forms[0]] | by_form[forms[1]]
        if not either.any():
            continue
        short |= bool((either & ~(_plain_years(texts, forms[0]) | _plain_years(texts, forms[1]))).any())
        fit = [form for form in forms if by_form[form][either].all()]
        if len(fit) == 1:
            formats += fit
        else:
            doubt = EITHER if fit else BOTH
            choices += forms
        rest &= ~either
    serial = rest & pd.to_numeric(texts.where(texts.str.fullmatch(r"\d{5}(?:\.\d*)?")), errors="coerce").between(
        *_SERIALS
    )
    if serial.any():
        formats.append("excel")
        rest &= ~serial
    if texts.empty or (~rest).sum() < FEWEST_DATES * len(texts):
        return None
    found = DateFormats(tuple(formats), doubt, tuple(choices), int(filled.isin(texts[rest]).sum()), short)
    dates = read_dates(texts, found.rule)[0].dropna()
    years = tuple(sorted({int(text[:4]) for text in dates}))
    return DateFormats(found.formats, doubt, found.choices, found.unread, short, years)


def _readable(texts: pd.Series, form: str) -> pd.Series:
    return read_dates(texts, DateRule((form,), LAST_SHORT_YEAR))[0].notna()


def _plain_years(texts: pd.Series, form: str) -> pd.Series:
    return read_dates(texts, DateRule((form,)))[0].notna()
