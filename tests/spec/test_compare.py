"""A comparison, drawn: each group against the reference, everybody in one group or the other, strata kept."""

import pytest

from analysis.estimate.comparisons import compare
from analysis.vocabulary.errors import CallError

# a: 3 women, 2 respond, and 1 man who does not. b: 1 woman who responds, 2 men, 1 responds. c: 1 man, no baseline.
PEOPLE = [
    ("a", "female", 5), ("a", "female", 5), ("a", "female", 18), ("a", "male", 18),
    ("b", "female", 5), ("b", "male", 5), ("b", "male", None),
]  # fmt: skip


@pytest.fixture
def cohort(cohort_of):
    sessions, scores, patients = ["patient_id|day|clinic_id"], ["patient_id|day|total"], ["patient_id|sex"]
    for number, (clinic, sex, total) in enumerate(PEOPLE):
        sessions.append(f"P{number}|0|{clinic}")
        scores.append(f"P{number}|0|20")
        scores += [f"P{number}|7|{total}"] if total is not None else []
        patients.append(f"P{number}|{sex}")
    sessions.append("P9|0|c")
    patients.append("P9|male")
    return cohort_of("\n".join(sessions), "\n".join(scores), "\n".join(patients))


def asked(cohort, **options):
    return compare(cohort, groups="clinic_id", instrument="PHQ-9", window="end of loading", **options)


def test_each_group_is_compared_with_the_reference(cohort, same):
    """2 of 4 v 2 of 3, the one who was not seen counting as not responded; clinic c has nobody who is eligible."""
    found = asked(cohort, reference="b")
    same(
        found.table[found.table["measure"] == "difference"],
        """
        clinic_id | reference | estimate | numerator | denominator | reference_numerator | reference_denominator
        a         | b         | -0.17    | 2         | 4           | 2                   | 3
        c         | b         |          | 0         | 0           | 2                   | 3
    """,
    )


def test_of_those_seen_the_denominator_is_smaller(cohort, same):
    found = asked(cohort, reference="b", denominator="observed")
    same(
        found.table[(found.table["measure"] == "ratio") & (found.table["clinic_id"] == "a")],
        """
        estimate | numerator | denominator | reference_numerator | reference_denominator | rate | reference_rate
        0.5      | 2         | 4           | 2                   | 2                     | 0.5  | 1
    """,
    )


def test_within_strata_and_standardised(cohort, same):
    """Women 2 of 3 v 1 of 1, men 0 of 1 v 1 of 2.

    Mantel-Haenszel: weights 3 x 1 / 4 and 1 x 2 / 3: (-1/3 x 0.75 - 1/2 x 0.6667) / 1.4167 = -0.41. Standardised to 4
    women and 3 men: (2/3 x 4 + 0) / 7 = 0.38 v (4 + 1.5) / 7 = 0.79, difference -0.40.
    """
    found = asked(cohort, reference="b", strata="sex", standardise="sex")
    shown = found.table[(found.table["measure"] == "difference") & (found.table["clinic_id"] == "a")]
    same(
        shown,
        """
        adjusted                       | estimate | rate | reference_rate
        none                           | -0.17    | 0.5  | 0.67
        Mantel-Haenszel over sex       | -0.41    |      |
        standardised to the sex of all | -0.4     | 0.38 | 0.79
    """,
    )


def test_the_balance_of_who_is_in_each_group(cohort, same):
    """3 of 4 v 1 of 3 are women: 0.4167 / sqrt((0.1875 + 0.2222) / 2) = 0.92."""
    found = asked(cohort, reference="b", strata="sex")
    same(
        found.balance,
        """
        clinic_id | covariate | level  | estimate | reference_estimate | standardised_difference | status
        a         | sex       | female | 0.75     | 0.33               | 0.92                    | ok
        a         | sex       | male   | 0.25     | 0.67               | -0.92                   | ok
        c         | sex       | female |          | 0.33               |                         | empty
        c         | sex       | male   |          | 0.67               |                         | empty
    """,
    )


def test_people_of_whom_the_group_is_not_known_are_compared_but_are_no_reference(cohort_of, same):
    cohort = cohort_of(
        "patient_id|day\nP1|0\nP2|0\nP3|0\nP4|0",
        "patient_id|day|total\nP1|0|20\nP2|0|20\nP3|0|20\nP4|0|20\nP4|7|5",
        "patient_id|sex\nP1|\nP2|\nP3|\nP4|male\n",
    )
    with pytest.raises(CallError, match="sex"):
        compare(cohort, groups="sex", instrument="PHQ-9", window="end of loading", reference="female")
    found = compare(cohort, groups="sex", instrument="PHQ-9", window="end of loading")
    same(
        found.table[found.table["measure"] == "difference"],
        """
        sex     | reference | estimate | numerator | denominator | reference_numerator | reference_denominator
        unknown | male      | -1       | 0         | 3           | 1                   | 1
    """,
    )
