"""Which regular expressions are searched for, and how long that may take."""

from __future__ import annotations

import re
import time

import pytest

from lib.files.patterns import MAX_STEPS, refusal, steps


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[A-Z]{2}\d{4}$",
        r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$",
        r"^(red|green|blue)$",
        r"^(?:ab){3}(c)?\)$",
        r"^(\d{3}-)?\d{4}$",
        r"(?=.*\d)[)(+*]+",
        r"(?x)a # )",
    ],
)
def test_taken(pattern: str) -> None:
    """What people write to say how a value looks is searched for."""
    assert refusal(pattern) == ""
    assert 0 < steps(pattern, 20) <= MAX_STEPS


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(a+)+$", "repeats"),
        (r"^(a|a)*$", "repeats"),
        (r"((a{0,9})b)+", "repeats"),
        (r"(a?){30}", "repeats"),
        (r"(.)\1+", "repeats"),
        (r"[", "none that can be read"),
        ("a" * 501, "longer"),
    ],
)
def test_refused(pattern: str, why: str) -> None:
    """What may take forever is refused."""
    assert why in refusal(pattern)


def test_steps() -> None:
    """Each repetition multiplies what a search may take, so does a beginning that is not said."""
    assert steps("^a$", 1000) == 1
    assert steps("a", 1000) == 1001
    assert steps("^a*b?c{2,4}$", 9) == 10 * 2 * 3
    assert steps("a*" * 9, 1000) > MAX_STEPS
    assert steps("^" + "a?" * 40, 40) > MAX_STEPS


def test_bound_holds() -> None:
    """What is within the bound is over soon."""
    pattern, text = r"a*a*b", "a" * 160
    assert steps(pattern, len(text)) <= MAX_STEPS
    begun = time.monotonic()
    re.search(pattern, text)

    assert time.monotonic() - begun < 20
