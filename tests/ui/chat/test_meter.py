"""The meter: what the next call sends, in tokens and money, what fits, and what it costs elsewhere."""

from __future__ import annotations

import pytest

from lib.ui.chat.meter import short


@pytest.mark.parametrize(
    ("tokens", "shown"),
    [
        (950, "950"),
        (3_412, "3.4k"),
        (9_000, "9k"),
        (128_000, "128k"),
        (999_600, "1M"),
        (1_048_576, "1M"),
        (2_500_000, "2.5M"),
    ],
)
def test_short(tokens: int, shown: str) -> None:
    """A number of tokens near the box has few signs."""
    assert short(tokens) == shown
