"""The door for visitors: a link opens one conversation to read, or one round to vote on, and nothing else of anyone."""

from __future__ import annotations

from lib.store import rooms
from lib.store.chats import shares
from lib.store.engine import Database
from lib.store.values import Room, StoredContent, Visit


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

    def room(self, token: str) -> Room | None:
        """Return the round that a link opens; None for any other, whatever it is. Raises StoreError."""
        with self._database.read("share") as db:
            return rooms.find(db, token)

    def voted(self, room: Room, voter: str) -> str | None:
        """Return what a visitor voted there, None for nothing. Raises StoreError."""
        with self._database.read() as db:
            return rooms.voted(db, room, voter)

    def vote(self, token: str, voter: str, ballot: str | None) -> bool:
        """Keep a visitor's vote, or with None take it back; return whether the link opens a round. Raises StoreError.

        A vote that was given stands until it is taken back.
        """
        with self._database.write("share") as db:
            return rooms.cast(db, token, voter, ballot)
