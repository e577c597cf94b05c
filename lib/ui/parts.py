"""Long texts in parts: as much as a page draws at once, cut where it does no harm.

One bound holds for every view. A browser takes a second for so much markdown, and minutes for a few megabytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from lib.ui.markdown.lines import Scanner

MAX_CHARACTERS = 50_000  # characters of one text that are on a page at once
SLACK = 5_000  # characters before the end of a part in which a good place to cut is looked for


@dataclass(frozen=True)
class Place:
    """Where a part begins, and the line that opens the code which it begins in."""

    begin: int = 0
    fence: str = ""


def part(text: str, place: Place = Place()) -> str:
    """Return the part of a text that begins at a place, as markdown of its own."""
    return place.fence + text[place.begin : _end(text, place.begin)]


def following(text: str, place: Place) -> Place | None:
    """Return where the next part begins, None after the last one."""
    end = _end(text, place.begin)
    return Place(end, _open(part(text, place))) if end < len(text) else None


def _end(text: str, begin: int) -> int:
    """Return where a part ends: after a paragraph, else after a line, if there is one near."""
    end = begin + MAX_CHARACTERS
    if end >= len(text):
        return len(text)
    breaks = (text.rfind(sign, end - SLACK, end) + len(sign) for sign in ("\n\n", "\n"))
    return next((place for place in breaks if place > end - SLACK), end)


def _open(text: str) -> str:
    """Return the line that opens the code in which a text ends, "" where it ends in none."""
    scanner = Scanner()
    for line in text.split("\n"):
        scanner.read(line)
    return f"{scanner.fences[0]}{scanner.language}\n" if scanner.fences else ""
