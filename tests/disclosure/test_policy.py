"""The policy."""

import pytest

from analysis.disclosure.policy import DEFAULT_POLICY, Policy


def test_the_default_hides_counts_from_1_to_10():
    assert DEFAULT_POLICY.hide_up_to == 10


def test_a_policy_that_hides_nothing_is_refused():
    with pytest.raises(ValueError, match="1 or more"):
        Policy(hide_up_to=0)
