"""Temporary conversations: neither listed nor found, and gone with every word when they are closed or over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lib.errors import StoreError
from lib.messages import Image, Message
from lib.store import LOCAL, Scope, Store, Turn
from lib.store.upkeep import Routine
from tests.store.helpers import CHOICE, DONE, calls, chat, execute

SECRET = "quetzalcoatl"


@pytest.fixture
def turn(store: Store) -> Turn:
    """The only turn of a temporary conversation."""
    chats = store.chats(LOCAL)
    prompt = Message("user", f"Tell me of {SECRET}", (Image(b"red", "image/png"),))
    turn = chats.begin(prompt, CHOICE, provider="openai", temporary=True)
    chats.finish(turn, DONE)
    return turn


def test_apart(store: Store, turn: Turn) -> None:
    """It is open to who has its address, and stands in no list, search, index or export."""
    chats = store.chats(LOCAL)
    assert store.upkeep.index() == 0
    assert chats.get(turn.conversation_id)
    assert chats.path(turn.conversation_id)

    assert (chats.recent(), chats.all(), chats.search(SECRET), chats.search("Hi there")) == ([], [], [], [])


def test_closed(store: Store, turn: Turn, url: str, file: Path) -> None:
    """Closed, it is gone for good, images and queue too, but for the call in the ledger."""
    chats = store.chats(LOCAL)
    assert chats.close(turn.conversation_id)

    assert chats.get(turn.conversation_id) is None
    assert [execute(url, f"SELECT count(*) FROM {table}")[0][0] for table in ("messages", "images")] == [0, 0]
    assert [call.conversation_id for call in calls(store)] == [turn.conversation_id]
    assert SECRET.encode() not in file.read_bytes()
    with pytest.raises(StoreError):
        chats.begin(Message("user", "more"), CHOICE, provider="openai", conversation_id=turn.conversation_id)


def test_closed_in_mid_answer(store: Store) -> None:
    """What still comes of an answer then is kept nowhere; its call is."""
    chats = store.chats(LOCAL)
    turn = chats.begin(Message("user", "hi"), CHOICE, provider="openai", temporary=True)
    chats.close(turn.conversation_id)
    chats.finish(turn, DONE)

    assert chats.message(turn.message_id) is None
    assert [call.status for call in calls(store)] == ["completed"]


def test_only_temporary_ones(store: Store, turn: Turn) -> None:
    """Nothing else is closed, nor anybody else's."""
    chats = store.chats(LOCAL)
    lasting = chat(store, "to last")

    assert not chats.close(lasting)
    assert not store.chats(Scope("else")).close(turn.conversation_id)
    assert chats.get(lasting)
    assert chats.get(turn.conversation_id)


def test_an_hour(store: Store, turn: Turn) -> None:
    """It is gone an hour after its last prompt; what is to last is not touched."""
    chats, lasting = store.chats(LOCAL), chat(store, "to last")
    begun = datetime.now(UTC)
    assert store.upkeep.expire(begun + timedelta(minutes=59)) == 0
    assert store.upkeep.expire(begun + timedelta(minutes=61)) == 1

    assert chats.get(turn.conversation_id) is None
    assert chats.get(lasting)


def test_stays_while_it_is_used(store: Store, turn: Turn, url: str) -> None:
    """A prompt gives it another hour."""
    chats = store.chats(LOCAL)
    execute(url, "UPDATE conversations SET expires_at = updated_at")
    chats.finish(chats.retry(turn.message_id, CHOICE, provider="openai"), DONE)

    assert store.upkeep.expire(datetime.now(UTC) + timedelta(minutes=59)) == 0


def test_routine(store: Store, turn: Turn, url: str) -> None:
    """Whatever process runs sees to it."""
    execute(url, "UPDATE conversations SET expires_at = created_at")
    Routine(store.upkeep, 30)()

    assert store.chats(LOCAL).get(turn.conversation_id) is None


def test_branch_of_it_lasts(store: Store, turn: Turn) -> None:
    """What is copied out of it is kept."""
    chats = store.chats(LOCAL)
    chats.fork(turn.message_id)

    assert len(chats.recent()) == 1
