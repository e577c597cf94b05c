"""Short ways to say what most tests of the store begin with."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import NullPool, Row, create_engine, text

from lib.messages import Message, Usage
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Call, Outcome, Scope, Selection, Store, Turn

CHOICE = ModelChoice("work", "gpt-x")
NOBODY = 65534
USAGE = Usage(prompt_tokens=3, completion_tokens=5, total_tokens=8)
DONE = Outcome("completed", "Hi there", model="gpt-x-1", usage=USAGE, source="reported", finish_reason="stop")


EVER = Selection(date(2000, 1, 1), date(2100, 1, 1))


def begin(
    store: Store,
    prompt: str = "hello",
    conversation_id: str | None = None,
    choice: ModelChoice = CHOICE,
    *,
    owner: str = LOCAL.owner,
    **options: str,
) -> Turn:
    """Begin a turn."""
    options = {"provider": "openai", **options}
    return store.chats(Scope(owner)).begin(Message("user", prompt), choice, conversation_id=conversation_id, **options)


def chat(store: Store, *prompts: str, owner: str = LOCAL.owner) -> str:
    """Make a conversation with one finished turn for each prompt, and return its id."""
    conversation_id = None
    for prompt in prompts:
        turn = begin(store, prompt, conversation_id, owner=owner)
        store.chats(Scope(owner)).finish(turn, DONE)
        conversation_id = turn.conversation_id
    assert conversation_id
    return conversation_id


def calls(store: Store, limit: int = 100) -> list[Call]:
    """Return the latest calls of everyone, the newest row first."""
    found = store.usage(LOCAL).calls(EVER, limit).calls
    return sorted(found, key=lambda call: call.id, reverse=True)


def silenced(url: str, *, seconds: float = 21, days: float = 0) -> None:
    """Let every process have been silent for so long."""
    then = datetime.now(UTC) - timedelta(days=days, seconds=seconds)
    moment = then.replace(tzinfo=None).isoformat(" ", "microseconds") if url.startswith("sqlite") else then
    execute(url, "UPDATE processes SET seen_at = :moment", moment=moment)


def texts(store: Store, conversation_id: str) -> list[str]:
    """Return what was said, oldest first."""
    return [message.text for message in store.chats(LOCAL).path(conversation_id)]


def execute(url: str, statement: str, **values: object) -> Sequence[Row[Any]]:
    """Execute SQL behind the store's back; return the rows, if it has any."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        result = connection.execute(text(statement), values)
        return result.all() if result.returns_rows else []


@contextmanager
def unprivileged() -> Iterator[None]:
    """Act as a user whom file modes and owners bind; root is above them."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
