"""The visits of the imputation model: the windows asked about, and earlier ones whose scores help."""

from collections.abc import Sequence

from analysis.cohort.windows import Window, parse_window
from analysis.vocabulary.definitions import Definitions
from analysis.vocabulary.errors import CallError

HELPING_WINDOWS = (
    "after session 1",
    "after session 3",
    "end of loading",
    "month 1 after loading",
    "month 2 after loading",
    "month 3 after loading",
    "month 6 after loading",
    "month 9 after loading",
)
"""Windows whose scores help to impute later ones."""

MOST_HELPING = 3
MOST_VISITS = 12


def usual_day(window: Window, definitions: Definitions) -> float:
    """Say on which course day a window usually is: what puts windows in order of time.

    Parameters
    ----------
    window : Window
    definitions : Definitions

    Returns
    -------
    float
        Sessions count as two a week, and the end of loading from its latest day.

    Examples
    --------
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> rules = default_definitions()
    >>> names = ["month 1 after loading", "end of loading", "24 h", "after session 3", "day 28 +- 7"]
    >>> sorted(names, key=lambda name: usual_day(parse_window(name, rules), rules))
    ['24 h', 'after session 3', 'day 28 +- 7', 'end of loading', 'month 1 after loading']
    """
    if window.kind == "session" and window.session_number is not None:
        return 3.5 * window.session_number
    if window.kind == "hours":
        return 1.0
    after_loading = window.kind in {"end", "late", "month"}
    return float(window.nearest + (definitions.series.loading_days - 1 if after_loading else 0))


def model_visits(
    asked: Sequence[Window], helped_by: Sequence[str] | None, definitions: Definitions
) -> tuple[Window, ...]:
    """Put the windows asked about and those that help in order of time.

    Parameters
    ----------
    asked : sequence of Window
    helped_by : sequence of str, optional
        Windows whose scores help; the last three of `HELPING_WINDOWS` before the last window asked about when left out.
    definitions : Definitions

    Returns
    -------
    tuple of Window

    Raises
    ------
    CallError
        For too many windows, or the baseline, which helps always.

    Examples
    --------
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> rules = default_definitions()
    >>> [visit.name for visit in model_visits([parse_window("end of loading", rules)], None, rules)]
    ['after session 1', 'after session 3', 'end of loading']
    """
    last = max(usual_day(window, definitions) for window in asked)
    if helped_by is None:
        known = [parse_window(name, definitions) for name in HELPING_WINDOWS]
        before = [window for window in known if window not in asked and usual_day(window, definitions) < last]
        helping = before[-MOST_HELPING:]
    else:
        helping = [parse_window(name, definitions) for name in helped_by]
    windows = list(dict.fromkeys([*asked, *helping]))
    if any(window.kind == "baseline" for window in windows):
        raise CallError("helped_by: the baseline helps always; leave it out.")
    if len(windows) > MOST_VISITS:
        raise CallError(f"window: imputation takes up to {MOST_VISITS} windows together, those that help included.")
    return tuple(sorted(windows, key=lambda window: usual_day(window, definitions)))
