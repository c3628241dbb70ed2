"""What codes and words stand for in the closed lists of the layout; the lists themselves are ``fhir_codes.toml``."""

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from analysis.intake.readers.fhir_values import SYSTEMS, codes_of, elements, text_at, words_of
from analysis.intake.schema import layout_tables

# Which of a patient's diagnoses counts: what another one excludes or what is treated with ketamine comes first.
DIAGNOSES = ("bipolar", "mdd", "ptsd", "ocd", "gad", "other")

CodeLists = dict[str, dict[str, str]]


class Said(NamedTuple):
    """What a concept says: its codes with their systems, and its words. Many concepts say the same."""

    codes: tuple[tuple[str, str], ...] = ()
    words: str = ""


def said_by(concept: Any) -> Said:
    """Return what a concept says, to look it up by."""
    codings = elements(concept, "coding")
    return Said(tuple((text_at(each, "system"), text_at(each, "code")) for each in codings), words_of(concept))


@cache
def _lists() -> dict[str, CodeLists]:
    return tomllib.loads(files("analysis.intake.readers").joinpath("fhir_codes.toml").read_text(encoding="utf-8"))


def treatments_named(*concepts: Any) -> list[str]:
    """Return the treatments that concepts name: by their codes or, without a known code, by the first word that fits.

    Parameters
    ----------
    *concepts : dict
        ``CodeableConcept`` elements.

    Returns
    -------
    list of str
        Of the layout's list; more than one when codes contradict each other, none when nothing is known.

    Examples
    --------
    >>> treatments_named({"coding": [{"system": SYSTEMS["rxnorm"][0], "code": "6130", "display": "ketamine"}]})
    ['ketamine']
    >>> treatments_named({"text": "Spravato 28 mg"}), treatments_named({"text": "Ondansetron 4 mg IV"})
    (['esketamine'], [])
    """
    return list(_treatments(tuple(said_by(concept) for concept in concepts)))


@lru_cache(maxsize=10_000)
def _treatments(concepts: tuple[Said, ...]) -> tuple[str, ...]:
    lists = _lists()["treatment"]
    named = [value for said in concepts for value in _coded(said, lists)]
    words = " | ".join(said.words for said in concepts)
    return tuple(dict.fromkeys(named)) or tuple(_worded(words, lists["words"])[:1])


def route_named(concept: Any, *medicines: Any) -> str:
    """Return the route: of its own concept or, where that is empty, as the medicine's code implies.

    Examples
    --------
    >>> route_named({"coding": [{"system": SYSTEMS["snomed"][0], "code": "47625008"}]}), route_named({"text": "IM"})
    ('iv', 'im')
    >>> route_named(None, {"coding": [{"system": SYSTEMS["atc"][0], "code": "N06AX27"}]})
    'intranasal'
    """
    if isinstance(concept, dict):
        return _route(said_by(concept))
    implied = _lists()["implied_route"]
    return next((value for medicine in medicines for value in _coded(said_by(medicine), implied)), "")


@lru_cache(maxsize=10_000)
def _route(said: Said) -> str:
    lists = _lists()["route"]
    return next(iter(_coded(said, lists) or _worded(said.words, lists["words"])), "")


def diagnosis_named(concept: Any) -> str:
    """Return the diagnosis of the layout's list that a condition's code stands for; words are not read.

    Examples
    --------
    >>> icd10 = SYSTEMS["icd10"][0]
    >>> [diagnosis_named({"coding": [{"system": icd10, "code": code}]}) for code in ("F33.2", "F20.0", "I10")]
    ['mdd', 'other', '']
    """
    lists = _lists()["diagnosis"]
    found = [_by_beginning(code, lists["icd10"]) for code in codes_of(concept, *SYSTEMS["icd10"])]
    found += _coded(said_by(concept), {"snomed": lists["snomed"]})
    return min((each for each in found if each), key=DIAGNOSES.index, default="")


