"""PostgreSQL that goes while answers are written: started again, replaced by another one, or with no room for more."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest

from lib import generations
from lib.api import ChatClient
from lib.config import Endpoint
from lib.errors import StoreError
from lib.generations import Generation
from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Store
from tests.browser.test_shutdown import asking
from tests.endpoint import FakeEndpoint
from tests.postgres import Server, running
from tests.store.helpers import begin, chat, execute
from tests.waiting import until

pytestmark = pytest.mark.timeout(180)

ANSWERS = 8
PROMPT = "n160 r40 {}"  # four seconds, so that the fault is in the middle of it
WORDS = "".join(f"w{number} " for number in range(160))


@pytest.fixture
def ask(endpoint: FakeEndpoint) -> Iterator[Callable[[Store, int], Generation]]:
    """What asks the endpoint, and keeps it in a store."""
    with ChatClient(Endpoint("fake", endpoint.url, model="m")) as client:
        yield lambda store, number: generations.start(
            store.chats(LOCAL), client, Message("user", PROMPT.format(number)), ModelChoice("fake", "m")
        )


def check(store: Store, begun: list[Generation], endpoint: FakeEndpoint) -> None:
    """Every answer is there and whole, and nothing was sent twice."""
    for generation in begun:
        until(lambda generation=generation: generation.is_stored, 60)
        answer = store.chats(LOCAL).message(generation.turn.message_id)
        assert answer
        assert (answer.state, answer.text) == ("completed", WORDS)
    assert set(Counter(asked.prompt for asked in endpoint.asked).values()) == {1}
    assert len(endpoint.asked) == len(begun)


def test_restart_under_load(endpoint: FakeEndpoint, ask: Callable[[Store, int], Generation]) -> None:
    """PostgreSQL is killed while answers stream, and started again: all of them are kept whole, and sent once."""
    with running() as server, closing(Store.open(server.url(server.create()))) as store:
        store.lease.hold()
        begun = [ask(store, number) for number in range(ANSWERS)]
        until(lambda: all(len(each.read()) > 30 for each in begun), 60)
        server.stop()
        with pytest.raises(StoreError, match="does not answer"):
            ask(store, ANSWERS)
        until(lambda: any(each.received.is_set() for each in begun), 60)
        server.start()
        check(store, begun, endpoint)
        ear = store.chats(LOCAL).ear(3600, begun[0].turn)
        until(lambda: ear._news.is_heard, 60)

        assert begin(store)


def test_told_to_end_meanwhile(tmp_path: Path, endpoint: FakeEndpoint) -> None:
    """A process that is told to end while PostgreSQL is away keeps its answer whole once that is back, and ends."""
    question = "n5 r0 held away"
    with running() as server:
        url = server.url(server.create())
        app = asking(tmp_path, endpoint, question, ROWS="0", DRAIN_SECONDS="100", DATABASE_URL=url)
        try:
            until(lambda: any(asked.sent == 4 for asked in endpoint.asked), 60)
            server.stop()
            app.tell(signal.SIGTERM)
            endpoint.let_go(question)
            until(lambda: "A finished answer could not be saved yet" in app.log.read_text(), 60)
            assert not app.ended()
            server.start()
            until(app.ended, 60)
        finally:
            app.kill()
        answers = execute(url, "SELECT state, text FROM messages WHERE role = 'assistant'")

        assert [tuple(row) for row in answers] == [("completed", "w0 w1 w2 w3 w4 ")]
        assert len(endpoint.asked) == 1


def test_failover(endpoint: FakeEndpoint, ask: Callable[[Store, int], Generation]) -> None:
    """Another server takes the place of one that is gone: what was acknowledged is there, and answers end in it."""
    with ExitStack() as stack:
        first = stack.enter_context(running())
        name = first.create()
        Store.open(first.url(name)).close()
        second = stack.enter_context(first.standby())
        first.run("ALTER SYSTEM SET synchronous_standby_names = '*'")
        first.run("SELECT pg_reload_conf()")
        both = f"postgresql+psycopg://postgres@/{name}?host={first.folder},{second.folder}"
        store = stack.enter_context(closing(Store.open(f"{both}&target_session_attrs=read-write")))
        store.lease.hold()
        before = chat(store, "before")
        begun = [ask(store, number) for number in range(ANSWERS)]
        until(lambda: all(len(each.read()) > 30 for each in begun), 60)
        first.stop()
        with pytest.raises(StoreError, match=r"takes what is written, for the moment|does not answer"):
            begin(store)
        second.run("SELECT pg_promote()")

        check(store, begun, endpoint)
        assert len(store.chats(LOCAL).path(before)) == 2
        assert begin(store)


def filled(server: Server) -> list[psycopg.Connection]:
    """Take all connections that a server has left."""
    taken: list[psycopg.Connection] = []
    while True:
        try:
            taken.append(psycopg.connect(f"host={server.folder} user=postgres dbname=postgres"))
        except psycopg.OperationalError:
            return taken


def test_no_connections() -> None:
    """A server that takes no more is told so, who has a connection goes on, and all do once there is room."""
    with running("max_connections=12", "superuser_reserved_connections=0") as server:
        url = server.url(server.create())
        with closing(Store.open(url)) as store:
            chat(store, "before")
            taken = filled(server)
            with pytest.raises(StoreError, match="takes no more connections") as caught:
                Store.open(url)
            assert "connections=" in (caught.value.hint or "")
            chat(store, "while it is full")
            for each in taken:
                each.close()
            until(lambda: chat(store, "after"), 20)
            Store.open(url).close()
