"""A phase rule added in the dataset's definitions: its kind and limits, chosen by treatment and route."""

DAILY = """
name = "ours"
[[phase_rules]]
treatment = "tms"
routes = []
rule = "daily"
[phase_rule.daily]
kind = "series"
loading_sessions = 3
loading_days = 12
loading_gap = 4
completed_sessions = 2
"""

WEEKLY = """
name = "ours"
[[phase_rules]]
treatment = "psilocybin"
routes = ["oral"]
rule = "weekly"
[phase_rule.weekly]
kind = "label"
loading_days = 35
optimisation_days = 70
completed_sessions = 2
"""


def test_a_series_of_its_own_ends_by_its_own_number_day_and_gap(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day | treatment | route
        number     |   0 | tms       | none
        number     |   2 | tms       | none
        number     |   4 | tms       | none
        number     |   6 | tms       | none
        day        |   0 | tms       | none
        day        |   4 | tms       | none
        day        |  12 | tms       | none
        gap-4      |   0 | tms       | none
        gap-4      |   4 | tms       | none
        gap-5      |   0 | tms       | none
        gap-5      |   5 | tms       | none
        """,
        definitions=DAILY,
    )
    same(
        cohort.sessions,
        """
        patient_id | day | phase_rule | phase
        number     |   0 | daily      | loading
        number     |   2 | daily      | loading
        number     |   4 | daily      | loading
        number     |   6 | daily      | maintenance
        day        |   0 | daily      | loading
        day        |   4 | daily      | loading
        day        |  12 | daily      | maintenance
        gap-4      |   0 | daily      | loading
        gap-4      |   4 | daily      | loading
        gap-5      |   0 | daily      | loading
        gap-5      |   5 | daily      | maintenance
    """,
    )
    same(
        cohort.courses,
        """
        patient_id | loading_closes_course_day | loading_status | loading_reason
        number     |                         4 | completed      | number of sessions
        day        |                         9 | completed      | gap
        gap-4      |                         9 | completed      | gap
        gap-5      |                         5 | stopped        | gap
    """,
    )


def test_the_rules_of_the_package_stay_as_they_are_beside_it(cohort_of, same):
    sessions = """
        patient_id | day | treatment  | route
        K          |   0 | ketamine   | iv
        K          |   5 | ketamine   | iv
        K          |  10 | ketamine   | iv
        K          |  15 | ketamine   | iv
        E          |   0 | esketamine | intranasal
        E          |  27 | esketamine | intranasal
        T          |   0 | tms        | none
    """
    expected = """
        patient_id | phase_rule | loading_sessions | loading_closes_course_day | loading_status
        K          | series     |                4 |                        26 | completed
        E          | label      |                2 |                        28 | stopped
        T          | {rule} | {loading} | {closes} | {status}
    """
    with_rule = expected.format(rule="daily", loading=1, closes=5, status="stopped")
    without = expected.format(rule="recorded", loading=0, closes="", status="unknown")
    same(cohort_of(sessions, definitions=DAILY).courses, with_rule)
    same(cohort_of(sessions).courses, without)


def test_a_label_of_its_own_has_its_own_days_of_loading_and_optimisation(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day | treatment  | route
        P1         |   0 | psilocybin | oral
        P1         |  34 | psilocybin | oral
        P1         |  35 | psilocybin | oral
        P1         |  69 | psilocybin | oral
        P1         |  70 | psilocybin | oral
        """,
        definitions=WEEKLY,
    )
    same(
        cohort.sessions,
        """
        day | phase       | stage
          0 | loading     | loading
         34 | loading     | loading
         35 | maintenance | optimisation
         69 | maintenance | optimisation
         70 | maintenance | maintenance
    """,
    )
    same(cohort.courses, "loading_status | loading_reason\ncompleted | day limit")


def test_windows_after_loading_close_later_where_an_added_rule_lets_loading_last_longer(cohort_of, same):
    """Day 28 + 14 for the rules of the package; day 35 + 14 where loading may last 35 days."""
    sessions = """
        patient_id | day | treatment  | route      | date
        K          |   0 | ketamine   | iv         | 2025-01-01
        P          |   0 | psilocybin | oral       | 2025-01-01
    """

    def started(data_cut):
        from analysis.estimate.rates import response_rates

        cohort = cohort_of(sessions, data_cut=data_cut, definitions=WEEKLY)
        return response_rates(cohort, instrument="PHQ-9", window="end of loading", by="clinic_id")

    same(started("2025-02-12"), "clinic_id | started\nK | 1\nP | 0")  # course day 42
    same(started("2025-02-18"), "clinic_id | started\nK | 1\nP | 0")  # course day 48
    same(started("2025-02-19"), "clinic_id | started\nK | 1\nP | 1")  # course day 49
