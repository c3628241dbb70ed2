"""Every definition a result depends on, as frozen settings read from TOML.

``definitions.toml`` and ``instruments.toml`` hold the defaults. A dataset may name a TOML file of changes; it is laid
over the defaults, so that a change of one number is a file of two lines. Instruments stand under ``[instruments.NAME]``
in such a file.
"""

import hashlib
import json
import tomllib
import types
import typing
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from analysis.vocabulary.errors import DataError, nearest_name
from analysis.vocabulary.instruments import Instrument, contradictions


@dataclass(frozen=True)
class CourseRule:
    """When a course ends and what a booster is."""

    gap_days: int
    booster_below: int


@dataclass(frozen=True)
class PhaseChoice:
    """Which phase rule a course's first session chooses; no routes = any route."""

    treatment: str
    routes: tuple[str, ...]
    rule: str


@dataclass(frozen=True)
class SeriesRule:
    """Loading by number, day and gap of sessions."""

    loading_sessions: int
    loading_days: int
    loading_gap: int
    completed_sessions: int


@dataclass(frozen=True)
class LabelRule:
    """Loading by the product label's weeks."""

    loading_days: int
    optimisation_days: int
    completed_sessions: int


@dataclass(frozen=True)
class RecordedRule:
    """Loading by the clinic's own label."""

    completed_sessions: int


@dataclass(frozen=True)
class ReloadingRule:
    """A dense run of maintenance sessions."""

    sessions: int
    days: int


@dataclass(frozen=True)
class BaselineRule:
    """Which score before treatment is the baseline: last, worst, first or mean."""

    choose: str
    days_before: int


@dataclass(frozen=True)
class OutcomeRule:
    """Shares of the baseline, in percent."""

    response_percent: int
    partial_percent: int


@dataclass(frozen=True)
class WindowRule:
    """In which days a score counts for a window; see ``definitions.toml`` for each."""

    end_first: int
    end_last: int
    end_nearest: int
    late_first: int
    late_last: int
    late_nearest: int
    session_days: int
    session_by_day_each: int
    month_days: int
    month_before: int
    month_after: int
    hours_first: int
    hours_last: int
    hours_recall_days: int


@dataclass(frozen=True)
class ReportRule:
    """What the report shows."""

    instruments: tuple[str, ...]
    headline_window: str
    sessions: int
    months: int


