"""FHIR resources out of their files: NDJSON, bundles, single resources, or a folder of any of these."""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.fhir_values import find, text_at
from analysis.vocabulary.errors import DataError

Body = dict[str, Any]

EARLIER = "earlier version of the same resource"
AGAIN = "the same resource once more"

_TYPES = re.compile(r'"resourceType"\s*:\s*"(\w+)"')

# Of versions that say neither when they were saved nor their number, the more final one counts.
FINALITY = {"amended": 1, "corrected": 1, "appended": 1, "entered-in-error": 2}


@dataclass(frozen=True)
class Resource:
    """One resource and where it stands: its line or entry, in a folder after the file's number in order of name.

    ``url`` is the full address or uuid that a bundle gives it.
    """

    place: Hashable
    body: Body
    url: str = ""

    @cached_property
    def key(self) -> str:
        """How other resources refer to it, empty without an id."""
        name = text_at(self.body, "id")
        return f"{self.body['resourceType']}/{name}" if name else ""


def read_resources(folder: Path, file: SourceFile, kinds: Collection[str]) -> Iterator[Resource]:
    """Read the resources of some types.

    Parameters
    ----------
    folder : Path
    file : SourceFile
    kinds : collection of str
        The types. A line of NDJSON that names none of them is passed over without being read.

    Yields
    ------
    Resource
        In the order of the files' names and of the lines or entries in them.

    Raises
    ------
    DataError
        Text that is not JSON, or JSON that is not FHIR, by file and line.
    """
    path = folder / file.path
    if path.is_file():
        yield from _resources(path, file.path, "", kinds)
        return
    parts = sorted(part for part in path.rglob("*") if part.suffix.lower() in {".json", ".ndjson"} and part.is_file())
    if not parts:
        raise DataError(f"{file.path}: the folder holds no .json or .ndjson file.")
    # A file may be named after a patient: errors tell its number.
    shown = "" if file.path == "." else f"{file.path}, "
    for number, part in enumerate(parts, start=1):
        yield from _resources(part, f"{shown}file {number} in order of name", f"{number}:", kinds)


def superseded_resources(resources: list[Resource]) -> dict[Hashable, str]:
    """Say which resources are not the latest version of their id, or come more than once.

    Parameters
    ----------
    resources : list of Resource

    Returns
    -------
    dict of place to str
        The reason. The latest is the one saved last (``meta.lastUpdated``, else ``meta.versionId``); where a version
        says neither, one that is amended, corrected or entered in error; of equals, the last in the files.
    """
    same: defaultdict[str, list[Resource]] = defaultdict(list)
    for resource in resources:
        if resource.key:
            same[resource.key].append(resource)
    found: dict[Hashable, str] = {}
    for versions in same.values():
        if len(versions) > 1:
            *earlier, latest = _in_order(versions)
            found |= {each.place: AGAIN if each.body == latest.body else EARLIER for each in earlier}
    return found


def _in_order(versions: list[Resource]) -> list[Resource]:
    saved = [_instant(text_at(each.body, "meta.lastUpdated")) for each in versions]
    numbers = [text_at(each.body, "meta.versionId") for each in versions]
    finality = [FINALITY.get(text_at(each.body, "status"), 0) for each in versions]
    keys: list[tuple[Any, ...]] = [(each, place) for place, each in enumerate(finality)]
    if all(number.isdecimal() for number in numbers):
        keys = [(int(number), *key) for number, key in zip(numbers, keys, strict=True)]
    if all(saved):
        keys = [(when, *key) for when, key in zip(saved, keys, strict=True)]
    return [versions[key[-1]] for key in sorted(keys)]


def _instant(text: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _resources(path: Path, shown: str, prefix: str, kinds: Collection[str]) -> Iterator[Resource]:
    empty = True
    try:
        for number, body in _documents(path, shown, kinds):
            empty = False
            if body is None or _is_manifest(body):
                continue
            if not isinstance(body, dict) or not isinstance(body.get("resourceType"), str):
                raise DataError(f"{shown}, line {number or 1}: not a FHIR resource (it has no resourceType).")
            if body["resourceType"] == "Bundle":
                inner = prefix if number is None else f"{prefix}{number}:"
                for entry, (each, url) in enumerate(_entries(body), start=1):
                    if each is not None and each["resourceType"] in kinds:
                        yield Resource(f"{inner}{entry}" if inner else entry, each, url)
            elif body["resourceType"] in kinds:
                yield Resource(f"{prefix}{number or 1}" if prefix else number or 1, body)
    except UnicodeDecodeError:
        raise DataError(f"{shown} is not UTF-8 text, which FHIR asks for; export it again.") from None
    if empty:
        raise DataError(f"{shown} is empty; export it again.")


def _documents(path: Path, shown: str, kinds: Collection[str]) -> Iterator[tuple[int | None, Any]]:
    """Yield each JSON text of a file with its line, or the only one without; a .json may be NDJSON too.

    Lines that speak of other types only come as None.
    """
    wanted = {*kinds, "Bundle"}
    with path.open(encoding="utf-8-sig", newline="\n") as stream:
        if path.suffix.lower() != ".ndjson":
            first = next((line for line in stream if line.strip()), "")
            if first and not (_is_json(first) and next(stream, "")):
                stream.seek(0)
                yield None, _parsed(stream.read().removeprefix("\ufeff"), shown, None)
                return
            stream.seek(0)
        for number, line in enumerate(stream, start=1):
            named = set(_TYPES.findall(line))
            if named and named.isdisjoint(wanted):
                yield number, None
            elif line.strip():
                yield number, _parsed(line.removeprefix("\ufeff"), shown, number)


def _is_manifest(body: Any) -> bool:
    """Say whether this is the list of files that comes with a bulk export."""
    return isinstance(body, dict) and "resourceType" not in body and {"transactionTime", "output"} <= body.keys()


def _entries(bundle: Body) -> Iterator[tuple[Body | None, str]]:
    """Yield the resource of each entry, None where it has none, and its full URL, which gives it an id if needed."""
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) else []:
        body, url = find(entry, "resource"), text_at(entry, "fullUrl")
        if not isinstance(body, dict) or not isinstance(body.get("resourceType"), str):
            yield None, ""
        elif body["resourceType"] == "Bundle":
            yield from _entries(body)
        elif "id" not in body and url:
            yield body | {"id": url.rpartition(":")[2].rpartition("/")[2]}, url
        else:
            yield body, url


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _parsed(text: str, shown: str, number: int | None) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = number if number is not None else error.lineno
        raise DataError(
            f"{shown}, line {where}: not valid JSON. The file is cut off or damaged; export it again."
        ) from None
    except (ValueError, RecursionError):
        raise DataError(
            f"{shown}, line {number or 1}: nested too deep, or a number too long; export it again."
        ) from None
