"""When a score was taken, seen from the sessions: before, after or between; and one score for each occasion."""

from collections import defaultdict
from collections.abc import Sequence

from analysis.intake.readers.fhir_common import Cells, Row
from analysis.intake.readers.fhir_sessions import Session
from analysis.intake.readers.fhir_values import Moment
from analysis.intake.readers.source_table import plain_text

EARLIER_ANSWER = "answered again later on the same occasion"
DAY_AFTER_HOURS = (12, 48)


def occasion_cells(when: Moment, sessions: Sequence[Session]) -> Cells:
    """Return the occasion of a score and, for one taken about a day later, the hours since the session began.

    Parameters
    ----------
    when : Moment
    sessions : sequence of Session
        The patient's given sessions in order; none when they are not among the files.

    Returns
    -------
    dict of str to str
        ``occasion`` is ``post`` when both times say that the day's first session had begun, otherwise ``pre`` on a day
        with a session and ``between`` on another; empty without any session. ``hours_after`` is given from 12 to 48.
    """
    today = [each for each in sessions if each.start.day == when.day]
    begun = [each.start.minutes_until(when) for each in today]
    occasion = "between" if sessions else ""
    if today:
        occasion = "post" if begun[0] is not None and begun[0] > 0 else "pre"
    since = [minutes for each in sessions if (minutes := each.start.minutes_until(when)) is not None and minutes >= 0]
    hours = round(min(since) / 60, 1) if since else 0
    first, last = DAY_AFTER_HOURS
    return {"occasion": occasion, "hours_after": plain_text(hours) if first <= hours <= last else ""}


def keep_last_answers(rows: Sequence[Row]) -> None:
    """Leave out the scores that are followed by another one of the same patient, day, instrument and occasion.

    Parameters
    ----------
    rows : sequence of Row
        In the order of the files, which decides where no times do.
    """
    same: defaultdict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if not row.reason and row.cells["instrument"] and row.cells["patient"]:
            same[tuple(row.cells[each] for each in ("patient", "date", "instrument", "occasion"))].append(row)
    for together in same.values():
        for row in sorted(together, key=lambda each: each.moment.time)[:-1]:
            row.reason = EARLIER_ANSWER
