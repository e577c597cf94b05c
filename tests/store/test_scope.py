"""Nobody sees what is another's, and no statement can be made that forgets whose data is meant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from lib.errors import StoreError
from lib.messages import Message
from lib.store import LOCAL, Chats, Ledger, Removed, Scope, Store, Turn
from lib.store.schema import usage
from lib.store.usage.figures import CALLS
from tests.store.calls import foreign, put
from tests.store.chats.test_images import PIXEL
from tests.store.helpers import CHOICE, DONE, EVER, chat, execute
from tests.store.owners import is_owned

ANNA, BEN = Scope("anna"), Scope("ben")
READS: dict[str, Callable[[Chats, Ledger, Turn, str], object]] = {
    "get": lambda chats, _, turn, __: chats.get(turn.conversation_id),
    "recent": lambda chats, *_: chats.recent(),
    "path": lambda chats, _, turn, __: chats.path(turn.conversation_id),
    "search": lambda chats, *_: chats.search("secret"),
    "path until": lambda chats, _, turn, __: chats.path(turn.conversation_id, until=turn.message_id),
    "message": lambda chats, _, turn, __: chats.message(turn.message_id),
    "image": lambda chats, _, __, image: chats.image(image),
    "call": lambda _, ledger, turn, __: ledger.call(turn.usage_id),
    "calls": lambda _, ledger, *__: ledger.calls(EVER).calls,
    "calls_of": lambda _, ledger, turn, __: ledger.calls_of(turn.conversation_id).calls,
    "conversation": lambda _, ledger, turn, __: ledger.conversation(turn.conversation_id).calls,
    "figures": lambda _, ledger, *__: ledger.figures(EVER).calls,
    "choices": lambda _, ledger, *__: ledger.choices()["model"],
    "cells": lambda _, ledger, *__: ledger.cells(EVER, ("endpoint",)),
    "series": lambda _, ledger, *__: ledger.series(EVER, "model", "month", CALLS).lines,
}
CHANGES: dict[str, Callable[[Chats, Turn], object]] = {
    "save": lambda chats, turn: chats.save(turn, "mine now", ""),
    "finish": lambda chats, turn: chats.finish(turn, DONE),
    "rename": lambda chats, turn: chats.rename(turn.conversation_id, "mine now"),
    "choose": lambda chats, turn: chats.choose(turn.conversation_id, CHOICE),
    "tag": lambda chats, turn: chats.tag(turn.conversation_id, ["mine now"]),
    "pin": lambda chats, turn: chats.pin(turn.conversation_id),
    "archive": lambda chats, turn: chats.archive(turn.conversation_id),
    "rate": lambda chats, turn: chats.rate(turn.message_id, 1, "mine now"),
    "erase": lambda chats, turn: chats.erase(turn.conversation_id),
    "delete": lambda chats, turn: chats.delete(turn.conversation_id),
    "restore": lambda chats, turn: chats.restore(turn.conversation_id),
}
ANSWERS: dict[str, Callable[[Chats, Turn], object]] = {
    "begin": lambda chats, turn: chats.begin(
        Message("user", "more"), CHOICE, provider="openai", conversation_id=turn.conversation_id
    ),
    "retry": lambda chats, turn: chats.retry(turn.message_id, CHOICE, provider="openai"),
    "edit": lambda chats, turn: chats.edit(turn.user_id, "mine now", CHOICE, provider="openai"),
    "go_on": lambda chats, turn: chats.go_on(turn.message_id, CHOICE, provider="openai"),
    "show": lambda chats, turn: chats.show(turn.user_id),
    "fork": lambda chats, turn: chats.fork(turn.message_id),
    "remove": lambda chats, turn: chats.remove(turn.user_id),
    "put_back": lambda chats, turn: chats.put_back(Removed(turn.user_id, turn.conversation_id, turn.message_id, 2)),
}


def ask(store: Store, scope: Scope) -> Turn:
    """Begin a turn with an image."""
    return store.chats(scope).begin(Message("user", "secret", (PIXEL,)), CHOICE, provider="openai")


def image_id(url: str) -> str:
    """Return the id of the one image there is."""
    return str(execute(url, "SELECT id FROM images")[0][0])


def everything(url: str) -> list[object]:
    """Return all that is kept of conversations and calls."""
    return [execute(url, f"SELECT * FROM {table} ORDER BY id") for table in ("conversations", "messages", "usage")] + [
        execute(url, "SELECT * FROM conversation_tags")
    ]


@pytest.mark.parametrize("name", READS)
def test_own(store: Store, url: str, name: str) -> None:
    """Who asks for their own finds it, by every door."""
    turn = ask(store, ANNA)
    store.chats(ANNA).finish(turn, DONE)

    assert READS[name](store.chats(ANNA), store.usage(ANNA), turn, image_id(url))


@pytest.mark.parametrize("name", READS)
def test_foreign(store: Store, url: str, name: str) -> None:
    """Who asks for another's finds nothing, by no door, as if it never was."""
    turn = ask(store, ANNA)
    store.chats(ANNA).finish(turn, DONE)
    never = Turn("never", 9_999, 9_999, 9_999)
    chats, ledger = store.chats(BEN), store.usage(BEN)

    assert not READS[name](chats, ledger, turn, image_id(url))
    assert READS[name](chats, ledger, turn, image_id(url)) == READS[name](chats, ledger, never, "never")


