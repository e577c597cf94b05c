"""What is done for everyone: what a dead process left is marked, what was deleted goes for good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from lib.errors import StoreError
from lib.store import LOCAL, Store
from lib.store.upkeep import PURGE_SECONDS, Routine
from tests.store.calls import foreign, put
from tests.store.helpers import CHOICE, DONE, begin, calls, chat, execute, silenced


def state(store: Store, message_id: int) -> tuple[str, str]:
    """Return the state of an answer, and that of its call."""
    (call,) = [call for call in calls(store) if call.message_id == message_id]
    return store.chats(LOCAL).message(message_id).state, call.status


def test_marks(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """What a process left that is silent becomes interrupted: the answer and its call."""
    turn = begin(store)
    silenced(url)
    later = opened(url)

    assert later.upkeep.recover() == 1
    assert state(later, turn.message_id) == ("interrupted", "interrupted")


def test_marks_what_has_no_process(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """What a release before this one left, which knew of no heartbeats, becomes interrupted at once."""
    begin(store)
    execute(url, "UPDATE messages SET instance = 'desk/1/2.ab' WHERE instance IS NOT NULL")

    assert opened(url).upkeep.recover() == 1


def test_marks_what_another_machine_left(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """A successor under another host name, as in a container, marks what its forerunner left; its name says nothing."""
    turn = begin(store)
    for table, column in (("processes", "id"), ("messages", "instance"), ("usage", "instance")):
        execute(url, f"UPDATE {table} SET {column} = 'parley-7d9f-x2x/1/ab' WHERE {column} IS NOT NULL")
    successor = opened(url)
    assert successor.upkeep.recover() == 0  # it lives for all that anybody knows
    silenced(url)

    assert successor.upkeep.recover() == 1
    assert state(successor, turn.message_id) == ("interrupted", "interrupted")


def test_marks_calls(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """A call outside of conversations is marked as well."""
    store.usage(LOCAL).begin(CHOICE, provider="openai", purpose="doctor")
    silenced(url)
    opened(url).upkeep.recover()

    assert [call.status for call in calls(store)] == ["interrupted"]


def test_keeps_part(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """An interrupted answer keeps what had come of it."""
    turn = begin(store)
    store.chats(LOCAL).save(turn, "Hi th", "")
    silenced(url)
    opened(url).upkeep.recover()

    assert store.chats(LOCAL).message(turn.message_id).text == "Hi th"


def test_once(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """What is marked already is not marked again."""
    begin(store)
    silenced(url)
    opened(url).upkeep.recover()

    assert opened(url).upkeep.recover() == 0


def test_leaves_finished(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """What had been finished stays as it is."""
    turn = begin(store)
    store.chats(LOCAL).finish(turn, DONE)
    silenced(url)
    opened(url).upkeep.recover()

    assert state(store, turn.message_id) == ("completed", "completed")


def test_leaves_own(store: Store, url: str) -> None:
    """What the store itself is writing is not left behind, be its row as old as it may."""
    begin(store)
    silenced(url)

    assert store.upkeep.recover() == 0


def test_leaves_living(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """What another process writes that lives is left alone."""
    begin(store)

    assert opened(url).upkeep.recover() == 0


def test_then_retry(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """An interrupted answer can be tried again."""
    turn = begin(store)
    silenced(url)
    later = opened(url)
    later.upkeep.recover()

    assert later.chats(LOCAL).retry(turn.message_id, CHOICE, provider="openai")


def test_late_finish(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """A process that was thought dead and is not still brings its answer home."""
    turn = begin(store)
    silenced(url)
    opened(url).upkeep.recover()
    store.chats(LOCAL).finish(turn, DONE)

    assert state(store, turn.message_id) == ("completed", "completed")


def test_late_save(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """A process that was thought dead and is not keeps what comes, while someone else may answer."""
    turn = begin(store)
    silenced(url)
    later = opened(url)
    later.upkeep.recover()
    later.chats(LOCAL).retry(turn.message_id, CHOICE, provider="openai")
    store.chats(LOCAL).save(turn, "Hi", "")

    assert store.chats(LOCAL).message(turn.message_id).text == "Hi"


def test_forgets_processes(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """The row of a process that has been gone for days goes, too, whether it left anything or not."""
    store.lease.hold()
    silenced(url, days=2)
    opened(url).upkeep.purge(datetime.now(UTC))

    assert execute(url, "SELECT count(*) FROM processes")[0][0] == 0


def test_purge_leaves_images_in_use(store: Store) -> None:
    """Nothing goes that was not deleted before the moment."""
    turn = begin(store)
    store.chats(LOCAL).delete(turn.conversation_id)

    assert store.upkeep.purge(datetime(2020, 1, 1, tzinfo=UTC)) == 0


class Clock:
    """Seconds, as a test counts them."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def deleted(store: Store, url: str, days: float) -> None:
    """Have a conversation that was deleted so many days ago."""
    store.chats(LOCAL).delete(chat(store, "hello"))
    then = datetime.now(UTC) - timedelta(days=days)
    moment = then.replace(tzinfo=None).isoformat(" ", "microseconds") if url.startswith("sqlite") else then
    execute(url, "UPDATE conversations SET deleted_at = :moment", moment=moment)


