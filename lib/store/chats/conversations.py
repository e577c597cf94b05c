"""Conversations: who has which, what was chosen in them, what branch is shown."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, case, delete, exists, func, insert, literal, or_, select, update

from lib import dates
from lib.errors import AnsweringError, StoreError
from lib.store import processes
from lib.store.chats import images, index, titles
from lib.store.columns import Time, now
from lib.store.schema import conversations, messages, queued_prompts
from lib.store.scope import Scope
from lib.store.values import Conversation, Target, chosen

RETIRED = 500  # conversations that go in one transaction
LIFETIME = timedelta(hours=1)  # of a temporary conversation, from its last prompt on
WAIT = "Wait for the end of the answer, then load the page again to see it."

_CONVERSATION = select(*(conversations.c[item.name] for item in fields(Conversation)))


def create(db: Connection, prompt: str, target: Target, *, temporary: bool = False) -> str:
    """Open a conversation that begins with `prompt`, and return its id; a temporary one goes when it is not used."""
    return _create(db, titles.title(prompt), target, expires_at=now() + LIFETIME if temporary else None)


def create_parts(db: Connection, id: str, names: Sequence[str], each: Sequence[Target], first: int = 0) -> list[str]:
    """Open conversations without messages that are parts of the conversation `id`, by their names in their order."""
    places = enumerate(zip(names, each, strict=True), first)
    return [_create(db, titles.tidy(name), target, part_of=id, position=number) for number, (name, target) in places]


def next_position(db: Connection, scope: Scope, id: str) -> int:
    """Return the position behind the last part of a conversation, be that deleted or not."""
    last = select(func.max(conversations.c.position)).where(conversations.c.part_of == id, scope.owns(conversations))
    found: int | None = db.execute(last).scalar()
    return 0 if found is None else found + 1


def _create(db: Connection, title: str, target: Target, **place: object) -> str:
    about = {"id": _new_id(), "title": title, "owner": target.scope.owner, "purpose": target.purpose}
    db.execute(insert(conversations).values(**about, **place, **chosen(target.choice)))
    return about["id"]


def copy(db: Connection, scope: Scope, id: str) -> str:
    """Open a conversation like another one, without its messages, and return its id.

    It is no part of anything, and has no session: that one knows what was said here, not there.
    """
    made = {"id": _new_id(), "created_at": now(), "updated_at": now()}
    names = ("title", "owner", "endpoint", "model", "params", "purpose", "project_id")
    values = [literal(value, conversations.c[name].type) for name, value in made.items()]
    origin = select(*values, *(conversations.c[name] for name in names)).where(_mine(scope, id))
    db.execute(insert(conversations).from_select([*made, *names], origin))
    return str(made["id"])


def _new_id() -> str:
    # A leading "-" would read as an option on a command line.
    while (made := secrets.token_urlsafe(12)).startswith("-"):
        pass
    return made


def leaf(db: Connection, scope: Scope, id: str) -> int | None:
    """Return the last message that is shown; on PostgreSQL this also keeps other turns of it waiting.

    Raises StoreError when the conversation does not exist, is deleted, or belongs to someone else.
    """
    found = db.execute(select(conversations.c.leaf_id).where(_mine(scope, id)).with_for_update()).first()
    if found is None:
        raise StoreError("This conversation does not exist any more.", hint="Start a new chat.")
    last: int | None = found[0]
    return last


def grow(db: Connection, id: str, leaf_id: int, target: Target) -> None:
    """Note what was chosen, and that the branch that is shown ends at `leaf_id` from now on; a temporary one stays."""
    longer = case((conversations.c.expires_at.is_not(None), literal(now() + LIFETIME, Time)))
    values = {"leaf_id": leaf_id, "updated_at": now(), "expires_at": longer, **chosen(target.choice)}
    change(db, target.scope, id, **values)


def check_free(db: Connection, scope: Scope, id: str) -> None:
    """Raise BusyError while an answer is written in a conversation, by this process or another one."""
    if found := running(db, scope, id):
        writer, since = found
        said = f"This conversation is being answered by another Parley ({processes.described(writer)})"
        raise AnsweringError(f"{said} since {dates.time(since)} UTC.", hint=WAIT)


def running(db: Connection, scope: Scope, id: str) -> tuple[str, datetime] | None:
    """Return which process writes an answer in a conversation now, and since when; None if none does."""
    here = and_(messages.c.conversation_id == id, messages.c.instance.is_not(None), messages.c.state == "streaming")
    writer = select(messages.c.instance, messages.c.created_at)
    found = db.execute(writer.where(here, scope.owns_conversation(messages.c.conversation_id))).first()
    return (found[0], found[1]) if found else None


def listing(
    db: Connection, scope: Scope, limit: int, before: datetime | None, project_id: int | None = None
) -> list[Conversation]:
    """Return the owner's conversations, or those of a project, the latest activity first.

    Parts of others and archived ones are left out.
    """
    archived = or_(conversations.c.archived_at.is_not(None), conversations.c.expires_at.is_not(None))
    whole = (conversations.c.deleted_at.is_(None), conversations.c.part_of.is_(None), ~archived)
    query = _CONVERSATION.where(scope.owns(conversations), *whole)
    if project_id:
        query = query.where(conversations.c.project_id == project_id)
    if before:
        query = query.where(conversations.c.updated_at < before)
    rows = db.execute(query.order_by(conversations.c.updated_at.desc()).limit(limit))
    return [Conversation(**row) for row in rows.mappings()]


def of_purpose(db: Connection, scope: Scope, purpose: str, limit: int) -> list[Conversation]:
    """Return the owner's conversations of one purpose, the latest activity first."""
    mine = and_(scope.owns(conversations), conversations.c.deleted_at.is_(None), conversations.c.purpose == purpose)
    rows = db.execute(_CONVERSATION.where(mine).order_by(conversations.c.updated_at.desc()).limit(limit))
    return [Conversation(**row) for row in rows.mappings()]


