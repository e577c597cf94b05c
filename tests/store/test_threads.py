"""Many threads with one store, and many stores with one database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from lib.errors import BusyError
from lib.store import LOCAL, Store
from tests.store.helpers import DONE, begin, calls, chat, texts

THREADS = 20
TURNS = 2


def talk(store: Store, number: int) -> str:
    """Have a conversation of some turns; return its id."""
    conversation_id = None
    for turn_number in range(TURNS):
        turn = begin(store, f"{number}-{turn_number}", conversation_id)
        store.chats(LOCAL).save(turn, "Hi", "")
        assert store.chats(LOCAL).path(turn.conversation_id)
        store.chats(LOCAL).finish(turn, DONE)
        conversation_id = turn.conversation_id
    return str(conversation_id)


def in_threads(work: Callable[[int], object]) -> list[object]:
    """Return what many threads made of their number."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, range(THREADS)))


def test_own_conversations(store: Store) -> None:
    """Threads that write at once do not lose or mix anything."""
    ids = in_threads(lambda number: talk(store, number))
    expected = [
        [text for turn in range(TURNS) for text in (f"{number}-{turn}", DONE.text)] for number in range(THREADS)
    ]

    assert expected == [texts(store, made) for made in ids]


def test_every_call(store: Store) -> None:
    """Every turn of every thread has its row in the ledger."""
    in_threads(lambda number: talk(store, number))

    assert [call.status for call in calls(store, limit=1000)] == ["completed"] * THREADS * TURNS


def test_one_conversation(store: Store) -> None:
    """Of prompts that are sent to one conversation at once one is answered, and the others are told to wait."""
    made = chat(store, "first")

    def ask(number: int) -> int:
        with suppress(BusyError):
            return begin(store, "more", made).message_id
        return 0

    assert len(set(in_threads(ask))) == 2
    assert [found.role for found in store.chats(LOCAL).path(made)] == ["user", "assistant"] * 2


def test_finish_at_once(store: Store) -> None:
    """Of several threads that finish one turn, one does."""
    turn = begin(store)
    in_threads(lambda number: store.chats(LOCAL).finish(turn, DONE))

    assert len(calls(store)) == 1


def test_several_stores(url: str, opened: Callable[..., Store]) -> None:
    """Stores that write to one database at once wait for each other."""
    stores = [opened(url) for _ in range(4)]
    in_threads(lambda number: talk(stores[number % 4], number))

    assert len(calls(stores[0], 1000)) == THREADS * TURNS
