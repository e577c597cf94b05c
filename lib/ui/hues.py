"""The colours of names that are told apart, on every page the same ones."""

from __future__ import annotations

from datetime import date

from lib.store import Selection
from lib.ui import clock, mine, palette

EVER = (date(2015, 1, 1), date(2099, 12, 31))


def colours(by: str, zone: str = "") -> dict[str, str]:
    """Return the colour of each name that there ever was; in the order of first calls, so each keeps its own.

    `zone` is that of a question that is asked as well: the sums of another need not be made.
    """
    cells = mine.usage().cells(Selection(*EVER, zone or getattr(clock.zone(), "key", "UTC")), (by,), "month")
    return palette.colours(list(dict.fromkeys(cell.names[0] for cell in cells)))
