"""Messages on a socket: a person has as many as a person makes, a program does not stall everybody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from lib.ui import sockets
from lib.ui.sockets import Pace, SocketLimit


class Echo:
    """Answers every message with its number, behind a limit; `left` says how each socket was closed."""

    def __init__(self, **pace: Any) -> None:
        self.heard = 0
        self.left: list[int | None] = []
        limit = Middleware(SocketLimit, pace=Pace(**pace), release=lambda: None)
        self.client = TestClient(Starlette(routes=[WebSocketRoute("/", self._answer)], middleware=[limit]))

    async def _answer(self, socket: WebSocket) -> None:
        await socket.accept()
        try:
            while True:
                await socket.receive_bytes()
                self.heard += 1
                await socket.send_bytes(str(self.heard).encode())
        except WebSocketDisconnect as error:
            self.left.append(error.code)
        await socket.send_bytes(b"late")  # as what Streamlit still has to say

    def send(self, messages: int) -> None:
        """Send messages, and wait for an answer to each."""
        with self.client.websocket_connect("/") as socket:
            for _ in range(messages):
                socket.send_bytes(b"x")
            for number in range(messages):
                assert socket.receive_bytes() == str(number + 1).encode()


def test_burst() -> None:
    """What a page sends when it is opened comes at once."""
    echo = Echo(burst=50, rate=0.001)
    echo.send(50)

    assert echo.heard == 50


def test_slowed() -> None:
    """Of what comes beyond that, so much a second."""
    begun = time.monotonic()
    Echo(burst=5, rate=100.0).send(25)

    assert time.monotonic() - begun >= 0.19


def test_closed() -> None:
    """Who does not stop is put out, and what is said to it afterwards goes nowhere."""
    echo = Echo(burst=5, rate=20.0, slowed=10)
    with pytest.raises(WebSocketDisconnect) as caught:
        echo.send(10_000)

    assert (caught.value.code, echo.left) == (1008, [1008])
    assert 15 <= echo.heard < 100


def test_released() -> None:
    """Some time after a socket is closed, what its session held is given back."""

    async def talk(wait: Callable[[], Any]) -> None:
        loop, late = asyncio.get_running_loop(), []
        loop.call_later = lambda seconds, do: late.append((seconds, do))  # type: ignore[assignment]
        limit = SocketLimit(nothing, release=lambda: late.append("released"))
        await limit({"type": "websocket"}, wait, wait)
        [(seconds, do)] = late
        do()
        assert (seconds, late[1]) == (sockets.KEPT_SECONDS + sockets.MARGIN, "released")

    async def nothing(*_: object) -> None:
        """Close at once."""

    with ThreadPoolExecutor() as threads:  # this one may have a loop already, of a browser
        threads.submit(asyncio.run, talk(lambda: None)).result()


def test_others_pass() -> None:
    """What is no socket passes."""
    assert Echo().client.get("/nowhere").status_code == 404
