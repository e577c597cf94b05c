"""One turn: a prompt, its answer and its call, kept together in one transaction at each step."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, and_, or_, select, union, update

from lib.messages import Message
from lib.store import processes
from lib.store.chats import conversations
from lib.store.columns import now
from lib.store.schema import messages, usage
from lib.store.usage import ledger
from lib.store.values import Outcome, Target, Turn

# On another machine nobody can look at the process; a living one has saved something by then.
SILENCE = timedelta(minutes=5)
_STREAMING = and_(messages.c.instance.is_not(None), messages.c.state == "streaming")
_STARTED = and_(usage.c.instance.is_not(None), usage.c.status == "started")
_WRITERS = union(select(messages.c.instance).where(_STREAMING), select(usage.c.instance).where(_STARTED))


def begin(db: Connection, prompt: Message, conversation_id: str | None, target: Target) -> Turn:
    """Keep a prompt, in a new conversation or a given one, with its answer and call as begun."""
    if conversation_id is None:
        conversation_id = conversations.create(db, prompt.text, target)
    else:
        conversations.touch(db, conversation_id, target)
    number, user_id = conversations.ask(db, conversation_id, prompt)
    return _answer(db, conversation_id, number, user_id, target)


def retry(db: Connection, message_id: int, target: Target) -> Turn:
    """Begin another answer in the place of one that has ended."""
    conversation_id, number = conversations.supersede(db, message_id)
    conversations.touch(db, conversation_id, target)
    user_id = conversations.prompt_id(db, conversation_id, number)
    return _answer(db, conversation_id, number, user_id, target)


def _answer(db: Connection, conversation_id: str, number: int, user_id: int, target: Target) -> Turn:
    message_id = conversations.answer(db, conversation_id, number, target)
    usage_id = ledger.start(db, target, conversation_id, message_id)
    conversations.link(db, message_id, usage_id)
    return Turn(conversation_id, user_id, message_id, usage_id)


def finish(db: Connection, turn: Turn, outcome: Outcome) -> None:
    """Complete the answer and its call."""
    if conversations.close(db, turn.message_id, outcome):
        conversations.change(db, turn.conversation_id, updated_at=now())
    ledger.close(db, turn.usage_id, outcome)


def orphans(db: Connection, own: str, shared: bool) -> tuple[list[str], list[str]]:
    """Return the instances that are surely gone, and those that one can only judge by their silence.

    `shared`: other machines may write to this database too.
    """
    writers = set(db.scalars(_WRITERS)) - {own}
    others = {writer for writer in writers if not processes.alive(writer)}
    distant = {writer for writer in others if shared and not processes.local(writer)}
    return sorted(others - distant), sorted(distant)


def interrupt(db: Connection, gone: list[str], distant: list[str]) -> int:
    """Mark what these instances left behind; return how many answers.

    Their rows stay open: should one of them live after all, what it brings is still taken.
    """
    silent = now() - SILENCE
    old = and_(messages.c.instance.in_(distant), messages.c.updated_at < silent)
    left = update(messages).where(_STREAMING, or_(messages.c.instance.in_(gone), old))
    marked = db.execute(left.values(state="interrupted")).rowcount
    # A call has no time of its own besides its start: as long as its answer grows, it lives.
    growing = select(messages.c.usage_id).where(messages.c.instance.in_(distant), _STREAMING)
    old = and_(usage.c.instance.in_(distant), usage.c.created_at < silent, usage.c.id.not_in(growing))
    ledger.interrupt(db, and_(_STARTED, or_(usage.c.instance.in_(gone), old)))
    return marked
