"""ZIP codes of five digits become their first three, as the safe harbor of the HIPAA Privacy Rule allows."""

import pandas as pd

NOT_A_ZIP = "not read as a ZIP code"
FEW_PEOPLE = "fewer than 20,000 people live there, now 000"

# Areas of three digits with 20,000 people or fewer in the census of 2000 or in that of 2010: both lists, because either
# may be the one a reader has in hand.
SMALL_AREAS = frozenset(
    (
        *("036", "059", "063", "102", "202", "203", "204", "205", "369", "556", "692", "753"),
        *("772", "790", "821", "823", "830", "831", "878", "879", "884", "890", "893"),
    )
)


def read_zip3(cells: pd.Series) -> tuple[pd.Series, dict[str, pd.Series]]:
    """Read the first three digits of ZIP codes.

    Parameters
    ----------
    cells : Series
        Texts, missing as NA.

    Returns
    -------
    tuple
        Three digits, NA where the cell is missing or no ZIP code; and where, by reason, a cell was not read or became
        000.

    Notes
    -----
    Five digits, with or without a dash and four more, are a ZIP code; so are four digits, of which a spreadsheet took
    the leading zero ("2139" is 02139). Areas with few people become 000 (45 CFR 164.514(b)(2)(i)(B)).

    Examples
    --------
    >>> digits, marks = read_zip3(pd.Series(["02139", "2139", "02139-4307", "03601", "SW1A 1AA"]))
    >>> digits.tolist()
    ['021', '021', '021', '000', nan]
    >>> marks["not read as a ZIP code"].tolist()
    [False, False, False, False, True]
    """
    found = cells.str.extract(r"^([0-9]{4,5})(?:-[0-9]{4})?$")[0]
    digits = found.str.zfill(5).str[:3]
    small = digits.isin(SMALL_AREAS)
    marks = {NOT_A_ZIP: cells.notna() & found.isna(), FEW_PEOPLE: small}
    return digits.mask(small, "000").astype("str"), marks