@dataclass(frozen=True)
class Definitions:
    """All definitions together. ``label`` names them beside every number; ``sha256`` identifies their content."""

    name: str
    version: int
    course: CourseRule
    phase_rules: tuple[PhaseChoice, ...]
    series: SeriesRule
    label_rule: LabelRule = field(metadata={"key": "label"})
    recorded: RecordedRule = field()
    reloading: ReloadingRule = field()
    baseline: BaselineRule = field()
    outcome: OutcomeRule = field()
    windows: WindowRule = field()
    report: ReportRule = field()
    instruments: dict[str, Instrument] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Hash of the content: the same definitions have the same hash, however their files are written."""
        content = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def label(self) -> str:
        """Name, version and the first eight characters of the hash, e.g. ``default 1 (3f2a9c1b)``."""
        return f"{self.name} {self.version} ({self.sha256[:8]})"


@cache
def default_definitions() -> Definitions:
    """Return the definitions the package comes with.

    Returns
    -------
    Definitions

    Examples
    --------
    >>> default_definitions().instruments["PHQ-9"].entry_score
    10
    """
    return _definitions(_default_data(), "definitions.toml")


def read_definitions(path: str | Path) -> Definitions:
    """Read a TOML file of changes and lay it over the defaults.

    Parameters
    ----------
    path : str or Path
        The file of changes. It should carry its own ``name``.

    Returns
    -------
    Definitions

    Raises
    ------
    DataError
        Naming the file and the key: unknown, of the wrong type, missing in a new instrument, or a contradiction.
    """
    path = Path(path)
    try:
        changes = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path.name}: the definitions file cannot be read ({error.strerror}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name}: not valid TOML ({error}).") from None
    merged = _merge(_default_data(), changes)
    if "name" not in changes and changes:
        merged["name"] = "changed"
    return _definitions(merged, path.name)


def _default_data() -> dict[str, Any]:
    folder = files("analysis.vocabulary")
    data = tomllib.loads(folder.joinpath("definitions.toml").read_text(encoding="utf-8"))
    data["instruments"] = tomllib.loads(folder.joinpath("instruments.toml").read_text(encoding="utf-8"))
    return data


def _merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        both_tables = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both_tables else value
    return merged


def _definitions(data: dict[str, Any], file: str) -> Definitions:
    data = dict(data)
    entries = data.pop("instruments")
    if not isinstance(entries, dict):
        raise DataError(f"{file}: `instruments` must be a table.")
    instruments = {}
    for name, entry in entries.items():
        where = f"{file}: `instruments.{name}`"
        if isinstance(entry, dict) and isinstance(entry.get("item_max"), int):
            entry = entry | {"item_max": [entry["item_max"]] * int(entry.get("items", 0))}  # noqa: PLW2901
        instrument = _build(Instrument, entry | {"name": name} if isinstance(entry, dict) else entry, where)
        for contradiction in contradictions(instrument):
            raise DataError(f"{where}: {contradiction}.")
        instruments[name] = instrument
    definitions: Definitions = _build(Definitions, data | {"instruments": instruments}, file)
    _check(definitions, file)
    return definitions


def _check(definitions: Definitions, file: str) -> None:
    rules = {"series", "label", "recorded"}
    for choice in definitions.phase_rules:
        if choice.rule not in rules:
            raise DataError(f"{file}: `phase_rules` names the rule '{choice.rule}'; there are {sorted(rules)}.")
    if definitions.baseline.choose not in {"last", "worst", "first", "mean"}:
        raise DataError(f"{file}: `baseline.choose` must be last, worst, first or mean.")
    if not 0 < definitions.outcome.partial_percent < definitions.outcome.response_percent <= 100:
        raise DataError(f"{file}: `outcome` needs 0 < partial_percent < response_percent <= 100.")
    windows = definitions.windows
    for first, last in ((windows.end_first, windows.end_last), (windows.late_first, windows.late_last)):
        if not 0 < first <= last:
            raise DataError(f"{file}: a window in `windows` ends before it begins.")
    for name in definitions.report.instruments:
        if name not in definitions.instruments:
            known = list(definitions.instruments)
            raise DataError(f"{file}: `report.instruments` names '{name}'.{nearest_name(name, known)}")


def _build(cls: Any, data: Any, where: str) -> Any:
    """Make a settings object of a TOML table; every key known, every type right, nothing missing."""
    if not isinstance(data, dict):
        raise DataError(f"{where}: a table is needed here.")
    hints = typing.get_type_hints(cls)
    known = {f.metadata.get("key", f.name): f for f in fields(cls)}
    for key in data:
        if key not in known:
            raise DataError(f"{where}: unknown key `{key}`.{nearest_name(key, list(known))}")
    values = {}
    for key, f in known.items():
        if key in data:
            values[f.name] = _value(hints[f.name], data[key], f"{where}: `{key}`")
        elif f.default is MISSING and f.default_factory is MISSING:
            raise DataError(f"{where}: the key `{key}` is missing.")
    return cls(**values)


def _value(hint: Any, value: Any, where: str) -> Any:
    if isinstance(hint, types.UnionType):
        return _value(typing.get_args(hint)[0], value, where)
    if is_dataclass(hint):
        return _build(hint, value, where)
    if typing.get_origin(hint) is tuple:
        parts = typing.get_args(hint)
        if not isinstance(value, list):
            raise DataError(f"{where} must be a list.")
        kinds = [parts[0]] * len(value) if parts[-1] is Ellipsis else list(parts)
        if len(kinds) != len(value):
            raise DataError(f"{where} must list {len(kinds)} values.")
        return tuple(_value(kind, each, where) for kind, each in zip(kinds, value, strict=True))
    if typing.get_origin(hint) is dict:
        return value
    if type(value) is not hint:
        names = {int: "a whole number", str: "a text", bool: "true or false"}
        raise DataError(f"{where} must be {names[hint]}.")
    return value
