"""The end in order: at SIGTERM nothing more is begun, what is running may come to its end, then the server does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from lib.ui import background


class Draining:
    """Stands before what takes the sign to end. `drain` returns when the time has come; a second sign does not wait."""

    def __init__(self, drain: Callable[[], object], sign: signal.Signals = signal.SIGTERM) -> None:
        self._drain = drain
        self._sign = sign
        self._begun = threading.Event()
        self._end: Callable[[int, FrameType | None], Any] | Any = None

    def install(self) -> None:
        """Take the sign from now on. Nothing where nobody took it, or outside of the main thread, which gets none."""
        self._end = signal.getsignal(self._sign)
        if callable(self._end) and threading.current_thread() is threading.main_thread():
            signal.signal(self._sign, self._take)

    def _take(self, sign: int, frame: FrameType | None) -> None:
        if self._begun.is_set():
            self._end(sign, frame)
        else:
            self._begun.set()
            background.begin(self._wait)

    def _wait(self) -> None:
        try:
            self._drain()
        finally:
            self._end(self._sign, None)
