"""Telling living writers from dead ones."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.store.processes import alive, host, instance, local, started
from tests.store.helpers import unprivileged


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """Another process, running."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        yield child
        child.kill()


def name(pid: int, begun: str | None = None) -> str:
    """Return an instance as that process would have written it."""
    return f"{host()}/{pid}/{started(pid) if begun is None else begun}.00"


def test_unique() -> None:
    """Two stores of one process write under two names."""
    assert instance() != instance()


def test_local() -> None:
    """What this process writes is local."""
    assert local(instance())


def test_distant() -> None:
    """A name that merely begins like this machine's is another machine's."""
    assert not local(f"{host()}x/1/y")


def test_own_process() -> None:
    """An earlier store of this process is not alive: whoever asks is the only one."""
    assert not alive(instance())


def test_running(child: subprocess.Popen[bytes]) -> None:
    """Another process that runs is alive."""
    assert alive(name(child.pid))


def test_other_machine(child: subprocess.Popen[bytes]) -> None:
    """A process of another machine is not alive here, whatever its number."""
    assert not alive(name(child.pid).replace(host(), "elsewhere"))


def test_gone(child: subprocess.Popen[bytes]) -> None:
    """A process that has ended is not alive."""
    writer = name(child.pid)
    child.kill()
    child.wait()

    assert not alive(writer)


def test_zombie(child: subprocess.Popen[bytes]) -> None:
    """A process that has ended is not alive, though nobody has waited for it yet."""
    writer = name(child.pid)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert not alive(writer)


def test_number_used_again(child: subprocess.Popen[bytes]) -> None:
    """A later process with the same number is not the writer."""
    assert not alive(name(child.pid, "1"))


def test_number_out_of_range() -> None:
    """A number that no process can have is not alive."""
    assert not alive(name(2**70, ""))


def test_other_user() -> None:
    """A process of another user is alive, though it takes no signal from us."""
    with unprivileged():
        assert alive(name(1))


def test_without_proc(child: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """Where there is no /proc, the number alone decides."""
    assert alive(name(child.pid, ""), processes=tmp_path)
