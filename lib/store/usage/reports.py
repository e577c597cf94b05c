"""The door to what was used: figures, charts, tables, single calls."""

from __future__ import annotations

from datetime import datetime

from lib.store.engine import Database
from lib.store.usage import charts, pages, rollups, sums
from lib.store.usage.backfill import Filling
from lib.store.usage.charts import Pivot, Series
from lib.store.usage.figures import Cell, Figures, Metric, Selection
from lib.store.usage.pages import Page
from lib.store.values import Call


class Reports:
    """What a database knows of the calls; any number of threads may ask.

    Figures are of calls that have ended. The first question about a time zone makes its sums, which takes a second or
    two for 100,000 calls. Every method raises StoreError when the database fails, and ChatError for a time zone that
    there is not. Dimensions are owner, endpoint, model, purpose, status, source and origin.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._filling = Filling(database)

    def begin(self, zone: str, patience: float = 0.0) -> float:
        """Have the sums by the days of a zone made in the background, if they are not yet.

        Returns how much of them is made, 0 to 1, after at most `patience` seconds.
        """
        return self._filling.begin(zone, patience)

    def close(self) -> None:
        """End what runs in the background."""
        self._filling.close()

    def figures(self, selection: Selection) -> Figures:
        """Return what the selected calls come to."""
        return charts.total(cell.figures for cell in self.cells(selection, with_ttft=True))

    def series(
        self, selection: Selection, by: str, step: str, metric: Metric, *, most: int = 8, currency: str = "USD"
    ) -> Series:
        """Return a chart by a dimension and by "day", "week" or "month": the `most` largest lines, and the rest as one.

        `currency` is that of costs. Of first-token times the lines with the most
        calls are shown, and no rest: medians do not add up.
        """
        rollups.prepare(self._database, selection.zone)
        with self._database.read() as db:
            points = sums.points(db, selection, by, step, metric, currency)
        return charts.series(points, list(charts.steps(selection, step)), most, additive=metric.is_additive)

    def table(self, selection: Selection, rows: str, columns: str | None = None, *, with_ttft: bool = False) -> Pivot:
        """Return a table by one dimension or two, with totals; `with_ttft`: with first-token times, which is slower."""
        by = (rows, columns) if columns else (rows,)
        return charts.table(self.cells(selection, by, with_ttft=with_ttft))

    def cells(
        self, selection: Selection, by: tuple[str, ...] = (), step: str | None = None, *, with_ttft: bool = False
    ) -> list[Cell]:
        """Return figures by any dimensions and by step, in order; `with_ttft`: with first-token times, slower."""
        rollups.prepare(self._database, selection.zone)
        with self._database.read() as db:
            return sums.cells(db, selection, by, step, with_ttft)

    def choices(self, zone: str = "UTC") -> dict[str, list[str]]:
        """Return the values that each dimension has, for filters."""
        rollups.prepare(self._database, zone)
        with self._database.read() as db:
            return sums.choices(db, zone)

    def calls(self, selection: Selection, limit: int = 50, after: tuple[datetime, int] | None = None) -> Page:
        """Return a page of the selected calls, the latest first; those that are still running are among them.

        `after` is that of the page before.
        """
        with self._database.read() as db:
            return pages.page(db, selection, limit, after)

    def call(self, id: int) -> Call | None:
        """Return one call."""
        with self._database.read() as db:
            return pages.call(db, id)

    def calls_of(self, conversation_id: str, limit: int = 50, after: tuple[datetime, int] | None = None) -> Page:
        """Return a page of a conversation's calls, as `calls` does; the conversation itself may be deleted."""
        with self._database.read() as db:
            return pages.of_conversation(db, conversation_id, limit, after)

    def conversation(self, id: str) -> Figures:
        """Return what a conversation's calls come to, those of answers that were replaced too."""
        with self._database.read() as db:
            return sums.conversation(db, id)

    def differences(self) -> int:
        """Count the sums that are not what the ledger adds up to; 0 is what it should be. Reads all of the ledger."""
        with self._database.read() as db:
            return rollups.differences(db)

    def rebuild(self) -> None:
        """Make all sums anew from the ledger; calls go on meanwhile, figures are of what is done so far."""
        rollups.rebuild(self._database)
