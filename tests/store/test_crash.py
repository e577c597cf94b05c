"""A writer that is killed at any moment leaves a sound database with every prompt it said it had kept."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from lib.store import Store
from tests.forks import Fork
from tests.store import writer
from tests.store.helpers import execute, silenced
from tests.waiting import until

KILLS = 4


def killed(url: str, name: str, seconds: float) -> list[str]:
    """Let a process write, kill it so long after its first prompt; return the prompts it said it had kept."""
    process = Fork(writer.main, url, name)
    until(lambda: process.said, 60)
    time.sleep(seconds)
    return process.kill()


@pytest.fixture
def promised(url: str) -> list[str]:
    """What writers said they had kept, before they were killed at random moments."""
    return [prompt for number in range(KILLS) for prompt in killed(url, f"run{number}", random.uniform(0, 0.3))]


def test_killed(promised: list[str], url: str, opened: Callable[..., Store]) -> None:
    """After kill -9 every kept prompt is there, nothing still runs, and nothing is half written."""
    store = opened(url)
    silenced(url)
    store.upkeep.recover()
    kept = {row.text for row in execute(url, "SELECT text FROM messages WHERE role = 'user'")}
    states = {row.state for row in execute(url, "SELECT state FROM messages")}
    calls = {row.status for row in execute(url, "SELECT status FROM usage")}
    check = execute(url, "PRAGMA integrity_check" if url.startswith("sqlite") else "SELECT 'ok'")
    (counts,) = execute(url, "SELECT (SELECT count(*) FROM usage), (SELECT count(*) FROM messages) / 2")

    assert set(promised) <= kept
    assert len(promised) >= KILLS
    assert states | calls <= {"completed", "interrupted"}
    assert counts[0] == counts[1]
    assert check == [("ok",)]
