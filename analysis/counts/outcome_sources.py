"""The SQL of an outcome's people and scores: of one scale, of two windows, or of two scales."""

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import sql_statements
from analysis.cohort.windows import Window, window_before
from analysis.counts.outcome_kinds import OutcomeKind
from analysis.counts.rung_counts import OutcomeSource


def outcome_source(part: Cohort, kind: OutcomeKind, instrument: str, windows: tuple[Window, ...]) -> OutcomeSource:
    """Pick the scores that an outcome needs, and write what reads them.

    Parameters
    ----------
    part : Cohort
        One partition; afterwards its table ``asked_windows`` holds the windows.
    kind : OutcomeKind
    instrument : str
    windows : tuple of Window

    Returns
    -------
    OutcomeSource
    """
    of_scale, of_anybody, *_ = _statements()
    scale = part.scale_number(instrument)
    if kind.source == "two scales":
        return _on_two_scales(part, kind, scale, windows)
    if kind.source == "two windows":
        return OutcomeSource(of_scale.format(scale=scale), _in_two_windows(part, instrument, windows))
    picked = part.pick_scores(windows, instrument)
    part.ask_windows(windows)
    people = of_anybody if kind.source == "any baseline" else of_scale
    return OutcomeSource(people.format(scale=scale), f"FROM {picked}")


def _on_two_scales(part: Cohort, kind: OutcomeKind, scale: int, windows: tuple[Window, ...]) -> OutcomeSource:
    _, _, of_cases, _, on_two_scales = _statements()
    scores = {part.scale_number(name): score for name, score in part.definitions.outcome.caseness}
    picked = [part.pick_scores(windows, name) for name, _ in part.definitions.outcome.caseness]
    part.ask_windows(windows)
    caseness = _values("caseness(scale, caseness)", list(scores.items()))
    asked = "number IN (SELECT number FROM asked_windows)"
    of_both = " UNION ALL ".join(
        f"SELECT *, {number} AS scale FROM {table} WHERE {asked}" for number, table in zip(scores, picked, strict=True)
    )
    return OutcomeSource(
        of_cases.format(caseness=caseness),
        on_two_scales.format(caseness=caseness, picked_of_both=of_both, scale=scale, is_true=kind.is_true),
    )


def _in_two_windows(part: Cohort, instrument: str, windows: tuple[Window, ...]) -> str:
    *_, in_two_windows, _ = _statements()
    found = [(window, window_before(window, part.definitions)) for window in windows]
    before = {window: earlier for window, earlier in found if earlier is not None}
    picked = part.pick_scores([*windows, *before.values()], instrument)
    part.ask_windows(windows)
    numbers = [(part.window_number(window), part.window_number(earlier)) for window, earlier in before.items()]
    return in_two_windows.format(
        picked=picked, windows_before=_values("windows_before(number, number_before)", numbers)
    )


def _statements() -> list[str]:
    return sql_statements("outcome_sources.sql", "analysis.counts")


def _values(name: str, rows: list[tuple[int, int]]) -> str:
    return f"(VALUES {', '.join(map(str, rows))}) AS {name}"
