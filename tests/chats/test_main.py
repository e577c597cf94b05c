"""The command line of conversations."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lib.chats.__main__ import main
from lib.config import ROOT
from lib.store import LOCAL, Scope, Store
from tests.chats.exports import PNG, chatgpt, claude, octets, packed, said, utter

ONE = octets([chatgpt({"a": (None, said("user", "1")), "b": ("a", said("assistant", "2"))})])


@pytest.fixture
def run(store: Store, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """What runs a command and returns its exit status and what it printed."""

    def ran(*arguments: str | Path) -> tuple[int, str]:
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
        status = main([str(each) for each in arguments], {"DATABASE_URL": f"sqlite:///{tmp_path / 'parley.db'}"}, out)
        out.flush()
        return status, out.buffer.getvalue().decode()

    return ran


def file(folder: Path, name: str, data: bytes) -> Path:
    """Return a file with this in it."""
    path = folder / name
    path.write_bytes(data)
    return path


def reports(printed: str) -> list[dict[str, Any]]:
    """Return what a line of JSON each says."""
    return [json.loads(line) for line in printed.splitlines()]


def test_import(run: Callable[..., tuple[int, str]], store: Store, tmp_path: Path) -> None:
    """Each file is told in a line; it is all right as long as no file was refused as a whole."""
    pictured = packed({"conversations.json": ONE, "a.png": PNG})
    other = octets([claude([utter("a", "human", "1")]), 5])
    status, printed = run("import", file(tmp_path, "a.zip", pictured), file(tmp_path, "b.json", other))
    first, second = reports(printed)

    assert status == 0
    pinned = {
        name: first[name] for name in ("format", "conversations", "messages", "leaves", "images", "hidden", "refused")
    }
    assert pinned == {
        "format": "chatgpt", "conversations": 1, "messages": 2, "leaves": 1, "images": 0, "hidden": 0, "refused": []
    }  # fmt: skip
    assert second["format"] == "claude"
    assert [set(each) for each in second["refused"]] == [{"where", "why"}]
    assert len(store.chats(LOCAL).all()) == 2


def test_twice(run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """A conversation that stands twice in a file is one that comes in, and one that is there already."""
    status, printed = run("import", file(tmp_path, "a.json", octets([json.loads(ONE)[0]] * 2)))
    (report,) = reports(printed)

    assert (status, report["conversations"], report["known"], report["messages"]) == (0, 1, 1, 2)


def test_owner(run: Callable[..., tuple[int, str]], store: Store, tmp_path: Path) -> None:
    """What is taken in is whose one says."""
    run("import", file(tmp_path, "a.json", ONE), "--owner", "ben")

    assert len(store.chats(Scope("ben")).all()) == 1
    assert store.chats(LOCAL).all() == []


def test_refused(run: Callable[..., tuple[int, str]], store: Store, tmp_path: Path) -> None:
    """A file that is refused as a whole, or is not there, is told, and the status says so; others are taken."""
    status, printed = run(
        "import", tmp_path / "none.json", file(tmp_path, "x.json", b"x"), file(tmp_path, "a.json", ONE)
    )
    none, bad, good = reports(printed)

    assert status == 1
    assert "cannot be opened" in none["refused"][0]["why"]
    assert (bad["format"], len(bad["refused"]), good["conversations"]) == (None, 1, 1)


def test_no_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A database that cannot be opened is said in a sentence."""
    assert main(["import", "x"], {"DATABASE_URL": "mysql://x"}, io.StringIO()) == 1
    assert "DATABASE_URL" in capsys.readouterr().err


def test_as_a_command(tmp_path: Path) -> None:
    """It is started by the name of its folder."""
    environ = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'parley.db'}"}
    command = [sys.executable, "-m", "lib.chats", "import", str(file(tmp_path, "a.json", ONE))]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["messages"] == 2