def answering(db: Connection, scope: Scope) -> set[str]:
    """Return the owner's conversations in which an answer is being written; for a part, what it is a part of."""
    here = and_(messages.c.conversation_id == conversations.c.id, messages.c.instance.is_not(None))
    whole = func.coalesce(conversations.c.part_of, conversations.c.id)
    running = select(whole).join(messages, here).where(messages.c.state == "streaming", scope.owns(conversations))
    return set(db.execute(running).scalars())


def all_ids(db: Connection, scope: Scope) -> list[str]:
    """Return the ids of the owner's conversations but for parts and those that are not to last, the latest first."""
    gone = (conversations.c.deleted_at, conversations.c.part_of, conversations.c.expires_at)
    whole = (column.is_(None) for column in gone)
    query = select(conversations.c.id).where(scope.owns(conversations), *whole)
    return list(db.scalars(query.order_by(conversations.c.updated_at.desc(), conversations.c.id)))


def pinned(db: Connection, scope: Scope) -> list[Conversation]:
    """Return those that are pinned, the latest first."""
    there = (conversations.c.pinned_at.is_not(None), conversations.c.deleted_at.is_(None))
    mine = _CONVERSATION.where(scope.owns(conversations), *there, conversations.c.archived_at.is_(None))
    return [Conversation(**row) for row in db.execute(mine.order_by(conversations.c.pinned_at.desc())).mappings()]


def get(db: Connection, scope: Scope, id: str) -> Conversation | None:
    """Return a conversation, unless it is deleted."""
    row = db.execute(_CONVERSATION.where(_mine(scope, id))).mappings().first()
    return Conversation(**row) if row else None


def several(db: Connection, scope: Scope, ids: Iterable[str]) -> dict[str, Conversation]:
    """Return conversations by their ids, but for those that are deleted."""
    mine = and_(conversations.c.id.in_(ids), scope.owns(conversations), conversations.c.deleted_at.is_(None))
    return {row["id"]: Conversation(**row) for row in db.execute(_CONVERSATION.where(mine)).mappings()}


def _mine(scope: Scope, id: str) -> ColumnElement[bool]:
    return and_(conversations.c.id == id, scope.owns(conversations), conversations.c.deleted_at.is_(None))


