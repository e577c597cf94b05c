"""The door to what concerns everyone's data at once: recovery, purges, imports, the sums of the ledger."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, and_, func, not_, or_, select, union, update

from lib.store import library, processes
from lib.store.chats import conversations, index
from lib.store.engine import Database
from lib.store.processes import Lease, Replica
from lib.store.schema import conversations as roots
from lib.store.schema import messages, usage
from lib.store.schema import queued_prompts as queued
from lib.store.usage import entries, rollups
from lib.store.values import ForeignCall

log = logging.getLogger("parley")

PURGE_SECONDS = 3600.0  # between two purges
INDEX_SECONDS = 1.0  # for which messages are put into the index of the search at a time

_STREAMING = and_(messages.c.instance.is_not(None), messages.c.state == "streaming")
_STARTED = and_(usage.c.instance.is_not(None), usage.c.status == "started")
_WRITERS = union(select(messages.c.instance).where(_STREAMING), select(usage.c.instance).where(_STARTED))


class Upkeep:
    """What a process does for all that use its database. Every method raises StoreError when that fails."""

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database = database
        self._lease = lease

    def recover(self) -> int:
        """Mark answers and calls that were left unfinished as interrupted; return how many answers.

        Left is what a process without a heartbeat was writing, and what this one has abandoned. Its partial text stays.
        Its rows stay open: should it live after all, what it brings is still taken.
        """
        with self._database.read("recovery") as db:
            gone, abandoned = self._gone(db), set(self._lease.abandoned)
        if not gone and not abandoned:
            return 0
        with self._database.write("recovery") as db:
            marked = self._interrupt(db, gone, abandoned)
        self._lease.abandoned -= abandoned
        return marked

    def living(self) -> set[str]:
        """Return the names of the processes that live."""
        with self._database.read("recovery") as db:
            return set(db.scalars(processes.living(db, self._lease.silence)))

    def replicas(self) -> list[Replica]:
        """Return the processes that use the database, and those that ended without a word within the last day."""
        with self._database.read("metrics") as db:
            return processes.listing(db, self._lease.silence)

    def waiting(self) -> int:
        """Return how many prompts wait for the end of an answer."""
        waits = select(func.count()).where(queued.c.after_id.is_not(None), queued.c.taken_at.is_(None))
        with self._database.read("metrics") as db:
            return int(db.scalar(waits) or 0)

    def unfinished(self) -> tuple[int, int]:
        """Return how many calls are being made by processes that live, and how many were left by others."""
        with self._database.read("recovery") as db:
            lives = usage.c.instance.in_(processes.living(db, self._lease.silence))
            counts = [db.scalar(select(func.count()).where(_STARTED, which)) or 0 for which in (lives, not_(lives))]
        return counts[0], counts[1]

    def _gone(self, db: Connection) -> list[str]:
        writers = set(db.scalars(_WRITERS)) - {self._lease.name}
        return sorted(writers - self.living()) if writers else []

    def _interrupt(self, db: Connection, gone: list[str], abandoned: set[int]) -> int:
        theirs = or_(messages.c.instance.in_(gone), messages.c.usage_id.in_(abandoned))
        left = update(messages).where(_STREAMING, theirs)
        marked = db.execute(left.values(state="interrupted")).rowcount
        entries.interrupt(db, and_(_STARTED, or_(usage.c.instance.in_(gone), usage.c.id.in_(abandoned))))
        return marked

    def purge(self, older_than: datetime) -> int:
        """Remove conversations deleted before `older_than` for good, images too; return how many. The ledger stays.

        The rows of processes that have been gone for a day go as well, and what was deleted from libraries.
        """
        with self._database.write("purge") as db:
            processes.forget(db)
            library.purge(db, older_than)
            removed = conversations.purge(db, older_than)
        self._database.scrub()
        return removed

    def retire(self, older_than: datetime) -> int:
        """Remove those in which nothing was said since `older_than` for good; return how many. The ledger stays."""
        with self._database.write("purge") as db:
            removed = conversations.retire(db, older_than)
        if removed:
            self._database.scrub()
        return removed

    def expire(self, moment: datetime) -> int:
        """Remove temporary conversations whose time is over for good; return how many. The ledger stays."""
        with self._database.read("purge") as db:
            if db.execute(select(roots.c.id).where(conversations.is_over(moment)).limit(1)).first() is None:
                return 0
        with self._database.write("purge") as db:
            removed = conversations.expire(db, moment)
        self._database.scrub()
        return removed

    def index(self, seconds: float = INDEX_SECONDS) -> int:
        """Put messages that the search does not find yet into its index, for so long; return how many."""
        until, total = time.monotonic() + seconds, 0
        while (count := self._index_some()) and (total := total + count) and time.monotonic() < until:
            pass
        return total

    def _index_some(self) -> int:
        with self._database.read("search") as db:
            is_done = db.execute(select(messages.c.id).where(index.is_due()).limit(1)).first() is None
        if is_done:
            return 0
        with self._database.write("search") as db:
            return index.put_some(db)

    def purge_calls(self, older_than: datetime) -> int:
        """Remove calls made before `older_than` from the ledger for good, and from all sums; return how many."""
        total = 0
        while count := self.purge_some_calls(older_than):
            total += count
        return total

    def purge_some_calls(self, older_than: datetime) -> int:
        """Remove some of them, as many as go in a second or two; return how many, 0 when none are left."""
        with self._database.write("purge") as db:
            return entries.purge(db, older_than)

    def take_in(self, calls: Sequence[ForeignCall]) -> int:
        """Add calls that other programs made to the ledger; return how many were not there yet."""
        with self._database.write("import") as db:
            return entries.take_in(db, calls)

    def differences(self) -> int:
        """Count the sums that are not what the ledger adds up to; 0 is what it should be. Reads all of the ledger."""
        with self._database.read(rollups.SUMMING) as db:
            return rollups.differences(db)

    def rebuild(self) -> None:
        """Make all sums anew from the ledger; calls go on meanwhile, figures are of what is done so far."""
        rollups.rebuild(self._database)


class Routine:
    """What is done again and again while a process runs: recovery, expiry and the index each time, purges hourly.

    What was deleted goes for good after `deleted_days`, what was called after `retention_days`, what was said after
    `conversation_days`, if those are given.
    `clock` counts seconds.
    """

    def __init__(
        self,
        upkeep: Upkeep,
        deleted_days: int,
        retention_days: int | None = None,
        conversation_days: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._upkeep = upkeep
        self._deleted_days = deleted_days
        self._retention_days = retention_days
        self._conversation_days = conversation_days
        self._clock = clock
        self._due = clock()

    def __call__(self) -> None:
        """Do what is due, for a second or two. Raises StoreError when the database fails; it is due again then."""
        if left := self._upkeep.recover():
            log.warning("Marked as interrupted: %d answers that were left unfinished", left)
        self._upkeep.expire(datetime.now(UTC))
        self._upkeep.index()
        if self._clock() >= self._due and not self._purge(datetime.now(UTC)):
            self._due = self._clock() + PURGE_SECONDS

    def _purge(self, moment: datetime) -> bool:
        """Remove what is old; return whether more of it may be left: whoever does all at once seems dead meanwhile."""
        if gone := self._upkeep.purge(moment - timedelta(days=self._deleted_days)):
            log.info("Removed for good: %d conversations deleted %d days ago", gone, self._deleted_days)
        if (days := self._conversation_days) and (gone := self._upkeep.retire(moment - timedelta(days=days))):
            log.info("Removed for good: %d conversations after %d days without a prompt", gone, days)
        if not self._retention_days:
            return False
        if gone := self._upkeep.purge_some_calls(moment - timedelta(days=self._retention_days)):
            log.info("Removed from the ledger: %d calls older than %d days", gone, self._retention_days)
        return gone > 0
