"""Loading closes at the 8th session, on course day 28 or after 11 days without one: completed or stopped."""


def test_loading_closes_at_the_earliest_of_the_8th_session_day_28_and_11_days_without_one(cohort_of, same):
    cohort = cohort_of("""
        patient_id  | day
        eight       |   0
        eight       |   3
        eight       |   6
        eight       |   9
        eight       |  12
        eight       |  15
        eight       |  18
        eight       |  21
        seven       |   0
        seven       |   3
        seven       |   6
        seven       |   9
        seven       |  12
        seven       |  15
        seven       |  18
        to-day-16   |   0
        to-day-16   |   8
        to-day-16   |  16
        to-day-17   |   0
        to-day-17   |   8
        to-day-17   |  17
        to-day-18   |   0
        to-day-18   |   9
        to-day-18   |  18
        single      |   0
    """)
    same(
        cohort.courses,
        """
        patient_id | loading_sessions | loading_closes_course_day | loading_status
        eight      |                8 |                 21 | completed
        seven      |                7 |                 28 | completed
        to-day-16  |                3 |                 27 | stopped
        to-day-17  |                3 |                 28 | stopped
        to-day-18  |                3 |                 28 | stopped
        single     |                1 |                 11 | stopped
    """,
    )


def test_four_loading_sessions_complete_a_series_and_three_do_not(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day
        four       |   0
        four       |   3
        four       |   7
        four       |  10
        three      |   0
        three      |   3
        three      |   7
        late-4th   |   0
        late-4th   |   3
        late-4th   |   7
        late-4th   |  18
    """)
    same(
        cohort.courses,
        """
        patient_id | sessions | loading_sessions | last_loading_day | loading_closes_course_day | loading_status
        four       |        4 |                4 |               10 |                 21 | completed
        three      |        3 |                3 |                7 |                 18 | stopped
        late-4th   |        4 |                3 |                7 |                 18 | stopped
    """,
    )


def test_under_the_label_6_sessions_complete_loading_5_do_not_and_it_closes_on_day_28(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day | treatment  | route
        five       |   0 | esketamine | intranasal
        five       |   3 | esketamine | intranasal
        five       |   7 | esketamine | intranasal
        five       |  10 | esketamine | intranasal
        five       |  14 | esketamine | intranasal
        five       |  28 | esketamine | intranasal
        six        |   0 | esketamine | intranasal
        six        |   3 | esketamine | intranasal
        six        |   7 | esketamine | intranasal
        six        |  10 | esketamine | intranasal
        six        |  14 | esketamine | intranasal
        six        |  27 | esketamine | intranasal
    """)
    same(
        cohort.courses,
        """
        patient_id | loading_sessions | loading_closes_course_day | loading_status
        five       |                5 |                 28 | stopped
        six        |                6 |                 28 | completed
    """,
    )


def test_loading_is_open_until_its_closing_day_is_reached_by_the_data_cut(cohort_of, same):
    sessions = """
        patient_id | day | date
        P1         |   0 | 2026-01-01
        P1         |   3 | 2026-01-04
        P1         |   7 | 2026-01-08
        P1         |  10 | 2026-01-11
    """
    same(
        cohort_of(sessions, data_cut="2026-01-21").courses,
        """
        loading_closes_course_day | loading_status
                        21 | open
    """,
    )
    same(
        cohort_of(sessions, data_cut="2026-01-22").courses,
        """
        loading_closes_course_day | loading_status
                        21 | completed
    """,
    )


def test_the_8th_session_closes_loading_on_its_own_day(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day | date
        P1         |   0 | 2026-01-01
        P1         |   1 | 2026-01-02
        P1         |   2 | 2026-01-03
        P1         |   3 | 2026-01-04
        P1         |   4 | 2026-01-05
        P1         |   5 | 2026-01-06
        P1         |   6 | 2026-01-07
        P1         |   7 | 2026-01-08
        """,
        data_cut="2026-01-08",
    )
    same(
        cohort.courses,
        """
        loading_closes_course_day | loading_status
                         7 | completed
    """,
    )


def test_with_the_start_year_only_loading_is_open_as_if_treatment_had_started_on_31_december(cohort_of, same):
    tables = (
        "patient_id | day\n P1 | 0",
        "patient_id | day | total\n P1 | 0 | 20",
        "patient_id | start_year\n P1 | 2025",
    )
    same(cohort_of(*tables, data_cut="2026-01-10").courses, "loading_status \n open")
    same(cohort_of(*tables, data_cut="2026-01-11").courses, "loading_status \n stopped")


def test_without_dates_and_start_year_loading_counts_as_closed(cohort_of, same):
    cohort = cohort_of("patient_id | day\n P1 | 0", data_cut="2020")
    same(cohort.courses, "loading_status \n stopped")


def test_a_later_courses_loading_closes_in_its_own_course_days(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day
        P1         |   0
        P1         | 200
        P1         | 205
    """)
    same(
        cohort.courses,
        """
        course | first_day | loading_closes_course_day
             1 |         0 |                 11
             2 |       200 |                 16
    """,
    )


def test_recorded_loading_closes_at_the_first_maintenance_label_or_91_days_after_the_last_loading_label(
    cohort_of, same
):
    cohort = cohort_of("""
        patient_id | day | treatment | route | phase_recorded
        labelled   |   0 | ketamine  | oral  | loading
        labelled   |  10 | ketamine  | oral  | loading
        labelled   |  20 | ketamine  | oral  | loading
        labelled   |  30 | ketamine  | oral  | loading
        labelled   |  60 | ketamine  | oral  | maintenance
        labelled   |  70 | ketamine  | oral  | maintenance
        loading    |   0 | ketamine  | oral  | loading
        loading    |  50 | ketamine  | oral  | loading
        unlabelled |   0 | ketamine  | oral  |
    """)
    same(
        cohort.courses,
        """
        patient_id | last_loading_day | first_maintenance_day | loading_closes_course_day | loading_status
        labelled   |               30 |                    60 |                 60 | completed
        loading    |               50 |                       |                141 | stopped
        unlabelled |                  |                       |                    | unknown
    """,
    )
