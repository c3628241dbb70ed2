"""One rate in a sentence: in a hundred, with its counts and interval; hidden and unknown are said to be so."""

import pandas as pd
import pytest

from analysis.disclosure.suppression import disclose
from analysis.report.display import rate_cell
from analysis.report.rate_words import rate_in_words, share_in_words
from analysis.vocabulary.errors import CallError

RATES = pd.DataFrame(
    {
        "window": ["end of loading", "end of loading", "month 3 after loading", "month 6 after loading"],
        "estimand": ["observed", "starters", "observed", "observed"],
        "estimate": [0.4796, 0.4, 0.25, float("nan")],
        "low": [0.385, 0.315, 0.07, float("nan")],
        "high": [0.575, 0.49, 0.59, float("nan")],
        "numerator": [480, 480, 2, 0],
        "denominator": [1001, 1200, 8, 0],
        "status": ["ok", "ok", "ok", "empty"],
    }
)


def test_a_rate_is_said_with_its_counts_and_interval() -> None:
    said = rate_in_words(RATES, window="end of loading", estimand="observed")
    assert said == "48 in 100 (480 of 1,001; between 38 and 57 in 100)"


def test_a_hidden_rate_is_said_to_be_hidden_and_no_number_of_it_is_said() -> None:
    said = rate_in_words(disclose(RATES, audience="public"), window="month 3 after loading")
    assert "hidden" in said
    assert not any(letter.isdigit() for letter in said)


def test_a_rate_of_nobody_is_unknown_and_not_zero() -> None:
    assert rate_in_words(RATES, window="month 6 after loading") == "an unknown number (nobody was counted)"


@pytest.mark.parametrize("which", [{}, {"window": "end of loading"}, {"window": "month 9 after loading"}])
def test_it_must_be_clear_which_rate_is_meant(which: dict[str, str]) -> None:
    with pytest.raises(CallError, match="rows of the table are meant"):
        rate_in_words(RATES, **which)


def test_a_wrong_column_is_named_with_those_there_are() -> None:
    with pytest.raises(CallError, match="'denominators' is not a column of this table. Its columns: window, estimand"):
        rate_in_words(RATES, denominators="observed")


def test_a_share_of_counts() -> None:
    assert share_in_words(564, 1116) == "51 in 100 (564 of 1,116)"
    assert "hidden" in share_in_words(5, pd.NA)
    assert "unknown" in share_in_words(0, 0)


def test_bounds_are_said_as_a_range() -> None:
    bounds = pd.DataFrame(
        {"estimand": ["bounds"], "estimate": [float("nan")], "low": [0.18], "high": [0.86], "numerator": [186]}
        | {"denominator": [1011], "status": ["ok"]}
    )
    assert rate_in_words(bounds) == "between 18 and 86 in 100 (of 1,011, with those not scored)"
    row = bounds.iloc[0].to_dict() | {"csv_row": 2}
    cell = rate_cell(row)
    assert (cell.text, cell.detail, cell.span) == ("18 to 86 in 100", "of 1,011", None)
