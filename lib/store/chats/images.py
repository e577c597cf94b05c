"""The images of messages: one copy of each, however often it is used, gone with the last message that has it.

Files that go as they are, as PDFs do, are kept and go with them; they are told by their `detail`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, insert, literal, select

from lib.messages import Image, LinkedImage, WholeFile
from lib.store.columns import Key
from lib.store.schema import (
    add_new,
    conversations,
    images,
    message_images,
    messages,
    queued_images,
    queued_prompts,
)
from lib.store.scope import Scope
from lib.store.values import StoredContent, StoredImage

FILE = "file"  # the detail of what is no image
Given = Image | LinkedImage | WholeFile


def keep(db: Connection, scope: Scope, message_id: int, given: Iterable[Given], begin: int = 0) -> None:
    """Keep the images of a message, in their order, and its files; `begin` is how many it has already."""
    for values in _kept(db, given, begin):
        _attach(db, scope, message_id, **values)


def adopt(db: Connection, message_id: int, given: Iterable[Given]) -> None:
    """Keep the images of a message of whom it is known whose it is, in their order, and its files."""
    for values in _kept(db, given):
        db.execute(insert(message_images).values(message_id=message_id, **values))


def number(db: Connection, scope: Scope, message_id: int) -> int:
    """Return how many a message has."""
    mine = and_(message_images.c.message_id == message_id, scope.owns_message(message_images.c.message_id))
    return db.scalar(select(func.count()).select_from(message_images).where(mine)) or 0


def _kept(db: Connection, given: Iterable[Given], begin: int = 0) -> Iterator[dict[str, Any]]:
    """Keep images and files, and give the columns of each in a message."""
    for position, image in enumerate(given, begin):
        kept = {"url": image.url} if isinstance(image, LinkedImage) else {"image_id": _add(db, image)}
        detail = FILE if isinstance(image, WholeFile) else image.detail
        note = image.note or None if isinstance(image, Image) else None
        yield {"position": position, "detail": detail, "note": note, **kept}


def queue(db: Connection, scope: Scope, prompt_id: int, given: Iterable[Given]) -> None:
    """Keep the images of a prompt that waits, in their order, and its files."""
    for values in _kept(db, given):
        columns = {name: literal(value, queued_images.c[name].type) for name, value in values.items()}
        mine = scope.owns_conversation(queued_prompts.c.conversation_id)
        here = select(queued_prompts.c.id, *columns.values()).where(queued_prompts.c.id == prompt_id, mine)
        db.execute(insert(queued_images).from_select(["prompt_id", *columns], here))


def unqueue(db: Connection, scope: Scope, prompt_id: int, to: int) -> int:
    """Give a message the images of a prompt that waited; return how many."""
    columns = [column for column in queued_images.c if column.name != "prompt_id"]
    theirs = and_(queued_images.c.prompt_id == prompt_id, scope.owns_message(to))
    origin = select(literal(to, Key), *columns).where(theirs)
    names = ["message_id", *(column.name for column in columns)]
    return db.execute(insert(message_images).from_select(names, origin)).rowcount


def copy(db: Connection, scope: Scope, message_id: int, to: int) -> None:
    """Give a message the images of another one."""
    columns = [column for column in message_images.c if column.name != "message_id"]
    theirs = and_(message_images.c.message_id == message_id, scope.owns_message(message_images.c.message_id))
    origin = select(literal(to, Key), *columns).where(theirs, scope.owns_message(to))
    db.execute(insert(message_images).from_select(["message_id", *(column.name for column in columns)], origin))


def _attach(db: Connection, scope: Scope, message_id: int, **values: object) -> None:
    """Add an image to a message of this person."""
    columns = {name: literal(value, message_images.c[name].type) for name, value in values.items()}
    mine = select(messages.c.id, *columns.values()).where(messages.c.id == message_id, scope.owns_message(message_id))
    db.execute(insert(message_images).from_select(["message_id", *columns], mine))


def _add(db: Connection, image: Image | WholeFile) -> str:
    id = hashlib.sha256(image.data).hexdigest()
    add_new(db, images, id=id, media_type=image.media_type, content=image.data)
    return id


def of(db: Connection, scope: Scope, message_ids: Sequence[int]) -> dict[int, tuple[StoredImage, ...]]:
    """Return the images of messages by message, in their order; nothing is asked where there is no message."""
    found: dict[int, tuple[StoredImage, ...]] = {}
    if not message_ids:
        return found
    mine = and_(message_images.c.detail != FILE, scope.owns_message(message_images.c.message_id))
    query = select(message_images).where(message_images.c.message_id.in_(message_ids), mine)
    for row in db.execute(query.order_by(message_images.c.position)).mappings():
        image = StoredImage(row["image_id"], row["url"], row["detail"], row["note"] or "")
        found[row["message_id"]] = (*found.get(row["message_id"], ()), image)
    return found


def content(db: Connection, scope: Scope, id: str) -> StoredContent | None:
    """Return the bytes of an image, None if no message of this person has it."""
    inside = message_images.join(messages).join(conversations)
    used = select(1).select_from(inside).where(message_images.c.image_id == id, scope.owns(conversations))
    query = select(images.c.media_type, images.c.content).where(and_(images.c.id == id, exists(used)))
    row = db.execute(query).first()
    return StoredContent(row[0], row[1]) if row else None


def sweep(db: Connection) -> int:
    """Remove the images that no message has, and no prompt that waits; return how many."""
    used = (select(table.c.image_id).where(table.c.image_id.is_not(None)) for table in (message_images, queued_images))
    return db.execute(delete(images).where(*(images.c.id.not_in(ids) for ids in used))).rowcount
