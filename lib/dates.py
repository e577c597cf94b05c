"""Days and times as a person reads them, in the one way of all pages and files."""

from __future__ import annotations

from datetime import date, datetime

FIELD = "YYYY-MM-DD"  # how days are typed in, as they stand in addresses


def day(of: date, *, named: bool = False) -> str:
    """Return a day, 5 Nov 2026, or with its name, Thu 5 Nov 2026."""
    return f"{of:%a} {day(of)}" if named else f"{of.day} {month(of)}"


def month(of: date) -> str:
    """Return a month: Nov 2026."""
    return f"{of:%b %Y}"


def time(at: datetime, *, exact: bool = False) -> str:
    """Return a time of the day, 14:03, or to the second, 14:03:22."""
    return f"{at:%H:%M:%S}" if exact else f"{at:%H:%M}"


def moment(at: datetime) -> str:
    """Return a day and a time: 5 Nov 2026, 14:03."""
    return f"{day(at)}, {time(at)}"
