"""An answer that another process writes is followed from the store, and stopped through it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lib import generations
from lib.errors import StoreError
from lib.generations import remote
from lib.generations.remote import Remote, Watcher
from lib.messages import Completion, Delta, Message
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Scope, Store
from tests.endpoint import FakeEndpoint
from tests.fake_client import FakeClient, FakeStream
from tests.forks import Fork
from tests.generations import answering
from tests.postgres import running
from tests.store.helpers import DONE, begin, execute, silenced
from tests.waiting import until

CHOICE = ModelChoice("fake", "m")
BOUND = 1.5  # seconds, as promised


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'parley.db'}"


@pytest.fixture
def here(url: str) -> Iterator[Store]:
    """The store of the process that follows."""
    with closing(Store.open(url)) as store:
        yield store


@pytest.fixture
def there(url: str) -> Iterator[Store]:
    """The store of the process that writes."""
    with closing(Store.open(url)) as store:
        store.lease.hold()
        yield store
        generations.stop_all()


def test_followed_and_stopped(here: Store, there: Store) -> None:
    """What is saved comes in pieces; Stop closes the connection there, and the answer ends as stopped with its text."""
    gate = threading.Event()
    said = Completion(text="a b", reasoning="why")
    stream = FakeStream([Delta("a", "why"), gate, Delta(" b"), threading.Event()], said)
    writer = generations.start(there.chats(LOCAL), FakeClient(stream), Message("user", "hi"), CHOICE)  # type: ignore[arg-type]
    followed = remote.find(here.chats(LOCAL), writer.turn.conversation_id)
    assert followed
    assert followed.turn == writer.turn

    assert followed.wait_for_more(0, 5)
    assert followed.read() == [Delta("a", "why")]
    assert not followed.wait_for_more(1, 0.01)
    gate.set()
    assert followed.wait_for_more(1, 5)
    assert followed.read(1) == [Delta(" b")]
    followed.stop()
    assert followed.wait(5)
    assert writer.result().state == "stopped"
    assert stream.closed.is_set()
    assert remote.find(here.chats(LOCAL), writer.turn.conversation_id) is None


def test_whose(here: Store, there: Store, url: str) -> None:
    """Nothing is followed that is another's, one's own, or of a process that is gone; nor is it stopped."""
    turn = begin(there)
    stranger = here.chats(Scope("somebody"))

    assert remote.find(stranger, turn.conversation_id) is None
    Remote(stranger, turn).stop()
    assert there.chats(LOCAL).stopped_elsewhere() == set()
    assert remote.find(there.chats(LOCAL), turn.conversation_id) is None
    assert generations.follow(here.chats(LOCAL), turn.conversation_id)
    silenced(url)
    assert remote.find(here.chats(LOCAL), turn.conversation_id) is None


def test_ends(here: Store, there: Store, url: str) -> None:
    """It ends when it is complete or gone, and not when the database fails for a moment."""
    turn = begin(there)
    followed, other = (Remote(here.chats(LOCAL), turn, seconds=0) for _ in range(2))
    execute(url, "ALTER TABLE messages RENAME TO away")
    assert not followed.wait(0.05)
    execute(url, "ALTER TABLE away RENAME TO messages")
    there.chats(LOCAL).finish(turn, DONE)
    assert followed.wait(5)
    assert followed.read() == [Delta("Hi there")]
    execute(url, "DELETE FROM messages")
    assert other.wait(5)
    assert other.read() == []


def test_watcher_goes_on() -> None:
    """It looks while there is something to look at, also after the database has failed, and begins again when woken."""
    looks: list[int] = []

    def look() -> None:
        looks.append(1)
        raise StoreError("gone")

    watcher = Watcher(look, lambda: len(looks) % 3 != 0)
    looks.append(1)
    watcher.wake(lambda: None)
    watcher.wake(lambda: None)
    until(lambda: not watcher._runs)
    assert len(looks) == 3
    looks.append(1)
    watcher.wake(lambda: None)
    until(lambda: len(looks) == 6)


@pytest.mark.timeout(120)
def test_two_processes() -> None:
    """On PostgreSQL what one process writes is read in another at most so late, and Stop there closes it as soon."""
    endpoint = FakeEndpoint()
    with running() as server:
        url = server.url(server.create())
        Store.open(url).close()
        writer = Fork(answering.one, url, endpoint.url, "n3000 r50")
        with closing(Store.open(url)) as store:
            until(lambda: writer.said and endpoint.asked, 60)
            followed = generations.follow(store.chats(LOCAL), writer.said[0])
            assert isinstance(followed, Remote)
            for _ in range(3):
                sent = endpoint.asked[0].sent
                until(lambda sent=sent: words(followed) >= sent, 20)
                begun = time.monotonic()
                sent = endpoint.asked[0].sent
                until(lambda sent=sent: words(followed) >= sent, 20)
                assert time.monotonic() - begun < BOUND
            stopped = time.time()
            followed.stop()
            until(lambda: endpoint.asked[0].closed_at)
            assert (endpoint.asked[0].closed_at or 0) - stopped < BOUND
            answer = store.chats(LOCAL).message(followed.turn.message_id)
            assert answer
            assert answer.state == "stopped"
        writer.kill()
    endpoint.stop()


def words(followed: Remote) -> int:
    """Return how many words have come."""
    followed.wait_for_more(len(followed.read()), 0.05)
    return len("".join(delta.text for delta in followed.read()).split())
