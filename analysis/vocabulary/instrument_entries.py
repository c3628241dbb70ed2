"""The instruments of a definitions file: entries read from TOML, each whole and free of contradictions."""

from typing import Any

from analysis.vocabulary.errors import DataError, nearest_name
from analysis.vocabulary.instrument_contradictions import contradictions
from analysis.vocabulary.instruments import Instrument
from analysis.vocabulary.settings import merged_tables, settings_of


def instruments_of(entries: Any, *, file: str) -> dict[str, Instrument]:
    """Make the instruments of their entries.

    Parameters
    ----------
    entries : dict
        By name, as read from TOML. Beside the fields of `Instrument` an entry may have ``like``: the name of another
        one, whose values it takes where it has none of its own. ``item_max`` may be one number for all items.
    file : str
        The file, for the message.

    Returns
    -------
    dict of str to Instrument
        In the order of the entries.

    Raises
    ------
    DataError
        Naming the entry and the key: unknown, of the wrong type, missing, or a contradiction.

    Examples
    --------
    >>> entry = {"title": "Pain", "items": 1, "item_max": 10, "rater": "self", "source": "our own", "verified": False}
    >>> made = instruments_of({"pain": entry, "pain today": {"like": "pain", "recall_days": 0}}, file="mine.toml")
    >>> made["pain today"].recall_days, made["pain today"].total_max
    (0, 10)
    """
    if not isinstance(entries, dict):
        raise DataError(f"{file}: `instruments` must be a table.")
    return {name: _instrument(name, entries, f"{file}: `instruments.{name}`") for name in entries}


def _instrument(name: str, entries: dict[str, Any], where: str) -> Instrument:
    entry = entries[name]
    if not isinstance(entry, dict):
        raise DataError(f"{where}: a table is needed here.")
    entry = _completed(entry, entries, where)
    items, highest = entry.get("items"), entry.get("item_max")
    if type(highest) is int and type(items) is int:
        entry = entry | {"item_max": [highest] * items}
    instrument: Instrument = settings_of(Instrument, entry | {"name": name}, where)
    for contradiction in contradictions(instrument):
        raise DataError(f"{where}: {contradiction}.")
    return instrument


def _completed(entry: dict[str, Any], entries: dict[str, Any], where: str) -> dict[str, Any]:
    """Take what the entry does not say from the one it is like."""
    if "like" not in entry:
        return entry
    other = entry["like"]
    if not isinstance(other, str) or not isinstance(entries.get(other), dict):
        guess = nearest_name(other, list(entries)) if isinstance(other, str) else ""
        raise DataError(f"{where}: `like` must name another instrument.{guess}")
    if "like" in entries[other]:
        raise DataError(f"{where}: `like` names '{other}', which is itself like another. Name that one.")
    own = {key: value for key, value in entry.items() if key != "like"}
    return merged_tables(entries[other], own)
