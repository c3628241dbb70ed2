"""From items and given totals to the total that is used; everything else is set aside, never guessed."""

ONE_SESSION = "patient_id | day \n P1 | 0"


def test_up_to_2_missing_items_of_the_phq_9_are_prorated_rounded_half_up_and_3_are_set_aside(cohort_of, same):
    """8 items of sum 4 make 4.5, so 5; 7 items of sum 9 make 11.57, so 12; 7 of sum 8 make 10.29, so 10."""
    cohort = cohort_of(
        ONE_SESSION,
        """
        patient_id | day | item_1 | item_2 | item_3 | item_4 | item_5 | item_6 | item_7 | item_8 | item_9
        P1         |   1 |      1 |      1 |      1 |      1 |      1 |      1 |      1 |      1 |      1
        P1         |   2 |      1 |      1 |      1 |      1 |      0 |      0 |      0 |      0 |
        P1         |   3 |      3 |      1 |      1 |      1 |      1 |      1 |      1 |        |
        P1         |   4 |        |      1 |      1 |      1 |      1 |      1 |      1 |        |      2
        P1         |   5 |      1 |      1 |      1 |      1 |      1 |      1 |        |        |
        P1         |   6 |        |        |        |        |        |        |        |        |
    """,
    )
    same(
        cohort.outcomes,
        """
        day | total
          1 |     9
          2 |     5
          3 |    12
          4 |    10
    """,
    )
    same(
        cohort.dataset.table("scores"),
        """
        day | total | items_answered | prorated
          1 |     9 |              9 | false
          2 |     5 |              8 | true
          3 |    12 |              7 | true
          4 |    10 |              7 | true
    """,
    )


def test_a_total_given_with_missing_items_is_used_if_prorated_replaced_if_the_raw_sum_else_set_aside(cohort_of, same):
    """7 items of sum 7 make 9."""
    cohort = cohort_of(
        ONE_SESSION,
        """
        patient_id | day | total | item_1 | item_2 | item_3 | item_4 | item_5 | item_6 | item_7 | item_8 | item_9
        P1         |   1 |     9 |      1 |      1 |      1 |      1 |      1 |      1 |      1 |        |
        P1         |   2 |     7 |      1 |      1 |      1 |      1 |      1 |      1 |      1 |        |
        P1         |   3 |     8 |      1 |      1 |      1 |      1 |      1 |      1 |      1 |        |
        P1         |   4 |     6 |      1 |      1 |      1 |      1 |      1 |      1 |        |        |
    """,
    )
    same(
        cohort.outcomes,
        """
        day | total
          1 |     9
          2 |     9
    """,
    )


def test_a_total_that_disagrees_with_complete_items_or_is_out_of_range_is_set_aside(cohort_of, same):
    cohort = cohort_of(
        ONE_SESSION,
        """
        patient_id | day | total | item_1 | item_2 | item_3 | item_4 | item_5 | item_6 | item_7 | item_8 | item_9
        P1         |   1 |     9 |      1 |      1 |      1 |      1 |      1 |      1 |      1 |      1 |      1
        P1         |   2 |    10 |      1 |      1 |      1 |      1 |      1 |      1 |      1 |      1 |      1
        P1         |   3 |    27 |        |        |        |        |        |        |        |        |
        P1         |   4 |    28 |        |        |        |        |        |        |        |        |
        P1         |   5 |    -1 |        |        |        |        |        |        |        |        |
        P1         |   6 |       |      4 |      1 |      1 |      1 |      1 |      1 |      1 |      1 |      1
    """,
    )
    same(
        cohort.outcomes,
        """
        day | total
          1 |     9
          3 |    27
    """,
    )
    rows = cohort.dataset.rows.set_index("table").loc["scores"]
    assert (rows["read"], rows["used"], rows["set_aside"]) == (6, 2, 4)


def test_the_gad_7_is_prorated_too_and_a_clinicians_scale_never(cohort_of, same):
    """6 items of the GAD-7 of sum 9 make 10.5, so 11."""
    items = " | ".join(f"item_{k}" for k in range(1, 11))
    gad_7 = "3 | 2 | 1 | 1 | 1 | 1 | | | |"
    madrs = "3 | 3 | 3 | 3 | 3 | 3 | 3 | 3 | 3 |"
    complete = "3 | 3 | 3 | 3 | 3 | 3 | 3 | 3 | 3 | 3"
    cohort = cohort_of(
        ONE_SESSION,
        f"""
        patient_id | day | instrument | {items}
        P1         |   1 | GAD-7      | {gad_7}
        P1         |   1 | MADRS      | {madrs}
        P1         |   2 | MADRS      | {complete}
    """,
    )
    same(
        cohort.outcomes,
        """
        day | instrument | total
          1 | GAD-7      |    11
          2 | MADRS      |    30
    """,
    )
