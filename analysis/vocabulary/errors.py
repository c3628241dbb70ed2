"""The errors a user meets: one clear sentence each, and the exit code the command line gives for it.

A message names what is wrong, where (table, column, row number) and what to do. It never holds a patient's value.
"""

import difflib


class OutcomesError(Exception):
    """Any problem that a user of the package can mend."""

    exit_code = 1


class DataError(OutcomesError):
    """The data cannot be used as it is (exit code 1)."""

    exit_code = 1


class CallError(OutcomesError):
    """The call is wrong: an unknown option, name or path (exit code 2)."""

    exit_code = 2


class NotDueError(OutcomesError):
    """What is asked for is not over yet (exit code 3)."""

    exit_code = 3


class DisclosureError(OutcomesError):
    """The result must not leave in this form (exit code 4)."""

    exit_code = 4


def nearest_name(name: str, known: list[str]) -> str:
    """Say which known name was probably meant.

    Parameters
    ----------
    name : str
        The name that was given.
    known : list of str
        The names there are.

    Returns
    -------
    str
        `` Did you mean 'x'?`` with a leading space, or an empty text.

    Examples
    --------
    >>> nearest_name("totl", ["total", "day"])
    " Did you mean 'total'?"
    """
    close = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean '{close[0]}'?" if close else ""
