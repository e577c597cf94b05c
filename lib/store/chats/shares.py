"""Links to conversations: who made which, and what the visitor of one sees."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select

from lib.store.chats import conversations, images, tree
from lib.store.columns import now
from lib.store.schema import conversations as roots
from lib.store.schema import messages, shares
from lib.store.scope import Scope
from lib.store.values import Share, StoredContent, StoredMessage, Visit

BYTES = 16  # of a token: 128 bits, which nobody guesses
MAX_TOKEN = 64  # characters of one that is looked up

_SHARE = select(shares, roots.c.title).join(roots, roots.c.id == shares.c.conversation_id)


def add(db: Connection, scope: Scope, id: str, expires_at: datetime | None, *, goes_on: bool, with_params: bool) -> str:
    """Make a link to a conversation as it is now, or with `goes_on` as it will be; return its token."""
    leaf_id = conversations.leaf(db, scope, id)
    token = secrets.token_urlsafe(BYTES)
    about = {"owner": scope.owner, "expires_at": expires_at, "with_params": int(with_params)}
    db.execute(insert(shares).values(token=token, conversation_id=id, leaf_id=None if goes_on else leaf_id, **about))
    return token


def of(db: Connection, scope: Scope) -> list[Share]:
    """Return the links of a person that open something, the latest first."""
    mine = and_(scope.owns(shares), scope.owns(roots), _is_open())
    rows = db.execute(_SHARE.where(mine).order_by(shares.c.created_at.desc(), shares.c.token)).mappings()
    return [_share(row) for row in rows]


def _is_open() -> ColumnElement[bool]:
    there = and_(roots.c.deleted_at.is_(None), roots.c.expires_at.is_(None))
    return and_(there, or_(shares.c.expires_at.is_(None), shares.c.expires_at > now()))


def _share(row: Any) -> Share:
    names = ("token", "conversation_id", "title", "owner", "leaf_id", "created_at", "expires_at")
    return Share(**{name: row[name] for name in names}, with_params=bool(row["with_params"]))


def revoke(db: Connection, scope: Scope, token: str) -> None:
    """Have a link open nothing any more."""
    db.execute(delete(shares).where(shares.c.token == token, scope.owns(shares)))


def find(db: Connection, token: str) -> Share | None:
    """Return the link of a token, whoever made it; None for one that opens nothing."""
    row = db.execute(_SHARE.where(shares.c.token == token[:MAX_TOKEN], _is_open())).mappings().first()
    return _share(row) if row else None


def visit(db: Connection, share: Share) -> Visit:
    """Return what a link shows: a branch to its end, without what was deleted from it since."""
    scope = Scope(share.owner)
    there = _there(db, scope, share.conversation_id)
    path = tree.path(db, scope, share.conversation_id, until=share.leaf_id)
    return Visit(share, tuple(message for message in path if message.id in there))


def _there(db: Connection, scope: Scope, id: str) -> set[int]:
    mine = and_(scope.owns_conversation(id), messages.c.conversation_id == id, messages.c.deleted_at.is_(None))
    return set(db.scalars(select(messages.c.id).where(mine)))


def image(db: Connection, seen: Visit, id: str) -> StoredContent | None:
    """Return an image of what a link shows, None for any other."""
    return images.content(db, Scope(seen.share.owner), id) if id in _images(seen.messages) else None


def _images(said: Sequence[StoredMessage]) -> set[str | None]:
    return {image.id for message in said for image in message.images}