@pytest.mark.parametrize("name", CHANGES)
def test_foreign_change(store: Store, url: str, name: str) -> None:
    """Who changes what is another's changes nothing."""
    turn = ask(store, ANNA)
    before = everything(url)
    CHANGES[name](store.chats(BEN), turn)

    assert everything(url) == before


@pytest.mark.parametrize("name", ANSWERS)
def test_foreign_answer(store: Store, url: str, name: str) -> None:
    """Who asks in another's conversation is told what is told of one that does not exist, and nothing is kept."""
    turn = ask(store, ANNA)
    store.chats(ANNA).finish(turn, DONE)
    before, never, chats = everything(url), Turn("never", 9_999, 9_999, 9_999), store.chats(BEN)

    assert refused(lambda: ANSWERS[name](chats, turn)) == refused(lambda: ANSWERS[name](chats, never))
    assert everything(url) == before


def refused(ask: Callable[[], object]) -> str:
    """Return what is said to who asks in vain."""
    with pytest.raises(StoreError) as caught:
        ask()
    return str(caught.value)


def test_foreign_call(store: Store, url: str) -> None:
    """Who ends another's call ends nothing."""
    id = store.usage(ANNA).begin(CHOICE, provider="openai", purpose="doctor")
    before = everything(url)
    store.usage(BEN).finish(id, DONE)

    assert everything(url) == before


def test_sees_usage(store: Store) -> None:
    """Who may see all usage sees that of everyone, and still no conversation of anyone else."""
    conversation_id = chat(store, "secret", owner="anna")
    put(store, foreign(owner="ben"))

    assert store.usage(LOCAL).choices()["owner"] == ["anna", "ben"]
    assert store.chats(LOCAL).get(conversation_id) is None


def test_statement_without_owner(store: Store) -> None:
    """A statement that forgets the owner does not get as far as the database."""
    with pytest.raises(AssertionError, match="No owner"), store._database.read() as db:
        db.execute(select(usage.c.id))


def test_no_reason(store: Store) -> None:
    """Everyone's data is asked for with a reason that is known."""
    with pytest.raises(AssertionError, match="is no reason"), store._database.read("curiosity") as db:
        db.execute(select(usage.c.id))


@pytest.mark.parametrize(
    ("statement", "owned"),
    [
        ("SELECT 1", True),
        ("SELECT * FROM usage_sums", True),
        ("SELECT * FROM usage WHERE id = 1", False),
        ('SELECT * FROM "usage" WHERE id = 1', False),
        ("SELECT usage.owner FROM usage", False),
        ("SELECT * FROM usage WHERE usage.owner = ?", True),
        ("UPDATE messages SET text = ? WHERE id = ?", False),
        ("DELETE FROM message_images WHERE message_id = ?", False),
        ("INSERT INTO usage (id, owner) VALUES (?, ?)", True),
        ("INSERT INTO messages (id) VALUES (?)", False),
        ("SELECT 1 FROM images JOIN message_images ON 1", False),
        ("SELECT 1 FROM messages JOIN usage ON 1 WHERE usage.owner = ?", False),
        ("SELECT 1 FROM messages JOIN usage ON 1 WHERE usage.owner = ? AND own_conversations.owner = ?", True),
    ],
)
def test_what_is_owned(statement: str, owned: bool) -> None:
    """A condition on the owner is one, and its mere name is none."""
    assert is_owned(statement) is owned


def test_purge_is_of_everyone(store: Store) -> None:
    """What is deleted goes for good, whoever deleted it."""
    store.chats(ANNA).delete(chat(store, "a", owner="anna"))
    store.chats(BEN).delete(chat(store, "b", owner="ben"))

    assert store.upkeep.purge(datetime.now(UTC)) == 2