def parts(db: Connection, scope: Scope, id: str) -> list[Conversation]:
    """Return the parts of a conversation, in their order."""
    mine = and_(conversations.c.part_of == id, scope.owns(conversations), conversations.c.deleted_at.is_(None))
    rows = db.execute(_CONVERSATION.where(mine).order_by(conversations.c.position))
    return [Conversation(**row) for row in rows.mappings()]


def hide(db: Connection, scope: Scope, id: str, since: datetime | None) -> None:
    """Delete a conversation and its parts, or with None bring them back."""
    whole = or_(conversations.c.id == id, conversations.c.part_of == id)
    db.execute(update(conversations).where(whole, scope.owns(conversations)).values(deleted_at=since))


def change(db: Connection, scope: Scope, id: str, **values: object) -> None:
    """Set columns of a conversation; nothing for one of someone else."""
    db.execute(update(conversations).where(conversations.c.id == id, scope.owns(conversations)).values(values))


def purge(db: Connection, older_than: datetime) -> int:
    """Remove what anyone deleted before `older_than`, messages and images too; return how many conversations.

    Messages that were deleted from conversations that are there go as well, and prompts that were taken back.
    """
    _drop_messages(db, messages.c.deleted_at < older_than)
    db.execute(delete(queued_prompts).where(queued_prompts.c.taken_at < older_than))
    return _drop(db, conversations.c.deleted_at < older_than)


def erase(db: Connection, scope: Scope, id: str) -> int:
    """Remove one that its owner deleted, with its parts, for good and at once; return how many."""
    whole = or_(conversations.c.id == id, conversations.c.part_of == id)
    return _drop(db, and_(whole, scope.owns(conversations), conversations.c.deleted_at.is_not(None)))


def close(db: Connection, scope: Scope, id: str) -> int:
    """Remove a temporary one for good, if it is one; return how many."""
    mine = and_(conversations.c.id == id, scope.owns(conversations))
    return _drop(db, and_(mine, conversations.c.expires_at.is_not(None)))


def is_over(moment: datetime) -> ColumnElement[bool]:
    """Return that a conversation is temporary, and its time is over."""
    return and_(conversations.c.expires_at.is_not(None), conversations.c.expires_at < moment)


def expire(db: Connection, moment: datetime) -> int:
    """Remove anyone's temporary ones whose time is over; return how many."""
    return _drop(db, is_over(moment))


def is_old(older_than: datetime) -> ColumnElement[bool]:
    """Return that nothing was said in a conversation, nor in a part of it, since `older_than`."""
    part = conversations.alias("parts")
    said = exists(select(part.c.id).where(part.c.part_of == conversations.c.id, part.c.updated_at >= older_than))
    whole = and_(conversations.c.part_of.is_(None), conversations.c.expires_at.is_(None))
    return and_(whole, conversations.c.updated_at < older_than, ~said)


def retire(db: Connection, older_than: datetime) -> int:
    """Remove anyone's in which nothing was said since `older_than`, with their parts; return how many."""
    ids = list(db.scalars(select(conversations.c.id).where(is_old(older_than)).limit(RETIRED)))
    if ids:
        _drop(db, or_(conversations.c.id.in_(ids), conversations.c.part_of.in_(ids)))
    return len(ids)


def retiring(db: Connection, scope: Scope, older_than: datetime) -> int:
    """Return in how many of the owner's nothing was said since `older_than`."""
    there = and_(scope.owns(conversations), conversations.c.deleted_at.is_(None), is_old(older_than))
    return db.scalar(select(func.count()).select_from(conversations).where(there)) or 0


def _drop(db: Connection, which: ColumnElement[bool]) -> int:
    index.take_out(db, messages.c.conversation_id.in_(select(conversations.c.id).where(which)))
    removed = db.execute(delete(conversations).where(which)).rowcount
    images.sweep(db)
    return removed


def _drop_messages(db: Connection, which: ColumnElement[bool]) -> None:
    index.take_out(db, which)
    db.execute(delete(messages).where(which))
