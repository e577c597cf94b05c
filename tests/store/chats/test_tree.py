"""The branch that is shown: from the leaf to the first prompt, in one query."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, event

from lib.store import LOCAL, Scope, Store
from tests.store.helpers import CHOICE, DONE, begin, chat, execute


@pytest.fixture
def statements(store: Store) -> list[str]:
    """The statements that the store has made since."""
    made: list[str] = []
    engine: Engine = store._database.engine
    event.listen(engine, "before_cursor_execute", lambda *call: made.append(call[2]))
    return made


def ids(store: Store, conversation_id: str, **options: int) -> list[int]:
    """Return the ids of the messages that are shown."""
    return [message.id for message in store.chats(LOCAL).path(conversation_id, **options)]


def test_parents(store: Store) -> None:
    """Each message of a branch has the one before it as its parent, the first has none."""
    messages = store.chats(LOCAL).path(chat(store, "a", "b", "c"))

    assert [message.parent_id for message in messages] == [None, *(message.id for message in messages[:-1])]


def test_one_query(store: Store, statements: list[str]) -> None:
    """A branch is read in one query, however long it is."""
    conversation_id = chat(store, "a", "b", "c")
    statements.clear()
    store.chats(LOCAL).path(conversation_id)

    assert len(statements) == 1


def test_siblings_are_not_shown(store: Store) -> None:
    """What was tried again is in the tree and not on the branch."""
    turn = begin(store)
    chats = store.chats(LOCAL)
    chats.finish(turn, DONE)
    again = chats.retry(turn.message_id, CHOICE, provider="openai")

    assert ids(store, turn.conversation_id) == [turn.user_id, again.message_id]


def test_until(store: Store) -> None:
    """A branch can be asked for that ends elsewhere."""
    turn = begin(store)
    chats = store.chats(LOCAL)
    chats.finish(turn, DONE)
    chats.retry(turn.message_id, CHOICE, provider="openai")

    assert ids(store, turn.conversation_id, until=turn.message_id) == [turn.user_id, turn.message_id]


def test_until_of_another_conversation(store: Store) -> None:
    """A message of another conversation ends no branch of this one."""
    conversation_id, other = chat(store, "a"), begin(store)

    assert ids(store, conversation_id, until=other.message_id) == []


def test_limit(store: Store) -> None:
    """A limit gives the end of the branch, oldest first."""
    conversation_id = chat(store, "a", "b", "c")

    assert ids(store, conversation_id, limit=2) == ids(store, conversation_id)[-2:]


def test_nobody_elses(store: Store) -> None:
    """A branch of someone else reads as one that never was."""
    conversation_id = chat(store, "a", owner="anna")

    assert store.chats(Scope("ben")).path(conversation_id) == []


def test_circle_ends(store: Store, url: str) -> None:
    """A damaged tree that goes round in circles ends with the limit."""
    conversation_id = chat(store, "a", "b")
    first, *_, last = ids(store, conversation_id)
    execute(url, "UPDATE messages SET parent_id = :last WHERE id = :first", first=first, last=last)

    assert len(ids(store, conversation_id, limit=20)) == 20
