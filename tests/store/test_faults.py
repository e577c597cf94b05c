"""What is said when the database fails, provoked as truly as a test can."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Timer

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from lib.errors import StoreError
from lib.store import LOCAL, Store
from lib.store.engine import Database, connect
from lib.store.faults import faults
from lib.store.processes import Lease
from tests.postgres import Server
from tests.store.helpers import DONE, begin, calls, chat, execute, texts, unprivileged


class DriverError(Exception):
    """An error as psycopg raises it."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("something in any language")
        self.sqlstate = sqlstate


@pytest.fixture
def reachable(file: Path) -> Iterator[Path]:
    """The database in a folder that another user may enter, but not change."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    copy = Path(shutil.copy(file, folder / "parley.db"))
    execute(f"sqlite:///{copy}", "PRAGMA journal_mode = DELETE")  # a write-ahead log cannot be read without writing
    copy.chmod(0o444)
    yield copy
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def hasty(file: Path) -> Iterator[Database]:
    """A SQLite database that waits for nobody."""
    with closing(connect(f"sqlite:///{file}", patience=0.02)) as database:
        yield database


@pytest.fixture
def small(hasty: Database) -> Store:
    """A store on a disk that is nearly full."""
    event.listen(hasty.engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count = 100"))
    return Store(hasty, Lease(hasty))


def fails(action: Callable[[], object]) -> str:
    """Return what StoreError says."""
    with pytest.raises(StoreError) as caught:
        action()
    return str(caught.value)


def test_read_only_file(reachable: Path, opened: Callable[..., Store]) -> None:
    """A read-only file says so when something is to be written."""
    with unprivileged():
        store = opened(f"sqlite:///{reachable}")
        assert "is read-only" in fails(lambda: begin(store))


def test_read_only_readable(reachable: Path, opened: Callable[..., Store]) -> None:
    """A read-only file can still be opened and read."""
    with unprivileged():
        store = opened(f"sqlite:///{reachable}")
        assert store.upkeep.recover() == 0
        assert store.chats(LOCAL).recent() == []


def test_read_only_folder(reachable: Path) -> None:
    """A folder in which no database can be made says so."""
    reachable.parent.chmod(0o555)
    with unprivileged():
        assert "cannot be opened" in fails(lambda: Store.open(f"sqlite:///{reachable.parent}/data/parley.db"))


def test_folder_is_file(file: Path) -> None:
    """A file where the folder should be says so."""
    assert "cannot be opened" in fails(lambda: Store.open(f"sqlite:///{file}/parley.db"))


def test_file_is_folder(tmp_path: Path) -> None:
    """A folder where the file should be says so."""
    assert "cannot be opened" in fails(lambda: Store.open(f"sqlite:///{tmp_path}"))


def test_not_a_database(tmp_path: Path) -> None:
    """A file that is something else says so, and stays what it was."""
    file = tmp_path / "letter.txt"
    file.write_text("Dear Sir or Madam, " * 100)

    assert "is damaged" in fails(lambda: Store.open(f"sqlite:///{file}"))
    assert file.read_text().startswith("Dear Sir")


def test_corrupt(file: Path, opened: Callable[..., Store]) -> None:
    """A file whose pages have been overwritten says so."""
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))

    assert "is damaged" in fails(lambda: begin(opened(f"sqlite:///{file}")))


@pytest.fixture
def holder(file: Path) -> Iterator[sqlite3.Connection]:
    """Another program that is about to write to the SQLite file."""
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


def test_full_disk(small: Store) -> None:
    """A full disk says so."""
    assert "disk is full" in fails(lambda: begin(small, "x" * 1_000_000))


def test_full_disk_keeps(small: Store) -> None:
    """After a full disk everything from before is there, and nothing of what failed."""
    conversation_id = chat(small, "before")
    fails(lambda: begin(small, "x" * 1_000_000, conversation_id))

    assert ["before", DONE.text] == texts(small, conversation_id)
    assert len(calls(small)) == 1


def test_full_disk_passes(small: Store) -> None:
    """After a full disk the next write that fits succeeds."""
    fails(lambda: begin(small, "x" * 1_000_000))

    assert begin(small, "short")


def test_locked(hasty: Database, holder: sqlite3.Connection) -> None:
    """A file that another program holds for too long says so."""
    assert "is busy" in fails(lambda: begin(Store(hasty, Lease(hasty))))


def test_locked_readable(hasty: Database, holder: sqlite3.Connection) -> None:
    """A file to which another program writes can be read meanwhile."""
    assert Store(hasty, Lease(hasty)).chats(LOCAL).recent() == []


def test_locked_by_thread(hasty: Database) -> None:
    """A thread that writes for too long keeps the others waiting no longer than another program would."""
    with hasty.write():
        assert "is busy" in fails(lambda: begin(Store(hasty, Lease(hasty))))


def test_unlocked_by_failure(hasty: Database) -> None:
    """A write that failed lets the next one through."""
    with suppress(ZeroDivisionError), hasty.write():
        1 / 0  # noqa: B018  # whatever goes wrong

    assert begin(Store(hasty, Lease(hasty)))


def test_waits(opened: Callable[..., Store], file: Path, holder: sqlite3.Connection) -> None:
    """A file that another program holds for a moment is waited for."""
    Timer(0.2, holder.execute, ["COMMIT"]).start()

    assert begin(opened(f"sqlite:///{file}"))


def test_ping(store: Store) -> None:
    """A database that answers raises nothing."""
    store.ping()


def test_ping_silent(store: Store, url: str) -> None:
    """A database without its tables does not pass for one that answers."""
    for table in ("messages", "conversations"):
        execute(url, f"ALTER TABLE {table} RENAME TO gone_{table}")

    assert "reports an error" in fails(store.ping)


def test_no_server() -> None:
    """A server that is not there says so."""
    assert "does not answer" in fails(lambda: Store.open("postgresql+psycopg://joe@127.0.0.1:1/parley"))


def test_no_such_database(server: Server) -> None:
    """A database that the server does not have says so."""
    assert "refuses this user" in fails(lambda: Store.open(server.url("nowhere")))


def test_no_such_user(server: Server) -> None:
    """A user that the server does not know says so."""
    assert "refuses this user" in fails(lambda: Store.open(server.url("postgres").replace("postgres@", "joe@")))


def test_connection_lost(postgresql: str, opened: Callable[..., Store]) -> None:
    """Connections that the server has ended are replaced without anybody noticing."""
    store = opened(postgresql)
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
    execute(postgresql, end + "pg_backend_pid()")

    store.ping()


def test_standby(postgresql: str, server: Server, opened: Callable[..., Store]) -> None:
    """A server that became read-only is left: the next that is written goes to whichever takes it then."""
    name = postgresql.partition("@/")[2].partition("?")[0]
    server.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    store = opened(postgresql)
    assert "is read-only" in fails(lambda: begin(store))
    server.run(f"ALTER DATABASE {name} RESET default_transaction_read_only")

    assert begin(store)


@pytest.mark.parametrize(
    ("sqlstate", "words"),
    [
        ("53100", "disk is full"),
        ("25006", "is read-only"),
        ("XX001", "is damaged"),
        ("55P03", "is busy"),
        ("57P01", "does not answer"),
        ("99999", "reports an error (DriverError)"),
    ],
)
def test_sqlstate(sqlstate: str, words: str) -> None:
    """The server's code tells what is wrong, whatever language its message is in."""
    with pytest.raises(StoreError) as caught, faults("here"):
        raise OperationalError("SELECT 1", {}, DriverError(sqlstate))

    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("failed to resolve host 'nowhere': [Errno -2] Name or service not known", "does not answer"),
        ('connection failed: FATAL:  password authentication failed for user "joe"', "refuses this user"),
        ("connection failed: FATAL:  sorry, too many clients already", "takes no more connections"),
        ("disk I/O error", "its disk reports errors"),
        ("connection failed: session is read-only", "takes what is written, for the moment"),
    ],
)
def test_message(message: str, words: str) -> None:
    """Where there is no code, the message tells what is wrong."""
    with pytest.raises(StoreError) as caught, faults("here"):
        raise OperationalError("SELECT 1", {}, sqlite3.OperationalError(message))

    assert words in str(caught.value)


def test_cause() -> None:
    """The driver's own error is kept as the cause."""
    original = sqlite3.OperationalError("whatever")
    with pytest.raises(StoreError) as caught, faults("here"):
        raise original

    assert original is caught.value.__cause__


def test_no_values(store: Store, url: str) -> None:
    """What was to be written is not in the error, nor in its cause."""
    execute(url, "ALTER TABLE messages RENAME TO gone")
    with pytest.raises(StoreError) as caught:
        begin(store, "my secret thoughts")

    assert "secret" not in f"{caught.value} {caught.value.__cause__}"


def test_hint() -> None:
    """Every fault says what to do next."""
    with pytest.raises(StoreError) as caught, faults("here"):
        raise PermissionError(13, "Permission denied")

    assert "DATABASE_URL" in caught.value.hint
