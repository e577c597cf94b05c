"""Every test with `url`, `blank` or `store` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lib.store import Store
from lib.store.processes import Lease
from tests.postgres import Server, running

QUIET = partial(Lease, beat=3600)
# What a test can have changed of the schema. No test changes columns.
TRUNCATED = (
    "conversations",
    "conversation_tags",
    "shares",
    "library",
    "votes",
    "rooms",
    "messages",
    "message_search",
    "images",
    "message_images",
    "queued_prompts",
    "queued_images",
    "usage",
    "usage_sums",
    "usage_zones",
    "processes",
    "people",
    "audit",
)
TABLES = (
    "SELECT relname, version_num FROM pg_class, alembic_version WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """The name of a PostgreSQL database with the schema in it, to be copied."""
    name = server.create()
    Store.open(server.url(name)).close()
    return name


@pytest.fixture(scope="session")
def pristine(server: Server, template: str) -> list[Any]:
    """The tables, indexes and version of the schema as it is before a test."""
    return server.run(TABLES, template)


@pytest.fixture(scope="session")
def used() -> list[str]:
    """PostgreSQL databases that tests have left behind with the schema as it was: emptying is cheaper than making."""
    return []


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema in it, to be copied."""
    file = tmp_path_factory.mktemp("original") / "parley.db"
    Store.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def file(tmp_path: Path, original: Path) -> Path:
    """A SQLite file of this test's own, with the schema and nothing else in it."""
    return Path(shutil.copy(original, tmp_path / "parley.db"))


@pytest.fixture
def postgresql(server: Server, template: str, used: list[str], pristine: list[Any]) -> Iterator[str]:
    """The URL of a PostgreSQL database of this test's own, with the schema and nothing else in it."""
    name = used.pop() if used else server.create(template)
    yield server.url(name)
    if server.run(TABLES, name) == pristine:
        tables = ", ".join(TRUNCATED)
        server.run(f"TRUNCATE {tables} RESTART IDENTITY", name)
        used.append(name)
    else:
        server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a database with the schema and nothing else in it."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('file')}"
    return str(request.getfixturevalue("postgresql"))


@pytest.fixture(params=["sqlite", "postgresql"])
def blank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without a schema."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'parley.db'}"
        return
    server = request.getfixturevalue("server")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def opened() -> Iterator[Callable[..., Store]]:
    """What opens stores and closes them after the test; a test itself says when time has passed for their leases."""
    with ExitStack() as stack:

        def open_store(url: str, *history: Any, lease: Any = QUIET, anyway: bool = False) -> Store:
            return stack.enter_context(closing(Store.open(url, *history, lease=lease, anyway=anyway)))

        yield open_store


@pytest.fixture
def store(url: str, opened: Callable[..., Store]) -> Store:
    """An open store with nothing in it."""
    return opened(url)
