"""Which process writes a row, and whether it still lives.

An instance is `host/pid/nonce`. The nonce tells two stores of one process apart, and, where /proc exists, a process
from a later one that got the same pid.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
from pathlib import Path

PROCESSES = Path("/proc")


def instance() -> str:
    """Return a new name for what this process writes."""
    return f"{host()}/{os.getpid()}/{started(os.getpid())}.{secrets.token_hex(4)}"


def host() -> str:
    """Return the name of this machine."""
    return socket.gethostname().replace("/", "_")


def local(writer: str) -> bool:
    """Say whether `writer` ran on this machine."""
    return writer.startswith(f"{host()}/")


def alive(writer: str, processes: Path = PROCESSES) -> bool:
    """Say whether `writer` is another process that runs on this machine right now."""
    name, pid, nonce = writer.split("/")
    if name != host() or int(pid) == os.getpid():
        return False
    return _answers(int(pid)) and started(int(pid), processes) == nonce.partition(".")[0]


def _answers(pid: int) -> bool:
    if sys.platform == "win32":  # pragma: no cover  # no signal 0 there: os.kill would end the process
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def started(pid: int, processes: Path = PROCESSES) -> str:
    """Return when a process began, as its system counts; nothing where that is unknown."""
    # proc_pid_stat(5): the state is the 3rd field, the start time in clock ticks since boot the 22nd; the 2nd may
    # contain anything, spaces and brackets included.
    try:
        fields = (processes / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]
