"""What rates can be grouped by, in SQL: of a course's first session, of the patient, the baseline, the window."""

from collections.abc import Collection, Sequence

from analysis.cohort.cohort import Cohort
from analysis.vocabulary.definitions import Definitions
from analysis.vocabulary.errors import CallError, nearest_name

# The day at which a window looks at the course.
_DAY = (
    "(CASE window_kind WHEN 'month' THEN last_loading_day + nearest WHEN 'session' THEN {of}first_day + by_day "
    "ELSE {of}first_day + nearest END)"
)

GROUPS = {
    "clinic_id": "{of}clinic_id",
    "route": "{of}route",
    "treatment": "{of}treatment",
    "payer": "{of}payer",
    "diagnosis": "{of}diagnosis",
    "sex": "{of}sex",
    "age_band": "{of}age_band",
    "race_ethnicity": "{of}race_ethnicity",
    "failed_trials_band": "CASE WHEN {of}failed_trials <= 1 THEN '0 or 1' WHEN {of}failed_trials = 2 THEN '2' "
    "WHEN {of}failed_trials <= 4 THEN '3 or 4' WHEN {of}failed_trials >= 5 THEN '5 and over' END",
    # The columns of the baseline have names of their own: inside, the outer patient and course must be seen.
    "baseline_severity": "(SELECT {bands} FROM (SELECT patient AS of_patient, course AS of_course, "
    "baseline_sum AS total, baseline_n AS n FROM baselines WHERE scale = {scale}) "
    "WHERE of_patient = {of}patient AND of_course = {of}course)",
    "course_kind": "{of}kind",
    "quarter": "CASE WHEN {of}due_basis = 'date' "
    "THEN year({of}due_from)::VARCHAR || 'Q' || quarter({of}due_from)::VARCHAR END",
    "loading_status": "{of}loading_status",
    "maintenance": "CASE WHEN window_kind = 'month' "
    "AND coalesce(first_maintenance_day < last_loading_day + nearest, false) THEN 'given' ELSE 'not given' END",
    "phase": "CASE WHEN last_loading_day IS NULL AND first_maintenance_day IS NULL THEN NULL "
    "WHEN window_kind = 'session' AND session_number <= last_loading_number THEN 'loading' "
    "WHEN window_kind = 'session' AND session_number <= sessions THEN 'maintenance' "
    f"WHEN {_DAY} IS NULL THEN NULL WHEN first_maintenance_day < {_DAY} THEN 'maintenance' "
    f"WHEN {_DAY} <= last_loading_day THEN 'loading' ELSE 'after loading' END",
}
"""What rates can be grouped by.

``failed_trials_band``: adequate antidepressant trials before treatment. ``baseline_severity``: the instrument's own
bands of the baseline. ``quarter``: the calendar quarter of the course's first session. ``maintenance``:
whether a maintenance session came before the window's middle day. ``phase``: of the session that an ``after session k``
window follows, else in what phase the course was in the middle of the window; ``after loading`` is loading over and
maintenance not begun.
"""

WINDOW_GROUPS = ("maintenance", "phase")
"""Groups in which a person can change from window to window."""

_PHASED = ("session", "day", "by", "month")


def groups_in_sql(by: Sequence[str], part: Cohort, instrument: str, *, of: str = "") -> str:
    """Write the columns ``group_NAME`` of some groups, each after a comma, for a list of columns in SQL.

    Parameters
    ----------
    by : sequence of str
        From `GROUPS`.
    part, instrument, of
        As in `group_column`.

    Returns
    -------
    str
    """
    return "".join(f", {group_column(name, part, instrument, of=of)} AS group_{name}" for name in by)


def group_column(name: str, part: Cohort, instrument: str, *, of: str = "") -> str:
    """Write what makes a group, in SQL.

    Parameters
    ----------
    name : str
        From `GROUPS`.
    part : Cohort
    instrument : str
        Whose baseline is meant.
    of : str
        What stands before the columns of ``courses``, such as ``courses.``.

    Returns
    -------
    str
        A text; ``unknown`` where there is none.
    """
    bands = scale = ""
    if name == "baseline_severity":
        known = part.definitions.instruments[instrument].severity
        quoted = [(score, words.replace("'", "''")) for score, words in reversed(known)]
        rising = [f"WHEN total >= {score} * n THEN '{words}'" for score, words in quoted]
        bands, scale = f"CASE {' '.join(rising)} END", str(part.scale_number(instrument))
    return f"coalesce({GROUPS[name].format(of=of, bands=bands, scale=scale)}::VARCHAR, 'unknown')"


def fixed_levels(name: str, instrument: str, definitions: Definitions) -> tuple[str, ...]:
    """List the levels that a group has whoever is in the data, in their order; none where the data say.

    Parameters
    ----------
    name : str
        From `GROUPS`.
    instrument : str
    definitions : Definitions

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from analysis.vocabulary.definitions import default_definitions
    >>> fixed_levels("baseline_severity", "GAD-7", default_definitions())
    ('minimal', 'mild', 'moderate', 'severe')
    """
    if name == "baseline_severity":
        return tuple(words for _, words in definitions.instruments[instrument].severity)
    return {"maintenance": ("given", "not given"), "phase": ("loading", "after loading", "maintenance", "unknown")}.get(
        name, ()
    )


def checked_groups(by: str | Sequence[str], known: Collection[str]) -> tuple[str, ...]:
    """Check the names of groups against those there are.

    Parameters
    ----------
    by : str or sequence of str
    known : collection of str

    Returns
    -------
    tuple of str

    Raises
    ------
    CallError
        Naming the group that is unknown or named twice.

    Examples
    --------
    >>> checked_groups(("sex", "payer"), ["sex", "payer"])
    ('sex', 'payer')
    """
    groups = (by,) if isinstance(by, str) else tuple(by)
    for name in groups:
        if name not in known:
            raise CallError(f"by: '{name}' is unknown.{nearest_name(name, list(known))} There are: {', '.join(known)}.")
    if len(set(groups)) < len(groups):
        raise CallError("by: a group is named twice.")
    return groups


def refuse_groups(groups: tuple[str, ...], instrument: str, kinds: set[str], definitions: Definitions) -> None:
    """Stop where a group has no meaning for an instrument or for windows of some kinds.

    Parameters
    ----------
    groups : tuple of str
        From `GROUPS`.
    instrument : str
    kinds : set of str
        Of the windows.
    definitions : Definitions

    Raises
    ------
    CallError
    """
    if "maintenance" in groups and kinds != {"month"}:
        raise CallError("by: 'maintenance' goes with the windows 'month m after loading' only.")
    if "phase" in groups and not kinds <= set(_PHASED):
        raise CallError(
            "by: 'phase' goes with the windows 'after session k', 'day d +- w', 'by day d' and 'month m after loading' "
            "only; the others have one phase by what they are."
        )
    if "baseline_severity" in groups and not definitions.instruments[instrument].severity:
        raise CallError(f"by: the definitions hold no bands of severity for {instrument}.")