def left(url: str) -> int:
    """Return how many conversations there are, deleted ones too."""
    return int(execute(url, "SELECT count(*) FROM conversations")[0][0])


def test_routine_purges(store: Store, url: str) -> None:
    """What was deleted long enough ago goes for good when the process starts."""
    deleted(store, url, 31)
    Routine(store.upkeep, 30)()

    assert left(url) == 0


def test_routine_spares(store: Store, url: str) -> None:
    """What was deleted lately can still be brought back."""
    deleted(store, url, 29)
    Routine(store.upkeep, 30)()

    assert left(url) == 1


def test_routine_goes_on(store: Store, url: str) -> None:
    """A process that runs for months purges once an hour."""
    clock = Clock()
    routine = Routine(store.upkeep, 30, clock=clock)
    routine()
    deleted(store, url, 31)
    routine()
    assert left(url) == 1
    clock.now = PURGE_SECONDS
    routine()

    assert left(url) == 0


def test_routine_retention(store: Store) -> None:
    """Calls go from the ledger where it is said for how many days they stay, and only there."""
    put(store, foreign(datetime.now(UTC) - timedelta(days=50)), foreign(datetime.now(UTC)))
    Routine(store.upkeep, 30)()
    assert len(calls(store)) == 2
    Routine(store.upkeep, 30, retention_days=40)()

    assert len(calls(store)) == 1


def test_routine_retention_in_steps(store: Store) -> None:
    """Old calls go a few at each beat, until none are left: who purges does not say that it lives."""
    old = datetime.now(UTC) - timedelta(days=50)
    routine = Routine(store.upkeep, 30, retention_days=40, clock=Clock())
    for _ in range(2):
        put(store, foreign(old))
        routine()
        assert calls(store) == []
    routine()
    put(store, foreign(old))
    routine()

    assert len(calls(store)) == 1


def test_routine_retention_of_the_interrupted(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """Calls that a process left go as well; should it live after all, its answer still comes home, without a call."""
    turn = begin(store)
    silenced(url)
    later = opened(url)
    later.upkeep.recover()
    assert later.upkeep.purge_calls(datetime.now(UTC) + timedelta(days=1)) == 1
    store.chats(LOCAL).finish(turn, DONE)

    assert store.chats(LOCAL).message(turn.message_id).state == "completed"
    assert (calls(store), store.upkeep.differences()) == ([], 0)


def test_routine_recovers(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """What another process leaves is marked, whenever it is looked."""
    turn = begin(store)
    later = opened(url)
    routine = Routine(later.upkeep, 30)
    routine()
    assert state(later, turn.message_id) == ("streaming", "started")
    silenced(url)
    routine()

    assert state(later, turn.message_id) == ("interrupted", "interrupted")


def test_routine_fails(store: Store, url: str) -> None:
    """What could not be purged is due again."""
    routine = Routine(store.upkeep, 30)
    deleted(store, url, 31)
    execute(url, "ALTER TABLE conversations RENAME TO away")
    with pytest.raises(StoreError):
        routine()
    execute(url, "ALTER TABLE away RENAME TO conversations")
    routine()

    assert left(url) == 0


def test_routine_fills_the_index(store: Store) -> None:
    """What was said is put into the index of the search with each round."""
    chat(store, "hello")
    Routine(store.upkeep, 30)()

    assert store.upkeep.index() == 0
