"""Phases: loading and maintenance by a named rule, looking only at the past."""


def test_the_8th_session_is_loading_and_the_9th_is_maintenance(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day
        P1         |   0
        P1         |   2
        P1         |   4
        P1         |   6
        P1         |   8
        P1         |  10
        P1         |  12
        P1         |  14
        P1         |  16
        P1         |  18
    """)
    same(
        cohort.sessions,
        """
        day | session_number | phase
          0 |              1 | loading
          2 |              2 | loading
          4 |              3 | loading
          6 |              4 | loading
          8 |              5 | loading
         10 |              6 | loading
         12 |              7 | loading
         14 |              8 | loading
         16 |              9 | maintenance
         18 |             10 | maintenance
    """,
    )


def test_a_session_on_course_day_27_is_loading_and_one_on_course_day_28_is_maintenance(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day
        day-27     |   0
        day-27     |   9
        day-27     |  18
        day-27     |  27
        day-28     |   0
        day-28     |   9
        day-28     |  18
        day-28     |  28
    """)
    same(
        cohort.sessions,
        """
        patient_id | day | phase
        day-27     |   0 | loading
        day-27     |   9 | loading
        day-27     |  18 | loading
        day-27     |  27 | loading
        day-28     |   0 | loading
        day-28     |   9 | loading
        day-28     |  18 | loading
        day-28     |  28 | maintenance
    """,
    )


def test_a_gap_of_10_days_stays_in_loading_and_one_of_11_ends_it_for_good(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day
        gap-10     |   0
        gap-10     |  10
        gap-10     |  13
        gap-11     |   0
        gap-11     |  11
        gap-11     |  14
    """)
    same(
        cohort.sessions,
        """
        patient_id | day | phase
        gap-10     |   0 | loading
        gap-10     |  10 | loading
        gap-10     |  13 | loading
        gap-11     |   0 | loading
        gap-11     |  11 | maintenance
        gap-11     |  14 | maintenance
    """,
    )


def test_every_course_starts_its_own_loading(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day
        P1         |   0
        P1         |  20
        P1         | 120
        P1         | 123
        P1         | 150
    """)
    same(
        cohort.sessions,
        """
        day | course | course_day | phase
          0 |      1 |          0 | loading
         20 |      1 |         20 | maintenance
        120 |      2 |          0 | loading
        123 |      2 |          3 | loading
        150 |      2 |         30 | maintenance
    """,
    )


def test_intranasal_esketamine_is_loading_to_day_27_optimisation_to_day_55_then_maintenance(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day | treatment  | route
        P1         |   0 | esketamine | intranasal
        P1         |  27 | esketamine | intranasal
        P1         |  28 | esketamine | intranasal
        P1         |  55 | esketamine | intranasal
        P1         |  56 | esketamine | intranasal
    """)
    same(
        cohort.courses,
        """
        phase_rule | loading_sessions | maintenance_sessions
        label      |                2 |                    3
    """,
    )
    same(
        cohort.sessions,
        """
        day | phase       | stage
          0 | loading     | loading
         27 | loading     | loading
         28 | maintenance | optimisation
         55 | maintenance | optimisation
         56 | maintenance | maintenance
    """,
    )


def test_under_the_label_the_9th_session_within_28_days_is_still_loading(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day | treatment  | route
        P1         |   0 | esketamine | intranasal
        P1         |   3 | esketamine | intranasal
        P1         |   6 | esketamine | intranasal
        P1         |   9 | esketamine | intranasal
        P1         |  12 | esketamine | intranasal
        P1         |  15 | esketamine | intranasal
        P1         |  18 | esketamine | intranasal
        P1         |  21 | esketamine | intranasal
        P1         |  24 | esketamine | intranasal
    """)
    same(
        cohort.courses,
        """
        loading_sessions | maintenance_sessions | last_loading_day | first_maintenance_day
                       9 |                    0 |               24 |
    """,
    )


