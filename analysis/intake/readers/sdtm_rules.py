"""Reading the part of a mapping that says how a domain of SDTM is read."""

import re
from typing import Any

from analysis.intake.mapping_grammar import Beside, SdtmRules
from analysis.intake.mapping_remotes import path_inside
from analysis.intake.readers.sdtm_scores import TEST_CODES, slots_of
from analysis.intake.toml_tables import TomlTable
from analysis.vocabulary.errors import CallError, nearest_name

SCORES = ("QS", "RS", "FT")
EXPOSURES = ("EX", "EC")
MEASURES = ("VS", *SCORES)
MEASURED = {"SYSBP": "systolic", "DIABP": "diastolic", "WEIGHT": "weight", "PULSE": "pulse"}

_CODE = r"[A-Z][A-Z0-9]"
_VARIABLE = r"[A-Z][A-Z0-9_]{0,7}"
_COLUMN = r"[a-z][a-z0-9_]{0,30}"


def read_sdtm_rules(table: TomlTable) -> SdtmRules:
    """Read the options of the format "sdtm".

    Parameters
    ----------
    table : TomlTable
        ``files.NAME`` of a mapping.

    Returns
    -------
    SdtmRules

    Raises
    ------
    CallError
        An option that is wrong, or of another domain.
    """
    domain = table.text("domain")
    if not re.fullmatch(_CODE, domain):
        raise CallError(f'`{table.at("domain")}` must be the two capital letters of an SDTM domain, such as "EX".')
    if table.text("decimal", ".") != ".":
        raise CallError(f"`{table.at('decimal')}`: SDTM is read with a decimal point.")
    options = dict.fromkeys(("intervals", "not_given", "dose_units"), EXPOSURES) | {"instruments": SCORES}
    for key, domains in options.items():
        if key in table and domain not in domains:
            raise CallError(f"`{table.at(key)}` is for the domains {', '.join(domains)}, and this is {domain}.")
    if table.text("intervals", "first-day") != "first-day":
        raise CallError(f'`{table.at("intervals")}` can only be "first-day"; without it intervals are left out.')
    if table.text("not_given", "keep") != "keep":
        raise CallError(f'`{table.at("not_given")}` can only be "keep"; without it what was not given is left out.')
    return SdtmRules(
        domain,
        _beside(table.table("with"), domain),
        first_day_of_intervals="intervals" in table,
        keep_not_given="not_given" in table,
        dose_units=_dose_units(table.table("dose_units")),
        instruments=_instruments(table.table("instruments")) if domain in SCORES else {},
    )


def _beside(table: TomlTable, domain: str) -> dict[str, Beside]:
    others = {"DM": ("DS",), "EX": ("DM", *MEASURES), "EC": ("DM", *MEASURES)}.get(domain, ("DM", *EXPOSURES))
    allowed = [*others, f"SUPP{domain}"]
    for code in table.data:
        if code not in allowed:
            raise CallError(
                f"`{table.at(code)}`: beside {domain} can stand {', '.join(allowed)}.{nearest_name(code, allowed)}"
            )
    table.one_of(*EXPOSURES)
    beside = {code: _one_beside(table, code) for code in table.data}
    columns = [(code, column) for code, each in beside.items() for column in each.tests.values()]
    for place, (code, column) in enumerate(columns):
        if any(column == other and code != its for its, other in columns[:place]):
            raise CallError(f"`{table.at(code)}.tests`: {column} comes from another domain too; give one another name.")
    return beside


def _one_beside(table: TomlTable, code: str) -> Beside:
    if isinstance(table.data[code], str):
        one = TomlTable({"path": table.data[code]}, table.at(code))
    else:
        one = table.table(code)
    keys = ("before", "after", "tests") if code in MEASURES else ("qualifiers",) if code.startswith("SUPP") else ()
    one.only("path", *keys)
    before, after = one.texts("before"), one.texts("after")
    if set(before) & set(after):
        raise CallError(f"`{one.path}`: a time point stands both in `before` and in `after`.")
    tests = {**(MEASURED if code == "VS" else {}), **one.cells("tests")} if code in MEASURES else {}
    if code in SCORES and not tests:
        raise CallError(f'`{one.at("tests")}` must name the tests, such as {{ CODE = "cadss" }}.')
    _all_like(tests.values(), _COLUMN, one.at("tests"), "a column in small letters")
    _all_like(tests, _VARIABLE, one.at("tests"), "a test code in capitals, of at most 8")
    qualifiers = one.texts("qualifiers")
    if code.startswith("SUPP") and not qualifiers:
        raise CallError(f"`{one.at('qualifiers')}` must list the qualifiers to read, by their QNAM.")
    _all_like(qualifiers, _VARIABLE, one.at("qualifiers"), "a QNAM in capitals, of at most 8")
    return Beside(path_inside(one), before, after, tests, qualifiers)


def _dose_units(table: TomlTable) -> dict[str, float]:
    units = {}
    for unit, value in table.data.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
            raise CallError(f"`{table.at(unit)}` must be the mg in one {unit}, more than 0.")
        units[unit.lower()] = float(value)
    return units


def _instruments(table: TomlTable) -> dict[str, tuple[str, str]]:
    chosen = TEST_CODES | {name: _codes(each) for name, each in table.tables().items()}
    slots: dict[str, tuple[str, str]] = {}
    for name, (items, total) in chosen.items():
        for code, slot in slots_of(name, items, total).items():
            if slots.setdefault(code, slot) != slot:
                raise CallError(f"`{table.path}`: the test {code} stands for two items.")
    return slots


def _codes(table: TomlTable) -> tuple[tuple[tuple[str, ...], ...], str]:
    table.only("items", "total")
    given: Any = table.data.get("items", [])
    items: list[Any] = [None]
    if isinstance(given, list):
        items = [[each] if isinstance(each, str) else each for each in given]
    if not all(isinstance(each, list) and each and all(isinstance(code, str) for code in each) for each in items):
        raise CallError(f"`{table.at('items')}` must be a list of test codes, the first for item 1.")
    total = table.text("total", "") if "total" in table else ""
    if not items and not total:
        raise CallError(f"`{table.path}` needs `items`, a list of test codes, or `total`, the test code of the total.")
    _all_like([*(code for each in items for code in each), *filter(None, [total])], _VARIABLE, table.path, "test codes")
    return tuple(tuple(each) for each in items), total


def _all_like(words: Any, pattern: str, place: str, what: str) -> None:
    for word in words:
        if not re.fullmatch(pattern, word):
            raise CallError(f"`{place}`: {word} is not {what}.")
