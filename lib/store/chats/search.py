"""Finding conversations again, by words of their titles and messages.

Titles are looked through, and so are the latest messages: they may not be in the index yet, and where a word is
frequent they are all that is asked for. The rest is found by the index.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, and_, cast, func, or_, select

from lib.store.chats import conversations as conversations_of
from lib.store.chats import index, tags, words
from lib.store.schema import conversation_tags, conversations, messages
from lib.store.scope import Scope
from lib.store.values import Conversation, Filter, Hit

MAX_TITLES = 20_000  # titles that are looked at, of those that the database does not pass over
MAX_LATEST = 300  # messages that are looked through ...
MAX_READ = 20_000  # ... and characters of each
MAX_CHECKED = 300  # messages of the index that are looked at

Row = tuple[int, str]  # the id and the text of a message


def search(db: Connection, scope: Scope, query: str, limit: int, within: Filter) -> list[Hit]:
    """Return what has all words of a query: conversations by their titles, then messages; of each the latest first."""
    wanted, there = words.terms(query), _there(scope, within)
    if not wanted and within == Filter():
        return []
    hits = _titles(db, scope, wanted, limit, there)
    if not wanted:
        return hits
    found = _latest(db, wanted, there)
    if len(found) < limit:
        found = [*found, *_earlier(db, wanted, limit, there, {id for id, _ in found})]
    return [*hits, *_hits(db, scope, found[:limit], wanted)]


def _titles(db: Connection, scope: Scope, wanted: Sequence[str], limit: int, there: ColumnElement[bool]) -> list[Hit]:
    query = select(conversations.c.id, conversations.c.title).where(there, conversations.c.part_of.is_(None))
    query = query.where(*(_may_hold(db, conversations.c.title, term) for term in wanted))
    with db.execute(query.order_by(conversations.c.updated_at.desc()).limit(MAX_TITLES)) as rows:
        ids = list(islice((id for id, title in rows if words.holds(title, wanted)), limit))
    found = conversations_of.several(db, scope, ids)
    return [Hit(found[id], None, tuple(words.marked(found[id].title, wanted))) for id in ids]


def _may_hold(db: Connection, title: ColumnElement[str], term: str) -> ColumnElement[bool]:
    """Return that a word may stand in a title: the database passes over most of those in which it does not.

    It compares as we do where both are ASCII; a title that is has no other word in it.
    """
    is_sqlite = db.dialect.name == "sqlite"
    size = func.length(cast(title, LargeBinary)) if is_sqlite else func.octet_length(title)
    small = func.lower(title if is_sqlite else title.collate("C"))
    is_other = size != func.length(title)
    return or_(small.contains(term, autoescape=True), is_other) if term.isascii() else is_other


def _latest(db: Connection, wanted: Sequence[str], there: ColumnElement[bool]) -> list[Row]:
    """Return those of the latest messages that have the words."""
    order = conversations.c.updated_at.desc(), messages.c.id.desc()
    said = func.substr(messages.c.text, 1, MAX_READ)
    inside = conversations.join(messages, messages.c.conversation_id == conversations.c.id)
    here = and_(there, conversations.c.part_of.is_(None), messages.c.deleted_at.is_(None))
    rows = db.execute(select(messages.c.id, said).select_from(inside).where(here).order_by(*order).limit(MAX_LATEST))
    return _checked(rows, wanted)


def _earlier(
    db: Connection, wanted: Sequence[str], limit: int, there: ColumnElement[bool], known: set[int]
) -> list[Row]:
    """Return what the index has besides: of what is asked for first, the newest are the newest of all."""
    found: dict[int, str] = {}
    for pieces in index.asked(wanted):
        mine = index.holding(db, pieces).where(there, messages.c.deleted_at.is_(None))
        rows = db.execute(mine.limit(MAX_CHECKED)).all()
        found = {id: said for id, said in _checked(rows, wanted) if id not in known}
        if len(found) >= limit or len(rows) < MAX_CHECKED:
            break
    return list(found.items())


def _checked(rows: Iterable[Any], wanted: Sequence[str]) -> list[Row]:
    return [(id, said) for id, said in rows if words.holds(said, wanted)]


def _hits(db: Connection, scope: Scope, found: Sequence[Row], wanted: Sequence[str]) -> list[Hit]:
    wholes = _wholes(db, scope, [id for id, _ in found])
    return [Hit(wholes[id], id, words.excerpt(said, wanted)) for id, said in found if id in wholes]


def _wholes(db: Connection, scope: Scope, ids: Sequence[int]) -> dict[int, Conversation]:
    """Return by message the conversation that it is found in: the whole, where it is one of a part."""
    whole = func.coalesce(conversations.c.part_of, conversations.c.id)
    inside = messages.join(conversations, messages.c.conversation_id == conversations.c.id)
    rows = db.execute(select(messages.c.id, whole).select_from(inside).where(messages.c.id.in_(ids), _mine(scope)))
    places: dict[int, str] = {row[0]: row[1] for row in rows}
    found = conversations_of.several(db, scope, set(places.values()))
    return {id: found[conversation_id] for id, conversation_id in places.items() if conversation_id in found}


def _mine(scope: Scope) -> ColumnElement[bool]:
    here = and_(conversations.c.deleted_at.is_(None), conversations.c.expires_at.is_(None))
    return and_(scope.owns(conversations), here)


def _there(scope: Scope, within: Filter) -> ColumnElement[bool]:
    """Return that a conversation is one of those that are looked through."""
    tagged = select(1).where(conversation_tags.c.conversation_id == conversations.c.id)
    here = [_mine(scope)]
    if within.endpoint:
        here.append(conversations.c.endpoint == within.endpoint)
    if within.model:
        here.append(conversations.c.model == within.model)
    if within.tag:
        here.append(tagged.where(conversation_tags.c.tag == within.tag).exists())
    if within.project:
        here.append(conversations.c.project_id == within.project)
    if within.since:
        here.append(conversations.c.updated_at >= within.since)
    if within.until:
        here.append(conversations.c.created_at < within.until)
    return and_(*here)


def choices(db: Connection, scope: Scope) -> dict[str, list[str]]:
    """Return the values of each thing that a search can be narrowed to, in their order."""
    columns = {"endpoint": conversations.c.endpoint, "model": conversations.c.model}
    found = {
        name: [value for value in db.scalars(select(column).distinct().where(_mine(scope)).order_by(column)) if value]
        for name, column in columns.items()
    }
    return {**found, "tag": tags.of(db, scope, None)}
