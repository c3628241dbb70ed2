"""Single items: who could change, who did, and what is not known. Everybody has one session on day 0.

Each person is a clinic of their own, so that counts by clinic are one person's answer.
"""

import pytest

from analysis.estimate.items import item_changes, item_transitions
from analysis.vocabulary.errors import CallError

END = "end of loading"


@pytest.fixture
def answered(cohort_of):
    """Draw the nine answers of each person as digits, before treatment and in the window; `-` is an item left out."""

    def make(text, instrument="PHQ-9", definitions=""):
        sessions, rows = ["patient_id | day"], []
        for line in text.strip().splitlines():
            name, *forms = (cell.strip() for cell in line.split("|"))
            sessions.append(f"{name} | 0")
            rows += [(name, day, form) for day, form in zip((0, 7), forms, strict=True) if form]
        items = max(len(form) for *_, form in rows)
        scores = [" | ".join(["patient_id", "day", "instrument", *(f"item_{k}" for k in range(1, items + 1))])]
        scores += [
            " | ".join([name, str(day), instrument, *("" if digit == "-" else digit for digit in form)])
            for name, day, form in rows
        ]
        return cohort_of("\n".join(sessions), "\n".join(scores), definitions=definitions)

    return make


def ladders(cohort, item, **options):
    """Give each person's `with_baseline, eligible, scored` and whether it changed, for improvement and worsening."""
    table = item_changes(
        cohort, instrument="PHQ-9", window=END, item=item, by="clinic_id", denominator="starters", **options
    )
    found = {}
    for row in table.itertuples():
        reached = "".join(str(int(each)) for each in (row.with_baseline, row.eligible, row.scored, row.numerator))
        found.setdefault(row.clinic_id, []).append(reached)
    return found


def test_one_step_is_a_change_and_only_who_has_room_for_it_is_asked(answered):
    """Mood is item 2: improvement, then worsening; with a baseline, eligible, scored, changed."""
    cohort = answered("""
        from-0-to-0 | 101111111 | 101111111
        from-0-to-1 | 101111111 | 111111111
        from-1-to-0 | 111111111 | 101111111
        from-1-to-1 | 111111111 | 111111111
        from-1-to-2 | 111111111 | 121111111
        from-3-to-3 | 131111111 | 131111111
        from-3-to-2 | 131111111 | 121111111
    """)
    assert ladders(cohort, "mood") == {
        "from-0-to-0": ["1000", "1110"],
        "from-0-to-1": ["1000", "1111"],
        "from-1-to-0": ["1111", "1110"],
        "from-1-to-1": ["1110", "1110"],
        "from-1-to-2": ["1110", "1111"],
        "from-3-to-2": ["1111", "1000"],
        "from-3-to-3": ["1110", "1000"],
    }


def test_an_item_left_out_is_unknown_though_the_total_is_prorated(answered):
    cohort = answered("""
        out-before-1 | 2222-2222 | 111111111
        out-after-1  | 222222222 | 1111-1111
        out-mood-1   | 2-2222222 | 111111111
        out-mood-2   | 222222222 | 1-1111111
        unseen-1     | 222222222 |
    """)
    assert cohort.outcomes["prorated"].sum() == 4
    assert ladders(cohort, "mood") == {
        "out-after-1": ["1111", "1110"],
        "out-before-1": ["1111", "1110"],
        "out-mood-1": ["0000", "0000"],
        "out-mood-2": ["1100", "1100"],
        "unseen-1": ["1100", "1100"],
    }


def test_the_entry_score_does_not_matter_but_earlier_treatment_does(cohort_of):
    cohort = cohort_of(
        "patient_id | day \n low-1 | 0 \n before-1 | 0",
        """
        patient_id | day | item_1 | item_2 | item_3 | item_4 | item_5 | item_6 | item_7 | item_8 | item_9
        low-1      |   0 |      0 |      0 |      0 |      0 |      0 |      0 |      0 |      0 |      1
        low-1      |   7 |      0 |      0 |      0 |      0 |      0 |      0 |      0 |      0 |      0
        before-1   |   0 |      3 |      3 |      3 |      3 |      3 |      3 |      3 |      3 |      3
        before-1   |   7 |      0 |      0 |      0 |      0 |      0 |      0 |      0 |      0 |      0
        """,
        "patient_id | prior_ketamine \n low-1 | \n before-1 | true",
    )
    table = item_changes(cohort, instrument="PHQ-9", window=END, item="suicidal_thoughts", denominator="starters")
    assert table["started"].tolist() == [1, 1]
    assert table["numerator"].tolist() == [1, 0]


def test_of_a_total_alone_no_item_is_known_but_the_suicide_item_beside_it_is(cohort_of):
    cohort = cohort_of(
        "patient_id | day \n alone-1 | 0 \n beside-1 | 0",
        """
        patient_id | day | total | item_9
        alone-1    |   0 |    20 |
        alone-1    |   7 |     5 |
        beside-1   |   0 |    20 |      2
        beside-1   |   7 |     5 |      0
        """,
    )
    assert ladders(cohort, ["mood", "suicidal_thoughts"]) == {
        "alone-1": ["0000", "0000", "0000", "0000"],
        "beside-1": ["0000", "0000", "1111", "1110"],
    }


