"""Every scale at its boundaries: from a form to the total that is used, or the reason for which it is set aside.

`answers` are the answers to items 1, 2, 3 ..., one character each, `.` for one that is missing; `total` is the total
that the form itself gives. What stands right of them is expected.
"""

import duckdb
from drawn_tables import read_drawn

from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.scoring import scoring_sql


def check_forms(text: str) -> None:
    """Check that each drawn form is scored as its own row says."""
    rows = read_drawn(text)
    con = duckdb.connect()
    items = ", ".join(f"item_{number} INTEGER" for number in range(1, 24))
    con.execute(f"CREATE TABLE forms (row INTEGER, instrument VARCHAR, total INTEGER, {items})")
    for place, row in enumerate(rows):
        answers = [None if answer == "." else int(answer) for answer in row["answers"].ljust(23, ".")]
        cells = [place, row["instrument"], int(row["total"]) if row["total"] else None, *answers]
        con.execute(f"INSERT INTO forms VALUES ({', '.join('?' * len(cells))})", cells)
    query = scoring_sql(default_definitions().instruments, source="forms")
    found = con.execute(
        "SELECT coalesce(total::VARCHAR, '') AS used, items_answered::VARCHAR AS answered, "
        f"prorated::VARCHAR AS prorated, coalesce(reason, '') AS reason FROM ({query}) ORDER BY row"
    ).fetchall()
    for row, one in zip(rows, found, strict=True):
        assert one == (row["used"], row["answered"], row["prorated"], row["reason"]), row


def test_phq_9_adds_9_answers_of_0_to_3_prorates_2_and_never_adds_the_difficulty_item():
    """A tenth answer is how difficult the problems made things: it is no item of the scale."""
    check_forms("""
        instrument | total | answers    | used | answered | prorated | reason
        PHQ-9      |       | 000000000  |    0 |        9 | false    |
        PHQ-9      |       | 333333333  |   27 |        9 | false    |
        PHQ-9      |    12 | 222222000  |   12 |        9 | false    |
        PHQ-9      |       | 4........  |      |        1 | false    | item out of range
        PHQ-9      |       | 2222222..  |   18 |        7 | true     |
        PHQ-9      |       | 11110000.  |    5 |        8 | true     |
        PHQ-9      |       | 222222...  |      |        6 | false    | too few items
        PHQ-9      |       | 1111111111 |      |        9 | false    | item out of range
        PHQ-9      |    10 | 111111111  |      |        9 | false    | total disagrees with items
    """)


def test_gad_7_adds_7_answers_of_0_to_3_and_prorates_2():
    """5 answers of sum 7 make 9.8, so 10."""
    check_forms("""
        instrument | total | answers | used | answered | prorated | reason
        GAD-7      |       | 3333333 |   21 |        7 | false    |
        GAD-7      |    21 |         |   21 |        0 | false    |
        GAD-7      |    22 |         |      |        0 | false    | total out of range
        GAD-7      |       | 22111.. |   10 |        5 | true     |
        GAD-7      |       | 2211... |      |        4 | false    | too few items
    """)


def test_a_clinicians_scale_needs_all_its_items():
    check_forms("""
        instrument | total | answers           | used | answered | prorated | reason
        MADRS      |       | 6666666666        |   60 |       10 | false    |
        MADRS      |       | 7666666666        |      |       10 | false    | item out of range
        MADRS      |       | 666666666.        |      |        9 | false    | too few items
        MADRS      |    61 |                   |      |        0 | false    | total out of range
        HAM-D17    |       | 44422244444222422 |   52 |       17 | false    |
        HAM-D17    |       | 44432244444222422 |      |       17 | false    | item out of range
        HAM-D17    |    53 |                   |      |        0 | false    | total out of range
    """)


