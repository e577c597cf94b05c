"""The colours of names that are told apart, on every page the same ones."""

from __future__ import annotations

from datetime import date

from lib.store import Ledger, Selection
from lib.ui import clock, mine, palette

EVER = (date(2015, 1, 1), date(2099, 12, 31))


def zone_of_page() -> str:
    """Return the name of the time zone of whoever looks."""
    return getattr(clock.zone(), "key", "UTC")


def colours(by: str, zone: str = "", ledger: Ledger | None = None) -> dict[str, str]:
    """Return the colour of each name that there ever was; in the order of first calls, so each keeps its own.

    `zone` is that of a question that is asked as well: the sums of another need not be made. A thread, which knows
    nobody whose the ledger could be, has to give both.
    """
    cells = (ledger or mine.usage()).cells(Selection(*EVER, zone or zone_of_page()), (by,), "month")
    return palette.colours(list(dict.fromkeys(cell.names[0] for cell in cells)))