def test_the_phase_rule_is_chosen_by_the_first_session_of_the_course(cohort_of, same):
    cohort = cohort_of("""
        patient_id         | day | treatment  | route
        ketamineiv         |   0 | ketamine   | iv
        ketamineim         |   0 | ketamine   | im
        ketaminesc         |   0 | ketamine   | sc
        ketaminenasal      |   0 | ketamine   | intranasal
        ketaminelozenge    |   0 | ketamine   | sublingual
        ketamineoral       |   0 | ketamine   | oral
        ketamineunknown    |   0 | ketamine   |
        placebo            |   0 | placebo    | iv
        esketaminenasal    |   0 | esketamine | intranasal
        esketamineiv       |   0 | esketamine | iv
        psilocybin         |   0 | psilocybin | oral
        ect                |   0 | ect        | none
        ivthenoral         |   0 | ketamine   | iv
        ivthenoral         |   3 | ketamine   | oral
        oraltheniv         |   0 | ketamine   | oral
        oraltheniv         |   3 | ketamine   | iv
    """)
    same(
        cohort.courses,
        """
        patient_id       | phase_rule | loading_sessions
        ketamineiv       | series     |                1
        ketamineim       | series     |                1
        ketaminesc       | series     |                1
        ketaminenasal    | series     |                1
        ketaminelozenge  | series     |                1
        ketamineoral     | recorded   |                0
        ketamineunknown  | recorded   |                0
        placebo          | series     |                1
        esketaminenasal  | label      |                1
        esketamineiv     | recorded   |                0
        psilocybin       | recorded   |                0
        ect              | recorded   |                0
        ivthenoral       | series     |                2
        oraltheniv       | recorded   |                0
    """,
    )


def test_where_the_rule_is_recorded_the_clinics_own_label_is_the_phase_and_without_it_the_phase_is_unknown(
    cohort_of, same
):
    cohort = cohort_of("""
        patient_id | day | treatment | route | phase_recorded
        P1         |   0 | ketamine  | oral  | loading
        P1         |  30 | ketamine  | oral  | loading
        P1         |  40 | ketamine  | oral  |
        P1         |  50 | ketamine  | oral  | maintenance
    """)
    same(
        cohort.sessions,
        """
        day | phase
          0 | loading
         30 | loading
         40 | unknown
         50 | maintenance
    """,
    )


def test_where_a_rule_exists_the_clinics_own_label_does_not_change_the_phase(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day | phase_recorded
        P1         |   0 | maintenance
        P1         |   3 |
        P1         |  20 | loading
    """)
    same(
        cohort.sessions,
        """
        day | phase
          0 | loading
          3 | loading
         20 | maintenance
    """,
    )


def test_the_third_maintenance_session_within_10_days_is_re_loading(cohort_of, same):
    cohort = cohort_of("""
        patient_id  | day
        tendays     |   0
        tendays     |  40
        tendays     |  47
        tendays     |  50
        tendays     |  80
        elevendays  |   0
        elevendays  |  40
        elevendays  |  47
        elevendays  |  51
    """)
    same(
        cohort.sessions,
        """
        patient_id  | day | stage
        tendays     |   0 | loading
        tendays     |  40 | maintenance
        tendays     |  47 | maintenance
        tendays     |  50 | re-loading
        tendays     |  80 | maintenance
        elevendays  |   0 | loading
        elevendays  |  40 | maintenance
        elevendays  |  47 | maintenance
        elevendays  |  51 | maintenance
    """,
    )


def test_loading_sessions_do_not_count_towards_re_loading(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day
        P1         |   0
        P1         |   9
        P1         |  18
        P1         |  26
        P1         |  28
        P1         |  30
        P1         |  32
    """)
    same(
        cohort.sessions,
        """
        day | stage
          0 | loading
          9 | loading
         18 | loading
         26 | loading
         28 | maintenance
         30 | maintenance
         32 | re-loading
    """,
    )


def test_re_loading_takes_the_place_of_optimisation_too(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day | treatment  | route
        P1         |   0 | esketamine | intranasal
        P1         |  30 | esketamine | intranasal
        P1         |  34 | esketamine | intranasal
        P1         |  38 | esketamine | intranasal
    """)
    same(
        cohort.sessions,
        """
        day | stage
          0 | loading
         30 | optimisation
         34 | optimisation
         38 | re-loading
    """,
    )


def test_a_later_session_never_changes_the_phase_of_an_earlier_one(cohort_of, same):
    sessions = """
        patient_id | day
        P1         |   0
        P1         |   3
        P1         |  20
        P1         |  24
    """
    known_then = """
        day | phase       | stage
          0 | loading     | loading
          3 | loading     | loading
         20 | maintenance | maintenance
         24 | maintenance | maintenance
    """
    same(cohort_of(sessions).sessions, known_then)
    later = cohort_of(sessions + "P1 | 26\n P1 | 28").sessions
    same(later[later["day"] <= 24], known_then)


def test_two_sessions_of_one_day_both_count_towards_the_8(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day | sequence
        P1         |   0 |        1
        P1         |   0 |        2
        P1         |   4 |        1
        P1         |   4 |        2
        P1         |   8 |        1
        P1         |   8 |        2
        P1         |  12 |        1
        P1         |  12 |        2
        P1         |  12 |        3
    """)
    same(
        cohort.courses,
        """
        loading_sessions | maintenance_sessions | last_loading_day | first_maintenance_day
                       8 |                    1 |               12 |                    12
    """,
    )
