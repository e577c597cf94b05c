"""Links by which a room votes on a round: who made which, and what the phone of a visitor does with one.

Of a link's token only the hash is kept: nobody who reads the database votes by it.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, insert, literal, select, update

from lib.store.columns import now
from lib.store.schema import conversations, rooms, votes
from lib.store.scope import Scope
from lib.store.values import Room

BYTES = 16  # of a token: 128 bits, which nobody guesses
MAX_TOKEN = 64  # characters of one that is looked up
MAX_OPEN = timedelta(days=1)  # for which a link that nobody closed opens its round
MAX_VOTERS = 2_000  # on one round


def add(db: Connection, scope: Scope, id: str, round: str) -> str:
    """Make a link to a round; return its token."""
    token = secrets.token_urlsafe(BYTES)
    about = {"conversation_id": id, "round": round, "owner": scope.owner}
    db.execute(insert(rooms).values(token_hash=_hash(token), **about))
    return token


def close(db: Connection, scope: Scope, id: str, round: str = "") -> None:
    """Have the links to a round, or to all of a comparison, open nothing any more."""
    meant = and_(rooms.c.conversation_id == id, scope.owns(rooms), rooms.c.closed_at.is_(None))
    these = [rooms.c.round == round] if round else []
    db.execute(update(rooms).where(meant, *these).values(closed_at=now()))


def is_open(db: Connection, scope: Scope, id: str, round: str) -> bool:
    """Return whether a link to a round opens it."""
    meant = and_(rooms.c.conversation_id == id, rooms.c.round == round, scope.owns(rooms), _is_open())
    return bool(db.scalar(select(literal(1)).where(exists(select(1).select_from(rooms).where(meant)))))


def find(db: Connection, token: str) -> Room | None:
    """Return the round that a token opens, whoever made it; None for one that opens nothing."""
    row = db.execute(_found(token)).mappings().first()
    return Room(**row) if row else None


def cast(db: Connection, token: str, voter: str, ballot: str | None) -> bool:
    """Keep a blind vote, or with None take it back, and return whether the token opens a round that has place for it.

    A vote that was given stands until it is taken back: ten in a second are one.
    """
    row = db.execute(_found(token).with_for_update(of=rooms)).mappings().first()  # so that nobody closes it meanwhile
    if row is None or not _is_known(db, room := Room(**row), voter):
        return False
    free = votes.c.ballot.is_(None) if ballot else votes.c.ballot.is_not(None)
    given = {"ballot": ballot, "voted_at": now() if ballot else None}
    db.execute(update(votes).where(_here(room), votes.c.voter == voter, free).values(given))
    return True


def _is_known(db: Connection, room: Room, voter: str) -> bool:
    """Have a voter be known on a round; return whether there is a place."""
    if db.scalar(select(literal(1)).where(exists(select(1).where(_here(room), votes.c.voter == voter)))):
        return True
    if (db.scalar(select(func.count()).where(_here(room))) or 0) >= MAX_VOTERS:
        return False
    about = {"conversation_id": room.conversation_id, "round": room.round, "owner": room.owner}
    db.execute(insert(votes).values(**about, voter=voter, blind=1))
    return True


def voted(db: Connection, room: Room, voter: str) -> str | None:
    """Return what somebody voted on the round of a link, None for nothing."""
    found: str | None = db.scalar(select(votes.c.ballot).where(_here(room), votes.c.voter == voter))
    return found


def _here(room: Room) -> ColumnElement[bool]:
    mine = and_(votes.c.conversation_id == room.conversation_id, votes.c.round == room.round)
    return and_(mine, Scope(room.owner).owns(votes))


def _found(token: str) -> Select[tuple[str, str, str]]:
    there = conversations.c.id == rooms.c.conversation_id
    columns = (rooms.c.conversation_id, rooms.c.round, rooms.c.owner)
    query = select(*columns).join(conversations, there).where(rooms.c.token_hash == _hash(token[:MAX_TOKEN]))
    return query.where(_is_open(), conversations.c.deleted_at.is_(None))


def _is_open() -> ColumnElement[bool]:
    return and_(rooms.c.closed_at.is_(None), rooms.c.created_at > now() - MAX_OPEN)


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "replace")).hexdigest()
