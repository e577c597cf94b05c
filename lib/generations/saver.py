"""When what has come of answers is saved: in a few threads for all of them, first words first.

So who reads an answer never waits for the store, what an endpoint has sent before it pauses is saved as well, and many
answers ask no more of a database at once than a few do.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

THREADS = 8  # one alone, among those of many answers and pages, was seconds late

log = logging.getLogger("parley")

Save = Callable[[], object]


class Saver:
    """Calls what saves an answer, once for all that it is told of it until then, and never twice at a time."""

    def __init__(self) -> None:
        self._due: dict[Save, tuple[float, float]] = {}  # when, and the seconds until then
        self._news = threading.Condition()
        self._busy: set[Save] = set()
        self._threads = 0

    def tell(self, save: Save, seconds: float) -> None:
        """Have `save` called in so many seconds, unless it is going to be; later where the system has no threads."""
        if save in self._due and self._threads:
            return  # without a lock: what has come by now it will find
        with self._news, suppress(RuntimeError):
            self._due[save] = (time.monotonic() + seconds, seconds)
            self._news.notify()
            if self._threads < min(THREADS, len(self._due) + len(self._busy)):
                threading.Thread(target=self._run, name="saver", daemon=True).start()
                self._threads += 1

    def _run(self) -> None:
        while True:
            save = self._next()
            try:
                save()
            except BaseException:
                log.exception("What has come of an answer could not be saved")
            self._done(save)

    def _next(self) -> Save:
        """Wait until one is due that is not being saved, and return it; from then on it may be told of again.

        Of several it is the one that was to wait for the shortest time, unless another has waited for much longer.
        """
        with self._news:
            while not (due := self._until(time.monotonic())):
                self._news.wait(self._left())
            save = min(due, key=lambda save: sum(self._due[save]))
            del self._due[save]
            self._busy.add(save)
            return save

    def _done(self, save: Save) -> None:
        with self._news:
            self._busy.remove(save)
            self._news.notify()

    def _until(self, moment: float) -> list[Save]:
        return [save for save, (when, _) in self._due.items() if when <= moment and save not in self._busy]

    def _left(self) -> float:
        """Return the seconds until one is due: as many as can be waited for if none is known of."""
        whens = [when for save, (when, _) in self._due.items() if save not in self._busy]
        return min(whens) - time.monotonic() if whens else threading.TIMEOUT_MAX
