"""An answer that another process writes: followed from the store, and stopped through it.

Who stops it marks it as stopped in the store. The process that writes it looks there while anything of it runs, closes
the connection, and completes what was marked. PostgreSQL tells both sides when it is time to look (lib.store.news).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from math import inf

from lib.errors import ChatError, StoreError
from lib.messages import Delta
from lib.store import Chats, StoredMessage, Turn

log = logging.getLogger("parley")

FOLLOW_SECONDS = (
    0.3  # between two looks at what has come, where no news of it are heard; it is saved about once a second
)
WATCH_SECONDS = 0.5  # between two looks whether somebody has stopped an answer, as well


class Remote:
    """Such an answer, for who follows it as a Generation: in one thread, that of a page."""

    pause = None
    unsaved: StoreError | None = None

    def __init__(self, chats: Chats, turn: Turn, seconds: float = FOLLOW_SECONDS) -> None:
        self.turn = turn
        self.received = threading.Event()
        self._chats = chats
        self._ear = chats.ear(seconds, turn)
        self._said = Delta()
        self._deltas: list[Delta] = []

    def read(self, position: int = 0) -> list[Delta]:
        """Return what has come since `position`, a count of deltas."""
        return self._deltas[position:]

    def wait_for_more(self, position: int, timeout: float) -> bool:
        """Wait until there are more than `position` deltas, or no more will come; False after `timeout` seconds."""
        return self._wait(lambda: len(self._deltas) > position or self.received.is_set(), timeout)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has ended; False after `timeout` seconds."""
        return self._wait(self.received.is_set, inf if timeout is None else timeout)

    def stop(self) -> None:
        """Have the process that writes it close its connection; what came is kept."""
        self._chats.stop(self.turn)

    def _wait(self, done: Callable[[], bool], timeout: float) -> bool:
        until = time.monotonic() + timeout
        while not done() and (left := until - time.monotonic()) > 0:
            if self._ear.wait(left):
                self._look()
        return done()

    def _look(self) -> None:
        try:
            found = self._chats.message(self.turn.message_id)
        except StoreError as error:
            log.warning("An answer of another process could not be followed: %s", error)
            return
        if found:
            self._take(found)
        if found is None or found.state != "streaming":
            self.received.set()

    def _take(self, found: StoredMessage) -> None:
        now = Delta(found.text, found.reasoning or "")
        new = Delta(now.text[len(self._said.text) :], now.reasoning[len(self._said.reasoning) :])
        if new != Delta():
            self._said = now
            self._deltas.append(new)


def find(chats: Chats, conversation_id: str) -> Remote | None:
    """Return the answer that another process, which lives, is writing in a conversation now, if one is."""
    turn = chats.elsewhere(conversation_id)
    return Remote(chats, turn) if turn else None


class Watcher:
    """Calls `look` again and again, in a thread of its own, while there is something to look at: `is_busy`."""

    def __init__(self, look: Callable[[], object], is_busy: Callable[[], bool]) -> None:
        self._look = look
        self._is_busy = is_busy
        self._lock = threading.Lock()
        self._runs = False

    def wake(self, pause: Callable[[], object]) -> None:
        """Begin, unless it is looking already: each time that `pause` comes back.

        Where the system has no more threads, the next one begins.
        """
        with self._lock, suppress(RuntimeError):
            if not self._runs:
                threading.Thread(target=self._run, args=(pause,), name="watcher", daemon=True).start()
                self._runs = True

    def _run(self, pause: Callable[[], object]) -> None:
        while self._goes_on():
            pause()
            try:
                self._look()
            except ChatError as error:
                log.warning("Whether an answer was stopped elsewhere is not known: %s", error)

    def _goes_on(self) -> bool:
        with self._lock:
            self._runs = self._is_busy()
            return self._runs
