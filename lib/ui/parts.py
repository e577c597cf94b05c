"""Long texts in parts: as much as a page draws at once, cut where it does no harm.

One bound holds for every view. A browser takes a second for so much markdown, and minutes for a few megabytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lib.ui.markdown.lines import Scanner

MAX_CHARACTERS = 50_000  # characters of one text that are on a page at once; fewer where they are many small pieces
SLACK = 2_000  # characters before the end of a part in which a good place to cut is looked for
# What costs a browser more than its characters: where code begins and ends, also within a line, and a row of a table.
COSTLY = re.compile(r"^[ >]{0,9}(?:(?P<fence>```|~~~)|(?P<row>\|))|(?P<span>`+)", re.MULTILINE)
COSTS = {"fence": 300, "row": 40, "span": 10}  # characters that they are like


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


def weight(text: str) -> int:
    """Return how many characters a text is like for a browser, MAX_CHARACTERS for all that is more than one part."""
    read = text[:MAX_CHARACTERS]
    costs = sum(map(_cost, COSTLY.finditer(read)))
    return min(MAX_CHARACTERS, len(read) + costs)


def _cost(match: re.Match[str]) -> int:
    return COSTS[match.lastgroup or "row"]


def fitting(text: str, room: int = MAX_CHARACTERS, begin: int = 0) -> int:
    """Return where in a text, from `begin` on, there is no more room."""
    end = begin + room
    for match in COSTLY.finditer(text, begin, max(begin, min(end, len(text)))):
        if match.start() >= end - _cost(match):
            return min(match.start(), end)
        end -= _cost(match)
    return max(begin, min(end, len(text)))


def _end(text: str, begin: int) -> int:
    """Return where a part ends: after a paragraph, else after a line, if there is one near."""
    end = fitting(text, begin=begin)
    if end == len(text):
        return end
    earliest = max(begin, end - SLACK)
    breaks = (text.rfind(sign, earliest, end) + len(sign) for sign in ("\n\n", "\n"))
    return next((place for place in breaks if place > earliest), end)


def _open(text: str) -> str:
    """Return the line that opens the code in which a text ends, "" where it ends in none."""
    scanner = Scanner()
    for line in text.split("\n"):
        scanner.read(line)
    return f"{scanner.fences[0]}{scanner.language}\n" if scanner.fences else ""
