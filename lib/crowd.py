"""How many do the same in this process at once: the more there are, the more seldom each comes to its turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Crowd:
    """Those who do something now. Its one core is enough for `rate` turns a second, of all of them together."""

    def __init__(self, rate: float) -> None:
        self.size = 0
        self._rate = rate
        self._lock = Lock()

    @property
    def pause(self) -> float:
        """The seconds that lie at least between two turns of one of them."""
        return self.size / self._rate

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Count one more, as long as this lasts."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, number: int) -> None:
        with self._lock:
            self.size += number
