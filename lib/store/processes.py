"""Which processes write to a database, and whether they still live: each has a row that it touches while it does.

Moments are those of the database's clock, so that machines need not agree on the time.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Interval, and_, delete, func, insert, literal, select, update

from lib.errors import StoreError
from lib.store import history
from lib.store.columns import Time, now
from lib.store.engine import Database
from lib.store.history import HISTORY
from lib.store.schema import messages, processes

log = logging.getLogger("parley")

BEAT_SECONDS = 5.0
SILENCE_SECONDS = 20.0  # after which a process counts as gone
SILENCE = timedelta(seconds=SILENCE_SECONDS)
END_SECONDS = 0.5  # that the end waits for what is being done
FORGET = timedelta(days=1)  # after which the row of one that is gone goes, too


@dataclass(frozen=True)
class Replica:
    """A process as its row tells. `version` is the schema that it knows, `secret` a mark of what it signs cookies with.

    `answers` are those that it is writing. One that is silent has ended without a word, or its machine sleeps.
    """

    name: str
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    build: str | None
    version: str | None
    secret: str | None
    draining_at: datetime | None
    is_alive: bool
    answers: int


class Lease:
    """The row of this process. `name` is what it writes into rows that it has not finished.

    Once held it is touched every `beat` seconds; who has been silent for `silence` seconds is gone. `then` is called
    after each touch. `abandoned` are calls that this process will never complete. `clock` counts seconds; `head` is the
    version of the schema that it knows.
    """

    def __init__(
        self,
        database: Database,
        *,
        beat: float = BEAT_SECONDS,
        silence: float = SILENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        head: str = HISTORY.head,
    ) -> None:
        self.name = f"{_host()}/{os.getpid()}/{secrets.token_hex(4)}"
        self.then: Callable[[], object] = lambda: None
        self.silence = timedelta(seconds=silence)
        self.abandoned: set[int] = set()
        self._database = database
        self._beat = beat
        self._clock = clock
        self._touched = 0.0
        self._trouble: StoreError | None = None
        self._refusal: StoreError | None = None
        self._about: dict[str, Any] = {"version": head}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def hold(self) -> None:
        """Make the row, and keep it alive; nothing when it is held.

        Raises StoreError, also when a newer Parley has made of the schema what this one cannot live with.
        """
        if refusal := self._refusal:
            raise StoreError(str(refusal), hint=refusal.hint)
        if self._thread:
            return
        with self._lock:  # once: who comes second waits until the row is there
            if self._thread is None and not self._ended.is_set():
                self._touch()
                thread = threading.Thread(target=self._run, name="lease", daemon=True)
                thread.start()
                self._thread = thread

    def describe(self, build: str, secret: str) -> None:
        """Say what this process is and what it signs cookies with; in its row from its next touch on."""
        self._about |= {"build": build, "secret": secret}

    def drain(self) -> None:
        """Say at once that this process begins nothing more and ends soon. Nothing where the database fails."""
        self._about["draining_at"] = now()
        if self._thread:
            self._attempt(self._touch)

    def check(self) -> None:
        """Raise StoreError if the row cannot be kept up: the database takes nothing that is written.

        Nobody waits for the database here. It is not known of a lease that is not held.
        """
        if trouble := self._refusal or self._trouble:
            raise StoreError(str(trouble), hint=trouble.hint)
        silent = self._clock() - self._touched
        if self._thread and silent > self.silence.total_seconds():
            said = f"The database {self._database.place} has taken nothing for {silent:.0f} s."
            raise StoreError(said, hint="Check that it is running, and that there is room on its disk.")

    def close(self) -> None:
        """Give it up: the row goes, and what it names counts as left by a process that is gone."""
        self._ended.set()
        if self._thread:
            self._thread.join(END_SECONDS)
            if not self._thread.is_alive():  # else the database hangs, and the end does not wait for it
                self._attempt(self._leave)

    def _run(self) -> None:
        while not self._ended.wait(self._beat):
            self._trouble = self._attempt(self._touch)
            self._attempt(self.then)

    def _attempt(self, do: Callable[[], object]) -> StoreError | None:
        try:
            do()
        except StoreError as error:
            log.warning("The row of this process could not be kept up: %s", error)
            return error
        except Exception:  # whatever it is, a process that no longer says that it lives loses its answers to others
            log.exception("The row of this process could not be kept up")
            return StoreError("Parley itself failed while keeping the row of its process.")
        return None

    def _touch(self) -> None:
        """Say that this process lives; its row may have been taken away while the machine slept."""
        with self._database.write() as db:
            self._refusal = history.refusal(db, self._database.place, self._about["version"])
            said = {"seen_at": _moment(db), **self._about}
            if not db.execute(update(processes).where(processes.c.id == self.name).values(said)).rowcount:
                about = {"id": self.name, "host": _host(), "pid": os.getpid(), "started_at": _moment(db)}
                db.execute(insert(processes).values(**about, **said))
        self._touched = self._clock()

    def _leave(self) -> None:
        with self._database.write() as db:
            db.execute(delete(processes).where(processes.c.id == self.name))


def living(db: Connection, silence: timedelta) -> Any:
    """Return a query of the names of the processes that live."""
    return select(processes.c.id).where(_lives(db, silence))


def _lives(db: Connection, silence: timedelta) -> ColumnElement[bool]:
    """Return what holds for who was seen lately. From the future is nobody: the clock was put back since."""
    return and_(processes.c.seen_at > _moment(db, silence), processes.c.seen_at < _moment(db, -silence))


def listing(db: Connection, silence: timedelta) -> list[Replica]:
    """Return the processes that live, and those that have been silent for less than a day, the oldest first."""
    names = ("id", "host", "pid", "started_at", "seen_at", "build", "version", "secret", "draining_at")
    writing = and_(messages.c.instance == processes.c.id, messages.c.state == "streaming")
    answers = select(func.count()).where(writing).scalar_subquery()
    columns = [processes.c[name] for name in names]
    found = select(*columns, _lives(db, silence), answers).order_by(processes.c.started_at, processes.c.id)
    return [Replica(*row[:9], is_alive=bool(row[9]), answers=row[10]) for row in db.execute(found)]


def forget(db: Connection) -> None:
    """Remove the rows of processes that have been gone for a day."""
    db.execute(delete(processes).where(processes.c.seen_at < _moment(db, FORGET)))


def described(writer: str) -> str:
    """Return what a person can call the process `writer`: where it runs, and its number there."""
    host, pid, _ = writer.split("/")
    return f"process {pid} on {host}"


def _host() -> str:
    return socket.gethostname().replace("/", "_")


def _moment(db: Connection, ago: timedelta = timedelta(0)) -> ColumnElement[Any]:
    if db.dialect.name == "sqlite":  # all its processes are on one machine
        return literal(now() - ago, Time)
    return func.clock_timestamp() - literal(ago, Interval)
