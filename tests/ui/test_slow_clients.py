"""Who takes for ever to say what is wanted is sent away; who is answered, or has a page's socket, is not."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.sync.client import connect

from lib.ui import slow_clients
from tests.waiting import until

SECONDS = 0.3
HEAD = b"GET /slow HTTP/1.1\r\nHost: a\r\n"


async def slow(_: Request) -> PlainTextResponse:
    """Answer later than the head of a request may take."""
    await asyncio.sleep(3 * SECONDS)
    return PlainTextResponse("here")


async def echo(page: WebSocket) -> None:
    """Answer on a socket."""
    await page.accept()
    await page.send_text(await page.receive_text())
    await page.close()


@pytest.fixture
def port() -> Iterator[int]:
    """A server with little patience."""
    app = Starlette(routes=[Route("/slow", slow), WebSocketRoute("/socket", echo)])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", http="h11", lifespan="off"))
    server.config.load()
    slow_clients.bound(server, SECONDS)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started, 20)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def closed(client: socket.socket) -> bool:
    """Whether the server has closed a connection, soon."""
    client.settimeout(20)
    try:
        return client.recv(1) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("sent", [b"", b"GET / HT", HEAD])
def test_never_ends(port: int, sent: bytes) -> None:
    """A head that never ends ends the connection, however much of it comes."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(sent)
        assert closed(client)


def test_trickles(port: int) -> None:
    """So does one that comes a byte at a time: what counts is how long it takes in all."""
    with socket.create_connection(("127.0.0.1", port)) as client:

        def trickle() -> bool:
            try:
                client.sendall(b"X")
            except ConnectionError:
                return True
            time.sleep(0.02)
            return False

        until(trickle, 20)


def test_answered(port: int) -> None:
    """Who has asked is answered, be it late, and may ask again by the same connection."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.settimeout(20)
        for _ in range(2):
            client.sendall(HEAD + b"\r\n")
            said = b""
            while not said.endswith(b"here"):
                said += client.recv(1000)
        client.sendall(HEAD)

        assert closed(client)


def test_page(port: int) -> None:
    """A page's socket stays open."""
    with connect(f"ws://127.0.0.1:{port}/socket", proxy=None) as page:
        time.sleep(2 * SECONDS)
        page.send("still here")

        assert page.recv(20) == "still here"


def test_another_server() -> None:
    """Another kind of server has its own patience."""
    slow_clients.bound(None)
