"""The headings of the sidebar."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from lib.ui.chat.sidebar import day_of

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=ZoneInfo("Pacific/Auckland"))


@pytest.mark.parametrize(
    ("moment", "heading"),
    [
        (datetime(2026, 3, 9, 22, 0, tzinfo=UTC), "Today"),
        (datetime(2026, 3, 9, 10, 30, tzinfo=UTC), "Yesterday"),
        (datetime(2026, 3, 8, 10, 30, tzinfo=UTC), "Earlier"),
        (datetime(2026, 3, 11, 10, 30, tzinfo=UTC), "Today"),
    ],
)
def test_day(moment: datetime, heading: str) -> None:
    """A conversation stands under the viewer's own day, not the server's; a clock that runs ahead does not matter."""
    assert day_of(moment, NOW) == heading
