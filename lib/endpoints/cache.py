"""What takes a while to find out: found out in threads, kept for a while, and never waited for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from lib.errors import ChatError

KEPT_SECONDS = 600.0  # for how long what was found holds
RETRIED_SECONDS = 60.0  # ... and an error
MAX_ENTRIES = 128  # those not asked for the longest go first
THREADS = 16  # lookups at a time


class Found(Protocol):
    """What a lookup comes to; `error` is why it is not all there is."""

    @property
    def error(self) -> ChatError | None: ...


Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value", bound=Found)


@dataclass
class _Entry(Generic[Value]):
    value: Value | None = None
    due: float = float("-inf")
    running: bool = False


class Lookups(Generic[Key, Value]):
    """Values by key. `find` is called with a key and its last value, in a thread, and must not raise.

    `clock` is in seconds.
    """

    def __init__(
        self, find: Callable[[Key, Value | None], Value], clock: Callable[[], float], most: int = MAX_ENTRIES
    ) -> None:
        self._find = find
        self._clock = clock
        self._most = most
        self._entries: OrderedDict[Key, _Entry[Value]] = OrderedDict()
        self._lock = threading.Lock()
        self._threads = threading.Semaphore(THREADS)

    def get(self, key: Key) -> Value | None:
        """Return at once what is known, None if nothing is yet; have it looked up if it is due."""
        with self._lock:
            entry = self._entry(key)
            if not entry.running and self._clock() >= entry.due and self._threads.acquire(blocking=False):
                entry.running = True
                threading.Thread(target=self._run, args=(key, entry), name="lookup", daemon=True).start()
            return entry.value

    def forget(self, matches: Callable[[Key, Value | None], bool]) -> None:
        """Have what matches looked up anew when it is next asked for; what is being looked up stays."""
        with self._lock:
            for key, entry in list(self._entries.items()):
                if not entry.running and matches(key, entry.value):
                    del self._entries[key]

    def _entry(self, key: Key) -> _Entry[Value]:
        entry = self._entries.setdefault(key, _Entry())
        self._entries.move_to_end(key)
        if len(self._entries) > self._most:
            self._entries.popitem(last=False)
        return entry

    def _run(self, key: Key, entry: _Entry[Value]) -> None:
        value = entry.value
        try:
            value = self._find(key, value)
        finally:  # whatever is thrown, it is looked up again
            self._threads.release()
            with self._lock:
                entry.value, entry.running = value, False
                entry.due = self._clock() + (KEPT_SECONDS if value and not value.error else RETRIED_SECONDS)
