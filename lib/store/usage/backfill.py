"""Sums by the days of a time zone, made in the background."""

from __future__ import annotations

import logging
import threading

from lib.errors import StoreError
from lib.store.engine import Database
from lib.store.usage import days, rollups

log = logging.getLogger("parley")

END_SECONDS = 1.0  # that the end waits for what is being made


class Filling:
    """Makes the sums of zones, a thread for each; any number of threads may ask for them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._threads: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def begin(self, zone: str, patience: float = 0.0) -> float:
        """Have the sums of a zone made; return how much of them is, 0 to 1, after at most `patience` seconds.

        Raises StoreError, and ChatError for a zone that there is not.
        """
        days.zone(zone)
        made = self._progress(zone)
        if made < 1:
            self._thread(zone).join(patience)
            made = self._progress(zone)
        return made

    def close(self) -> None:
        """End what is running; what is made so far stays, and the rest is made when it is next asked for.

        A database that hangs does not hold up the end.
        """
        self._closed.set()
        with self._lock:
            threads = list(self._threads.values())
        for thread in threads:
            thread.join(END_SECONDS)

    def _progress(self, zone: str) -> float:
        with self._database.read(rollups.SUMMING) as db:
            return rollups.progress(db, zone)

    def _thread(self, zone: str) -> threading.Thread:
        with self._lock:
            thread = self._threads.get(zone)
            if thread is None or not thread.is_alive():
                thread = threading.Thread(target=self._run, args=(zone,), name="sums", daemon=True)
                self._threads[zone] = thread
                thread.start()
            return thread

    def _run(self, zone: str) -> None:
        try:
            rollups.add_zone(self._database, zone)
            rollups.fill(self._database, zone, ended=self._closed.is_set)
        except StoreError as error:
            log.warning("Sums by the days of %s could not be made; tried again when asked for: %s", zone, error)
