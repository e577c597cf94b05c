"""When what has come of answers is saved: in one thread for all of them, one after the other.

So who reads an answer never waits for the store, what an endpoint has sent before it pauses is saved as well, and many
answers ask no more of a database at once than one does.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

log = logging.getLogger("parley")

Save = Callable[[], object]


class Saver:
    """Calls what saves an answer, once for all that it is told of it until then."""

    def __init__(self) -> None:
        self._due: dict[Save, float] = {}
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None

    def tell(self, save: Save, seconds: float) -> None:
        """Have `save` called in so many seconds, unless it is going to be; later where the system has no threads."""
        with self._news, suppress(RuntimeError):
            if save not in self._due:
                self._due[save] = time.monotonic() + seconds
                self._news.notify()
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="saver", daemon=True)
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        while True:
            save = self._next()
            try:
                save()
            except BaseException:
                log.exception("What has come of an answer could not be saved")

    def _next(self) -> Save:
        """Wait until one is due, and return it; from then on it may be told of again."""
        with self._news:
            while (left := self._left()) > 0:
                self._news.wait(left)
            save = min(self._due, key=self._due.__getitem__)
            del self._due[save]
            return save

    def _left(self) -> float:
        """Return the seconds until one is due: as many as can be waited for if none is known of."""
        return min(self._due.values()) - time.monotonic() if self._due else threading.TIMEOUT_MAX