def test_qids_counts_sleep_weight_and_movement_by_the_worst_answer_of_each():
    """Items 1-4 are sleep, 6-9 appetite and weight, 15-16 movement: 16 threes make 27, not 48."""
    check_forms("""
        instrument | total | answers          | used | answered | prorated | reason
        QIDS-SR16  |       | 3333333333333333 |   27 |       16 | false    |
        QIDS-SR16  |       | 0000000000000000 |    0 |       16 | false    |
        QIDS-SR16  |       | 0102000000000000 |    2 |       16 | false    |
        QIDS-SR16  |       | 0000010300000000 |    3 |       16 | false    |
        QIDS-SR16  |       | 0000000000000012 |    2 |       16 | false    |
        QIDS-SR16  |    27 |                  |   27 |        0 | false    |
        QIDS-SR16  |    28 |                  |      |        0 | false    | total out of range
        QIDS-SR16  |    16 | 1111111111111111 |      |       16 | false    | total disagrees with items
        QIDS-SR16  |     9 | 1111111111111111 |    9 |       16 | false    |
    """)


def test_qids_asks_one_answer_of_items_6_and_7_and_one_of_8_and_9_and_all_others():
    """Less or more appetite, and weight lost or gained, are alternatives; any other missing answer may be the worst."""
    check_forms("""
        instrument | total | answers          | used | answered | prorated | reason
        QIDS-SR16  |       | 111112.3.1111111 |   11 |       14 | false    |
        QIDS-SR16  |       | 11111.2.31111111 |   11 |       14 | false    |
        QIDS-SR16  |       | 11111..231111111 |      |       14 | false    | too few items
        QIDS-SR16  |       | 11111231.111111. |      |       14 | false    | too few items
        QIDS-SR16  |       | .111111111111111 |      |       15 | false    | too few items
        QIDS-SR16  |    12 | .111111111111111 |      |       15 | false    | too few items
        QIDS-SR16  |    12 | ...........1     |   12 |        1 | false    |
    """)


def test_bdi_pcl_and_cadss_add_their_answers_and_need_all():
    check_forms("""
        instrument | total | answers                 | used | answered | prorated | reason
        BDI-II     |       | 333333333333333333333   |   63 |       21 | false    |
        BDI-II     |       | 33333333333333333333.   |      |       20 | false    | too few items
        BDI-II     |    64 |                         |      |        0 | false    | total out of range
        BDI-II     |    30 | ........2               |   30 |        1 | false    |
        PCL-5      |       | 44444444444444444444    |   80 |       20 | false    |
        PCL-5      |       | 4444444444444444444.    |      |       19 | false    | too few items
        PCL-5      |    81 |                         |      |        0 | false    | total out of range
        CADSS      |       | 44444444444444444444444 |   92 |       23 | false    |
        CADSS      |       | 4444444444444444444444. |      |       22 | false    | too few items
        CADSS      |       | 54444444444444444444444 |      |       23 | false    | item out of range
        CADSS      |    93 |                         |      |        0 | false    | total out of range
    """)


def test_who_5_is_its_sum_times_4_and_a_total_given_as_the_sum_is_replaced():
    """A total without items counts as it is given, so it must be a multiple of 4; 50 is none, and 52 the sum 13."""
    check_forms("""
        instrument | total | answers | used | answered | prorated | reason
        WHO-5      |       | 55555   |  100 |        5 | false    |
        WHO-5      |       | 33322   |   52 |        5 | false    |
        WHO-5      |    52 | 33322   |   52 |        5 | false    |
        WHO-5      |    13 | 33322   |   52 |        5 | false    |
        WHO-5      |    48 | 33322   |      |        5 | false    | total disagrees with items
        WHO-5      |    50 | 33322   |      |        5 | false    | total out of range
        WHO-5      |       | 3332.   |      |        4 | false    | too few items
        WHO-5      |       | 63332   |      |        5 | false    | item out of range
        WHO-5      |    52 |         |   52 |        0 | false    |
        WHO-5      |    50 |         |      |        0 | false    | total out of range
        WHO-5      |    13 |         |      |        0 | false    | total out of range
        WHO-5      |   100 |         |  100 |        0 | false    |
        WHO-5      |   104 |         |      |        0 | false    | total out of range
    """)


