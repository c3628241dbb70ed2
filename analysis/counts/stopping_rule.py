"""When treatment has stopped: one rule for times to an event and for states, looking at the past only.

- Without a session: from the day on which the last one is further back than a course may pause (the definitions'
  ``gap_days``; 90, so from the 91st day on). Sooner nobody can know: the next session may still come in time, and a
  date put back to the last session would tell on a day what only later days show.
- By the clinic's own record: from the day after the last day in care, when care was completed, stopped or transferred.
  That somebody is lost is noticed later, so it is no such record.
"""

CARE_ENDED = "outcome_of_care IN ('completed', 'stopped', 'transferred')"
"""In SQL: whether the clinic has recorded that care ended."""


def paused_from(last_day: str) -> str:
    """Say in SQL from which day on treatment has stopped without a record.

    Parameters
    ----------
    last_day : str
        The column of the last session's day.

    Returns
    -------
    str

    Examples
    --------
    >>> paused_from("last_day")
    '(last_day + $gap_days + 1)'
    """
    return f"({last_day} + $gap_days + 1)"
