"""The derived tables: where each stands in DuckDB, its columns and order, and the types of its data frame."""

import pandas as pd

OUTCOME_COLUMNS = (
    "patient_id, course, instrument, day, occasion, total, course_day, session_number, phase, stage, baseline, "
    "eligible, change, percent_change, response, remission, partial_response, reliable_improvement, "
    "reliable_deterioration, worsening, hours_after, recall_days, rater, items_answered, prorated"
)

DERIVED = {
    "courses": ("courses", "* EXCLUDE (patient, last_loading_number, most_days)", "patient_id, course"),
    "sessions": ("derived_sessions", "*", "patient_id, day, sequence"),
    "maintenance": ("course_maintenance", "* EXCLUDE (patient)", "patient_id, course"),
    "outcomes": ("outcomes", OUTCOME_COLUMNS, "patient_id, instrument, day, occasion_order"),
}
"""Name: the table in DuckDB, its columns, and their order."""

WRITTEN = ("courses", "sessions", "outcomes")
"""What goes into files; maintenance follows from the sessions and is worked out only when asked for."""


def nullable(frame: pd.DataFrame) -> pd.DataFrame:
    """Give every column the one type that can hold a missing value, whatever the rows at hand.

    Parameters
    ----------
    frame : DataFrame

    Returns
    -------
    DataFrame
        Whole numbers as ``Int64``, true / false / unknown as ``boolean``, other numbers as ``float64``, dates as
        ``datetime64``, the rest as text.
    """
    kinds = {}
    for name, kind in frame.dtypes.items():
        if pd.api.types.is_bool_dtype(kind):
            kinds[name] = "boolean"
        elif pd.api.types.is_integer_dtype(kind):
            kinds[name] = "Int64"
        elif pd.api.types.is_float_dtype(kind):
            kinds[name] = "float64"
        elif not pd.api.types.is_datetime64_any_dtype(kind):
            kinds[name] = "str"
    return frame.astype(kinds)
