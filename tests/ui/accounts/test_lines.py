"""Open sockets: each ends with the login that it is of."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lib.accounts.identity import Person
from lib.config.accounts import Accounts
from lib.errors import StoreError
from lib.ui import streamlit_internals
from lib.ui.accounts import lines
from lib.ui.accounts.lines import Line

BOTH = 2  # things that are said before something happens
LOGIN = Accounts(providers=("default",))


def claims(sub: str, seconds: float = 0) -> Mapping[str, Any]:
    """Return what a cookie says of who signed in so many seconds ago."""
    about = {"iss": "https://id.example.org", "is_logged_in": True}
    return {**about, "sub": sub, "signed_in": int((time.time() - seconds) * 1000)}


def alone(doing: Coroutine[Any, Any, Any]) -> Any:
    """Run it in a thread of its own: a browser of other tests has its loop in this one."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, doing).result()


class Wire:
    """A socket whose browser says something now and then; what it was sent is in `sent`."""

    def __init__(self, of: Mapping[str, Any]) -> None:
        self.sent: list[Any] = []
        self.heard: list[Any] = []
        self.said: asyncio.Queue[Any] = asyncio.Queue()
        self.both = asyncio.Event()
        self.line = Line(of, LOGIN, self.said.get, self._send)

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    async def app(self, _: Any, receive: Any, send: Any) -> None:
        """Answer what is said, until it ends."""
        while (message := await receive())["type"] != "websocket.disconnect":
            self.heard.append(message["n"])
            await send({"type": "websocket.send", "n": message["n"]})
            if len(self.heard) == BOTH:
                self.both.set()
        await send({"type": "websocket.send", "n": "too late"})

    async def carried(self, do: Callable[[], object]) -> None:
        """Have it say two things, then `do` something, and wait for its end."""
        carrying = asyncio.ensure_future(self.line.carry(self.app, {}))
        for number in (1, 2):
            await self.said.put({"type": "websocket.receive", "n": number})
        await asyncio.wait_for(self.both.wait(), 10)
        do()
        await asyncio.wait_for(carrying, 10)
        assert self.line not in lines._lines


@pytest.mark.parametrize("sub", ["ann", "ben"])
def test_sweep(sub: str) -> None:
    """Who may not be here any more is led to the start and cut off, with the reason; others go on."""

    async def swept() -> Wire:
        wire = Wire(claims(sub))

        def sweep() -> None:
            lines.sweep(lambda who: not who.owner.endswith("ann"))
            wire.said.put_nowait({"type": "websocket.disconnect"})

        await wire.carried(sweep)
        return wire

    wire = alone(swept())
    led = {"type": "websocket.send", "bytes": streamlit_internals.leading("/")}
    ended = [led, {"type": "websocket.close", "code": 1008, "reason": "Signed out."}]
    answers = [{"type": "websocket.send", "n": number} for number in (1, 2)]

    assert wire.heard == [1, 2]
    assert wire.sent == [*answers, *(ended if sub == "ann" else [{"type": "websocket.send", "n": "too late"}])]


def test_over() -> None:
    """A socket is cut when the hours of its login are over, whoever it is."""

    async def over() -> list[Any]:
        wire = Wire(claims("ann", 13 * 3600))
        await wire.carried(lambda: lines.sweep(lambda _: True))
        return wire.sent

    assert alone(over())[-1]["type"] == "websocket.close"


def test_watch() -> None:
    """It is looked up again and again, also after it could not be, and after it took too long."""
    looks: list[int] = []

    def look() -> Callable[[Person], bool]:
        looks.append(1)
        if len(looks) == 1:
            raise StoreError("gone")
        if len(looks) == 2:
            time.sleep(0.05)
        return lambda _: False

    async def watched() -> list[Any]:
        wire = Wire(claims("ann"))
        watching = asyncio.ensure_future(lines.watch(look, 0.02))
        await wire.carried(lambda: None)
        watching.cancel()
        return wire.sent

    assert alone(watched())[-1]["code"] == 1008
    assert len(looks) >= 3
