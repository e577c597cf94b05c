"""What Streamlit sends uncompressed: compressed where the browser takes it, and once."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from lib.ui import compressed
from lib.ui.compressed import Compressed

SCRIPT = "const word = 1;\n" * 500
FOR_GOOD = {"Cache-Control": "public, immutable", "ETag": '"long"'}


class Server:
    """Serves one script as several pieces, and whatever else a test wants."""

    def __init__(self) -> None:
        self.script = SCRIPT
        self.headers = FOR_GOOD
        self.kind = "text/javascript; charset=utf-8"
        self.status = 200
        routes = [Route(path, self._answer) for path in ("/", "/static/js/a.js", "/media/a.js")]
        self.client = TestClient(Starlette(routes=routes, middleware=[Middleware(Compressed)]))

    def get(self, path: str = "/static/js/a.js", **headers: str) -> Response:
        return self.client.get(path, headers={"Accept-Encoding": "gzip, br", **headers})

    async def _answer(self, request: Request) -> Response:
        pieces = iter((self.script[:100], self.script[100:]))
        return StreamingResponse(pieces, self.status, {**self.headers}, media_type=self.kind)


@pytest.fixture
def server() -> Server:
    return Server()


def test_small(server: Server) -> None:
    """A script goes out as gzip, with its new length, without the mark of the long form, and reads as it was."""
    answer = server.get()

    assert answer.text == SCRIPT
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) < len(SCRIPT) / 10
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert "ETag" not in answer.headers


def test_once(server: Server) -> None:
    """What is immutable is read and compressed once, whoever asks for it."""
    first = server.get()
    server.script, server.headers, server.status = "another", {}, 404
    second = server.get()

    assert (second.text, second.status_code) == (SCRIPT, 200)
    assert second.headers == first.headers


def test_own(server: Server) -> None:
    """What gives one browser a cookie is not sent to another."""
    server.headers = {**FOR_GOOD, "Set-Cookie": "session=one"}
    server.get()
    server.headers = {**FOR_GOOD, "Set-Cookie": "session=two"}

    assert server.get().headers["Set-Cookie"] == "session=two"


def test_page_anew(server: Server) -> None:
    """What may change is compressed each time: the root page, for one."""
    server.headers, server.kind = {"Cache-Control": "no-cache"}, "text/html"
    server.get("/")
    server.script = "<p>Another</p>"

    assert server.get("/").text == "<p>Another</p>"


def test_bound(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more is kept than what Streamlit has: beyond that each is compressed anew."""
    monkeypatch.setattr(compressed, "MAX_BYTES", 0)
    server.get()
    server.script = "another"

    assert server.get().text == "another"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/media/a.js", {}),
        ("/static/js/a.js", {"Accept-Encoding": "identity"}),
        ("/static/js/a.js", {"Range": "bytes=0-9"}),
    ],
)
def test_left_alone(server: Server, path: str, headers: dict[str, str]) -> None:
    """What lies elsewhere, is asked for in pieces, or by who takes no gzip, goes out as it is."""
    answer = server.get(path, **headers)

    assert "Content-Encoding" not in answer.headers
    assert answer.text == SCRIPT


@pytest.mark.parametrize(
    ("kind", "headers", "status"),
    [("font/woff2", {}, 200), ("text/javascript", {"Content-Encoding": "br"}, 200), ("text/javascript", {}, 404)],
)
def test_nothing_to_shrink(server: Server, kind: str, headers: dict[str, str], status: int) -> None:
    """What is compressed in itself, or already, and what is not there, goes out as it is."""
    server.kind, server.headers, server.status = kind, headers, status
    with server.client.stream("GET", "/static/js/a.js", headers={"Accept-Encoding": "gzip"}) as answer:
        assert b"".join(answer.iter_raw()) == SCRIPT.encode()


def test_head(server: Server) -> None:
    """Who asks for the head alone is not told of a form that was not made."""
    assert "Content-Encoding" not in server.client.head("/static/js/a.js", headers={"Accept-Encoding": "gzip"}).headers
