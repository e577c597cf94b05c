"""Ranges of days, and filters in words."""

from __future__ import annotations

from datetime import date

import pytest

from lib.store import Selection
from lib.ui.usage.filters import days, words

TODAY = date(2026, 5, 14)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Today", TODAY),
        ("7 days", date(2026, 5, 8)),
        ("30 days", date(2026, 4, 15)),
        ("90 days", date(2026, 2, 14)),
        ("Month", date(2026, 5, 1)),
        ("Custom", date(2026, 4, 15)),
    ],
)
def test_days(name: str, first: date) -> None:
    """A range ends today, and has as many days as it says; one without days is the usual one."""
    assert days(name, (), TODAY) == (first, TODAY)


def test_custom() -> None:
    """Days of one's own are taken as they are; a single one is a range, too."""
    first, last = date(2025, 1, 1), date(2025, 2, 1)

    assert days("Custom", (first, last), TODAY) == (first, last)
    assert days("Custom", (first,), TODAY) == (first, first)


def test_words() -> None:
    """Filters are told with their values, which show as written."""
    selection = Selection(TODAY, TODAY, models=("a*b*", "c"), owners=("o",))

    assert words(selection) == "owner **o** · model **a\\*b\\*, c**"
    assert words(Selection(TODAY, TODAY)) == ""