@pytest.mark.parametrize(
    ("choose", "ladder"), [("last", "1110"), ("first", "1111"), ("worst", "1111"), ("mean", "1111")]
)
def test_the_item_is_that_of_the_score_that_is_the_baseline(cohort_of, choose, ladder):
    """Item 2 is 3 on day -10 (total 27), 1 on day 0 (total 9), 1 in the window: a mean of 2 has fallen, 1 has not."""
    answers = {-10: 3, 0: 1, 7: 1}
    scores = ["patient_id | day | " + " | ".join(f"item_{k}" for k in range(1, 10))]
    scores += [f"P1 | {day} | " + " | ".join([str(answer)] * 9) for day, answer in answers.items()]
    cohort = cohort_of("patient_id | day \n P1 | 0", "\n".join(scores), definitions=f'[baseline]\nchoose = "{choose}"')
    assert ladders(cohort, "mood")["P1"][0] == ladder


def test_a_mean_needs_the_item_in_all_of_its_scores(cohort_of):
    scores = ["patient_id | day | " + " | ".join(f"item_{k}" for k in range(1, 10))]
    scores += [f"P1 | {day} | 3 | {mood} | 3 | 3 | 3 | 3 | 3 | 3 | 3" for day, mood in ((-10, ""), (0, 3), (7, 0))]
    for choose, ladder in (("last", "1111"), ("mean", "0000")):
        cohort = cohort_of(
            "patient_id | day \n P1 | 0", "\n".join(scores), definitions=f'[baseline]\nchoose = "{choose}"'
        )
        assert ladders(cohort, "mood")["P1"][0] == ladder


WELLBEING = """
[instruments.WELL]
title = "Wellbeing, made up"
items = 1
item_max = 100
direction = "higher"
entry_score = 50
response_points = 10
named_items = { wellbeing = 0, cheerful = 1 }
rater = "self"
recall_days = 14
source = "made up"
verified = false
"""


def test_a_total_changes_by_the_points_of_the_scale_and_better_may_be_more(cohort_of):
    """A rise of 10 is an improvement; nobody over 90 has room for it, nobody under 10 can lose as much."""
    cohort = cohort_of(
        "\n".join(
            ["patient_id | day", *(f"{name}-1 | 0" for name in ("up-9", "up-10", "down-9", "down-10", "top", "low"))]
        ),
        """
        patient_id | day | instrument | total
        up-9-1     |   0 | WELL       |    50
        up-9-1     |   7 | WELL       |    59
        up-10-1    |   0 | WELL       |    50
        up-10-1    |   7 | WELL       |    60
        down-9-1   |   0 | WELL       |    50
        down-9-1   |   7 | WELL       |    41
        down-10-1  |   0 | WELL       |    50
        down-10-1  |   7 | WELL       |    40
        top-1      |   0 | WELL       |    91
        top-1      |   7 | WELL       |   100
        low-1      |   0 | WELL       |     9
        low-1      |   7 | WELL       |     0
        """,
        definitions=WELLBEING,
    )
    table = item_changes(cohort, instrument="WELL", window=END, item="wellbeing")
    assert table["outcome"].tolist() == ["improvement", "worsening"]
    assert table["points"].tolist() == [10, 10]
    assert list(zip(table["numerator"], table["denominator"], strict=True)) == [(1, 5), (1, 5)]
    assert table["with_baseline"].tolist() == [6, 6]


def test_transitions_count_everyone_who_started_and_fill_nothing_in(answered, same):
    cohort = answered("""
        kept-1     | 222222220 | 111111110
        gone-1     | 222222221 | 111111110
        stays-1    | 222222223 | 111111111
        new-1      | 222222220 | 111111112
        out-1      | 222222221 | 11111111-
        unseen-1   | 222222221 |
        skipped-1  | 22222222- | 111111110
        late-1     |           | 111111113
        nothing-1  | 22222222- | 11111111-
    """)
    table = item_transitions(cohort, instrument="PHQ-9", window=END)
    same(
        table,
        """
        before  | after   | count | started
        none    | none    |     1 |       9
        none    | some    |     1 |       9
        none    | unknown |     0 |       9
        some    | none    |     1 |       9
        some    | some    |     1 |       9
        some    | unknown |     2 |       9
        unknown | none    |     1 |       9
        unknown | some    |     1 |       9
        unknown | unknown |     1 |       9
    """,
    )
    by_person = item_transitions(cohort, instrument="PHQ-9", window=END, by="clinic_id")
    assert by_person.groupby("clinic_id")["count"].sum().tolist() == [1] * 9


def test_what_cannot_be_asked_is_refused(answered):
    cohort = answered("P1 | 222222220 | 111111110")
    with pytest.raises(CallError, match="item: 'moods' is no named item of PHQ-9. Did you mean 'mood'"):
        item_changes(cohort, instrument="PHQ-9", window=END, item="moods")
    with pytest.raises(CallError, match="item: name at least one, and none twice"):
        item_changes(cohort, instrument="PHQ-9", window=END, item=["mood", "mood"])
    with pytest.raises(CallError, match="item: the definitions name no item of CADSS"):
        item_changes(cohort, instrument="CADSS", window=END)
    with pytest.raises(CallError, match="the definitions name no item of WHO-5"):
        item_transitions(cohort, instrument="WHO-5", window=END, item="wellbeing")
    with pytest.raises(CallError, match="nothing has changed yet in the window 'baseline'"):
        item_changes(cohort, instrument="PHQ-9", window="baseline")