def payer_named(concept: Any, *others: str) -> str:
    """Return the kind of payer that a coverage's type stands for.

    Parameters
    ----------
    concept : dict
        ``Coverage.type``.
    *others : str
        What else names the payer, such as the name of the organisation.

    Returns
    -------
    str
        Empty when nothing is known.

    Examples
    --------
    >>> payer_named({"coding": [{"system": SYSTEMS["sopt"][0], "code": "512"}]}), payer_named(None, "Medicare Part B")
    ('commercial', 'medicare')
    """
    lists = _lists()["payer"]
    found = [_by_beginning(code, lists["sopt"]) for code in codes_of(concept, *SYSTEMS["sopt"])]
    said = said_by(concept)
    found += _coded(said, {"act": lists["act"], "selfpay": lists["selfpay"]})
    found += _worded(" | ".join([said.words, *(each.lower() for each in others)]), lists["words"])
    found += _coded(said, {"act": lists["act_otherwise"]})
    return next((each for each in found if each), "")


def term_named(concept: Any) -> str:
    """Return the adverse event's term: of the layout's list, ``other`` when it is none of them, empty when not named.

    Examples
    --------
    >>> term_named({"text": "Nausea after the infusion"}), term_named({"text": "Sore arm"}), term_named(None)
    ('nausea', 'other', '')
    """
    return _term(said_by(concept))


@lru_cache(maxsize=10_000)
def _term(said: Said) -> str:
    coded = _coded(said, {"snomed": _lists()["term"]["snomed"]})
    terms = layout_tables()["adverse_events"].columns["term"].values
    own = {spelling: term for term in terms if term != "other" for spelling in (term, term.replace("-", " "))}
    found = coded or _worded(said.words, own | _lists()["term"]["words"])
    return found[0] if found else "other" if said.words or said.codes else ""


def race_ethnicity_named(patient: Any) -> str:
    """Return race and ethnicity of a US Core patient as one category.

    Notes
    -----
    Hispanic or Latino counts before race, as in a combined question; several races are ``multiracial``.
    """
    extensions = {text_at(each, "url").rpartition("/")[2]: each for each in elements(patient, "extension")}
    race, ethnicity = (_categories(extensions.get(f"us-core-{which}")) for which in ("race", "ethnicity"))
    if "2135-2" in ethnicity:
        return "hispanic-or-latino"
    known = _lists()["race"]["omb"]
    found = list(dict.fromkeys(known[code] for code in race if code in known))
    named = [each for each in found if each != "unknown"]
    return "multiracial" if len(named) > 1 else next(iter(named or found), "")


def _categories(extension: Any) -> list[str]:
    parts = [each for each in elements(extension, "extension") if each.get("url") == "ombCategory"]
    return [text_at(each, "valueCoding.code") for each in parts]


def _coded(said: Said, lists: CodeLists) -> list[str]:
    return [
        known[code]
        for system, known in lists.items()
        if system != "words"
        for address, code in said.codes
        if code in known and address in SYSTEMS[system]
    ]


def _worded(said: str, words: dict[str, str]) -> list[str]:
    return [value for word, value in words.items() if re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", said)]


def _by_beginning(code: str, known: dict[str, str]) -> str:
    fitting = [beginning for beginning in known if code.upper().startswith(beginning)]
    return known[max(fitting, key=len)] if fitting else ""


def is_no_show(concept: Any) -> bool:
    """Say whether a reason is that the patient did not come.

    Examples
    --------
    >>> is_no_show({"text": "Patient did not attend"}), is_no_show({"text": "Blood pressure too high"})
    (True, False)
    """
    return bool(re.search(r"no[- ]?show|did not (attend|come|arrive)|\bdna\b|\bmissed\b", words_of(concept)))


def has_word(concept: Any, pattern: str) -> bool:
    """Say whether a concept's words match a pattern, in small letters."""
    return _matches(words_of(concept), pattern)


@lru_cache(maxsize=10_000)
def _matches(words: str, pattern: str) -> bool:
    return bool(re.search(pattern, words))
