"""Tags of conversations: words of a person's own, by which they are found together."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, literal, select

from lib.store.chats import titles
from lib.store.schema import conversation_tags, conversations
from lib.store.scope import Scope

MAX_TAG = 40  # characters
MAX_TAGS = 20  # of a conversation


def of(db: Connection, scope: Scope, id: str | None) -> list[str]:
    """Return the tags of a conversation, or of all that are not deleted, in their order."""
    inside = conversation_tags.join(conversations, conversations.c.id == conversation_tags.c.conversation_id)
    mine = select(conversation_tags.c.tag).select_from(inside).where(scope.owns(conversations))
    mine = mine.where(conversations.c.deleted_at.is_(None))
    return list(db.scalars((mine.where(conversations.c.id == id) if id else mine.distinct()).order_by("tag")))


def keep(db: Connection, scope: Scope, id: str, names: Iterable[str]) -> None:
    """Give a conversation these tags and no others."""
    mine = scope.owns_conversation(conversation_tags.c.conversation_id)
    db.execute(delete(conversation_tags).where(conversation_tags.c.conversation_id == id, mine))
    tidied = (titles.tidy(name)[:MAX_TAG] for name in names if name.strip())
    for name in list(dict.fromkeys(tidied))[:MAX_TAGS]:
        tag = literal(name, conversation_tags.c.tag.type)
        there = select(conversations.c.id, tag).where(conversations.c.id == id, scope.owns(conversations))
        db.execute(insert(conversation_tags).from_select(["conversation_id", "tag"], there))
