"""The connection to the database: one engine, read and write apart."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError

from lib import metrics
from lib.errors import StoreError
from lib.store.faults import faults
from lib.store.news import News

PATIENCE = 10  # seconds to wait for others that write
CONNECTIONS = 25  # to PostgreSQL that one process has at most, unless the URL says otherwise: ?connections=10
MAX_CONNECTIONS = 1000
READ_ONLY = "25006"  # https://www.postgresql.org/docs/current/errcodes-appendix.html
KEPT = 5  # of them that stay open
# Older libraries can lose a WAL's content: https://www.sqlite.org/wal.html#walresetbug
SAFE_WAL = (3, 51, 3)
# Without these a server that vanished keeps a thread waiting for a quarter of an hour.
POSTGRESQL_TIMEOUTS = {"connect_timeout": 10, "keepalives_idle": 30, "tcp_user_timeout": 15_000}
# A statement that was prepared is planned without what it looks for: a search then reads all messages.
PLANNED_ANEW: dict[str, Any] = {"prepare_threshold": None}


@dataclass(frozen=True)
class Turnstile:
    """Lets one thread of this process write at a time: waiting in SQLite itself is polling, slow and unfair."""

    patience: float
    lock: Lock = field(default_factory=Lock)

    def __enter__(self) -> None:
        if not self.lock.acquire(timeout=self.patience):
            raise TimeoutError("the database is locked by another thread")

    def __exit__(self, *_: object) -> None:
        self.lock.release()


@dataclass(frozen=True)
class Database:
    """An open database. `place` names it in messages, without a password; `file` is SQLite's, `identity` that file's.

    `news` is what other processes tell. Any number of threads may use it at once.
    """

    engine: Engine
    place: str
    file: Path | None = None
    turnstile: AbstractContextManager[None] = field(default_factory=nullcontext)
    identity: tuple[int, int] | None = None
    news: News = field(default_factory=News)

    @contextmanager
    def read(self, everyone: str = "") -> Iterator[Connection]:
        """Open a connection whose every statement stands alone, so that it holds no locks in between.

        What is of one person is asked for with its owner; `everyone` says why it is not, where it is not.
        """
        with metrics.stored("read"), faults(self.place), self.engine.connect() as db:
            yield db.execution_options(everyone=everyone, **self._alone)

    @contextmanager
    def write(self, everyone: str = "", *, alone: bool = False) -> Iterator[Connection]:
        """Open one transaction: all of it is committed at the end of the block, or nothing. `everyone`: see `read`.

        `alone`: for one statement, which PostgreSQL commits itself, without the ways to and fro that a transaction has.
        """
        self.check()
        options = self._alone if alone else {}
        with (
            metrics.stored("write"),
            faults(self.place),
            self.turnstile,
            self.engine.connect() as db,
            db.execution_options(immediate=True, everyone=everyone, **options).begin(),
        ):
            yield db

    @property
    def _alone(self) -> dict[str, Any]:
        """What has each statement stand alone; SQLite's do, outside of transactions."""
        return {} if self.file else {"isolation_level": "AUTOCOMMIT"}

    def check(self) -> None:
        """Raise StoreError if the file was deleted or replaced: SQLite would write on into what nobody finds again."""
        with faults(self.place):
            there = not self.file or _identity(self.file) == self.identity
        if not there:
            said = f"The database {self.place} was deleted or replaced while Parley was running."
            raise StoreError(said, hint="Put it back, or leave the new one in its place, then start Parley again.")

    def scrub(self) -> None:
        """Leave nothing of what was removed in SQLite's write-ahead log; the file itself has zeros in its place."""
        if self.file:
            with faults(self.place), self.engine.connect() as db:
                db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give the connections back."""
        self.news.close()
        self.engine.dispose()


def connect(text: str, patience: float = PATIENCE) -> Database:
    """Return the database at a SQLAlchemy URL. A SQLite file is made if missing (0600, its folder 0700).

    `patience`: for how many seconds SQLite waits for another writer.
    Raises StoreError when the URL cannot be used; whether a server answers shows at the first statement.
    """
    url = _parse(text)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, patience)
    return _postgresql(url)


def _parse(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # The error may quote the URL, and with it the password.
        raise _unusable("a SQLite or PostgreSQL URL") from None
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise _unusable("a SQLite or PostgreSQL URL")
    return url


def _unusable(expected: str) -> StoreError:
    example = "sqlite:////srv/parley/parley.db or postgresql://user@host/parley"
    return StoreError(f"DATABASE_URL: expected {expected}, for example {example}", hint="Correct it, then start again.")


def _postgresql(url: URL) -> Database:
    # A password with an unescaped "@" or "/" would end up in the host or the database name.
    place = f"{url.host or url.query.get('host')}/{url.database}".rpartition("@")[2]
    most, url = _connections(url)
    timeouts = {name: value for name, value in POSTGRESQL_TIMEOUTS.items() if name not in url.query}
    with faults(place):
        kept = min(KEPT, most)
        pool = {"pool_pre_ping": True, "pool_size": kept, "max_overflow": most - kept}
        engine = create_engine(url, hide_parameters=True, connect_args={**timeouts, **PLANNED_ANEW}, **pool)
    event.listen(engine, "handle_error", _leave_standby)
    return Database(engine, place, news=News(engine))


def _leave_standby(context: ExceptionContext) -> None:
    """Give all connections up when a server takes nothing that is written: another may have taken its place."""
    if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
        context.is_disconnect = True


def _connections(url: URL) -> tuple[int, URL]:
    """Return how many connections this process may have, as the URL says at its end, and the URL without that."""
    said = str(url.query.get("connections", CONNECTIONS))
    if not (said.isdecimal() and 2 <= int(said) <= MAX_CONNECTIONS):
        raise _unusable(f"from 2 to {MAX_CONNECTIONS} connections")
    return int(said), url.difference_update_query(["connections"])


def _sqlite(url: URL, patience: float) -> Database:
    file = _file(url)
    with faults(str(file)):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        make(file)
        identity = _identity(file)
    engine = create_engine(
        url,
        hide_parameters=True,
        max_overflow=-1,  # no limit: a connection costs little and nobody waits for one
        connect_args={"timeout": patience, "isolation_level": None},  # we say BEGIN, not the driver
    )
    event.listen(engine, "connect", _configure)
    if os.access(file, os.W_OK):  # a read-only file can be read in the mode it has
        event.listen(engine, "connect", _set_journal)
    event.listen(engine, "begin", _begin)
    return Database(engine, str(file), file, Turnstile(patience), identity)


def _file(url: URL) -> Path:
    name = url.database or ":memory:"
    if name == ":memory:" or name.startswith("file:"):
        raise _unusable("the path of a file, where what is written lasts")
    return Path(name).absolute()


def _identity(file: Path) -> tuple[int, int] | None:
    """Return what tells a file from another of its name; None if there is none."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def make(file: Path) -> None:
    """Make an empty file that only its owner may read; one that exists is not even opened.

    Closing it would drop the locks that SQLite holds on it in this process.
    """
    with suppress(FileExistsError):  # another process was faster
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def journal(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> str:
    """Return the journal mode that is safe with this version of the SQLite library."""
    return "WAL" if version >= SAFE_WAL else "DELETE"


def _configure(connection: sqlite3.Connection, _record: Any) -> None:
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what is removed is overwritten


def _set_journal(connection: sqlite3.Connection, _record: Any) -> None:
    connection.execute(f"PRAGMA journal_mode = {journal()}")


def _begin(connection: Connection) -> None:
    # Taking the write lock at once: a read that turns into a write later cannot wait, it fails.
    if connection.get_execution_options().get("immediate"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
