"""What closed loading: the number of sessions, the limit of days, a gap, or the clinic's own label."""


def test_a_series_is_closed_by_its_8th_session_by_day_28_or_by_a_gap_of_11_days(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day
        eight      |   0
        eight      |   3
        eight      |   6
        eight      |   9
        eight      |  12
        eight      |  15
        eight      |  18
        eight      |  21
        seven      |   0
        seven      |   3
        seven      |   6
        seven      |   9
        seven      |  12
        seven      |  15
        seven      |  18
        day-16     |   0
        day-16     |   8
        day-16     |  16
        day-17     |   0
        day-17     |   8
        day-17     |  17
        single     |   0
    """)
    same(
        cohort.courses,
        """
        patient_id | loading_closes_course_day | loading_status | loading_reason
        eight      |                        21 | completed      | number of sessions
        seven      |                        28 | completed      | day limit
        day-16     |                        27 | stopped        | gap
        day-17     |                        28 | stopped        | day limit
        single     |                        11 | stopped        | gap
    """,
    )


def test_loading_that_has_not_closed_by_the_data_cut_is_open_because_of_it(cohort_of, same):
    sessions = """
        patient_id | day | date
        P1         |   0 | 2025-01-01
        P1         |   7 | 2025-01-08
    """
    same(cohort_of(sessions, data_cut="2025-01-18").courses, "loading_status | loading_reason\nopen | data cut")
    same(cohort_of(sessions, data_cut="2025-01-19").courses, "loading_status | loading_reason\nstopped | gap")


def test_the_label_of_the_product_is_closed_by_its_day_alone(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day | treatment  | route
        P1         |   0 | esketamine | intranasal
        P1         |  20 | esketamine | intranasal
    """)
    same(cohort.courses, "loading_status | loading_reason\nstopped | day limit")


def test_the_clinics_own_label_closes_by_its_first_maintenance_or_with_the_course_and_without_one_nothing_is_known(
    cohort_of, same
):
    cohort = cohort_of("""
        patient_id  | day | route | phase_recorded
        L-then-M    |   0 | oral  | loading
        L-then-M    |  30 | oral  | maintenance
        L-alone     |   0 | oral  | loading
        L-alone     |  30 | oral  | loading
        M-alone     |   0 | oral  |
        M-alone     |  30 | oral  | maintenance
        neither     |   0 | oral  |
    """)
    same(
        cohort.courses,
        """
        patient_id  | loading_closes_course_day | loading_status | loading_reason
        L-then-M    |                        30 | stopped        | maintenance label
        L-alone     |                       121 | stopped        | end of course
        M-alone     |                           | unknown        | no loading label
        neither     |                           | unknown        | no label
    """,
    )
