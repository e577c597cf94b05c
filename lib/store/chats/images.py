"""The images of prompts: one copy of each, however often it is used, gone with the last prompt that has it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, insert, select

from lib.errors import StoreError
from lib.messages import Image
from lib.store.schema import add_new, images, message_images
from lib.store.values import StoredContent, StoredImage


def keep(db: Connection, message_id: int, given: Iterable[Image]) -> None:
    """Keep the images of a message, in their order."""
    for position, image in enumerate(given):
        content = _content(image)
        kept = {"image_id": _add(db, content)} if content else {"url": image.url}
        place = {"message_id": message_id, "position": position}
        db.execute(insert(message_images).values(**place, **kept, detail=image.detail))


def _content(image: Image) -> StoredContent | None:
    try:
        return StoredContent(*found) if (found := image.content) else None
    except ValueError as error:
        raise StoreError("This image cannot be stored: it is not base64 data.", hint="Attach it again.") from error


def _add(db: Connection, content: StoredContent) -> str:
    id = hashlib.sha256(content.content).hexdigest()
    add_new(db, images, id=id, media_type=content.media_type, content=content.content)
    return id


def of(db: Connection, message_ids: Sequence[int]) -> dict[int, tuple[StoredImage, ...]]:
    """Return the images of messages by message, in their order; nothing is asked where there is no message."""
    found: dict[int, tuple[StoredImage, ...]] = {}
    if not message_ids:
        return found
    query = select(message_images).where(message_images.c.message_id.in_(message_ids))
    for row in db.execute(query.order_by(message_images.c.position)).mappings():
        image = StoredImage(row["image_id"], row["url"], row["detail"])
        found[row["message_id"]] = (*found.get(row["message_id"], ()), image)
    return found


def content(db: Connection, id: str) -> StoredContent | None:
    """Return the bytes of an image, None if there is no such image any more."""
    row = db.execute(select(images.c.media_type, images.c.content).where(images.c.id == id)).first()
    return StoredContent(row[0], row[1]) if row else None


def sweep(db: Connection) -> int:
    """Remove the images that no message has; return how many."""
    used = select(message_images.c.image_id).where(message_images.c.image_id.is_not(None))
    return db.execute(delete(images).where(images.c.id.not_in(used))).rowcount
