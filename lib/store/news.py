"""What other processes tell through the database: LISTEN/NOTIFY of PostgreSQL, so that nobody has to ask all the time.

It is never relied on: who waits for news looks by itself now and then, more often while nobody listens. SQLite has
nothing of the kind.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import closing, suppress
from typing import Any
from weakref import WeakSet

from sqlalchemy import ColumnElement, Connection, Engine, Update, func, text
from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger("parley")

CHANNEL = "parley"
MESSAGE = "message "  # and its id: the topic of an answer
STOPS = "stops"  # the topic of answers that somebody has stopped
SELDOM_SECONDS = 1.0  # between two looks of who hears news: they may have been lost on the way
LOOK_SECONDS = 0.5  # between two looks whether the listening is to end
AGAIN_SECONDS = 2.0  # between two attempts to listen


class Ear:
    """Waits for news of one topic, and says when to look without any: `often` seconds after the last look."""

    def __init__(self, news: News, topic: str, often: float) -> None:
        self.topic = topic
        self._news = news
        self._often = often
        self._looked = float("-inf")
        self._heard = threading.Event()

    def wait(self, timeout: float) -> bool:
        """Wait until it is time to look, at most so long; return whether it is. Who hears news looks more seldom."""
        pause = max(SELDOM_SECONDS, self._often) if self._news.is_heard else self._often
        due = self._looked + pause - time.monotonic()
        if not self._heard.wait(min(due, timeout)) and due > timeout:
            return False
        self._heard.clear()  # before the look: what is told from now on may be new
        self._looked = time.monotonic()
        return True

    def prick(self) -> None:
        """Wake who waits."""
        self._heard.set()


class News:
    """What has news for ears: nothing without an `engine`. From the first ear on it listens, by its own connection.

    `is_heard` says whether it does just now.
    """

    def __init__(self, engine: Engine | None = None) -> None:
        self.is_heard = False
        self._engine = engine
        self._ears: WeakSet[Ear] = WeakSet()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def ear(self, topic: str, often: float) -> Ear:
        """Return an ear; what is told from now on is heard, as soon as anybody listens."""
        ear = Ear(self, topic, often)
        with self._lock:
            self._ears.add(ear)
            if self._engine and not self._thread and not self._ended.is_set():
                thread = threading.Thread(target=self._run, args=(self._engine,), name="news", daemon=True)
                with suppress(RuntimeError):  # no more threads: then everybody looks by himself
                    thread.start()
                    self._thread = thread
        return ear

    def close(self) -> None:
        """Listen no more."""
        self._ended.set()

    def _run(self, engine: Engine) -> None:
        import psycopg  # loaded by now, and not where there is only SQLite

        while not self._ended.is_set():
            try:
                self._listen(engine)
            except (SQLAlchemyError, psycopg.Error, OSError) as error:
                log.warning("News of other processes are not heard just now: %s", type(error).__name__)
            self.is_heard = False
            self._wake(None)
            self._ended.wait(AGAIN_SECONDS)

    def _listen(self, engine: Engine) -> None:
        pooled = engine.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()  # it is none of the pool's: it is held for as long as the process lives
        with closing(pooled):
            connection.autocommit = True
            connection.execute(f"LISTEN {CHANNEL}")
            self.is_heard = True
            self._wake(None)  # what was told before was not heard
            while not self._ended.is_set():
                for told in connection.notifies(timeout=LOOK_SECONDS):
                    self._wake(told.payload)

    def _wake(self, topic: str | None) -> None:
        """Wake the ears for a topic; all of them for None."""
        with self._lock:
            ears = list(self._ears)
        for ear in ears:
            if topic in (None, ear.topic):
                ear.prick()


def of_message(id: int) -> str:
    """Return the topic of an answer."""
    return f"{MESSAGE}{id}"


def telling(change: Update, id: ColumnElement[int]) -> dict[str, Update]:
    """Return what changes answers and, once that is committed, tells all processes of them, by the dialect."""
    return {"sqlite": change, "postgresql": change.returning(func.pg_notify(CHANNEL, func.concat(MESSAGE, id)))}


def tell(db: Connection, topic: str) -> None:
    """Tell all processes of `topic`, once the transaction is committed."""
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_notify(:channel, :topic)"), {"channel": CHANNEL, "topic": topic})
