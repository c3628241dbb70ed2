"""How many people share the same outward facts: groups counted part by part, whole numbers that add."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.intake.dataset import Dataset


@dataclass(frozen=True)
class OutwardFact:
    """Something that others may know of a person: how it stands in the data, and coarser ways to give it.

    ``query`` and the queries of ``coarser`` are SQL over the columns of a person; missing is a value like others.
    """

    words: str
    query: str
    coarser: tuple[tuple[str, str], ...] = ()


LEFT_OUT = "left out"

FACTS = {
    "clinic_id": OutwardFact("the clinic", "clinic_id"),
    "start_year": OutwardFact(
        "the year of the first session", "start_year", (("two years together", "start_year // 2 * 2"),)
    ),
    "age": OutwardFact(
        "the age in years",
        "age",
        (("bands of five years", "age // 5 * 5"), ("bands of ten years", "age // 10 * 10")),
    ),
    "sex": OutwardFact("the sex", "sex"),
    "race_ethnicity": OutwardFact("race and ethnicity", "race_ethnicity"),
    "payer": OutwardFact("the payer", "payer"),
    "zip3": OutwardFact("the first three digits of the ZIP code", "zip3"),
    "session_days": OutwardFact(
        "the days between the sessions",
        "session_days",
        (("weeks between the sessions", "session_weeks"), ("the number of sessions", "session_count")),
    ),
}
"""What is looked at. The days of a person's sessions, even without a date, can be known to whoever drove them there."""

SENSITIVE = ("diagnosis", "outcome_of_care", "prior_ketamine")
"""What an attacker might learn."""

_PEOPLE = """
WITH visits AS (
    SELECT patient_id, arg_min(clinic_id, (day, sequence)) AS first_clinic, count(*) AS session_count,
        md5(string_agg(day, ' ' ORDER BY day, sequence)) AS session_days,
        md5(string_agg(day // 7, ' ' ORDER BY day, sequence)) AS session_weeks,
        min(year(date)) FILTER (day >= 0) AS first_year
    FROM sessions GROUP BY patient_id
),
everybody AS (SELECT patient_id FROM sessions UNION SELECT patient_id FROM patients)
SELECT coalesce(patients.clinic_id, first_clinic) AS clinic_id, coalesce(start_year, first_year) AS start_year, age,
    sex, race_ethnicity, payer, zip3, session_days, session_weeks, session_count, diagnosis, outcome_of_care,
    prior_ketamine
FROM everybody LEFT JOIN patients USING (patient_id) LEFT JOIN visits USING (patient_id)
"""


def count_alike(dataset: Dataset, *, facts: Sequence[str], sensitive: str) -> pd.DataFrame:
    """Count the people who share all facts, and the sensitive value.

    Parameters
    ----------
    dataset : Dataset
    facts : sequence of str
        Of `FACTS`.
    sensitive : str
        Of `SENSITIVE`.

    Returns
    -------
    DataFrame
        A column for each fact, and one named ``fact: way`` for each coarser way to give it, all as text, missing as
        ``unknown``; ``sensitive``, missing as NA; ``people``. It describes single people: for computing only.
    """
    columns = {name: FACTS[name].query for name in facts}
    columns |= {f"{name}: {way}": query for name in facts for way, query in FACTS[name].coarser}
    texts = ", ".join(f"coalesce(({query})::VARCHAR, 'unknown') AS \"{name}\"" for name, query in columns.items())
    query = f"SELECT {texts}, {sensitive}::VARCHAR AS sensitive, count(*) AS people FROM ({_PEOPLE}) GROUP BY ALL"
    counted = [part.connect().execute(query).df() for part in dataset.opened_parts()]
    together = pd.concat(counted, ignore_index=True)
    keys = [name for name in together.columns if name != "people"]
    return together.groupby(keys, dropna=False, sort=True)["people"].sum().reset_index()
