"""Every definition a result depends on, as frozen settings read from TOML.

``definitions.toml`` and ``instruments.toml`` hold the defaults. A dataset may name a TOML file of changes; it is laid
over the defaults, so that a change of one number is a file of two lines. Instruments stand under ``[instruments.NAME]``
in such a file, phase rules of its own under ``[phase_rule.NAME]``.
"""

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from analysis.vocabulary.errors import DataError, nearest_name
from analysis.vocabulary.instrument_entries import instruments_of
from analysis.vocabulary.instruments import Instrument
from analysis.vocabulary.phase_rules import PhaseRule, contradictory_limits, unknown_rules
from analysis.vocabulary.settings import merged_tables, settings_of


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
    """Shares of the baseline, in percent; the day of a rapid response; and who is a case, on which two scales."""

    response_percent: int
    partial_percent: int
    rapid_day: int
    caseness: tuple[tuple[str, int], ...]


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
    phase_rule: dict[str, PhaseRule] = field(default_factory=dict)

    @property
    def phase_limits(self) -> dict[str, PhaseRule]:
        """The limits of each rule that finds the phase from days and numbers: ``series``, ``label`` and added ones."""
        series, label = self.series, self.label_rule
        own = {
            "series": PhaseRule(
                "series",
                series.loading_days,
                series.completed_sessions,
                loading_sessions=series.loading_sessions,
                loading_gap=series.loading_gap,
            ),
            "label": PhaseRule(
                "label", label.loading_days, label.completed_sessions, optimisation_days=label.optimisation_days
            ),
        }
        return own | self.phase_rule

    @cached_property  # each table of a report names it
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
    defaults = _default_data()
    merged = merged_tables(defaults, changes)
    if changes.get("phase_rules") == []:
        raise DataError(
            f"{path.name}: `phase_rules` is empty, which changes nothing: rows stand before the defaults. To take one "
            'away, add a row with its treatment and routes and rule = "recorded".'
        )
    if isinstance(merged["phase_rules"], list) and "phase_rules" in changes:
        # The first row that fits is taken: rows of the dataset's own stand before the defaults, and add to them.
        merged["phase_rules"] = merged["phase_rules"] + defaults["phase_rules"]
    if "name" not in changes and changes:
        merged["name"] = "changed"
    return _definitions(merged, path.name)


def _default_data() -> dict[str, Any]:
    folder = files("analysis.vocabulary")
    data = tomllib.loads(folder.joinpath("definitions.toml").read_text(encoding="utf-8"))
    data["instruments"] = tomllib.loads(folder.joinpath("instruments.toml").read_text(encoding="utf-8"))
    return data


def _definitions(data: dict[str, Any], file: str) -> Definitions:
    data = dict(data)
    instruments = instruments_of(data.pop("instruments"), file=file)
    definitions: Definitions = settings_of(Definitions, data | {"instruments": instruments}, file)
    _check(definitions, file)
    return definitions


def _check(definitions: Definitions, file: str) -> None:
    _check_phases(definitions, file)
    if definitions.baseline.choose not in {"last", "worst", "first", "mean"}:
        raise DataError(f"{file}: `baseline.choose` must be last, worst, first or mean.")
    if not 0 < definitions.outcome.partial_percent < definitions.outcome.response_percent <= 100:
        raise DataError(f"{file}: `outcome` needs 0 < partial_percent < response_percent <= 100.")
    _check_caseness(definitions, file)
    windows = definitions.windows
    for first, last in ((windows.end_first, windows.end_last), (windows.late_first, windows.late_last)):
        if not 0 < first <= last:
            raise DataError(f"{file}: a window in `windows` ends before it begins.")
    for name in definitions.report.instruments:
        if name not in definitions.instruments:
            known = list(definitions.instruments)
            raise DataError(f"{file}: `report.instruments` names '{name}'.{nearest_name(name, known)}")
        scale = definitions.instruments[name]
        if scale.entry_score is None or scale.remission_score is None:
            what = "the report shows response and remission, and it has no entry_score or no remission_score"
            raise DataError(f"{file}: `report.instruments` names '{name}': {what}.")


def _check_phases(definitions: Definitions, file: str) -> None:
    course, reloading = definitions.course, definitions.reloading
    for name, number, least in (
        ("course.gap_days", course.gap_days, 1),
        ("course.booster_below", course.booster_below, 0),
        ("recorded.completed_sessions", definitions.recorded.completed_sessions, 1),
        ("reloading.sessions", reloading.sessions, 2),
        ("reloading.days", reloading.days, 1),
    ):
        if number < least:
            raise DataError(f"{file}: `{name}` must be at least {least}.")
    for fault in unknown_rules([choice.rule for choice in definitions.phase_rules], list(definitions.phase_rule)):
        raise DataError(f"{file}: {fault}")
    for name, rule in definitions.phase_limits.items():
        where = f"phase_rule.{name}" if name in definitions.phase_rule else name
        for fault in contradictory_limits(rule, course_gap=course.gap_days):
            raise DataError(f"{file}: `{where}`: {fault}.")


def _check_caseness(definitions: Definitions, file: str) -> None:
    where = f"{file}: `outcome.caseness`"
    if definitions.outcome.rapid_day < 1:
        raise DataError(f"{file}: `outcome.rapid_day` must be 1 or more.")
    names = [name for name, _ in definitions.outcome.caseness]
    if len(set(names)) != 2:
        raise DataError(f"{where} must list two different scales, each with the score from which somebody is a case.")
    for name, score in definitions.outcome.caseness:
        scale = definitions.instruments.get(name)
        if scale is None:
            raise DataError(f"{where} names '{name}'.{nearest_name(name, list(definitions.instruments))}")
        if not scale.total_min < score <= scale.total_max:
            raise DataError(f"{where}: {name} must lie between {scale.total_min + 1} and {scale.total_max}.")
