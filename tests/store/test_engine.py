"""Opening databases: files and their modes, settings of SQLite, URLs that cannot be used."""

from __future__ import annotations

import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from lib.errors import StoreError
from lib.store import Store
from lib.store.engine import connect, journal
from tests.store.helpers import DONE, chat, texts


def mode(path: Path) -> int:
    """Return the permission bits of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def pragma(file: Path, name: str) -> object:
    """Return a setting of a connection that the store uses."""
    with closing(connect(f"sqlite:///{file}")) as database, database.read() as db:
        return db.scalar(text(f"PRAGMA {name}"))


def test_folder_mode(tmp_path: Path) -> None:
    """A new folder is its owner's alone."""
    Store.open(f"sqlite:///{tmp_path}/deep/data/parley.db").close()

    assert mode(tmp_path / "deep" / "data") == 0o700


def test_file_mode(tmp_path: Path) -> None:
    """A new database is its owner's alone, to read and to write."""
    Store.open(f"sqlite:///{tmp_path}/parley.db").close()

    assert mode(tmp_path / "parley.db") == 0o600


def test_mode_kept(file: Path) -> None:
    """The mode of a file that exists stays as it is."""
    file.chmod(0o640)
    Store.open(f"sqlite:///{file}").close()

    assert mode(file) == 0o640


@pytest.mark.parametrize(
    ("name", "value"), [("synchronous", 2), ("foreign_keys", 1), ("secure_delete", 1), ("busy_timeout", 10_000)]
)
def test_settings(file: Path, name: str, value: int) -> None:
    """SQLite syncs fully, checks foreign keys and waits for locks."""
    assert value == pragma(file, name)


def test_journal_mode(file: Path) -> None:
    """The journal is kept in the mode that suits the library."""
    assert journal().lower() == pragma(file, "journal_mode")


@pytest.mark.parametrize("replaced", [False, True])
def test_deleted(file: Path, opened: Callable[..., Store], replaced: bool) -> None:
    """A database whose file was deleted or replaced takes nothing more: nobody would find it again."""
    store = opened(f"sqlite:///{file}")
    conversation_id = chat(store, "hello")
    file.rename(file.with_name("away"))
    if replaced:
        file.touch()
    with pytest.raises(StoreError, match="was deleted or replaced"):
        chat(store, "more")
    file.with_name("away").rename(file)

    assert texts(store, conversation_id) == ["hello", DONE.text]
    chat(store, "more")


@pytest.mark.parametrize(("version", "expected"), [((3, 51, 2), "DELETE"), ((3, 51, 3), "WAL"), ((3, 52, 0), "WAL")])
def test_journal(version: tuple[int, ...], expected: str) -> None:
    """The write-ahead log is used from the first library version in which it is safe."""
    assert expected == journal(version)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "parley.db",
        "mysql://u:p@h/d",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?uri=true",
        "sqlite://h:x/y",
        "postgresql+psycopg://h/d?connections=1",
        "postgresql+psycopg://h/d?connections=many",
    ],
)
def test_unusable_url(url: str) -> None:
    """A URL that names no lasting SQLite or PostgreSQL database is refused with an example of one that does."""
    with pytest.raises(StoreError, match="for example"):
        Store.open(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://joe:hunter2@127.0.0.1:1/parley",
        "postgresql+psycopg://joe:hunter2@127.0.0.1:x/parley",
        "postgresql+psycopg://joe:a/b@hunter2@127.0.0.1:1/parley",
        "postgresql+psycopg://joe:a@hunter2/b@127.0.0.1:1/parley",
        "postgresql+psycopg://joe@127.0.0.1:1/parley?password=hunter2",
        "mysql://joe:hunter2@127.0.0.1/parley",
    ],
)
def test_password_unsaid(url: str) -> None:
    """The message for a database that cannot be used never has the password in it."""
    with pytest.raises(StoreError) as caught:
        Store.open(url)

    assert "hunter2" not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize("driver", ["psycopg2cffi", "of_tomorrow"])
def test_missing_driver(driver: str) -> None:
    """A database whose driver is not installed cannot be opened."""
    with pytest.raises(StoreError, match="cannot be opened"):
        connect(f"postgresql+{driver}://h/d")


def test_several_stores(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """A second store of the same database sees what the first one wrote."""
    conversation_id = chat(store, "hello")

    assert ["hello", DONE.text] == texts(opened(url), conversation_id)


def test_reads_hold_nothing(store: Store, url: str) -> None:
    """A reader between two statements keeps no writer waiting, and sees what it wrote."""
    with closing(connect(url)) as database, database.read("health") as db:
        assert db.scalar(text("SELECT count(*) FROM conversations")) == 0
        chat(store, "hello")
        assert db.scalar(text("SELECT count(*) FROM conversations")) == 1


def test_all_or_nothing(url: str) -> None:
    """A transaction that fails in the middle leaves nothing behind."""
    with closing(connect(url)) as database:
        with pytest.raises(ZeroDivisionError), database.write() as db:  # noqa: PT012  # the block is what is tested
            db.execute(text("UPDATE alembic_version SET version_num = 'x'"))
            raise ZeroDivisionError
        with database.read() as db:
            assert db.scalar(text("SELECT version_num FROM alembic_version")) != "x"


@pytest.mark.parametrize(("query", "most"), [("", 25), ("?connections=7", 7), ("?connections=2", 2)])
def test_connections(query: str, most: int) -> None:
    """A process has so many connections to PostgreSQL at most as the URL says at its end; the driver is not told."""
    engine = connect(f"postgresql+psycopg://h/d{query}").engine

    assert engine.pool.size() + engine.pool._max_overflow == most  # type: ignore[attr-defined]
    assert "connections" not in engine.url.query
