"""Items and totals by short names and by the text of the question."""

import pytest

from analysis.intake.drafting.headers import known_data
from analysis.intake.drafting.scales import find_scales, item_count, question_of

PHQ, GAD = known_data()["scales"]["PHQ-9"]["texts"], known_data()["scales"]["GAD-7"]["texts"]
QUESTIONS = [("PHQ-9", number, text) for number, text in enumerate(PHQ, 1)]
QUESTIONS += [("GAD-7", number, text) for number, text in enumerate(GAD, 1)]
STEM = "Over the last 2 weeks, how often have you been bothered by any of the following problems?"


def found(*headers: str) -> dict[str, dict]:
    scales, _ = find_scales({header: (header,) for header in headers})
    return {f"{scale.instrument} {scale.occasion}".strip(): scale.items | {0: scale.total} for scale in scales}


@pytest.mark.parametrize(("instrument", "number", "text"), QUESTIONS)
@pytest.mark.parametrize(
    "written",
    [
        "{text}",
        "{text}?",
        "{number}. {text}",
        "{number}) {text}",
        "Q{number} - {text}",
        "PHQ9_{number}: {text}",
        "{stem} [{text}]",
        "{stem} - {number}. {text}",
        "{stem} ({text})",
        "[{number}] {text} (0-3)",
    ],
)
def test_a_question_in_full_with_the_usual_things_around_it(instrument, number, text, written):
    header = written.format(text=text, number=number, stem=STEM)
    assert question_of(header) == (instrument, number)
    assert question_of(header.upper()) == (instrument, number)


@pytest.mark.parametrize(("instrument", "number", "text"), QUESTIONS)
@pytest.mark.parametrize("length", [24, 40, 64])
def test_a_question_that_is_cut_off(instrument, number, text, length):
    assert question_of(text[:length]) == (instrument, number)
    assert question_of(f"{number}. {text}"[:length]) == (instrument, number)


@pytest.mark.parametrize(
    ("header", "place"),
    [
        ("Little interest or pleasure in doing things.", ("PHQ-9", 1)),
        ("Feeling down, depressed or hopeless", ("PHQ-9", 2)),
        ("Trouble falling asleep, staying asleep, or sleeping too much", ("PHQ-9", 3)),
        ("Trouble falling/staying asleep, sleeping too much", ("PHQ-9", 3)),
        ("Poor appetite or over-eating", ("PHQ-9", 5)),
        (
            "Feeling bad about yourself — or that you’re a failure or have let yourself or your family down",
            ("PHQ-9", 6),
        ),
        ("Trouble concentrating on things, such as reading the newspaper or watching TV", ("PHQ-9", 7)),
        ("Thoughts that you would be better off dead, or thoughts of hurting yourself in some way", ("PHQ-9", 9)),
        ("Feeling nervous, anxious or on edge", ("GAD-7", 1)),
        ("Not being able to stop or control worry", ("GAD-7", 2)),
        ("Being so restless that it's hard to sit still", ("GAD-7", 5)),
        ("Feeling afraid, as if something awful might happen", ("GAD-7", 7)),
    ],
)
def test_a_question_in_slightly_other_words(header, place):
    assert question_of(header) == place


@pytest.mark.parametrize(
    "header",
    [
        "How difficult have these problems made it for you to do your work, take care of things at home, or get along?",
        STEM,
        STEM[:60],
        "In your own words, how has your mood been?",
        "Trouble",
        "Feeling",
        "Date of Service",
        "Sleep hours",
        "Notes",
        "",
    ],
)
def test_what_is_no_question(header):
    assert question_of(header) is None


@pytest.mark.parametrize(
    ("header", "scale", "number"),
    [
        ("phq9_1", "PHQ-9", 1),
        ("PHQ-9 Q1", "PHQ-9", 1),
        ("PHQ9 item 09", "PHQ-9", 9),
        ("phq_9_q3", "PHQ-9", 3),
        ("gad7_03", "GAD-7", 3),
        ("GAD-7 Question 7", "GAD-7", 7),
        ("madrs_10", "MADRS", 10),
        ("madrs_sleep", "MADRS", 4),
        ("MADRS - Suicidal thoughts", "MADRS", 10),
        ("hamd17_17", "HAM-D17", 17),
        ("qids_12", "QIDS-SR16", 12),
        ("phq9total", "PHQ-9", 0),
        ("PHQ-9 Score", "PHQ-9", 0),
        ("phq9", "PHQ-9", 0),
        ("Total PHQ-9", "PHQ-9", 0),
        ("PHQ 9 Total Score", "PHQ-9", 0),
        ("GAD Score", "GAD-7", 0),
        ("MADRS Total", "MADRS", 0),
        ("HAM17_Total", "HAM-D17", 0),
        ("PCL-5 score", "PCL-5", 0),
        ("WSAS", "WSAS", 0),
    ],
)
def test_short_names(header, scale, number):
    assert found(header)[scale][number] == header


def test_short_names_without_the_number_of_items_count_side_by_side_only():
    assert found("phq3", "Date") == {}
    assert found(*(f"phq{n}" for n in range(1, 10)), "phq_total") == {
        "PHQ-9": {n: f"phq{n}" for n in range(1, 10)} | {0: "phq_total"}
    }


@pytest.mark.parametrize("header", ["phq2_total", "PHQ-8 Score", "phq9_10", "phq9 severity", "PHQ-9 date", "gad7_8"])
def test_what_is_not_of_the_scale(header):
    assert found(header) == {}


def test_scores_before_and_after_are_two_occasions():
    assert found("phq9_pre", "phq9_post") == {"PHQ-9 pre": {0: "phq9_pre"}, "PHQ-9 post": {0: "phq9_post"}}


def test_a_second_column_for_the_same_item_is_not_used():
    scales, odd = find_scales({name: (name,) for name in ("phq9_1", "PHQ-9 Q1")})
    assert scales[0].items == {1: "phq9_1"}
    assert odd == {"PHQ-9 Q1": "to confirm: item 1 of PHQ-9 too; another column is used"}


def test_a_label_tells_what_the_name_does_not():
    scales, _ = find_scales({"q01": ("q01", PHQ[0]), "q02": ("q02", PHQ[1])})
    assert scales[0].items == {1: "q01", 2: "q02"}


@pytest.mark.parametrize("instrument", known_data()["scales"])
def test_the_texts_and_keys_are_as_many_as_the_items(instrument):
    entry = known_data()["scales"][instrument]
    for kind in ("texts", "keys"):
        assert len(entry.get(kind, range(entry["items"]))) == item_count(instrument)
