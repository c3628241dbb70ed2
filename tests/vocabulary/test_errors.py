"""The errors a user meets, and their exit codes."""

import pytest

from analysis.vocabulary.errors import (
    CallError,
    DataError,
    DisclosureError,
    NotDueError,
    OutcomesError,
    nearest_name,
)


@pytest.mark.parametrize(("kind", "code"), [(DataError, 1), (CallError, 2), (NotDueError, 3), (DisclosureError, 4)])
def test_each_kind_of_error_has_its_exit_code_and_is_caught_as_one(kind, code):
    error = kind("what to do")
    assert error.exit_code == code
    assert isinstance(error, OutcomesError)


def test_the_nearest_name_is_offered_only_when_it_is_near():
    assert nearest_name("respnse", ["response", "remission"]) == " Did you mean 'response'?"
    assert nearest_name("xyz", ["response", "remission"]) == ""
