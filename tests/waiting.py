"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable

SHORTEST, LONGEST = 0.002, 0.1  # seconds between two looks: what takes long is looked at seldom, it needs the machine


def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until `condition()` is true; AssertionError after `seconds`."""
    deadline, pause = time.monotonic() + seconds, SHORTEST
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(pause)
        pause = min(pause * 1.3, LONGEST)
