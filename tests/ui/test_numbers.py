"""Numbers as a person reads them."""

from __future__ import annotations

import pytest

from lib.ui.numbers import count, rate, seconds


@pytest.mark.parametrize(
    ("number", "text"), [(None, "–"), (0, "0"), (999, "999"), (1000, "1\u2009000"), (1234567, "1\u2009234\u2009567")]
)
def test_count(number: int | None, text: str) -> None:
    """Thousands are set apart by a thin space; unknown is a dash, not a zero."""
    assert count(number) == text


def test_about() -> None:
    """An estimate has its mark before the number."""
    assert count(50, "~") == "~50"


@pytest.mark.parametrize(("milliseconds", "text"), [(None, "–"), (4, "0.00 s"), (456, "0.46 s"), (12345, "12.3 s")])
def test_seconds(milliseconds: float | None, text: str) -> None:
    """Durations have as many digits as matter."""
    assert seconds(milliseconds) == text


@pytest.mark.parametrize(
    ("tokens", "milliseconds", "text"),
    [(100, 2000, "50"), (None, 2000, "–"), (100, None, "–"), (100, 5, "–")],
)
def test_rate(tokens: int | None, milliseconds: float | None, text: str) -> None:
    """A speed is told where there is something to divide by."""
    assert rate(tokens, milliseconds) == text
