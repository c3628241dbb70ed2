"""Whom and what FHIR resources refer to: by type and id, address, uuid or identifier, or contained in them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from analysis.intake.readers.fhir_files import Body, Resource
from analysis.intake.readers.fhir_values import elements, find, text_at

REPLACED = "replaced by another record of the same patient"
_AMBIGUOUS = ""
_ABOUT_PATIENTS = ("subject", "patient", "beneficiary")


@dataclass(frozen=True)
class Context:
    """What reading a resource needs besides it.

    Attributes
    ----------
    others : dict
        The other resources by ``Type/id`` (questionnaires by their address, too).
    timezone : str
        In which instants are read as a day; empty: as they are written.
    aliases : dict
        Other names of resources (addresses, uuids, identifiers, replaced records) and the ``Type/id`` each stands for.
    """

    others: dict[str, Body] = field(default_factory=dict)
    timezone: str = ""
    aliases: dict[str, str] = field(default_factory=dict)

    def key_of(self, body: Any, path: str) -> str:
        """Return what a reference refers to as ``Type/id``; of an unknown ``urn:uuid`` the uuid; empty when unknown.

        Examples
        --------
        >>> context = Context(aliases={"urn:uuid:7f": "Patient/7", "Patient|mrn|12": "Patient/7"})
        >>> context.key_of({"subject": {"reference": "https://ehr.example/fhir/Patient/7/_history/2"}}, "subject")
        'Patient/7'
        >>> context.key_of({"subject": {"reference": "urn:uuid:7f"}}, "subject")
        'Patient/7'
        >>> context.key_of({"subject": {"identifier": {"system": "mrn", "value": "12"}, "type": "Patient"}}, "subject")
        'Patient/7'
        """
        reference = find(body, path)
        if not isinstance(reference, dict):
            return ""
        name = text_at(reference, "reference").partition("/_history/")[0]
        if name.startswith("#"):
            inner = contained_in(body, name)
            return self._identified(inner, text_at(inner, "resourceType"))
        if "?identifier=" in name:
            kind, _, token = name.rpartition("/")[2].partition("?identifier=")
            return self.aliases.get(f"{kind}|{unquote(token)}", "")
        if not name:
            kind = text_at(reference, "type").rpartition("/")[2] or ("Patient" if path in _ABOUT_PATIENTS else "")
            return self._identified({"identifier": [find(reference, "identifier")]}, kind)
        key = self.aliases.get(name) or _short(name)
        return self.aliases.get(key, key)

    def id_of(self, body: Any, path: str, kind: str) -> str:
        """Return the id that a reference names, when it refers to a resource of this type or does not say its type."""
        name, slash, rest = self.key_of(body, path).rpartition("/")
        return rest if not slash or name == kind else ""

    def body_of(self, body: Any, path: str) -> Body:
        """Return the resource that a reference refers to, contained or among the others; empty when it is neither."""
        name = text_at(body, f"{path}.reference")
        if name.startswith("#"):
            return contained_in(body, name)
        return self.others.get(self.key_of(body, path), {})

    def _identified(self, body: Any, kind: str) -> str:
        found = {self.aliases.get(name, "") for name in identifier_names(body, kind)} - {""}
        return found.pop() if len(found) == 1 else ""


def contained_in(body: Any, name: str) -> Body:
    """Return the contained resource of this name (``#name``), empty when there is none."""
    return next((each for each in elements(body, "contained") if text_at(each, "id") == name.removeprefix("#")), {})


def identifier_names(body: Any, kind: str) -> list[str]:
    """Return the identifiers of a resource as names to look it up by; they are never shown or written."""
    return [
        f"{kind}|{text_at(each, 'system')}|{text_at(each, 'value')}"
        for each in elements(body, "identifier")
        if text_at(each, "value")
    ]


def make_aliases(resources: Iterable[Resource]) -> dict[str, str]:
    """Gather the names by which resources are referred to besides ``Type/id``.

    Parameters
    ----------
    resources : iterable of Resource

    Returns
    -------
    dict of str to str
        An identifier that two patients share stands for nobody. A patient's record that another one replaces stands for
        that one.
    """
    aliases: dict[str, str] = {}
    for resource in resources:
        if resource.key and resource.url:
            aliases[resource.url] = resource.key
        if resource.key and resource.body["resourceType"] == "Patient":
            for name in identifier_names(resource.body, "Patient"):
                aliases[name] = resource.key if aliases.get(name, resource.key) == resource.key else _AMBIGUOUS
            if successor := _successor(resource.body):
                aliases[resource.key] = aliases.get(successor, successor)
    return {name: key for name, key in ((name, _last(name, aliases)) for name in aliases) if key}


def _successor(patient: Body) -> str:
    links = (each for each in elements(patient, "link") if text_at(each, "type") == "replaced-by")
    return next((_short(text_at(each, "other.reference")) for each in links), "")


def _last(name: str, aliases: dict[str, str]) -> str:
    seen = {name}
    key = aliases[name]
    while key in aliases and key not in seen:
        seen.add(key)
        key = aliases[key]
    return "" if key in seen else key


def _short(name: str) -> str:
    if name.startswith("urn:"):
        return name.rpartition(":")[2]
    return "/".join(name.partition("/_history/")[0].split("/")[-2:])