def test_wsas_fills_in_one_missing_answer_such_as_the_one_on_work():
    """4 answers of sum 18 make 22.5, so 23."""
    check_forms("""
        instrument | total | answers | used | answered | prorated | reason
        WSAS       |       | 88888   |   40 |        5 | false    |
        WSAS       |       | .5544   |   23 |        4 | true     |
        WSAS       |    18 | .5544   |   23 |        4 | true     |
        WSAS       |       | ..554   |      |        3 | false    | too few items
        WSAS       |    41 |         |      |        0 | false    | total out of range
    """)


def test_shaps_is_two_scales_and_no_total_says_by_itself_which():
    """14 disagreements are the worst that the one scale knows; 14 times a strong agreement the best of the other."""
    check_forms("""
        instrument        | total | answers        | used | answered | prorated | reason
        SHAPS-dichotomous |       | 11111111111111 |   14 |       14 | false    |
        SHAPS-dichotomous |    14 |                |   14 |        0 | false    |
        SHAPS-dichotomous |    15 |                |      |        0 | false    | total out of range
        SHAPS-dichotomous |       | 21111111111111 |      |       14 | false    | item out of range
        SHAPS-sum         |       | 11111111111111 |   14 |       14 | false    |
        SHAPS-sum         |       | 44444444444444 |   56 |       14 | false    |
        SHAPS-sum         |       | 01111111111111 |      |       14 | false    | item out of range
        SHAPS-sum         |    14 |                |   14 |        0 | false    |
        SHAPS-sum         |    13 |                |      |        0 | false    | total out of range
        SHAPS-sum         |    57 |                |      |        0 | false    | total out of range
        SHAPS-sum         |       | 1111111111111. |      |       13 | false    | too few items
        SHAPS             |    14 |                |      |        0 | false    | unknown instrument
    """)


def test_c_ssrs_gives_the_highest_category_with_a_yes_and_never_a_sum():
    """1 low: wish or thoughts. 2 moderate: a method, or behaviour ever. 3 high: intent, plan, or behaviour of late."""
    check_forms("""
        instrument | total | answers | used | answered | prorated | reason
        C-SSRS     |       | 0000000 |    0 |        7 | false    |
        C-SSRS     |       | 1000000 |    1 |        7 | false    |
        C-SSRS     |       | 0100000 |    1 |        7 | false    |
        C-SSRS     |       | 1110000 |    2 |        7 | false    |
        C-SSRS     |       | 0000010 |    2 |        7 | false    |
        C-SSRS     |       | 1101000 |    3 |        7 | false    |
        C-SSRS     |       | 1100100 |    3 |        7 | false    |
        C-SSRS     |       | 0000011 |    3 |        7 | false    |
        C-SSRS     |       | 1111111 |    3 |        7 | false    |
        C-SSRS     |       | 2000000 |      |        7 | false    | item out of range
        C-SSRS     |     3 |         |      |        0 | false    | total of a category
        C-SSRS     |       |         |      |        0 | false    | no score recorded
        C-SSRS     |     2 | 1110000 |    2 |        7 | false    |
        C-SSRS     |     3 | 1110000 |      |        7 | false    | total disagrees with items
    """)


def test_c_ssrs_skips_questions_3_to_5_after_a_no_to_2_and_the_last_after_a_no_to_6():
    check_forms("""
        instrument | total | answers | used | answered | prorated | reason
        C-SSRS     |       | 00...0. |    0 |        3 | false    |
        C-SSRS     |       | 10...0. |    1 |        3 | false    |
        C-SSRS     |       | 10...10 |    2 |        4 | false    |
        C-SSRS     |       | 10...1. |      |        3 | false    | too few items
        C-SSRS     |       | 11...0. |      |        3 | false    | too few items
        C-SSRS     |       | 1110.0. |      |        5 | false    | too few items
        C-SSRS     |       | 111.10. |    3 |        5 | false    |
        C-SSRS     |       | .....11 |    3 |        2 | false    |
        C-SSRS     |       | 001..0. |      |        4 | false    | answers contradict each other
        C-SSRS     |       | 00...01 |      |        4 | false    | answers contradict each other
    """)
