"""The index of the search: the pieces of every message, in a table that each database has of its own kind.

SQLite's is FTS5 without content: to take something out, the pieces that were put in are said again. A row there is
numbered by message and part. PostgreSQL's rows go with their messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    column,
    or_,
    select,
    table,
    text,
    true,
    update,
)

from lib.store.chats import words
from lib.store.columns import now
from lib.store.schema import conversations, messages

PARTS = 1024  # that the numbers of SQLite's rows have room for
BATCH = 200  # messages that are put in at once
RARE = 4  # characters with which so few pieces begin that they are found at once
LATE = timedelta(days=1)  # after which an interrupted answer is what it is
BATCH_CHARACTERS = 2_000_000  # of these messages together, but for the first

Piece = tuple[str, bool]  # and whether it is the mere beginning of one

_FTS = table("message_search", column("rowid", Integer))
_GIN = table("message_search", column("message_id", Integer))
_PUT = {
    "sqlite": "INSERT INTO message_search (rowid, grams) VALUES (:id * 1024 + :part, :grams)",
    "postgresql": "INSERT INTO message_search (message_id, part, grams) VALUES (:id, :part, array_to_tsvector(:grams))",
}
_TAKE = "INSERT INTO message_search (message_search, rowid, grams) VALUES ('delete', :id * 1024 + :part, :grams)"
_MERGE = "INSERT INTO message_search (message_search) VALUES ('optimize')"  # only this takes away what was taken out


def is_due() -> ColumnElement[bool]:
    """Return that a message is to be put in: it is finished, or nobody finishes it any more, and it is to last."""
    left = and_(messages.c.state == "interrupted", messages.c.updated_at < now() - LATE)
    here = conversations.c.id == messages.c.conversation_id
    passes = select(1).where(here, conversations.c.expires_at.is_not(None)).exists()
    return and_(messages.c.search_parts.is_(None), or_(messages.c.instance.is_(None), left), ~passes)


def put_some(db: Connection) -> int:
    """Put in some messages that are not there yet; return how many, 0 when all are."""
    due = select(messages.c.id, messages.c.text).where(is_due()).order_by(messages.c.id.desc()).limit(BATCH)
    done = room = 0
    for id, said in db.execute(due.with_for_update(skip_locked=True)):
        if done and room + len(said) > BATCH_CHARACTERS:
            break
        done, room = done + 1, room + len(said)
        _note(db, id, _put(db, id, said))
    return done


def _put(db: Connection, id: int, said: str) -> int:
    rows = _rows(db, id, said)
    for row in rows:
        db.execute(text(_PUT[db.dialect.name]), row)
    return len(rows)


def _note(db: Connection, id: int, parts: int) -> None:
    kept = {"search_parts": parts, "instance": None, "updated_at": messages.c.updated_at}
    db.execute(update(messages).where(messages.c.id == id).values(kept))


def _rows(db: Connection, id: int, said: str) -> list[dict[str, Any]]:
    is_sqlite = db.dialect.name == "sqlite"
    grams = (sorted(part) for part in words.parts(said))
    return [
        {"id": id, "part": part, "grams": " ".join(pieces) if is_sqlite else pieces}
        for part, pieces in enumerate(grams)
        if pieces
    ]


def take_out(db: Connection, which: ColumnElement[bool]) -> None:
    """Take out messages that are about to be removed for good, and whatever would remind of them."""
    if db.dialect.name != "sqlite":
        return  # their rows go with them
    gone = select(messages.c.id, messages.c.text).where(which, messages.c.search_parts > 0)
    rows = [row for id, said in db.execute(gone) for row in _rows(db, id, said)]
    for row in rows:
        db.execute(text(_TAKE), row)
    if rows:
        db.execute(text(_MERGE))


def asked(wanted: Sequence[str]) -> Iterator[list[Piece]]:
    """Give what a text must have in which all of some words stand: first what is found at once, then all of it.

    Of the pieces that begin with a short word, each that there is has to be gone through.
    """
    pieces = [piece for term in wanted for piece in words.wanted(term)]
    rare = [(piece, begins) for piece, begins in pieces if not begins or len(piece) >= RARE]
    if 0 < len(rare) < len(pieces):
        yield rare
    yield pieces


def holding(db: Connection, pieces: Sequence[Piece]) -> Select[Any]:
    """Return a query of the messages that have these pieces, the newest first, with their conversations."""
    if db.dialect.name == "sqlite":
        found, match, order = messages.c.id == _FTS.c.rowid // PARTS, _fts(pieces), _FTS.c.rowid
        inside = _FTS.join(messages, found)
    else:
        # What matches is found first: looked for along the messages, a word that is nowhere takes all of them.
        hits = select(_GIN.c.message_id).where(_gin(pieces)).distinct().cte("hits").prefix_with("MATERIALIZED")
        inside, match, order = hits.join(messages, messages.c.id == hits.c.message_id), true(), messages.c.id
    owned = inside.join(conversations, conversations.c.id == messages.c.conversation_id)
    return select(messages.c.id, messages.c.text).select_from(owned).where(match).order_by(order.desc())


def _fts(pieces: Iterable[Piece]) -> Any:
    asked = " AND ".join(f'"{piece}"{"*" if begins else ""}' for piece, begins in pieces)
    return text("message_search MATCH :asked").bindparams(asked=asked)


def _gin(pieces: Iterable[Piece]) -> Any:
    asked = " & ".join(f"'{piece}'{':*' if begins else ''}" for piece, begins in pieces)
    return text("message_search.grams @@ CAST(:asked AS tsquery)").bindparams(asked=asked)
