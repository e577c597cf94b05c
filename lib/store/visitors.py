"""The door for visitors: a link opens one conversation to read, as it was to be seen, and nothing else of anyone."""

from __future__ import annotations

from lib.store.chats import shares
from lib.store.engine import Database
from lib.store.values import StoredContent, Visit


class Visitors:
    """What whoever has a link sees. A token that was guessed, has expired or was revoked opens nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def visit(self, token: str) -> Visit | None:
        """Return what a link shows; None for one that opens nothing, for whatever reason. Raises StoreError."""
        with self._database.read("share") as db:
            share = shares.find(db, token)
        if share is None:
            return None
        with self._database.read() as db:
            return shares.visit(db, share)

    def image(self, seen: Visit, id: str) -> StoredContent | None:
        """Return the bytes of an image in what a link shows. Raises StoreError."""
        with self._database.read() as db:
            return shares.image(db, seen, id)
