"""A client that lists models when a test lets it; it has what catalogues use of `ChatClient`."""

from __future__ import annotations

import threading
from typing import Any, Self

from lib.config import Endpoint
from lib.endpoints.catalogue import Catalogue, Listing
from tests.waiting import until


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


class Sudden(Catalogue):
    """A catalogue that knows what it was asked as soon as it has said that it does not; `lister` is held until then."""

    def __init__(self, lister: FakeLister) -> None:
        super().__init__(lister)  # type: ignore[arg-type]
        lister.gate.clear()
        self.lister, self.is_held = lister, True

    def models(self, endpoint: Endpoint) -> Listing:
        """Return what is known, and know it."""
        listing = super().models(endpoint)
        if listing.state == "looking" and not self.is_held:
            self.lister.gate.set()
            until(lambda: super(Sudden, self).models(endpoint).state != "looking")
        return listing
