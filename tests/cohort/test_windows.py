"""Windows: names, days and when they are due."""

from dataclasses import replace

import pytest

from analysis.cohort.windows import parse_window, window_before
from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.errors import CallError

RULES = default_definitions()


@pytest.mark.parametrize(
    ("name", "first", "last", "nearest", "due"),
    [
        ("end of loading", 1, 14, 7, 42),
        ("end of loading, late", 14, 31, 21, 59),
        ("after session 1", 0, 14, 14, 71),
        ("after session 8", 0, 14, 14, 71),
        ("after session 9", 0, 14, 14, 78),
        ("month 1 after loading", 16, 45, 30, 73),
        ("month 12 after loading", 346, 375, 360, 403),
        ("day 28 +- 7", 21, 35, 28, 36),
        ("day 0 ± 3", -3, 3, 0, 4),
        ("by day 7", 1, 7, 7, 8),
        ("24 h", 18, 36, 24, 3),
        ("baseline", 0, 0, 0, 71),
    ],
)
def test_a_window_has_its_days_and_closes_for_everyone_on_one_day(name, first, last, nearest, due):
    window = parse_window(name, RULES)
    assert (window.first, window.last, window.nearest, window.due_day) == (first, last, nearest, due)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "end",
        "after session 0",
        "after session",
        "month 0 after loading",
        "month 13 after loading",
        "day 28",
        "by day 0",
        "48 h",
    ],
)
def test_what_is_no_window_is_refused_with_the_names_there_are(name):
    with pytest.raises(CallError, match="is not a window. Write: end of loading"):
        parse_window(name, RULES)


def test_the_days_come_from_the_definitions():
    shorter = replace(RULES, windows=replace(RULES.windows, end_last=10))
    assert parse_window("end of loading", shorter).due_day == 38


def test_a_window_has_one_name_however_it_is_written():
    assert parse_window(" day 28 ±  7", RULES) == parse_window("day 28 +- 7", RULES)
    assert parse_window("after session 03", RULES).name == "after session 3"


def test_only_a_month_has_a_window_before_it_and_the_first_has_the_end_of_loading():
    before = {
        name: window_before(parse_window(name, RULES), RULES)
        for name in ("month 1 after loading", "month 12 after loading")
    }
    assert [window and window.name for window in before.values()] == ["end of loading", "month 11 after loading"]
    for name in ("end of loading", "after session 3", "day 28 +- 7", "by day 7", "24 h", "baseline"):
        assert window_before(parse_window(name, RULES), RULES) is None


def test_the_month_before_follows_the_days_of_the_definitions():
    other = replace(RULES, windows=replace(RULES.windows, month_days=28))
    assert window_before(parse_window("month 6 after loading", other), other).nearest == 140
