"""Token counts: those that can be true, and the names of those that cannot."""

from __future__ import annotations

import pytest

from lib.api.token_counts import implausible, usage
from lib.messages import Usage


@pytest.mark.parametrize("count", [-1, "twelve", True, 10**10, 1.5, [3], float("nan"), float("inf")])
def test_counts_that_cannot_be_true(count: object) -> None:
    """A count that is negative, no number or beyond any model is unknown, and named."""
    sent = {"prompt_tokens": count, "completion_tokens": 3}

    assert usage(sent) == Usage(completion_tokens=3)
    assert implausible(sent) == ("prompt_tokens",)


def test_another_name_has_it() -> None:
    """Nothing is doubtful where another dialect's name for the same has a count."""
    assert implausible({"prompt_tokens": "?", "input_tokens": 3, "completion_tokens": None}) == ()


def test_no_usage_at_all() -> None:
    """What is no usage object has nothing to doubt."""
    assert implausible("none") == ()
