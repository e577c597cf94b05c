"""What other processes tell is heard on PostgreSQL; where it is not, who waits looks by himself."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from math import inf

import pytest
from sqlalchemy import create_engine

from lib.store import LOCAL, Store, news
from lib.store.engine import Database, connect
from lib.store.news import Ear, News
from tests import statements
from tests.store.helpers import begin, execute
from tests.waiting import until

LONG = 3_600.0
LISTENERS = "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


@pytest.fixture
def database(postgresql: str) -> Iterator[Database]:
    """A database on PostgreSQL."""
    with closing(connect(postgresql)) as database:
        yield database


def tell(database: Database, topic: str) -> None:
    """Tell of a topic, as another process would."""
    with database.write() as db:
        news.tell(db, topic)


def heard(database: Database, topic: str, *, often: float = LONG) -> Ear:
    """Return an ear that has looked once, while somebody listens."""
    ear = database.news.ear(topic, often)
    until(lambda: database.news.is_heard)
    until(lambda: not ear.wait(0.01))
    return ear


def test_heard(database: Database) -> None:
    """Who waits wakes at news of its topic, long before it would look by itself, and not at others."""
    ear = heard(database, news.STOPS)
    tell(database, news.of_message(7))
    assert not ear.wait(0.2)
    tell(database, news.STOPS)

    assert ear.wait(20)
    assert not ear.wait(0.01)


def test_told_before(database: Database) -> None:
    """What is told between two waits is not missed."""
    ear = heard(database, news.STOPS)
    tell(database, news.STOPS)

    until(ear._heard.is_set)
    assert ear.wait(0)


def test_not_committed(database: Database) -> None:
    """What was not committed is not told."""
    ear = heard(database, news.STOPS)
    with database.engine.connect() as db, db.begin() as transaction:
        news.tell(db, news.STOPS)
        transaction.rollback()

    assert not ear.wait(0.2)


def test_connection_lost(database: Database, postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the connection is lost all look by themselves; what listens comes back, and is heard again."""
    monkeypatch.setattr(news, "AGAIN_SECONDS", 0.05)
    ear = heard(database, news.STOPS)
    begun = threading.Event()
    woken: list[bool] = []
    waiting = threading.Thread(target=lambda: (begun.set(), woken.append(ear.wait(20))))
    waiting.start()
    begun.wait()
    assert execute(postgresql, f"SELECT pg_terminate_backend(pid) {LISTENERS}")
    waiting.join()
    assert woken == [True]
    until(lambda: execute(postgresql, f"SELECT pid {LISTENERS}") and database.news.is_heard)
    heard(database, news.STOPS)
    tell(database, news.STOPS)

    assert ear.wait(20)


def test_nobody_listens() -> None:
    """Without PostgreSQL one looks every so often, and the first time at once."""
    ear = News().ear(news.STOPS, 0.05)
    assert ear.wait(LONG)
    assert not ear.wait(0)
    assert ear.wait(inf)


def test_no_server() -> None:
    """A server that is not there is tried again, and nobody waits for it."""
    told = News(create_engine("postgresql+psycopg://joe@127.0.0.1:1/parley"))
    ear = told.ear(news.STOPS, 0.01)
    assert ear.wait(LONG)
    assert ear.wait(LONG)
    assert not told.is_heard
    told.close()


def test_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no more threads nobody listens, and the next ear tries again."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    told = News(create_engine("postgresql+psycopg://joe@127.0.0.1:1/parley"))
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        assert told.ear(news.STOPS, 0).wait(LONG)
    assert told._thread is None
    told.ear(news.STOPS, 0)
    assert told._thread
    told.close()


def test_closed(database: Database, postgresql: str) -> None:
    """What is closed listens no more."""
    heard(database, news.STOPS)
    database.news.close()
    until(lambda: not execute(postgresql, f"SELECT pid {LISTENERS}"))
    assert database.news.ear(news.STOPS, 0).wait(time.monotonic())


def test_saving_tells(database: Database, postgresql: str) -> None:
    """What has come of an answer is kept, and told of, in one statement: a hundred answers are kept every second."""
    with closing(Store.open(postgresql)) as store:
        turn = begin(store)
        ear = heard(database, news.of_message(turn.message_id))
        with statements.heard() as said:
            store.chats(LOCAL).save(turn, "so far", "")
        found = store.chats(LOCAL).message(turn.message_id)

        assert ear.wait(LONG)
        assert [each.split()[0] for each in said] == ["UPDATE"]
        assert found
        assert found.text == "so far"
