"""One turn: a prompt, its answer and its call, kept together in one transaction at each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Update, bindparam, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from lib.documents import document
from lib.errors import AnsweringError, StoreError
from lib.messages import Image, Message, dump_files
from lib.store import news, processes
from lib.store.chats import branches, conversations, images, tree
from lib.store.chats.conversations import WAIT
from lib.store.columns import now
from lib.store.processes import Lease
from lib.store.schema import conversations as roots
from lib.store.schema import messages
from lib.store.scope import Scope, in_conversation_of
from lib.store.usage import entries
from lib.store.values import Outcome, Target, Turn, asked

_IS_OPEN = messages.c.instance.is_not(None)
# Made once, and not anew for each of a hundred answers every second: that took longer than to execute it.
_SAVED = news.telling(
    update(messages)
    .where(messages.c.id == bindparam("message"), _IS_OPEN)
    .where(in_conversation_of(bindparam("owner"), messages.c.conversation_id))
    .values(text=bindparam("new_text"), reasoning=bindparam("new_reasoning")),
    messages.c.id,
)

RUNNING = ("ux_messages_running", "messages.conversation_id")  # what PostgreSQL and SQLite call the index


def begin(
    db: Connection, prompt: Message, conversation_id: str | None, target: Target, *, temporary: bool = False
) -> Turn:
    """Keep a prompt, in a new conversation or a given one, with its answer and call as begun."""
    parent_id = None
    if conversation_id is None:
        conversation_id = conversations.create(db, prompt.text, target, temporary=temporary)
    else:
        parent_id = conversations.leaf(db, target.scope, conversation_id)
        conversations.check_free(db, target.scope, conversation_id)
    user_id = _ask(db, target.scope, conversation_id, parent_id, prompt)
    return _answer(db, conversation_id, user_id, target)


def collect(
    db: Connection, question: str, names: Sequence[str], target: Target, each: Sequence[Target]
) -> tuple[str, list[str]]:
    """Keep a question in a conversation of its own, and open the parts in which `each` is to be asked it."""
    id = conversations.create(db, question, target)
    user_id = _ask(db, target.scope, id, None, Message("user", question))
    conversations.grow(db, id, user_id, target)
    return id, conversations.create_parts(db, id, names, each)


def join(db: Connection, id: str, name: str, target: Target) -> str:
    """Open one more part of the conversation `id`, behind the others."""
    conversations.leaf(db, target.scope, id)
    (made,) = conversations.create_parts(db, id, [name], [target], conversations.next_position(db, target.scope, id))
    return made


def edit(db: Connection, message_id: int, text: str, target: Target) -> Turn:
    """Keep a prompt anew beside the one `message_id`, with the same images and files, and begin its answer."""
    place = _shown(db, target.scope, message_id, "user")
    prompt = _retyped(db, target.scope, message_id, text)
    user_id = _ask(db, target.scope, place.conversation_id, place.parent_id, prompt)
    number = select(messages.c.images).where(messages.c.id == message_id).scalar_subquery()
    count_images(db, target.scope, user_id, number)
    images.copy(db, target.scope, message_id, user_id)
    return _answer(db, place.conversation_id, user_id, target)


def _retyped(db: Connection, scope: Scope, message_id: int, words: str) -> Message:
    before = tree.message(db, scope, message_id)
    text, files = document.retyped(words, before.text, before.files) if before else (words, ())
    return Message("user", text, files=files)


def retry(db: Connection, message_id: int, target: Target) -> Turn:
    """Begin another answer beside the one `message_id`, or one to a prompt that has none."""
    place = _shown(db, target.scope, message_id)
    prompt_id = message_id if place.role == "user" else place.parent_id
    if prompt_id is None:
        raise StoreError("Nothing was asked here.", hint="Type a prompt.")
    return _answer(db, place.conversation_id, prompt_id, target)


def go_on(db: Connection, message_id: int, target: Target) -> Turn:
    """Begin an answer beside the one `message_id` that goes on where that one ends, and has its text from the start."""
    place = _shown(db, target.scope, message_id, "assistant")
    before = tree.message(db, target.scope, message_id)
    if before is None or place.parent_id is None or not before.text:
        raise StoreError("There is nothing to go on from.", hint="Ask for another answer instead.")
    said = {"text": before.text, "reasoning": before.reasoning, "continues_id": message_id}
    turn = _answer(db, place.conversation_id, place.parent_id, target, **said)
    if before.images:
        images.copy(db, target.scope, message_id, turn.message_id)
        count_images(db, target.scope, turn.message_id, len(before.images))
    return turn


def count_images(db: Connection, scope: Scope, message_id: int, number: Any) -> None:
    """Note how many images a message has."""
    db.execute(_mine(scope, message_id).values(images=number))


def _shown(db: Connection, scope: Scope, message_id: int, role: str = "") -> branches.Place:
    """Return the place of a message that is shown: what a second click, or another tab, has replaced is not."""
    place = branches.find(db, scope, message_id)
    if role not in ("", place.role):
        raise StoreError("That cannot be done with this message.")
    if not tree.is_shown(db, scope, place.conversation_id, message_id):
        hint = "Copy what you typed, if anything, then load the page again."
        raise StoreError("This was done already, or another branch is shown by now.", hint=hint)
    return place


def _ask(db: Connection, scope: Scope, conversation_id: str, parent_id: int | None, prompt: Message) -> int:
    values = {"parent_id": parent_id, "role": "user", "state": "completed", "text": prompt.text}
    id = _add(db, scope, conversation_id, images=len(prompt.images), files=dump_files(prompt.files), **values)
    images.keep(db, scope, id, (*prompt.images, *prompt.whole_files))
    return id


def _answer(db: Connection, conversation_id: str, user_id: int, target: Target, **said: Any) -> Turn:
    """Add the answer to a prompt, to be written by `target.instance`, and its row in the ledger."""
    values = {"parent_id": user_id, "role": "assistant", "state": "streaming", "instance": target.instance, **said}
    try:
        message_id = _add(db, target.scope, conversation_id, **values, **asked(target.choice))
    except IntegrityError as error:
        if not any(sign in str(error.orig) for sign in RUNNING):
            raise
        # Whatever let two through: the database does not.
        raise AnsweringError("This conversation is still being answered.", hint=WAIT) from error
    usage_id = entries.start(db, target, conversation_id, message_id)
    db.execute(_mine(target.scope, message_id).values(usage_id=usage_id))
    conversations.grow(db, conversation_id, message_id, target)
    return Turn(conversation_id, user_id, message_id, usage_id)


def _add(db: Connection, scope: Scope, conversation_id: str, **values: Any) -> int:
    """Add a message to a conversation of this person, and return its id."""
    columns = {name: literal(value, messages.c[name].type) for name, value in values.items()}
    mine = select(roots.c.id, *columns.values()).where(roots.c.id == conversation_id, scope.owns(roots))
    added = insert(messages).from_select(["conversation_id", *columns], mine).returning(messages.c.id)
    return int(db.execute(added).scalar_one())


def save(db: Connection, scope: Scope, turn: Turn, text: str, reasoning: str) -> None:
    """Keep what has come of an answer, unless it is finished, and tell of it: in one statement."""
    said = {"new_text": text, "new_reasoning": reasoning}
    db.execute(_SAVED[db.dialect.name], {"message": turn.message_id, "owner": scope.owner, **said})


def elsewhere(db: Connection, scope: Scope, conversation_id: str, own: Lease) -> Turn | None:
    """Return the turn that a process which lives, and is not `own`, is writing in a conversation."""
    columns = (messages.c.conversation_id, messages.c.parent_id, messages.c.id, messages.c.usage_id)
    runs = (messages.c.conversation_id == conversation_id) & (messages.c.state == "streaming")
    theirs = messages.c.instance.in_(processes.living(db, own.silence)) & (messages.c.instance != own.name)
    found = db.execute(select(*columns).where(runs, theirs, scope.owns_conversation(conversation_id))).first()
    return Turn(*found) if found else None


def mark_stopped(db: Connection, scope: Scope, turn: Turn) -> None:
    """Mark an answer that is being written as stopped."""
    db.execute(_open(scope, turn.message_id).where(messages.c.state == "streaming").values(state="stopped"))


def stopped(db: Connection, instance: str) -> set[int]:
    """Return the answers that a process is writing and that were marked."""
    marked = (messages.c.instance == instance) & (messages.c.state == "stopped")
    return set(db.scalars(select(messages.c.id).where(marked)))


def gone(db: Connection, ids: set[int]) -> set[int]:
    """Return those of these messages that were removed."""
    return set(ids) - set(db.scalars(select(messages.c.id).where(messages.c.id.in_(ids))))


def finish(db: Connection, scope: Scope, turn: Turn, outcome: Outcome) -> None:
    """Complete the answer and its call."""
    names = ("text", "reasoning", "state", "error_kind", "error", "hint", "finish_reason")
    values = {name: getattr(outcome, name) for name in names} | {"extras": outcome.extras.dump()}
    if db.execute(_open(scope, turn.message_id).values(instance=None, **values)).rowcount:
        conversations.change(db, scope, turn.conversation_id, updated_at=now())
        _keep_images(db, scope, turn.message_id, outcome.pictures)
    entries.close(db, scope, turn.usage_id, outcome)


def _keep_images(db: Connection, scope: Scope, message_id: int, pictures: Sequence[Image]) -> None:
    """Keep the images that came with an answer, if any did, behind those that it goes on from."""
    if pictures:
        before = images.number(db, scope, message_id)
        images.keep(db, scope, message_id, pictures, before)
        count_images(db, scope, message_id, before + len(pictures))


def rate(db: Connection, scope: Scope, message_id: int, rating: int | None, note: str) -> None:
    """Keep what the person thinks of an answer."""
    values = {"rating": rating, "rating_note": note.strip() or None, "updated_at": messages.c.updated_at}
    db.execute(_mine(scope, message_id).values(values))


def _open(scope: Scope, message_id: int) -> Update:
    return _mine(scope, message_id).where(_IS_OPEN)


def _mine(scope: Scope, message_id: int) -> Update:
    here = (messages.c.id == message_id) & scope.owns_conversation(messages.c.conversation_id)
    return update(messages).where(here)
