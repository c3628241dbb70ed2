"""Cut-offs in words."""

from dataclasses import replace

from analysis.report.scale_words import entry_words, remission_words, response_words
from analysis.vocabulary.definitions import default_definitions

INSTRUMENTS = default_definitions().instruments


def test_a_cut_off_is_read_from_the_side_that_is_worse():
    assert entry_words(INSTRUMENTS["MADRS"]) == "20 or more"
    assert remission_words(INSTRUMENTS["MADRS"]) == "10 or less"
    assert entry_words(INSTRUMENTS["WHO-5"]) == "50 or less"
    assert remission_words(INSTRUMENTS["WHO-5"]) == "52 or more"


def test_a_response_is_a_share_of_the_baseline_or_points():
    assert response_words(INSTRUMENTS["PHQ-9"], percent=50) == "at least half of the score before treatment is gone"
    assert response_words(INSTRUMENTS["PHQ-9"], percent=60) == "at least 60 % of the score before treatment is gone"
    lower = replace(INSTRUMENTS["PHQ-9"], response_points=5)
    assert response_words(lower, percent=50) == "the score is at least 5 points lower than before treatment"
