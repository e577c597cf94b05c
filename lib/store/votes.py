"""The door to votes on the answers of one person's comparisons.

A round is one prompt of a comparison. Who looks at it without names has a row from then on; what is voted before the
names are shown is blind and stands, what is voted afterwards is kept as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, insert, literal, select, update

from lib.errors import StoreError
from lib.store import rooms
from lib.store.columns import now
from lib.store.engine import Database
from lib.store.schema import conversation_tags, conversations, votes
from lib.store.scope import Scope
from lib.store.values import Vote

MAX_VOTES = 20_000  # that are counted, the latest ones
SEEN = "The names of this round were shown, so that this vote stays as it is."
GONE = "There is no such comparison; it may have been deleted."


class Votes:
    """What was voted on one person's comparisons. Every method raises StoreError when the database fails."""

    def __init__(self, database: Database, scope: Scope) -> None:
        self.scope = scope
        self._database = database

    def hide(self, id: str, round: str, voter: str) -> None:
        """Have a voter see a round without names until they are shown; does nothing where that was done before.

        Raises StoreError for a comparison that is not there.
        """
        with self._database.write() as db:
            self._begin(db, id, round, voter, blind=True)

    def cast(self, id: str, round: str, voter: str, ballot: str) -> None:
        """Keep a vote, in the place of one that was given before the names were shown.

        Raises StoreError for one that was: a vote that the names came after stands; and as `hide`.
        """
        with self._database.write() as db:
            self._begin(db, id, round, voter, blind=False)
            before = self._one(db, id, round, voter)
            if before.blind and before.revealed_at and before.ballot:
                raise StoreError(SEEN, hint="Ask once more to vote once more.")
            is_blind = before.blind and not before.revealed_at
            values = {"ballot": ballot, "voted_at": now(), "blind": int(is_blind)}
            db.execute(update(votes).where(self._is(id, round, voter)).values(**values))

    def take_back(self, id: str, round: str, voter: str) -> None:
        """Forget a vote. Raises StoreError once the names were shown."""
        with self._database.write() as db:
            free = and_(self._is(id, round, voter), votes.c.revealed_at.is_(None))
            if not db.execute(update(votes).where(free).values(ballot=None, voted_at=None)).rowcount:
                raise StoreError(SEEN)

    def reveal(self, id: str, round: str, voter: str) -> None:
        """Note that the names are shown from now on; no room votes on the round any more."""
        with self._database.write() as db:
            rooms.close(db, self.scope, id, round)
            first = and_(self._is(id, round, voter), votes.c.revealed_at.is_(None))
            db.execute(update(votes).where(first).values(revealed_at=now()))

    def open_room(self, id: str, round: str) -> str:
        """Make a link by which a room votes on a round; return its token, which is not kept. Raises as `hide`."""
        with self._database.write() as db:
            self._check(db, id)
            return rooms.add(db, self.scope, id, round)

    def close_room(self, id: str, round: str = "") -> None:
        """Have the links to a round, or to all rounds of a comparison, open nothing any more."""
        with self._database.write() as db:
            rooms.close(db, self.scope, id, round)

    def has_room(self, id: str, round: str) -> bool:
        """Return whether a room can vote on a round."""
        with self._database.read() as db:
            return rooms.is_open(db, self.scope, id, round)

    def of(self, id: str) -> list[Vote]:
        """Return what is known of a comparison's rounds, whoever votes there."""
        with self._database.read() as db:
            found = and_(votes.c.conversation_id == id, self.scope.owns(votes))
            return _votes(db.execute(select(votes).where(found).order_by(votes.c.id)).mappings())

    def blind(
        self, tag: str = "", since: datetime | None = None, until: datetime | None = None, project: int | None = None
    ) -> list[Vote]:
        """Return the blind votes on comparisons that are there: those with a tag, in a project, or given in that time.

        "" and None are any.
        """
        there = and_(votes.c.ballot.is_not(None), votes.c.blind == 1, self.scope.owns(votes))
        inside = votes.join(conversations, conversations.c.id == votes.c.conversation_id)
        mine = and_(there, self.scope.owns(conversations), conversations.c.deleted_at.is_(None), *_within(since, until))
        query = select(votes).select_from(inside).where(mine, *_among(tag, project))
        with self._database.read() as db:
            return _votes(db.execute(query.order_by(votes.c.id.desc()).limit(MAX_VOTES)).mappings())

    def _begin(self, db: Connection, id: str, round: str, voter: str, *, blind: bool) -> None:
        self._check(db, id)
        if self._find(db, id, round, voter) is None:
            about = {"conversation_id": id, "round": round, "voter": voter, "owner": self.scope.owner}
            db.execute(insert(votes).values(**about, blind=int(blind)))

    def _check(self, db: Connection, id: str) -> None:
        there = and_(conversations.c.id == id, self.scope.owns(conversations), conversations.c.deleted_at.is_(None))
        if not db.scalar(select(literal(1)).where(exists(select(1).select_from(conversations).where(there)))):
            raise StoreError(GONE)

    def _one(self, db: Connection, id: str, round: str, voter: str) -> Vote:
        (found,) = _votes(db.execute(select(votes).where(self._is(id, round, voter))).mappings())
        return found

    def _find(self, db: Connection, id: str, round: str, voter: str) -> int | None:
        found: int | None = db.scalar(select(votes.c.id).where(self._is(id, round, voter)))
        return found

    def _is(self, id: str, round: str, voter: str) -> ColumnElement[bool]:
        mine = and_(votes.c.conversation_id == id, self.scope.owns(votes))
        return and_(mine, votes.c.round == round, votes.c.voter == voter)


def _within(since: datetime | None, until: datetime | None) -> Sequence[ColumnElement[bool]]:
    after = [votes.c.voted_at >= since] if since else []
    return [*after, votes.c.voted_at < until] if until else after


def _among(tag: str, project: int | None) -> Sequence[ColumnElement[bool]]:
    inside = [conversations.c.project_id == project] if project else []
    return [*inside, _tagged(tag)] if tag else inside


def _tagged(tag: str) -> ColumnElement[bool]:
    here = conversation_tags.c.conversation_id == votes.c.conversation_id
    return exists(select(1).where(here, conversation_tags.c.tag == tag))


def _votes(rows: Any) -> list[Vote]:
    return [Vote(**{**row, "blind": bool(row["blind"])}) for row in rows]
