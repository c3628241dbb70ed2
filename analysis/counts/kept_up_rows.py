"""Rows of people in response at the end of loading: sessions, assessments and ends after it, by one query of each part.

Weights that depend on each person's own history cannot be made of counts, so these are rows. Only the columns needed
are read, and no more people than can be laid out day by day.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import definition_values, run_statement, sql_statements
from analysis.counts.follow_up_tally import end_in_sql, followed_query, time_in_sql
from analysis.counts.groups import groups_in_sql
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.relapse_rule import RelapseRule

MOST_PERSON_DAYS = 20_000_000
"""People times days that are laid out at once; about a gigabyte."""


@dataclass(frozen=True, eq=False)
class KeptUpRows:
    """People from a response at the end of loading on, in the order of their ids; days count from that score.

    Attributes
    ----------
    people : DataFrame
        ``patient_id, day`` (the last day followed), ``value`` (the day of the last session before, negative),
        ``ending`` (``event``, ``died``, ``censored``) and the groups.
    sessions : DataFrame
        ``person`` (the row in ``people``) and ``day`` of each day with a session.
    scores : DataFrame
        ``person, day, value``: 3 not in response, 4 to 7 in response by more and more.
    """

    people: pd.DataFrame
    sessions: pd.DataFrame
    scores: pd.DataFrame


def read_kept_up(
    cohort: Cohort, *, event: str, instrument: str, until: int, rule: RelapseRule, groups: Sequence[str] = ()
) -> KeptUpRows:
    """Read the rows, one query for each partition.

    Parameters
    ----------
    cohort : Cohort
    event : str
        An event whose origin is the response at the end of loading.
    instrument : str
    until : int
        The last day; who is followed longer is censored on it.
    rule : RelapseRule
    groups : sequence of str
        Names of `GROUPS`, of the course's first session or the patient.

    Returns
    -------
    KeptUpRows

    Raises
    ------
    CallError
        When the people times the days are more than `MOST_PERSON_DAYS`.
    """
    pieces, people = [], 0
    for part in cohort.parts():
        pieces.append(_read(part, event=event, instrument=instrument, until=until, rule=rule, groups=groups))
        people += int((pieces[-1]["kind"] == "person").sum())
        if people * (until + 1) > MOST_PERSON_DAYS:
            raise CallError(
                f"until: more than {MOST_PERSON_DAYS:,} person-days; ask for fewer days, or for one clinic's dataset."
            )
    rows = pd.concat(pieces, ignore_index=True)
    persons = rows[rows["kind"] == "person"].sort_values("patient_id", ignore_index=True)
    place = pd.Index(persons["patient_id"]).get_indexer(pd.Index(rows["patient_id"]))
    rows = rows.assign(person=place).sort_values(["person", "day"], ignore_index=True)
    return KeptUpRows(
        persons[["patient_id", "day", "value", "ending", *groups]].astype({"day": "int64", "value": "int64"}),
        rows.loc[rows["kind"] == "session", ["person", "day"]].astype("int64").reset_index(drop=True),
        rows.loc[rows["kind"] == "score", ["person", "day", "value"]].astype("int64").reset_index(drop=True),
    )


def _read(
    part: Cohort, *, event: str, instrument: str, until: int, rule: RelapseRule, groups: Sequence[str]
) -> pd.DataFrame:
    (statement,) = sql_statements("kept_up.sql", "analysis.counts")
    query = statement.format(
        followed=followed_query(part, event, instrument, rule, first_course=False),
        ending=end_in_sql("treatment-policy"),
        time=time_in_sql("day", "treatment-policy"),
        scale=part.scale_number(instrument),
        groups=groups_in_sql(groups, part, instrument, of="followed."),
        listed="".join(f", group_{name} AS {name}" for name in groups),
        empty=", NULL" * len(groups),
    )
    values = definition_values(part.definitions) | {
        "data_cut": part.dataset.data_cut,
        "known_days": rule.known_days,
        "relapse_events": list(rule.events),
        "until": until,
    }
    return run_statement(part.connection, query, values).df()
