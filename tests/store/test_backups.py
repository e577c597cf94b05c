"""Backups: what was there is there again, on both databases; what cannot be done changes nothing."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest

from lib.config import ROOT
from lib.store import LOCAL, Store
from lib.store.__main__ import main
from tests.postgres import PACKAGE, Server
from tests.store.helpers import EVER, begin, chat, execute, silenced, texts


@pytest.fixture
def path() -> str:
    """A PATH with programs of the server's version."""
    spec = find_spec(PACKAGE)
    assert spec
    return f"{Path(spec.origin or '').parent / 'pginstall' / 'bin'}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A database without a schema, and one to restore into."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'a.db'}", f"sqlite:///{tmp_path / 'b.db'}"
        return
    server: Server = request.getfixturevalue("server")
    names = [server.create() for _ in range(2)]
    yield server.url(names[0]), server.url(names[1])
    for name in names:
        server.drop(name)


def run(path: str, url: str, *arguments: object) -> tuple[int, str]:
    out = io.StringIO()
    return main([str(each) for each in arguments], {"DATABASE_URL": url, "PATH": path}, out), out.getvalue()


def test_there_and_back(urls: tuple[str, str], path: str, tmp_path: Path) -> None:
    """A backup that is made while the app runs has all of it; restored, it is as it was, and sound."""
    first, second = urls
    file = tmp_path / "backup"
    with closing(Store.open(first)) as store:
        id = chat(store, "hello", "and then")
        before = texts(store, id)
        assert run(path, first, "backup", file)[0] == 0
    assert file.stat().st_mode & 0o077 == 0

    assert run(path, second, "restore", file)[0] == 0

    with closing(Store.open(second)) as store:
        assert texts(store, id) == before
        store.usage(LOCAL).prepare("UTC", 5)
    code, said = run(path, second, "check")
    assert code == 0, said
    assert [line[:3] for line in said.splitlines()] == ["ok "] * said.count("\n")


def test_changes_nothing(urls: tuple[str, str], path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written over: neither a file that is there, nor a database that has something in it."""
    first, second = urls
    Store.open(first).close()
    file, empty = tmp_path / "backup", tmp_path / "empty"
    file.write_bytes(b"mine")

    assert run(path, first, "backup", file)[0] == 1
    assert run(path, first, "restore", file)[0] == 1
    assert run(path, second, "restore", tmp_path / "nowhere")[0] == 1
    assert run(path, second, "restore", file)[0] == 1
    assert run(path, second, "backup", empty)[0] == 1
    assert file.read_bytes() == b"mine"
    assert not empty.exists()
    said = capsys.readouterr().err.splitlines()
    assert "is there already" in said[0]
    assert "is not empty" in said[1]
    assert "There is no file" in said[2]
    assert "nothing of Parley" in said[-1]


def test_check_finds(urls: tuple[str, str], path: str) -> None:
    """An old schema, a sum that is wrong and a call that a dead process left are told, and nothing is changed."""
    url = urls[0]
    with closing(Store.open(url)) as store:
        chat(store, "hello")
        store.usage(LOCAL).prepare("UTC", 5)
        store.usage(LOCAL).cells(EVER)
        begin(store, "left")
        assert "1 calls of processes that live" in run(path, url, "check")[1]
        silenced(url)
        execute(url, "UPDATE usage_sums SET calls = calls + 1")
        code, said = run(path, url, "check")
        assert code == 1
        assert "NOT ledger" in said
        assert "1 left by processes that are gone" in said
    execute(url, "UPDATE alembic_version SET version_num = '0003'")
    code, said = run(path, url, "check")
    assert (code, said.splitlines()[0][:17]) == (1, "NOT schema: 0003,")
    assert "ledger" not in said


def test_damaged(tmp_path: Path, path: str) -> None:
    """A SQLite backup that is not sound is not restored, and a damaged database is told."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with closing(Store.open(url)) as store:
        chat(store, "hello")
    execute(url, "PRAGMA foreign_keys = OFF")
    execute(url, "DELETE FROM conversations")

    assert "NOT integrity: 2 rows refer to nothing" in run(path, url, "check")[1]
    assert run(path, f"sqlite:///{tmp_path / 'b.db'}", "restore", tmp_path / "a.db")[0] == 1


def test_no_programs(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where PostgreSQL's programs are missing it is said what to install."""
    name = server.create()
    Store.open(server.url(name)).close()

    assert run(str(tmp_path), server.url(name), "backup", tmp_path / "file")[0] == 1
    assert "pg_dump is not on this machine. Install PostgreSQL's client programs" in capsys.readouterr().err
    server.drop(name)


def test_command(tmp_path: Path) -> None:
    """It is run as a module."""
    environ = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'parley.db'}"}
    done = subprocess.run(
        [sys.executable, "-m", "lib.store", "check"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stdout.startswith("NOT schema: none")
