"""A client that lists models when a test lets it; it has what catalogues use of `ChatClient`."""

from __future__ import annotations

import threading
from typing import Any, Self

from lib.config import Endpoint


class FakeLister:
    """Makes clients; `listed` is what they list, or the error that they raise. They wait while `gate` is not set."""

    def __init__(self, *listed: list[str] | Exception, windows: dict[str, int] | None = None) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.asked: list[Endpoint] = []
        self.threads: list[threading.Thread] = []
        self.windows = windows or {}
        self._listed = list(listed)

    def __call__(self, endpoint: Endpoint, **options: Any) -> _Client:
        self.asked.append(endpoint)
        self.threads.append(threading.current_thread())
        return _Client(self)

    def next(self) -> list[str]:
        """Return the next list; the last one stays."""
        self.gate.wait(60)  # a busy machine is slow to look
        listed = self._listed.pop(0) if len(self._listed) > 1 else self._listed[0]
        if isinstance(listed, Exception):
            raise listed
        return listed


class _Client:
    def __init__(self, lister: FakeLister) -> None:
        self._lister = lister

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def windows(self) -> dict[str, int | None]:
        return {name: self._lister.windows.get(name) for name in self._lister.next()}

    def models(self) -> list[str]:
        return self._lister.next()
