"""Who opens a connection and takes for ever to say what for: it is closed, so that a thousand of them hold up nobody.

uvicorn bounds how long a connection may be idle between requests, and not how long the head of one may take to come.
"""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn

HEAD_SECONDS = 15.0  # that the head of a request may take


def bound(server: uvicorn.Server | None, seconds: float = HEAD_SECONDS) -> None:
    """Have a server close what takes longer than `seconds`; to be called before it listens."""
    if server:
        server.config.http_protocol_class = patient(server.config.http_protocol_class, seconds)


def patient(base: type[asyncio.Protocol], seconds: float) -> type[asyncio.Protocol]:
    """Return the protocol `base` of uvicorn with an end to its patience."""
    return type("Patient", (Patience, base), {"seconds": seconds})


class Patience(asyncio.Protocol):
    """Stands before one of uvicorn's protocols: waits so long while there is no request that is being answered."""

    seconds = HEAD_SECONDS
    cycle: Any = None
    transport: Any
    loop: asyncio.AbstractEventLoop
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first one."""
        super().connection_made(transport)
        self._look()

    def data_received(self, data: bytes) -> None:
        """Take what has come: it may be all of it."""
        super().data_received(data)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        super().connection_lost(exc)
        self._stop()

    def _look(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop()
        elif self._timer is None:
            self._timer = self.loop.call_later(self.seconds, self._drop)

    def _drop(self) -> None:
        self._timer = None
        if self.transport.get_protocol() is self:  # else it is a page's socket by now
            self.transport.abort()

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
