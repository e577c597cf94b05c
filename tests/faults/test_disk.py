"""A disk that answers with EIO: system calls of a real process fail by libfiu (Debian's fiu-utils)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lib.config import ROOT
from lib.store import LOCAL, Store
from tests import children
from tests.store.helpers import execute

RUN, CONTROL = shutil.which("fiu-run"), shutil.which("fiu-ctrl")
EIO = 5

pytestmark = [
    pytest.mark.skipif(RUN is None, reason="fiu-run is not on this machine: apt-get install fiu-utils"),
    pytest.mark.timeout(120),
]


class Writer:
    """Such a process."""

    def __init__(self, url: str) -> None:
        command = [str(RUN), "-x", sys.executable, "-m", "tests.faults.disk", url]
        pipe = subprocess.PIPE
        environ = {**children.unmeasured(), "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(command, cwd=ROOT, env=environ, text=True, stdin=pipe, stdout=pipe)
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"

    def keep(self, prompt: str) -> str:
        """Have it keep a prompt; return what it says."""
        assert self._process.stdin
        assert self._process.stdout
        print(prompt, file=self._process.stdin, flush=True)
        return self._process.stdout.readline().strip()

    def let(self, *orders: str) -> None:
        """Tell libfiu in it what is to fail."""
        commands = [part for order in orders for part in ("-c", order)]
        subprocess.run([str(CONTROL), *commands, str(self._process.pid)], check=True, timeout=20)

    def end(self) -> None:
        """End it."""
        self._process.communicate(timeout=20)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database's."""
    return f"sqlite:///{tmp_path / 'parley.db'}"


@pytest.fixture
def writer(url: str) -> Iterator[Writer]:
    """A process that writes to it."""
    writer = Writer(url)
    yield writer
    writer.end()


@pytest.mark.parametrize("call", ["posix/io/rw/pwrite", "posix/io/sync/fdatasync", "posix/io/sync/fsync"])
def test_eio(writer: Writer, url: str, call: str) -> None:
    """It is told in a sentence; what was kept is there, nothing half, and the next goes once the disk is well."""
    kept = [writer.keep("before").removeprefix("kept ")]
    writer.let(f"enable name={call},failinfo={EIO}")
    said = writer.keep("meanwhile")
    writer.let(f"disable name={call}")
    if said.startswith("kept"):
        pytest.skip(f"SQLite does without {call} here")
    assert "its disk reports errors" in said
    kept.append(writer.keep("after").removeprefix("kept "))

    with closing(Store.open(url)) as store:
        assert {each.id for each in store.chats(LOCAL).recent()} == set(kept)
        assert [len(store.chats(LOCAL).path(id)) for id in kept] == [2, 2]
    assert execute(url, "PRAGMA integrity_check")[0][0] == "ok"
