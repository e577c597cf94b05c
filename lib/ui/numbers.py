"""Numbers as a person reads them: thin-space thousands, "–" for unknown, "~" for about."""

from __future__ import annotations

UNKNOWN = "–"
THIN_SPACE = "\u2009"
SHORTEST = 20.0  # milliseconds; a speed over less says nothing


def count(number: int | None, about: str = "") -> str:
    """Return a whole number: 12 345."""
    return UNKNOWN if number is None else f"{about}{number:,}".replace(",", THIN_SPACE)


def seconds(milliseconds: float | None) -> str:
    """Return a duration in seconds, with as many digits as matter."""
    if milliseconds is None:
        return UNKNOWN
    value = milliseconds / 1000
    return f"{value:.2f} s" if value < 1 else f"{value:.1f} s"


def rate(tokens: int | None, milliseconds: float | None, about: str = "") -> str:
    """Return tokens per second; unknown for a time too short to divide by."""
    if tokens is None or milliseconds is None or milliseconds < SHORTEST:
        return UNKNOWN
    return count(round(tokens * 1000 / milliseconds), about)
