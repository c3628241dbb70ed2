"""The windows, scales and measures of a report in words, each number taken from the definitions in force."""

from typing import Any

from analysis.cohort.windows import Window, parse_window
from analysis.report.content import Content
from analysis.report.scale_words import entry_words, remission_words
from analysis.vocabulary.definitions import Definitions
from analysis.vocabulary.instruments import Instrument
from analysis.vocabulary.measure_words import card_sections, filled_card
from analysis.vocabulary.measures import measure_card


def window_rows(content: Content) -> list[tuple[str, str, str]]:
    """Describe the windows of a report.

    Parameters
    ----------
    content : Content

    Returns
    -------
    list of (name, which score counts, day of the course on which it is over)
    """
    definitions = content.cohort.definitions
    rule = definitions.report
    names = [rule.headline_window, "end of loading"]
    if rule.sessions:
        names += ["after session 1", f"after session {rule.sessions}"]
    if rule.months:
        names += ["month 1 after loading", f"month {rule.months} after loading"]
    windows = [parse_window(name, definitions) for name in dict.fromkeys(names)]
    return [(window.name, _which_score(window, definitions), str(window.due_day)) for window in windows]


def _which_score(window: Window, definitions: Definitions) -> str:
    span, nearest = f"days {window.first} to {window.last}", f"the score nearest to day {window.nearest}"
    if window.kind == "session":
        return (
            f"the latest score before the next session, at most {window.last} days after it; everyone who started is "
            "due, also who had stopped by then"
        )
    if window.kind in {"end", "late"}:
        return f"{span} after the last loading session, {nearest}, not after the first maintenance session"
    if window.kind == "month":
        return f"{span} after the last loading session, {nearest}"
    if window.kind == "hours":
        recall = definitions.windows.hours_recall_days
        return f"{window.first} to {window.last} hours after the first session, looking back at most {recall} day"
    return f"{span} after the first session, {nearest}"


def scale_rows(content: Content) -> list[dict[str, str]]:
    """Describe the scales of a report.

    Parameters
    ----------
    content : Content

    Returns
    -------
    list of dict
        ``name, title, range, entry, remission, recall, missing, source`` and ``check``, which marks a scale whose
        numbers were not checked against the original publication.
    """
    scales = content.cohort.definitions.instruments
    return [_scale_row(scales[name]) for name in _scales(content)]


def _scales(content: Content) -> list[str]:
    names = {content.instrument.name}
    if "other_scales" in content.tables:
        names |= set(content.tables["other_scales"].frame["instrument"])
    return [name for name in content.cohort.definitions.report.instruments if name in names]


def _scale_row(scale: Instrument) -> dict[str, str]:
    return {
        "name": scale.name,
        "title": scale.title,
        "range": f"{scale.total_min} to {scale.total_max}, {scale.items} questions",
        "entry": entry_words(scale),
        "remission": remission_words(scale),
        "recall": f"{_recall(scale)}; {'by the person' if scale.rater == 'self' else 'by a clinician'}",
        "missing": f"up to {scale.missing_items_allowed}" if scale.missing_items_allowed else "none",
        "source": scale.source,
        "check": "" if scale.verified else "Not checked against the original publication.",
    }


def _recall(scale: Instrument) -> str:
    return "not fixed" if scale.recall_days is None else f"{scale.recall_days} days"


MEASURES_OF_TABLES = {
    "flow": ("flow-of-people", "baseline-recorded", "loading-completed"),
    "headline": ("response", "remission"),
    "by_session": ("response-by-session", "remission-by-session"),
    "mean_by_session": ("mean-score-by-session",),
    "by_maintenance": ("response-by-month", "remission-by-month"),
    "by_phase": ("completeness",),
    "assumptions": (),
    "trajectory": (),
}
"""Which measures stand in a table of the report; the other tables are breakdowns of the headline's."""


def measure_rows(content: Content) -> list[dict[str, Any]]:
    """Describe the measures of a report by their cards, with the numbers of the definitions in force.

    Parameters
    ----------
    content : Content

    Returns
    -------
    list of dict
        ``title``, ``label`` (name, version and hash) and ``sections`` (heading and text).
    """
    names = [name for table, shown in MEASURES_OF_TABLES.items() if table in content.tables for name in shown]
    definitions, scales = content.cohort.definitions, _scales(content)
    cards = [filled_card(measure_card(name), definitions, scales) for name in names]
    return [{"title": card.title, "label": card.label, "sections": card_sections(card)} for card in cards]
