"""Windows: in which days a score counts, which of several is taken, and when the window is due.

Every window closes for everyone on the same course day, whatever treatment they had, so that being due says nothing
about how somebody fared:

- ``end of loading`` (and ``end of loading, late``): loading ends on course day 27 at the latest.
- ``after session 3``: the latest score before the next session, at most 14 days after. Sessions 1 to 8 count when given
  by course day 56 (weekly treatment is the slowest that counts), a later session k by day 7k; so that all of the first
  eight describe the same starters.
- ``month 3 after loading``: counted from the last loading session, due as for the latest possible one.
- ``day 28 +- 7``, ``by day 7`` (the latest score from day 1 to that day), ``24 h``: counted from the first session of
  the course.
- ``baseline``: the baseline itself, due with the first sessions so that it describes the same people.
"""

import re
from dataclasses import dataclass

from analysis.vocabulary.definitions import Definitions
from analysis.vocabulary.errors import CallError


@dataclass(frozen=True)
class Window:
    """Days (or hours, for ``24 h``) after an anchor; ``due_day`` is the course day on which the window has closed."""

    name: str
    kind: str
    first: int
    last: int
    nearest: int
    due_day: int
    session_number: int | None = None
    by_day: int | None = None


def parse_window(name: str, definitions: Definitions) -> Window:  # noqa: PLR0911 - one return for each kind
    """Read a window's name.

    Parameters
    ----------
    name : str
        ``end of loading``, ``end of loading, late``, ``after session 3``, ``month 3 after loading``, ``day 28 +- 7``,
        ``by day 7``, ``24 h`` or ``baseline``.
    definitions : Definitions
        Where the days come from.

    Returns
    -------
    Window

    Raises
    ------
    CallError
        When the name is none of these.

    Examples
    --------
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> window = parse_window("month 3 after loading", default_definitions())
    >>> window.first, window.last, window.nearest, window.due_day
    (76, 105, 90, 133)
    """
    rule = definitions.windows
    session_days = rule.session_days
    first_sessions_by = max(
        definitions.series.loading_days - 1, rule.session_by_day_each * definitions.series.loading_sessions
    )
    longest_loading = max(definitions.series.loading_days, definitions.label_rule.loading_days) - 1
    text = " ".join(name.replace("±", "+-").split())

    def after_loading(kind: str, first: int, last: int, nearest: int) -> Window:
        return Window(text, kind, first, last, nearest, longest_loading + last + 1)

    if text == "baseline":
        return Window(text, "baseline", 0, 0, 0, first_sessions_by + session_days + 1)
    if text == "end of loading":
        return after_loading("end", rule.end_first, rule.end_last, rule.end_nearest)
    if text == "end of loading, late":
        return after_loading("late", rule.late_first, rule.late_last, rule.late_nearest)
    if text == "24 h":
        due = rule.hours_last // 24 + 2
        return Window(text, "hours", rule.hours_first, rule.hours_last, 24, due)
    if match := re.fullmatch(r"after session (\d+)", text):
        k = int(match[1])
        by_day = max(first_sessions_by, rule.session_by_day_each * k)
        if k >= 1:
            due = by_day + session_days + 1
            return Window(f"after session {k}", "session", 0, session_days, session_days, due, k, by_day)
    if match := re.fullmatch(r"month (\d+) after loading", text):
        middle = rule.month_days * int(match[1])
        if 1 <= int(match[1]) <= 12:
            text = f"month {int(match[1])} after loading"
            return after_loading("month", middle - rule.month_before, middle + rule.month_after, middle)
    if match := re.fullmatch(r"day (\d+) ?\+- ?(\d+)", text):
        day, around = int(match[1]), int(match[2])
        return Window(f"day {day} +- {around}", "day", day - around, day + around, day, day + around + 1)
    if (match := re.fullmatch(r"by day (\d+)", text)) and int(match[1]) >= 1:
        day = int(match[1])
        return Window(f"by day {day}", "by", 1, day, day, day + 1)
    raise CallError(
        f"'{name}' is not a window. Write: end of loading; end of loading, late; after session 3; "
        "month 3 after loading (1 to 12); day 28 +- 7; by day 7; 24 h; and, for mean scores, baseline."
    )


def window_before(window: Window, definitions: Definitions) -> Window | None:
    """Return the window before a month after loading: the month before, or the end of loading before the first.

    Parameters
    ----------
    window : Window
    definitions : Definitions

    Returns
    -------
    Window or None
        None for every other window.

    Examples
    --------
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> rules = default_definitions()
    >>> window_before(parse_window("month 3 after loading", rules), rules).name
    'month 2 after loading'
    >>> window_before(parse_window("month 1 after loading", rules), rules).name
    'end of loading'
    """
    if window.kind != "month":
        return None
    month = window.nearest // definitions.windows.month_days
    return parse_window(f"month {month - 1} after loading" if month > 1 else "end of loading", definitions)
