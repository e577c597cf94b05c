"""Days of time zones: how far a zone is from UTC at any moment, and when its days begin."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import ChatError
from lib.store.usage.days import ALWAYS, FOREVER, begin, periods

ZONES = ("UTC", "Europe/Lisbon", "Pacific/Auckland", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca")


def test_utc() -> None:
    """UTC never changes."""
    assert periods("UTC") == ((ALWAYS, FOREVER, 0),)


@pytest.mark.parametrize("name", ZONES)
def test_gapless(name: str) -> None:
    """Periods follow each other without a gap, from always to forever."""
    found = periods(name)

    assert (found[0].since, found[-1].until) == (ALWAYS, FOREVER)
    assert all(before.until == after.since for before, after in pairwise(found))


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2015, 1, 1), datetime(2044, 12, 1)),  # noqa: DTZ001  # hypothesis wants them naive
)
def test_offset(name: str, moment: datetime) -> None:
    """At any moment the offset is the one that Python has."""
    at = moment.replace(tzinfo=UTC)
    (minutes,) = (period.minutes for period in periods(name) if period.since <= at < period.until)

    assert timedelta(minutes=minutes) == at.astimezone(ZoneInfo(name)).utcoffset()


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe", "a\0b"])
def test_no_zone(name: str) -> None:
    """What is no time zone is refused."""
    with pytest.raises(ChatError, match="time zone"):
        periods(name)


@pytest.mark.parametrize(
    ("day", "name", "moment"),
    [
        (date(2026, 5, 4), "Pacific/Auckland", datetime(2026, 5, 3, 12, tzinfo=UTC)),
        (date(2026, 10, 25), "Europe/Lisbon", datetime(2026, 10, 24, 23, tzinfo=UTC)),
        (date(2026, 10, 26), "Europe/Lisbon", datetime(2026, 10, 26, tzinfo=UTC)),
        # Clocks go from 23:59:59 to 01:00 here.
        (date(2026, 4, 24), "Africa/Cairo", datetime(2026, 4, 23, 22, tzinfo=UTC)),
    ],
)
def test_begin(day: date, name: str, moment: datetime) -> None:
    """A day begins at its zone's midnight, or when its first moment is."""
    assert begin(day, name) == moment
