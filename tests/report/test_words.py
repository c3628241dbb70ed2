"""What a report says in sentences: right also when a number is hidden, empty or zero."""

from datetime import date

import pytest
from made_up_clinics import TWO_CLINICS, People

from analysis.report.words import (
    BASES,
    completeness_words,
    day_words,
    key_messages,
    period_words,
    range_words,
    rate_of,
    start_year_words,
)
from analysis.vocabulary.periods import parse_period


def said(content) -> dict[str, str]:
    return {message.lead: message.text for message in key_messages(content)}


def test_what_is_not_known_comes_first_and_what_cannot_be_known_last(two_clinics):
    leads = [message.lead for message in key_messages(two_clinics)]
    assert leads == ["Not known", "Response", "Remission", "What this cannot show"]


def test_the_messages_of_two_clinics(two_clinics):
    messages = said(two_clinics)
    assert messages["Not known"] == (
        "For 24 in 100 people who started treatment (35 of 145) there is no result at the end of loading. "
        "Of them, 20 had no score before treatment; 15 were not scored in time."
    )
    assert messages["Response"] == (
        "Of 100 people who started treatment, 38 had responded at the end of loading (55 of 145). "
        "Of 100 who were scored, 50 had (55 of 110; allowing for chance, between 41 and 59 in 100)."
    )
    assert messages["Remission"].startswith(
        "Of 100 people who started treatment, 17 were in remission at the end of loading (25 of 145). "
        "Of 100 who were scored, 23 were (25 of 110;"
    )


def test_month_three_is_told_when_it_is_known(demo_cohort):
    from analysis.report.content import make_content

    content = make_content(demo_cohort, period=parse_period("2026Q3"))
    later = rate_of(content.tables["by_phase"], outcome="response", estimand="observed", window="month 3 after loading")
    text = said(content)["Later on, 2025"]
    assert f"{100 * later['estimate']:.0f} had a response ({later['numerator']} of {later['denominator']};" in text
    assert len(key_messages(content)) == 5


def test_reasons_of_which_one_is_small_are_told_together(content_of):
    """20 without a baseline and 5 below the entry score: 25 of either."""
    below = People("South", 5, end=8, baseline=9)
    assert (
        "Of them, 25 had no score before treatment or began below 10 points"
        in said(content_of(*TWO_CLINICS, below))["Not known"]
    )


def test_everyone_scored(content_of):
    messages = said(content_of(People("North", 40, end=8), People("North", 30, end=18)))
    assert messages["Not known"] == "Everyone who started treatment (70 of 70) was scored at the end of loading."


def test_nobody_due(content_of):
    (nobody, _) = key_messages(content_of(*TWO_CLINICS, period="2024"))
    assert nobody.text.startswith("Nobody’s time for a score at the end of loading closed in 2024")


def test_nobody_due_suggests_another_year(content_of):
    (nobody, _) = key_messages(content_of(*TWO_CLINICS, period="2024"))
    assert nobody.text.endswith("Another year may have results, or a report of everything.")


STARTED_2024 = (
    "Only start years are known, so this report shows people who started in 2024: their time is taken to be over when "
    "it is for somebody who started on 31 December."
)


def test_with_start_years_a_report_says_whose_year_it_is(content_of):
    """31 December 2024 and 42 days is in 2025; for 403 days (month 12) it takes 31 December 2023."""
    first, later = start_year_words(content_of(*TWO_CLINICS, time="year", period="2025"))
    assert first == STARTED_2024
    assert later.startswith("In month 11 after loading")
    assert later.endswith("in month 12 after loading it shows those who started in 2023.")


def test_the_empty_message_says_whose_year_was_asked_for(content_of):
    """Those of TWO_CLINICS started in 2025, so they are in the report of 2026."""
    (nobody, _) = key_messages(content_of(*TWO_CLINICS, time="year", period="2025"))
    assert STARTED_2024 in nobody.text


def test_the_headline_year_is_the_year_before_only_when_the_window_is_not_longer(content_of):
    late = 'name = "late"\n[report]\nheadline_window = "month 12 after loading"\n'
    first, *_ = start_year_words(content_of(*TWO_CLINICS, time="year", period="2025", definitions=late))
    assert "people who started in 2023" in first


@pytest.mark.parametrize(("time", "period"), [("date", "2025"), ("year", None), ("none", None)])
def test_where_starts_are_known_or_there_is_no_period_no_year_is_named(content_of, time, period):
    assert start_year_words(content_of(*TWO_CLINICS, time=time, period=period)) == []


def test_what_a_sender_declares_is_not_said_as_a_fact():
    assert all(words.startswith("Declared by the sender as ") for words in BASES.values())


def test_nobody_scored(content_of):
    messages = said(content_of(People("North", 40, end=None)))
    assert messages["Not known"].startswith("For 100 in 100 people who started treatment (40 of 40) there is no result")
    assert messages["Response"] == "Nobody was scored at the end of loading, so it is not known how many had responded."


def test_so_few_that_everything_is_hidden(content_of):
    messages = said(content_of(People("North", 5, end=8)))
    assert messages["Not known"] == "So few people could be counted at the end of loading that their number is hidden."
    assert messages["Response"].startswith("How many had responded at the end of loading is hidden")


def test_few_scored(content_of):
    messages = said(content_of(People("North", 50, end=None), People("North", 5, end=8)))
    assert messages["Not known"].startswith("How many of the 55 people who started treatment were scored")


def test_few_responded_is_hidden_with_none_in_remission(content_of):
    """Were 0 shown beside a small number, a hidden number of remissions would say that it is not 0."""
    messages = said(content_of(People("North", 50, end=18), People("North", 5, end=8), People("North", 20, end=None)))
    assert messages["Response"].startswith("How many had responded at the end of loading is hidden")
    assert messages["Remission"].startswith("How many were in remission at the end of loading is hidden")


def test_no_hidden_number_is_in_the_messages(content_of):
    """7 responded of 57 scored: neither 7 nor the 50 who did not may be said."""
    messages = " ".join(said(content_of(People("North", 50, end=18), People("North", 7, end=8))).values())
    numbers = {word.strip("(.;,)") for word in messages.split()}
    assert not numbers & {"7", "50", "12", "88"}


def test_completeness_in_a_sentence(two_clinics):
    """Month 12 of those who started in March 2025 is not over in 2025."""
    assert completeness_words(two_clinics) == (
        "Of 100 people due, so many were scored: 76 at the end of loading, 0 in month 1, 0 in month 3, 0 in month 6."
    )


def test_completeness_of_nobody_is_not_told(content_of):
    assert completeness_words(content_of(*TWO_CLINICS, period="2024")) == ""


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("2026Q1", "January to March 2026"),
        ("2026Q4", "October to December 2026"),
        ("2026", "2026"),
        (None, "all periods together"),
    ],
)
def test_periods_in_words(period, words):
    assert period_words(parse_period(period) if period else None) == words


def test_days_and_ranges_in_words():
    assert day_words(date(2026, 1, 2)) == "2 January 2026"
    assert range_words(0, 0.0712) == "between 0 and 7 in 100"


def test_every_basis_has_its_words():
    from analysis.intake.settings import BASES as KNOWN

    assert set(BASES) == set(KNOWN)
