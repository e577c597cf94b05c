"""The images of prompts: one copy of each, however often it is used, gone with the last prompt that has it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, insert, select

from lib.messages import Image, LinkedImage
from lib.store.schema import add_new, images, message_images
from lib.store.values import StoredContent, StoredImage


def keep(db: Connection, message_id: int, given: Iterable[Image | LinkedImage]) -> None:
    """Keep the images of a message, in their order."""
    for position, image in enumerate(given):
        kept = {"url": image.url} if isinstance(image, LinkedImage) else {"image_id": _add(db, image)}
        place = {"message_id": message_id, "position": position}
        db.execute(insert(message_images).values(**place, **kept, detail=image.detail))


def _add(db: Connection, image: Image) -> str:
    id = hashlib.sha256(image.data).hexdigest()
    add_new(db, images, id=id, media_type=image.media_type, content=image.data)
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
