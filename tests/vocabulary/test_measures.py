"""The measures' cards: complete, consistent with their own rules, and exact about what is wrong with one."""

import re
from dataclasses import replace

import pytest

from analysis.vocabulary import measures
from analysis.vocabulary.definitions import default_definitions, read_definitions
from analysis.vocabulary.errors import CallError, DataError
from analysis.vocabulary.measure_words import card_list, card_sections, card_text, filled_card, measure_windows
from analysis.vocabulary.measures import IndexRule, RateRule, measure_card, measure_cards, shared_phrases

CARDS = measure_cards()
DEFAULTS = default_definitions()

# As the public measures have them: NCQA's page on DRR-E, and the published logic of CMS159.
HEDIS_DAYS = (120, 240)
CMS159_DAYS = (365 - 60, 365 + 60)


@pytest.mark.parametrize("name", CARDS)
def test_a_card_is_filled_to_the_last_place(name):
    card = filled_card(CARDS[name], DEFAULTS)
    texts = [text for _, text in card_sections(card)]
    assert all(text and not re.search(r"[{}]|\bNone\b", text) for text in texts)
    assert card.version >= 1
    assert card.label == CARDS[name].label


@pytest.mark.parametrize("name", CARDS)
def test_what_is_called_unverified_is_marked_and_what_is_marked_says_so(name):
    card = CARDS[name]
    said = any("unverified" in text for text in (card.source, *card.differs))
    assert said == (not card.verified)


@pytest.mark.parametrize("name", [name for name, card in CARDS.items() if card.index or card.ended_course])
def test_a_measure_after_a_public_one_says_that_it_is_not_that_measure(name):
    card = CARDS[name]
    assert card.modelled_on
    assert card.differs
    assert dict(card_sections(card))["Modelled on"].endswith("It is not certified as that measure.")
    assert "not certified as it" in card_list().split(f"{name}: ")[1]


def test_the_numbers_of_the_public_measures():
    hedis, cms = CARDS["hedis-drr-e"].index, CARDS["cms159-mips370"].index
    assert isinstance(hedis, IndexRule)
    assert isinstance(cms, IndexRule)
    assert (hedis.first_day, hedis.last_day) == HEDIS_DAYS
    assert (cms.first_day, cms.last_day) == CMS159_DAYS
    for rule in (hedis, cms):
        assert (rule.instrument, rule.over, rule.remission_below, rule.response_percent) == ("PHQ-9", 9, 5, 50)
    for name in ("recovery", "reliable-recovery", "reliable-improvement", "reliable-deterioration"):
        rule = CARDS[f"nhs-{name}"].ended_course
        assert (rule.depression_case, rule.anxiety_case, rule.sessions) == (10, 8, 2)
        assert (rule.depression_change, rule.anxiety_change) == (6, 4)


def test_the_words_name_the_numbers_of_the_definitions_in_force(tmp_path):
    changes = ["[outcome]", "response_percent = 60", "[windows]", "end_last = 16", "[instruments.PHQ-9]"]
    (tmp_path / "mine.toml").write_text("\n".join([*changes, "remission_score = 3"]))
    mine = read_definitions(tmp_path / "mine.toml")
    assert "at least 60 % of their baseline" in filled_card(CARDS["response"], mine, ["PHQ-9"]).numerator
    assert "days 1 to 16 after the last loading session" in filled_card(CARDS["response"], mine).window
    assert "(PHQ-9: 3 or less)" in filled_card(CARDS["remission"], mine, ["PHQ-9"]).numerator
    assert "Remission (remission, version 1)" in card_text("remission", mine)


def test_the_label_changes_with_the_rule_and_not_with_the_words():
    card = CARDS["hedis-drr-e"]
    assert replace(card, rationale="Another reason.").label == card.label
    assert replace(card, version=2).label != card.label
    assert replace(card, index=replace(card.index, last_day=239)).label != card.label


def test_an_unknown_measure_gets_the_nearest_name():
    with pytest.raises(CallError) as caught:
        measure_card("hedis-drre")
    assert str(caught.value) == (
        "measure: 'hedis-drre' is unknown. Did you mean 'hedis-drr-e'? The command 'outcomes measures' lists them."
    )


def test_every_phrase_is_used():
    words = " ".join(text for card in CARDS.values() for _, text in card_sections(card))
    assert {name for name in shared_phrases() if f"{{p[{name}]}}" not in words} == set()


def test_windows_are_those_that_the_report_shows_and_none_twice():
    assert measure_windows(["headline", "end of loading"], DEFAULTS) == ("end of loading",)
    assert measure_windows(["baseline", "sessions"], DEFAULTS)[:2] == ("baseline", "after session 1")
    assert len(measure_windows(["months"], DEFAULTS)) == 12
    none = replace(DEFAULTS, report=replace(DEFAULTS.report, sessions=0))
    assert measure_windows(["sessions"], none) == ()


GOOD = {
    "title": "T", "version": 1, "type": "outcome", "direction": "neither", "numerator": "n", "denominator": "d",
    "exclusions": "e", "window": "w", "rationale": "r", "source": "s", "verified": True,
    "mean": {"windows": ["sessions"], "scales": "headline"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"titel": "T"}, "measures.toml: `mine`: unknown key `titel`. Did you mean 'title'?"),
        ({"version": "1"}, "measures.toml: `mine`: `version` must be a whole number."),
        ({"direction": "up"}, "measures.toml: `mine`: `type` must be one of"),
        ({"mean": {"windows": ["sessions"]}}, "measures.toml: `mine`: `mean`: the key `scales` is missing."),
        ({"steps": {"steps": ["a"], "of": "b", "windows": [], "scales": "each"}}, "`mine` must have exactly one rule."),
    ],
)
def test_a_card_that_is_wrong_is_refused_by_name_and_key(monkeypatch, change, message):
    monkeypatch.setattr(measures, "_file", lambda: {"mine": GOOD | change})
    measure_cards.cache_clear()
    with pytest.raises(DataError, match=re.escape(message)):
        measure_cards()
    measure_cards.cache_clear()


def test_a_card_that_is_right_is_read(monkeypatch):
    monkeypatch.setattr(measures, "_file", lambda: {"mine": GOOD})
    measure_cards.cache_clear()
    assert list(measure_cards()) == ["mine"]
    measure_cards.cache_clear()


def test_every_rate_is_one_that_the_report_can_show():
    rates = [card.rate for card in CARDS.values() if isinstance(card.rule, RateRule)]
    assert all(rate.scales in {"headline", "each"} for rate in rates)
