"""The doors to everything that is kept."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text

from lib.store.chats.chats import Chats
from lib.store.engine import Database, connect
from lib.store.history import HISTORY, History
from lib.store.library import Library
from lib.store.people import People
from lib.store.processes import Lease
from lib.store.scope import Scope
from lib.store.upkeep import Upkeep
from lib.store.usage.backfill import Filling
from lib.store.usage.ledger import Ledger
from lib.store.versions import migrate
from lib.store.visitors import Visitors
from lib.store.votes import Votes


class Store:
    """An open database. It lives as long as the app; any number of threads may use it.

    What belongs to a person is behind a door that is opened with a scope; `upkeep` is for what concerns all of them,
    `visitors` for whoever has a link that somebody made, `people` for the door that lets people in and for admins.
    """

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database = database
        self.lease = lease
        self.upkeep = Upkeep(database, self.lease)
        self.visitors = Visitors(database)
        self.people = People(database)
        self._filling = Filling(database)

    @classmethod
    def open(
        cls,
        url: str,
        history: History = HISTORY,
        lease: Callable[[Database], Lease] = Lease,
        *,
        anyway: bool = False,
    ) -> Store:
        """Open the database at a SQLAlchemy URL, made and migrated as needed. `lease` makes the row of this process.

        A SQLite file is made with mode 0600, its folder with 0700, and copied before a migration. `anyway`: also while
        older Parleys run that could not live with what it makes of the schema.
        Raises StoreError when it cannot be opened or its schema and code cannot live with each other.
        """
        database = connect(url)
        try:
            migrate(database, history, anyway=anyway)
        except BaseException:
            database.close()
            raise
        return cls(database, lease(database))

    def chats(self, scope: Scope) -> Chats:
        """Return the door to a person's conversations."""
        return Chats(self._database, self.lease, scope)

    def usage(self, scope: Scope) -> Ledger:
        """Return the door to what a person used."""
        return Ledger(self._database, self.lease, self._filling, scope)

    def library(self, scope: Scope) -> Library:
        """Return the door to what a person keeps to use it again."""
        return Library(self._database, scope)

    def votes(self, scope: Scope) -> Votes:
        """Return the door to votes on a person's comparisons."""
        return Votes(self._database, scope)

    def ping(self) -> None:
        """Ask the database for next to nothing; raises StoreError when it does not answer, or takes nothing."""
        self._database.check()
        self.lease.check()
        with self._database.read("health") as db:
            db.execute(text("SELECT 1 FROM conversations LIMIT 1"))

    def close(self) -> None:
        """Give the connections back; the store is not usable afterwards."""
        self._filling.close()
        try:
            self.lease.close()
        finally:
            self._database.close()
