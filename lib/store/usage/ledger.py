"""The door to the ledger: calls are noted in it, and it says what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from lib.model_choice import ModelChoice
from lib.store.engine import Database
from lib.store.processes import Lease
from lib.store.scope import Scope
from lib.store.usage import charts, entries, pages, rollups, sums
from lib.store.usage.backfill import Filling
from lib.store.usage.charts import Pivot, Series
from lib.store.usage.figures import Cell, Figures, Metric, Selection
from lib.store.usage.pages import Page
from lib.store.values import Call, Outcome, Target


class Ledger:
    """What one person may know of the calls; any number of threads may ask.

    Figures are of calls that have ended. The first question about a time zone makes its sums, which takes a second or
    two for 100,000 calls. Every method raises StoreError when the database fails, and ChatError for a time zone that
    there is not. Dimensions are owner, endpoint, model, purpose, status, source and origin.
    """

    def __init__(self, database: Database, lease: Lease, filling: Filling, scope: Scope) -> None:
        self.scope = scope
        self._database = database
        self._lease = lease
        self._filling = filling
        self._everyone = "role" if scope.sees_usage else ""

    def begin(self, choice: ModelChoice, *, provider: str, purpose: str) -> int:
        """Keep a row for a call that belongs to no conversation, before it is sent; return its id."""
        self._lease.hold()
        target = Target(choice, provider, self.scope, purpose, self._lease.name)
        with self._database.write() as db:
            return entries.start(db, target)

    def finish(self, usage_id: int, outcome: Outcome) -> None:
        """Complete such a row; a second time changes nothing."""
        with self._database.write() as db:
            entries.close(db, self.scope, usage_id, outcome)

    def abandon(self, usage_id: int) -> None:
        """Leave such a row, which can never be completed, to upkeep, which marks it as interrupted."""
        self._lease.abandoned.add(usage_id)

    def prepare(self, zone: str, patience: float = 0.0) -> float:
        """Have the sums by the days of a zone made in the background, if they are not yet.

        Returns how much of them is made, 0 to 1, after at most `patience` seconds.
        """
        return self._filling.begin(zone, patience)

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
        with self._database.read(self._everyone) as db:
            points = sums.points(db, self._seen(selection), by, step, metric, currency)
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
        with self._database.read(self._everyone) as db:
            return sums.cells(db, self._seen(selection), by, step, with_ttft)

    def _seen(self, selection: Selection) -> Selection:
        return selection if self.scope.sees_usage else replace(selection, owners=(self.scope.owner,))

    def choices(self, zone: str = "UTC") -> dict[str, list[str]]:
        """Return the values that each dimension has, for filters."""
        rollups.prepare(self._database, zone)
        with self._database.read(self._everyone) as db:
            return sums.choices(db, self.scope, zone)

    def calls(self, selection: Selection, limit: int = 50, after: tuple[datetime, int] | None = None) -> Page:
        """Return a page of the selected calls, the latest first; those that are still running are among them.

        `after` is that of the page before.
        """
        with self._database.read(self._everyone) as db:
            return pages.page(db, self.scope, selection, limit, after)

    def call(self, id: int) -> Call | None:
        """Return one call."""
        with self._database.read(self._everyone) as db:
            return pages.call(db, self.scope, id)

    def calls_of(self, conversation_id: str, limit: int = 50, after: tuple[datetime, int] | None = None) -> Page:
        """Return a page of a conversation's calls, as `calls` does; the conversation itself may be deleted."""
        with self._database.read(self._everyone) as db:
            return pages.of_conversation(db, self.scope, conversation_id, limit, after)

    def of_answers(self, ids: Sequence[int]) -> list[Call]:
        """Return the calls that these messages are the answers of, those of one answer in their order."""
        with self._database.read(self._everyone) as db:
            return pages.of_answers(db, self.scope, ids)

    def those(self, ids: Sequence[int]) -> list[Call]:
        """Return the calls with these ids, in their order, without those that are not there."""
        with self._database.read(self._everyone) as db:
            return pages.those(db, self.scope, ids)

    def projects(self, selection: Selection) -> list[Cell]:
        """Return figures by project and owner, in order; calls in none, or in one that is gone, are of the project "".

        It is the one that a conversation is in now.
        """
        with self._database.read(self._everyone) as db:
            return sums.projects(db, self.scope, selection)

    def latest(self, owner: str, since: datetime, limit: int) -> list[datetime]:
        """Return when somebody's last calls were begun, at most so many, the latest first."""
        with self._database.read(self._everyone) as db:
            return pages.latest(db, self.scope, owner, since, limit)

    def running(self, owner: str) -> int:
        """Return how many calls processes that live are making for somebody."""
        with self._database.read(self._everyone) as db:
            return pages.running(db, self.scope, owner, self._lease.silence)

    def conversation(self, id: str) -> Figures:
        """Return what a conversation's calls come to, those of answers that were replaced too."""
        with self._database.read(self._everyone) as db:
            return sums.conversation(db, self.scope, id)
