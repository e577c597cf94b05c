"""Open sockets of people: each is closed when its login is over, or does not count any more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lib.accounts import identity
from lib.accounts.identity import Person
from lib.config.accounts import Accounts
from lib.errors import ChatError
from lib.ui import background, streamlit_internals

log = logging.getLogger("parley")

LOOK_SECONDS = 5.0  # between looks at who may not be here any more
POLICY = 1008  # https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1

_lines: set[Line] = set()


class Line:
    """One socket: whose it is says the cookie, or the proxy, that opened it."""

    def __init__(
        self, claims: Mapping[str, Any], accounts: Accounts, receive: Receive, send: Send, home: str = "/"
    ) -> None:
        self._claims = claims
        self._home = home
        self._accounts = accounts
        self._receive = receive
        self._send = send
        self._cut = asyncio.Event()
        self._coming: asyncio.Task[Message] | None = None

    @property
    def person(self) -> Person | None:
        """Whose it is; None once their login is over."""
        return identity.person(self._claims, self._accounts, datetime.now(UTC))

    async def carry(self, app: ASGIApp, scope: Scope) -> None:
        """Be open as long as the app has it so, or until it is cut."""
        _lines.add(self)
        try:
            await app(scope, self.receive, self.send)
        finally:
            _lines.discard(self)
            if self._coming:
                self._coming.cancel()

    def cut(self) -> None:
        """Close it."""
        self._cut.set()

    async def receive(self) -> Message:
        """Return the next message, or that it was cut: then the page that is open goes home, where one signs in.

        A socket that is only closed is opened again by Streamlit, which leaves on the page what was there.
        """
        self._coming = self._coming or asyncio.ensure_future(_next(self._receive))
        cut = asyncio.ensure_future(self._cut.wait())
        await asyncio.wait({self._coming, cut}, return_when=asyncio.FIRST_COMPLETED)
        cut.cancel()
        if self._cut.is_set():
            await self._send({"type": "websocket.send", "bytes": streamlit_internals.leading(self._home)})
            await self._send({"type": "websocket.close", "code": POLICY, "reason": "Signed out."})
            return {"type": "websocket.disconnect", "code": POLICY}
        came, self._coming = self._coming.result(), None
        return came

    async def send(self, message: Message) -> None:
        """Send, unless it was cut."""
        if not self._cut.is_set():
            await self._send(message)


async def _next(receive: Receive) -> Message:
    return await receive()


def sweep(is_in: Callable[[Person], bool]) -> None:
    """Cut those of who may not be here any more."""
    for line in list(_lines):
        who = line.person
        if who is None or not is_in(who):
            line.cut()


async def watch(look: Callable[[], Callable[[Person], bool]], seconds: float = LOOK_SECONDS) -> None:
    """Sweep again and again; `look` finds out, in a thread, who may be here."""
    while True:
        await asyncio.sleep(seconds)
        looked = background.begin(look)
        if not await background.ended(looked, seconds):
            continue
        try:
            sweep(looked.result())
        except ChatError as error:
            log.warning("Who may not be here any more could not be looked up: %s", error)
