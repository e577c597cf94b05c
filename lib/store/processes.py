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
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Interval, delete, func, insert, literal, select, update

from lib.errors import StoreError
from lib.store.columns import Time, now
from lib.store.engine import Database
from lib.store.schema import processes

log = logging.getLogger("parley")

BEAT_SECONDS = 5.0
SILENCE_SECONDS = 20.0  # after which a process counts as gone
END_SECONDS = 0.5  # that the end waits for what is being done
FORGET = timedelta(days=1)  # after which the row of one that is gone goes, too


class Lease:
    """The row of this process. `name` is what it writes into rows that it has not finished.

    Once held it is touched every `beat` seconds; who has been silent for `silence` seconds is gone. `then` is called
    after each touch. `abandoned` are calls that this process will never complete. `clock` counts seconds.
    """

    def __init__(
        self,
        database: Database,
        *,
        beat: float = BEAT_SECONDS,
        silence: float = SILENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
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
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def hold(self) -> None:
        """Make the row, and keep it alive; nothing when it is held. Raises StoreError."""
        if self._thread:
            return
        with self._lock:  # once: who comes second waits until the row is there
            if self._thread is None and not self._ended.is_set():
                self._touch()
                thread = threading.Thread(target=self._run, name="lease", daemon=True)
                thread.start()
                self._thread = thread

    def check(self) -> None:
        """Raise StoreError if the row cannot be kept up: the database takes nothing that is written.

        Nobody waits for the database here. It is not known of a lease that is not held.
        """
        if trouble := self._trouble:
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
            seen = update(processes).where(processes.c.id == self.name).values(seen_at=_moment(db))
            if not db.execute(seen).rowcount:
                about = {"id": self.name, "host": _host(), "pid": os.getpid()}
                db.execute(insert(processes).values(**about, started_at=_moment(db), seen_at=_moment(db)))
        self._touched = self._clock()

    def _leave(self) -> None:
        with self._database.write() as db:
            db.execute(delete(processes).where(processes.c.id == self.name))


def living(db: Connection, silence: timedelta) -> Any:
    """Return a query of the names of the processes that live."""
    return select(processes.c.id).where(processes.c.seen_at > _moment(db, silence))


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
