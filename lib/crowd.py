"""How many do the same in this process at once: the more there are, the more seldom each comes to its turn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

LATELY = 0.5  # seconds


class Crowd:
    """Those who do something now. Its one core is enough for `rate` turns a second, of all of them together."""

    def __init__(self, rate: float) -> None:
        self.size = 0
        self._rate = rate
        self._left = -LATELY
        self._lock = Lock()

    @property
    def pause(self) -> float:
        """The seconds that lie at least between two turns of one of them."""
        return self.size / self._rate

    @property
    def is_ending(self) -> bool:
        """Whether one has ended lately: those that began together are likely to end together."""
        return time.monotonic() < self._left + LATELY

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Count one more, as long as this lasts."""
        self._count(1)
        try:
            yield
        finally:
            self._left = time.monotonic()
            self._count(-1)

    def _count(self, number: int) -> None:
        with self._lock:
            self.size += number
