"""Prompts that wait for the end of an answer. One becomes a message at the moment it goes out, and never twice."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, insert, literal, select, update

from lib.documents import document
from lib.messages import Message, dump_files, load_files
from lib.model_choice import ModelChoice, Parameters
from lib.store.chats import conversations, images, turns
from lib.store.columns import now
from lib.store.schema import conversations as roots
from lib.store.schema import messages, queued_images, queued_prompts
from lib.store.scope import Scope
from lib.store.values import Queued, Target, Turn, chosen

_IMAGES = (
    select(func.count())
    .where(queued_images.c.prompt_id == queued_prompts.c.id, queued_images.c.detail != images.FILE)
    .scalar_subquery()
)


def add(db: Connection, conversation_id: str, prompt: Message, target: Target) -> int | None:
    """Keep a prompt behind the answer that is being written, and return its id; None where none is."""
    after_id = _running(db, target.scope, conversation_id)
    if after_id is None:
        return None
    values = {"after_id": after_id, "text": prompt.text, "files": dump_files(prompt.files), "purpose": target.purpose}
    id = _insert(db, target.scope, conversation_id, {**values, "created_at": now(), **chosen(target.choice)})
    images.queue(db, target.scope, id, (*prompt.images, *prompt.whole_files))
    return id


def _insert(db: Connection, scope: Scope, conversation_id: str, values: dict[str, Any]) -> int:
    columns = {name: literal(value, queued_prompts.c[name].type) for name, value in values.items()}
    mine = select(roots.c.id, *columns.values()).where(roots.c.id == conversation_id, scope.owns(roots))
    added = insert(queued_prompts).from_select(["conversation_id", *columns], mine)
    return int(db.execute(added.returning(queued_prompts.c.id)).scalar_one())


def _running(db: Connection, scope: Scope, conversation_id: str) -> int | None:
    """Return the answer that is being written; it cannot end before this transaction does."""
    writes = and_(messages.c.instance.is_not(None), messages.c.state == "streaming")
    mine = and_(messages.c.conversation_id == conversation_id, scope.owns_conversation(messages.c.conversation_id))
    found: int | None = db.scalar(select(messages.c.id).where(mine, writes).with_for_update())
    return found


def of(db: Connection, scope: Scope, conversation_id: str) -> list[Queued]:
    """Return what waits in a conversation, in its order."""
    return _found(db, _waiting(scope).where(queued_prompts.c.conversation_id == conversation_id))


def after(db: Connection, scope: Scope, message_id: int) -> Queued | None:
    """Return what goes out now that an answer has ended, which is nothing unless it ended well."""
    well = select(1).where(messages.c.id == message_id, messages.c.state == "completed")
    well = well.where(scope.owns_conversation(messages.c.conversation_id))
    return next(iter(_found(db, _waiting(scope).where(queued_prompts.c.after_id == message_id, well.exists()))), None)


def _waiting(scope: Scope) -> Select[Any]:
    mine = scope.owns_conversation(queued_prompts.c.conversation_id)
    waiting = select(queued_prompts, _IMAGES.label("images")).where(queued_prompts.c.taken_at.is_(None), mine)
    return waiting.order_by(queued_prompts.c.id)


def _found(db: Connection, query: Select[Any]) -> list[Queued]:
    return [_queued(row) for row in db.execute(query)]


def _queued(row: Any) -> Queued:
    choice = ModelChoice(row.endpoint, row.model, Parameters.load(row.params), row.session_id)
    place = (row.id, row.conversation_id, row.after_id)
    return Queued(*place, row.text, row.purpose, choice, row.images, load_files(row.files))


def begin(db: Connection, waiting: Queued, target: Target, *, tied: bool) -> Turn | None:
    """Make a message of a prompt that waits, and begin its answer; what waited behind it waits for that one.

    None where it does not wait any more, or not for the same answer if it is `tied` to that.
    """
    conversations.leaf(db, target.scope, waiting.conversation_id)  # others who would send it have to wait
    mine = and_(_mine(target.scope, waiting.id), queued_prompts.c.taken_at.is_(None))
    row = db.execute(select(queued_prompts).where(mine).with_for_update()).first()
    if row is None or (tied and row.after_id != waiting.after_id):
        return None
    prompt = Message("user", row.text, files=load_files(row.files))
    turn = turns.begin(db, prompt, waiting.conversation_id, target)
    turns.count_images(db, target.scope, turn.user_id, images.unqueue(db, target.scope, waiting.id, turn.user_id))
    db.execute(delete(queued_prompts).where(mine))
    _tie(db, target.scope, _behind(waiting), turn.message_id)
    return turn


def _behind(waiting: Queued) -> ColumnElement[bool]:
    same = and_(queued_prompts.c.after_id == waiting.after_id, queued_prompts.c.after_id.is_not(None))
    return and_(same, queued_prompts.c.conversation_id == waiting.conversation_id)


def tie(db: Connection, scope: Scope, waiting: Queued) -> bool:
    """Have a prompt follow the answer that is being written; return whether one is."""
    after_id = _running(db, scope, waiting.conversation_id)
    return after_id is not None and _tie(db, scope, queued_prompts.c.id == waiting.id, after_id) > 0


def _tie(db: Connection, scope: Scope, which: ColumnElement[bool], after_id: int) -> int:
    mine = and_(which, scope.owns_conversation(queued_prompts.c.conversation_id))
    return db.execute(update(queued_prompts).where(mine).values(after_id=after_id)).rowcount


def reword(db: Connection, scope: Scope, waiting: Queued, words: str) -> bool:
    """Give a prompt that waits other words, with its files; return whether it still does."""
    text, files = document.retyped(words, waiting.text, waiting.files)
    return change(db, scope, waiting.id, text=text, files=dump_files(files))


def change(db: Connection, scope: Scope, id: int, **values: object) -> bool:
    """Set columns of a prompt that waits; return whether it still does."""
    waits = and_(_mine(scope, id), queued_prompts.c.taken_at.is_(None))
    return db.execute(update(queued_prompts).where(waits).values(values)).rowcount > 0


def put_back(db: Connection, scope: Scope, id: int) -> bool:
    """Have a prompt that was taken back wait for the person; return whether it was."""
    taken = and_(_mine(scope, id), queued_prompts.c.taken_at.is_not(None))
    return db.execute(update(queued_prompts).where(taken).values(taken_at=None, after_id=None)).rowcount > 0


def _mine(scope: Scope, id: int) -> ColumnElement[bool]:
    return and_(queued_prompts.c.id == id, scope.owns_conversation(queued_prompts.c.conversation_id))
