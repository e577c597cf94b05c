"""Messages on a page's socket: each runs the page, and while it runs all others wait. So one browser has only so many.

A person makes a few in a second: a click, a choice, a place that draws itself anew. What sends more is slowed down to
`MAX_A_SECOND`, and closed if it goes on; a browser comes back by itself then.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lib.ui import streamlit_internals
from lib.ui.streamlit_internals import KEPT_SECONDS

MAX_BURST = 60  # messages that come at once, as when a page is opened with many widgets
MAX_A_SECOND = 10  # messages, from then on
MAX_SLOWED = 200  # messages in a row: 20 s
POLICY = 1008  # https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
MARGIN = 5.0  # seconds until what a closed page held is given back, beyond those that it may come back in


@dataclass(frozen=True)
class Pace:
    """How many messages a socket may have: `burst` at once, `rate` a second, `slowed` in a row that had to wait."""

    burst: int = MAX_BURST
    rate: float = MAX_A_SECOND
    slowed: int = MAX_SLOWED


PACE = Pace()


class SocketLimit:
    """Slows sockets down on which more comes than `pace` allows; pure ASGI.

    Some time after one is closed, `release` gives back what its session held.
    """

    def __init__(
        self, app: ASGIApp, pace: Pace = PACE, release: Callable[[], object] = streamlit_internals.release
    ) -> None:
        self._app = app
        self._pace = pace
        self._release = release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its messages in their time."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        socket = _Socket(receive, send, self._pace)
        try:
            await self._app(scope, socket.receive, socket.send)
        finally:
            asyncio.get_running_loop().call_later(KEPT_SECONDS + MARGIN, self._release)


class _Socket:
    """One of them. `_due` is when the next message may come, in seconds, if none came at once."""

    def __init__(self, receive: Receive, send: Send, pace: Pace) -> None:
        self._receive = receive
        self._send = send
        self._pace = pace
        self._due = float("-inf")
        self._slowed = 0
        self._closed = False

    async def receive(self) -> Message:
        """Return the next message, which may have to wait; that the socket is closed if there are too many."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            return message
        seconds = self._count()
        if self._slowed > self._pace.slowed:
            await self.send({"type": "websocket.close", "code": POLICY, "reason": "Too many messages."})
            self._closed = True
            return {"type": "websocket.disconnect", "code": POLICY}
        await asyncio.sleep(seconds)
        return message

    async def send(self, message: Message) -> None:
        """Send, unless it was closed."""
        if not self._closed:
            await self._send(message)

    def _count(self) -> float:
        """Count a message, and return the seconds that it has to wait."""
        now = time.monotonic()
        self._due = max(self._due, now - self._pace.burst / self._pace.rate) + 1 / self._pace.rate
        seconds = max(0.0, self._due - now)
        self._slowed = self._slowed + 1 if seconds else 0
        return seconds
